"""Times as people read them: the clock of the home, and how long ago."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup

from api.locale import Words
from core.texts.local_format import clock_time, short_day, weekday


@dataclass(frozen=True)
class LocalTimes:
    """Writes times for one page.

    Attributes
    ----------
    now : datetime
        The service's time at which the page is made.
    zone : ZoneInfo
        Whose clock is shown.
    words : Words
        The page's language.
    """

    now: datetime
    zone: ZoneInfo
    words: Words

    def local(self, moment: datetime) -> datetime:
        """Return the moment on the home's clock."""
        return moment.astimezone(self.zone)

    def clock_text(self, moment: datetime) -> str:
        """Return the clock time, with the day where it is not today."""
        here = self.local(moment)
        text = clock_time(self.words.language, here)
        if here.date() != self.local(self.now).date():
            text = f"{self.day(here.date())} {text}"
        return text

    def clock(self, moment: datetime) -> Markup:
        """Return the clock time as a `<time>` element."""
        return Markup('<time datetime="{}">{}</time>').format(self.iso(moment), self.clock_text(moment))

    def day(self, day: date) -> str:
        """Return a day such as 11/23(月) or Mon 23 Nov."""
        return short_day(self.words.language, day)

    def weekday(self, number: int) -> str:
        """Return the short name of a weekday, Monday is 0."""
        return weekday(self.words.language, number)

    def ago(self, moment: datetime) -> Markup:
        """Return how long ago it was, as a `<time>` element that the browser keeps up to date."""
        return Markup('<time class="ago" data-ago datetime="{}">{}</time>').format(
            self.iso(moment), self.words("time.ago", span=self.span(self.now - moment))
        )

    def span(self, length: timedelta) -> str:
        """Return a length of time in its largest fitting unit."""
        seconds = max(0, int(length.total_seconds()))
        if seconds < 60:
            return self.words("time.seconds", n=seconds)
        if seconds < 3600:
            return self.words("time.minutes", n=seconds // 60)
        if seconds < 48 * 3600:
            return self.words("time.hours", n=seconds // 3600)
        return self.words("time.days", n=seconds // 86400)

    def length(self, length: timedelta) -> str:
        """Return a length of time to the minute, up to two days."""
        minutes = max(0, int(length.total_seconds())) // 60
        if minutes < 60 or minutes >= 48 * 60 or minutes % 60 == 0:
            return self.span(length)
        return self.words("time.hours_minutes", n=minutes // 60, minutes=minutes % 60)

    def iso(self, moment: datetime) -> str:
        """Return the moment for a machine."""
        return moment.isoformat(timespec="seconds")
