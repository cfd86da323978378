"""What a message costs each codec."""

import base64
import itertools
import json
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.domain.device import DeviceKind
from core.store.telemetry.batches import SendingDevice
from ingest.codecs import decode
from ingest.codecs.result import Rejected
from ingest.mqtt.message import InboundMessage
from ingest.mqtt.topics import source_of
from ingest.processing.batch_builder import BatchBuilder
from ingest.processing.limits import Rules
from ingest.processing.links import Links
from ingest.sequences.gap_tracker import GapTracker
from tests.bench.ingest import Effort, Say
from tests.bench.messages import messages
from tests.bench.result import Results, median
from tests.support.paths import TEST_DATA

_BATCH = 1000
_BATCHES = 3
_READ = "from the bytes of a message to the rows of a batch; the mean over the samples of its senders"


def codecs(effort: Effort, say: Say) -> Results:
    """Measure every codec on the sample messages of its senders."""
    samples = _samples()
    costs: dict[str, list[float]] = defaultdict(list)
    for run in range(effort.runs):
        say(f"codecs: run {run + 1} of {effort.runs}")
        for codec, own in samples.items():
            costs[codec].append(_microseconds(own))
    found = {f"codec_us_{codec}": median(runs, "us", _READ) for codec, runs in sorted(costs.items())}
    spread = [max(run) / min(run) for run in zip(*costs.values(), strict=True)]
    return found | {"codec_spread": median(spread, "ratio", "the slowest codec over the fastest")}


def _samples() -> dict[str, list[tuple[str, bytes]]]:
    samples: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
    samples["native"] = list(messages(_BATCH, 1))
    for path in sorted((TEST_DATA / "payloads").glob("*.json")):
        sample: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        topic, payload = str(sample["topic"]), _bytes(sample)
        source = source_of(topic)
        # What is no JSON object is a word, and says nothing of the cost of JSON.
        if source is not None and payload[:1] == b"{" and not isinstance(decode(topic, payload), Rejected):
            samples[source.codec].append((topic, payload))
    return samples


def _bytes(sample: dict[str, Any]) -> bytes:
    if "payload_base64" in sample:
        return base64.b64decode(sample["payload_base64"])
    payload = sample["payload"]
    return (
        payload.encode() if isinstance(payload, str) else json.dumps(payload, separators=(",", ":")).encode()
    )


def _microseconds(samples: Sequence[tuple[str, bytes]]) -> float:
    """Return what a message costs the processor, the fastest of some batches; what interrupts makes it only slower."""
    device = SendingDevice(1, "bench-1", "bench", DeviceKind.OTHER, None, None)
    found: list[float] = []
    for _ in range(_BATCHES):
        now = datetime.now(UTC)
        given = [
            InboundMessage(topic, payload, retained=False, repeated=False, received_at=now)
            for topic, payload in itertools.islice(itertools.cycle(samples), _BATCH)
        ]
        builder = BatchBuilder(Rules(ZoneInfo("Asia/Tokyo")), lambda _: device, Links(), now, GapTracker())
        began = time.process_time()
        for message in given:
            builder.add(message, decode(message.topic, message.payload))
        found.append((time.process_time() - began) / _BATCH * 1e6)
    return min(found)
