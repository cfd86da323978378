"""When a planned absence falls, in words."""

from api.pages.parts.weekly_hours import hours_text
from api.pages.rendering import HtmlPage
from core.domain.planned_absence import Absence


def when_text(absence: Absence, page: HtmlPage) -> str:
    """Return from when to when an absence lasts, or on which days and hours of each week it falls."""
    words, clock = page.words, page.times.clock_text
    if absence.hours is not None:
        when = words("absence.weekly", hours=hours_text(absence.hours, page))
        if absence.began_at > page.now:
            when += " " + words("absence.since", since=clock(absence.began_at))
        return when
    if absence.ended_at is None:
        return words("absence.no_end", since=clock(absence.began_at))
    return words("absence.once", since=clock(absence.began_at), until=clock(absence.ended_at))
