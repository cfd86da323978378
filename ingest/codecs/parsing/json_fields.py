"""Reading single fields of foreign JSON: truth words, numbers, times, and objects of bounded size and depth."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import cast

import msgspec

from ingest.codecs.result import Rejected

# What a device sends in one message is far below this.
LARGEST_PAYLOAD = 256 * 1024
# A bridge lists all its devices in one message, some 3 kB each; more the broker refuses by itself (deploy/mosquitto).
LARGEST_LIST = 4 * 1024 * 1024
_DEEPEST = 32

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TRUE = {"true", "on", "1", "yes", "open", "online", "detected", "alarm"}
_FALSE = {"false", "off", "0", "no", "close", "closed", "offline", "clear", "normal", "idle"}

JsonObject = Mapping[str, object]

_decoder = msgspec.json.Decoder()
# What small firmware prints in place of a number that it does not have: `nan`, `-inf`, `21,5`, `+5`, `.5`, or nothing at all; a truth in
# capitals, and a comma too many. A text in quotes is passed over as a whole, so that nothing in it is found.
_BAD_VALUE = re.compile(
    r'"(?:[^"\\]|\\.)*"'
    r"|(?P<truth>\b(?-i:True|TRUE|False|FALSE)\b)"
    r"|(?P<comma>,(?=\s*[}\]]))"
    r"|(?P<bad>[-+]?\b(?:nan|inf|infinity|undefined|none)\b(?:\(\w*\))?|(?:(?<=:)|(?<=:\s))[-+]?\d+,\d+(?=\s*[,}])"
    r"|-?\d+(?:\.\d+)?e\+?\d{3,}|(?<=:)\s*(?=[,}])"
    r"|(?:(?<=:)|(?<=:\s))(?!-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[-+]?\d+)?\s*[,}])[-+.\d][-+.\de]*(?=\s*[,}]))",
    re.IGNORECASE,
)


def json_value(payload: bytes, largest: int = LARGEST_PAYLOAD) -> object | Rejected:
    """Return the JSON value in a payload of at most `largest` bytes, or why there is none."""
    if len(payload) > largest:
        return Rejected("too_large", f"the message has {len(payload)} bytes; {largest} are allowed")
    try:
        value: object = _decoder.decode(payload)
    except UnicodeDecodeError:
        return Rejected("not_utf8", "the message is not UTF-8 text")
    except RecursionError:
        return Rejected("nested_too_deep", "the JSON is nested too deep")
    except msgspec.DecodeError as error:
        value = _without_bad_values(payload, error)
        if isinstance(value, Rejected):
            return value
    # With few brackets it cannot be deep, and counting them is many times faster than looking.
    if payload.count(b"{") + payload.count(b"[") > _DEEPEST and _depth_exceeds(value, _DEEPEST):
        return Rejected("nested_too_deep", f"the JSON is nested deeper than {_DEEPEST} levels")
    return value


def _without_bad_values(payload: bytes, error: Exception) -> object | Rejected:
    """Return the JSON value with the fields that are none as texts, so that no codec takes them for a number or a truth."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return Rejected("not_utf8", "the message is not UTF-8 text")
    repaired = _BAD_VALUE.sub(_as_text, text.lstrip("\ufeff").rstrip("\0"))
    try:
        return _decoder.decode(repaired)
    except (msgspec.DecodeError, RecursionError):
        return Rejected("not_json", f"the message is not JSON: {error}")


def _as_text(match: re.Match[str]) -> str:
    if match["truth"] is not None:
        return match["truth"].lower()
    if match["comma"] is not None:
        return ""
    bad = match["bad"]
    return match[0] if bad is None else f'"{bad.strip() or "missing"}"'


def json_object(payload: bytes) -> JsonObject | Rejected:
    """Return the JSON object in a payload, or why there is none."""
    value = json_value(payload)
    if isinstance(value, Rejected):
        return value
    if not isinstance(value, dict):
        return Rejected("wrong_shape", "the message is JSON but not an object in braces")
    return cast("JsonObject", value)


