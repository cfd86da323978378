"""Rooms and times as the sentences about a reason card say them."""

from datetime import datetime

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
