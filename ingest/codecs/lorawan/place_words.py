"""What the names of a decoder's fields say about a place: where it stands, whether it is a fix, and how old it is.

The messages of a model have the same fields each time, so this is worked out once for each list of fields.
"""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from core.text_cache import TextCache
from ingest.codecs.lorawan.date_parts import PartsOfDate, may_hold_date, parts_of_date, says_zone
from ingest.codecs.parsing.word_parts import word_parts

_AXIS = r"(?:gps|gnss|loc|position)?_?{}(?:_?deg(?:rees)?)?\Z"
_LATITUDE = re.compile(_AXIS.format("(?:latitude|latitud|lat)"), re.IGNORECASE)
_LONGITUDE = re.compile(_AXIS.format("(?:longitude|longitud|lon|lng|long)"), re.IGNORECASE)
# What may hold a place: of these only where the device itself is.
_HOLDERS = frozenset({"gps", "gnss", "position", "location", "fix", "pos", "loc", "coordinates", "tago"})
_ELSEWHERE = frozenset({
    *("last", "previous", "known", "cached", "old", "home", "fence", "geofence", "center", "centre", "target", "gateway"),
    *("anchor", "beacon", "station", "cell", "wifi", "ble", "bluetooth", "reference", "destination", "network"),
})  # fmt: skip
ABOUT_THE_FIX = frozenset({"gps", "gnss", "fix", "position", "location", "valid"})
_FAILED = frozenset({
    *("failed", "fail", "failure", "invalid", "timeout", "nofix", "lost", "error", "searching", "acquiring", "nok"),
})  # fmt: skip
_DOUBTFUL = (
    *("fail", "invalid", "timeout", "fix", "not", "lost", "error", "cached", "stale", "known"),
    *("searching", "acquiring", "nok", "off", "sleep", "disabled", "inactive", "unavailable", "none", "void"),
    *("old", "outdated", "expired", "stored", "histor", "buffered", "archived"),
)
# What a receiver says of itself that finds nothing, V in the words of NMEA 0183.
_RECEIVES_NOTHING = frozenset(
    {"off", "sleep", "sleeping", "disabled", "inactive", "unavailable", "none", "void", "v"}
)
# Beside the words for a fix, these say only that there is one.
_OF_ITS_STATE = frozenset({
    *("status", "state", "is", "has", "receiver", "module", "signal", "fixed", "on", "active", "enabled", "available"),
    *("lock", "locked", "ok", "fresh"),
})  # fmt: skip
_SAYS_FIX = frozenset({"gps", "gnss", "valid", "fix", "fixed", "available", "lock", "locked", "ok", "fresh"})
# Names of what says of a whole message, or of a place, how it came about.
_OF_RECORDS = frozenset({"data", "message", "msg", "record", "report", "packet", "frame", "uplink"})
_HOW_IT_IS = frozenset({"status", "state", "type", "kind", "quality", "freshness"})
_OLDER = frozenset({"history", "historic", "historical", "buffered", "archived"})
_OLD = _OLDER | {"old", "outdated", "expired", "stored", "stale", "cached"}
_NOT_FRESH = frozenset({"approximate", "approx", "estimated", "cached", "stale", "outdated", "last", "old"})
_OF_THE_FIX = ABOUT_THE_FIX - {"valid"}
# Seconds in what an age may be counted in.
_AGE_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3600.0),
    **{"ms": 0.001},
}
_SATELLITES = frozenset({"sat", "sats", "satellite", "satellites", "numsats", "numsat"})
_SATELLITES_BESIDE = frozenset({"num", "number", "count", "used", "n", "of", "gps", "gnss", "fix"})
_FIX_KINDS = (
    *(frozenset({"fix", "type"}), frozenset({"fix", "mode"}), frozenset({"fix", "quality"})),
    *(frozenset({"gps", "quality"}), frozenset({"gnss", "quality"})),
)
_SOURCES = frozenset({"source", "provider", "origin"})
# Of these only together with a word for the place.
_WAYS = frozenset({"type", "method", "technology"})
_ACCURACIES = ("horizontalAccuracy", "accuracy", "acc", "accuracy_m", "horizontal_accuracy", "posAcc")
_ALTITUDES = ("altitude", "alt")
_TIMES = ("timestamp", "time")
_STAMPS = frozenset({"time", "timestamp", "datetime"})
_MADE = frozenset({
    *("record", "recorded", "measured", "measurement", "created", "sample", "sampled", "event", "sent", "collected"),
    *("report", "reported", "acquisition", "acquired", "captured", "collect"),
    *("measure", "observed"),
})  # fmt: skip
OF_WHAT_HAPPENED = _MADE - {"created", "sent", "report", "reported"}
"""Words by which a time is that of what a message reports, also where it was sent now."""
# The time of an alarm or a movement may be that of the last one, so neither is among these.
_OF_MESSAGE = _MADE | {
    *("utc", "gmt", "at", "date", "device", "sensor", "message", "unix", "epoch", "rtc", "dev", "node", "data", "stamp", "s", "ms"),
    *("system", "sys", "current", "uplink", "payload"),
}  # fmt: skip
# By themselves these are times as well.
_STAMPS_ALONE = _STAMPS | {"utc", "ts", "unixtime", "unix", "epoch", "rtc", "epochtime", "utctime"}
_PLAIN_TIMES = _STAMPS_ALONE | {"gmt", "stamp", "s", "ms"}
_DILUTIONS = frozenset({"hdop", "pdop"})
# Receivers give 99.99 while they have no fix.
_NO_FIX_DILUTION = 50


