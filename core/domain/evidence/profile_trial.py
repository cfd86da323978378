"""Trying a profile on messages in quarantine: of whom, how much of it at most, how long, and how it goes."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

MOST_MESSAGES = 10_000
"""So many of the newest messages in quarantine are looked at, of whichever device."""
LONGEST_S = 20.0
"""Seconds of the machine after which what was found so far is the answer."""
EXPIRES_AFTER = timedelta(minutes=10)
"""A request that no ingest process has answered by then is never answered."""
FORGOTTEN_AFTER = timedelta(days=1)
MOST_OPEN = 3
# A request that ended its worker so often is given up.
MOST_ATTEMPTS = 3
MOST_LINES = 30
"""So many different values, names of fields, and devices are said in an answer."""


@dataclass(frozen=True)
class TrialTarget:
    """On whose messages a profile is tried; exactly one is given.

    Attributes
    ----------
    device : int or None
        A registered device.
    sender : str or None
        A sender that nobody registered.
    model : str or None
        All devices of a model, registered or not.
    """

    device: int | None = None
    sender: str | None = None
    model: str | None = None


class TrialState(StrEnum):
    """How far a trial is."""

    WAITING = "waiting"
    """No ingest process has taken it up yet."""
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    """A fault of ours; the log says what it was."""
    EXPIRED = "expired"
    """No ingest process answered it in time."""

    @property
    def is_open(self) -> bool:
        """Whether an answer may still come."""
        return self in {TrialState.WAITING, TrialState.RUNNING}
