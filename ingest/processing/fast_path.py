"""Fast path for nearly every message of a native device; the slow path gives the same rows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.device import DeviceKind
from core.domain.evidence.edges import Proof, proof_of
from core.domain.metrics import METRICS, Metric
from core.domain.reading import ReadingFlag, is_life_sign
from core.store.binary_columns import microsecond
from core.store.telemetry.batches import SendingDevice
from core.store.telemetry.inserts import NewRow
from ingest.codecs.result import Decoded
from ingest.mqtt.message import InboundMessage
from ingest.processing.state_changes import ONLINE, StateChanges
from ingest.processing.timestamps import OLDEST, is_ahead

_LIFE_SIGN = int(ReadingFlag.LIFE_SIGN)
_TRUTHS = (0, 1)
_NONE = (0, 0)
# Of a state only an edge is a life sign: it is to be compared with the one before.
_COMPARE = -1


@dataclass(slots=True)
class _Kind:
    """What has to be known of a metric whose values stand for themselves.

    `signs` holds the flags of a numbered reading that is 0 and of one above, for the devices of which it may prove anything.
    """

    number: int
    low: float
    high: float
    is_truth: bool
    signs: dict[DeviceKind, tuple[int, int]]

    @classmethod
    def of(cls, metric: Metric) -> "_Kind":
        found = {kind: proof_of(kind, metric, is_numbered=True) for kind in DeviceKind}
        signs = {
            kind: (_COMPARE, _COMPARE)
            if proof is Proof.EDGE
            else (_flags(kind, metric, 0.0), _flags(kind, metric, metric.high))
            for kind, proof in found.items()
            if proof is not Proof.NOTHING
        }
        return cls(metric.number, metric.low, metric.high, metric.high == 1, signs)


def _flags(kind: DeviceKind, metric: Metric, value: float) -> int:
    return _LIFE_SIGN if is_life_sign(kind, metric.name, value) else 0


_KINDS = {
    name: _Kind.of(metric) for name, metric in METRICS.items() if not metric.words and metric.number != ONLINE
}


@dataclass(slots=True)
class FastRows:
    """The rows of a message that took the fast path, and the latest of its times."""

    rows: list[NewRow]
    latest: datetime


class FastPath:
    """Makes the rows of messages that need no look at what is stored: a new number, plain values, plausible times.

    Parameters
    ----------
    newest : timedelta
        How far ahead of our clock a device's time may be.
    states : StateChanges
        What the states of devices said last.
    is_unbroken : callable
        Returns whether no message of a device is missing before one of it.
    """

    # What follows from the time of reception; not before there is one.
    _received: int
    _oldest: datetime
    _newest: datetime
    _oldest_moment: int

    def __init__(
        self,
        newest: timedelta,
        states: StateChanges,
        is_unbroken: Callable[[Decoded, SendingDevice], bool],
    ) -> None:
        self._ahead = newest
        self._is_unbroken = is_unbroken
        self._states = states
        self._received_at: datetime | None = None

    def rows(self, message: InboundMessage, result: Decoded, device: SendingDevice) -> FastRows | None:
        """Return the rows of a message whose number is new; None if it has to take the slow path."""
        if result.fixes or result.refused or device.profile:
            return None
        if message.received_at is not self._received_at:
            self._set_received_at(message.received_at)
        if result.sent_at is not None and is_ahead(result.sent_at, message.received_at, self._ahead):
            return None
        number, kind, seq, received = device.number, device.kind, result.seq, self._received
        rows: list[NewRow] = []
        states: list[tuple[int, datetime]] = []
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
            flags = 0
            # Most metrics prove nothing, and to look up a member of an enumeration costs more than all else here.
            if known.signs:
                flags = known.signs.get(kind, _NONE)[value > 0]
                if flags == _COMPARE:
                    states.append((len(rows), time))
            rows.append((number, moment, known.number, seq, float(value), received, flags))
        if states:
            # Only now, when nothing sends the message the slow path any more.
            self._evaluate(device, rows, states, is_unbroken=self._is_unbroken(result, device))
        return FastRows(rows, latest)

    def _evaluate(
        self,
        device: SendingDevice,
        rows: list[NewRow],
        states: list[tuple[int, datetime]],
        *,
        is_unbroken: bool,
    ) -> None:
        for place, at in states:
            number, moment, metric, seq, value, received, _ = rows[place]
            is_edge = self._states.edge(device, (number, metric, ""), (at, value), is_unbroken=is_unbroken)
            rows[place] = (number, moment, metric, seq, value, received, _LIFE_SIGN if is_edge else 0)

    def _set_received_at(self, received_at: datetime) -> None:
        """Compute once, for all messages of one socket read, what follows from their time of reception."""
        self._received_at = received_at
        self._received = microsecond(received_at)
        self._oldest, self._newest = received_at - OLDEST, received_at + self._ahead
        self._oldest_moment = microsecond(self._oldest)
