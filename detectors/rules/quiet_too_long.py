"""Quiet limit: a room, a device or the whole home gave no sign of life for as long as somebody set for this resident."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from core.domain import reasons
from core.domain.agreed.quiet_limit import QuietLimit
from core.domain.alert import Finding, Severity, Subject
from core.domain.geofence import daily_times
from core.domain.reason_card import Confidence, RuledOut, as_json
from core.domain.rules import QUIET_TOO_LONG
from detectors.features.alarm_spans import breaks, unobserved
from detectors.features.observability import is_held, pause_after
from detectors.features.window import Window, earliest, moment
from detectors.rules.base import Evaluation

NAME, VERSION = QUIET_TOO_LONG.name, QUIET_TOO_LONG.version
# Each day is evaluated by itself: what was raised in its hours is over when so much has passed since they began.
OVER_AFTER_S = 86400.0
# The next hours of a limit of one day of the week lie this far ahead at most, with the day of a changed clock.
_AHEAD = timedelta(days=8)


@dataclass(frozen=True)
class _Silence:
    """A silence that a limit raises (Unix seconds): counted from `base`, raised at `tick`, over at `end`, at `latest` with its day."""

    limit: QuietLimit
    began: float
    base: float
    tick: float
    end: float
    latest: float


@dataclass(frozen=True)
class QuietTooLong:
    """Plain limits that somebody set: nothing there for so long between these times.

    Every sign of life counts, confirmed or not, but none of a device that chatters. A silence is counted from the last sign, from the
    beginning of the hours, from the setting of the limit, from when a device was there to give the sign, or from when listening began anew after time in which the home was out of contact, an
    absence was planned, or a tracker said that the resident was away: whichever is the latest. On a day whose hours the clock change makes
    shorter than the limit, it is raised at their end.

    An episode begins when it is raised, so that two limits that are passed together are two. It is over when none holds any more of those that
    held when it began, and at the latest with its day.

    Parameters
    ----------
    limits : sequence of QuietLimit
        The resident's own.

    Examples
    --------
    >>> from datetime import time
    >>> from zoneinfo import ZoneInfo
    >>> from core.domain.device import DeviceKind
    >>> from core.domain.geofence import Hours
    >>> from detectors.features.window import life_signs, no_track
    >>> kitchen = QuietLimit(1, 1, "kitchen", None, "", 120, Hours(frozenset(range(7)), time(6), time(11)))
    >>> seven = datetime.fromisoformat("2026-05-01T07:00+00:00")
    >>> signs = life_signs([(seven.timestamp(), DeviceKind.MOTION, "kitchen")])
    >>> window = Window(1, ZoneInfo("UTC"), seven - timedelta(days=2), signs, no_track(), (), (), (), ())
    >>> evaluated = QuietTooLong((kitchen,)).evaluate(window, seven, seven + timedelta(hours=4))
    >>> [one.raised_at.isoformat()[11:16] for one in evaluated.findings]
    ['09:00']
    """

    limits: Sequence[QuietLimit]
    name: str = NAME

    def evaluate(self, window: Window, since: datetime, until: datetime) -> Evaluation:
        """Evaluate the span (since, until]; life signs after `until` are not looked at."""
        now = until.timestamp()
        passed: list[_Silence] = []
        due: datetime | None = None
        for limit in self.limits:
            signs = _signs(window, limit, now)
            for one in _silences(window, limit, signs, (since, until)):
                if one.tick > now or is_held(window, one.tick):
                    due = earliest(due, moment(one.tick))
                else:
                    passed.append(one)
        ends = (moment(one.end) for one in passed if np.isfinite(one.end) and one.end > now)
        is_blind = any(stop <= now < resumed for stop, resumed, _ in unobserved(window))
        findings = tuple(_findings(window, passed, since.timestamp(), now))
        return Evaluation(findings, earliest(due, *ends), can_tell=not is_blind)


def _signs(window: Window, limit: QuietLimit, now: float) -> NDArray[np.float64]:
    signs = window.life_signs
    times = signs.time
    if limit.device is not None:
        times = window.device_signs.get(limit.device, np.zeros(0))
    elif limit.place:
        number = signs.places.index(limit.place) if limit.place in signs.places else -1
        times = times[signs.place == number]
    return times[times <= now]


def _silences(
    window: Window, limit: QuietLimit, signs: NDArray[np.float64], span: tuple[datetime, datetime]
) -> Iterator[_Silence]:
    """Yield what is raised, or will be if nothing comes, in the hours about a span; of those ahead only the first."""
    since, until = span
    cuts = breaks(window)
    starts = (window.watched_from, limit.created_at, limit.watched_since)
    first = max(one.timestamp() for one in starts if one is not None)
    for began_at, ended_at in daily_times(
        limit.hours, window.zone, since - timedelta(days=1), until + _AHEAD
    ):
        began, ended = began_at.timestamp(), ended_at.timestamp()
        # Hours of a whole day are an hour longer when the clock is put back.
        latest = max(began + OVER_AFTER_S, ended)
        if latest <= since.timestamp():
            continue
        inside = signs[(signs > began) & (signs < ended)].tolist()
        resumed = [one for _, one, _ in cuts if began < one < ended]
        for base in sorted({max(began, first), *(one for one in (*inside, *resumed) if one > first)}):
            # The clock change may make the hours shorter than the limit.
            quiet_s = min(60.0 * limit.quiet_min, ended - began)
            tick = base + quiet_s
            if tick > ended or _is_broken(signs, cuts, base, tick):
                continue
            after = signs[signs > tick]
            sign = float(after[0]) if len(after) else np.inf
            yield _Silence(limit, began, base, tick, min(sign, pause_after(window, tick), latest), latest)
        if began > until.timestamp():
            return


def _is_broken(
    signs: NDArray[np.float64], cuts: Sequence[tuple[float, float, bool]], base: float, tick: float
) -> bool:
    """Return whether a sign came in (base, tick], or nothing could be concluded from silence in some of it."""
    is_there = np.searchsorted(signs, tick, side="right") > np.searchsorted(signs, base, side="right")
    return bool(is_there) or any(stop <= tick and resumed > base for stop, resumed, _ in cuts)


def _findings(window: Window, passed: Sequence[_Silence], since: float, now: float) -> Iterator[Finding]:
    """Yield an episode for each moment at which a limit is passed, which is over with the last of those that hold then."""
    ordered = sorted(passed, key=lambda one: (one.tick, one.limit.number))
    for tick, together in groupby(ordered, key=lambda one: one.tick):
        raised = list(together)
        holding = max(each.end for each in ordered if each.tick <= tick <= each.end)
        over = min(holding, max(each.latest for each in raised))
        if over > since:
            yield _finding(window, raised[0], over if over <= now else None)


def _finding(window: Window, one: _Silence, cleared: float | None) -> Finding:
    hours = one.limit.hours
    return Finding(
        rule=NAME,
        subject=Subject.of_resident(window.resident),
        severity=Severity.CHECK_SOON,
        began_at=moment(one.tick),
        raised_at=moment(one.tick),
        cleared_at=None if cleared is None else moment(cleared),
        reason=as_json(
            reasons.QuietTooLongReason(
                rule_version=VERSION,
                limit=one.limit.number,
                device=one.limit.device,
                kind=one.limit.kind,
                place=one.limit.place,
                quiet_min=one.limit.quiet_min,
                hours_start=hours.start.isoformat("minutes"),
                hours_end=hours.end.isoformat("minutes"),
                nothing_since=moment(one.base),
                since_hours_began=one.base == one.began,
                ruled_out=(RuledOut.PLANNED_ABSENCE, RuledOut.HOME_SILENT, RuledOut.WARD_SILENT),
                confidence=Confidence.MEDIUM,
            )
        ),
    )
