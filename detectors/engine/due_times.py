"""Until when a resident need not be judged again, and which news end that."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from core.store.detection import evaluation_queue
from core.store.detection.evaluation_queue import WatchedResident
from detectors.engine.home_context import HomeContext
from detectors.engine.home_records import REACH
from detectors.features.window import Window, earliest, moment

# Nobody goes unjudged longer than this, whatever the deadlines say.
_AT_LEAST_EVERY = timedelta(hours=24)
# What is held back until something is decided elsewhere is looked at again after this time.
_HELD_FOR = timedelta(seconds=10)
# What failed is tried again after this time.
FAILED_FOR = timedelta(minutes=5)


@dataclass(frozen=True)
class Waiting:
    """How somebody who was judged waits.

    Attributes
    ----------
    due_at : datetime or None
        When what was found can change without news.
    is_eager : bool
        Whether any news may change it.
    follows_track : bool
        Whether news of fixes may.
    state : str
        What the board says meanwhile.
    failed_rule : str or None
        What could not be judged.
    """

    due_at: datetime | None
    is_eager: bool
    follows_track: bool
    state: str
    failed_rule: str | None = None

    def settle(self, case: HomeContext, resident: WatchedResident) -> None:
        """Keep on record how far somebody was judged and how they wait."""
        until = case.span.until
        due, through = self.due_at, until
        if self.failed_rule is not None:
            due = until + FAILED_FOR
            # What fails for days is not made up for any further back than late data are, or each try would take longer.
            through = max(case.since(resident), until - REACH)
        else:
            due = min(due or until + _AT_LEAST_EVERY, until + _AT_LEAST_EVERY)
            due = due if due > until else until + _HELD_FOR
        _settle(case, resident, self, due, through)


def wait_to_be_watched(case: HomeContext, resident: WatchedResident) -> None:
    """Keep on record that somebody is watched later only."""
    # A moment later than that, or somebody watched from just now on would stay due now.
    due = resident.watched_from + timedelta(microseconds=1)
    waiting = Waiting(due, is_eager=False, follows_track=False, state=resident.state)
    _settle(case, resident, waiting, due, case.since(resident))


def ahead(window: Window, until: datetime, waiting: Waiting) -> datetime | None:
    """Return when the first reading or fix happens that devices date after `until`, if such news are judged at once."""
    times: list[NDArray[np.float64]] = [window.life_signs.time] if waiting.is_eager else []
    times += [window.track.time] if waiting.is_eager or waiting.follows_track else []
    return earliest(*(moment(float(later)) for one in times for later in one[one > until.timestamp()][:1]))


def _settle(
    case: HomeContext, resident: WatchedResident, waiting: Waiting, due: datetime, through: datetime
) -> None:
    evaluation_queue.settle(
        case.connection,
        resident.number,
        judged_through=through,
        due_at=due,
        is_eager=waiting.is_eager,
        follows_track=waiting.follows_track,
        state=waiting.state,
        failed_rule=waiting.failed_rule,
        now=case.span.now,
    )
