"""Batch builder: from decoded messages of registered devices to the rows of a batch."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import structs

from core.domain.evidence.edges import EDGES
from core.domain.metrics import ONLINE
from core.domain.quarantine import unknown_sender
from core.store.telemetry.batches import Batch, DeviceContact, SendingDevice
from core.store.telemetry.quarantine import Refused
from ingest.codecs import reread
from ingest.codecs.profile_reader import meant
from ingest.codecs.result import Decoded, Measured, Rejected
from ingest.mqtt.message import InboundMessage
from ingest.mqtt.topics import GATEWAY_PREFIX, source_of
from ingest.processing.connections import Connections
from ingest.processing.deduplication import Deduplication
from ingest.processing.device_message import DeviceMessage
from ingest.processing.fast_path import FastPath
from ingest.processing.limits import Rules
from ingest.processing.links import Links
from ingest.processing.sequence_observer import SequenceObserver
from ingest.processing.slow_path import Find, SlowPath
from ingest.processing.state_changes import StateChanges
from ingest.processing.timestamps import placed
from ingest.processing.unassigned_calls import note_calls
from ingest.processing.unclear_calls import note_unclear, of_registered, with_named_calls
from ingest.processing.unread_fields import Unread, UnreadKey
from ingest.processing.unread_fields import note as note_unread
from ingest.processing.values import BRIDGE_LINK, CALL, CHANNEL, DEVICE_LINK, UNKNOWN, contents_of

_NAMED_IN_DETAIL = 5
_BEGINNING_BYTES = 4096


class BatchBuilder:
    """Builds one batch, message by message.

    Parameters
    ----------
    rules : Rules
        See there.
    find : callable
        Returns the registered device of a sender.
    links : Links
        What is known of the states of devices and of their connections; not changed here.
    repeated_since : datetime
        From when on a message that the broker marks as a repeat may already be stored.
    sequence_observer : SequenceObserver, optional
        Records the sequence numbers of messages.
    sequence_reset_at : mapping, optional
        Since when the devices that lost their memory count from 1 again.

    Attributes
    ----------
    unread : dict
        (sender, field) -> in how many messages it was not read.
    """

    def __init__(
        self,
        rules: Rules,
        find: Find,
        links: Links,
        repeated_since: datetime,
        sequence_observer: SequenceObserver | None = None,
        sequence_reset_at: Mapping[int, datetime] | None = None,
    ) -> None:
        self.batch = Batch()
        self.unread: dict[UnreadKey, Unread] = {}
        self._rules = rules
        self._find = find
        self._connections = Connections(links.breaks, links.received)
        self._states = StateChanges(
            links.states,
            self.batch.late_states,
            self._connections,
            doubt=rules.doubt,
            is_shared=rules.is_shared,
        )
        deduplication = Deduplication(
            rules.doubt, repeated_since, {} if sequence_reset_at is None else sequence_reset_at
        )
        self._slow_path = SlowPath(self.batch, rules, find, self._states, self._connections, deduplication)
        self._sequence_observer = sequence_observer
        self._fast_path = FastPath(rules.newest, self._states, self._is_unbroken)

    def finish(self, links: Links) -> Links:
        """Complete the batch with what it says of states and connections, and return that with what was known before."""
        self.batch.states = {key: state for key, state in self._states.known_now().items() if key[1] in EDGES}
        self.batch.state_counts = self._states.counts
        self.batch.breaks = self._connections.changed
        return links.followed_by(self._states.new, self._connections)

    def add(self, message: InboundMessage, result: Decoded | Rejected) -> None:
        """Take in one message: its rows, or its place in quarantine."""
        if isinstance(result, Rejected):
            self.refuse(message, [result])
            return
        contents = contents_of(result.readings)
        if contents & (DEVICE_LINK | BRIDGE_LINK):
            self._connections.note(message, result)
        device = self._find(result.sender) if result.sender else None
        if device is None:
            # What the measurements of a registered device say of it is followed by the writer, and proposes nothing.
            self.batch.proposed += [one.kept for one in result.proposals if one.sender]
            sender, problems = result.sender, list(result.refused)
        else:
            if device.profile is not None:
                result = reread(message.topic, message.payload, result, device.profile)
                contents = contents_of(result.readings)
            sender, problems = device.sender, of_registered(result.refused)
        if result.unread:
            self._note_unread(message, result.unread, sender, device)
        if result.readings or result.fixes or result.last_seq is not None:
            refusal = _refusal(message, result, device)
            if refusal is not None:
                result = with_named_calls(result, problems)
                note_calls(self.batch.unassigned_calls, message, result, refusal.reason)
                note_unclear(self.batch.unclear_calls, message, sender, problems)
                self.refuse(message, [refusal])
                return
            if device is not None:
                self._add_device_message(message, result, device, problems, contents)
        if problems:
            note_unclear(self.batch.unclear_calls, message, sender, problems)
            self.refuse(message, problems)

    def _note_unread(
        self, message: InboundMessage, names: Iterable[str], sender: str, device: SendingDevice | None
    ) -> None:
        for name in names if sender else ():
            note_unread(self.unread, (sender, name), message.received_at, device)

    def refuse(self, message: InboundMessage, problems: list[Rejected]) -> None:
        """Put a message into quarantine."""
        details = [problem.detail for problem in problems[:_NAMED_IN_DETAIL]]
        if len(problems) > _NAMED_IN_DETAIL:
            details.append(f"and {len(problems) - _NAMED_IN_DETAIL} more")
        # What is too large is never read, so its beginning is enough to see what it is.
        is_too_large = problems[0].reason == "too_large"
        self.batch.refused.append(
            Refused(
                message.received_at,
                message.topic,
                message.payload[:_BEGINNING_BYTES] if is_too_large else message.payload,
                message.retained,
                problems[0].reason,
                "; ".join(details),
            )
        )

    def _add_device_message(
        self,
        message: InboundMessage,
        result: Decoded,
        device: SendingDevice,
        problems: list[Rejected],
        contents: int,
    ) -> None:
        is_new = self._is_new(message, result, device)
        if not is_new and (result.seq == 1 or result.last_seq is not None):
            self._check_for_reset(message, result, device)
            is_new = self._is_new(message, result, device)
        fast = self._fast_path.rows(message, result, device) if is_new else None
        if fast is not None and self._sequence_observer is not None:
            self.batch.new += fast.rows
            if result.sent_at is not None:
                self.batch.skews[device.number] = (message.received_at - result.sent_at).total_seconds()
            self._sequence_observer.note(device, result.seq, fast.latest)
            if contents & CALL and device.zone is None:
                note_calls(self.batch.unassigned_calls, message, result, "in_no_home")
        else:
            if contents & (CALL | CHANNEL | UNKNOWN):
                result = self._with_calls(message, result, device, problems)
                contents = contents_of(result.readings)
            is_only_link = not contents & ~DEVICE_LINK
            self._add_by_slow_path(
                DeviceMessage(
                    *(message, result, device, self._when(result, device), problems, is_new),
                    is_unbroken=is_new and self._is_unbroken(result, device),
                    is_first=not is_only_link and self._connections.note_message(message, device, result),
                )
            )

    def _with_calls(
        self, message: InboundMessage, result: Decoded, device: SendingDevice, problems: list[Rejected]
    ) -> Decoded:
        """Return a result with its calls as they are meant, which are noted of a device in no home, and its channels as their profiles mean them."""
        result = with_named_calls(result, problems)
        if device.zone is None:
            note_calls(self.batch.unassigned_calls, message, result, "in_no_home")
        return self._with_own_channels(result, problems)

    def _when(self, result: Decoded, device: SendingDevice) -> datetime | None:
        if result.time is None and result.local_time is not None:
            return result.local_time.replace(tzinfo=device.zone or self._rules.zone)
        return result.time

    def _add_by_slow_path(self, device_message: DeviceMessage) -> None:
        message, result, device = device_message.message, device_message.result, device_message.device
        signs_before = self._slow_path.signs
        latest = self._slow_path.add(device_message)
        if not message.retained:
            # A bridge that starts also says what devices said that have been dead for days.
            is_kept = self._connections.may_be_kept(device.sender, message.received_at)
            if not is_kept or self._slow_path.signs > signs_before:
                self._note_contact(message, result, device, latest)
            if result.seq and not device_message.is_new and self._may_fill(device, result.seq):
                self._states.look_again(device, latest)
            if self._sequence_observer is not None and result.seq:
                self._sequence_observer.note(device, result.seq, latest)
        if self._sequence_observer is not None and result.last_seq is not None:
            self._sequence_observer.note_newest(device, result.last_seq)

    def _with_own_channels(self, result: Decoded, problems: list[Rejected]) -> Decoded:
        """Return a result with the readings of channels that are registered as devices of their own, as their profiles mean them."""
        for one in result.readings:
            if "#" in one.metric:
                break
        else:
            return result
        readings: list[Measured] = []
        for reading in result.readings:
            name, _, channel = reading.metric.partition("#")
            own = self._find(f"{result.sender}#{channel}") if channel else None
            if own is None or own.profile is None:
                readings.append(reading)
                continue
            said = meant(Measured(name, reading.value, reading.time), own.profile)
            if isinstance(said, Rejected):
                problems.append(said)
            elif said is not None:
                readings.append(Measured(f"{said.metric}#{channel}", said.value, said.time))
        return structs.replace(result, readings=readings)

    def _is_new(self, message: InboundMessage, result: Decoded, device: SendingDevice) -> bool:
        """Return whether the message cannot be stored yet, by its number; if that is not certain, the database is asked."""
        if not result.seq or message.retained or message.repeated or self._sequence_observer is None:
            return False
        return self._sequence_observer.is_new(device.number, result.seq)

    def _is_unbroken(self, result: Decoded, device: SendingDevice) -> bool:
        # The first number of a count may follow the last one of an earlier count, of which messages may be missing.
        return (
            self._sequence_observer is not None
            and result.seq > 1
            and self._sequence_observer.is_next(device.number, result.seq)
        )

    def _may_fill(self, device: SendingDevice, seq: int) -> bool:
        return self._sequence_observer is None or self._sequence_observer.may_fill(device.number, seq)

    def _check_for_reset(self, message: InboundMessage, result: Decoded, device: SendingDevice) -> None:
        """Find a device that lost its memory and counts from 1 again."""
        if self._sequence_observer is None or message.retained or message.repeated:
            return
        if result.last_seq is not None:
            # A last will holds what was so when the connection began.
            if any(one.metric == ONLINE.name and one.value is True for one in result.readings):
                self._sequence_observer.note_count(device, result.last_seq, None)
            return
        # The first message sent again has its old time; one whose time is ours cannot be distinguished from it.
        own = [one.time for one in (*result.readings, *result.fixes)]
        time = placed(own[0], message.received_at, result.sent_at, self._rules.newest)
        if not time.is_ours:
            self._sequence_observer.note_count(device, 0, time.time)

    def _note_contact(
        self, message: InboundMessage, result: Decoded, device: SendingDevice, latest: datetime
    ) -> None:
        skew = (message.received_at - result.sent_at).total_seconds() if result.sent_at is not None else None
        known = self.batch.contacts.get(device.number)
        if known is None:
            self.batch.contacts[device.number] = DeviceContact(message.received_at, latest, result.seq, skew)
            return
        known.received_at = max(known.received_at, message.received_at)
        known.time = max(known.time, latest)
        known.seq = max(known.seq, result.seq)
        known.skew_s = skew if skew is not None else known.skew_s


def _refusal(message: InboundMessage, result: Decoded, device: SendingDevice | None) -> Rejected | None:
    if device is None:
        return Rejected(
            "unknown_device",
            unknown_sender(result.sender),
        )
    source = source_of(message.topic) if message.topic.startswith(GATEWAY_PREFIX) else None
    if source and source.codec == "native" and source.gateway_id and device.gateway_id != source.gateway_id:
        return Rejected(
            "wrong_gateway", f"{device.device_id} came through {source.gateway_id}, which is not its gateway"
        )
    return None
