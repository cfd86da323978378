"""Where a tracker is, in the forms of the vendors' decoders, and whether that place is fresh and certain.

Forms: Abeeway `position.gnssFix` and `gpsLatitude` with `age`, Dragino `Latitude`/`Longitud`, Milesight `latitude`, MOKO `lat`/`lon` with
`age`, Digital Matter `latitudeDeg` with `fixFailed`, Cayenne `gps_1`, SenseCAP `messages`.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from ingest.codecs.lorawan.date_parts import dates_in, with_zone
from ingest.codecs.lorawan.place_times import Stated, message_time, stated_time
from ingest.codecs.lorawan.place_words import (
    ABOUT_THE_FIX,
    DOUBTING_TEXTS,
    FIELD_NAMES,
    NAMES_OF_MESSAGE,
    OF_WHAT_HAPPENED,
    FieldName,
    FieldNames,
    NameBeside,
    is_doubtful_word,
    is_of_no_receiver,
    is_old_word,
)
from ingest.codecs.lorawan.tracker_place import TrackerPlace
from ingest.codecs.parsing.json_fields import JsonObject, number_of, object_of, time_of_epoch, truth_of
from ingest.codecs.parsing.second_times import AHEAD
from ingest.codecs.parsing.word_parts import word_parts
from ingest.codecs.result import Position

PLACES_OF_OTHERS = frozenset({"SOURCE_REGISTRY", "SOURCE_GATEWAY", "SOURCE_IP_GEOLOCATION", "CONFIG"})
"""What a network server calls the source of a place that somebody entered, or that is not the device's."""

_DEEPEST = 3
# Where something else is, and where networks think that the device may be.
_OTHERS = frozenset({"gateway", "registry", "config", "configured", "static", "manual"})
_NETWORKS = frozenset(
    {"cell", "cells", "wifi", "lbs", "ip", "network", "ble", "bluetooth", "beacon", "rssi", "tdoa"}
)
_OLDEST_S = timedelta(days=400).total_seconds()


class Stamp(NamedTuple):
    """A time that a message states of itself, whether its text is in UTC and its name says no more than that it is a time, and the fields that say it."""

    value: object
    is_utc: bool
    is_plain: bool
    fields: tuple[str, ...]


class _Holder(NamedTuple):
    """An object in a message that has to do with a place, the path to it, and the fields whose texts may say that there is no fix."""

    path: str
    body: JsonObject
    names: FieldNames
    texts: list[str]


def place_in(body: JsonObject, names: FieldNames, sent: datetime | None) -> TrackerPlace | None:
    """Return what an object of a decoder, whose message was sent at a time, says about where the device is; None if it says nothing."""
    texts = _doubting_texts(body)
    if not texts and not names.is_about_place:
        return None
    place = TrackerPlace()
    _read_holder(place, [_Holder("", body, names, texts)], sent)
    if place.is_doubtful:
        place.position = None
    return place


def _doubting_texts(body: JsonObject) -> list[str]:
    return [key for key, value in body.items() if isinstance(value, str) and DOUBTING_TEXTS[value]]


def _read_holder(place: TrackerPlace, around: list[_Holder], sent: datetime | None) -> None:
    """Read the last of some objects of which each holds the next, and those in it.

    What stands around an object holds for the place in it: `{"age": 86400, "gnssFix": {...}}`.
    """
    path, body, names, _ = around[-1]
    _note_doubt(place, around[-1])
    if place.position is None:
        place.position = _position(place, around, sent)
    if len(around) > _DEEPEST:
        return
    for key in names.holders:
        value = body[key]
        if isinstance(value, dict):
            inside = cast("JsonObject", value)
            texts, own = _doubting_texts(inside), NAMES_OF_MESSAGE[tuple(inside)]
            if texts or own.is_about_place:
                _read_holder(place, [*around, _Holder(f"{path}{key}.", inside, own, texts)], sent)


def _note_doubt(place: TrackerPlace, holder: _Holder) -> None:
    path, body, names, texts = holder
    if not (texts or names.flags or names.marks):
        return
    holds_place = bool(path or names.latitudes)
    doubts = [key for key in texts if _says_failed(FIELD_NAMES[key], _words(body[key]), is_inside=bool(path))]
    doubts += [
        key
        for key, name in names.flags
        if (holds_place or not name.needs_place) and key not in texts and _is_doubt(name, body[key])
    ]
    place.is_doubtful |= bool(doubts)
    place.used.update(path + key for key in (*doubts, *names.marks))


def _words(value: object) -> frozenset[str]:
    return frozenset(word_parts(value)) if isinstance(value, str) else frozenset()


