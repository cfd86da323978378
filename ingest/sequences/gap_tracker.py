"""Gap tracker: finds gaps in the sequence numbers of native devices, requests them again, and records blind time."""

import json
import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from core.store.database import Connection
from core.store.telemetry import sequence_gaps
from core.store.telemetry.batches import Batch, SendingDevice
from core.store.telemetry.sequence_gaps import SequenceGap
from ingest.sequences.retransmission import RetransmissionPolicy

_CONFIRM_EVERY_S = 60.0
_CONFIRMATIONS_AT_ONCE = 200
# A status may be overtaken by some messages; a count that is less than half of what came, and this much less, is a new one.
_OVERTAKEN = 10


@dataclass(frozen=True, slots=True)
class Command:
    """A message to a device."""

    topic: str
    payload: bytes


class GapTracker:
    """Sequence numbers received and missing per device; used by the writer's first thread, in the order of arrival."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[int, datetime]] = {}
        self._first: dict[int, int] = {}
        self._missing: dict[int, list[SequenceGap]] = {}
        self._devices: dict[int, SendingDevice] = {}
        self._policies: dict[int, RetransmissionPolicy] = {}
        self._blind: dict[int, set[datetime]] = {}
        self._changed: set[int] = set()
        self.sequence_reset_at: dict[int, datetime] = {}
        self._reset: set[int] = set()
        self._forgotten: list[tuple[int, SequenceGap]] = []
        self._unconfirmed: set[int] = set()
        self._confirm_at = -math.inf

    def load(self, connection: Connection) -> None:
        """Read how far the devices had come."""
        self._last = sequence_gaps.last_seqs(connection)
        self._missing = sequence_gaps.all_gaps(connection)
        self._blind = sequence_gaps.blind_beginnings(connection)
        self.sequence_reset_at = sequence_gaps.reset_times(connection)
        moment = time.monotonic()
        self._policies = {device: RetransmissionPolicy.started(moment) for device in self._missing}

    @property
    def devices_with_gaps(self) -> int:
        """How many devices have a gap."""
        return len(self._missing)

    def is_new(self, device: int, seq: int) -> bool:
        """Return whether a number is higher than any that is known of the device."""
        last = self._last.get(device)
        return last is None or seq > last[0]

    def is_next(self, device: int, seq: int) -> bool:
        """Return whether a number follows the newest one and none of the device is missing."""
        last = self._last.get(device)
        return last is not None and seq == last[0] + 1 and device not in self._missing

    def may_fill(self, device: int, seq: int) -> bool:
        """Return whether a number that is not new may be one that is missing: of a gap, or from before the first that came."""
        return device in self._missing or seq < self._first.get(device, seq)

    def note(self, device: SendingDevice, seq: int, at: datetime) -> None:
        """Record a numbered message."""
        number = device.number
        last = self._last.get(number)
        if last is None:
            # The first message of a device may have any number: what was before was never ours.
            self._first[number] = seq
        if last is None or seq == last[0] + 1:
            self._last[number] = (seq, at)
        elif seq > last[0]:
            self._add_missing(device, SequenceGap(last[0] + 1, seq - 1, last[1], at))
            self._last[number] = (seq, at)
        elif number in self._missing:
            self._fill(number, seq)
        self._devices[number] = device
        self._unconfirmed.add(number)

    def note_newest(self, device: SendingDevice, seq: int) -> None:
        """Take note that the device has made messages up to `seq`, whether they came or not."""
        last = self._last.get(device.number)
        if last is not None and seq > last[0]:
            self._add_missing(device, SequenceGap(last[0] + 1, seq, last[1], None))
            self._last[device.number] = (seq, last[1])

    def note_count(self, device: SendingDevice, made: int, at: datetime | None) -> None:
        """Take note that a device says now how many messages it has made: far fewer than came if it lost its memory.

        `at` is the time of what it says, if that has to be later than what came; None if it certainly is.
        """
        number = device.number
        last = self._last.get(number)
        if last is None or 2 * made + _OVERTAKEN >= last[0] or (at is not None and at <= last[1]):
            return
        # It cannot send the old ones any more: what is missing of them stays blind time.
        recorded = self._blind.pop(number, set())
        self._forgotten += [
            (number, span) for span in self._missing.get(number, ()) if span.began_at not in recorded
        ]
        self._forget(number)
        self._last[number] = (0, last[1])
        self.sequence_reset_at[number] = last[1]
        self._reset.add(number)

    def add_to(self, batch: Batch) -> None:
        """Put into a batch what it changes: missing spans, counts that began anew, and what was forgotten by those."""
        batch.missing = self.take_changes()
        batch.anew = {
            number: (self._last[number][0], self.sequence_reset_at[number]) for number in self._reset
        }
        batch.forgotten = self._forgotten
        self._reset, self._forgotten = set(), []

    def last_of(self, devices: Iterable[int]) -> dict[int, tuple[int, datetime]]:
        """Return the newest number and its time of those devices that have one."""
        return {number: self._last[number] for number in devices if number in self._last}

    def take_changes(self) -> dict[int, list[SequenceGap]]:
        """Return the missing spans of the devices for which they changed, to be stored with the batch."""
        changes = {device: list(self._missing.get(device, ())) for device in self._changed}
        self._changed.clear()
        return changes

    def due_commands(self, now: datetime) -> Iterator[tuple[Command, int, list[SequenceGap]]]:
        """Give the requests to send again that are due: the command, the device, and the spans that are blind by now."""
        moment = time.monotonic()
        for number, policy in list(self._policies.items()):
            device = self._devices.get(number)
            if policy.next_at > moment or device is None:
                continue
            self._give_up(number, policy, moment)
            spans = self._missing.get(number)
            if not spans:
                continue
            part, blind = policy.next_request(spans, moment)
            if blind:
                self._blind.setdefault(number, set()).update(span.began_at for span in blind)
            yield (
                _command(device, {"resend": [[span.first_seq, span.last_seq] for span in part]}),
                number,
                [replace(span, ended_at=span.ended_at or now) for span in blind],
            )

    def due_confirmations(self) -> list[Command]:
        """Return what devices may forget, once everything noted until now is committed."""
        if time.monotonic() < self._confirm_at or not self._unconfirmed:
            return []
        commands: list[Command] = []
        while self._unconfirmed and len(commands) < _CONFIRMATIONS_AT_ONCE:
            number = self._unconfirmed.pop()
            spans = self._missing.get(number)
            through = spans[0].first_seq - 1 if spans else self._last[number][0]
            commands.append(_command(self._devices[number], {"stored_through": through}))
        if not self._unconfirmed:
            self._confirm_at = time.monotonic() + _CONFIRM_EVERY_S
        return commands

    def take_filled(self) -> list[tuple[int, datetime]]:
        """Return (device, beginning) of blind times whose messages have all come."""
        filled: list[tuple[int, datetime]] = []
        for number, beginnings in list(self._blind.items()):
            left = beginnings & {span.began_at for span in self._missing.get(number, ())}
            filled.extend((number, began_at) for began_at in beginnings - left)
            if left:
                self._blind[number] = left
            else:
                del self._blind[number]
        return filled

    def _add_missing(self, device: SendingDevice, span: SequenceGap) -> None:
        self._devices[device.number] = device
        self._missing.setdefault(device.number, []).append(span)
        self._changed.add(device.number)
        moment = time.monotonic()
        # The old ones are asked for along with it, so a device that loses more and more is asked all the same.
        self._policies.setdefault(device.number, RetransmissionPolicy.started(moment)).restart(moment)

    def _fill(self, number: int, seq: int) -> None:
        spans: list[SequenceGap] = []
        policy = self._policies.get(number)
        for span in self._missing[number]:
            if not span.first_seq <= seq <= span.last_seq:
                spans.append(span)
                continue
            self._changed.add(number)
            parts = [
                replace(span, first_seq=first, last_seq=last)
                for first, last in ((span.first_seq, seq - 1), (seq + 1, span.last_seq))
                if first <= last
            ]
            spans += parts
            if policy is not None:
                policy.is_answering = True
                policy.split(span, parts)
        self._missing[number] = spans
        if not spans:
            self._forget(number)

    def _give_up(self, number: int, policy: RetransmissionPolicy, moment: float) -> None:
        """Forget the spans that are lost; they stay blind time."""
        spans = self._missing.get(number, [])
        gone = {span.first_seq for span in policy.given_up(spans, moment)}
        if not gone:
            return
        kept = [span for span in spans if span.first_seq not in gone]
        recorded = self._blind.pop(number, set()) & {span.began_at for span in kept}
        if recorded:
            self._blind[number] = recorded
        if not kept:
            self._forget(number)
            return
        for first_seq in gone:
            del policy.spans[first_seq]
        policy.place = max(0, policy.place - len(gone))
        self._missing[number] = kept
        self._changed.add(number)

    def _forget(self, number: int) -> None:
        self._missing.pop(number, None)
        self._policies.pop(number, None)
        self._changed.add(number)


def _command(device: SendingDevice, body: dict[str, object]) -> Command:
    prefix = f"gw/{device.gateway_id}/" if device.gateway_id else ""
    topic = f"{prefix}mimamori/v1/{device.device_id}/command"
    return Command(topic, json.dumps(body, separators=(",", ":")).encode())
