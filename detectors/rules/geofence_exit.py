"""Geofence exit and return: a resident is outside an area although they are expected inside at this hour."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from core.domain import reasons
from core.domain.alert import Finding, Severity, Subject
from core.domain.geofence import Geofence, holding_times
from core.domain.reason_card import Confidence, PlaceFix, RuledOut, as_json
from core.domain.rules import GEOFENCE_EXIT
from detectors.features.geofence_distance import distance_outside_m
from detectors.features.onward_steps import onward_steps
from detectors.features.outliers import outlier_scores
from detectors.features.window import Track, Window, earliest, moment
from detectors.rules.base import Evaluation

NAME, VERSION = GEOFENCE_EXIT.name, GEOFENCE_EXIT.version

# How much a fix outside may weigh at most: more if it follows from the one before, less after a sudden jump (our choice,
# made on made-up tracks, see docs/evaluation.md).
CLIP = 1.8
CLIP_TRUSTED = 2.7
CLIP_OUTLIER = 0.7
# The errors of fixes a minute apart are alike, so each weighs little. Those of fixes five minutes apart seldom are: the share that is
# simply wrong and claims to be good is what is left, and two clear ones in a row are enough (our choice, docs/evaluation.md).
ALONE_S = 300.0
CLIP_ALONE = 4.6
OUTLIERS_ALONE = 0.01
# Whoever moved steadily onward to a fix is not where they are by error: such a fix weighs by how many of its own standard deviations it
# lies outside, this share of them is simply wrong, and however long somebody was at home before, the odds are at least these: three
# standard deviations are enough (our choice, docs/evaluation.md).
ONWARD_WRONG = 1e-4
ONWARD_START = -3.0
ONWARD_LEAST_SIGMA_M = 5.0
# After two steps that lead the same way the second may be faster, as of a vehicle, if the first ended so clearly outside too.
ONWARD_FROM_SIGMAS = 2.0
MOST_ONWARD_DOUBT = 0.2
EXIT_ABOVE = 4.0
RETURN_BELOW = -2.0
START = -4.0
LEAVES_PER_S = 2 / 86_400
RETURNS_PER_S = 1 / 3_600
# A fix coarser than this says nothing about a fence. Trackers that report no accuracy are taken to be middling (our choice, measured).
WORST_ACCURACY_M = 500.0
UNKNOWN_ACCURACY_M = 75.0
# Poor accuracy is ruled out only where a fix claims to be within this and lies further outside than it claims (the limit is that of a way
# on foot).
ACCURATE_M = 100.0
# One fix so many of its accuracies outside is a reason to look, and for the board's "a little different", but not to notify anybody.
CLEAR_ACCURACIES = 2.0
LEAST_SIGMA_M = 10.0
# The radius that holds 68 % of a round normal error is this many standard deviations.
SIGMAS_IN_ACCURACY = 1.515
# The share of fixes that are simply wrong, on each side.
OUTLIERS = 0.015
# Errors of fixes close in time are alike, so a burst weighs no more than one fix a minute (our choice: the filter was measured so).
FULL_WEIGHT_S = 60.0
# However long nothing is received, no more than this is forgotten, so that two clear fixes are always enough (our choice).
FORGETS_S = 1_800.0
FRESH = timedelta(minutes=10)
# Whose tracker the home's gateway received so short ago is at home.
NEAR_HOME_S = 180.0
# How far ahead the next change of hours is looked for: hours repeat weekly.
_AHEAD = timedelta(days=8)


@dataclass(frozen=True)
class _Excursion:
    """A stay outside: first sign of it, when it was sure, and when it was over (fix numbers; None while it lasts)."""

    began: int
    sure: int
    over: int | None


@dataclass(frozen=True)
class _Episode:
    began: float
    raised: float
    cleared: float
    fix: int


@dataclass(frozen=True)
class _Outside:
    """An episode with the track it was seen in and its distances to the fence."""

    track: Track
    outside_m: NDArray[np.float64]
    episode: _Episode


@dataclass(frozen=True)
class GeofenceExit:
    """A two-state filter weighs each fix by its accuracy, so one wild fix never raises an alarm, and
    a fix after a sudden jump less than one that somebody could have walked to. The further fixes lie apart in time, the more each says.
    A fix to which somebody moved steadily onward by two steps is no error: there, three standard deviations of the fix are enough.

    What it claims: the resident is outside the shape, while its hours hold. It works on levels, not on crossings: somebody who is
    outside when the hours begin is found then, if a fix of the last ten minutes says so, else at the next fix. A fix is evaluated at
    the time it was made, never as "now". Where the home's gateway receives the tracker by radio, fixes outside an area with the home in it
    are left out for three minutes. Fixes after `until` are not looked at. Gaps in the track let the filter forget.

    Examples
    --------
    >>> from core.domain.geofence import ALWAYS, Circle
    >>> from zoneinfo import ZoneInfo
    >>> from detectors.features.window import life_signs
    >>> minutes = np.arange(20) * 60.0
    >>> north = 35.0 + np.clip(minutes - 420, 0, 480) * 1e-5
    >>> track = Track(minutes, north, np.full(20, 139.0), np.full(20, 15.0))
    >>> fence = Geofence(1, 5, "home", Circle(35.0, 139.0, 200.0), ALWAYS)
    >>> window = Window(5, ZoneInfo("UTC"), moment(0), life_signs([]), track, (), (), (), (fence,))
    >>> evaluated = GeofenceExit().evaluate(window, moment(0), moment(1200))
    >>> [(one.subject.number, one.began_at.minute, one.raised_at.minute) for one in evaluated.findings]
    [(1, 10, 11)]
    """

    name: str = NAME

    def evaluate(self, window: Window, since: datetime, until: datetime) -> Evaluation:
        """Evaluate the span (since, until] for all of the resident's geofences."""
        track = usable_fixes(window.track, until.timestamp())
        findings: list[Finding] = []
        due: datetime | None = None
        everything = track
        is_checked = False
        for fence in window.geofences:
            track, outside_m = _seen(window, fence, everything)
            excursions = _excursions(track, outside_m)
            is_out = bool(excursions) and excursions[-1].over is None
            if not is_out and _is_clearly_out(track, outside_m, until.timestamp()):
                hours = _hours(window, fence, track, until)
                if any(began <= until < ended for began, ended in hours):
                    is_checked, due = True, earliest(due, moment(float(track.time[-1])) + FRESH)
            if not excursions:
                continue
            hours = _hours(window, fence, track, until)
            findings.extend(
                _finding(window, fence, _Outside(track, outside_m, episode), until)
                for episode in _episodes(excursions, hours, track.time, until.timestamp())
                if episode.cleared > since.timestamp()
            )
            if is_out:
                due = earliest(due, *(one for span in hours for one in span if one > until))
        fixes = everything.time
        is_fresh = len(fixes) > 0 and until.timestamp() - fixes[-1] < FRESH.total_seconds()
        findings.sort(key=lambda finding: (finding.raised_at, finding.subject))
        return Evaluation(
            tuple(findings), due, can_tell=is_fresh or not window.geofences, is_different=is_checked
        )


