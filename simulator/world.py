"""The ward at work: everything that all devices of a home report on a day, made from the seed alone."""

from collections.abc import Sequence
from datetime import datetime

from core.domain.device import DeviceKind
from core.domain.metrics import SOS
from simulator.devices.faults import Faults
from simulator.devices.samples import HomeDay, Sample, SimPosition
from simulator.devices.sensors import HomeSensors
from simulator.devices.tracker import day_track
from simulator.incidents.incident import Incident, IncidentKind, of_kind
from simulator.local_days import DAY_S, LocalDay, local_day
from simulator.people.activity import DayActivity
from simulator.people.incident_overlay import apply_incidents
from simulator.people.persona import Persona, draw_persona, on_day
from simulator.people.routine import DayPlan, plan_day
from simulator.ward_file import SimHome, SimWard


class HomeWorld:
    """One home of the ward. Every day can be made by itself, again and again, and is always the same."""

    def __init__(self, home: SimHome, incidents: Sequence[Incident], seed: int) -> None:
        self.home = home
        self.seed = seed
        self.persona: Persona = draw_persona(seed, home.resident)
        self.incidents = tuple(item for item in incidents if item.resident in {"", home.resident})
        self._presses = of_kind(self.incidents, IncidentKind.SOS)
        self._faults = Faults(home, self.incidents, seed)
        self._sensors = HomeSensors(home, seed, self.incidents)

    def day_of(self, moment: datetime) -> LocalDay:
        """Return the day that a moment belongs to: the one before, if the resident has not got up yet."""
        day = local_day(moment, self.home.zone)
        return day if day.ms(self.persona.wake_s(day)) <= moment.timestamp() * 1000 else day.before(1)

    def plan(self, day: LocalDay) -> DayPlan:
        """Return what the resident does on a day."""
        return plan_day(on_day(self.persona, day, self.incidents), day, self.incidents)

    def home_day(self, day: LocalDay) -> HomeDay:
        """Return what the devices report on a day."""
        persona = on_day(self.persona, day, self.incidents)
        plan = plan_day(persona, day, self.incidents)
        # The name of the stream of chance stays: another one would make up other days for the same seed.
        activity = DayActivity(plan, persona, persona.chance("diary", day))
        activity.day()
        apply_incidents(activity, plan, persona, day, self.incidents)
        begin_ms, end_ms = day.ms(plan.wake_s), day.next().ms(plan.end_s - DAY_S)
        samples = [*self._sensors.day(day, plan, activity), *self._sos(day, plan)]
        positions = self._positions(persona, day, plan)
        home_day = HomeDay(
            begin_ms,
            end_ms,
            tuple(sorted(sample for sample in samples if begin_ms <= sample.time_ms < end_ms)),
            tuple(item for item in positions if begin_ms <= item.time_ms < end_ms),
            (),
        )
        return self._faults.apply(day, home_day)

    def _sos(self, day: LocalDay, plan: DayPlan) -> list[Sample]:
        return [
            Sample(day.ms(at_s), number, SOS.name, True)
            for number, device in enumerate(self.home.devices)
            if device.kind is DeviceKind.BUTTON
            for incident in self._presses
            for at_s in incident.starts_s(day, plan.wake_s, plan.end_s)
        ]

    def _positions(self, persona: Persona, day: LocalDay, plan: DayPlan) -> list[SimPosition]:
        positions: list[SimPosition] = []
        for number, device in enumerate(self.home.devices):
            if device.kind is not DeviceKind.TRACKER:
                continue
            track = day_track(persona, plan, persona.chance(f"track {device.device_id}", day))
            lat, lon = self.home.ground.degrees(track.east_m, track.north_m)
            columns = (track.at_s, lat, lon, track.accuracy_m, track.speed_kmh)
            positions.extend(
                SimPosition(day.ms(at_s), number, round(north, 6), round(east, 6), accuracy_m, speed_kmh)
                for at_s, north, east, accuracy_m, speed_kmh in zip(
                    *(column.tolist() for column in columns), strict=True
                )
            )
        return sorted(positions)


def make_world(ward: SimWard, incidents: Sequence[Incident], seed: int) -> tuple[HomeWorld, ...]:
    """Return all homes of a ward, ready to make any day."""
    of_all = [item for item in incidents if not item.resident]
    by_resident: dict[str, list[Incident]] = {}
    for item in incidents:
        by_resident.setdefault(item.resident, []).append(item)
    return tuple(HomeWorld(home, [*of_all, *by_resident.get(home.resident, ())], seed) for home in ward.homes)
