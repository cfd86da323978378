"""From when to when somebody was seen, as a radar's messages are stored: the first word counts, and not how often it is said."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.store.database import Database
from core.store.telemetry import occupancies
from core.store.telemetry.batches import store_batch
from detectors.windows.series import occupancy_series
from ingest.codecs import decode
from ingest.mqtt.message import InboundMessage
from ingest.processing.batch_builder import BatchBuilder
from ingest.processing.device_cache import Devices
from ingest.processing.limits import Rules
from tests.support.ingest import Rows, now, registered_ward

HALL = "gw/g1/zigbee2mqtt/hall"
BEGAN = now() - timedelta(hours=3)


@pytest.fixture
def rows(database_url: str, tmp_path: Path) -> Iterator[Rows]:
    with registered_ward(database_url, tmp_path) as found:
        yield found


def take_in(database: Database, messages: Sequence[tuple[int, Mapping[str, object]]]) -> None:
    """Store what a radar says at some minutes, in one batch."""
    devices = Devices(database)
    devices.prepare(["zigbee2mqtt:g1/hall"], minute(messages[-1][0]))
    builder = BatchBuilder(Rules(ZoneInfo("Asia/Tokyo")), devices.find, devices.links, BEGAN)
    for at, values in messages:
        payload = json.dumps({**values, "last_seen": minute(at).isoformat()}).encode()
        builder.add(InboundMessage(HALL, payload, False, False, minute(at)), decode(HALL, payload))
    builder.finish(devices.links)
    with database.transaction() as connection:
        store_batch(connection, builder.batch, minute(messages[-1][0]))


def minute(at: float) -> datetime:
    return BEGAN + timedelta(minutes=at)


def test_somebody_is_there_from_the_first_word_of_a_radar_to_the_first_that_nobody_is(
    database: Database, rows: Rows
) -> None:
    there, nobody = {"presence": True}, {"presence": False}
    take_in(
        database,
        [
            # What was so when the radar was first in contact began nobody knows when.
            *((at, {**there, "illuminance": at}) for at in (0, 5)),
            *((10, nobody), (15, nobody)),
            *((at, {**there, "illuminance": at}) for at in range(20, 40, 2)),
            *((40, nobody), (45, nobody), (50, there), (52, there)),
        ],
    )
    (home,) = rows.of(
        "SELECT home_id FROM device_assignment JOIN device USING (device_number) WHERE device_id = 'z2m-hall'"
    )[0]
    with database.transaction() as connection:
        found = occupancies.changes(connection, home, 1, BEGAN - timedelta(hours=1), minute(60))
        later = occupancies.changes(connection, home, 1, minute(30), minute(60))
        elsewhere = occupancies.changes(connection, home + 1, 1, BEGAN - timedelta(hours=1), minute(60))

    def spans(changes: list[occupancies.OccupancyChanges]) -> list[tuple[float, float]]:
        (one,) = occupancy_series(changes)
        assert one.part.endswith(".presence")
        minutes = [(ends - BEGAN.timestamp()) / 60 for ends in (*one.began.tolist(), *one.ended.tolist())]
        half = len(minutes) // 2
        return list(zip(minutes[:half], minutes[half:], strict=True))

    assert spans(found) == [(20.0, 40.0), (50.0, float("inf"))]
    assert spans(later) == [(50.0, float("inf"))]
    assert elsewhere == []
