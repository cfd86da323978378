"""The texts of messages in Japanese and English, and how moments and names are said in them."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import cast
from zoneinfo import ZoneInfo

from core.domain.people import Language

_JUST_NOW = timedelta(minutes=1)
_LONG_AGO = timedelta(days=2)


@dataclass(frozen=True)
class Catalogue:
    """All texts of one language, by section and name."""

    sections: Mapping[str, Mapping[str, str | Sequence[str]]]

    def text(self, section: str, name: str) -> str:
        """Return one text; sections that know `other` give it for an unknown name."""
        found = self.sections[section]
        return cast("str", found[name] if name in found else found["other"])

    def has(self, section: str, name: str) -> bool:
        """Tell whether the section has this very name."""
        return name in self.sections[section]

    def words(self, section: str, name: str) -> Sequence[str]:
        """Return one list of words."""
        return self.sections[section][name]

    def moment(self, when: datetime, now: datetime, zone: ZoneInfo) -> str:
        """Say a moment by the clock on the wall, with the day where it is not today."""
        local, today = when.astimezone(zone), now.astimezone(zone).date()
        clock = f"{local.hour}:{local.minute:02}"
        if local.date() == today:
            return self.text("time", "today").format(clock=clock)
        if local.date() == today - timedelta(days=1):
            return self.text("time", "yesterday").format(clock=clock)
        weekday = self.words("time", "weekdays")[local.weekday()]
        return self.text("time", "other_day").format(
            clock=clock, weekday=weekday, month=local.month, day=local.day
        )

    def ago(self, when: datetime, now: datetime) -> str:
        """Say how long ago a moment was."""
        span = now - when
        if span < _JUST_NOW:
            return self.text("time", "just_now")
        if span >= _LONG_AGO:
            return self.text("time", "days").format(days=span.days)
        hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
        form = "hours_minutes" if hours and minutes else "hours" if hours else "minutes"
        return self.text("time", form).format(hours=hours, minutes=minutes)

    def polite(self, name: str) -> str:
        """Say a person's name politely; a centre or a name that has its title already stays as it is."""
        if any(name.endswith(ending) for ending in self.words("name", "plain_endings")):
            return name
        return self.text("name", "polite").format(name=name)

    def device(self, kind: str, place: str) -> str:
        """Say which device it is, by its kind and where it stands."""
        device = self.text("device", kind)
        if not self.has("place", place):
            return device
        where = self.text("place", place)
        if where.split()[-1] == device.split(maxsplit=1)[0]:
            device = device.split(maxsplit=1)[1]
        return self.text("name", "of_place").format(place=where, device=device)


@cache
def catalogue(language: Language) -> Catalogue:
    """Return the texts of a language."""
    text = files("detectors.alerting").joinpath("texts", f"{language}.toml").read_text(encoding="utf-8")
    return Catalogue(tomllib.loads(text))
