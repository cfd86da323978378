"""Somebody's rows, table by table as the registry has them: counted, given out, deleted in bounded pieces."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import dict_row

from core.domain.records.erasure import PersonKeys
from core.domain.records.personal_data import PersonalTable
from core.store.database import Connection
from core.store.queries import load

_ROWS = load("people/personal_rows")
_TIMELINES = load("people/personal_timelines")
_DATA = load("people/personal_data")
# Rows of a table that one transaction deletes at most.
PIECE = 5_000
# Of a hypertable one transaction takes a week: a chunk, or two.
WEEK = timedelta(days=7)


# Of each hypertable: how its edges are found, how a week of it is deleted and read.
_TIMELINE = {
    "reading": ("reading_edges", "delete_reading", "read_reading"),
    "fix": ("fix_edges", "delete_fix", "read_fix"),
}


@dataclass(frozen=True)
class Stretch:
    """A stretch of a hypertable."""

    first: datetime
    last: datetime


def count(connection: Connection, table: PersonalTable, keys: PersonKeys) -> int:
    """Return how many rows of a table are somebody's; of a hypertable whether there are any (1) or none (0)."""
    if table.is_timeline:
        return len(stretches(connection, table, keys)[:1])
    row = connection.execute(_filled("count", table), values_of(keys)).fetchone()
    return int(row[0]) if row else 0


def delete_piece(connection: Connection, table: PersonalTable, keys: PersonKeys) -> int:
    """Delete at most a piece of somebody's rows of a table, and return how many; fewer than `PIECE`: nothing is left."""
    values = values_of(keys) | {"limit": PIECE}
    return connection.execute(_filled("delete", table), values).rowcount


def stretches(connection: Connection, table: PersonalTable, keys: PersonKeys) -> list[Stretch]:
    """Return the weeks of a hypertable in which somebody may have rows."""
    row = connection.execute(_TIMELINES[_TIMELINE[table.name][0]], values_of(keys)).fetchone()
    if row is None or row[0] is None:
        return []
    found: list[Stretch] = []
    first: datetime = row[0]
    while first <= row[1]:
        found.append(Stretch(first, first + WEEK))
        first += WEEK
    return found


def delete_stretch(connection: Connection, table: PersonalTable, keys: PersonKeys, stretch: Stretch) -> int:
    """Delete somebody's rows of one week of a hypertable, and return how many."""
    values = values_of(keys) | {"first": stretch.first, "last": stretch.last}
    return connection.execute(_TIMELINES[_TIMELINE[table.name][1]], values).rowcount


def read_stretch(
    connection: Connection, table: PersonalTable, keys: PersonKeys, stretch: Stretch
) -> list[dict[str, Any]]:
    """Return somebody's rows of one week of a hypertable, in order."""
    values = values_of(keys) | {"first": stretch.first, "last": stretch.last}
    cursor = connection.cursor(row_factory=dict_row)
    return cursor.execute(_TIMELINES[_TIMELINE[table.name][2]], values).fetchall()


def read(connection: Connection, table: PersonalTable, keys: PersonKeys) -> Iterator[dict[str, Any]]:
    """Give somebody's rows of a table, whole, without what nobody is given."""
    for (whole,) in connection.execute(_filled("rows", table), values_of(keys)):
        yield {name: value for name, value in whole.items() if name not in table.secrets}


def values_of(keys: PersonKeys) -> dict[str, Any]:
    """Return what the queries of the registry's tables are asked with."""
    return {
        "resident": keys.resident,
        "home": keys.home if keys.is_home_theirs else None,
        "contacts": list(keys.contacts),
        "geofences": list(keys.geofences),
        "alerts": list(keys.alerts),
        "accounts": list(keys.accounts),
        "own_devices": list(keys.own_devices),
        "span_devices": [span.device for span in keys.spans],
        "span_since": [span.since for span in keys.spans],
        "span_until": [span.until for span in keys.spans],
        "senders": list(keys.senders),
        "broker_accounts": list(keys.broker_accounts),
        "words": [one.word for one in keys.words],
        "word_since": [one.since for one in keys.words],
        "word_until": [one.until for one in keys.words],
        "login_hashes": [login_hash(login) for login in keys.logins],
        "identifiers": list(keys.identifiers),
    }


def login_hash(login: str) -> bytes:
    """Return a login as attempts to sign in are counted by it."""
    return hashlib.sha256(login.lower().encode("utf-8", "surrogatepass")).digest()


def _filled(query: str, table: PersonalTable) -> bytes:
    """Return a query of `personal_data` for one table; what is put in comes from the registry and our own SQL alone."""
    return (
        _DATA[query]
        .replace(b"[table]", table.name.encode())
        .replace(b"[rows]", _ROWS[table.name].rstrip(b";"))
    )
