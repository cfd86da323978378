"""A recording as native messages: cut at fixed moments and numbered from the beginning of the file.

The numbers follow from the file alone, so publishing it again, or again from the middle, brings the same messages, which
are recognised and not stored twice.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from core.domain.metrics import METRICS
from simulator.network.lossy_channel import OutboundMessage
from simulator.network.payloads import MOST_IN_A_MESSAGE
from simulator.replay.readings import RecordedReading
from simulator.replay.recording import RecordedFix, Recording

# Large messages when only the content counts, one for each moment when somebody watches it come in.
BY_HOUR = timedelta(hours=1)
BY_MOMENT = timedelta(0)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Item = RecordedReading | RecordedFix


@dataclass(frozen=True)
class Publication:
    """The messages of a recording.

    Attributes
    ----------
    cut : timedelta
        A message never holds readings from two sides of a multiple of this; `BY_MOMENT` puts each moment into its own.
    """

    recording: Recording
    cut: timedelta = BY_HOUR

    def messages(self, begin: datetime | None = None, end: datetime | None = None) -> list[OutboundMessage]:
        """Return the messages of `[begin, end)`, both on a whole hour, in the order in which their contents ended."""
        messages: list[OutboundMessage] = []
        for device_id, items in self.recording.items_by_device():
            for seq, part in enumerate(self._parts(items), 1):
                last = part[-1].time
                if (begin is None or last >= begin) and (end is None or last < end):
                    messages.append(_message(device_id, seq, part))
        return sorted(messages, key=lambda message: message.time_ms)

    def _parts(self, items: Sequence[Item]) -> Iterator[list[Item]]:
        for _, group in groupby(items, key=self._cut_of):
            part: list[Item] = []
            seen: set[tuple[object, ...]] = set()
            for item in group:
                key = (item.time, getattr(item, "metric", ""))
                # Two values of one metric in one second belong to two messages, else the second would be a repeat.
                if key in seen or len(part) == MOST_IN_A_MESSAGE:
                    yield part
                    part, seen = [], set()
                part.append(item)
                seen.add(key)
            yield part

    def _cut_of(self, item: Item) -> object:
        return item.time if self.cut == BY_MOMENT else (item.time - _EPOCH) // self.cut


def _message(device_id: str, seq: int, part: list[Item]) -> OutboundMessage:
    first = part[0]
    if isinstance(first, RecordedFix):
        kind, content = "fix", {"fixes": [_fix(item) for item in part if isinstance(item, RecordedFix)]}
    else:
        kind = "readings"
        content = {"readings": [_reading(item) for item in part if isinstance(item, RecordedReading)]}
    payload = json.dumps({"seq": seq, **content}, separators=(",", ":")).encode()
    time_ms = round(part[-1].time.timestamp() * 1000)
    return OutboundMessage(time_ms, f"mimamori/v1/{device_id}/{kind}", payload)


def _reading(item: RecordedReading) -> dict[str, object]:
    metric = METRICS[item.metric]
    value: object = item.value
    if metric.words:
        value = metric.words[int(item.value)]
    elif (metric.unit, metric.low, metric.high) == ("1", 0, 1):
        value = item.value > 0
    return {"metric": item.metric, "value": value, "time": _text(item.time)}


def _fix(item: RecordedFix) -> dict[str, object]:
    fields = {
        "lat": item.lat,
        "lon": item.lon,
        "time": _text(item.time),
        "accuracy_m": item.accuracy_m,
        "altitude_m": item.altitude_m,
        "speed_kmh": item.speed_kmh,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
