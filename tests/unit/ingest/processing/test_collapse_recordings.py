"""One home, 12 usual days and a collapse: what its sensors repeat afterwards is no life sign."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.domain.device import DeviceKind
from core.domain.reading import ReadingFlag
from core.store.binary_columns import microsecond
from core.store.telemetry.batches import SendingDevice
from ingest.codecs import decode
from ingest.mqtt.message import InboundMessage
from ingest.processing.batch_builder import BatchBuilder
from ingest.processing.limits import Rules
from ingest.processing.links import Links
from ingest.sequences.gap_tracker import GapTracker
from simulator.replay.files import read_recording
from simulator.replay.parsing.text_file import FileChoices
from simulator.replay.publication import BY_MOMENT, Publication
from tests.support.paths import TEST_DATA

CASES = TEST_DATA / "cases"
RULES = Rules(ZoneInfo("Asia/Tokyo"))
LAST_SIGN = datetime(2026, 9, 12, 23, 49, tzinfo=UTC)


@pytest.mark.parametrize("name", ["collapse_silent", "collapse_radar_repeats"])
def test_the_last_life_sign_is_the_last_one_before_the_collapse(name: str) -> None:
    recording = read_recording(CASES / f"{name}.csv.gz", None, FileChoices(ZoneInfo("UTC")))
    devices = {
        f"native:{one.device_id}": SendingDevice(
            number, one.device_id, f"native:{one.device_id}", one.kind, None, None
        )
        for number, one in enumerate(recording.devices, start=1)
    }
    links, tracker = Links(), GapTracker()
    newest = 0
    for sent in Publication(recording, BY_MOMENT).messages():
        at = datetime.fromtimestamp(sent.time_ms / 1000, UTC)
        builder = BatchBuilder(RULES, devices.get, links, at, tracker)
        builder.add(
            InboundMessage(sent.topic, sent.payload, False, False, at), decode(sent.topic, sent.payload)
        )
        links = builder.finish(links)
        assert not builder.batch.refused
        signs = [row[1] for row in builder.batch.new if row[6] & ReadingFlag.LIFE_SIGN]
        newest = max([newest, *signs])
    assert newest == microsecond(LAST_SIGN)


def test_a_radar_that_says_with_every_change_of_light_that_somebody_is_there_gives_no_life_sign() -> None:
    case = json.loads(Path(CASES / "c12-radar-presence-repeat.json").read_text(encoding="utf-8"))
    device = SendingDevice(1, "radar", "zigbee2mqtt:pgw/radar", DeviceKind.MOTION, None, None)
    links, signs = Links(), list[int]()
    for minute in range(120):
        at = LAST_SIGN + timedelta(minutes=minute)
        body = {**case["payload"], "illuminance": minute, "presence": minute > 0}
        builder = BatchBuilder(RULES, lambda _: device, links, at)
        payload = json.dumps(body).encode()
        builder.add(InboundMessage(case["topic"], payload, False, False, at), decode(case["topic"], payload))
        links = builder.finish(links)
        signs += [minute for row, _ in builder.batch.doubtful if row[6] & ReadingFlag.LIFE_SIGN]
    # Only that somebody came.
    assert signs == [1]
