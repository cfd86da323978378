"""How long raw readings and positions are kept, and the record of what went because it was too old."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

READINGS, FIXES = "reading", "fix"

EVERY = timedelta(days=1)
"""How often it is looked for what is too old."""
SOON = timedelta(hours=1)
"""When it is looked again if parts had to stay: too many for one run, or somebody was reading them."""
FIRST_AFTER = timedelta(days=7)
"""How long after the upgrade that brought it the first run waits: time to choose how long things are kept, and to make a backup."""
LATE_AFTER = timedelta(days=1)
"""A run that is overdue for longer did not happen in time."""
MOST_PARTS = 50
"""How many parts of a week one run lets go at most."""
PART = timedelta(days=7)
"""The time that one part covers; by parts alone is dropped, so the oldest lives this much longer."""

# Whole weeks beyond what detectors look back; `tests/unit/detectors/test_lookbacks.py` compares it with them.
LEAST_READING_DAYS, LEAST_FIX_DAYS = 140, 63


@dataclass(frozen=True)
class KeptFor:
    """How long what is kept, in days; counted from how far everybody is evaluated."""

    reading_days: int
    fix_days: int

    def of(self, what: str) -> timedelta:
        """Return how long the rows of a hypertable are kept."""
        return timedelta(days={READINGS: self.reading_days, FIXES: self.fix_days}[what])


@dataclass(frozen=True)
class Dropped:
    """A part of time that went.

    Attributes
    ----------
    what : str
        `reading` or `fix`.
    since, until : datetime
        What was stored from `since` until before `until`.
    rows, bytes : int
        How much that was.
    evidence : int
        How many of the rows were set apart before, as evidence of alerts.
    """

    what: str
    since: datetime
    until: datetime
    rows: int
    bytes: int
    evidence: int


@dataclass(frozen=True)
class RetentionRun:
    """One run: what it was to keep, what it let go, and the seal on that.

    Attributes
    ----------
    number : int
        In order.
    began_at, done_at : datetime
        By the service's time; a run that was cut off and taken up again has one beginning. `done_at` is None while it lasts.
    kept_for : KeptFor
        How long things were to be kept.
    dropped : sequence of Dropped
        What went.
    parts_left : int or None
        How many parts are too old and had to stay until the next run.
    seal_before, seal : str
        The seal of the run before, which this one covers, and its own.
    key_number : int or None
        With which key of `MIMAMORI_SECRET_KEYS` it is signed; 0: with none.
    """

    number: int
    began_at: datetime
    kept_for: KeptFor
    dropped: Sequence[Dropped] = ()
    done_at: datetime | None = None
    parts_left: int | None = None
    seal_before: str = ""
    key_number: int | None = None
    seal: str | None = None

    @property
    def content(self) -> Mapping[str, object]:
        """What the seal covers."""
        return {
            "number": self.number,
            "began_at": self.began_at,
            "done_at": self.done_at,
            "kept_for": self.kept_for,
            "dropped": list(self.dropped),
            "parts_left": self.parts_left,
            "seal_before": self.seal_before,
            "key_number": self.key_number,
        }


@dataclass(frozen=True)
class RetentionState:
    """How the runs go.

    Attributes
    ----------
    done_at : datetime or None
        When the last one ended; None if there was none.
    parts_left : int
        What it had to leave.
    due_at : datetime
        When the next one is.
    """

    done_at: datetime | None
    parts_left: int
    due_at: datetime

    def is_late(self, now: datetime) -> bool:
        """Return whether a run did not happen in time."""
        return now > self.due_at + LATE_AFTER
