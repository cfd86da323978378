"""Hours of a week on the pages: the days that were chosen in a form, and hours in words."""

from typing import Annotated

from fastapi import Depends, Form

from api.pages.rendering import HtmlPage
from core.domain.geofence import Hours
from core.texts.local_format import listed, weekday


def _chosen(days: Annotated[list[str] | None, Form()] = None) -> frozenset[int]:
    return frozenset(int(day) for day in days or [] if day.isdecimal() and int(day) < 7)


# The days of the week that were chosen in a form, Monday is 0.
ChosenDays = Annotated[frozenset[int], Depends(_chosen)]


def hours_text(hours: Hours, page: HtmlPage) -> str:
    """Return when a geofence holds, in words."""
    words = page.words
    clock = (
        words("zone.always")
        if hours.start == hours.end
        else words("zone.hours_of", start=f"{hours.start:%H:%M}", end=f"{hours.end:%H:%M}")
    )
    if len(hours.days) == 7:
        return f"{words('zone.every_day')} {clock}"
    return f"{listed(page.language, (weekday(page.language, day) for day in sorted(hours.days)))} {clock}"
