"""A made-up person at home: eight weeks of what sensors measured, with things that happen to them on record.

Getting up, meals, the kettle, the bathroom, outings by the door with a tracker, nights, and the climate of two rooms. On the first four weeks
nothing happens, then on every third day one thing does. All spreads are our choice.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import exp
from zoneinfo import ZoneInfo

import numpy as np

from core.domain.device import DeviceKind
from core.domain.geodesy import METRES_PER_DEGREE
from core.domain.planned_absence import AbsenceKind
from detectors.features import presence
from detectors.features.local_time import DAY_S
from detectors.features.window import (
    Blind,
    PlannedAbsence,
    Power,
    RoomSeries,
    Track,
    Window,
    life_signs,
    moment,
)
from detectors.rules import (
    absence_not_taken,
    appliance,
    bathroom_stay,
    cold,
    heat,
    late_morning,
    night_exit,
    not_returned,
    restless_night,
    stillness,
)
from simulator.evaluation.protocol import Floats
from tests.synthetic.radars import seen_by_radars

ZONE = ZoneInfo("UTC")
LEARN_DAYS, TEST_DAYS, EVENT_EVERY = 29, 30, 3
HOME = (35.7, 139.7)
FIRST = datetime(2026, 1, 5, tzinfo=ZONE).timestamp()
_HOUR, _MINUTE = 3600.0, 60.0

EVENTS = (
    *(late_morning.NAME, bathroom_stay.NAME, appliance.UNUSED, appliance.LEFT_ON, heat.NAME, cold.NAME),
    *(not_returned.NAME, night_exit.NAME, absence_not_taken.NAME, restless_night.NAME),
)
# What a radar in the bathroom sees besides: who stays in there lies there.
SCORED = (*EVENTS, stillness.NAME)


@dataclass
class SyntheticPerson:
    """One made-up person: what was measured, and what happened as (rule, from, until) in Unix seconds."""

    signs: list[tuple[float, DeviceKind, str]] = field(default_factory=list[tuple[float, DeviceKind, str]])
    fixes: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    power: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    living: list[tuple[float, float, float]] = field(default_factory=list[tuple[float, float, float]])
    bedroom: list[tuple[float, float, float]] = field(default_factory=list[tuple[float, float, float]])
    absences: list[PlannedAbsence] = field(default_factory=list[PlannedAbsence])
    truth: list[tuple[str, float, float]] = field(default_factory=list[tuple[str, float, float]])


def make(seed: int) -> SyntheticPerson:
    """Make up one person; the same seed gives the same one."""
    random = np.random.default_rng(seed)
    person = SyntheticPerson()
    wake_h, bed_h = random.normal(6.6, 0.5), random.normal(22.0, 0.4)
    visits = random.uniform(0.6, 2.0)
    for day in range(LEARN_DAYS + TEST_DAYS):
        tested = day - LEARN_DAYS
        event = ""
        if tested > 0 and tested % EVENT_EVERY == 0:
            event = EVENTS[(tested // EVENT_EVERY + seed) % len(EVENTS)]
        _Day(random, person, day, event).live(wake_h, bed_h, visits)
    person.signs.sort()
    return person


class _Day:
    """One day of a person, with at most one thing that happens."""

    def __init__(self, random: np.random.Generator, person: SyntheticPerson, day: int, event: str) -> None:
        self._random = random
        self._person = person
        self._day = day
        self._midnight = FIRST + day * DAY_S
        self._event = event
        self._service = day % 7 in {1, 3}

    def live(self, wake_h: float, bed_h: float, visits: float) -> None:
        """Fill in the day."""
        random = self._random
        wake = self._midnight + (wake_h + random.normal(0, 0.4)) * _HOUR
        bed = self._midnight + (bed_h + random.normal(0, 0.4)) * _HOUR
        if self._event == late_morning.NAME:
            self._true(late_morning.NAME, wake, wake + 8 * _HOUR)
            wake += 5 * _HOUR
        self._night(visits)
        self._climate()
        self._kettle(wake)
        leaves, returns = self._outing(wake, bed)
        self._moves(wake, bed, leaves, returns)
        if self._event == night_exit.NAME:
            out = self._midnight + random.uniform(1.0, 3.5) * _HOUR
            person = self._person
            person.signs = [one for one in person.signs if not out - 600 < one[0] < out + 2700]
            person.signs += [
                (out, DeviceKind.DOOR, "front_door"),
                (out + 2700, DeviceKind.DOOR, "front_door"),
            ]
            self._move(out + 2730, "hall")
            self._true(night_exit.NAME, out, out + 1800)

    def _true(self, rule: str, began: float, ended: float) -> None:
        self._person.truth.append((rule, began, ended))

    def _move(self, at: float, place: str, count: int = 2) -> None:
        self._person.signs += [(at + 20.0 * number, DeviceKind.MOTION, place) for number in range(count)]

    def _moves(self, wake: float, bed: float, leaves: float, returns: float) -> None:
        random, at = self._random, wake
        stays_in = None
        if self._event == bathroom_stay.NAME:
            # Not while they are out, or there would be nothing to see.
            stays_in = wake + random.uniform(0.3, 1.2) * _HOUR
        self._move(wake, "bedroom")
        while at < bed:
            if leaves <= at < returns:
                at = returns + 60
            if stays_in is not None and at >= stays_in:
                self._true(bathroom_stay.NAME, at, at + 3 * _HOUR)
                self._true(stillness.NAME, at, at + 3 * _HOUR)
                self._move(at, "bathroom", 3)
                at, stays_in = at + 2.5 * _HOUR, None
            elif random.random() < 0.2:
                self._move(at, "bathroom")
                at += random.uniform(3, 18) * _MINUTE
            if leaves <= at < returns:
                continue
            self._move(at, ("living_room", "kitchen")[int(random.random() < 0.4)])
            at += min(float(random.exponential(14 * _MINUTE)), 80 * _MINUTE) + 40
        self._move(bed, "bedroom")

    def _night(self, visits: float) -> None:
        nights = 2 if self._event == restless_night.NAME else 0
        for back in range(nights):
            ends = self._midnight - back * DAY_S
            for number in range(8 + back):
                self._toilet(ends - 1.6 * _HOUR + number * 0.8 * _HOUR)
        if nights:
            self._true(restless_night.NAME, self._midnight, self._midnight + 12 * _HOUR)
        for at in self._random.uniform(-1.5, 5.5, self._random.poisson(visits)):
            self._toilet(self._midnight + at * _HOUR)

    def _toilet(self, at: float) -> None:
        self._move(at, "bathroom")
        self._move(at + 240, "bedroom")

    def _climate(self) -> None:
        random, person = self._random, self._person
        step = 600.0
        clock = np.arange(0, DAY_S, step)
        hour = clock / _HOUR
        wave = 2.5 * np.sin((hour - 9) / 24 * 2 * np.pi)
        hot, chilly = self._event == heat.NAME, self._event == cold.NAME
        base = 19.0 + random.normal(0, 0.6) + (9 * np.clip((hour - 9) / 4, 0, 1) * (hour < 19) if hot else 0)
        base = base - (10 * np.clip((hour - 10) / 3, 0, 1) * (hour < 20) if chilly else 0)
        damp = 50 + random.normal(0, 4)
        if hot:
            base, damp = base + 4 * np.clip((hour - 9) / 4, 0, 1) * (hour < 19), 72.0
            self._true(heat.NAME, self._midnight + 9 * _HOUR, self._midnight + 17 * _HOUR)
        if chilly:
            self._true(cold.NAME, self._midnight + 10 * _HOUR, self._midnight + 19 * _HOUR)
        living = base + wave + random.normal(0, 0.2, len(clock))
        times = (self._midnight + clock).tolist()
        damps = [float(damp)] * len(times)
        person.living += list(zip(times, living.tolist(), damps, strict=True))
        person.bedroom += list(zip(times, (living - 2).tolist(), damps, strict=True))

    def _kettle(self, wake: float) -> None:
        random, person = self._random, self._person
        uses = [wake + _MINUTE * abs(random.normal(20, 8)), wake + 5 * _HOUR, wake + 9 * _HOUR]
        if self._event == appliance.UNUSED:
            # The truth begins at the usual hour, and the rule waits for an hour at least.
            self._true(appliance.UNUSED, wake, wake + 4.5 * _HOUR)
            uses = uses[1:]
        for number, at in enumerate(uses):
            runs = random.uniform(3, 6) * _MINUTE
            if number == 1 and self._event == appliance.LEFT_ON:
                self._true(appliance.LEFT_ON, at, at + 3 * _HOUR)
                runs = 3 * _HOUR
            person.power += [(at, 1100.0), (at + runs, 0.0)]
            person.signs.append((at, DeviceKind.PLUG, "kitchen"))

    def _outing(self, wake: float, bed: float) -> tuple[float, float]:
        """Return when they are out; the day service is left for by its bus, other outings begin at ten or so."""
        random = self._random
        nine = self._midnight + 9 * _HOUR
        is_service = self._service and self._event in {"", restless_night.NAME, night_exit.NAME}
        if is_service or self._event == absence_not_taken.NAME:
            planned = (moment(nine), moment(nine + 7 * _HOUR))
            self._person.absences.append(PlannedAbsence(1, AbsenceKind.DAY_SERVICE, *planned))
        if is_service:
            ride_h = 7 + random.normal(0, 0.2)
            return self._walk(nine + random.normal(0, 8) * _MINUTE, nine + ride_h * _HOUR)
        if self._event == absence_not_taken.NAME:
            self._true(absence_not_taken.NAME, nine, nine + 2 * _HOUR)
        if self._event == not_returned.NAME:
            out = self._midnight + random.uniform(13, 16) * _HOUR
            self._true(not_returned.NAME, out, out + 14 * _HOUR)
            return self._walk(out, self._midnight + 25.5 * _HOUR)
        # On other days with an event they stay at home, so that it can be noticed at all.
        if (
            self._event in {"", appliance.LEFT_ON, restless_night.NAME, night_exit.NAME}
            and random.random() < 0.6
        ):
            out = max(wake + 0.5 * _HOUR, self._midnight + (10.5 + random.normal(0, 1)) * _HOUR)
            length = min(100 * exp(float(random.normal(0, 0.5))), 240) * _MINUTE
            return self._walk(out, out + length)
        return bed, bed

    def _walk(self, leaves: float, returns: float) -> tuple[float, float]:
        person = self._person
        person.signs += [(leaves, DeviceKind.DOOR, "front_door"), (returns, DeviceKind.DOOR, "front_door")]
        minutes: Floats = np.arange(leaves - 600, returns + 900, 120.0, dtype=np.float64)
        far: Floats = np.clip(np.minimum(minutes - leaves, returns - minutes), 0, 900)
        noise: Floats = np.asarray(self._random.normal(0, 12, len(minutes)), np.float64)
        person.fixes += list(zip(minutes.tolist(), (far + noise).tolist(), strict=True))
        return leaves, returns


def whole_window(person: SyntheticPerson, watched_from: datetime) -> Window:
    """Return a window over all that was measured of a person, watched from a moment on."""
    signs = life_signs(person.signs)
    fixes = np.array(sorted(person.fixes), np.float64).reshape(-1, 2)
    count = len(fixes)
    lat = HOME[0] + fixes[:, 1] / METRES_PER_DEGREE
    track = Track(fixes[:, 0], lat, np.full(count, HOME[1]), np.full(count, 15.0))
    power = np.array(sorted(person.power), np.float64).reshape(-1, 2)
    rooms = [
        RoomSeries(place, values[:, 0], values[:, 1], values[:, 2])
        for place, rows in (("living_room", person.living), ("bedroom", person.bedroom))
        for values in [np.array(rows, np.float64).reshape(-1, 3)]
    ]
    away: list[Blind] = presence.away(track, HOME, signs)
    until = watched_from + timedelta(days=TEST_DAYS)
    return Window(
        resident=1,
        zone=ZONE,
        watched_from=watched_from,
        life_signs=signs,
        track=track,
        presses=(),
        blind=(),
        pauses=absence_not_taken.pauses(person.absences, signs, until, has_door=True, away=away),
        geofences=(),
        rooms=rooms,
        power=[Power(1, "kitchen", power[:, 0], power[:, 1])],
        occupancies=seen_by_radars(signs, "bathroom"),
        absences=person.absences,
        away=away,
    )
