"""What devices fail to report, or report otherwise: sensors that are stuck, without power or radars, gateways in the dark, carriers that are down."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from core.domain import metrics
from core.domain.device import DeviceKind
from simulator.devices.samples import HomeDay, Sample
from simulator.incidents.incident import SILENCING, Incident, IncidentKind, of_kind
from simulator.local_days import LocalDay
from simulator.randomness import generator
from simulator.ward_file import SimDevice, SimHome

# A broker notices a cut line after one and a half times the keep-alive of 60 s and publishes the last will.
LAST_WILL_AFTER_MS = 90_000
_CHATTERS_MS, _ON_MS = 180_000, 70_000
_HEALTH = frozenset({metrics.BATTERY_PCT.name, metrics.LINK_QUALITY.name})
# What sticks in one state says so once, and nothing more until it is mended.
_STAYS = {
    DeviceKind.DOOR: metrics.CONTACT_OPEN.name,
    DeviceKind.FRIDGE: metrics.CONTACT_OPEN.name,
    DeviceKind.BED: metrics.BED_OCCUPIED.name,
}
_SIGNS = frozenset({metrics.MOTION.name, metrics.CONTACT_OPEN.name})
# So long a bridge is away when it starts anew.
_RESTART_MS = 20_000
WindowMs = tuple[int, int]


class Faults:
    """The faults of one home's devices that a scenario brings."""

    def __init__(self, home: SimHome, incidents: Sequence[Incident], seed: int) -> None:
        self._home = home
        self._seed = seed
        self._stuck = of_kind(incidents, IncidentKind.SENSOR_STUCK)
        self._empty = of_kind(incidents, IncidentKind.BATTERY_DIES)
        self._silencing = of_kind(incidents, *SILENCING)
        self._cut = of_kind(incidents, IncidentKind.LINE_CUT)
        self._restarts = of_kind(incidents, IncidentKind.BRIDGE_RESTARTS)
        self._held = of_kind(incidents, IncidentKind.MOTION_HELD)
        self._radars = of_kind(incidents, IncidentKind.RADAR_REPEATS)
        self._is_any = any(
            (self._stuck, self._empty, self._silencing, self._cut, self._restarts, self._held, self._radars)
        )

    def apply(self, day: LocalDay, home_day: HomeDay) -> HomeDay:
        """Return what is left of a day, and when the gateway went and came back."""
        if not self._is_any:
            return home_day
        for incident in self._radars:
            home_day = self._seen_by_radar(home_day, incident, day)
        home_day = self._failing(home_day, day)
        online = [
            change
            for incident in self._restarts
            for time_ms in incident.repeats_ms(day)
            for change in ((time_ms - _RESTART_MS, False), (time_ms - 1, True))
        ]
        for incident in (*self._silencing, *self._cut):
            for window in incident.windows_ms(day):
                home_day = self._dark(incident, home_day, window)
                if incident.kind is not IncidentKind.WARD_SILENT:
                    online += [(window[0] + LAST_WILL_AFTER_MS, False), (window[1], True)]
        changes = tuple(sorted(item for item in online if home_day.begin_ms <= item[0] < home_day.end_ms))
        return replace(home_day, online=changes)

    def _failing(self, home_day: HomeDay, day: LocalDay) -> HomeDay:
        """Return a day as sensors report it that do not clear, are stuck or without power."""
        for incident in self._held:
            for window in incident.windows_ms(day):
                home_day = self._without_clear(home_day, self._motion_sensors(incident), window)
        for incident in self._stuck:
            for window in incident.windows_ms(day):
                home_day = self._repeating(home_day, self._numbers(incident), window)
        for incident in self._empty:
            for window in incident.windows_ms(day):
                home_day = _without(home_day, self._numbers(incident), window)
        return home_day

    def _dark(self, incident: Incident, home_day: HomeDay, window: WindowMs) -> HomeDay:
        if incident.kind is IncidentKind.LINE_CUT:
            # Kept by the gateway; `simulator.network.lossy_channel` brings it later. A heartbeat is not worth keeping.
            gateways = {n for n, device in enumerate(self._home.devices) if device.kind is DeviceKind.GATEWAY}
            return _without(home_day, gateways, window)
        everything = incident.kind is IncidentKind.WARD_SILENT
        return _without(
            home_day,
            {n for n, device in enumerate(self._home.devices) if everything or hangs_on_gateway(device)},
            window,
        )

    def _numbers(self, incident: Incident) -> set[int]:
        return {n for n, device in enumerate(self._home.devices) if device.is_called(incident.device)}

    def _motion_sensors(self, incident: Incident) -> set[int]:
        """Return the motion sensors that an incident concerns; all, if it names none."""
        return {
            n
            for n, device in enumerate(self._home.devices)
            if device.kind is DeviceKind.MOTION and (not incident.device or device.is_called(incident.device))
        }

    def _repeating(self, home_day: HomeDay, numbers: set[int], window: WindowMs) -> HomeDay:
        left: list[Sample] = []
        for item in home_day.samples:
            if (
                item.device not in numbers
                or item.metric in _HEALTH
                or not window[0] <= item.time_ms < window[1]
            ):
                left.append(item)
            elif item.metric in {metrics.TEMPERATURE_C.name, metrics.HUMIDITY_PCT.name}:
                device = self._home.devices[item.device].device_id
                value = generator(self._seed, "stuck", device, item.metric).uniform(18.0, 28.0)
                left.append(item._replace(value=round(float(value), 1)))
        # Ends before the night does, so that every sensor is at rest when the next day begins.
        begin, end = max(window[0], home_day.begin_ms), min(window[1], home_day.end_ms - 300_000)
        for number in numbers:
            stays = _STAYS.get(self._home.devices[number].kind)
            if stays is not None:
                edges = ((window[0], True), (window[1], False))
                left += [Sample(at_ms, number, stays, on) for at_ms, on in edges if _is_in(at_ms, home_day)]
            if self._home.devices[number].kind is DeviceKind.MOTION:
                for time_ms in np.arange(begin, end, _CHATTERS_MS).tolist():
                    left.append(Sample(time_ms, number, metrics.MOTION.name, True))
                    left.append(Sample(time_ms + _ON_MS, number, metrics.MOTION.name, False))
        return replace(home_day, samples=tuple(sorted(left)))

    def _without_clear(self, home_day: HomeDay, numbers: set[int], window: WindowMs) -> HomeDay:
        """Return a day on which sensors do not say that nobody moves any more."""
        left = (
            item
            for item in home_day.samples
            if item.device not in numbers
            or (item.metric, item.value) != (metrics.MOTION.name, False)
            or not window[0] <= item.time_ms < window[1]
        )
        return replace(home_day, samples=tuple(left))

    def _seen_by_radar(self, home_day: HomeDay, incident: Incident, day: LocalDay) -> HomeDay:
        """Return a day on which radars see who is in their room, from the first movement there to the first sign elsewhere."""
        radars = self._motion_sensors(incident)
        every_ms = max(round(1000 * abs(incident.seconds)), 1000)
        samples = list(home_day.samples)
        for from_ms, until_ms in incident.windows_ms(day):
            begin, end = max(from_ms, home_day.begin_ms), min(until_ms, home_day.end_ms)
            seen = [
                (item.time_ms, item.device)
                for item in samples
                if _is_sign(item) and begin <= item.time_ms < end
            ]
            samples = [
                item
                for item in samples
                if item.device not in radars
                or item.metric != metrics.MOTION.name
                or not begin <= item.time_ms < end
            ]
            # A stay in a room lasts until a sign elsewhere.
            stays = [one for place, one in enumerate(seen) if place == 0 or seen[place - 1][1] != one[1]]
            for (entered, number), (left, _) in pairwise([*stays, (end, -1)]):
                if number not in radars:
                    continue
                samples += [
                    Sample(time_ms, number, metrics.PRESENCE.name, True)
                    for time_ms in range(entered, left, every_ms)
                ]
                if _is_in(left, home_day):
                    samples.append(Sample(left, number, metrics.PRESENCE.name, False))
        return replace(home_day, samples=tuple(sorted(samples)))


def _is_sign(sample: Sample) -> bool:
    return bool(sample.value) and sample.metric in _SIGNS


def _is_in(time_ms: int, home_day: HomeDay) -> bool:
    return home_day.begin_ms <= time_ms < home_day.end_ms


def hangs_on_gateway(device: SimDevice) -> bool:
    """Return whether a device is silent when the gateway of its home is."""
    return bool(device.gateway_id) or device.kind is DeviceKind.GATEWAY


def _without(home_day: HomeDay, numbers: set[int], window: WindowMs) -> HomeDay:
    def is_left(item: Sample) -> bool:
        return item.device not in numbers or not window[0] <= item.time_ms < window[1]

    return replace(
        home_day,
        samples=tuple(item for item in home_day.samples if is_left(item)),
        positions=tuple(
            item
            for item in home_day.positions
            if item.device not in numbers or not window[0] <= item.time_ms < window[1]
        ),
    )
