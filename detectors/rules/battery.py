"""Batteries that will soon be empty: forecast from how the charge went down, so that one visit changes several."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from core.domain import reasons
from core.domain.alert import Finding, Severity, Subject
from core.domain.device import DeviceKind
from core.domain.reason_card import Confidence, as_json
from core.domain.rules import BATTERY
from detectors.rules.base import Evaluation

NAME, VERSION = BATTERY.name, BATTERY.version
# The slope of the last 30 days, and when to raise it.
SLOPE_DAYS = 30
RAISED_DAYS = 14
# Our choices. Many sensors stop some way above zero.
EMPTY_PCT = 3.0
LOW_PCT = 10.0
LEAST_DAYS = 7
_APART_DAYS = 5
_STEEP_SHARE = 0.1
# A charge that goes up by so much from day to day is a new battery; one that goes so far within a day is charged every day.
CHANGED_PCT = 10.0
CHARGED_RANGE_PCT = 15.0
NEEDS_CHARGING_PCT = 20.0
# A charge that falls so far within a week is forecast by that week alone.
_FALLS_DAYS = 7
_FALLS_PCT = 15.0
# What was raised ends only when the charge is clearly up again.
_ENOUGH_DAYS = 28
CHECKED_AT = time(9)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BatterySeries:
    """What a device reported of its battery on each local day; both arrays have shape (n,), days rise.

    Attributes
    ----------
    day : ndarray, int64
        Ordinals of local days on which it reported something.
    level_pct : ndarray, float64
        The middle one of the day's charges; NaN where it reported none.
    range_pct : ndarray, float64
        The day's highest charge less its lowest.
    is_low : ndarray, bool
        Whether its last word of the day was that the battery is low.
    """

    device: int
    kind: DeviceKind
    place: str
    day: NDArray[np.int64]
    level_pct: Floats
    range_pct: Floats
    is_low: NDArray[np.bool_]


@dataclass(frozen=True)
class Forecast:
    """How long a battery lasts: the charge, days until it is empty, and days if it goes as fast as it went at its fastest."""

    level_pct: float
    days_left: float
    days_left_low: float


@dataclass(frozen=True)
class _Check:
    is_low: bool
    is_fine: bool
    cause: str
    forecast: Forecast | None


def forecast(series: BatterySeries, on: int) -> Forecast | None:
    """Return how long the battery lasts from a day on, by the days before it; None if too little is known.

    Theil-Sen: the middle of the slopes between all pairs of days since the last change of battery that lie five days apart; the low
    bound takes the slope that only one pair in ten exceeds.

    Examples
    --------
    >>> days = np.arange(100, 120)
    >>> steady = BatterySeries(1, DeviceKind.MOTION, "", days, 100.0 - 2 * np.arange(20.0), np.zeros(20), np.zeros(20) > 0)
    >>> forecast(steady, 120).days_left
    29.5
    """
    known = (series.day < on) & (series.day >= on - SLOPE_DAYS) & ~np.isnan(series.level_pct)
    day, level = series.day[known].astype(np.float64), series.level_pct[known]
    since = int(_changes(level)[-1]) if len(_changes(level)) else 0
    day, level = day[since:], level[since:]
    if len(day) == 0 or day[-1] - day[0] < LEAST_DAYS:
        return None
    week = day >= day[-1] - _FALLS_DAYS
    if float(np.max(level[week]) - level[-1]) >= _FALLS_PCT:
        day, level = day[week], level[week]
    apart = day[None, :] - day[:, None]
    pairs = apart >= min(_APART_DAYS, (day[-1] - day[0]) / 2)
    slopes = (level[None, :] - level[:, None])[pairs] / apart[pairs]
    slope, steep = float(np.median(slopes)), float(np.quantile(slopes, _STEEP_SHARE))
    now = float(np.median(level + slope * (day[-1] - day)))
    return Forecast(round(now, 1), _lasts(now, slope), _lasts(now, steep))


def evaluate_batteries(
    batteries: Sequence[BatterySeries],
    zone: ZoneInfo,
    since: datetime,
    until: datetime,
    *,
    watched_from: datetime,
    raised_from: datetime,
) -> Evaluation:
    """Evaluate the checks of the span (since, until]: one a day at nine, each by the days before it.

    What it claims: at the pace of the last 30 days the battery is empty in less than two weeks (by the low bound), or it is at 10 percent,
    or the device itself says that it is low; one that is charged every day, that it is below 20 percent. It claims nothing about devices
    that report no charge. It ends when the battery was changed or charged. A device that was silent on the day before is not evaluated: that it
    is silent is raised by another rule, and what was raised stays. Checks begin with `watched_from`;
    what they reported before `raised_from` was raised then, and is not raised again.
    """
    checks = [one for one in _checks(zone, batteries, until) if one >= watched_from]
    findings = [
        finding
        for one in batteries
        for finding in _episodes(one, checks)
        if (finding.cleared_at is None or finding.cleared_at > since) and finding.raised_at >= raised_from
    ]
    findings.sort(key=lambda finding: (finding.raised_at, finding.subject))
    return Evaluation(tuple(findings), next_check(zone, until), can_tell=True)


def next_check(zone: ZoneInfo, after: datetime) -> datetime:
    """Return when batteries are looked at next."""
    day = after.astimezone(zone).date()
    today = _at(zone, day)
    return today if today > after else _at(zone, day + timedelta(days=1))


def _at(zone: ZoneInfo, day: date) -> datetime:
    return datetime.combine(day, CHECKED_AT, zone)


def _checks(zone: ZoneInfo, batteries: Sequence[BatterySeries], until: datetime) -> Iterator[datetime]:
    first = min((int(one.day[0]) for one in batteries if len(one.day)), default=None)
    if first is None:
        return
    day = date.fromordinal(first)
    while (check := _at(zone, day)) <= until:
        yield check
        day += timedelta(days=1)


def _changes(level: Floats) -> NDArray[np.intp]:
    """Return from which numbers on the battery is another one, or charged."""
    return np.flatnonzero(np.diff(level) > CHANGED_PCT) + 1


def _check(series: BatterySeries, on: int) -> _Check | None:
    """Return what the day before says, None if it says nothing."""
    last = int(np.searchsorted(series.day, on)) - 1
    if last < 0 or series.day[last] < on - 1:
        return None
    level = float(series.level_pct[last])
    recent = series.range_pct[(series.day < on) & (series.day >= on - SLOPE_DAYS)]
    if float(np.median(recent)) >= CHARGED_RANGE_PCT:
        is_low = level < NEEDS_CHARGING_PCT
        return _Check(is_low, level >= NEEDS_CHARGING_PCT + CHANGED_PCT, "charge", None)
    found = forecast(series, on)
    is_ending = found is not None and found.days_left_low < RAISED_DAYS and found.days_left < 2 * RAISED_DAYS
    is_at_end = level <= LOW_PCT or bool(series.is_low[last])
    lasts = found is None or found.days_left_low > _ENOUGH_DAYS
    cause = "forecast" if is_ending and not is_at_end else "low"
    return _Check(is_ending or is_at_end, not is_at_end and lasts, cause, found)


def _episodes(series: BatterySeries, checks: Sequence[datetime]) -> Iterator[Finding]:
    raised: tuple[datetime, _Check] | None = None
    for check in checks:
        found = _check(series, check.date().toordinal())
        if found is None:
            continue
        if raised is None and found.is_low:
            raised = check, found
        elif raised is not None and found.is_fine:
            yield _finding(series, *raised, cleared_at=check)
            raised = None
    if raised is not None:
        yield _finding(series, *raised, cleared_at=None)


def _finding(
    series: BatterySeries, raised_at: datetime, found: _Check, *, cleared_at: datetime | None
) -> Finding:
    ahead = found.forecast
    level = series.level_pct[np.searchsorted(series.day, raised_at.date().toordinal()) - 1]
    return Finding(
        rule=NAME,
        subject=Subject.of_device(series.device),
        severity=Severity.EQUIPMENT,
        began_at=raised_at,
        raised_at=raised_at,
        cleared_at=cleared_at,
        reason=as_json(
            reasons.BatteryReason(
                rule_version=VERSION,
                device=series.device,
                kind=series.kind.value,
                place=series.place,
                cause=found.cause,
                level_pct=None if np.isnan(level) else round(float(level)),
                days_left=None
                if ahead is None or not np.isfinite(ahead.days_left)
                else round(ahead.days_left),
                days_left_low=None
                if ahead is None or not np.isfinite(ahead.days_left_low)
                else round(ahead.days_left_low),
                ruled_out=(),
                confidence=Confidence.HIGH if found.cause != "forecast" else Confidence.MEDIUM,
            )
        ),
    )


def _lasts(level: float, slope: float) -> float:
    left = max(level - EMPTY_PCT, 0.0)
    return left / -slope if slope < 0 else float("inf")
