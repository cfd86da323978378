"""Night exit: the entrance door was used late at night and no life sign has come from inside since."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from core.domain import reasons
from core.domain.alert import Finding, Severity, Subject
from core.domain.reason_card import Confidence, RuledOut, as_json
from core.domain.rules import NIGHT_EXIT
from detectors.features.local_time import DAY_S, at_minute, local_date, local_seconds
from detectors.features.observability import is_held, next_look, pause_after, until_now, was_observable
from detectors.features.silence_profile import DOOR
from detectors.features.window import Window, earliest, moment
from detectors.rules.base import Evaluation

NAME, VERSION = NIGHT_EXIT.name, NIGHT_EXIT.version
# Between these hours, and for so long nothing inside.
BEGINS_MIN, ENDS_MIN, QUIET_S = 23 * 60.0, 29 * 60.0, 600.0


@dataclass(frozen=True)
class NightExit:
    """Night: the door between 23:00 and 5:00 and no life sign of any kind for ten minutes after it; for flagged residents only.

    It claims that somebody used the door and gives no sign inside: whoever went out, or went straight back to bed where no sensor is. It ends
    with the next life sign at home. It cannot tell while the home is out of contact, and is not asked in a planned absence.
    """

    name: str = NAME

    def evaluate(self, window: Window, since: datetime, until: datetime) -> Evaluation:
        """Evaluate the span (since, until]."""
        now = until.timestamp()
        signs = until_now(window.life_signs, now)
        ends = np.append(signs.time[1:], np.inf)[: len(signs.time)]
        findings: list[Finding] = []
        due: datetime | None = None
        long = (signs.kind == DOOR) & (ends - signs.time > QUIET_S) & (ends > since.timestamp())
        for number in np.flatnonzero(long).tolist():
            began, ended = float(signs.time[number]), float(ends[number])
            tick = began + QUIET_S
            if (
                not _is_at_night(window, began)
                or began < window.watched_from.timestamp()
                or not was_observable(window, began, tick)
            ):
                continue
            if tick > now or is_held(window, tick):
                due = earliest(due, moment(tick))
                continue
            over = min(ended, pause_after(window, tick))
            if over > since.timestamp():
                place = signs.places[int(signs.place[number])]
                findings.append(_finding(window, place, began, over if over <= now else None))
        # A door that is used after now is raised ten minutes later at the soonest.
        ahead = until if _is_at_night(window, now) else _next_night(window, until)
        can_tell = bool(np.any(signs.kind == DOOR))
        return Evaluation(tuple(findings), earliest(due, next_look(ahead, QUIET_S)), can_tell=can_tell)


def _is_at_night(window: Window, moment_s: float) -> bool:
    minute = float(local_seconds(window.zone, np.array([moment_s]))[0]) % DAY_S / 60
    return minute >= BEGINS_MIN or minute < ENDS_MIN - DAY_S / 60


def _next_night(window: Window, until: datetime) -> datetime:
    return at_minute(window.zone, local_date(window.zone, until), BEGINS_MIN)


def _finding(window: Window, place: str, began: float, cleared: float | None) -> Finding:
    return Finding(
        rule=NAME,
        subject=Subject.of_resident(window.resident),
        severity=Severity.CHECK_SOON,
        began_at=moment(began),
        raised_at=moment(began + QUIET_S),
        cleared_at=None if cleared is None else moment(cleared),
        reason=as_json(
            reasons.NightExitReason(
                rule_version=VERSION,
                door_at=moment(began),
                place=place,
                quiet_min=round(QUIET_S / 60),
                ruled_out=(RuledOut.PLANNED_ABSENCE, RuledOut.HOME_SILENT, RuledOut.BACK_AT_ONCE),
                confidence=Confidence.MEDIUM,
            )
        ),
    )
