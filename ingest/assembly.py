"""From decoded messages of registered devices to the rows of a batch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from core.domain.metric import METRICS, MetricKind
from core.domain.reading import ReadingFlag, is_life_sign
from core.store.columns import microsecond
from core.store.ingestion import Batch, Contact, SendingDevice
from core.store.quarantine import Refused
from core.store.stray_calls import StrayCall
from ingest.case import Case
from ingest.codecs.decoded import Decoded, Measured, Position, Rejected
from ingest.message import Message
from ingest.placing import NEWEST, Placed, placed
from ingest.plain import CHANGE_METRICS, MAY_BE_LIFE, Plain
from ingest.topics import source_of
from ingest.values import content_number, refused_position, stored_value, within

_CHANGES = frozenset(CHANGE_METRICS)
_ONLINE = METRICS["online"].number
_CALLS = frozenset({"sos", "fall"})
# Plain numbers: an operation on flags takes longer than all else that is done with a value.
_LIFE_SIGN, _RETAINED = int(ReadingFlag.LIFE_SIGN), int(ReadingFlag.RETAINED)
_CLOCK_SUSPECT = int(ReadingFlag.CLOCK_SUSPECT)
_LIFE_NUMBERS = frozenset(metric.number for metric in METRICS.values() if metric.kind is MetricKind.LIFE)
_NUMBERED_MEMORY = timedelta(days=7)
_NAMED_IN_DETAIL = 5


class Listener(Protocol):
    """Takes note of the numbers of messages."""

    def is_new(self, device: int, seq: int, /) -> bool:
        """Tell whether a number is higher than any that is known of the device."""
        ...

    def note(self, device: SendingDevice, seq: int, at: datetime, /) -> None:
        """Take note of a numbered message."""

    def note_count(self, device: SendingDevice, made: int, at: datetime | None, /) -> None:
        """Take note that a device says now how many messages it has made, at a time of its own or (None) just now."""

    def note_newest(self, device: SendingDevice, seq: int, /) -> None:
        """Take note that a device has made messages up to `seq`."""


Find = Callable[[str], SendingDevice | None]
State = tuple[datetime, float]


@dataclass(frozen=True, slots=True)
class Rules:
    """What differs between installations and clocks.

    Attributes
    ----------
    zone : ZoneInfo
        Where a device in no home shows the time of the wall.
    newest : timedelta
        How far ahead of our clock a device's time may be.
    doubt : timedelta
        Two messages without a time of their own and with the same bytes, this close, are one.
    is_shared : bool
        Other workers get a part of the messages, so only the database knows what a door or a bed said before.
    """

    zone: ZoneInfo
    newest: timedelta = NEWEST
    doubt: timedelta = timedelta(seconds=5)
    is_shared: bool = False


class Assembly:
    """One batch in the making.

    Parameters
    ----------
    rules : Rules
        See there.
    find : callable
        Returns the registered device of a sender.
    states : dict
        The latest known states of `CHANGE_METRICS`; not changed here.
    repeated_since : datetime
        From when on a message that the broker marks as a repeat may already be stored.
    numbering : Listener, optional
        Takes note of the numbers of messages.
    counts_since : mapping, optional
        Since when the devices that lost their memory count from 1 again.
    """

    def __init__(
        self,
        rules: Rules,
        find: Find,
        states: dict[tuple[int, int], State],
        repeated_since: datetime,
        numbering: Listener | None = None,
        counts_since: Mapping[int, datetime] | None = None,
    ) -> None:
        self.batch = Batch()
        self.new_states: dict[tuple[int, int], State] = {}
        self._rules = rules
        self._find = find
        self._states = states
        self._repeated_since = repeated_since
        self._numbering = numbering
        self._counts_since: Mapping[int, datetime] = {} if counts_since is None else counts_since
        self._seen: dict[tuple[int, int, int], datetime] = {}
        self._plain = Plain(rules.newest)

    def add(self, message: Message, result: Decoded | Rejected) -> None:
        """Take in one message: its rows, or its place in quarantine."""
        if isinstance(result, Rejected):
            self.refuse(message, [result])
            return
        if result.proposals:
            self.batch.proposed += [one.kept for one in result.proposals if one.sender]
        problems = list(result.refused)
        if result.readings or result.fixes or result.last_seq is not None:
            device = self._find(result.sender)
            refusal = _refusal(message, result, device)
            if refusal is not None:
                self._note_call(message, result, refusal.reason)
                self.refuse(message, [refusal])
                return
            if device is not None:
                if device.zone is None:
                    self._note_call(message, result, "in_no_home")
                self._add_device_message(message, result, device, problems)
        if problems:
            self.refuse(message, problems)

    def refuse(self, message: Message, problems: list[Rejected]) -> None:
        """Put a message into quarantine."""
        details = [problem.detail for problem in problems[:_NAMED_IN_DETAIL]]
        if len(problems) > _NAMED_IN_DETAIL:
            details.append(f"and {len(problems) - _NAMED_IN_DETAIL} more")
        self.batch.refused.append(
            Refused(
                message.received_at,
                message.topic,
                message.payload,
                message.retained,
                problems[0].reason,
                "; ".join(details),
            )
        )

    def _note_call(self, message: Message, result: Decoded, why: str) -> None:
        """Take note of a call for help that belongs to nobody, so that somebody is told of it."""
        if message.retained or not any(_is_call(one) for one in result.readings):
            return
        known = self.batch.stray_calls.get(result.sender)
        began_at = message.received_at if known is None else known.began_at
        presses = 1 if known is None else known.presses + 1
        self.batch.stray_calls[result.sender] = StrayCall(
            result.sender, why, began_at, message.received_at, presses
        )

    def _add_device_message(
        self, message: Message, result: Decoded, device: SendingDevice, problems: list[Rejected]
    ) -> None:
        is_new = self._is_new(message, result, device)
        if not is_new and (result.seq == 1 or result.last_seq is not None):
            self._look_at_count(message, result, device)
            is_new = self._is_new(message, result, device)
        plain = self._plain.rows(message, result, device) if is_new else None
        if plain is not None and self._numbering is not None:
            self.batch.new += plain.rows
            if result.sent_at is not None:
                self.batch.skews[device.number] = (message.received_at - result.sent_at).total_seconds()
            self._numbering.note(device, result.seq, plain.latest)
            return
        when = result.time
        if when is None and result.local_time is not None:
            when = result.local_time.replace(tzinfo=device.zone or self._rules.zone)
        case = Case(message, result, device, when, problems, is_new)
        times = [self._add_reading(case, measured, place) for place, measured in enumerate(result.readings)]
        times += [self._add_fix(case, position, place) for place, position in enumerate(result.fixes)]
        if not message.retained:
            known = [time for time in times if time is not None]
            latest = max(known, default=message.received_at)
            self._note_contact(message, result, device, latest)
            if self._numbering is not None and result.seq:
                self._numbering.note(device, result.seq, latest)
        if self._numbering is not None and result.last_seq is not None:
            self._numbering.note_newest(device, result.last_seq)

    def _is_new(self, message: Message, result: Decoded, device: SendingDevice) -> bool:
        """Tell whether the message cannot be stored yet, by its number; if that is not certain, the database is asked."""
        if not result.seq or message.retained or message.repeated or self._numbering is None:
            return False
        return self._numbering.is_new(device.number, result.seq)

    def _look_at_count(self, message: Message, result: Decoded, device: SendingDevice) -> None:
        """Find a device that lost its memory: it counts from 1 again."""
        if self._numbering is None or message.retained or message.repeated:
            return
        if result.last_seq is not None:
            # A last will tells what was so when the connection began.
            if any(one.metric == "online" and one.value is True for one in result.readings):
                self._numbering.note_count(device, result.last_seq, None)
            return
        # The first message sent again has its old time; one whose time is ours cannot be told from it.
        own = [one.time for one in (*result.readings, *result.fixes)]
        time = placed(own[0], message.received_at, result.sent_at, self._rules.newest)
        if not time.is_ours:
            self._numbering.note_count(device, 0, time.time)

    def _add_reading(self, case: Case, measured: Measured, place: int) -> datetime | None:
        message, result, device = case.message, case.result, case.device
        name = measured.metric
        metric = METRICS.get(name)
        if metric is None:
            name, _, channel = name.partition("#")
            metric = METRICS.get(name)
            if metric is None:
                case.problems.append(Rejected("unknown_metric", f"there is no metric {name[:40]!r}"))
                return None
            # A channel may be registered as a device of its own: two lamps on one relay, two doors on one board.
            device = (self._find(f"{result.sender}#{channel}") if channel else None) or device
        value = stored_value(metric, measured.value, exact_words=result.seq > 0)
        if isinstance(value, Rejected):
            case.problems.append(value)
            return None
        claimed = measured.time or case.when
        if metric.number == _ONLINE:
            claimed = self._time_of_connection(device.number, value, claimed)
            where = case.place_at(claimed, self._rules.newest)
        else:
            where = case.place(measured.time, self._rules.newest)
        if where is None:
            time, flags = claimed or message.received_at, 0
        else:
            time, flags = _spread(where, place, result), int(where.flags)
        if message.retained:
            flags |= _RETAINED
        elif (
            name in MAY_BE_LIFE
            and is_life_sign(device.kind, name, value)
            and (metric.number not in _CHANGES or self._is_change(device.number, metric.number, time, value))
        ):
            flags |= _LIFE_SIGN
        self._put_reading(
            case, where, (device.number, time, metric.number, value, flags), (place, measured.metric)
        )
        return time

    def _put_reading(
        self,
        case: Case,
        where: Placed | None,
        reading: tuple[int, datetime, int, float, int],
        origin: tuple[int, str],
    ) -> None:
        message, numbered = case.message, case.result.seq
        device, time, metric, value, flags = reading
        place, name = origin
        if where is None and case.is_new and device == case.device.number:
            now = microsecond(message.received_at)
            self.batch.new.append((device, microsecond(time), metric, numbered, value, now, flags))
            return
        if where is None or not where.is_ours:
            seq = numbered or content_number(value, name)
            self.batch.readings.append((device, time, metric, seq, value, message.received_at, flags))
        else:
            seq = case.number(place)
            since = self._since(message, case.device.number if numbered else None)
            if self._is_seen_here((device, seq, place), time, since):
                return
            self.batch.doubtful.append(
                ((device, time, metric, seq, value, message.received_at, flags), since)
            )
        if not (message.retained and metric in _LIFE_NUMBERS):
            key = (device, metric)
            known = self.batch.latest.get(key)
            if known is None or time >= known[0]:
                self.batch.latest[key] = (time, value)

    def _add_fix(self, case: Case, position: Position, place: int) -> datetime | None:
        message, result, device = case.message, case.result, case.device
        refusal = refused_position(position)
        if refusal is not None:
            case.problems.append(refusal)
            return None
        where = placed(position.time or case.when, message.received_at, result.sent_at, self._rules.newest)
        time, flags = _spread(where, place, result), int(where.flags)
        if message.retained:
            flags |= _RETAINED
        since = None
        if where.is_ours:
            seq = case.number(place)
            since = self._since(message, device.number if result.seq else None)
            if self._is_seen_here((device.number, seq, -1 - place), time, since):
                return None
        else:
            seq = result.seq or content_number(position.lat, repr(position.lon))
        self.batch.fixes.append(
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

    def _time_of_connection(self, device: int, value: float, claimed: datetime | None) -> datetime | None:
        """Return when a connection began or broke; None for a last will, which was written when it began."""
        if claimed is None:
            return None
        known = self.new_states.get((device, _ONLINE)) or self._states.get((device, _ONLINE))
        if known is None or claimed > known[0]:
            self.new_states[device, _ONLINE] = (claimed, value)
            return claimed
        return None if value == 0 and known[1] == 1 else claimed

    def _is_change(self, device: int, metric: int, time: datetime, value: float) -> bool:
        if self._rules.is_shared:
            self.batch.late_states.append((device, metric, time))
            return False
        key = (device, metric)
        known = self.new_states.get(key) or self._states.get(key)
        if known is not None and (time < known[0] or (time == known[0] and value != known[1])):
            # Only the neighbours in time can tell, and those are in the database.
            self.batch.late_states.append((device, metric, time))
            return False
        self.new_states[key] = (time, value)
        return known is None or known[1] != value

    def _since(self, message: Message, numbered: int | None) -> datetime:
        """Return since when the same is a repeat; `numbered` is the device if it numbers its messages."""
        if numbered is not None:
            since = message.received_at - _NUMBERED_MEMORY
            began = self._counts_since.get(numbered, since)
            return max(since, began) if began <= message.received_at else since
        since = message.received_at - self._rules.doubt
        return min(since, self._repeated_since) if message.repeated else since

    def _is_seen_here(self, key: tuple[int, int, int], time: datetime, since: datetime) -> bool:
        """Tell whether this batch holds the same already; the database cannot know that yet."""
        known = self._seen.get(key)
        self._seen[key] = time
        return known is not None and known >= since

    def _note_contact(
        self, message: Message, result: Decoded, device: SendingDevice, latest: datetime
    ) -> None:
        skew = (message.received_at - result.sent_at).total_seconds() if result.sent_at is not None else None
        known = self.batch.contacts.get(device.number)
        if known is None:
            self.batch.contacts[device.number] = Contact(message.received_at, latest, result.seq, skew)
            return
        known.received_at = max(known.received_at, message.received_at)
        known.time = max(known.time, latest)
        known.seq = max(known.seq, result.seq)
        known.skew_s = skew if skew is not None else known.skew_s


def _spread(where: Placed, place: int, result: Decoded) -> datetime:
    # Readings of one numbered message whose times we cannot use stay apart, and in their order.
    if result.seq > 0 and int(where.flags) & _CLOCK_SUSPECT:
        return where.time + timedelta(microseconds=place)
    return where.time


def _is_call(measured: Measured) -> bool:
    name, _, _ = measured.metric.partition("#")
    return name in _CALLS and stored_value(METRICS[name], measured.value, exact_words=False) == 1.0


def _refusal(message: Message, result: Decoded, device: SendingDevice | None) -> Rejected | None:
    if device is None:
        return Rejected(
            "unknown_device",
            f"no device is registered with the sender {result.sender}; register it, then release the quarantine",
        )
    source = source_of(message.topic)
    if source and source.codec == "native" and source.gateway_id and device.gateway_id != source.gateway_id:
        return Rejected(
            "wrong_gateway", f"{device.device_id} came through {source.gateway_id}, which is not its gateway"
        )
    return None
