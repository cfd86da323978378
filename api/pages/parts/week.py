"""The week of a resident in words: what changed slowly, and what is unknown."""

from dataclasses import dataclass

from api.pages.rendering import HtmlPage
from api.views.weekly import load_week
from core.domain.weekly_report import LEAST_DAYS_BEFORE, Change
from core.store.database import Connection
from core.store.people.residents import ResidentOverview
from core.texts.local_format import decimal, short_day


@dataclass(frozen=True)
class WeekLine:
    """One line: what is counted, how it was, and the figures behind it."""

    name: str
    change: str
    word: str
    figures: str


@dataclass(frozen=True)
class Week:
    """The section of a page."""

    title: str
    lines: tuple[WeekLine, ...]


def load_week_section(page: HtmlPage, connection: Connection, one: ResidentOverview) -> Week:
    """Return the last whole week in words."""
    words = page.words
    report = load_week(connection, one, page.now)
    first, last = (short_day(page.language, day) for day in (report.first, report.last))
    lines: list[WeekLine] = []
    for count in report.counts:
        if count.mean is None or count.before is None:
            figures = words("week.days_known", n=count.days, before=count.days_before)
        else:
            figures = words(
                f"week.figures_{count.name}",
                mean=decimal(page.language, count.mean, 1),
                before=decimal(page.language, count.before, 1),
                n=count.days_before,
            )
            if count.change is Change.CANNOT_TELL:
                figures += " " + words("week.too_few", n=LEAST_DAYS_BEFORE)
        word = words(f"week.{count.change}")
        lines.append(WeekLine(words(f"week.{count.name}"), count.change.value, word, figures))
    return Week(words("week.title", first=first, last=last), tuple(lines))
