"""When a device made its message, as the payload behind a network server states it."""

from collections.abc import Set
from datetime import UTC, datetime, timedelta

from ingest.codecs.lorawan.place_times import message_time
from ingest.codecs.lorawan.place_words import FieldNames
from ingest.codecs.lorawan.positions import is_kept, says_now, says_when_it_happened, stamps_of
from ingest.codecs.parsing.json_fields import JsonObject, text_of
from ingest.codecs.parsing.second_times import AHEAD, SUSPECT


def stated_in(body: JsonObject, names: FieldNames, sent: datetime | None) -> tuple[datetime | None, Set[str]]:
    """Return when a message was made, by its own time where the network's bears it out, and the fields that say so.

    Parameters
    ----------
    body : dict
        What the decoder gave.
    names : FieldNames
        What the names of its fields say.
    sent : datetime or None
        When the network received it.

    Returns
    -------
    time : datetime or None
        When it was made; `sent` where nothing says that it was earlier; `SUSPECT` where nobody knows when.
    used : set of str
        The fields that were understood.
    """
    used = set[str]()
    if sent is None:
        return sent, used
    was_kept = is_kept(body, names)
    least, found, others = timedelta(0) if was_kept else AHEAD, None, set[str]()
    is_of_now, happened = False, None
    for stamp in stamps_of(body, names):
        stated = message_time(stamp.value, sent, least, is_utc=stamp.is_utc)
        is_of_now |= says_now(stamp, stated)
        found = stated.time or found
        if says_when_it_happened(stamp) and stated.time:
            happened = stated.time
            used.update(stamp.fields if stated.is_read else ())
        elif stated.is_read:
            (others if stated.time else used).update(stamp.fields)
    if is_of_now and not was_kept:
        # What else has a time in it may be anything, but for what says when it happened.
        return happened or sent, used
    # What was kept nobody knows how long is none of now.
    return found or (SUSPECT if was_kept else sent), used | others


def time_of_calls(body: JsonObject, names: FieldNames, received: datetime | None) -> datetime | None:
    """Return when the calls of a message count that states another time than the network's; None where that is the time it states.

    A clock that stands still, or the time of the last fix, gives each press the same time, and what comes twice with one time is one press.
    So a call is of now, unless its message says of itself that it was kept.
    """
    return None if is_kept(body, names) else received or SUSPECT


def own_time(body: JsonObject) -> datetime | None:
    """Return the time of a message in Dragino's Date and Time: UTC, not padded with zeros; `SUSPECT` where they are in another form."""
    date, time = text_of(body.get("Date")), text_of(body.get("Time"))
    if not date or not time:
        return None
    try:
        year, month, day = map(int, date.split("-"))
        hour, minute, second = map(int, time.split(":"))
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except (ValueError, OverflowError):
        return SUSPECT


def time_of_place(own: datetime | None, stated: datetime | None, sent: datetime | None) -> datetime | None:
    """Return when a place was found that says no time itself, by Dragino's time of its message, the time that the message states, and when it was sent.

    A time on a wall may be now, which is enough for a place and not for a movement.
    """
    if own == SUSPECT:
        return SUSPECT
    return sent if stated == SUSPECT else None
