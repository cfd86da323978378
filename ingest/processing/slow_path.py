"""Slow path: the rows of any message, whatever sent it; `ingest.processing.fast_path` handles the common case."""

from collections.abc import Callable
from datetime import datetime, timedelta

from core.domain.evidence.edges import Proof
from core.domain.reading import ReadingFlag, is_life_sign
from core.store.binary_columns import microsecond
from core.store.telemetry.batches import Batch, SendingDevice
from core.store.telemetry.inserts import ReadingRow
from ingest.codecs.result import Decoded, Measured, Position, Rejected
from ingest.processing.connections import Connections
from ingest.processing.deduplication import Deduplication
from ingest.processing.device_message import DeviceMessage
from ingest.processing.limits import Rules
from ingest.processing.state_changes import NOW, Sign, StateChanges
from ingest.processing.timestamps import Placed, placed
from ingest.processing.values import (
    KNOWN_METRICS,
    KnownMetric,
    content_number,
    refused_position,
    stored_value,
    within,
)

# As the rule does: a call that seems to be older than this was made when it was received.
_BELIEVED_CALL = timedelta(hours=24)
# Plain numbers: an operation on flags takes longer than all else that is done with a value.
_LIFE_SIGN, _RETAINED = int(ReadingFlag.LIFE_SIGN), int(ReadingFlag.RETAINED)
_CLOCK_SUSPECT, _RECEIVE_TIME = int(ReadingFlag.CLOCK_SUSPECT), int(ReadingFlag.RECEIVE_TIME)

