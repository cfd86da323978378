"""Texts of messages in Japanese and English, and how moments and names stand in them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from unicodedata import east_asian_width
from zoneinfo import ZoneInfo

from core.domain.people import Language
from core.texts.catalogue import SHARED, LanguageTexts, read_catalogue
from core.texts.local_format import clock_time, short_day

_JUST_NOW = timedelta(minutes=1)
_LONG_AGO = timedelta(days=2)


def width(text: str) -> float:
    """Return the width in full-width characters."""
    return sum(1.0 if east_asian_width(character) in "FWA" else 0.5 for character in text)


def one_line(text: str) -> str:
    """Return a text without line breaks and runs of spaces."""
    return " ".join(text.split())


class MessageTexts(LanguageTexts):
    """Texts of one language, by section and name."""

    def text(self, section: str, name: str, /, **values: object) -> str:
        """Return one text, filled in; sections that have `other` give it for an unknown name."""
        key = f"{section}.{name}"
        return self(key if self.has(key) else f"{section}.other", **values)

    def moment(self, when: datetime, now: datetime, zone: ZoneInfo) -> str:
        """Return a moment by the clock on the wall, with the day where it is not today."""
        local, today = when.astimezone(zone), now.astimezone(zone).date()
        clock = clock_time(self.language, local)
        if local.date() == today:
            return self("time.today", clock=clock)
        if local.date() == today - timedelta(days=1):
            return self("time.yesterday", clock=clock)
        return self("time.other_day", clock=clock, day=short_day(self.language, local.date()))

    def ago(self, when: datetime, now: datetime) -> str:
        """Return how long ago a moment was."""
        span = now - when
        if span < _JUST_NOW:
            return self("time.just_now")
        if span >= _LONG_AGO:
            return self("time.days", days=span.days)
        hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
        form = "hours_minutes" if hours and minutes else "hours" if hours else "minutes"
        return self(f"time.{form}", hours=hours, minutes=minutes)

    def span(self, length: timedelta) -> str:
        """Return how long something lasts."""
        hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
        form = "hours_minutes" if hours and minutes else "hours" if hours else "minutes"
        return self(f"span.{form}", hours=hours, minutes=minutes)

    def polite(self, name: str) -> str:
        """Return a person's name in a polite form; a centre or a name that has its title already stays as it is."""
        if any(name.endswith(ending) for ending in self("name.plain_endings").split()):
            return name
        return self("name.polite", name=name)

    def looked_at(self, kind: str, place: str) -> str:
        """Return where a quiet limit looks: a device, a room, or any sensor."""
        if kind:
            return self.device(kind, place)
        return self.place(place) if place else self("phrase.whole_home")

    def device(self, kind: str, place: str) -> str:
        """Return which device it is, by its kind and where it stands."""
        device = self.text("device", kind)
        if not self.has(f"place.{place}"):
            return device
        where = self.place(place)
        if device.startswith(where):
            # The bed's sensor is called by the bed already.
            return device
        if where.split()[-1] == device.split(maxsplit=1)[0]:
            device = device.split(maxsplit=1)[1]
        return self("name.of_place", place=where, device=device)


@cache
def texts_of(language: Language) -> MessageTexts:
    """Return the texts of a language.

    Raises
    ------
    TextsError
        The files hold something that cannot be used; the process asks for them first, so that it says so at its start.
    """
    return MessageTexts(language, entries())


@cache
def entries() -> Mapping[str, Mapping[str, str]]:
    """Return the texts of all languages: by section and name, such as `tag.emergency`."""
    return read_catalogue(files("detectors.alerting").joinpath("texts"), SHARED)
