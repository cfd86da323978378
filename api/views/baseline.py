"""The learned baseline of a resident: in plain words, and as the charts mark it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from api.charts.actogram import TypicalDay
from api.wording.times import LocalTimes
from core.domain.rhythm import NAME, VERSION, Habit, Rhythm
from core.store.database import Connection
from core.store.people import baselines
from core.store.people.residents import ResidentOverview

# Fewer nights or outings make no sentence.
_LEAST_NIGHTS, _LEAST_OUTINGS = 14, 5


@dataclass(frozen=True)
class BaselineSummary:
    """A rhythm, and the day it was learned for; None where nothing was learned yet."""

    day: date | None
    rhythm: Rhythm

    @property
    def visits(self) -> float | None:
        """How often somebody gets up in a usual night, None where it is not known."""
        known = self.rhythm.nights >= _LEAST_NIGHTS
        return round(self.rhythm.night_visits / self.rhythm.nights, 1) if known else None

    @property
    def longest_outing(self) -> timedelta | None:
        """How long the longest usual outing lasts, None where it is not known."""
        found = [one for one in self.rhythm.outings.values() if one.count >= _LEAST_OUTINGS]
        return timedelta(minutes=max(one.longest_min for one in found)) if found else None

    @property
    def typical_day(self) -> TypicalDay:
        """By when somebody is up on most days, and about when they move last, to ten minutes; None where not known."""
        up, down = self.rhythm.up, self.rhythm.down
        return TypicalDay(
            None if up is None else _up_to_ten(up.by_min),
            None if down is None else 10 * round(down.at_min / 10),
        )


def learned(connection: Connection, one: ResidentOverview, now: datetime) -> BaselineSummary:
    """Return the newest rhythm of a resident."""
    found = baselines.latest(connection, one.number, NAME, VERSION, now.astimezone(one.zone).date())
    return (
        BaselineSummary(None, Rhythm())
        if found is None
        else BaselineSummary(found[0], Rhythm.from_json(found[1]))
    )


def sentences(found: BaselineSummary, times: LocalTimes) -> list[str]:
    """Say what is usual: "usually up by 6:30"; what is not known is not said."""
    words, day = times.words, found.typical_day
    said: list[str] = []
    if day.up is not None:
        said.append(words("usual.up", by=clock_of(day.up)))
    if day.down is not None:
        said.append(words("usual.down", at=clock_of(day.down)))
    if found.visits is not None:
        said.append(words("usual.visits", n=round(found.visits)))
    if found.longest_outing is not None:
        hours = timedelta(minutes=30 * round(found.longest_outing.total_seconds() / 1800))
        said.append(words("usual.outing", span=times.length(max(hours, timedelta(minutes=30)))))
    return said


def by(habit: Habit) -> str:
    """Return by when something has happened on most days, on the next ten minutes."""
    return clock_of(_up_to_ten(habit.by_min))


def _up_to_ten(minutes: float) -> int:
    return round(-(-minutes // 10) * 10)


def clock_of(minutes: float) -> str:
    """Return minutes after midnight as a clock time.

    Examples
    --------
    >>> clock_of(390.4)
    '6:30'
    """
    hours, rest = divmod(round(minutes) % 1440, 60)
    return f"{hours}:{rest:02}"