@dataclass(frozen=True, slots=True)
class FieldName:
    """What the name of a field says by itself.

    Attributes
    ----------
    is_latitude, is_longitude, is_holder : bool
        Whether it is one of the two, or may hold a place.
    is_about_fix : bool
        Whether it is about how the place was found.
    is_about_place : bool
        Whether it may have to do with a place at all: most have not.
    doubts_if_true, doubts_if_false : bool
        Whether so its value says that a place is no fix: `fixFailed: true`, `gps_valid: false`, `approximate: true`.
    needs_place : bool
        Whether it says so only beside a place: its name says no more than `valid` or `cached`.
    is_mark : bool
        Whether it says of a place how good it is, and nothing else.
    is_state : bool
        Whether it says no more than how a receiver or a fix is.
    is_of_now : bool
        Whether it says so of the receiver at the time of the message: a place that has a time of its own may be from before.
    may_say_old : bool
        Whether a word in it may say that the message, or the place, was kept.
    """

    is_latitude: bool
    is_longitude: bool
    is_holder: bool
    is_about_fix: bool
    is_about_place: bool
    doubts_if_true: bool
    doubts_if_false: bool
    needs_place: bool
    is_mark: bool
    is_state: bool
    is_of_now: bool
    may_say_old: bool

    @classmethod
    def of(cls, key: str) -> "FieldName":
        """Read a name."""
        parts = frozenset(word_parts(key))
        is_latitude, is_longitude = _LATITUDE.match(key) is not None, _LONGITUDE.match(key) is not None
        is_holder = bool(parts & _HOLDERS) and not parts & _ELSEWHERE
        is_about_fix = bool(parts & ABOUT_THE_FIX)
        may_be_flag = is_about_fix or bool(parts & (_FAILED | _NOT_FRESH | {"fixed"}))
        # `no_fix: true`
        says_no = bool(parts & {"no", "not"} and parts & _OF_THE_FIX)
        is_state = bool(parts) and parts <= ABOUT_THE_FIX | _OF_ITS_STATE
        return cls(
            is_latitude,
            is_longitude,
            is_holder,
            is_about_fix,
            is_about_place=is_latitude or is_longitude or is_holder or may_be_flag,
            doubts_if_true=may_be_flag and (says_no or bool(parts & (_NOT_FRESH | _FAILED))),
            doubts_if_false=is_state and may_be_flag and bool(parts & _SAYS_FIX),
            needs_place=not parts & _OF_THE_FIX,
            is_mark=is_about_fix and bool(parts & {"valid", "failed"}),
            is_state=is_state,
            is_of_now=is_state and not parts & {"valid", "fix", "fixed"},
            may_say_old=bool(
                parts & (_HOW_IT_IS | _OF_THE_FIX) and parts <= _OF_RECORDS | _HOW_IT_IS | _OF_THE_FIX
            ),
        )


