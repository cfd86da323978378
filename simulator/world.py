"""The ward at work: everything that all devices of a home tell on a day, made from the seed alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.domain.device import DeviceKind
from simulator.days import DAY_S, LocalDay, local_day
from simulator.diary import Diary
from simulator.incident import LINE_CUT, Incident, IncidentKind
from simulator.persona import Persona, draw_persona
from simulator.routine import Plan, plan_day
from simulator.samples import Position, Sample
from simulator.sensors import HomeSensors
from simulator.tracker import day_track
from simulator.wardfile import SimHome, SimWard

# A broker notices a cut line after one and a half times the keep-alive of 60 s and publishes the last will.
LAST_WILL_AFTER_MS = 90_000


@dataclass(frozen=True)
class HomeDay:
    """What a home's devices tell from the resident's getting up to the next, in the order of time.

    Attributes
    ----------
    begin_ms, end_ms : int
        From when to when, Unix milliseconds; the next day begins where this ends.
    online : tuple of (int, bool)
        When the home's gateway went dark (False) and came back (True).
    """

    begin_ms: int
    end_ms: int
    samples: tuple[Sample, ...]
    positions: tuple[Position, ...]
    online: tuple[tuple[int, bool], ...]


class HomeWorld:
    """One home of the ward. Every day can be made by itself, again and again, and is always the same."""

    def __init__(self, home: SimHome, incidents: Sequence[Incident], seed: int) -> None:
        self.home = home
        self.persona: Persona = draw_persona(seed, home.resident)
        self._incidents = tuple(item for item in incidents if item.resident in {"", home.resident})
        self._sensors = HomeSensors(home, seed)

    def day_of(self, moment: datetime) -> LocalDay:
        """Return the day that a moment belongs to: the one before, if the resident has not got up yet."""
        day = local_day(moment, self.home.zone)
        return day if day.ms(self.persona.wake_s(day)) <= moment.timestamp() * 1000 else day.before(1)

    def plan(self, day: LocalDay) -> Plan:
        """Return what the resident does on a day."""
        return plan_day(self.persona, day, self._incidents)

    def tell(self, day: LocalDay) -> HomeDay:
        """Return what the devices tell on a day."""
        plan = self.plan(day)
        diary = Diary(plan, self.persona, self.persona.chance("diary", day))
        diary.day()
        begin_ms, end_ms = day.ms(plan.wake_s), day.next().ms(plan.end_s - DAY_S)
        samples = [*self._sensors.day(day, plan, diary), *self._presses(day, plan)]
        told = HomeDay(
            begin_ms,
            end_ms,
            tuple(sorted(sample for sample in samples if begin_ms <= sample.time_ms < end_ms)),
            tuple(item for item in self._positions(day, plan) if begin_ms <= item.time_ms < end_ms),
            (),
        )
        return self._cut(day, told)

    def _presses(self, day: LocalDay, plan: Plan) -> list[Sample]:
        presses: list[Sample] = []
        for number, device in enumerate(self.home.devices):
            if device.kind is not DeviceKind.BUTTON:
                continue
            for incident in self._incidents:
                if incident.kind is IncidentKind.SOS:
                    presses.extend(
                        Sample(day.ms(at_s), number, "sos", True)
                        for at_s in incident.starts_s(day, plan.wake_s, plan.end_s)
                    )
        return presses

    def _positions(self, day: LocalDay, plan: Plan) -> list[Position]:
        positions: list[Position] = []
        for number, device in enumerate(self.home.devices):
            if device.kind is not DeviceKind.TRACKER:
                continue
            track = day_track(self.persona, plan, self.persona.chance(f"track {device.device_id}", day))
            lat, lon = self.home.ground.degrees(track.east_m, track.north_m)
            columns = (track.at_s, lat, lon, track.accuracy_m, track.speed_kmh)
            positions.extend(
                Position(day.ms(at_s), number, round(north, 6), round(east, 6), accuracy_m, speed_kmh)
                for at_s, north, east, accuracy_m, speed_kmh in zip(
                    *(column.tolist() for column in columns), strict=True
                )
            )
        return sorted(positions)

    def _cut(self, day: LocalDay, told: HomeDay) -> HomeDay:
        """Take out what was lost while a line was cut, and tell when the gateway went and came back."""
        online: list[tuple[int, bool]] = []
        samples, positions = told.samples, told.positions
        for incident in self._incidents:
            if incident.kind not in LINE_CUT:
                continue
            for from_ms, until_ms in incident.windows_ms(day):
                is_gateway = incident.kind is IncidentKind.GATEWAY_DIES
                samples = tuple(
                    item
                    for item in samples
                    if not from_ms <= item.time_ms < until_ms
                    or (is_gateway and not self._hangs_on(item.device))
                )
                if is_gateway:
                    online += [(from_ms + LAST_WILL_AFTER_MS, False), (until_ms, True)]
                else:
                    positions = tuple(item for item in positions if not from_ms <= item.time_ms < until_ms)
        changes = tuple(sorted(item for item in online if told.begin_ms <= item[0] < told.end_ms))
        return HomeDay(told.begin_ms, told.end_ms, samples, positions, changes)

    def _hangs_on(self, number: int) -> bool:
        device = self.home.devices[number]
        return bool(device.gateway_id) or device.kind is DeviceKind.GATEWAY


def make_world(ward: SimWard, incidents: Sequence[Incident], seed: int) -> tuple[HomeWorld, ...]:
    """Return all homes of a ward, ready to tell any day."""
    return tuple(HomeWorld(home, incidents, seed) for home in ward.homes)
