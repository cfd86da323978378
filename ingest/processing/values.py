"""Values as they are stored, and why some cannot be."""

import hashlib
import struct
import zlib

from core.domain.metrics import BUTTON, Metric
from ingest.codecs.parsing.button_words import stored_button_word
from ingest.codecs.result import Position, Rejected


def stored_value(metric: Metric, value: float | bool | str, *, exact_words: bool = False) -> float | Rejected:
    """Return a value as it is stored: a number, 0 or 1 for a truth, the place of a word; or why it cannot be."""
    if isinstance(value, str):
        word = value if exact_words or metric is not BUTTON else stored_button_word(value)
        if word not in metric.words:
            return Rejected("impossible_value", f"{metric.name} cannot be a word such as {value[:40]!r}")
        return float(metric.words.index(word))
    number = float(value)
    # NaN fails every comparison.
    if not metric.low <= number <= metric.high:
        return Rejected(
            "impossible_value",
            f"{metric.name} is {number:g} {metric.unit}; possible is {metric.low:g} to {metric.high:g}",
        )
    if metric.high == 1 and number not in {0.0, 1.0}:
        return Rejected("impossible_value", f"{metric.name} is {number:g}; it can only be true or false")
    return number


def refused_position(position: Position) -> Rejected | None:
    """Return why a position cannot be one; the text holds no position."""
    if not (-90 <= position.lat <= 90 and -180 <= position.lon <= 180):
        return Rejected("impossible_value", "latitude or longitude is outside of the earth's")
    if abs(position.lat) < 0.001 and abs(position.lon) < 0.001:
        return Rejected("no_position", "latitude and longitude are 0: the tracker had no fix")
    return None


def message_number(payload: bytes) -> int:
    """Return a number for the bytes of a message that its device does not number; below 0, as no device's is."""
    return -1 - (int.from_bytes(hashlib.blake2b(payload, digest_size=8).digest(), "big") >> 2)


def content_number(value: float, name: str) -> int:
    """Return a number for a value with a time of its own whose message is not numbered; below 0."""
    # The same value at the same time is the same reading, however often a bridge repeats it; another value is another.
    return -1 - zlib.crc32(struct.pack("<d", value) + name.encode())


def within(value: float | None, low: float, high: float) -> float | None:
    """Return a value that lies within its limits, else None: what a tracker adds to a position may be nonsense."""
    return value if value is not None and low <= value <= high else None
