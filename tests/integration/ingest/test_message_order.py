"""Stored rows do not depend on the order, the batches or the repeats in which messages come."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.reading import ReadingFlag
from core.store.database import Database
from core.store.telemetry import batches
from deploy.local.mosquitto import Broker
from ingest.codecs import decode
from ingest.codecs.result import Decoded
from ingest.mqtt.message import InboundMessage
from ingest.processing.batch_builder import BatchBuilder
from ingest.processing.device_cache import Devices
from ingest.processing.limits import Rules
from ingest.sequences.gap_tracker import GapTracker
from tests.support.ingest import Rows, fixes, now, readings, registered_ward
from tests.support.services.processes import Processes, service_settings
from tests.support.services.publisher import Publisher
from tests.support.wait import wait_until

_NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
_START = _NOW - timedelta(hours=3)


def _at(minute: int) -> datetime:
    return _START + timedelta(minutes=minute)


def _hall(minute: int, occupied: bool) -> bytes:
    return json.dumps({"occupancy": occupied, "last_seen": _at(minute).isoformat()}).encode()


# What a home sends in three hours: numbered states, positions, and a bridge's messages with the time they were seen.
_MESSAGES: list[tuple[str, bytes]] = [
    *(
        ("mimamori/v1/bed-1/readings", readings(seq, ("bed_occupied", state, _at(10 * seq))))
        for seq, state in enumerate((True, True, False, False, True, False), start=1)
    ),
    *(
        (
            "mimamori/v1/entrance-1/readings",
            readings(seq, ("contact_open", state, _at(7 * seq)), ("battery_pct", 80, _at(7 * seq))),
        )
        for seq, state in ((1, False), (4, True), (7, False), (9, False), (10, True))
    ),
    # Two more doors on the same board, each in messages of its own; one of them is registered by itself.
    *(
        (
            "mimamori/v1/entrance-1/readings",
            readings(seq, *((f"contact_open#{door}", state, _at(7 * seq)) for door in doors)),
        )
        for seq, state, doors in (
            (2, True, ("back", "side")),
            (3, False, ("side",)),
            (5, False, ("back",)),
            (6, True, ("side",)),
            (8, False, ("back", "side")),
        )
    ),
    *(
        (
            "mimamori/v1/hall-1/readings",
            # The second of the same value in one message is a repeat.
            readings(seq, *(("motion", True, _at(9 * seq)),) * 2, ("temperature_c", 20 + seq, _at(9 * seq))),
        )
        for seq in range(1, 5)
    ),
    *(("mimamori/v1/tracker-1/fix", fixes(seq, (35.6, 139.8 + seq / 1000, _at(seq)))) for seq in range(1, 5)),
    *(("gw/g1/zigbee2mqtt/hall", _hall(minute, minute % 2 == 0)) for minute in (3, 4, 4, 5)),
]

_orders = st.permutations(range(len(_MESSAGES)))
_repeats = st.lists(st.integers(0, len(_MESSAGES) - 1), max_size=10)
_cuts = st.sets(st.integers(1, len(_MESSAGES) + 9), max_size=6)


def _stored(
    database: Database, rows: Rows, order: list[int], cuts: set[int], gap_tracker: GapTracker | None = None
) -> list[Any]:
    """Store messages in an order and in batches, and return what the database holds."""
    rows.do("TRUNCATE reading, fix, device_latest, device_state, device_contact, home_latest, home_change")
    devices = Devices(database)
    edges = sorted({0, len(order), *(cut for cut in cuts if cut < len(order))})
    for first, last in pairwise(edges):
        results = [(_MESSAGES[place][0], _MESSAGES[place][1]) for place in order[first:last]]
        decoded = [
            (InboundMessage(topic, body, False, False, _NOW), decode(topic, body)) for topic, body in results
        ]
        devices.prepare((found.sender for _, found in decoded if isinstance(found, Decoded)), _NOW)
        builder = BatchBuilder(Rules(ZoneInfo("Asia/Tokyo")), devices.find, devices.links, _NOW, gap_tracker)
        for message, found in decoded:
            builder.add(message, found)
        devices.links = builder.finish(devices.links)
        with database.transaction() as connection:
            batches.store_batch(connection, builder.batch, _NOW)
    return [
        rows.of(
            "SELECT device_number, time, metric, seq, value, flags, acted_from, channel FROM reading"
            " ORDER BY 1, 2, 3, 4"
        ),
        rows.of("SELECT device_number, time, seq, lat, lon, flags FROM fix ORDER BY 1, 2, 3"),
        rows.of("SELECT device_number, metric, time, value FROM device_latest ORDER BY 1, 2"),
        rows.of("SELECT device_number, last_time, last_seq FROM device_contact ORDER BY 1"),
    ]


def test_order_batches_and_repeats_do_not_change_what_is_stored(database_url: str, tmp_path: Path) -> None:
    with registered_ward(database_url, tmp_path) as rows, Database(database_url) as database:
        rows.of(
            "INSERT INTO device (device_id, sender, kind, place, registered_at)"
            " VALUES ('side-door', 'native:entrance-1#side', 'door', 'side_door', %s) RETURNING 1",
            [_START - timedelta(days=1)],
        )
        expected = _stored(database, rows, list(range(len(_MESSAGES))), set())
        assert [len(found) for found in expected] == [6 + 17 + 3 + 8, 4, 7, 5]
        side = max(row[0] for row in expected[0])
        doors = [
            [row for row in expected[0] if row[7] == "back"],
            [row for row in expected[0] if row[0] == side],
        ]
        # Only what differs from before is a life sign, at its own time, for no number is missing.
        assert [[row[4] for row in door] for door in doors] == [[1, 0, 0], [1, 0, 1, 0]]
        assert [[row[5] & int(ReadingFlag.LIFE_SIGN) > 0 for row in door] for door in doors] == [
            [False, True, False],
            [False, True, True, True],
        ]
        assert {row[6] for door in doors for row in door} == {None}

        # Whoever counts the numbers knows which messages are new, and stores those without asking for each.
        @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(order=_orders, repeats=_repeats, cuts=_cuts, counts=st.booleans())
        def in_any_other_way(order: list[int], repeats: list[int], cuts: set[int], counts: bool) -> None:
            gap_tracker = GapTracker() if counts else None
            assert _stored(database, rows, [*order, *repeats], cuts, gap_tracker) == expected

        in_any_other_way()


def test_a_new_number_whose_reading_is_stored_already_is_stored_once(
    database_url: str, tmp_path: Path, broker: Broker, processes: Processes
) -> None:
    moment = now()
    with registered_ward(database_url, tmp_path) as rows:
        # As after a device was given a number anew, or another worker stored what the broker then gives to this one.
        rows.of(
            "INSERT INTO reading (device_number, time, metric, seq, value, received_at)"
            " SELECT device_number, %s, 1, 2, 1, now() FROM device WHERE device_id = 'hall-1' RETURNING seq",
            [moment],
        )
        processes.start("ingest", service_settings(database_url, broker))
        with Publisher(broker) as device:
            for seq in (1, 2, 3):
                device.publish("mimamori/v1/hall-1/readings", readings(seq, ("motion", True, moment)))
            device.flush()
        wait_until(lambda: rows.of("SELECT 1 FROM ingest_progress WHERE stored_messages >= 3"))
        assert rows.of("SELECT seq FROM reading ORDER BY seq") == [(1,), (2,), (3,)]
        assert rows.of("SELECT last_seq FROM device_contact") == [(3,)]
        assert rows.count("quarantine") == 0
