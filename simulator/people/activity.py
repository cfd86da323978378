"""What a person does on a day, moment by moment: who moves in which room, which door opens, when the kettle boils."""

from collections import defaultdict
from math import log

import numpy as np

from simulator.local_days import HOUR_S
from simulator.people.persona import Persona
from simulator.people.routine import AWAY, DayPlan, Occupation, Span

Use = tuple[float, float]
_LIVING, _KITCHEN, _BEDROOM = "living_room", "kitchen", "bedroom"
_TOILET, _HALLWAY = "toilet", "hallway"


class DayActivity:
    """Collects what happens, in seconds after midnight.

    Attributes
    ----------
    moves : dict of str to list of float
        Moments of movement in each room.
    uses : dict of str to list of (float, float)
        From when to when a thing is used: `front_door` and `fridge` open, `kettle` boiling.
    bed : list of (float, bool)
        When the person got into bed (True) and out of it.
    """

    def __init__(self, plan: DayPlan, persona: Persona, draw: np.random.Generator) -> None:
        self.moves: dict[str, list[float]] = defaultdict(list)
        self.uses: dict[str, list[Use]] = defaultdict(list)
        self.bed: list[tuple[float, bool]] = []
        self._plan = plan
        self._persona = persona
        self._draw = draw
        self._room = _BEDROOM

    def go(self, at_s: float, room: str) -> float:
        """Walk to a room through the hallway; return when the person is there."""
        if room == self._room:
            self.moves[room].append(at_s)
            return at_s
        self.moves[self._room].append(at_s)
        self.moves[_HALLWAY].append(at_s + 4.0)
        arrives_s = at_s + self._draw.uniform(7.0, 15.0)
        self.moves[room].append(arrives_s)
        self._room = room
        return arrives_s

    def stay(self, from_s: float, until_s: float, between_s: float) -> None:
        """Be in the room, moving now and then, `between_s` seconds apart in the median."""
        median = log(between_s)
        at_s = from_s
        room = self.moves[self._room]
        while True:
            at_s += min(float(self._draw.lognormal(median, 0.9)), 2700.0)
            if at_s >= until_s:
                return
            room.append(at_s)

    def use(self, thing: str, at_s: float, for_s: float) -> None:
        """Use a thing for a while."""
        self.uses[thing].append((at_s, at_s + for_s))

    def idle(self, from_s: float, until_s: float) -> None:
        """Spend time around the living room, with errands to the toilet and the kitchen."""
        at_s, vigour = from_s, self._persona.vigour
        while at_s < until_s:
            self.go(at_s, _LIVING)
            sits_until_s = min(at_s + self._draw.lognormal(log(2400.0), 0.5) / vigour, until_s)
            self.stay(at_s, sits_until_s, self._persona.rest_s / vigour)
            at_s = sits_until_s
            if until_s - at_s > 600.0:
                at_s = self._errand(at_s)

    def _errand(self, at_s: float) -> float:
        if self._draw.random() < 0.55:
            at_s = self.go(at_s, _TOILET)
            ends_s = at_s + self._draw.uniform(90.0, 300.0)
            self.stay(at_s, ends_s, 60.0)
            return ends_s
        at_s = self.go(at_s, _KITCHEN)
        if self._draw.random() < 0.5:
            self.use("fridge", at_s + 8.0, self._draw.uniform(5.0, 25.0))
        if self._draw.random() < 0.3:
            self.use("kettle", at_s + 15.0, self._draw.uniform(120.0, 260.0))
        ends_s = at_s + self._draw.uniform(60.0, 400.0)
        self.stay(at_s, ends_s, 60.0)
        return ends_s

    def meal(self, span: Span, *, cooks: bool) -> None:
        """Prepare something in the kitchen and eat it."""
        at_s = self.go(span.start_s, _KITCHEN)
        for _ in range(int(self._draw.integers(1, 4)) if cooks else 1):
            opens_s = at_s + self._draw.uniform(5.0, 0.4 * (span.end_s - span.start_s))
            self.use("fridge", opens_s, self._draw.uniform(5.0, 25.0))
        self.use("kettle", at_s + self._draw.uniform(20.0, 180.0), self._draw.uniform(120.0, 260.0))
        self.stay(at_s, span.end_s, 75.0 if cooks else 40.0)

    def absence(self, span: Span) -> None:
        """Go out by the front door and come back; nothing moves in between."""
        self.go(span.start_s - 40.0, _HALLWAY)
        self.use("front_door", span.start_s, self._draw.uniform(4.0, 15.0))
        back_s = span.end_s
        self.use("front_door", back_s, self._draw.uniform(4.0, 15.0))
        self.moves[_HALLWAY].append(back_s + 5.0)
        self._room = _HALLWAY

    def visitor(self, at_s: float) -> None:
        """Somebody comes in and looks after the resident for a while."""
        self.use("front_door", at_s, 12.0)
        self.moves[_HALLWAY].append(at_s + 8.0)
        self._room = _BEDROOM
        self.stay(at_s + 15.0, at_s + 1500.0, 60.0)

    def day(self) -> None:
        """Write the whole day, from getting up to the end of the night."""
        plan = self._plan
        if plan.still_until_s > plan.wake_s:
            if plan.last_sign_s > plan.wake_s:
                self.moves[_BEDROOM].append(plan.last_sign_s)
            self.bed.append((plan.still_until_s + 900.0, False))
            self.visitor(plan.still_until_s)
            at_s = plan.still_until_s + 1500.0
        else:
            if plan.up_s > plan.wake_s:
                self._stir(plan.wake_s, plan.up_s)
            at_s = self._gets_up(plan.up_s)
        for span in (span for span in plan.spans if span.start_s < plan.bed_s):
            if span.start_s > at_s:
                self.idle(at_s, span.start_s)
            self._spend(span)
            at_s = span.end_s
        if at_s < plan.bed_s:
            self.idle(at_s, plan.bed_s)
        self._night(max(at_s, plan.bed_s))

    def _gets_up(self, up_s: float) -> float:
        self.moves[_BEDROOM].append(up_s)
        self.bed.append((up_s, False))
        at_s = self.go(up_s + self._draw.uniform(30.0, 120.0), _TOILET)
        self.stay(at_s, at_s + 240.0, 60.0)
        return at_s + 240.0

    def _spend(self, span: Span) -> None:
        if span.occupation in AWAY:
            self.absence(span)
        elif span.occupation is Occupation.NAP:
            at_s = self.go(span.start_s, _LIVING)
            self.stay(at_s, span.end_s, 1800.0)
        elif span.occupation is Occupation.BATH:
            at_s = self.go(span.start_s, _TOILET)
            self.stay(at_s, span.end_s, 150.0)
        else:
            self.meal(span, cooks=span.occupation is not Occupation.TEA)

    def _night(self, bed_s: float) -> None:
        plan = self._plan
        in_bed_s = self.go(bed_s, _BEDROOM) + self._draw.uniform(60.0, 300.0)
        walks = [span for span in plan.spans if span.start_s >= plan.bed_s]
        for span in sorted(self._toilet_visits(in_bed_s, walks) + walks, key=lambda span: span.start_s):
            if span.start_s <= in_bed_s + 300.0:
                continue
            self._sleep(in_bed_s, span.start_s)
            self.bed.append((span.start_s, False))
            if span.occupation in AWAY:
                self.absence(span)
                in_bed_s = self.go(span.end_s + 60.0, _BEDROOM) + 60.0
            else:
                there_s = self.go(span.start_s + 10.0, _TOILET)
                self.stay(there_s, span.end_s, 60.0)
                in_bed_s = self.go(span.end_s, _BEDROOM) + 30.0
        self._sleep(in_bed_s, plan.end_s)

    def _toilet_visits(self, in_bed_s: float, walks: list[Span]) -> list[Span]:
        sleeps_s = self._plan.end_s - in_bed_s
        count = int(self._draw.poisson(self._persona.night_visits))
        starts = np.sort(in_bed_s + self._draw.uniform(0.08, 0.93, size=count) * sleeps_s)
        visits = [Span(s, s + self._draw.uniform(150.0, 360.0), Occupation.TOILET) for s in starts.tolist()]
        return [
            visit
            for visit in visits
            if all(visit.end_s + 400.0 < walk.start_s or visit.start_s > walk.end_s for walk in walks)
        ]

    def _sleep(self, from_s: float, until_s: float) -> None:
        self.bed.append((from_s, True))
        self._stir(from_s, until_s)

    def _stir(self, from_s: float, until_s: float) -> None:
        """Turn over in bed now and then."""
        at_s = from_s
        while True:
            at_s += float(self._draw.exponential(HOUR_S / self._persona.stirring_per_h))
            # Nothing in the last minutes, so that every sensor is at rest when the next day begins.
            if at_s >= until_s - 300.0:
                return
            self.moves[_BEDROOM].append(at_s)
