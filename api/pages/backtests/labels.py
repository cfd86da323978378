"""What really happened, as staff type it in beside what is to be tried: a day, a time, a few words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

from pydantic import ValidationError

from api.pages.rendering import HtmlPage
from api.schemas.backtests import LabelIO
from core.domain.backtest import BacktestSettings, Label

# Rows of the form: at least so many, and one that is empty up to so many.
_LEAST_ROWS, _MOST_ROWS = 3, 8


@dataclass(frozen=True)
class Happening:
    """One row of the form, as typed; day and time are those of the home's clock."""

    day: str = ""
    time: str = ""
    what: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed."""
        return not (self.day or self.time or self.what)

    def moment(self, page: HtmlPage) -> datetime | None:
        """Return when it began; None where that is no time."""
        try:
            return datetime.fromisoformat(f"{self.day}T{self.time}").replace(tzinfo=page.times.zone)
        except ValueError:
            return None

    def problem(self, page: HtmlPage, weeks: int) -> str:
        """Say what is wrong with it, nothing if it can be used."""
        began_at = self.moment(page)
        if began_at is None:
            return page.words("backtest.problem_when")
        try:
            LabelIO(began_at=began_at, what=self.what)
        except ValidationError:
            return page.words("backtest.problem_what")
        if not page.now - timedelta(weeks=weeks) <= began_at <= page.now:
            return page.words("backtest.problem_span", weeks=page.words("backtest.weeks_n", n=weeks))
        return ""

    def label(self, page: HtmlPage) -> Label:
        """Return it as it is compared with what would have been raised."""
        began_at = self.moment(page)
        if began_at is None:
            raise AssertionError("only rows without a problem are used")  # pragma: no cover
        return Label(began_at, self.what)


def typed(days: Sequence[str], times: Sequence[str], whats: Sequence[str]) -> list[Happening]:
    """Return the rows that were sent, without the empty ones."""
    rows = (Happening(*(one.strip() for one in row)) for row in zip_longest(days, times, whats, fillvalue=""))
    return [row for row in rows if not row.is_empty][:_MOST_ROWS]


def filled_up(rows: Sequence[Happening]) -> list[Happening]:
    """Return rows with empty ones behind, as the form shows them."""
    count = min(max(_LEAST_ROWS, len(rows) + 1), _MOST_ROWS)
    return [*rows, *(Happening() for _ in range(count - len(rows)))]


def remembered(before: Sequence[BacktestSettings], page: HtmlPage) -> list[Happening]:
    """Return what was typed in when somebody tried last, so that it need not be typed again."""
    labels = next((one.labels for one in before if one.labels), ())
    return list(_rows(sorted(labels, key=lambda one: one.began_at)[-_MOST_ROWS:], page))


def _rows(labels: Sequence[Label], page: HtmlPage) -> Iterator[Happening]:
    for one in labels:
        here = page.times.local(one.began_at)
        yield Happening(f"{here:%Y-%m-%d}", f"{here:%H:%M}", one.what)
