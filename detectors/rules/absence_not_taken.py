"""Planned absences: when the watch really rests, and absences that do not take place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import numpy as np

from core.domain import reasons
from core.domain.alert import Finding, Severity, Subject
from core.domain.planned_absence import AbsenceKind
from core.domain.reason_card import Confidence, RuledOut, as_json
from core.domain.rules import ABSENCE_NOT_TAKEN
from detectors.features.observability import confirmed, next_look, until_now
from detectors.features.silence_profile import DOOR
from detectors.features.window import Blind, Interval, LifeSigns, PlannedAbsence, Window, earliest, moment
from detectors.rules.base import Evaluation

NAME, VERSION = ABSENCE_NOT_TAKEN.name, ABSENCE_NOT_TAKEN.version
# The bus of a day service comes a little early or late; who left by the door is quiet after it (our choices).
EARLY_S, LATE_S = 5400.0, 1800.0
QUIET_AFTER_S, LEAVING_S = 900.0, 120.0
# Somebody who moves about at home in so many different half hours of a journey is not on it, or has a guest.
SETTLED_S, HALF_HOUR_S, HALF_HOURS, TOGETHER_S, FORGOTTEN_S = 7200.0, 1800.0, 3, 21_600.0, 43_200.0


@dataclass(frozen=True)
class Taken:
    """How an absence went: when it was sure that they left, and when they were back; None where neither is known."""

    left: float | None
    back: float | None


def pauses(
    absences: Sequence[PlannedAbsence],
    signs: LifeSigns,
    until: datetime,
    *,
    has_door: bool,
    away: Sequence[Blind] = (),
) -> list[Interval]:
    """Return when the watch rests: as planned, but a day service counts only from leaving to coming back.

    If the door of a home has no sensor nobody can tell, and the plan counts.
    """
    found: list[Interval] = []
    for one in absences:
        if one.kind is not AbsenceKind.DAY_SERVICE or not has_door:
            found.append(Interval(one.began_at, one.ended_at))
            continue
        went = taken(one, signs, until, away)
        if went.left is None or went.left >= one.ended_at.timestamp():
            continue
        ended = one.ended_at if went.back is None else moment(went.back)
        found.append(Interval(moment(went.left), ended))
    return found


def taken(absence: PlannedAbsence, signs: LifeSigns, until: datetime, away: Sequence[Blind] = ()) -> Taken:
    """Return how a day service went, from what was received up to `until`."""
    begins, ends = absence.began_at.timestamp(), absence.ended_at.timestamp()
    seen = until_now(signs, min(until.timestamp(), ends))
    # A tracker knows better than the door, and than whoever gives signs at home meanwhile.
    outings = [
        one for one in away if begins - EARLY_S <= one.known_at.timestamp() < ends and one.known_at <= until
    ]
    left = min((one.known_at.timestamp() for one in outings), default=np.inf)
    doors = seen.time[(seen.kind == DOOR) & (seen.time >= begins - EARLY_S)]
    for door in cast("list[float]", doors.tolist()):
        after = int(np.searchsorted(seen.time, door + LEAVING_S, side="right"))
        quiet_until = float(seen.time[after]) if after < len(seen.time) else until.timestamp()
        if quiet_until >= door + QUIET_AFTER_S:
            left = min(left, door + QUIET_AFTER_S)
            break
    if left > until.timestamp():
        return Taken(None, None)
    if outings:
        ended = outings[-1].ended_at
        return Taken(left, ended.timestamp() if ended is not None and ended <= until else None)
    later = seen.time[confirmed(seen) & (seen.time > left)]
    return Taken(left, float(later[0]) if len(later) else None)


@dataclass(frozen=True)
class AbsenceNotTaken:
    """A planned absence that does not take place: nobody left for the day service, or somebody moves about at home during a journey.

    For the staff. A day service is left for by the door between 90 minutes before its time and half an hour after it, with 15 minutes of quiet;
    without that it is raised 45 minutes after its time, and the watch goes on as if nothing had been planned; who is on a journey then is not
    expected there. Of other absences it claims only that there were confirmed life signs in three different half hours of six hours, two
    hours after the beginning: it may be a guest. It ends when they leave, after half a day without that, or with the planned end.

    Parameters
    ----------
    has_door : bool
        Whether the entrance door has a sensor in contact; without it nobody can tell who left.
    """

    has_door: bool = True
    name: str = NAME

    def evaluate(self, window: Window, since: datetime, until: datetime) -> Evaluation:
        """Evaluate the span (since, until]."""
        findings: list[Finding] = []
        due: datetime | None = None
        for one in window.absences:
            if one.ended_at <= since or one.began_at < window.watched_from:
                continue
            if one.kind is AbsenceKind.DAY_SERVICE:
                tick, over = self._stayed(window, one, until)
            else:
                tick, over = _moved(window, one, until)
            if tick is not None and tick <= until.timestamp():
                if over is None or over > since.timestamp():
                    findings.append(_finding(window, one, tick, over))
            elif tick is not None:
                due = earliest(due, moment(tick))
            elif one.began_at <= until:
                due = earliest(due, next_look(until, HALF_HOUR_S))
            if one.ended_at > until:
                due = earliest(due, one.ended_at)
        return Evaluation(tuple(findings), due, can_tell=self.has_door)

    def _stayed(
        self, window: Window, one: PlannedAbsence, until: datetime
    ) -> tuple[float | None, float | None]:
        """Return when it is raised that nobody left, and when it was over."""
        tick = one.began_at.timestamp() + LATE_S + QUIET_AFTER_S
        if not self.has_door or tick >= one.ended_at.timestamp() or _was_blind(window, one, tick):
            return None, None
        if _is_on_journey(window, tick):
            return None, None
        went = taken(one, window.life_signs, until, window.away)
        if went.left is not None and went.left <= tick:
            return None, None
        over = min(one.ended_at.timestamp(), np.inf if went.left is None else went.left)
        return tick, over if over <= until.timestamp() else None


def _was_blind(window: Window, one: PlannedAbsence, tick: float) -> bool:
    begins = one.began_at - timedelta(seconds=EARLY_S)
    return any(
        blind.known_at.timestamp() <= tick and (blind.ended_at is None or blind.ended_at > begins)
        for blind in window.blind
    )


def _is_on_journey(window: Window, tick: float) -> bool:
    """Return whether something else was planned, such as a journey: then nobody goes to the day service."""
    return any(
        one.kind is not AbsenceKind.DAY_SERVICE
        and one.began_at.timestamp() <= tick < one.ended_at.timestamp()
        for one in window.absences
    )


def _moved(window: Window, one: PlannedAbsence, until: datetime) -> tuple[float | None, float | None]:
    """Return when somebody has moved about at home in three half hours, and when it was over."""
    signs = until_now(window.life_signs, min(until.timestamp(), one.ended_at.timestamp()))
    sure = signs.time[confirmed(signs) & (signs.time >= one.began_at.timestamp() + SETTLED_S)]
    half_hours, firsts = np.unique(sure // HALF_HOUR_S, return_index=True)
    many = np.flatnonzero(
        half_hours[HALF_HOURS - 1 :] - half_hours[: 1 - HALF_HOURS] <= TOGETHER_S / HALF_HOUR_S
    )
    if not many.size:
        return None, None
    confirmed_at, last = (float(sure[firsts[HALF_HOURS - 1 + int(one)]]) for one in (many[0], many[-1]))
    over = min(one.ended_at.timestamp(), last + FORGOTTEN_S)
    return confirmed_at, over if over <= until.timestamp() else None


def _finding(window: Window, one: PlannedAbsence, tick: float, cleared: float | None) -> Finding:
    is_service = one.kind is AbsenceKind.DAY_SERVICE
    return Finding(
        rule=NAME,
        subject=Subject.of_resident(window.resident),
        severity=Severity.CHECK_SOON if is_service else Severity.KEEP_AN_EYE,
        began_at=one.began_at,
        raised_at=moment(tick),
        cleared_at=None if cleared is None else moment(cleared),
        reason=as_json(
            reasons.AbsenceNotTakenReason(
                rule_version=VERSION,
                kind=one.kind.value,
                cause="did_not_leave" if is_service else "moves_at_home",
                planned=reasons.PlannedSpan(since=one.began_at, until=one.ended_at),
                ruled_out=(RuledOut.LEFT_BY_DOOR, RuledOut.HOME_SILENT)
                if is_service
                else (RuledOut.SINGLE_SIGN,),
                confidence=Confidence.HIGH if is_service else Confidence.MEDIUM,
            )
        ),
    )