Find = Callable[[str], SendingDevice | None]


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

    Attributes
    ----------
    signs : int
        How many life signs were found so far.
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
        self.signs = 0

    def add(self, device_message: DeviceMessage) -> datetime:
        """Add all that a message holds; return the latest of its times, or when it was received."""
        latest: datetime | None = None
        for place, measured in enumerate(device_message.result.readings):
            time = self.add_reading(device_message, measured, place)
            if time is not None and (latest is None or time > latest):
                latest = time
        for place, position in enumerate(device_message.result.fixes):
            time = self.add_fix(device_message, position, place)
            if time is not None and (latest is None or time > latest):
                latest = time
        return latest or device_message.message.received_at

    def add_reading(self, device_message: DeviceMessage, measured: Measured, place: int) -> datetime | None:
        """Add the value at a place of a message; return its time, None if it cannot be stored or was already."""
        device, channel = device_message.device, ""
        known = KNOWN_METRICS.get(measured.metric)
        if known is None:
            part = self._part(device_message, measured.metric)
            if part is None:
                return None
            known, device, channel = part
        value = measured.value
        if not isinstance(value, float) or not known.low <= value <= known.high:
            value = stored_value(known.metric, value, exact_words=device_message.result.seq > 0)
            if isinstance(value, Rejected):
                device_message.problems.append(value)
                return None
        where = (
            self._place_of_state(device_message, device, known, measured.time, value)
            if known.is_call or known.is_connection
            else device_message.place(measured.time, self._newest)
        )
        time, flags = where.time, where.flags
        if device_message.result.seq:
            time = _apart(time, channel, place, flags)
        acted_from = None
        if device_message.message.retained:
            flags |= _RETAINED
        elif known.may_prove:
            sign = self._sign(device_message, device, known, channel, (time, value), flags)
            if sign is not None:
                self.signs += 1
                flags, acted_from = flags | _LIFE_SIGN, sign.acted_from
        seq = device_message.number(place) if where.is_ours else device_message.result.seq
        if not seq:
            seq = content_number(value, measured.metric)
        received_at = device_message.message.received_at
        row = (device.number, time, known.number, seq, value, received_at, flags, channel or None, acted_from)
        self._put_reading(device_message, where, known, place, row)
        return time

    def _part(
        self, device_message: DeviceMessage, measured: str
    ) -> tuple[KnownMetric, SendingDevice, str] | None:
        """Return what a part of a device measures, whose it is, and its channel; None where there is no such metric."""
        name, _, channel = measured.partition("#")
        known = KNOWN_METRICS.get(name)
        if known is None:
            device_message.problems.append(Rejected("unknown_metric", f"there is no metric {name[:40]!r}"))
            return None
        # A channel may be registered as a device of its own: two lamps on one relay, two doors on one board.
        own = self._find(f"{device_message.result.sender}#{channel}") if channel else None
        return (known, device_message.device, channel) if own is None else (known, own, "")

    def _sign(
        self,
        device_message: DeviceMessage,
        device: SendingDevice,
        known: KnownMetric,
        channel: str,
        state: tuple[datetime, float],
        flags: int,
    ) -> Sign | None:
        """Return that a value shows that somebody acted, and when; None if it does not, or only the database can say."""
        is_numbered, message = device_message.result.seq > 0, device_message.message
        proof = known.proof(device, channel, is_numbered=is_numbered)
        if proof is Proof.NOTHING:
            return None
        is_undated = _is_undated(flags, device_message.result)
        has_no_time = not is_numbered and bool(flags & _RECEIVE_TIME)
        if proof is Proof.EDGE:
            found = self._states.edge(
                device,
                (device.number, known.number, channel),
                state,
                is_unbroken=device_message.is_unbroken and not channel,
                may_be_known=message.repeated and has_no_time,
            )
            return None if is_undated else found
        if is_undated or not is_life_sign(device.kind, known.metric.name, state[1]):
            return None
        if not has_no_time:
            return NOW
        # What comes first after a break may be what was kept of before.
        return None if device_message.is_first else Sign(self._connections.waited_since(message.received_at))

    def _put_reading(
        self, device_message: DeviceMessage, where: Placed, known: KnownMetric, place: int, row: ReadingRow
    ) -> None:
        """Add a row where it belongs, and to the latest values."""
        if where.is_ours:
            since = device_message.duplicate_since or self._duplicate_since(device_message)
            if device_message.result.seq and known.is_call and row[4] > 0:
                since = self._call_since(device_message, since)
            is_retained = device_message.message.retained
            key = (row[0], row[3], place)
            if self._deduplication.is_duplicate_in_batch(key, row[1], since, retained=is_retained):
                return
            self._batch.doubtful.append((row, since))
        elif where.is_as_said and device_message.is_new and _is_plain_of(device_message.device, row):
            device, time, metric, seq, value, received_at, flags, _, _ = row
            now = microsecond(received_at)
            # Of these the latest values follow from the rows.
            self._batch.new.append((device, microsecond(time), metric, seq, value, now, flags))
            return
        else:
            self._batch.readings.append(row)
        if known.is_life and row[6] & _RETAINED:
            return
        of_device = (row[0], row[2])
        latest = self._batch.latest.get(of_device)
        if latest is None or row[1] >= latest[0]:
            self._batch.latest[of_device] = (row[1], row[4])

    def _place_of_state(
        self,
        device_message: DeviceMessage,
        device: SendingDevice,
        known: KnownMetric,
        own: datetime | None,
        value: float,
    ) -> Placed:
        """Return where a call, or whether something is connected, belongs."""
        own = own or (device_message.result.calls_at if known.is_call else None)
        claimed = own or device_message.when
        if known.is_connection:
            claimed = self._states.time_of_connection(device.number, value, claimed)
            return device_message.place_at(claimed, self._newest)
        where = device_message.place(own, self._newest)
        if where.is_as_said and value > 0 and _is_old_number(device_message, claimed):
            return Placed(device_message.message.received_at, _CLOCK_SUSPECT, is_ours=True)
        return where

    def _call_since(self, device_message: DeviceMessage, since: datetime) -> datetime:
        if device_message.message.retained:
            return since
        return self._deduplication.duplicate_call_since(device_message.message, device_message.device.number)

    def _duplicate_since(self, device_message: DeviceMessage) -> datetime:
        """Return since when the same value is a duplicate; the same for all values of a message."""
        if device_message.duplicate_since is None:
            numbered = device_message.device.number if device_message.result.seq else None
            device_message.duplicate_since = self._deduplication.duplicate_since(
                device_message.message, numbered
            )
        return device_message.duplicate_since

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
        time, flags = where.time, where.flags
        if result.seq:
            time = _apart(time, "", place, flags)
        if message.retained:
            flags |= _RETAINED
        since = None
        if where.is_ours:
            seq = device_message.number(place)
            since = self._duplicate_since(device_message)
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
    return bool(flags & _CLOCK_SUSPECT) and not result.seq


def _apart(time: datetime, channel: str, place: int, flags: int) -> datetime:
    """Return the time of a reading of a numbered message, of which the database distinguishes the readings by time and number."""
    if channel:
        # Two doors on one board may say the same in one message.
        time += timedelta(microseconds=place)
    # Readings whose times we cannot use stay apart, and in their order.
    return time + timedelta(microseconds=place) if flags & _CLOCK_SUSPECT else time


def _is_plain_of(device: SendingDevice, row: ReadingRow) -> bool:
    """Return whether a value can be copied: it is of the device itself, and dated by its time."""
    return row[0] == device.number and row[7] is None and row[8] is None
