"""The rhythm of one day as a strip of bars, for a phone: no text inside, so that it stretches to any width."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from api.charts.actogram import TypicalDay
from api.charts.cells import CELL_MINUTES, CELLS_PER_DAY, Cell, CellState
from api.charts.marks import box, patterns

_WIDTH = 480
_HEIGHT = 60
_BAR_HEIGHTS = {1: 18, 2: 34, 3: 50}


def rhythm(
    cells: Sequence[Cell], title: str, *, typical: TypicalDay | None = None, prefix: str = "day"
) -> Markup:
    """Draw the 48 half-hours of a day: the busier the higher, over a band that marks when the person is usually up.

    Parameters
    ----------
    cells : sequence of Cell
        48 half-hours from midnight.
    title : str
        What the picture says, as one sentence; it is the whole text for those who do not see it.
    typical : TypicalDay, optional
        The band runs from `up` to `down`.
    prefix : str
        Keeps ids apart where a page has several charts.
    """
    width = _WIDTH / CELLS_PER_DAY
    parts = [
        f'<svg class="chart rhythm" viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" role="img" aria-labelledby="{prefix}-t">',
        f'<title id="{prefix}-t">{escape(title)}</title>{patterns(prefix)}',
        f'<rect class="still" width="{_WIDTH}" height="{_HEIGHT}"/>',
    ]
    if typical and typical.up is not None and typical.down is not None and typical.up < typical.down:
        x = typical.up / CELL_MINUTES * width
        parts.append(
            f'<rect class="band" x="{x:g}" y="0" width="{typical.down / CELL_MINUTES * width - x:g}" height="{_HEIGHT}"/>'
        )
    for index, cell in enumerate(cells):
        x = index * width
        if cell.state is CellState.MOVED:
            high = _BAR_HEIGHTS[cell.level]
            parts.append(box(cell, prefix, x=round(x + 1, 2), y=_HEIGHT - high, width=width - 2, height=high))
        elif cell.state is not CellState.STILL:
            parts.append(box(cell, prefix, x=round(x, 2), y=0, width=width, height=_HEIGHT))
    parts.append(f'<path class="frame" d="M0 {_HEIGHT - 0.5}H{_WIDTH}"/></svg>')
    return Markup("".join(parts))  # noqa: S704 - the title is escaped above
