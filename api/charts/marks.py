"""Pieces of SVG that several charts share: the hatchings, the boxes of cells, and the legend."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from api.charts.cells import Cell, CellState

# Away is diagonal, no data is crossed, paused is dotted: distinguished without colour and on paper.
_PATTERNS = (
    '<pattern id="{p}-away" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="pattern-ground" width="7" height="7"/><path class="pattern-ink" d="M0 0V7"/></pattern>'
    '<pattern id="{p}-blind" width="5" height="5" patternUnits="userSpaceOnUse">'
    '<rect class="pattern-ground" width="5" height="5"/><path class="pattern-blind" d="M0 0 5 5M5 0 0 5"/></pattern>'
    '<pattern id="{p}-paused" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<rect class="pattern-ground" width="6" height="6"/><circle class="dot" cx="3" cy="3" r="1"/></pattern>'
)
_LEGEND_ORDER = (
    ("still", Cell(CellState.STILL)),
    ("moved", Cell(CellState.MOVED, 2)),
    ("away", Cell(CellState.AWAY)),
    ("blind", Cell(CellState.BLIND)),
    ("paused", Cell(CellState.PAUSED)),
)


def patterns(prefix: str) -> str:
    """Return the `<defs>` of the hatchings; `prefix` keeps ids apart where a page has several charts."""
    return f"<defs>{_PATTERNS.replace('{p}', prefix)}</defs>"


def box(cell: Cell, prefix: str, *, x: float, y: float, width: float, height: float) -> str:
    """Return the rectangle of a run of cells; nothing for what lies ahead."""
    place = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"'
    match cell.state:
        case CellState.AHEAD:
            return ""
        case CellState.MOVED:
            return f'<rect class="moved-{cell.level}" {place}/>'
        case CellState.STILL:
            return f'<rect class="still" {place}/>'
        case _:
            return f'<rect class="{cell.state}" fill="url(#{prefix}-{cell.state})" {place}/>'


def triangle(x: float, y: float, size: float = 6) -> str:
    """Return the alert mark with its tip at (x, y)."""
    return f'<path class="alert" d="M{x:g} {y:g}l{size:g} {1.7 * size:g}h{-2 * size:g}Z"/>'


def legend(names: Mapping[str, str], prefix: str, present: Sequence[CellState]) -> Markup:
    """Return the list that explains the states.

    Parameters
    ----------
    names : mapping
        Text for `still`, `moved`, `away`, `blind`, `paused` and `alert`.
    prefix : str
        That of the chart on the same page, whose hatchings are used.
    present : sequence of Look
        Away, no data and paused are explained only where they occur; the rest always.
    """
    items = [
        f'<li><svg viewBox="0 0 24 16" aria-hidden="true" class="chart-key">{box(cell, prefix, x=0, y=0, width=24, height=16)}</svg>{escape(names[name])}</li>'
        for name, cell in _LEGEND_ORDER
        if cell.state in (CellState.STILL, CellState.MOVED, CellState.BLIND) or cell.state in present
    ]
    items.append(
        f'<li><svg class="bare" viewBox="0 0 24 16" aria-hidden="true">{triangle(12, 3)}</svg>{escape(names["alert"])}</li>'
    )
    return Markup(f'<ul class="legend chart">{"".join(items)}</ul>')  # noqa: S704 - every text in it is escaped above
