"""How soon people answered alerts: by hour of the day, in spans of hours wide enough that they name nobody."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from statistics import median
from zoneinfo import ZoneInfo

LEAST_PEOPLE = 10
"""Of fewer residents no time is shown: it would be that of one of them, and say who (our choice)."""
_HOURS = 24
_NINE_TENTHS = 0.9


class ResponseStep(StrEnum):
    """What came after an alert was opened."""

    ACCEPTED = "accepted"
    """The first message was taken by a provider."""
    ARRIVED = "arrived"
    """A receipt says that one arrived."""
    CLAIMED = "claimed"
    """Somebody took it on."""
    ON_SITE = "on_site"
    """Somebody reported to be there."""
    CLOSED = "closed"
    """Somebody ended it."""


@dataclass(frozen=True)
class AnsweredAlert:
    """One alert about a resident and when which step was reached first; None where it was not, or nobody knows."""

    resident: int
    opened_at: datetime
    accepted_at: datetime | None
    arrived_at: datetime | None
    claimed_at: datetime | None
    on_site_at: datetime | None
    closed_at: datetime | None

    def took(self, step: ResponseStep) -> timedelta | None:
        """Return how long a step took; None where it was not reached."""
        at: datetime | None = getattr(self, f"{step.value}_at")
        return None if at is None else max(timedelta(), at - self.opened_at)


@dataclass(frozen=True)
class StepTimes:
    """How long a step took: of how many alerts it is known, half of them within `half`, nine in ten within `most`."""

    step: ResponseStep
    alerts: int
    half: timedelta
    most: timedelta


@dataclass(frozen=True)
class HourSpan:
    """Hours of the day, from `first` until before `until`, and what is known of the alerts that were opened in them."""

    first: int
    until: int
    alerts: int
    steps: tuple[StepTimes, ...]


def response_times(found: Sequence[AnsweredAlert], zone: ZoneInfo) -> list[HourSpan]:
    """Return the times by hours, neighbouring hours put together until each span has alerts of ten residents or more.

    Nothing is left out of the middle, so no difference says more; of fewer than ten residents in the whole day nothing
    is shown. A step that alerts of fewer than ten residents reached is not shown either.

    Examples
    --------
    >>> response_times([], ZoneInfo("Asia/Tokyo"))
    []
    """
    by_hour: list[list[AnsweredAlert]] = [[] for _ in range(_HOURS)]
    for one in found:
        by_hour[one.opened_at.astimezone(zone).hour].append(one)
    spans: list[tuple[int, int, list[AnsweredAlert]]] = []
    first, held = 0, list[AnsweredAlert]()
    for hour, some in enumerate(by_hour):
        held = [*held, *some]
        if _people(held) >= LEAST_PEOPLE:
            spans.append((first, hour + 1, held))
            first, held = hour + 1, []
    if not spans:
        return []
    if first < _HOURS:
        # What is left over belongs to the span before it.
        began, _, before = spans.pop()
        spans.append((began, _HOURS, [*before, *held]))
    return [HourSpan(began, until, len(some), tuple(_steps(some))) for began, until, some in spans]


def whole_day(found: Sequence[AnsweredAlert]) -> tuple[StepTimes, ...]:
    """Return the times of all hours together; without steps that alerts of fewer than ten residents reached."""
    return tuple(_steps(found))


def _steps(found: Sequence[AnsweredAlert]) -> Iterable[StepTimes]:
    for step in ResponseStep:
        reached = [one for one in found if one.took(step) is not None]
        if _people(reached) >= LEAST_PEOPLE:
            took = sorted(length for one in reached if (length := one.took(step)) is not None)
            yield StepTimes(step, len(took), _median(took), took[ceil(_NINE_TENTHS * len(took)) - 1])


def _people(found: Iterable[AnsweredAlert]) -> int:
    return len({one.resident for one in found})


def _median(took: Sequence[timedelta]) -> timedelta:
    return timedelta(seconds=median(one.total_seconds() for one in took))
