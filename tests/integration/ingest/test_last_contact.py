"""What an operator sees of contact: gateways, a ward without data, clocks that are off."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.domain.metrics import METRICS
from core.store.database import Connection, Database
from core.store.operation import health
from ingest.monitoring.gateway_contacts import GatewayContacts
from tests.support.ingest import Rows, registered_ward

_NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)


@pytest.fixture
def rows(database_url: str, tmp_path: Path) -> Iterator[Rows]:
    with registered_ward(database_url, tmp_path) as found:
        found.do("UPDATE device SET registered_at = '2026-01-01T00:00:00Z'")
        yield found


@pytest.fixture
def connection(database_url: str, rows: Rows) -> Iterator[Connection]:
    with Database(database_url, size=1) as database, database.transaction() as found:
        yield found


def _received(rows: Rows, device_id: str, at: datetime, skew_s: float | None = None) -> None:
    rows.of(
        "INSERT INTO device_contact (device_number, last_received_at, last_time, last_seq, clock_skew_s)"
        " SELECT device_number, %s, %s, 0, %s FROM device WHERE device_id = %s"
        " ON CONFLICT (device_number) DO UPDATE SET last_received_at = excluded.last_received_at RETURNING 1",
        (at, at, skew_s, device_id),
    )


def test_each_gateway_shows_when_something_last_came_through_it(rows: Rows, connection: Connection) -> None:
    _received(rows, "hall-2", _NOW - timedelta(minutes=5))
    _received(rows, "z2m-hall", _NOW - timedelta(minutes=1))
    contacts = GatewayContacts()
    contacts.refresh(connection, _NOW)
    assert contacts.gateways == {"g1": _NOW - timedelta(minutes=1)}
    # However many there are, only so many become labels.
    _received(rows, "bed-1", _NOW)
    assert list(health.gateway_last_contacts(connection, 1)) == [""]


def test_a_ward_has_no_data_when_no_device_is_in_contact_that_should_send(
    rows: Rows, connection: Connection
) -> None:
    rows.do("UPDATE device SET heartbeat_s = NULL")
    assert not health.is_out_of_contact(connection, _NOW)
    rows.do("UPDATE device SET heartbeat_s = 600 WHERE device_id IN ('bed-1', 'hall-2')")
    assert health.is_out_of_contact(connection, _NOW)
    _received(rows, "bed-1", _NOW - timedelta(minutes=20))
    assert not health.is_out_of_contact(connection, _NOW)
    _received(rows, "bed-1", _NOW - timedelta(minutes=22))
    assert health.is_out_of_contact(connection, _NOW)
    # Who was only just registered has not had the time to send.
    rows.do("UPDATE device SET registered_at = '2026-08-01T11:50:00Z'")
    assert not health.is_out_of_contact(connection, _NOW)


def test_a_ward_in_which_nothing_comes_is_silent_after_two_of_the_shortest_heartbeats(
    rows: Rows, connection: Connection
) -> None:
    minute = timedelta(minutes=1)
    rows.do("UPDATE device SET heartbeat_s = NULL")
    assert not health.is_all_silent(connection, _NOW, minute)
    rows.do("UPDATE device SET heartbeat_s = 3600 WHERE device_id = 'bed-1'")
    rows.do("UPDATE device SET heartbeat_s = 300 WHERE device_id = 'hall-2'")
    assert health.is_all_silent(connection, _NOW, minute)
    # Any device counts, also one that need not send.
    _received(rows, "tracker-1", _NOW - timedelta(minutes=11))
    assert not health.is_all_silent(connection, _NOW, minute)
    assert health.is_all_silent(connection, _NOW + timedelta(seconds=1), minute)
    # The canary is ours: it says that the way is open, not that homes are in contact.
    rows.do("UPDATE device SET kind = 'canary' WHERE device_id = 'z2m-hall'")
    _received(rows, "z2m-hall", _NOW)
    assert health.is_all_silent(connection, _NOW + timedelta(seconds=1), minute)


def test_a_ward_without_data_is_no_fault_of_a_start(rows: Rows, connection: Connection) -> None:
    rows.do("UPDATE device SET heartbeat_s = 600")
    contacts = GatewayContacts()
    contacts.refresh(connection, _NOW)
    assert health.is_out_of_contact(connection, _NOW)
    assert not contacts.has_no_data


def test_the_worst_of_the_wrong_clocks_is_named(rows: Rows, connection: Connection) -> None:
    assert health.clocks(connection, 120).worst_device_id is None
    _received(rows, "hall-2", _NOW, -400.0)
    _received(rows, "bed-1", _NOW, 180.0)
    _received(rows, "tracker-1", _NOW, 3.0)
    found = health.clocks(connection, 120)
    assert (found.wrong, found.worst_device_id, found.worst_skew_s) == (2, "hall-2", -400.0)


def test_what_a_device_last_reported_can_be_looked_up(rows: Rows, connection: Connection) -> None:
    online = METRICS["online"].number
    assert health.latest_value(connection, "bed-1", online) is None
    rows.of(
        "INSERT INTO device_latest SELECT device_number, %s, %s, 1 FROM device WHERE device_id = 'bed-1' RETURNING 1",
        (online, _NOW),
    )
    assert health.latest_value(connection, "bed-1", online) == (_NOW, 1.0)
