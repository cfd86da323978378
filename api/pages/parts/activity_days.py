"""A resident's last days as the charts draw them: what moved, what stood still, and what nobody can know."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from api.charts.cells import CELL_MINUTES, CELLS_PER_DAY, Cell, CellState, ChartDay, moved_cell
from api.wording.times import LocalTimes
from core.domain.access_scope import AccessScope
from core.domain.rule_spec import Family
from core.domain.rules import names_of
from core.store.alerts import alerts
from core.store.database import Connection
from core.store.devices import devices
from core.store.devices.devices import DeviceOverview
from core.store.people import planned_absences
from core.store.people.residents import ResidentOverview
from core.store.telemetry import blind_times, readings
from core.store.telemetry.blind_times import BlindTime
from core.store.telemetry.readings import ActivityBin

_CELL = timedelta(minutes=CELL_MINUTES)
# Alerts of the equipment are not drawn: the chart is about the person.
_EQUIPMENT_RULES = names_of(Family.EQUIPMENT)


@dataclass(frozen=True)
class Days:
    """The days of a chart, oldest first."""

    days: tuple[ChartDay, ...]
    now_minute: int

    @property
    def states(self) -> tuple[CellState, ...]:
        """Which states occur."""
        return tuple({cell.state for day in self.days for cell in day.cells})


@dataclass(frozen=True)
class ChartFacts:
    """What was received from a home in a span: the facts from which cells are made."""

    parts: Sequence[ActivityBin]
    away: Iterable[datetime]
    blind: Sequence[BlindTime]
    pauses: Sequence[tuple[datetime, datetime]]
    silence: timedelta | None
    """After this long without any reading a silent home is "no data"; None where nothing reports by itself."""


def load_days(connection: Connection, one: ResidentOverview, times: LocalTimes, count: int) -> Days:
    """Read and arrange the last `count` local days of a resident, today included."""
    today = times.local(times.now).date()
    first = today - timedelta(days=count - 1)
    since = _midnight(first, one.zone)
    until = times.now
    there = devices.overviews(connection, AccessScope(everything=True), resident=one.number)
    span = ChartFacts(
        readings.rhythm(connection, one.number, since, until, _CELL),
        readings.away(connection, one.number, since, until, _CELL),
        blind_times.of_resident(connection, one.number, since, until),
        planned_absences.times(connection, one.number, one.zone, since, until),
        silence_of(there),
    )
    raised = [
        alert.raised_at
        for alert in alerts.history(connection, residents=[one.number], since=since, limit=500)
        if alert.rule not in _EQUIPMENT_RULES
    ]
    days = arrange(span, raised, times, first, today)
    now = times.local(times.now)
    return Days(days, now.hour * 60 + now.minute)


def silence_of(there: Iterable[DeviceOverview]) -> timedelta | None:
    """Return how long a healthy home is silent at most, from the heartbeats of its devices."""
    beats = [device.heartbeat for device in there if device.heartbeat is not None]
    return 3 * min(beats) if beats else None


def arrange(
    span: ChartFacts, raised: Iterable[datetime], times: LocalTimes, first: date, last: date
) -> tuple[ChartDay, ...]:
    """Make the chart's days from what was received."""
    cells = _Cells(span, times.now)
    marks = [times.local(moment) for moment in raised]
    found: list[ChartDay] = []
    day = first
    while day <= last:
        begins = [_begin(day, index, times.zone) for index in range(CELLS_PER_DAY)]
        minutes = tuple(mark.hour * 60 + mark.minute for mark in marks if mark.date() == day)
        states = tuple(cells.at(begin) for begin in begins)
        found.append(ChartDay(day, times.day(day), states, minutes, is_today=day == last))
        day += timedelta(days=1)
    return tuple(found)


class _Cells:
    """Decides the state of each half-hour."""

    def __init__(self, span: ChartFacts, now: datetime) -> None:
        self._span = span
        self._now = now
        self._parts = {part.began_at: part for part in span.parts}
        self._away = set(span.away)
        self._began = min(self._parts, default=now)
        busy = [part.life_signs for part in span.parts if part.life_signs > 0]
        self._many = median(busy) if busy else 1.0

    def at(self, begin: datetime) -> Cell:
        """Return the cell of the half-hour that begins here; what was seen outweighs what was planned or assumed."""
        if begin >= self._now or begin < self._began:
            return Cell(CellState.AHEAD)
        part = self._parts.get(begin)
        if part is not None and part.life_signs > 0:
            return moved_cell(part.life_signs, self._many)
        end = min(begin + _CELL, self._now)
        if any(since < end and until > begin for since, until in self._span.pauses):
            return Cell(CellState.PAUSED)
        if begin in self._away:
            return Cell(CellState.AWAY)
        if self._blind_share(begin, end) > 0.5 or self._is_silent(begin):
            return Cell(CellState.BLIND)
        return Cell(CellState.STILL)

    def _blind_share(self, begin: datetime, end: datetime) -> float:
        dark = sum(
            max(0.0, (min(end, one.ended_at or self._now) - max(begin, one.began_at)).total_seconds())
            for one in self._span.blind
        )
        return dark / max(1.0, (end - begin).total_seconds())

    def _is_silent(self, begin: datetime) -> bool:
        """Return whether no reading came for so long around this half-hour that a healthy home would have spoken."""
        silence = self._span.silence
        if silence is None:
            return False
        reach = -(-silence // _CELL)
        near = (begin + step * _CELL for step in range(-reach, reach + 1))
        return not any(moment in self._parts for moment in near)


def _begin(day: date, index: int, zone: ZoneInfo) -> datetime:
    hours, half = divmod(index, 2)
    return datetime.combine(day, time(hours, 30 * half), zone).astimezone(UTC)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone).astimezone(UTC)
