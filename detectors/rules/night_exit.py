"""Night exit: the entrance door was used late at night and no life sign has come from inside since."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from core.domain import reasons
from core.domain.alert import Finding, Severity, Subject
from core.domain.reason_card import Confidence, RuledOut, as_json
from core.domain.rhythm import Rhythm
from core.domain.rules import NIGHT_EXIT
from detectors.features.daily_rhythm import EXIT_BEGINS_S, EXIT_QUIET_S, is_exit_hour, quiet_doors
from detectors.features.local_time import at_minute, local_date, local_seconds
from detectors.features.observability import is_held, next_look, pause_after, until_now, was_observable
from detectors.features.silence_profile import DOOR
from detectors.features.window import Window, earliest, moment
from detectors.rules.base import Evaluation

NAME, VERSION = NIGHT_EXIT.name, NIGHT_EXIT.version
# Where the door is used in so many of the last 28 nights, doing so is usual, and only a longer silence than usual is not (our choice).
USUAL_NIGHTS = 4
# Beyond the usual by this; and however long is usual, nobody is waited for longer than this (our choice).
BEYOND_S, LONGEST_QUIET_S = 600.0, 2 * 3600.0


@dataclass(frozen=True)
class NightExit:
    """Night: the door between 23:00 and 5:00 and no life sign of any kind for ten minutes after it; for flagged residents only.

    Whoever used the door so in four or more of the last 28 nights (a smoker, the garden, the dog) is raised only when nothing was seen for ten
    minutes longer than usual, and after two hours in any case.

    It claims that somebody used the door and gives no sign inside: whoever went out, or went straight back to bed where no sensor is. It ends
    with the next life sign at home. It cannot tell while the home is out of contact, and is not asked in a planned absence.

    Parameters
    ----------
    rhythm_on : callable
        What was learned for a local day.
    """

    rhythm_on: Callable[[date], Rhythm]
    name: str = NAME

    def evaluate(self, window: Window, since: datetime, until: datetime) -> Evaluation:
        """Evaluate the span (since, until]."""
        now = until.timestamp()
        signs = until_now(window.life_signs, now)
        findings: list[Finding] = []
        due: datetime | None = None
        for number, ended in zip(*(one.tolist() for one in quiet_doors(signs)), strict=True):
            began = float(signs.time[number])
            if ended <= since.timestamp() or began < window.watched_from.timestamp():
                continue
            if not _is_at_night(window, began):
                continue
            quiet_s = self._quiet_s(window, began)
            tick = began + quiet_s
            if ended <= tick or not was_observable(window, began, tick):
                continue
            if tick > now or is_held(window, tick):
                due = earliest(due, moment(tick))
                continue
            over = min(ended, pause_after(window, tick))
            if over > since.timestamp():
                place = signs.places[int(signs.place[number])]
                findings.append(_finding(window, place, began, quiet_s, over if over <= now else None))
        # A door that is used after now is raised ten minutes later at the soonest.
        ahead = until if _is_at_night(window, now) else _next_night(window, until)
        can_tell = bool(np.any(signs.kind == DOOR))
        return Evaluation(tuple(findings), earliest(due, next_look(ahead, EXIT_QUIET_S)), can_tell=can_tell)

    def _quiet_s(self, window: Window, began: float) -> float:
        usual = self.rhythm_on(local_date(window.zone, moment(began))).night_exits
        if usual is None or usual.count < USUAL_NIGHTS:
            return EXIT_QUIET_S
        return min(max(EXIT_QUIET_S, 60 * usual.longest_min + BEYOND_S), LONGEST_QUIET_S)


def _is_at_night(window: Window, moment_s: float) -> bool:
    return bool(is_exit_hour(local_seconds(window.zone, np.array([moment_s])))[0])


def _next_night(window: Window, until: datetime) -> datetime:
    return at_minute(window.zone, local_date(window.zone, until), EXIT_BEGINS_S / 60)


def _finding(window: Window, place: str, began: float, quiet_s: float, cleared: float | None) -> Finding:
    return Finding(
        rule=NAME,
        subject=Subject.of_resident(window.resident),
        severity=Severity.CHECK_SOON,
        began_at=moment(began),
        raised_at=moment(began + quiet_s),
        cleared_at=None if cleared is None else moment(cleared),
        reason=as_json(
            reasons.NightExitReason(
                rule_version=VERSION,
                door_at=moment(began),
                place=place,
                quiet_min=round(quiet_s / 60),
                ruled_out=(RuledOut.PLANNED_ABSENCE, RuledOut.HOME_SILENT, RuledOut.BACK_AT_ONCE),
                confidence=Confidence.MEDIUM,
            )
        ),
    )