def _seen(window: Window, fence: Geofence, track: Track) -> tuple[Track, NDArray[np.float64]]:
    """Return the fixes that say something about a fence, and how far outside they are.

    A fix that lies outside while the home's own gateway receives the tracker is wrong, if the home is inside.
    """
    outside_m = distance_outside_m(fence.shape, track.lat, track.lon)
    received = window.near_home
    if not len(received) or window.home is None:
        return track, outside_m
    lat, lon = (np.array([one]) for one in window.home)
    if float(distance_outside_m(fence.shape, lat, lon)[0]) > 0:
        return track, outside_m
    last = np.searchsorted(received, track.time, side="right") - 1
    is_home = (last >= 0) & (track.time - received[np.maximum(last, 0)] <= NEAR_HOME_S)
    kept = ~(is_home & (outside_m > 0))
    return Track(track.time[kept], track.lat[kept], track.lon[kept], track.accuracy_m[kept]), outside_m[kept]


def _is_clearly_out(track: Track, outside_m: NDArray[np.float64], until: float) -> bool:
    """Return whether the last fix is fresh, accurate and clearly outside: alone it may be wild, so it is only a reason to look."""
    if not len(track.time) or until - float(track.time[-1]) >= FRESH.total_seconds():
        return False
    accuracy_m = float(track.accuracy_m[-1])
    return accuracy_m <= ACCURATE_M and float(outside_m[-1]) > CLEAR_ACCURACIES * accuracy_m


