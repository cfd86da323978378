"""How well the rules about life at home distinguish what happens to made-up people from their own ups and downs.

Four weeks of each person teach, then on every third day one thing happens that is on record, and on the other days nothing does. The figures
show that the rules do what they say, not how people live.
"""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from core.domain.alert import Finding
from core.domain.rhythm import Rhythm
from detectors.features import daily_rhythm
from detectors.features.daily_rhythm import NIGHTS_BACK, TrainingData
from detectors.features.local_time import DAY_S, at_minute
from detectors.features.window import moment
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
from detectors.rules.base import Rule
from detectors.windows.series import signs_after
from tests.synthetic.home_person import (
    FIRST,
    LEARN_DAYS,
    SCORED,
    TEST_DAYS,
    ZONE,
    SyntheticPerson,
    make,
    whole_window,
)


@dataclass(frozen=True)
class Score:
    """How a rule did: of `events` so many `found`; false alarms in 30 home-days; minutes from what happened to the alarm (median)."""

    rule: str
    events: int
    found: int
    false_alarms: int
    days: float
    delay_min: float

    @property
    def recall(self) -> float:
        """The share that was found."""
        return self.found / self.events if self.events else 1.0

    @property
    def false_30d(self) -> float:
        """False alarms in 30 home-days."""
        return 30 * self.false_alarms / self.days


def score(people: int = 20) -> list[Score]:
    """Let the rules evaluate so many people, and count."""
    hits: dict[str, list[float | None]] = {rule: [] for rule in SCORED}
    false = dict.fromkeys(SCORED, 0)
    for seed in range(people):
        person = make(seed)
        found = evaluate(person)
        for rule in SCORED:
            mine = [one for one in found if one.rule == rule]
            spans = [(began, ended) for name, began, ended in person.truth if name == rule]
            for began, ended in spans:
                raised = [at for one in mine if began <= (at := one.raised_at.timestamp()) < ended]
                hits[rule].append((min(raised) - began) / 60.0 if raised else None)
            false[rule] += sum(
                not any(began <= one.raised_at.timestamp() < ended for began, ended in spans) for one in mine
            )
    days = people * TEST_DAYS
    return [
        Score(rule, len(hits[rule]), len(known), false[rule], days, float(np.median(known or [0.0])))
        for rule in SCORED
        for known in [[one for one in hits[rule] if one is not None]]
    ]


def evaluate(person: SyntheticPerson) -> list[Finding]:
    """Return what the rules find in the test days, day by day with what had been learned a week before at most."""
    began = FIRST + LEARN_DAYS * DAY_S
    window = whole_window(person, moment(began))
    learned: dict[int, Rhythm] = {}

    def rhythm_on(day: date) -> Rhythm:
        week = (day.toordinal() - moment(FIRST).date().toordinal() - LEARN_DAYS) // 7
        if week not in learned:
            until = FIRST + (LEARN_DAYS + 7 * week) * DAY_S - 2 * 3600.0
            past = TrainingData(window.life_signs, window.power, window.rooms, (), until, window.occupancies)
            learned[week] = daily_rhythm.learn(past, ZONE)
        found = learned[week]
        # The last two nights are known every day.
        until = at_minute(ZONE, day, 0).timestamp() - 2 * 3600.0
        lately = signs_after(window.life_signs, moment(until - (NIGHTS_BACK + 2) * DAY_S))
        last = daily_rhythm.learn(TrainingData(lately, (), (), (), until), ZONE).last_nights
        return replace(found, last_nights=last)

    rules: list[Rule] = [
        late_morning.LateMorning(rhythm_on),
        restless_night.RestlessNight(rhythm_on),
        bathroom_stay.BathroomStay(rhythm_on),
        stillness.UnusualStillness(rhythm_on),
        appliance.ApplianceUnused(rhythm_on),
        appliance.ApplianceLeftOn(rhythm_on),
        heat.Heat(),
        cold.Cold(rhythm_on),
        not_returned.NotReturned(rhythm_on),
        night_exit.NightExit(rhythm_on),
        absence_not_taken.AbsenceNotTaken(),
    ]
    until = moment(began + TEST_DAYS * DAY_S)
    return [one for rule in rules for one in rule.evaluate(window, moment(began), until).findings]