def plain_text(payload: bytes) -> str | Rejected:
    """Return a payload that is a short word or number, without the white space around it."""
    if len(payload) > 256:
        return Rejected("wrong_shape", f"a single word or number was expected, not {len(payload)} bytes")
    try:
        text = payload.decode().strip()
    except UnicodeDecodeError:
        return Rejected("not_utf8", "the message is not UTF-8 text")
    if "\0" in text:
        return Rejected("wrong_shape", "the text holds a NUL character")
    return text


def inner(body: JsonObject, *path: str) -> JsonObject:
    """Return the object at a path of keys; empty where there is none."""
    value: object = body
    for key in path:
        value = cast("JsonObject", value).get(key) if isinstance(value, dict) else None
    return object_of(value)


def object_of(value: object) -> JsonObject:
    """Return an object; an empty one if it is something else."""
    return cast("JsonObject", value) if isinstance(value, dict) else {}


def items(value: object) -> list[object]:
    """Return a list's items; none if it is no list."""
    return cast("list[object]", value) if isinstance(value, list) else []


def objects(value: object) -> list[JsonObject]:
    """Return the objects in a list; none if it is no list."""
    return [cast("JsonObject", entry) for entry in items(value) if isinstance(entry, dict)]


def text_of(value: object) -> str:
    """Return a text without NUL, or an empty text if it is something else."""
    return value.replace("\0", "") if isinstance(value, str) else ""


def number_of(value: object) -> float | None:
    """Return a finite number, also from text; None for everything else, truth values among it."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    # Most often a field is not there.
    if value is None or isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) else None


def no_numbers(body: JsonObject, keys: Iterable[str]) -> list[str]:
    """Return those of some fields which hold something that is no number, as `nan` is none."""
    return [key for key in keys if body.get(key) is not None and number_of(body[key]) is None]


def zigbee_percent(number: float) -> float:
    """Return the per cent of a Zigbee battery, which the standard counts in halves to 200 and some bridges pass on so."""
    # Up to 100 a message does not show which of the two it is.
    return number / 2 if 100 < number <= 200 else number


def truth_of(value: object) -> bool | None:
    """Return a truth value from what senders use for one; None if it says neither."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return True if value == 1 else False if value == 0 else None
    if isinstance(value, str):
        word = value.strip().lower()
        return True if word in _TRUE else False if word in _FALSE else None
    return None


def time_of_epoch(value: object) -> datetime | None:
    """Return the UTC time of Unix seconds, or of milliseconds where the number can be nothing else."""
    number = number_of(value)
    if number is None:
        return None
    # 100 thousand million seconds is the year 5138, and as milliseconds it is 1973.
    if abs(number) >= 1e11:
        number /= 1000
    try:
        return _EPOCH + timedelta(seconds=number)
    except OverflowError:
        return None


def time_of_text(value: object) -> datetime | None:
    """Return the time an ISO 8601 text says: with its offset in UTC, without one naive; None if it is no time."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        # Servers written in Go give nanoseconds, of which this takes the microseconds.
        moment = datetime.fromisoformat(value.strip())
        return moment if moment.tzinfo is None or moment.tzinfo is UTC else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def aware_time(value: object) -> datetime | None:
    """Return the UTC time of an ISO 8601 text with an offset; None without one."""
    moment = time_of_text(value)
    return moment if moment is not None and moment.tzinfo else None


def _depth_exceeds(value: object, left: int) -> bool:
    if left <= 0:
        return True
    if isinstance(value, dict):
        return any(_depth_exceeds(entry, left - 1) for entry in cast("dict[str, object]", value).values())
    if isinstance(value, list):
        return any(_depth_exceeds(entry, left - 1) for entry in cast("list[object]", value))
    return False