def usable_fixes(track: Track, until: float) -> Track:
    """Return the fixes up to `until` that are accurate enough, and those of unknown accuracy with one that is usual."""
    accuracy = np.where(np.isnan(track.accuracy_m), UNKNOWN_ACCURACY_M, track.accuracy_m)
    kept = (track.time <= until) & (accuracy <= WORST_ACCURACY_M)
    return Track(track.time[kept], track.lat[kept], track.lon[kept], accuracy[kept])


def _log_odds(track: Track, outside_m: NDArray[np.float64]) -> list[float]:
    """Return the log-odds of being outside after each fix."""
    sigma = np.maximum(track.accuracy_m / SIGMAS_IN_ACCURACY, LEAST_SIGMA_M)
    elapsed = np.diff(track.time, prepend=track.time[:1] - FULL_WEIGHT_S)
    alone = _alone(elapsed)
    wrong = OUTLIERS - (OUTLIERS - OUTLIERS_ALONE) * alone
    share = (1 - 2 * wrong) * _normal_cdf(outside_m / sigma) + wrong
    trusted = CLIP_TRUSTED + (CLIP_ALONE - CLIP_TRUSTED) * alone
    # An error that stays for some minutes is over when the next fix comes later than that, so there is less to doubt.
    doubt = outlier_scores(track, sigma)
    most = trusted - (trusted - CLIP_OUTLIER) * doubt * (1 - alone)
    evidence = np.clip(np.log(share / (1 - share)), -CLIP, most) * np.minimum(1.0, elapsed / FULL_WEIGHT_S)
    onward = _onward(track, outside_m, doubt)
    is_onward = onward > evidence
    evidence = np.where(is_onward, onward, evidence)
    rate = LEAVES_PER_S + RETURNS_PER_S
    settled = LEAVES_PER_S / rate
    kept = np.exp(-rate * np.minimum(elapsed, FORGETS_S))
    odds, after = START, list[float]()
    for keeps, says, is_on in zip(kept.tolist(), evidence.tolist(), is_onward.tolist(), strict=True):
        likely = settled + (1 / (1 + math.exp(-odds)) - settled) * keeps
        odds = math.log(likely / (1 - likely))
        odds = (max(odds, ONWARD_START) if is_on else odds) + says
        after.append(odds)
    return after


