"""The habits of bridges and devices that say a state again although nothing happened: after a restart, when asked, or by the clock."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from core.domain import metrics
from core.domain.device import DeviceKind
from core.domain.metrics import METRICS, Evidence
from simulator.devices.samples import HomeDay, Sample, Value
from simulator.incidents.incident import SAYS_AGAIN, Incident, IncidentKind, of_kind
from simulator.local_days import LocalDay
from simulator.ward_file import SimDevice

# A press is no state, and nobody keeps it.
_NEVER_KEPT = frozenset({metrics.SOS.name, metrics.HEARTBEAT.name})
# The devices of one home do not answer in one millisecond.
_APART_MS = 50


class Repeat(NamedTuple):
    """What a device or its bridge says again at one moment, and by which habit."""

    time_ms: int
    device: int
    samples: tuple[Sample, ...]
    habit: IncidentKind


class CachedStates:
    """What each device of a home said last, day by day, and when it is said again.

    Behind Zigbee2MQTT all of the state is said again, as the bridge keeps it. A native device numbers its messages and
    keeps nothing: it only reports its states, such as a closed door, in a new message.
    """

    def __init__(self, devices: Sequence[SimDevice], incidents: Sequence[Incident]) -> None:
        self._devices = devices
        self._habits = of_kind(incidents, *SAYS_AGAIN)
        self._last: dict[int, dict[str, Value]] = {}

    def of_day(self, home_day: HomeDay, day: LocalDay) -> list[Repeat]:
        """Return what is said again on a day, in the order of time; days must be asked for one after the other."""
        if not self._habits:
            return []
        due = sorted(
            (time_ms, habit.kind, habit.device)
            for habit in self._habits
            for time_ms in habit.repeats_ms(day)
            if home_day.begin_ms <= time_ms < home_day.end_ms
        )
        found: list[Repeat] = []
        samples = iter(home_day.samples)
        following = next(samples, None)
        for time_ms, kind, called in due:
            while following is not None and following.time_ms < time_ms:
                self._keep(following)
                following = next(samples, None)
            found += self._said(time_ms, kind, called)
        while following is not None:
            self._keep(following)
            following = next(samples, None)
        return sorted(found)

    def _keep(self, sample: Sample) -> None:
        if sample.metric not in _NEVER_KEPT:
            self._last.setdefault(sample.device, {})[sample.metric] = sample.value

    def _said(self, time_ms: int, kind: IncidentKind, called: str) -> Iterator[Repeat]:
        for number, state in sorted(self._last.items()):
            device = self._devices[number]
            if called and not device.is_called(called):
                continue
            if kind is IncidentKind.MOTION_HELD and device.kind is not DeviceKind.MOTION:
                continue
            said = _of_native(state, kind) if device.sender == "native" else state
            at_ms = time_ms + _APART_MS * number
            samples = tuple(Sample(at_ms, number, metric, value) for metric, value in said.items())
            if samples and device.sender != "owntracks":
                yield Repeat(at_ms, number, samples, kind)


def _of_native(state: dict[str, Value], kind: IncidentKind) -> dict[str, Value]:
    if kind is IncidentKind.BRIDGE_RESTARTS:
        return {}
    return {metric: value for metric, value in state.items() if METRICS[metric].evidence is Evidence.STATE}