@dataclass(frozen=True, slots=True)
class NameBeside:
    """What the name of a field beside a place says of it.

    Attributes
    ----------
    age_s : float
        In how many seconds an age is counted; 0 if it is none.
    is_time, is_utc : bool
        Whether it is when the place was found, and that in UTC where its value names no zone.
    is_of_message, is_plain_time : bool
        Whether it is when the message was made, and says no more than that it is a time.
    counts_satellites, is_kind_of_fix, is_source, names_another, is_dilution : bool
        What it is that may say that the place is no fix of the device.
    says_older : bool
        Whether it says that the message was kept; without a time of its own nobody knows for how long.
    """

    age_s: float
    is_time: bool
    is_utc: bool
    is_of_message: bool
    is_plain_time: bool
    counts_satellites: bool
    is_kind_of_fix: bool
    is_source: bool
    names_another: bool
    is_dilution: bool
    says_older: bool

    @classmethod
    def of(cls, key: str) -> "NameBeside":
        """Read a name."""
        parts = frozenset(word_parts(key))
        rest = parts - _OF_THE_FIX - {"age", "since", "last", "in", "time", "elapsed"}
        is_age = "age" in parts or ("since" in parts and bool(parts & _OF_THE_FIX))
        unit = 1.0 if not rest else _AGE_UNITS.get(next(iter(rest)), 0.0) if len(rest) == 1 else 0.0
        return cls(
            unit if is_age else 0.0,
            *_of_time(parts),
            counts_satellites=bool(parts & _SATELLITES and parts <= _SATELLITES | _SATELLITES_BESIDE),
            is_kind_of_fix=any(kind <= parts for kind in _FIX_KINDS),
            is_source=bool(parts & _SOURCES and parts <= _SOURCES | _OF_THE_FIX)
            or bool(parts & _WAYS and parts & _OF_THE_FIX and parts <= _WAYS | _OF_THE_FIX),
            names_another=bool(parts) and parts <= {"gateway", "is"},
            is_dilution=bool(parts & _DILUTIONS and parts <= _DILUTIONS | _OF_THE_FIX),
            says_older=bool(parts & _OLDER and parts <= _OLDER | _OF_THE_FIX | {"is", "data", "message"}),
        )

    @property
    def may_doubt(self) -> bool:
        """Whether its value may say that the place is no fix of the device."""
        is_of_fix = self.counts_satellites or self.is_kind_of_fix or self.is_dilution
        return is_of_fix or self.is_source or self.names_another

    def is_large_dilution(self, value: float | None) -> bool:
        """Return whether it says that the receiver had no satellites to find a place by."""
        return self.is_dilution and value is not None and value >= _NO_FIX_DILUTION


def _of_time(parts: frozenset[str]) -> tuple[bool, bool, bool, bool]:
    """Return whether a name says when a place was found, in UTC, when a whole message was made, and that only by a word for a time."""
    stamps = parts & _STAMPS
    is_of_fix = stamps and parts & _OF_THE_FIX and parts <= stamps | _OF_THE_FIX | {"utc", "gmt", "at"}
    # `timestamp`, `event_time`, `measuredAt`, `ts`
    is_stamp = parts & _STAMPS_ALONE or ("at" in parts and parts & _MADE)
    is_of_message = is_stamp and parts <= _STAMPS_ALONE | _OF_MESSAGE
    is_plain = is_of_message and parts <= _PLAIN_TIMES
    return bool(is_of_fix), bool(parts & {"utc", "gmt"}), bool(is_of_message), bool(is_plain)


