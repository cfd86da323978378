"""Fast path for nearly every message of a native device; the slow path gives the same rows."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.domain.metrics import METRICS, Evidence, Metric, MetricKind
from core.domain.reading import ReadingFlag, is_life_sign
from core.store.binary_columns import microsecond
from core.store.telemetry.batches import SendingDevice
from core.store.telemetry.inserts import NewRow
from ingest.codecs.result import Decoded
from ingest.mqtt.message import InboundMessage
from ingest.processing.timestamps import OLDEST, is_ahead

# For these only a change shows that a person acted; a device that repeats its state says nothing new.
CHANGE_METRICS = tuple(
    METRICS[name].number
    for name in ("contact_open", "bed_occupied", "input_on")
    if METRICS[name].evidence is Evidence.STATE
)

# Of these we know the latest value: the changing ones, and whether a device is connected.
KNOWN_METRICS = (*CHANGE_METRICS, METRICS["online"].number)

# All others are never a life sign, whatever they say.
MAY_BE_LIFE = frozenset(
    metric.name for metric in METRICS.values() if metric.kind is MetricKind.LIFE or metric.name == "power_w"
)

_LIFE_SIGN = int(ReadingFlag.LIFE_SIGN)
_TRUTHS = (0, 1)


@dataclass(slots=True)
class _Kind:
    """What has to be known of a metric whose values stand for themselves."""

    number: int
    name: str
    low: float
    high: float
    is_truth: bool
    may_be_life: bool

    @classmethod
    def of(cls, metric: Metric) -> "_Kind":
        may_be_life = metric.name in MAY_BE_LIFE
        return cls(metric.number, metric.name, metric.low, metric.high, metric.high == 1, may_be_life)


_KINDS = {
    name: _Kind.of(metric)
    for name, metric in METRICS.items()
    if not metric.words and metric.number not in KNOWN_METRICS
}


@dataclass(slots=True)
class FastRows:
    """The rows of a message that took the fast path, and the latest of its times."""

    rows: list[NewRow]
    latest: datetime


class FastPath:
    """Makes the rows of messages that need no look at earlier ones: a new number, plain values, plausible times.

    Parameters
    ----------
    newest : timedelta
        How far ahead of our clock a device's time may be.
    """

    def __init__(self, newest: timedelta) -> None:
        self._ahead = newest
        self._set_received_at(datetime(2000, 1, 1, tzinfo=UTC))

    def rows(self, message: InboundMessage, result: Decoded, device: SendingDevice) -> FastRows | None:
        """Return the rows of a message whose number is new; None if it has to take the slow path."""
        if message.retained or result.fixes or result.last_seq is not None or result.refused:
            return None
        if message.received_at is not self._received_at:
            self._set_received_at(message.received_at)
        if result.sent_at is not None and is_ahead(result.sent_at, message.received_at, self._ahead):
            return None
        number, kind, seq, received = device.number, device.kind, result.seq, self._received
        rows: list[NewRow] = []
        time = latest = self._oldest
        moment = self._oldest_moment
        for measured in result.readings:
            known, value = _KINDS.get(measured.metric), measured.value
            # NaN fails every comparison.
            if known is None or isinstance(value, str) or not known.low <= value <= known.high:
                return None
            if known.is_truth and value not in _TRUTHS:
                return None
            if measured.time != time:
                time = measured.time
                if time is None or not self._oldest <= time <= self._newest:
                    return None
                moment = microsecond(time)
                latest = max(time, latest)
            flags = _LIFE_SIGN if known.may_be_life and is_life_sign(kind, known.name, value) else 0
            rows.append((number, moment, known.number, seq, float(value), received, flags))
        return FastRows(rows, latest) if rows else None

    def _set_received_at(self, received_at: datetime) -> None:
        """Compute once, for all messages of one socket read, what follows from their time of reception."""
        self._received_at = received_at
        self._received = microsecond(received_at)
        self._oldest, self._newest = received_at - OLDEST, received_at + self._ahead
        self._oldest_moment = microsecond(self._oldest)
