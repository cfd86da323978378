"""Inactivity: nobody has acted in a home for longer than is usual for this resident at this time of day.

What it claims: since the last life sign a time has passed that is longer than the longest usual silence at this time of day, by
a margin. What it does not claim: that something happened. An outing through a door without sensor looks the same.

Blind time. A silence in blind time says nothing. So an alarm that was raised before it was known that we are
blind stays; nothing is raised while we are blind; and when the home is in contact again, listening starts anew: the age that is compared
with the line runs from the end of the blind time, because there may have been any number of life signs in it. It is never
compared with the full silence, which after an outage of two days would raise an alarm for everybody who is asleep. Until the
first life sign after it the answer is "cannot tell". Silences that overlap blind time are not learned from.

Uncertain life signs. A single motion without a partner within ten minutes may be somebody who turned over, or a curtain. It begins a
new count of the silence, so who gives single signs is not alarmed about; but it ends no alarm, and all that follow the last sure life
sign together put an alarm off no longer than a bound: the longest usual silence between sure life signs, by a wider margin. Those of a
sensor that gives many of them put nothing off.

Said to be well. People close an alarm as safe, and no life sign follows: the watch goes on. From then on the silence is counted anew, by
the same line, and raised again as a silence of its own.

Asked first. What will be raised next without a new reading is said before (`coming`), so that the resident may be asked. An answer that all
is well begins the count anew like what people say; without one nothing is later than it would have been.

Planned absence. An alarm ends when a pause begins, and after its end listening starts anew in the same way.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from core.domain import reasons
from core.domain.alert import Finding, JsonObject, Severity, Subject
from core.domain.reason_card import Confidence, RuledOut, as_json
from core.domain.rules import INACTIVITY
from detectors.features.alarm_spans import AlarmSpan, Due, alarm_spans, due, unobserved
from detectors.features.local_time import STEP_S, local_date
from detectors.features.observability import is_held
from detectors.features.silence_profile import Silences, certain, silences
from detectors.features.silence_threshold import (
    CAP_STEPS,
    FIXED_DAYS,
    LEARNED_DAYS,
    Sensitivity,
    SilenceBaseline,
    SilenceThreshold,
    threshold_from,
)
from detectors.features.window import LIFE_KINDS, LifeSigns, Window, earliest, moment
from detectors.rules.base import ComingAlarm, Evaluation

NAME, VERSION = INACTIVITY.name, INACTIVITY.version
# A little different from the usual: this long before the alarm (the pre-alert).
NOTICE_S = 1800.0
# The longest time after which it is decided what a life sign or a silence means: a ward silence of 10 homes at night.
DECIDED_WITHIN = timedelta(hours=3)


@dataclass(frozen=True)
class _Raised:
    """An alarm: the part of a silence it was raised in, when and by which count, and the uncertain life signs before it."""

    part: AlarmSpan
    due: Due
    uncertain: Sequence[tuple[float, str]]


@dataclass(frozen=True)
class Inactivity:
    """A learned line for each room and hour, with a margin that is spent where people vary most.

    Three steps beyond the two-state line it grew from (a line at home and one after the door): the line is drawn towards that of the
    room seen last; the margin is full for silences of four to five hours and half of it for short ones and whole nights; and half of
    the margin lets a silence that was usual until now go on although the line drops, as when somebody sleeps in. An outing is what
    begins with the door. What it gains over that line, and how far that can be trusted: docs/evaluation.md.

    Times of the data are UTC; the line is by the wall clock of the home's zone, also on days of 23 and 25 hours. A silence is
    evaluated by what was learned for the local day on which it began, so the result does not depend on when it is evaluated.
    Constants: our choice, made on recorded and made-up homes by protocol P with all of them in view; the warm-up is not measured.

    Parameters
    ----------
    baseline_on : callable
        What was learned for a local day, from data before that day.
    sensitivity : Sensitivity
        How long beyond the usual.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> from core.domain.device import DeviceKind
    >>> from detectors.features.window import life_signs, no_track
    >>> from detectors.features.silence_profile import ThresholdCurve
    >>> flat = SilenceBaseline(28, ThresholdCurve(np.full(288, 60.0), np.full(288, 60.0)))
    >>> nine = datetime.fromisoformat("2026-05-01T09:00+00:00")
    >>> signs = life_signs([(nine.timestamp() + wait, DeviceKind.MOTION, "kitchen") for wait in (0, 60)])
    >>> window = Window(1, ZoneInfo("UTC"), nine, signs, no_track(), (), (), (), ())
    >>> evaluated = Inactivity(lambda day: flat).evaluate(window, nine, nine + timedelta(hours=5))
    >>> [(one.began_at.isoformat()[11:16], one.raised_at.isoformat()[11:16]) for one in evaluated.findings]
    [('09:01', '11:26')]
    """

    baseline_on: Callable[[date], SilenceBaseline]
    sensitivity: Sensitivity = Sensitivity.STANDARD
    name: str = NAME

    def evaluate(self, window: Window, since: datetime, until: datetime) -> Evaluation:
        """Evaluate the span (since, until]; life signs after `until` are not looked at."""
        signs = _until(window.life_signs, until.timestamp())
        counts = certain(signs)
        gaps = silences(signs, counts)
        weak = _Uncertain(signs.time[~counts], [signs.places[int(one)] for one in signs.place[~counts]])
        if not len(gaps.began):
            return Evaluation((), None, can_tell=False)
        # A life sign may count, or a held alarm be decided, some time after it happened.
        undecided_s = (since - DECIDED_WITHIN).timestamp()
        findings: list[Finding] = []
        alarm_at: datetime | None = None
        coming: ComingAlarm | None = None
        holds_back = False
        for number in np.flatnonzero((gaps.ended > undecided_s) & (gaps.ended - gaps.began > NOTICE_S)):
            raised_from: float | None = None
            for part in alarm_spans(gaps, int(number), window):
                if part.began == raised_from:
                    continue
                found = self._due(window, part, _within(weak, part.base, part.end))
                if found is None:
                    continue
                tick = found.tick
                if tick > until.timestamp():
                    alarm_at = earliest(alarm_at, moment(tick))
                    coming = coming or ComingAlarm(moment(part.began), moment(tick))
                elif is_held(window, tick):
                    holds_back, alarm_at = True, earliest(alarm_at, moment(tick))
                else:
                    raised_from = part.began
                    if part.cleared > undecided_s:
                        raised = _Raised(part, found, _within(weak, part.began, tick))
                        findings.append(self._finding(window, signs, raised, until))
        is_open = any(finding.cleared_at is None for finding in findings)
        look_at, is_near = _look_at(alarm_at, until)
        return Evaluation(
            tuple(findings),
            earliest(look_at, *_pause_changes(window, until)),
            can_tell=is_open or (not holds_back and _can_tell(gaps, window, until)),
            is_different=is_open or is_near,
            coming=coming,
        )

    def _due(self, window: Window, part: AlarmSpan, uncertain: Sequence[tuple[float, str]]) -> Due | None:
        def limits_of(
            base: float, place: str | None, *, after_door: bool, sure_only: bool
        ) -> SilenceThreshold:
            baseline = self.baseline_on(local_date(window.zone, moment(base)))
            return threshold_from(
                baseline,
                self.sensitivity,
                window.zone,
                base,
                place=place,
                after_door=after_door,
                sure_only=sure_only,
            )

        def is_trusted(time: float, place: str) -> bool:
            return place not in self.baseline_on(local_date(window.zone, moment(time))).distrusted

        return due(part, uncertain, limits_of, is_trusted, window.watched_from.timestamp())

    def _finding(self, window: Window, signs: LifeSigns, raised: _Raised, until: datetime) -> Finding:
        cleared = raised.part.cleared
        return Finding(
            rule=NAME,
            subject=Subject.of_resident(window.resident),
            severity=Severity.CHECK_SOON,
            began_at=moment(raised.part.began),
            raised_at=moment(raised.due.tick),
            cleared_at=moment(cleared) if cleared <= until.timestamp() else None,
            reason=self._reason(window, signs, raised),
        )

    def _reason(self, window: Window, signs: LifeSigns, raised: _Raised) -> JsonObject:
        part, limits, tick, base = raised.part, raised.due.limits, raised.due.tick, raised.due.base
        last = int(np.searchsorted(signs.time, part.began, side="right")) - 1
        longest_min: int | None = None
        step = min(int((tick - base) // STEP_S), CAP_STEPS) - 1
        if limits.longest_min is not None:
            longest_min = round(float(limits.longest_min[step]))
        after_blind = part.base > part.began
        answers = {one.said_at.timestamp() for one in window.said_safe if one.by_resident}
        by_resident = part.after_safe and part.began in answers
        return as_json(
            reasons.InactivityReason(
                rule_version=VERSION,
                last_life_sign=reasons.LifeSign(
                    time=moment(float(signs.time[last])),
                    kind=LIFE_KINDS[int(signs.kind[last])].value,
                    place=signs.places[int(signs.place[last])],
                ),
                uncertain_signs=_uncertain_signs(raised),
                silent_min=round((tick - base) / 60),
                listening_since=moment(part.base) if after_blind else None,
                said_safe_at=moment(part.began) if part.after_safe and not by_resident else None,
                answered_at=moment(part.began) if by_resident else None,
                usual=reasons.UsualSilence(days=limits.days, longest_min=longest_min),
                context="after_door" if part.after_door else "at_home",
                sensitivity=self.sensitivity.value,
                ruled_out=(RuledOut.PLANNED_ABSENCE, RuledOut.HOME_SILENT, RuledOut.WARD_SILENT),
                confidence=_confidence(limits.days, after_door=part.after_door, after_blind=after_blind),
            )
        )


@dataclass(frozen=True)
class _Uncertain:
    """Life signs that end no silence, in order of time: Unix seconds and places."""

    time: NDArray[np.float64]
    place: Sequence[str]


def _within(weak: _Uncertain, since: float, until: float) -> Sequence[tuple[float, str]]:
    first, last = np.searchsorted(weak.time, [since, until], side="right").tolist()
    return list(zip(weak.time[first:last].tolist(), weak.place[first:last], strict=True))


def _uncertain_signs(raised: _Raised) -> reasons.UncertainSigns | None:
    """Say how many there were, where the last one was, and whether they put the alarm off for as long as they may."""
    if not raised.uncertain:
        return None
    time, place = raised.uncertain[-1]
    return reasons.UncertainSigns(
        count=len(raised.uncertain),
        last=reasons.UncertainSign(time=moment(time), place=place),
        counted_since=moment(raised.due.base),
    )


def _until(signs: LifeSigns, until: float) -> LifeSigns:
    count = int(np.searchsorted(signs.time, until, side="right"))
    return LifeSigns(signs.time[:count], signs.kind[:count], signs.place[:count], signs.places)


def _can_tell(gaps: Silences, window: Window, until: datetime) -> bool:
    """Return whether the home was in contact without a break since its last life sign."""
    last = float(gaps.began[-1])
    now = until.timestamp()
    return not any(stop <= now and resumed > last for stop, resumed, _ in unobserved(window))


def _look_at(alarm_at: datetime | None, until: datetime) -> tuple[datetime | None, bool]:
    """Return when an alarm that comes nearer is to be looked at, and whether notice of it is given already."""
    if alarm_at is None:
        return None, False
    notice_at = alarm_at - timedelta(seconds=NOTICE_S)
    return (alarm_at, True) if notice_at <= until else (notice_at, False)


def _pause_changes(window: Window, until: datetime) -> Iterator[datetime]:
    for pause in window.pauses:
        yield from (one for one in (pause.began_at, pause.ended_at) if one is not None and one > until)


def _confidence(days: int, *, after_door: bool, after_blind: bool) -> Confidence:
    if days < FIXED_DAYS:
        return Confidence.LOW
    return Confidence.MEDIUM if days < LEARNED_DAYS or after_door or after_blind else Confidence.HIGH
