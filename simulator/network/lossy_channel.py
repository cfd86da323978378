"""The way from a device to the broker: what is lost on it, comes late, twice or in another order, and what waits in buffers."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from simulator.devices.faults import hangs_on_gateway
from simulator.incidents.incident import Incident, IncidentKind, of_kind
from simulator.local_days import DAY_S, LocalDay
from simulator.randomness import generator
from simulator.ward_file import SimHome

_BUFFERED = (IncidentKind.LINE_CUT, IncidentKind.BROKER_AWAY)
_STRUCK = (
    IncidentKind.LOSS,
    IncidentKind.DELAY,
    IncidentKind.DUPLICATES,
    IncidentKind.REORDER,
    IncidentKind.RETAINED,
)
_CLOCKS = (IncidentKind.CLOCK_OFF, IncidentKind.CLOCK_DRIFT)
# A gateway that comes back sends what it kept one after the other.
_APART_MS = 20
_AGAIN_WITHIN_S = 30.0
# About once a month a gateway starts anew by itself and is away for a minute or two: too short for a last will.
_REBOOTS_A_DAY = 1 / 30
_REBOOT_S = (40.0, 85.0)


class OutboundMessage(NamedTuple):
    """A message to publish at `time_ms` (Unix milliseconds).

    `is_lost` marks one that the device sends and keeps, but that never arrives.
    """

    time_ms: int
    topic: str
    payload: bytes
    retain: bool = False
    is_lost: bool = False


class Sent(NamedTuple):
    """A message as the device sends it; `device` is its place in the home's list."""

    message: OutboundMessage
    device: int


class Arrival(NamedTuple):
    """A message with when it was sent; its own time is when it arrives."""

    sent_ms: int
    message: OutboundMessage


@dataclass(frozen=True)
class _Stretch:
    from_ms: int
    until_ms: int
    incident: Incident | None


class LossyChannel:
    """The line of one home, day by day."""

    def __init__(self, home: SimHome, incidents: Sequence[Incident], seed: int) -> None:
        self._devices = home.devices
        self._name = home.resident
        self._seed = seed
        self._buffered = of_kind(incidents, *_BUFFERED)
        self._struck = of_kind(incidents, *_STRUCK)
        self._clocks = of_kind(incidents, *_CLOCKS)
        self._buffers = lru_cache(maxsize=2)(self._buffers_of)
        self._faults = lru_cache(maxsize=2)(self._faults_of)

    def shown_ms(self, time_ms: int, device: int, day: LocalDay) -> int:
        """Return what the clock of a device shows at a moment."""
        for incident in self._clocks:
            if incident.device and not self._devices[device].is_called(incident.device):
                continue
            for from_ms, until_ms in incident.windows_ms(day):
                if from_ms <= time_ms < until_ms:
                    drifted = 1.0
                    if incident.kind is IncidentKind.CLOCK_DRIFT:
                        drifted = (time_ms - from_ms) / 1000.0 / DAY_S
                    time_ms += round(1000.0 * incident.seconds * drifted)
                    break
        return time_ms

    def carry(self, sent: Iterable[Sent], day: LocalDay) -> Iterator[Arrival]:
        """Yield the messages of a day with when they arrive, in the order in which they were sent."""
        buffers, faults = self._buffers(day), self._faults(day)
        waiting: dict[int, int] = {}
        for message, device in sent:
            due_ms = message.time_ms
            for number, stretch in enumerate(buffers):
                if stretch.from_ms <= due_ms < stretch.until_ms and self._waits(stretch, device):
                    waiting[number] = waiting.get(number, 0) + 1
                    due_ms = stretch.until_ms + _APART_MS * waiting[number]
            if not faults:
                arrived = message if due_ms == message.time_ms else message._replace(time_ms=due_ms)
                yield Arrival(message.time_ms, arrived)
            else:
                yield from self._arrivals(message, device, due_ms, faults)

    def _waits(self, stretch: _Stretch, device: int) -> bool:
        everybody = stretch.incident is not None and stretch.incident.kind is IncidentKind.BROKER_AWAY
        return everybody or hangs_on_gateway(self._devices[device])

    def _arrivals(
        self, message: OutboundMessage, device: int, due_ms: int, faults: Sequence[_Stretch]
    ) -> Iterator[Arrival]:
        sent_ms = message.time_ms
        again_ms: int | None = None
        for stretch in faults:
            incident = stretch.incident
            if incident is None or not stretch.from_ms <= sent_ms < stretch.until_ms:
                continue
            if incident.device and not self._devices[device].is_called(incident.device):
                continue
            draw = generator(self._seed, "line", incident.kind, message.topic, sent_ms)
            if draw.random() >= incident.share:
                continue
            luck = float(draw.random())
            if incident.kind is IncidentKind.LOSS:
                message = message._replace(is_lost=True)
            elif incident.kind is IncidentKind.DUPLICATES:
                again_ms = due_ms + round(1000.0 * luck * _AGAIN_WITHIN_S)
            elif incident.kind is IncidentKind.RETAINED:
                message = message._replace(retain=True)
            else:
                due_ms += round(1000.0 * luck * abs(incident.seconds))
        yield Arrival(sent_ms, message._replace(time_ms=due_ms))
        if again_ms is not None:
            yield Arrival(sent_ms, message._replace(time_ms=again_ms))

    def _buffers_of(self, day: LocalDay) -> list[_Stretch]:
        stretches = [
            _Stretch(*window, incident) for incident in self._buffered for window in incident.windows_ms(day)
        ]
        draw = generator(self._seed, "reboot", self._name, day.date.toordinal())
        if draw.random() < _REBOOTS_A_DAY:
            begins_s = float(draw.uniform(0.0, DAY_S))
            stretches.append(_Stretch(day.ms(begins_s), day.ms(begins_s + draw.uniform(*_REBOOT_S)), None))
        return sorted(stretches, key=lambda stretch: stretch.from_ms)

    def _faults_of(self, day: LocalDay) -> list[_Stretch]:
        return [
            _Stretch(*window, incident) for incident in self._struck for window in incident.windows_ms(day)
        ]


def in_order(arrivals: Iterable[Arrival]) -> Iterator[OutboundMessage]:
    """Put messages, given in the order in which they were sent, into the order in which they arrive."""
    waiting: list[tuple[int, int, OutboundMessage]] = []
    for count, (sent_ms, message) in enumerate(arrivals):
        while waiting and waiting[0][0] <= sent_ms:
            yield heapq.heappop(waiting)[2]
        if message.time_ms == sent_ms:
            yield message
        else:
            heapq.heappush(waiting, (message.time_ms, count, message))
    while waiting:
        yield heapq.heappop(waiting)[2]
