"""Tracker left at home: the door was used, the home is quiet, and the tracker lies still where it was."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from core.domain import reasons
from core.domain.alert import Finding, Severity, Subject
from core.domain.geodesy import metres_per_degree
from core.domain.reason_card import Confidence, RuledOut, as_json
from core.domain.rules import LEFT_BEHIND
from detectors.features.observability import confirmed, is_held, pause_after, until_now, was_observable
from detectors.features.path_shape import UNKNOWN_ACCURACY_M, WORST_ACCURACY_M, way
from detectors.features.silence_profile import DOOR, PARTNER_S, silences
from detectors.features.window import LifeSigns, Track, Window, earliest, moment
from detectors.rules.base import Evaluation

NAME, VERSION = LEFT_BEHIND.name, LEFT_BEHIND.version
# Our choices: so long after the door nobody was seen at home, and the tracker spoke at least so lately and so often.
QUIET_S = 3600.0
FRESH_S = 1800.0
LEAST_FIXES = 3
# Where it lay in the hour before, or since the door was last used, and lies now, is one place if the middles are this near; most fixes
# since lie as near to the middle.
SAME_PLACE_M = 100.0
_BEFORE_S = 3600.0
# Openings and closings this near are one passage.
_PASSAGE_S = 120.0
_MOST = 0.8


@dataclass(frozen=True)
class LeftBehind:
    """A notice, never an alarm: whoever goes out without the tracker cannot be found by it.

    What it claims: the last sign in the home was the entrance door, an hour ago; since then the home was in contact, and quiet; and the
    tracker has not moved since, and lies where it lay before. It may be wrong about somebody who opened the door and then lay down: that the
    home is quiet is what the inactivity rule evaluates. It ends with the next sign at home, or when the tracker moves. With fewer than three
    fixes since the door, or none of the last half hour, nobody can tell.
    """

    name: str = NAME

    def evaluate(self, window: Window, since: datetime, until: datetime) -> Evaluation:
        """Evaluate the span (since, until]."""
        now = until.timestamp()
        signs = until_now(window.life_signs, now)
        gaps = silences(signs, confirmed(signs))
        findings: list[Finding] = []
        due: datetime | None = None
        for began, ended in zip(gaps.began[gaps.after_door], gaps.ended[gaps.after_door], strict=True):
            tick = float(began) + QUIET_S
            if ended <= tick or began <= window.watched_from.timestamp():
                continue
            if tick > now or is_held(window, tick):
                due = earliest(due, moment(tick))
                continue
            lies = _lies_still(window.track, _here_since(signs, float(began)), float(began), tick)
            if lies is None or not was_observable(window, float(began), tick):
                continue
            over = min(float(ended), _moves_at(window.track, tick, now), pause_after(window, tick))
            # The movement that ended it may have got its partner in this span.
            if over > since.timestamp() - PARTNER_S:
                findings.append(_finding(window, (float(began), tick, over if over <= now else None), lies))
        can_tell = bool(np.any((window.track.time > now - FRESH_S) & (window.track.time <= now)))
        return Evaluation(tuple(findings), due, can_tell=can_tell)


def _here_since(signs: LifeSigns, door: float) -> float:
    """Return since when it counts where the tracker lay: an hour before the door, or the passage before this one if that was later."""
    passages = signs.time[(signs.kind == DOOR) & (signs.time < door - _PASSAGE_S)]
    return max(door - _BEFORE_S, float(passages[-1])) if len(passages) else door - _BEFORE_S


def _lies_still(track: Track, here_since: float, door: float, tick: float) -> int | None:
    """Return how many fixes since the door say that the tracker lies where it lay, None if they do not say so."""
    accuracy = np.where(np.isnan(track.accuracy_m), UNKNOWN_ACCURACY_M, track.accuracy_m)
    good = accuracy <= WORST_ACCURACY_M
    after = good & (track.time > door) & (track.time <= tick)
    before = good & (track.time > here_since) & (track.time <= door)
    if np.sum(after) < LEAST_FIXES or not np.any(before) or track.time[after][-1] <= tick - FRESH_S:
        return None
    there = float(np.median(track.lat[before])), float(np.median(track.lon[before]))
    here = float(np.median(track.lat[after])), float(np.median(track.lon[after]))
    per_lat, per_lon = metres_per_degree(there[0])
    apart = np.hypot((here[0] - there[0]) * per_lat, (here[1] - there[1]) * per_lon)
    around = np.hypot((track.lat[after] - here[0]) * per_lat, (track.lon[after] - here[1]) * per_lon)
    is_still = apart <= SAME_PLACE_M and np.quantile(around, _MOST) <= SAME_PLACE_M
    return int(np.sum(after)) if is_still else None


def _moves_at(track: Track, tick: float, now: float) -> float:
    """Return when the tracker had moved away since, infinity if it has not."""
    kept = (track.time > tick) & (track.time <= now)
    walked = way(Track(track.time[kept], track.lat[kept], track.lon[kept], track.accuracy_m[kept]), now)
    far = walked.time[np.hypot(walked.east_m, walked.north_m) > 2 * SAME_PLACE_M]
    return float(far[0]) if len(far) else np.inf


def _finding(window: Window, span: tuple[float, float, float | None], fixes: int) -> Finding:
    began, tick, over = span
    return Finding(
        rule=NAME,
        subject=Subject.of_resident(window.resident),
        severity=Severity.KEEP_AN_EYE,
        began_at=moment(began),
        raised_at=moment(tick),
        cleared_at=None if over is None else moment(over),
        reason=as_json(
            reasons.LeftBehindReason(
                rule_version=VERSION,
                door_at=moment(began),
                quiet_min=round((tick - began) / 60),
                still_fixes=fixes,
                ruled_out=(RuledOut.HOME_SILENT, RuledOut.PLANNED_ABSENCE),
                confidence=Confidence.MEDIUM,
            )
        ),
    )
