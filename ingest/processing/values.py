"""Values as they are stored, and why some cannot be."""

import hashlib
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from core.domain.device import DeviceKind
from core.domain.evidence.edges import EDGES, Proof, proof_of
from core.domain.metrics import BRIDGE_ONLINE, BUTTON, CALLS, METRICS, ONLINE, Metric, MetricKind
from core.store.telemetry.batches import SendingDevice
from ingest.codecs.parsing.button_words import stored_button_word
from ingest.codecs.result import Measured, Position, Rejected

_CALLS = frozenset(CALLS)


@dataclass(frozen=True, slots=True)
class KnownMetric:
    """A metric, and what follows from its row in the registry.

    A number from `low` to `high` is a value as it is. `proofs` and `numbered_proofs` say by what values show that a person acted, of a device without a profile that does or does not
    number its messages.
    """

    metric: Metric
    number: int
    is_call: bool
    is_life: bool
    is_connection: bool
    may_prove: bool
    low: float
    high: float
    proofs: dict[DeviceKind, Proof]
    numbered_proofs: dict[DeviceKind, Proof]

    @classmethod
    def of(cls, metric: Metric) -> "KnownMetric":
        """Work it out for one metric."""
        return cls(
            metric,
            metric.number,
            metric.name in _CALLS,
            metric.kind is MetricKind.LIFE,
            metric.number == ONLINE.number,
            metric.number in EDGES,
            # Of a truth not all numbers between are values.
            *((metric.low, metric.high) if metric.high != 1 else (1.0, 0.0)),
            {kind: proof_of(kind, metric, is_numbered=False) for kind in DeviceKind},
            {kind: proof_of(kind, metric, is_numbered=True) for kind in DeviceKind},
        )

    def proof(self, device: SendingDevice, channel: str, *, is_numbered: bool) -> Proof:
        """Return by what the values of a device show that a person acted."""
        if device.profile is not None:
            return proof_of(
                device.kind, self.metric, channel, is_numbered=is_numbered, profile=device.profile
            )
        return (self.numbered_proofs if is_numbered else self.proofs)[device.kind]


KNOWN_METRICS = {name: KnownMetric.of(metric) for name, metric in METRICS.items()}

# What readings a message holds, as bits: most messages hold nothing of most of it.
CALL = 1
CHANNEL = 2
UNKNOWN = 4
DEVICE_LINK = 8
BRIDGE_LINK = 16
_OTHER = 32

_CONTENTS = {name: CALL if known.is_call else _OTHER for name, known in KNOWN_METRICS.items()} | {
    ONLINE.name: DEVICE_LINK,
    BRIDGE_ONLINE.name: BRIDGE_LINK,
}


def contents_of(readings: Iterable[Measured]) -> int:
    """Return what readings there are: calls, values of channels, of metrics that nobody knows, whether something is connected."""
    found = 0
    for one in readings:
        found |= _CONTENTS.get(one.metric) or _content_of(one.metric)
    return found


def _content_of(name: str) -> int:
    metric, sign, _ = name.partition("#")
    known = KNOWN_METRICS.get(metric)
    channel = CHANNEL if sign else 0
    if known is None:
        return channel | UNKNOWN
    return channel | (CALL if known.is_call else _OTHER)


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
