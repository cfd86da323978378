"""How often residents would be asked before anybody else is notified, and how many false alarms an answer would spare.

The rule is the one that runs live, with one of the margins that are shipped, by protocol P. Nobody noted in a recording who would have answered: residents
either always answer, five minutes after they are asked, if they are at home (`is_outing` says who was out for sure), or never do. What lies
between is between these two. Who collapses answers nothing, so a collapse before the question is raised at the very moment it would be without.
Who answers and collapses afterwards, without a sign of life in between, is found later, since the answer is one: that is counted too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from core.domain.agreed.prompt import MOST_IN_A_WEEK
from detectors.features.prompt_time import ask_at
from detectors.features.window import moment
from simulator.evaluation.current_rule import WALL_CLOCK
from simulator.evaluation.live_rule import Certainty, LearnedLive, LiveDetector, alarms_of, certainty
from simulator.evaluation.protocol import DAY_S, Collapses, EvaluatedHome, Floats, moments

ANSWERED_WITHIN_S = 300.0
# How long before the line is tried: as it runs live, and around it.
LEADS = tuple(timedelta(minutes=minutes) for minutes in (15, 30, 45, 60, 90))
_WEEK_S = 7 * DAY_S


@dataclass(frozen=True)
class PromptReport:
    """What it does to ask a resident first on a set of homes, with one lead before the line.

    Attributes
    ----------
    lead_min : float
        How long before the line is asked.
    asked_a_week, busiest_home : float
        Questions in a resident-week: mean, and the home with the most; by residents who never answer.
    asked_for_nothing : float
        Which share of them was about a silence that ended before its line.
    false_30d : float
        False alarms in 30 home-days if nobody is asked, and as well where nobody answers.
    false_answered_30d : float
        The same where everybody at home answers.
    not_asked : float
        Which share of the false alarms came without a question: by night, or beyond the week's number.
    later_share, later_mean_min : float
        Which share of random collapses fell between an answer and the line, and by how much later these are raised.
    """

    lead_min: float
    asked_a_week: float
    busiest_home: float
    asked_for_nothing: float
    false_30d: float
    false_answered_30d: float
    not_asked: float
    later_share: float
    later_mean_min: float


@dataclass
class _Counts:
    asked: int = 0
    for_nothing: int = 0
    false: int = 0
    false_asked: int = 0


@dataclass(frozen=True)
class _Answer:
    """An answer to a question about a silence, and until when it puts the alarm off (Unix seconds)."""

    at: float
    before: float
    after: float


def score_prompts(
    detector: LiveDetector,
    setting: float,
    homes: Sequence[EvaluatedHome],
    injected: Sequence[Collapses],
    *,
    leads: Sequence[timedelta] = LEADS,
    most_in_a_week: int = MOST_IN_A_WEEK,
) -> tuple[PromptReport, ...]:
    """Ask the residents of recorded homes ahead of the line, for each lead.

    Parameters
    ----------
    detector, setting
        The rule and its margin in minutes.
    homes, injected
        As protocol P prepares them.
    leads : sequence of timedelta
        How long before the line.
    most_in_a_week : int
        No resident is asked more often in seven days.
    """
    asked = [_AskedHome(detector, setting, home, one) for home, one in zip(homes, injected, strict=True)]
    return tuple(_report(asked, lead, most_in_a_week) for lead in leads)


def _report(homes: Sequence["_AskedHome"], lead: timedelta, most: int) -> PromptReport:
    silent, hearing, later = _Counts(), _Counts(), list[float]()
    busiest, fallen = 0.0, 0
    for home in homes:
        before = silent.asked
        home.ask(silent, lead, most, answers=False)
        busiest = max(busiest, 7 * (silent.asked - before) / home.days)
        later += home.later(home.ask(hearing, lead, most, answers=True))
        fallen += home.fallen
    days = sum(home.days for home in homes)
    return PromptReport(
        lead_min=lead / timedelta(minutes=1),
        asked_a_week=7 * silent.asked / days,
        busiest_home=busiest,
        asked_for_nothing=silent.for_nothing / silent.asked if silent.asked else 0.0,
        false_30d=30 * silent.false / days,
        false_answered_30d=30 * hearing.false / days,
        not_asked=1 - silent.false_asked / silent.false if silent.false else 0.0,
        later_share=len(later) / fallen if fallen else 0.0,
        later_mean_min=float(np.mean(later)) if later else 0.0,
    )


class _AskedHome:
    """A home whose resident is asked, in order of time."""

    def __init__(
        self, detector: LiveDetector, setting: float, home: EvaluatedHome, injected: Collapses
    ) -> None:
        self._home, self._setting, self._injected = home, setting, injected
        self._learned: LearnedLive = detector.learn_live(home)
        self._sure: Certainty = certainty(home)
        found = alarms_of(home, self._sure, self._learned, setting)
        self._alarm, self._counts = found.alarm, self._sure.is_test & ~found.is_up
        self._fell: Floats = home.began[injected.silence] + injected.after_min * 60
        self._waits = ~found.is_up[injected.silence] & (found.alarm[injected.silence] >= self._fell)
        self.days, self.fallen = home.test_days, int(self._waits.sum())

    def ask(self, counts: _Counts, lead: timedelta, most: int, *, answers: bool) -> dict[int, list[_Answer]]:
        """Count the questions and the false alarms of all test days, and return the answers by silence."""
        home = self._home
        questions: list[float] = []
        asked_about: set[int] = set()
        answered: dict[int, list[_Answer]] = {}
        longest_s = lead.total_seconds()
        for number in np.flatnonzero(self._counts & (self._alarm - longest_s < home.ended)).tolist():
            ended, alarm = float(home.ended[number]), float(self._alarm[number])
            at_home = answers and not home.is_outing[number]
            episode = int(self._sure.since[number])
            was_asked = episode in asked_about
            earliest = float(home.began[number])
            while True:
                at = _asked_at(alarm, lead, earliest)
                recent = sum(one > at - _WEEK_S for one in questions) if at is not None else 0
                if at is None or was_asked or at >= ended or recent >= most:
                    break
                questions.append(at)
                was_asked = True
                asked_about.add(episode)
                counts.asked += 1
                counts.for_nothing += alarm >= ended
                if not at_home or at + ANSWERED_WITHIN_S >= min(ended, alarm):
                    break
                earliest = at + ANSWERED_WITHIN_S
                renewed = self._counted_from(earliest, number)
                answered.setdefault(number, []).append(_Answer(earliest, alarm, renewed))
                alarm, was_asked = renewed, False
            counts.false += alarm < ended
            counts.false_asked += alarm < ended and was_asked
        return answered

    def later(self, answered: dict[int, list[_Answer]]) -> list[float]:
        """Return by how many minutes later collapses are raised that fell after an answer and before the line it put off."""
        found: list[float] = []
        for silence, fell in zip(
            self._injected.silence[self._waits].tolist(), self._fell[self._waits].tolist(), strict=True
        ):
            said = [one for one in answered.get(silence, []) if one.at < fell <= one.before]
            found += [(one.after - one.before) / 60 for one in said[:1]]
        return found

    def _counted_from(self, at: float, number: int) -> float:
        """Return when an alarm is due that is counted from an answer, by what is usual from then on."""
        home = self._home
        place = home.at.place[number : number + 1]
        known = moments(np.array([at]), place, np.array([np.inf]), home.learned_at)
        return at + float(self._learned.threshold_min(self._setting, known)[0]) * 60


def _asked_at(alarm: float, lead: timedelta, earliest: float) -> float | None:
    at = ask_at(moment(alarm), WALL_CLOCK, lead)
    return None if at is None else max(at.timestamp(), earliest)
