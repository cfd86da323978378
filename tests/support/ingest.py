"""Messages and rows for tests of ingest."""

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from core.store.database import Database
from tests.support.wards.ward_files import register, small_ward, write_ward

# The small ward and, beside it, one device of each kind that ingest treats in its own way.
MORE_DEVICES: list[dict[str, Any]] = [
    {"device_id": "bed-1", "sender": "native:bed-1", "kind": "bed", "place": "bedroom"},
    {"device_id": "entrance-1", "sender": "native:entrance-1", "kind": "door", "place": "front_door"},
    {"device_id": "plug-1", "sender": "native:plug-1", "kind": "plug", "place": "kettle"},
    {"device_id": "tracker-1", "sender": "native:tracker-1", "kind": "tracker"},
    {"device_id": "hall-2", "sender": "native:hall-2", "kind": "motion", "gateway_id": "g1"},
    {"device_id": "z2m-hall", "sender": "zigbee2mqtt:g1/hall", "kind": "motion", "gateway_id": "g1"},
]
SINCE = "2018-01-01T00:00:00Z"


class Rows:
    """Looks into the database as an outsider."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._connection = connection

    def of(self, query: LiteralString, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        return self._connection.execute(query, parameters).fetchall()

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        return int(self._connection.execute(query).fetchall()[0][0])

    def set_read_only(self, value: bool) -> None:
        """Make the database refuse writes from now on, also to those who are connected; or let them write again."""
        name = self._connection.info.dbname
        self._connection.execute(
            sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = {}").format(
                sql.Identifier(name), sql.Literal(value)
            )
        )
        self._connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    def do(self, statement: LiteralString) -> None:
        """Run a statement."""
        self._connection.execute(statement)


@contextmanager
def registered_ward(database_url: str, folder: Path, homes: int = 0) -> Generator[Rows]:
    """Register the small ward with more devices, and `homes` more of one motion sensor each (`load-0` ...)."""
    ward = small_ward()
    ward["homes"][0]["devices"] += MORE_DEVICES
    for device in ward["homes"][0]["devices"]:
        device["since"] = SINCE
    for number in range(homes):
        device = {
            "device_id": f"load-{number}",
            "sender": f"native:load-{number}",
            "kind": "motion",
            "since": SINCE,
        }
        ward["homes"].append(
            {"name": f"load {number}", "office": ward["offices"][0]["name"], "devices": [device]}
        )
    with Database(database_url) as database, database.transaction() as connection:
        register(connection, write_ward(folder, ward))
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield Rows(connection)


def readings(seq: int, *values: tuple[str, object, datetime], **more: object) -> bytes:
    """Return a native message with (metric, value, time) readings."""
    body = {
        "seq": seq,
        "readings": [
            {"metric": metric, "value": value, "time": time.isoformat()} for metric, value, time in values
        ],
        **more,
    }
    return json.dumps(body).encode()


def fixes(seq: int, *values: tuple[float, float, datetime]) -> bytes:
    """Return a native message with (lat, lon, time) fixes."""
    body = {
        "seq": seq,
        "fixes": [{"lat": lat, "lon": lon, "time": time.isoformat()} for lat, lon, time in values],
    }
    return json.dumps(body).encode()


def now() -> datetime:
    """Return the machine's time."""
    return datetime.now(UTC)
