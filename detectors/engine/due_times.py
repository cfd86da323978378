"""Until when a resident need not be evaluated again, and which new data end that."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from core.domain.evidence.presence import UNKNOWN_PRESENCE, Presence
from core.store.detection.evaluation_queue import Settled, WatchedResident
from detectors.engine.home_context import HomeContext
from detectors.engine.home_records import ALLOWED_LATENESS
from detectors.features.silence_profile import DOOR
from detectors.features.window import Window, earliest, moment

# Nobody goes unevaluated longer than this, whatever the deadlines say.
_AT_LEAST_EVERY = timedelta(hours=24)
# What is held back until something is decided elsewhere is looked at again after this time.
_HELD_FOR = timedelta(seconds=10)
# What failed is tried again after this time.
FAILED_FOR = timedelta(minutes=5)


@dataclass(frozen=True)
class NextEvaluation:
    """How somebody who was evaluated waits.

    Attributes
    ----------
    due_at : datetime or None
        When what was found can change without new data.
    on_any_reading : bool
        Whether any new reading may change it.
    on_any_fix : bool
        Whether a new fix may.
    on_door, on_life_sign : bool
        Whether a use of the door may, and whether any new life sign may.
    state : str
        What the board says meanwhile.
    presence : Presence
        And whether they are at home.
    failed_rule : str or None
        What could not be evaluated.
    """

    due_at: datetime | None
    on_any_reading: bool
    on_any_fix: bool
    state: str
    failed_rule: str | None = None
    on_door: bool = False
    on_life_sign: bool = False
    presence: Presence = UNKNOWN_PRESENCE

    def settle(self, context: HomeContext, resident: WatchedResident) -> None:
        """Say how far somebody was evaluated and how they wait, to be kept with the home."""
        until = context.span.until
        due, through = self.due_at, until
        if self.failed_rule is not None:
            due = until + FAILED_FOR
            # What fails for days is not made up for any further back than late data are, or each try would take longer.
            through = max(context.since(resident), until - ALLOWED_LATENESS)
        else:
            due = min(due or until + _AT_LEAST_EVERY, until + _AT_LEAST_EVERY)
            due = due if due > until else until + _HELD_FOR
        _settle(context, resident, self, due, through)


def wait_for_watch_start(context: HomeContext, resident: WatchedResident) -> None:
    """Say that somebody is watched later only, to be kept with the home."""
    # A moment later than that, or somebody watched from just now on would stay due now.
    due = resident.watched_from + timedelta(microseconds=1)
    waiting = NextEvaluation(due, on_any_reading=False, on_any_fix=False, state=resident.state)
    _settle(context, resident, waiting, due, context.since(resident))


def ahead(window: Window, until: datetime, waiting: NextEvaluation) -> datetime | None:
    """Return when the first reading or fix happens that devices date after `until`, if such data are evaluated at once."""
    signs = window.life_signs
    times: list[NDArray[np.float64]] = []
    if waiting.on_any_reading or waiting.on_life_sign:
        times = [signs.time]
    elif waiting.on_door:
        times = [signs.time[signs.kind == DOOR]]
    times += [window.track.time] if waiting.on_any_reading or waiting.on_any_fix else []
    return earliest(*(moment(float(later)) for one in times for later in one[one > until.timestamp()][:1]))


def _settle(
    context: HomeContext, resident: WatchedResident, waiting: NextEvaluation, due: datetime, through: datetime
) -> None:
    context.settled.append(
        Settled(
            resident.number,
            evaluated_through=through,
            due_at=due,
            on_any_reading=waiting.on_any_reading,
            on_any_fix=waiting.on_any_fix,
            on_door=waiting.on_door,
            on_life_sign=waiting.on_life_sign,
            state=waiting.state,
            presence=waiting.presence,
            failed_rule=waiting.failed_rule,
            at=context.span.now,
        )
    )
