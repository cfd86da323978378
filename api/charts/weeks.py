"""Counts by week as small bars."""

from collections.abc import Sequence

from markupsafe import Markup, escape

_BAR, _GAP, _HEIGHT = 12, 4, 40


def weeks(counts: Sequence[int], most: int, title: str, prefix: str) -> Markup:
    """Draw a bar for each week, all charts of a page to one scale.

    Parameters
    ----------
    counts : sequence of int
        From the oldest week on.
    most : int
        What the highest bar of the page stands for.
    title : str
        What the picture says; it is the whole text for those who do not see it.
    prefix : str
        Keeps ids apart where a page has several charts.
    """
    width = len(counts) * (_BAR + _GAP)
    parts = [
        f'<svg class="chart weeks" viewBox="0 0 {width} {_HEIGHT}" width="{width}" height="{_HEIGHT}" role="img" aria-labelledby="{prefix}-t">',
        f'<title id="{prefix}-t">{escape(title)}</title>',
    ]
    for number, count in enumerate(counts):
        high = round((_HEIGHT - 2) * count / max(most, 1))
        x = number * (_BAR + _GAP)
        if high:
            parts.append(
                f'<rect class="moved-3" x="{x}" y="{_HEIGHT - 1 - high}" width="{_BAR}" height="{high}"/>'
            )
    parts.append(f'<path class="frame" d="M0 {_HEIGHT - 0.5}H{width}"/></svg>')
    return Markup("".join(parts))  # noqa: S704 - the title is escaped above
