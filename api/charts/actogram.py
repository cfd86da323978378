"""The actogram: one row for each day, so that a person's rhythm, and what broke it, is seen at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from api.charts.cells import CELLS_PER_DAY, ChartDay, runs
from api.charts.marks import box, patterns, triangle

_LEFT = 88
_TOP = 24
_ROW = 17
_BAR = 14
_PLOT = 672
_RIGHT = 16


@dataclass(frozen=True)
class TypicalDay:
    """When the person usually gets up and goes to bed, in minutes after midnight; None where it is not known."""

    up: int | None = None
    down: int | None = None


@dataclass(frozen=True)
class Texts:
    """What the chart is called, and its description for those who do not see it."""

    title: str
    description: str


def actogram(
    days: Sequence[ChartDay],
    texts: Texts,
    *,
    typical: TypicalDay | None = None,
    now_minute: int | None = None,
    double: bool = False,
    prefix: str = "act",
) -> Markup:
    """Draw the days, the oldest on top.

    Parameters
    ----------
    days : sequence of ChartDay
        In order, each with 48 cells.
    texts : Texts
        Title and description.
    typical : TypicalDay, optional
        Drawn as thin dashed lines.
    now_minute : int, optional
        Minutes after midnight on the last day: drawn as a line in its row.
    double : bool
        Each row shows its day and the next one, so that nights are whole.
    prefix : str
        Keeps ids apart where a page has several charts.
    """
    hours = 48 if double else 24
    minute = _PLOT / (hours * 60)
    height = _TOP + _ROW * len(days) + 8
    typical = typical or TypicalDay()
    parts = [
        f'<svg class="chart" viewBox="0 0 {_LEFT + _PLOT + _RIGHT} {height}" role="img" aria-labelledby="{prefix}-t {prefix}-d">',
        f'<title id="{prefix}-t">{escape(texts.title)}</title><desc id="{prefix}-d">{escape(texts.description)}</desc>',
        patterns(prefix),
        _hours(hours, minute, height),
    ]
    for row, day in enumerate(days):
        following = days[row + 1] if double and row + 1 < len(days) else None
        parts.append(_day(day, following, row, minute, prefix))
    parts += [
        f'<path class="usual" d="M{_LEFT + at * minute:g} {_TOP - 2}V{height - 6}"/>'
        for at in (typical.up, typical.down)
        if at is not None
    ]
    if now_minute is not None and days:
        y = _TOP + _ROW * (len(days) - 1)
        parts.append(f'<path class="now" d="M{_LEFT + now_minute * minute:g} {y - 1}v{_ROW}"/>')
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704 - every text in it is escaped above


def _hours(hours: int, minute: float, height: float) -> str:
    step = 3 if hours == 24 else 6
    parts: list[str] = []
    for hour in range(0, hours + 1, step):
        x = _LEFT + hour * 60 * minute
        label = hour if hour in (24, 48) else hour % 24
        parts.append(f'<text class="faint" x="{x:g}" y="14" text-anchor="middle">{label}</text>')
        parts.append(f'<path class="rule" d="M{x:g} {_TOP - 5}V{height - 6}"/>')
    return "".join(parts)


def _day(day: ChartDay, following: ChartDay | None, row: int, minute: float, prefix: str) -> str:
    y = _TOP + _ROW * row
    weight = " today" if day.is_today else ""
    parts = [
        f'<text class="day{weight}" x="{_LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(day.label)}</text>'
    ]
    cell_width = 24 * 60 * minute / CELLS_PER_DAY
    shown = day.cells + (following.cells if following else ())
    parts += [
        box(
            cell,
            prefix,
            x=round(_LEFT + start * cell_width, 2),
            y=y,
            width=round(length * cell_width, 2),
            height=_BAR,
        )
        for start, length, cell in runs(shown)
    ]
    alerts = day.alerts + tuple(1440 + at for at in (following.alerts if following else ()))
    parts += [triangle(round(_LEFT + at * minute, 2), y + 3, 5) for at in alerts]
    return "".join(parts)
