"""Rooms and times as the sentences about a reason card say them."""

from datetime import datetime

from api.locale import Words
from api.wording.times import LocalTimes


def place_name(place: str | None, words: Words) -> str:
    """Return a room's or thing's name in the page's language; empty where none is known."""
    return words.place(place) if place else ""


def looked_at(kind: str, place: str, words: Words) -> str:
    """Return where a quiet limit looks: a device, a room, or any sensor of the home."""
    if not kind:
        return place_name(place, words) or words("quiet_limit.any")
    return f"{place_name(place, words)} {words(f'kind.{kind}')}".strip()


def clock_of(moment: datetime, times: LocalTimes) -> str:
    """Return a moment as the clock on the wall of the home shows it."""
    return times.clock_text(moment)