def _says_failed(name: FieldName, words: frozenset[str], *, is_inside: bool) -> bool:
    """Return whether the words of a field say that there is no fix: one of an object about a place, about a fix, or that names one."""
    return (is_inside or name.is_about_fix or bool(words & ABOUT_THE_FIX)) and is_doubtful_word(words)


def _says_off(name: FieldName, words: frozenset[str], *, is_inside: bool) -> bool:
    """Return whether the words of a field say that the receiver finds nothing at the time of the message."""
    return name.is_state and (is_inside or name.is_about_fix) and is_of_no_receiver(words)


def _is_doubt(name: FieldName, value: object) -> bool:
    truth = truth_of(value)
    return name.doubts_if_true if truth else name.doubts_if_false and truth is False


def _position(place: TrackerPlace, around: list[_Holder], sent: datetime | None) -> Position | None:
    path, body, names, _ = around[-1]
    latitude, longitude = _number_in(body, names.latitudes), _number_in(body, names.longitudes)
    if latitude is None or longitude is None:
        return None
    # 0 metres is no accuracy that a receiver has: it stands for "not known".
    accuracy, altitude = _number_in(body, names.accuracies), _number_in(body, names.altitudes)
    moment = _number_in(body, names.times) if path else None
    position = Position(
        latitude[1],
        longitude[1],
        accuracy_m=accuracy[1] or None if accuracy else None,
        altitude_m=altitude[1] if altitude else None,
    )
    if accuracy is not None and accuracy[1] < 0:
        place.is_doubtful = True
    if moment and moment[1]:
        position.time = time_of_epoch(moment[1])
    for used in (latitude, longitude, accuracy, altitude, moment):
        if used is not None:
            place.used.add(path + used[0])
    # Of most places nothing stands beside them.
    if any(one.names.may_say_more or one.texts for one in around):
        _read_beside(place, position, around, sent)
    return position


def _read_beside(
    place: TrackerPlace, position: Position, around: list[_Holder], sent: datetime | None
) -> None:
    """Read what the fields beside a place and around it say of it: whether it is a fix, when it was found, and that it is none of now."""
    place.is_doubtful |= any(_says_no_fix(one.body, one.names, position.accuracy_m) for one in around)
    _read_time(place, position, around, sent)
    if position.time is None:
        _read_age(place, position, around, sent)


def _read_time_inside(
    place: TrackerPlace, position: Position, holder: _Holder, sent: datetime | None
) -> None:
    """Read the time in an object about a place where it is a text."""
    for key in holder.names.times:
        stated = stated_time(holder.body[key], sent)
        position.time = stated.time or position.time
        if stated.is_read:
            place.used.add(holder.path + key)


def _number_in(body: JsonObject, names: Iterable[str]) -> tuple[str, float] | None:
    """Return the first of some fields that holds a number, with it."""
    for one in names:
        number = number_of(body[one])
        if number is not None:
            return one, number
    return None


def _read_age(place: TrackerPlace, position: Position, around: list[_Holder], sent: datetime | None) -> None:
    """Read that a place is none of now, where nothing beside it says when it was found."""
    kept = {one.path + key for one in around for key in _saying_kept(one)}
    if sent is not None:
        position.time = _older(around[0], sent, timedelta(0) if kept else AHEAD)
    off = {one.path + key for one in around for key in _saying_off(one)}
    place.used.update(kept, off)
    if position.time is None and (kept or off):
        place.is_doubtful = True


def is_kept(body: JsonObject, names: FieldNames) -> bool:
    """Return whether a message says that it is an older one, which was kept: `buffered`, `isHistory`, `dataStatus: old`."""
    return any(True for _ in _saying_kept(_Holder("", body, names, _doubting_texts(body))))


def _saying_kept(holder: _Holder) -> Iterator[str]:
    """Give the fields that say of an object that it is an older one."""
    yield from (key for key in holder.names.older if truth_of(holder.body[key]) is True)
    for key in holder.texts:
        if FIELD_NAMES[key].may_say_old and is_old_word(_words(holder.body[key])):
            yield key


def _saying_off(holder: _Holder) -> Iterator[str]:
    """Give the fields that say that the receiver finds nothing."""
    path, body, names, texts = holder
    yield from (key for key, name in names.flags_of_now if key not in texts and _is_doubt(name, body[key]))
    for key in texts:
        if _says_off(FIELD_NAMES[key], _words(body[key]), is_inside=bool(path)):
            yield key


def _older(message: _Holder, sent: datetime, least: timedelta) -> datetime | None:
    """Return the time of a whole message where it is an older one: what was kept when the line was down is not where somebody is now."""
    found, happened, is_of_now = None, None, False
    for stamp in stamps_of(message.body, message.names):
        stated = message_time(stamp.value, sent, least, is_utc=stamp.is_utc, of_place=True)
        is_of_now |= bool(least) and says_now(stamp, stated)
        found = found or stated.time
        if says_when_it_happened(stamp):
            happened = happened or stated.time
    return happened if is_of_now else found