@dataclass(frozen=True, slots=True)
class FieldNames:
    """What the names of some fields that come together say.

    Attributes
    ----------
    is_about_place : bool
        Whether any may have to do with a place.
    latitudes, longitudes, holders, marks : tuple of str
        The names of these.
    flags, flags_of_now : tuple
        Those that may say that a place is no fix, and that the receiver has none at the time of the message.
    accuracies, altitudes, times : tuple of str
        The names of these, the ones that count first in front.
    times_of_message : tuple
        Those that say when a whole message was made.
    date, date_holders, zones
        In which fields a time stands in parts, the objects that may hold such a one, and the fields that say the zone of a time.
    doubts, times_beside, older : tuple
        Those that say of a place beside them that it is no fix, when it was found, and that it was kept.
    may_say_more : bool
        Whether any may say of a place beside them that it is none of now, or when it was found.
    """

    is_about_place: bool
    latitudes: tuple[str, ...]
    longitudes: tuple[str, ...]
    holders: tuple[str, ...]
    marks: tuple[str, ...]
    flags: tuple[tuple[str, FieldName], ...]
    flags_of_now: tuple[tuple[str, FieldName], ...]
    accuracies: tuple[str, ...]
    altitudes: tuple[str, ...]
    times: tuple[str, ...]
    times_of_message: tuple[tuple[str, NameBeside], ...]
    date: PartsOfDate | None
    date_holders: tuple[str, ...]
    zones: tuple[str, ...]
    doubts: tuple[tuple[str, NameBeside], ...]
    times_beside: tuple[tuple[str, NameBeside], ...]
    older: tuple[str, ...]
    may_say_more: bool

    @classmethod
    def of(cls, keys: tuple[str, ...]) -> "FieldNames":
        """Read some names."""
        flags = _those(keys, lambda one: one.doubts_if_true or one.doubts_if_false)
        names = [(key, FIELD_NAMES[key]) for key in flags]
        flags_of_now = tuple((key, name) for key, name in names if name.is_of_now)
        doubts = _beside(keys, lambda one: one.may_doubt)
        times_beside = _beside(keys, lambda one: bool(one.age_s or one.is_time))
        older = tuple(key for key, _ in _beside(keys, lambda one: one.says_older))
        stamps = _beside(_without_date(keys), lambda one: one.is_of_message)
        date, date_holders = parts_of_date(keys), tuple(filter(may_hold_date, _without_date(keys)))
        return cls(
            is_about_place=bool(_those(keys, lambda one: one.is_about_place)),
            latitudes=_those(keys, lambda one: one.is_latitude),
            longitudes=_those(keys, lambda one: one.is_longitude),
            holders=_those(keys, lambda one: one.is_holder),
            marks=_those(keys, lambda one: one.is_mark),
            flags=tuple((key, name) for key, name in names if not name.is_of_now),
            flags_of_now=flags_of_now,
            accuracies=_present(_ACCURACIES, keys),
            altitudes=_present(_ALTITUDES, keys),
            times=_present(_TIMES, keys),
            times_of_message=stamps,
            date=date,
            date_holders=date_holders,
            zones=tuple(key for key in keys if says_zone(key)),
            doubts=doubts,
            times_beside=times_beside,
            older=older,
            may_say_more=any(
                (flags_of_now, doubts, times_beside, older, stamps, date, date_holders, "header" in keys)
            ),
        )


def _without_date(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return the fields without Dragino's `Date` and `Time`, which are read together."""
    return tuple(key for key in keys if key not in {"Date", "Time"}) if "Date" in keys else keys


def _those(keys: Iterable[str], says: Callable[[FieldName], bool]) -> tuple[str, ...]:
    return tuple(key for key in keys if says(FIELD_NAMES[key]))


def _beside(keys: Iterable[str], says: Callable[[NameBeside], bool]) -> tuple[tuple[str, NameBeside], ...]:
    return tuple((key, _NAMES_BESIDE[key]) for key in keys if says(_NAMES_BESIDE[key]))


def _present(known: Iterable[str], keys: Collection[str]) -> tuple[str, ...]:
    """Return those of some names that are there, in their order."""
    return tuple(one for one in known if one in keys)


def is_doubtful_word(words: frozenset[str]) -> bool:
    """Return whether a text says that there is no fix, or an old one: `FAILURE`, `no fix`, `last known`; `no error` does not."""
    if words & {"no", "not", "without"}:
        return bool(words & {"fix", "fixed", "valid"})
    return bool(words & (_FAILED | {"cached", "stale"})) or {"last", "known"} <= words


def is_of_no_receiver(words: frozenset[str]) -> bool:
    """Return whether a text says that a receiver finds nothing: `off`, `none`, `V`."""
    return bool(words & _RECEIVES_NOTHING) and not words & {"no", "not"}


def is_old_word(words: frozenset[str]) -> bool:
    """Return whether a text says that something was kept: `old`, `history`; `not old` does not."""
    return bool(words & _OLD) and not words & {"no", "not"}


def _may_doubt(text: str) -> bool:
    words = text.lower()
    return words.strip() == "v" or any(word in words for word in _DOUBTFUL)


FIELD_NAMES = TextCache[str, FieldName](FieldName.of)
_NAMES_BESIDE = TextCache[str, NameBeside](NameBeside.of)
NAMES_OF_MESSAGE = TextCache[tuple[str, ...], FieldNames](FieldNames.of, most=1_000, longest=1_500)
"""What the fields of a message, or of an object in it, have to do with a place."""
DOUBTING_TEXTS = TextCache[str, bool](_may_doubt, longest=100)
"""Whether a text may say that there is no fix."""
