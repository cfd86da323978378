"""Reads what a rule left on its reason card; every part of one may be missing, since cards come from rules of several versions."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from api.locale import Words
from api.wording.times import LocalTimes


def place_name(place: str | None, words: Words) -> str:
    """Return a room's or thing's name in the page's language; a name of its own stays as it is."""
    if not place:
        return ""
    key = f"place.{place.lower().replace('-', '_').replace(' ', '_')}"
    return words(key) if words.has(key) else place


def clock_of(moment: datetime, times: LocalTimes) -> str:
    """Return a moment as the clock on the wall of the home shows it."""
    return times.clock_text(moment)


def _part(card: object, *names: str) -> object:
    if not names:
        return card
    if not isinstance(card, Mapping):
        return None
    return _part(cast("Mapping[str, object]", card).get(names[0]), *names[1:])


def text_of(card: Mapping[str, object], *names: str) -> str:
    """Return a text of a card, empty where there is none."""
    found = _part(card, *names)
    return found if isinstance(found, str) else ""


def number_of(card: Mapping[str, object], *names: str) -> float | None:
    """Return a number of a card, None where there is none."""
    found = _part(card, *names)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def moment_of(card: Mapping[str, object], *names: str) -> datetime | None:
    """Return a moment of a card, None where there is none."""
    try:
        found = datetime.fromisoformat(text_of(card, *names))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
