"""Turns what devices report into numbered messages: large ones for the history, one for each moment when live.

A message's number follows from its place in the stream, which follows from the seed. So a simulator that is started again
goes on with the same numbers for the same content, without having kept anything.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from math import ceil
from typing import NamedTuple

from core.domain.device import DeviceKind
from simulator.devices.samples import HomeDay, Sample, SimPosition, packed
from simulator.incidents.incident import IncidentKind
from simulator.local_days import LocalDay
from simulator.network import payloads
from simulator.network.cached_states import CachedStates, Repeat
from simulator.network.lossy_channel import Arrival, LossyChannel, OutboundMessage, Sent, in_order
from simulator.ward_file import SimDevice
from simulator.world import HomeWorld

_NATIVE, _ZIGBEE = "native", "zigbee2mqtt"


class _Moment(NamedTuple):
    """What one device reports at one moment: samples, or one position."""

    time_ms: int
    device: int
    samples: tuple[Sample, ...]
    position: SimPosition | None
    habit: IncidentKind | None = None


class Resume(NamedTuple):
    """How numbers go on in a home whose days were changed: from a moment on, after the last number of each device."""

    at_ms: int
    last_seqs: Mapping[str, int]


class HomeStream:
    """The messages of one home: `history` before the origin, `live` from it on."""

    def __init__(
        self, world: HomeWorld, origin: datetime, history_days: int, resume: Resume | None = None
    ) -> None:
        self._world = world
        self._devices = world.home.devices
        self._origin_ms = round(origin.timestamp() * 1000)
        self._origin_day = world.day_of(origin)
        self._history_days = history_days
        self._channel = LossyChannel(world.home, world.incidents, world.seed)
        self._incidents = world.incidents
        self._resume = resume

    def history(self, days_ago: int) -> Iterator[OutboundMessage]:
        """Yield what was reported on one day of the history; 0 is the day in which live watching begins."""
        home_day = self._before_origin(self._world.home_day(self._origin_day.before(days_ago)))
        seqs = self._seqs_before(days_ago)
        for number, device in enumerate(self._devices):
            samples = [item for item in home_day.samples if item.device == number]
            positions = [item for item in home_day.positions if item.device == number]
            if device.sender == _NATIVE:
                yield from self._large(number, seqs, samples, positions)
            else:
                for sent in self._one_by_one(seqs, samples, positions):
                    yield sent.message

    def live(self, since: datetime) -> Iterator[OutboundMessage]:
        """Yield what is reported from `since` on, without end, in the order of time; it does not begin before the origin."""
        since_ms = max(round(since.timestamp() * 1000), self._origin_ms)
        yield from self._statuses(since_ms, online=True)
        for message in in_order(self._arrivals()):
            if message.time_ms >= since_ms:
                yield message

    def _arrivals(self) -> Iterator[Arrival]:
        """Yield what is sent from the origin on, without end, with when it arrives."""
        day = self._origin_day
        home_day = self._world.home_day(day)
        seqs = self._seqs_after_history(home_day)
        cached = CachedStates(self._devices, self._incidents)
        while True:
            home_day = self._after_origin(home_day)
            statuses = [
                Arrival(time_ms, status)
                for time_ms, online in home_day.online
                for status in self._statuses(time_ms, online=online)
            ]
            repeats = cached.of_day(home_day, day)
            statuses += [
                Arrival(one.time_ms, self._availability(one))
                for one in repeats
                if one.habit is IncidentKind.AVAILABILITY_PINGS
                and self._devices[one.device].sender == _ZIGBEE
            ]
            statuses.sort(key=_sent_at)
            # A day of five thousand homes is a lot to hold, so it is packed until its moments come.
            samples, positions = packed(home_day.samples), home_day.positions
            home_day = None
            sent = self._channel.carry(self._one_by_one(seqs, samples, positions, day, repeats), day)
            yield from heapq.merge(sent, statuses, key=_sent_at)
            day = day.next()
            home_day = self._world.home_day(day)

    def _before_origin(self, home_day: HomeDay) -> HomeDay:
        """Keep what lies before the origin; a gateway keeps readings while nobody listens, but not its heartbeats."""
        samples = tuple(
            item
            for item in home_day.samples
            if item.time_ms < self._origin_ms and self._devices[item.device].kind is not DeviceKind.GATEWAY
        )
        positions = tuple(item for item in home_day.positions if item.time_ms < self._origin_ms)
        return replace(home_day, samples=samples, positions=positions, online=())

    def _after_origin(self, home_day: HomeDay) -> HomeDay:
        if home_day.begin_ms >= self._origin_ms:
            return home_day
        return replace(
            home_day,
            samples=tuple(item for item in home_day.samples if item.time_ms >= self._origin_ms),
            positions=tuple(item for item in home_day.positions if item.time_ms >= self._origin_ms),
            online=tuple(change for change in home_day.online if change[0] >= self._origin_ms),
        )

    def _seqs_before(self, days_ago: int) -> list[int]:
        """Return the last number that each device used before a day of the history.

        On every whole day of the history each device sends exactly one message of each of its kinds: its regular reports
        see to it that the message is not empty, and what a device reports in a day fits into one.
        """
        return [(self._history_days - days_ago) * _kinds_a_day(device) for device in self._devices]

    def _seqs_after_history(self, origin_day: HomeDay) -> list[int]:
        seqs = self._seqs_before(0)
        home_day = self._before_origin(origin_day)
        for number in range(len(self._devices)):
            for items in (home_day.samples, home_day.positions):
                count = sum(1 for item in items if item.device == number)
                seqs[number] += ceil(count / payloads.MOST_IN_A_MESSAGE)
        return seqs

    def _large(
        self, number: int, seqs: list[int], samples: Sequence[Sample], positions: Sequence[SimPosition]
    ) -> Iterator[OutboundMessage]:
        device, most = self._devices[number], payloads.MOST_IN_A_MESSAGE
        for start in range(0, len(samples), most):
            part = samples[start : start + most]
            seqs[number] += 1
            payload = payloads.native_readings(seqs[number], part)
            yield OutboundMessage(part[-1].time_ms, payloads.native_topic(device, "readings"), payload)
        for start in range(0, len(positions), most):
            fixes = positions[start : start + most]
            seqs[number] += 1
            payload = payloads.native_fixes(seqs[number], fixes)
            yield OutboundMessage(fixes[-1].time_ms, payloads.native_topic(device, "fix"), payload)

    def _one_by_one(
        self,
        seqs: list[int],
        samples: Iterable[Sample],
        positions: Sequence[SimPosition],
        day: LocalDay | None = None,
        repeats: Sequence[Repeat] = (),
    ) -> Iterator[Sent]:
        """Yield a message for each moment; with `day`, times are those that the devices' clocks show then."""
        resume = self._resume if day is not None else None
        # Both kinds of a tracker's messages count together, so they are put in order before they are numbered.
        sampled = (
            _Moment(time_ms, device, tuple(group), None)
            for (time_ms, device), group in groupby(samples, key=_when_and_what)
        )
        seen = (_Moment(item.time_ms, item.device, (), item) for item in positions)
        again = (_Moment(one.time_ms, one.device, one.samples, None, one.habit) for one in repeats)
        for moment in heapq.merge(sampled, seen, again, key=_when_and_what):
            if resume is not None and moment.time_ms >= resume.at_ms:
                seqs[:] = [
                    resume.last_seqs.get(device.sender_name, seq)
                    for device, seq in zip(self._devices, seqs, strict=True)
                ]
                resume = self._resume = None
            shown = moment if day is None else self._shown(moment, day)
            message = self._message(shown, seqs)
            if message is None:
                continue
            if shown is not moment:
                message = message._replace(time_ms=moment.time_ms)
            yield Sent(message, moment.device)

    def _shown(self, moment: _Moment, day: LocalDay) -> _Moment:
        shown_ms = self._channel.shown_ms(moment.time_ms, moment.device, day)
        if shown_ms == moment.time_ms:
            return moment
        position = moment.position
        return moment._replace(
            time_ms=shown_ms,
            samples=tuple(item._replace(time_ms=shown_ms) for item in moment.samples),
            position=None if position is None else position._replace(time_ms=shown_ms),
        )

    def _message(self, moment: _Moment, seqs: list[int]) -> OutboundMessage | None:
        device = self._devices[moment.device]
        if device.sender == _NATIVE:
            seqs[moment.device] += 1
            seq = seqs[moment.device]
            if moment.position is not None:
                payload = payloads.native_fixes(seq, (moment.position,))
                return OutboundMessage(moment.time_ms, payloads.native_topic(device, "fix"), payload)
            payload = payloads.native_readings(seq, moment.samples)
            return OutboundMessage(moment.time_ms, payloads.native_topic(device, "readings"), payload)
        if device.sender == _ZIGBEE:
            if moment.habit is None:
                state = payloads.zigbee_state(moment.samples)
            else:
                state = payloads.zigbee_repeat(moment.samples, moment.habit)
            if state is None:
                return None
            return OutboundMessage(moment.time_ms, payloads.zigbee_topic(device), state)
        if moment.position is None:
            # A phone reports its battery with each position.
            return None
        located = payloads.owntracks_location(moment.position, _phone_battery(moment.time_ms))
        return OutboundMessage(moment.time_ms, payloads.owntracks_topic(device), located)

    def _availability(self, repeat: Repeat) -> OutboundMessage:
        topic = f"{payloads.zigbee_topic(self._devices[repeat.device])}/availability"
        return OutboundMessage(repeat.time_ms, topic, payloads.zigbee_availability(), retain=True)

    def _statuses(self, time_ms: int, *, online: bool) -> Iterator[OutboundMessage]:
        """Yield what the broker keeps about the gateways: that they are there, or their last will."""
        for device in self._devices:
            if device.kind is not DeviceKind.GATEWAY:
                continue
            if device.sender == _NATIVE:
                topic, payload = (
                    payloads.native_topic(device, "status"),
                    payloads.native_status(time_ms, online=online),
                )
            else:
                topic = f"{payloads.zigbee_topic(device)}/state"
                payload = payloads.zigbee_bridge(online=online)
            yield OutboundMessage(time_ms, topic, payload, retain=True)