def _onward(track: Track, outside_m: NDArray[np.float64], doubt: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the evidence of fixes to which somebody moved steadily onward, and further out; minus infinity for all others."""
    sigma = np.maximum(track.accuracy_m / SIGMAS_IN_ACCURACY, ONWARD_LEAST_SIGMA_M)
    steps = onward_steps(track, sigma)
    depth = outside_m / sigma
    is_good = doubt <= MOST_ONWARD_DOUBT
    steady = steps.is_steady & is_good[steps.before] & is_good[steps.first]
    from_outside = steps.leads_on & (depth[steps.before] >= ONWARD_FROM_SIGMAS)
    counts = (steady | from_outside) & is_good
    counts &= (outside_m > 0) & (outside_m > outside_m[steps.before])
    share = (1 - 2 * ONWARD_WRONG) * _normal_cdf(np.where(counts, depth, 0.0)) + ONWARD_WRONG
    return np.where(counts, np.log(share / (1 - share)), -np.inf)


def _alone(elapsed_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each fix stands alone: 0 up to a minute after the one before, 1 from five minutes on."""
    return np.clip(
        np.log(np.maximum(elapsed_s, 1.0) / FULL_WEIGHT_S) / math.log(ALONE_S / FULL_WEIGHT_S), 0.0, 1.0
    )


def _normal_cdf(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([0.5 * math.erfc(-one / math.sqrt(2)) for one in z.tolist()], np.float64)


def _excursions(track: Track, outside_m: NDArray[np.float64]) -> list[_Excursion]:
    found: list[_Excursion] = []
    began: int | None = None
    if not np.any(outside_m > 0):
        # Most tracks: never outside, so there is nothing to weigh.
        return found
    for number, odds in enumerate(_log_odds(track, outside_m)):
        if outside_m[number] <= 0:
            began = None
        elif began is None:
            began = number
        is_out = bool(found) and found[-1].over is None
        if is_out and odds < RETURN_BELOW:
            found[-1] = _Excursion(found[-1].began, found[-1].sure, number)
        elif not is_out and odds > EXIT_ABOVE and began is not None:
            found.append(_Excursion(began, number, None))
    return found


def _hours(window: Window, fence: Geofence, track: Track, until: datetime) -> list[tuple[datetime, datetime]]:
    """Return when the fence holds, not before it was drawn or the resident was watched."""
    floor = max(window.watched_from, fence.created_at or window.watched_from)
    since = moment(float(track.time[0])) if len(track.time) else until
    spans = holding_times(fence.hours, window.zone, since, until + _AHEAD)
    return [(max(began, floor), ended) for began, ended in spans if ended > floor]


def _episodes(
    excursions: list[_Excursion],
    hours: list[tuple[datetime, datetime]],
    time: NDArray[np.float64],
    until: float,
) -> Iterator[_Episode]:
    for began_at, ended_at in hours:
        opens, closes = began_at.timestamp(), ended_at.timestamp()
        for excursion in excursions:
            over = np.inf if excursion.over is None else float(time[excursion.over])
            fix, raised = excursion.sure, float(time[excursion.sure])
            if raised < opens:
                # Outside when the hours begin: as of the last fix if it is fresh, else of the next one.
                fix = int(np.searchsorted(time, opens, side="right")) - 1
                raised = opens
                if opens - time[fix] >= FRESH.total_seconds():
                    fix += 1
                    raised = float(time[fix]) if fix < len(time) else np.inf
            if raised < min(over, closes) and raised <= until:
                yield _Episode(max(float(time[excursion.began]), opens), raised, min(over, closes), fix)


def _finding(window: Window, fence: Geofence, seen: _Outside, until: datetime) -> Finding:
    track, outside_m, episode = seen.track, seen.outside_m, seen.episode
    fix = episode.fix
    accuracy_m = _reported_accuracy_m(window.track, float(track.time[fix]))
    # A coarse fix may raise it together with others, but then poor accuracy is not ruled out, and the card does not say so.
    is_accurate = accuracy_m is not None and accuracy_m <= min(ACCURATE_M, float(outside_m[fix]))
    return Finding(
        rule=NAME,
        subject=Subject.of_geofence(fence.number),
        severity=Severity.CHECK_SOON,
        began_at=moment(episode.began),
        raised_at=moment(episode.raised),
        cleared_at=moment(episode.cleared) if episode.cleared <= until.timestamp() else None,
        reason=as_json(
            reasons.GeofenceExitReason(
                rule_version=VERSION,
                geofence=reasons.GeofenceName(
                    number=fence.number,
                    name=fence.name,
                ),
                resident=window.resident,
                position=PlaceFix(
                    time=moment(float(track.time[fix])),
                    lat=float(track.lat[fix]),
                    lon=float(track.lon[fix]),
                    accuracy_m=accuracy_m,
                ),
                outside_m=round(float(outside_m[fix])),
                was_outside_when_hours_began=episode.raised <= episode.began,
                ruled_out=(
                    *((RuledOut.POOR_ACCURACY,) if is_accurate else ()),
                    RuledOut.SINGLE_FIX,
                    RuledOut.SUDDEN_JUMP,
                ),
                confidence=Confidence.HIGH if is_accurate else Confidence.MEDIUM,
            )
        ),
    )


def _reported_accuracy_m(track: Track, time: float) -> float | None:
    """Return what the tracker said about the accuracy of a fix, None if it said nothing."""
    accuracy_m = float(track.accuracy_m[np.searchsorted(track.time, time)])
    return None if math.isnan(accuracy_m) else accuracy_m
