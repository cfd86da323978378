"""The table beside a chart of days: the same in figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.charts.cells import ChartDay, figures


@dataclass(frozen=True)
class TableRow:
    """One day of the table."""

    day: str
    values: tuple[str, ...]


def day_table(days: Sequence[ChartDay]) -> list[TableRow]:
    """Return the days as rows, the newest first."""
    return [_table_row(day) for day in reversed(days)]


def clock_of(minute: int) -> str:
    """Return minutes after midnight as a clock time."""
    return f"{minute // 60}:{minute % 60:02}"


def _table_row(day: ChartDay) -> TableRow:
    found = figures(day)

    def clock(minute: int | None) -> str:
        return "–" if minute is None else clock_of(minute)

    def length(minutes: int) -> str:
        return "–" if minutes == 0 else clock_of(minutes)

    return TableRow(
        day.label,
        (
            clock(found.first_moved),
            clock(found.last_moved),
            length(found.moved_minutes),
            length(found.night_minutes),
            length(found.away_minutes),
            length(found.blind_minutes),
            " ".join(clock_of(at) for at in day.alerts) or "–",
        ),
    )