def says_now(stamp: Stamp, stated: Stated) -> bool:
    """Return whether a time, as it was understood, says that the whole message is of now, whatever else has a time in it: `timestamp`, `ts`."""
    return stamp.is_plain and stated.is_read and stated.time is None


def says_when_it_happened(stamp: Stamp) -> bool:
    """Return whether a time is by its name that of what a message reports, and not that of the message: `event_time`, `measuredAt`."""
    return not OF_WHAT_HAPPENED.isdisjoint(word_parts(stamp.fields[0]))


def stamps_of(body: JsonObject, names: FieldNames) -> Iterator[Stamp]:
    """Give the times of a whole message, each with the zone that stands beside it and the fields that say it."""
    header = object_of(body.get("header"))
    of_header = NAMES_OF_MESSAGE[tuple(header)]
    for prefix, fields, own in ("", body, names), ("header.", header, of_header):
        for key, name in own.times_of_message:
            value, zone = with_zone(fields[key], fields, own.zones)
            yield Stamp(
                value, name.is_utc, name.is_plain_time, tuple(f"{prefix}{one}" for one in (key, zone) if one)
            )
    for date in dates_in(body, names.date, names.date_holders):
        yield Stamp(date.text, date.is_utc, is_plain=False, fields=date.fields)


def _read_time(place: TrackerPlace, position: Position, around: list[_Holder], sent: datetime | None) -> None:
    """Read when a place was found from the fields beside it, and around it."""
    if around[-1].path and position.time is None:
        _read_time_inside(place, position, around[-1], sent)
    # The nearest says it best, so it comes last.
    depths = around[-1].path.split(".")
    for depth, one in enumerate(around):
        for key, name in one.names.times_beside:
            stated = _time_beside(name, one.body[key], sent)
            position.time = stated.time or position.time
            if stated.time is not None and stated.is_read:
                place.used.add(".".join([*depths[:depth], key]))
        for date in dates_in(one.body, one.names.date, one.names.date_holders) if depth else ():
            stated = stated_time(date.text, sent, is_utc=date.is_utc)
            position.time = stated.time or position.time
            if stated.is_read:
                place.used.update(".".join([*depths[:depth], key]) for key in date.fields)


def is_no_fix(beside: JsonObject, accuracy: float | None) -> bool:
    """Return whether the fields beside a place say that it is no fix of now: no satellites, a receiver that is off, a network's guess.

    Examples
    --------
    >>> [is_no_fix(beside, None) for beside in ({"sat": 0}, {"gps": "off"}, {"source": "lbs"}, {"sat": 7, "error": True})]
    [True, True, True, False]
    """
    names, texts = NAMES_OF_MESSAGE[tuple(beside)], _doubting_texts(beside)
    for key in texts:
        name, words = FIELD_NAMES[key], _words(beside[key])
        if _says_failed(name, words, is_inside=False) or _says_off(name, words, is_inside=False):
            return True
    # Of the flags only those that name the fix: others may be about anything.
    flags = ((key, name) for key, name in (*names.flags, *names.flags_of_now) if name.is_about_fix)
    if any(key not in texts and _is_doubt(name, beside[key]) for key, name in flags):
        return True
    return _says_no_fix(beside, names, accuracy)


def _says_no_fix(body: JsonObject, names: FieldNames, accuracy: float | None) -> bool:
    return any(_is_no_fix(name, body[key], accuracy) for key, name in names.doubts)


def _is_no_fix(name: NameBeside, value: object, accuracy: float | None) -> bool:
    if name.counts_satellites:
        return number_of(value) == 0 and not isinstance(value, bool)
    words = _words(value)
    if name.is_large_dilution(number_of(value)):
        return True
    if name.is_kind_of_fix and (number_of(value) == 0 or words & {"none", "no", "invalid"}):
        return True
    if name.is_source:
        return bool(words & _OTHERS) or (not accuracy and bool(words & _NETWORKS))
    return name.names_another and value is True


def _time_beside(name: NameBeside, value: object, sent: datetime | None) -> Stated:
    """Return when a place was found, by a field beside it: an age, or the time of the fix."""
    number = number_of(value) if name.age_s else None
    if number is not None and sent is not None and 0 <= number * name.age_s <= _OLDEST_S:
        return Stated(sent - timedelta(seconds=number * name.age_s), is_read=True)
    return stated_time(value, sent, is_utc=name.is_utc) if name.is_time else Stated(None, is_read=False)