def _time_of(message: OutboundMessage) -> int:
    return message.time_ms


def _sent_at(arrival: Arrival) -> int:
    return arrival.sent_ms


def _when_and_what(item: Sample | _Moment) -> tuple[int, int]:
    return item.time_ms, item.device


def _kinds_a_day(device: SimDevice) -> int:
    if device.kind is DeviceKind.GATEWAY:
        return 0
    return 2 if device.kind is DeviceKind.TRACKER else 1


def _phone_battery(time_ms: int) -> int:
    # Charged overnight in Japan: full at about six in the morning, a third left late in the evening.
    hours = (time_ms / 3_600_000 + 9 - 6) % 24
    return round(100 - 65 * min(hours, 16) / 16)


def history(streams: Sequence[HomeStream], days: int) -> Iterator[tuple[int, OutboundMessage]]:
    """Yield (days ago, message) for the whole ward, the oldest day first."""
    for days_ago in range(days, -1, -1):
        for stream in streams:
            for message in stream.history(days_ago):
                yield days_ago, message


def live(streams: Sequence[HomeStream], since: datetime) -> Iterator[OutboundMessage]:
    """Yield the messages of the whole ward from `since` on, without end, in the order of time."""
    return heapq.merge(*(stream.live(since) for stream in streams), key=_time_of)
