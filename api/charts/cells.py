"""What one stretch of time looks like on a chart: five different things that must never look alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

CELLS_PER_DAY = 48
CELL_MINUTES = 30


class CellState(StrEnum):
    """What is known about a stretch of time."""

    MOVED = "moved"
    STILL = "still"
    """The sensors were in contact and nobody acted."""
    AWAY = "away"
    BLIND = "blind"
    """Nothing could have been noticed: no data."""
    PAUSED = "paused"
    AHEAD = "ahead"
    """Not yet, or before the watch began."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Half an hour; `level` is 1 to 3 for `MOVED` and 0 otherwise."""

    state: CellState
    level: int = 0


@dataclass(frozen=True)
class ChartDay:
    """One local day.

    Attributes
    ----------
    day : date
        The day on the home's clock.
    label : str
        How the page writes it.
    cells : tuple of Cell
        The 48 half-hours from midnight.
    alerts : tuple of int
        Minutes after midnight at which an alert was raised.
    is_today : bool
        Whether the day is still running.
    """

    day: date
    label: str
    cells: tuple[Cell, ...]
    alerts: tuple[int, ...] = ()
    is_today: bool = False


@dataclass(frozen=True)
class DayFigures:
    """What the table beside the actogram says about a day; minutes after midnight, or None if there is no such thing."""

    first_moved: int | None
    last_moved: int | None
    moved_minutes: int
    night_minutes: int
    away_minutes: int
    blind_minutes: int


def moved_cell(count: int, many: float) -> Cell:
    """Return the cell for a number of life signs; `many` is the person's own median in half-hours with any.

    Examples
    --------
    >>> moved_cell(1, 6.0), moved_cell(6, 6.0), moved_cell(30, 6.0)
    (Cell(state=<CellState.MOVED: 'moved'>, level=1), Cell(state=<CellState.MOVED: 'moved'>, level=2), Cell(state=<CellState.MOVED: 'moved'>, level=3))
    """
    if count <= 0.5 * many:
        return Cell(CellState.MOVED, 1)
    return Cell(CellState.MOVED, 2 if count < 1.5 * many else 3)


def runs(cells: Sequence[Cell]) -> list[tuple[int, int, Cell]]:
    """Return (first index, length, cell) of each run of equal cells, so that a chart draws one box for it.

    Examples
    --------
    >>> runs([Cell(Look.STILL), Cell(Look.STILL), Cell(Look.AWAY)])
    [(0, 2, Cell(state=<CellState.STILL: 'still'>, level=0)), (2, 1, Cell(state=<CellState.AWAY: 'away'>, level=0))]
    """
    found: list[tuple[int, int, Cell]] = []
    for index, cell in enumerate(cells):
        if found and found[-1][2] == cell:
            start, length, _ = found[-1]
            found[-1] = (start, length + 1, cell)
        else:
            found.append((index, 1, cell))
    return found


def figures(day: ChartDay, night_until_minute: int = 300) -> DayFigures:
    """Return the numbers of one day; the night is the time from midnight to `night_until_minute`."""
    moved = [index for index, cell in enumerate(day.cells) if cell.state is CellState.MOVED]

    def minutes(state: CellState) -> int:
        return CELL_MINUTES * sum(cell.state is state for cell in day.cells)

    return DayFigures(
        first_moved=next((i * CELL_MINUTES for i in moved if i * CELL_MINUTES >= night_until_minute), None),
        last_moved=(moved[-1] + 1) * CELL_MINUTES if moved else None,
        moved_minutes=minutes(CellState.MOVED),
        night_minutes=CELL_MINUTES * sum(index * CELL_MINUTES < night_until_minute for index in moved),
        away_minutes=minutes(CellState.AWAY),
        blind_minutes=minutes(CellState.BLIND),
    )
