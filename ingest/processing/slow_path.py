"""Slow path: the rows of any message, whatever sent it; `ingest.processing.fast_path` handles the common case."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.evidence.edges import EDGES, Proof, proof_of
from core.domain.metrics import CALLS, METRICS, Metric, MetricKind
from core.domain.reading import ReadingFlag, is_life_sign
from core.store.binary_columns import microsecond
from core.store.telemetry.batches import Batch, SendingDevice
from core.store.telemetry.inserts import ReadingRow
from ingest.codecs.result import Decoded, Measured, Position, Rejected
from ingest.processing.connections import Connections
from ingest.processing.deduplication import Deduplication
from ingest.processing.device_message import DeviceMessage
from ingest.processing.limits import Rules
from ingest.processing.state_changes import NOW, ONLINE, Sign, StateChanges
from ingest.processing.timestamps import Placed, placed
from ingest.processing.values import content_number, refused_position, stored_value, within

# As the rule does: a call that seems to be older than this was made when it was received.
_BELIEVED_CALL = timedelta(hours=24)
_CALLS = frozenset(METRICS[name].number for name in CALLS)
# Plain numbers: an operation on flags takes longer than all else that is done with a value.
_LIFE_SIGN, _RETAINED = int(ReadingFlag.LIFE_SIGN), int(ReadingFlag.RETAINED)
_CLOCK_SUSPECT, _RECEIVE_TIME = int(ReadingFlag.CLOCK_SUSPECT), int(ReadingFlag.RECEIVE_TIME)
_LIFE_NUMBERS = frozenset(metric.number for metric in METRICS.values() if metric.kind is MetricKind.LIFE)

Find = Callable[[str], SendingDevice | None]


@dataclass(slots=True)
class _Reading:
    """A value that is to be stored; `place` and `name` say which of its message it is, `acted_from` how a life sign is dated."""

    device: int
    time: datetime
    metric: int
    value: float
    flags: int
    place: int
    name: str
    channel: str | None
    acted_from: datetime | None

    def is_plain_of(self, device: SendingDevice) -> bool:
        """Return whether it can be copied: it is of the device itself, and dated by its time."""
        return self.device == device.number and self.channel is None and self.acted_from is None

    def row(self, seq: int, received_at: datetime) -> ReadingRow:
        """Return it as it is stored, under a number."""
        # fmt: off
        return (
            self.device, self.time, self.metric, seq, self.value, received_at,
            self.flags, self.channel, self.acted_from,
        )
        # fmt: on


class SlowPath:
    """Adds the rows of messages to a batch.

    Parameters
    ----------
    batch : Batch
        Where they are added.
    rules : Rules
        What differs between installations and clocks.
    find : callable
        Returns the registered device of a sender.
    states, connections, deduplication
        What is known of earlier messages.
    """

    def __init__(
        self,
        batch: Batch,
        rules: Rules,
        find: Find,
        states: StateChanges,
        connections: Connections,
        deduplication: Deduplication,
    ) -> None:
        self._batch = batch
        self._newest = rules.newest
        self._find = find
        self._states = states
        self._connections = connections
        self._deduplication = deduplication

    def add_reading(self, device_message: DeviceMessage, measured: Measured, place: int) -> datetime | None:
        """Add the value at a place of a message; return its time, None if it cannot be stored or was already."""
        message, result, device = device_message.message, device_message.result, device_message.device
        name, channel = measured.metric, ""
        metric = METRICS.get(name)
        if metric is None:
            name, _, channel = name.partition("#")
            metric = METRICS.get(name)
            if metric is None:
                device_message.problems.append(
                    Rejected("unknown_metric", f"there is no metric {name[:40]!r}")
                )
                return None
            # A channel may be registered as a device of its own: two lamps on one relay, two doors on one board.
            device, channel = self._part(result.sender, device, channel)
        value = stored_value(metric, measured.value, exact_words=result.seq > 0)
        if isinstance(value, Rejected):
            device_message.problems.append(value)
            return None
        claimed = measured.time or device_message.when
        if metric.number == ONLINE:
            claimed = self._states.time_of_connection(device.number, value, claimed)
            where = device_message.place_at(claimed, self._newest)
        else:
            where = device_message.place(measured.time, self._newest)
        if (
            where is None
            and metric.number in _CALLS
            and value > 0
            and _is_old_number(device_message, claimed)
        ):
            where = Placed(message.received_at, ReadingFlag.CLOCK_SUSPECT, is_ours=True)
        if where is None:
            time, flags = claimed or message.received_at, 0
        else:
            time, flags = _spread(where, place, result), int(where.flags)
        time = _apart(time, channel, place, result)
        acted_from = None
        if message.retained:
            flags |= _RETAINED
        elif metric.number in EDGES:
            sign = self._sign(device_message, device, metric, channel, (time, value), flags)
            if sign is not None:
                flags, acted_from = flags | _LIFE_SIGN, sign.acted_from
        self._put_reading(
            device_message,
            where,
            _Reading(
                device.number,
                time,
                metric.number,
                value,
                flags,
                place,
                measured.metric,
                channel or None,
                acted_from,
            ),
        )
        return time

    def _part(self, sender: str, device: SendingDevice, channel: str) -> tuple[SendingDevice, str]:
        own = self._find(f"{sender}#{channel}") if channel else None
        return (device, channel) if own is None else (own, "")

    def _sign(
        self,
        device_message: DeviceMessage,
        device: SendingDevice,
        metric: Metric,
        channel: str,
        state: tuple[datetime, float],
        flags: int,
    ) -> Sign | None:
        """Return that a value shows that somebody acted, and when; None if it does not, or only the database can say."""
        is_numbered, message = device_message.result.seq > 0, device_message.message
        proof = proof_of(device.kind, metric, channel, is_numbered=is_numbered, profile=device.profile)
        if proof is Proof.NOTHING:
            return None
        is_undated = _is_undated(flags, device_message.result)
        has_no_time = not is_numbered and flags & _RECEIVE_TIME != 0
        if proof is Proof.EDGE:
            found = self._states.edge(
                device,
                (device.number, metric.number, channel),
                state,
                is_unbroken=device_message.is_unbroken and not channel,
                may_be_known=message.repeated and has_no_time,
            )
            return None if is_undated else found
        if is_undated or not is_life_sign(device.kind, metric.name, state[1]):
            return None
        if not has_no_time:
            return NOW
        # What comes first after a break may be what was kept of before.
        return None if device_message.is_first else Sign(self._connections.waited_since(message.received_at))

    def _put_reading(self, device_message: DeviceMessage, where: Placed | None, one: _Reading) -> None:
        message, numbered = device_message.message, device_message.result.seq
        if where is None and device_message.is_new and one.is_plain_of(device_message.device):
            now = microsecond(message.received_at)
            row = (one.device, microsecond(one.time), one.metric, numbered, one.value, now, one.flags)
            self._batch.new.append(row)
            return
        if where is None or not where.is_ours:
            seq = numbered or content_number(one.value, one.name)
            self._batch.readings.append(one.row(seq, message.received_at))
        else:
            seq = device_message.number(one.place)
            if numbered and one.metric in _CALLS and one.value > 0 and not message.retained:
                since = self._deduplication.duplicate_call_since(message, device_message.device.number)
            else:
                since = self._deduplication.duplicate_since(
                    message, device_message.device.number if numbered else None
                )
            key = (one.device, seq, one.place)
            if self._deduplication.is_duplicate_in_batch(key, one.time, since, retained=message.retained):
                return
            self._batch.doubtful.append((one.row(seq, message.received_at), since))
        self._note_latest(one)

    def _note_latest(self, one: _Reading) -> None:
        if one.flags & _RETAINED and one.metric in _LIFE_NUMBERS:
            return
        key = (one.device, one.metric)
        known = self._batch.latest.get(key)
        if known is None or one.time >= known[0]:
            self._batch.latest[key] = (one.time, one.value)

    def add_fix(self, device_message: DeviceMessage, position: Position, place: int) -> datetime | None:
        """Add the position at a place of a message; return its time, None if it cannot be stored or was already."""
        message, result, device = device_message.message, device_message.result, device_message.device
        refusal = refused_position(position)
        if refusal is not None:
            device_message.problems.append(refusal)
            return None
        where = placed(
            position.time or device_message.when, message.received_at, result.sent_at, self._newest
        )
        time, flags = _spread(where, place, result), int(where.flags)
        if message.retained:
            flags |= _RETAINED
        since = None
        if where.is_ours:
            seq = device_message.number(place)
            since = self._deduplication.duplicate_since(message, device.number if result.seq else None)
            key = (device.number, seq, -1 - place)
            if self._deduplication.is_duplicate_in_batch(key, time, since, retained=message.retained):
                return None
        else:
            seq = result.seq or content_number(position.lat, repr(position.lon))
        self._batch.fixes.append(
            (
                device.number,
                time,
                seq,
                position.lat,
                position.lon,
                within(position.accuracy_m, 0, 1_000_000),
                within(position.altitude_m, -500, 20_000),
                within(position.speed_kmh, 0, 1500),
                within(position.course_deg, 0, 360),
                message.received_at,
                flags,
                since,
            )
        )
        return time


def _is_old_number(device_message: DeviceMessage, claimed: datetime | None) -> bool:
    """Return whether a number came before and the time is more than a day ago: sent again, or anew by a button whose clock and count begin with each press."""
    if (
        not device_message.result.seq
        or device_message.is_new
        or device_message.message.retained
        or claimed is None
    ):
        return False
    return device_message.message.received_at - claimed > _BELIEVED_CALL


def _is_undated(flags: int, result: Decoded) -> bool:
    """Return whether nobody knows when something was: its time cannot be, and no number shows that the message is a new one."""
    return flags & _CLOCK_SUSPECT != 0 and not result.seq


def _apart(time: datetime, channel: str, place: int, result: Decoded) -> datetime:
    # The database distinguishes readings by time and number: two doors on one board may say the same in one message.
    return time + timedelta(microseconds=place) if channel and result.seq else time


def _spread(where: Placed, place: int, result: Decoded) -> datetime:
    # Readings of one numbered message whose times we cannot use stay apart, and in their order.
    if result.seq > 0 and int(where.flags) & _CLOCK_SUSPECT:
        return where.time + timedelta(microseconds=place)
    return where.time
