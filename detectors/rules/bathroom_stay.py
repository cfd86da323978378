"""A long stay in the bathroom or toilet: who went in was not seen anywhere else since (D13, the fall proxy)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

import numpy as np

from core.domain.alert import Finding, Severity
from core.domain.rhythm import Rhythm, Spans
from detectors.rules.hearing import confirmed, could_hear, is_held, next_look, pause_after, until_now
from detectors.rules.judgement import Judgement, LifeSigns, Window, earliest, moment
from detectors.rules.rhythm import is_night, stays
from detectors.rules.wall_clock import local_date, local_seconds

NAME = "bathroom_stay"
VERSION = 1
# D13: this much longer than nearly all of the own visits.
MARGIN_MIN = 20.0
# With fewer visits nothing is known, and a limit beyond the other means that the sensors do not see people leave (our choice).
LEAST_VISITS, LONGEST_LIMIT_MIN = 30, 120.0


def limit_min(visits: Spans | None) -> float | None:
    """Return how long a stay may last; None where nobody can tell."""
    if visits is None or visits.count < LEAST_VISITS or visits.high_min + MARGIN_MIN > LONGEST_LIMIT_MIN:
        return None
    return visits.high_min + MARGIN_MIN


@dataclass(frozen=True)
class BathroomStay:
    """Rule D13, fall proxy: longer than the 99th percentile of the resident's own stays at this time (day or night) and 20 minutes.

    A stay begins with a confirmed life sign in a bathroom or toilet and lasts until the next life sign anywhere else, whichever it is.
    It claims that nobody was seen to come out, not that somebody fell. It cannot tell with fewer than 30 stays known, where stays look so long
    that leaving must be unseen, while the home cannot be heard, and in a planned absence.

    Parameters
    ----------
    rhythm_on : callable
        What was learned for a local day; a stay is judged by the day on which it begins.
    """

    rhythm_on: Callable[[date], Rhythm]
    name: str = NAME

    def judge(self, window: Window, since: datetime, until: datetime) -> Judgement:
        """Judge the span (since, until]."""
        now = until.timestamp()
        usual = self.rhythm_on(local_date(window.zone, until)).stays
        limits = [found for one in usual.values() if (found := limit_min(one)) is not None]
        due = next_look(until, 60 * min(limits)) if limits else None
        signs = until_now(window.life_signs, now)
        begins, ends = stays(signs)
        findings: list[Finding] = []
        sure = confirmed(signs)
        floor = window.watched_from.timestamp()
        for began, ended in cast("list[tuple[float, float]]", np.stack([begins, ends], axis=1).tolist()):
            if ended <= since.timestamp() or ended - began <= 60 * MARGIN_MIN or began < floor:
                continue
            found = self._stay(window, began)
            if found is None or not sure[int(np.searchsorted(signs.time, began))]:
                continue
            tick = began + 60 * found[0]
            if tick >= ended or not could_hear(window, began, tick):
                continue
            if tick > now or is_held(window, tick):
                due = earliest(due, moment(tick))
                continue
            over = min(ended, pause_after(window, tick))
            if over > since.timestamp():
                span = began, tick, over if over <= now else None
                findings.append(_finding(window, signs, span, found))
        return Judgement(tuple(findings), due, can_tell=bool(limits))

    def _stay(self, window: Window, began: float) -> tuple[float, Spans] | None:
        usual = self.rhythm_on(local_date(window.zone, moment(began))).stays
        at_night = bool(is_night(local_seconds(window.zone, np.array([began])))[0])
        visits = usual.get("night" if at_night else "day")
        limit = limit_min(visits)
        return None if visits is None or limit is None else (limit, visits)


def _finding(
    window: Window,
    signs: LifeSigns,
    span: tuple[float, float, float | None],
    found: tuple[float, Spans],
) -> Finding:
    began, tick, over = span
    limit, visits = found
    place = signs.places[int(signs.place[int(np.searchsorted(signs.time, began))])]
    return Finding(
        rule=NAME,
        subject=f"resident:{window.resident}",
        severity=Severity.CHECK_SOON,
        began_at=moment(began),
        raised_at=moment(tick),
        cleared_at=None if over is None else moment(over),
        reason={
            "rule_version": VERSION,
            "place": place,
            "stay_min": round((tick - began) / 60),
            "usual": {"visits": visits.count, "high_min": round(visits.high_min), "limit_min": round(limit)},
            "ruled_out": ["planned_absence", "home_silent", "seen_elsewhere"],
            "confidence": "high" if visits.count >= 3 * LEAST_VISITS else "medium",
        },
    )
