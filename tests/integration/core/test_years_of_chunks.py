"""After five years a question opens the chunks that it is about and no others: plans and locks do not grow with the past."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from core.domain.evidence.edges import EDGES
from core.store.database import Database
from core.store.people import residents
from core.store.queries import load
from core.store.telemetry import inserts, rule_windows, state_edges
from core.store.telemetry.state_edges import LateState
from deploy.local.postgres_cluster import Cluster
from tests.support.paths import REPOSITORY

_NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
_WEEKS = 260
_STATE = min(EDGES)
# The five weeks that are looked back, the one that has begun, and what lies across its edges.
_MOST_CHUNKS = 8
_QUERIES = REPOSITORY / "core/store/queries"
_READS = re.compile(r"\b(?:FROM|JOIN|UPDATE)\s+(?:reading|fix)\b", re.IGNORECASE)
# These read everything, on purpose and rarely: a backup counts, and finds the newest of all; who is exported or erased is looked for in all years.
_OF_ALL = {
    ("operation/backups", "newest_reading"),
    ("people/personal_timelines", "reading_edges"),
    ("people/personal_timelines", "fix_edges"),
}


@pytest.fixture(scope="module")
def url(cluster: Cluster) -> Iterator[str]:
    """Give a database with five years of readings and fixes, one an hour of the last week and one of each week before."""
    cluster.create_database("years", "template_mimamori")
    url = cluster.url("years")
    with psycopg.connect(url) as connection:
        connection.execute(
            """
            INSERT INTO office (name) VALUES ('office');
            INSERT INTO home (name) VALUES ('home');
            INSERT INTO resident (home_id, office_id, name, watched_from) VALUES (1, 1, 'Test', '2021-01-01');
            INSERT INTO device (device_id, sender, kind, registered_at) VALUES ('d1', 'native:d1', 'button', '2021-01-01');
            INSERT INTO device_assignment (device_number, home_id, during)
            VALUES (1, 1, tstzrange('2021-01-01', NULL));
            INSERT INTO home_latest (home_id, life_sign_at, device_number) VALUES (1, '2026-11-29 11:00Z', 1);
            INSERT INTO device_latest (device_number, metric, time, value)
            SELECT 1, metric, '2026-11-29 11:00Z', 1 FROM generate_series(1, 40) AS metric;
            INSERT INTO device_state (device_number, metric, channel, time, value, said, said_since, lowest, highest)
            SELECT 1, metric, '', '2026-11-29 11:00Z', 1, 1, '2021-12-12', 0, 1 FROM generate_series(1, 200) AS metric;
            """
        )
        for table, columns, values in (
            ("reading", "value, metric, flags", f"1, {_STATE}, 1"),
            ("fix", "lat, lon, flags", "35, 139, 0"),
        ):
            connection.execute(
                f"INSERT INTO {table} (time, received_at, device_number, seq, {columns})"  # noqa: S608 - words of this test
                f" SELECT at, at, 1, 0, {values} FROM generate_series(%s::timestamptz, %s, interval '7 days') AS at".encode(),
                [_NOW - timedelta(weeks=_WEEKS - 1), _NOW],
            )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")
    yield url
    cluster.drop_database("years")


def _asked() -> list[tuple[str, str]]:
    """Return the file and the name of every query that reads a hypertable."""
    files = [str(path.relative_to(_QUERIES).with_suffix("")) for path in sorted(_QUERIES.rglob("*.sql"))]
    return [
        (file, name)
        for file in files
        for name, text in load(file).items()
        if _READS.search(re.sub(r"--.*", "", text.decode())) and (file, name) not in _OF_ALL
    ]


def _values() -> dict[str, Any]:
    """Return a value for every parameter of those queries, as they are asked day after day."""
    since, lists = _NOW - timedelta(days=2), [1]
    moments = dict.fromkeys(
        ("since", "oldest", "earliest", "began_from", "still_since", "places_since", "readings_since", "first", "begin",
         "said_from", "life_sign_at", "last_sign_at"),
        since,
    ) | dict.fromkeys(("until", "now", "latest", "newest", "last", "said_until", "end", "at"), _NOW)  # fmt: skip
    numbers = dict.fromkeys(
        ("home", "resident", "device", "metric", "alert", "contact", "limit", "most", "charge", "low", "life_sign",
         "reported_presence", "worst_m", "cell_deg", "worst_accuracy_m", "away_m", "metres_per_degree"),
        1,
    )  # fmt: skip
    return {
        **moments, **numbers,
        "calm_from": since - timedelta(days=30), "before": None, "channel": None, "threshold": None,
        "after_time": None, "after_device": None, "after_metric": None, "after_seq": None,
        "span_devices": lists, "span_since": [since], "span_until": [_NOW],
        "homes": lists, "residents": lists, "devices": lists, "metrics": lists, "health": lists, "numbered_with": lists, "urgent": lists,
        "kinds": ["taken"], "rules": ["geofence_exit"], "calls_to_act": ["opening"], "links": ["native:d1"], "device_ids": ["d1"],
        "is_lead": True, "is_detector": True, "is_numbered": True, "rises_only": False,
        "part": timedelta(hours=1), "zone": "Asia/Tokyo", "masked_from": [], "masked_to": [],
    }  # fmt: skip


def _columns() -> dict[str, Any]:
    """Return the parameters that are whole columns in what a batch of messages stores."""
    since = _NOW - timedelta(days=2)
    numbers = (
        "device",
        "metric",
        "seq",
        "value",
        "flags",
        "lat",
        "lon",
        "accuracy_m",
        "altitude_m",
        "speed_kmh",
        "course_deg",
    )
    times = ("time", "received_at", "since", "earliest", "life_sign_at", "acted_from")
    return {**{name: [1] for name in numbers}, **{name: [since] for name in times}, "channel": [None]}


def _values_of(text: str) -> dict[str, Any]:
    """Return the values of one query: a parameter that it makes a column of is a list."""
    single, columns = _values(), _columns()
    asked = set(re.findall(r"%\((\w+)\)", text))
    lists = set(re.findall(r"%\((\w+)\)[sb]::\w+\[\]", text))
    unknown = asked - single.keys() - columns.keys()
    assert not unknown, f"give {', '.join(sorted(unknown))} a value in _values"
    return {name: columns[name] if name in lists and name in columns else single[name] for name in asked}


@pytest.mark.parametrize(("file", "name"), _asked(), ids=lambda part: part)
def test_a_query_opens_the_chunks_of_its_span_only(url: str, file: str, name: str) -> None:
    text = load(file)[name].decode().replace(")b", ")s")
    with psycopg.connect(url) as connection:
        plan = connection.execute(f"EXPLAIN {text}".encode(), _values_of(text)).fetchall()
    chunks = {chunk for (line,) in plan for chunk in re.findall(r"_hyper_\d+_\d+_chunk\b", line)}
    assert len(chunks) <= _MOST_CHUNKS, "\n".join(line for (line,) in plan)[:2000]


def _chunk_locks(connection: psycopg.Connection[Any]) -> int:
    """Return how many chunks this transaction has locked so far."""
    row = connection.execute(
        "SELECT count(DISTINCT relation) FROM pg_locks JOIN pg_class ON pg_class.oid = relation"
        " WHERE pid = pg_backend_pid() AND relname ~ '^_hyper_\\d+_\\d+_chunk$'"
    ).fetchone()
    return row[0] if row else 0


@pytest.mark.parametrize("what", ["life_signs", "presses", "statuses", "edges", "known_by", "fixes"])
def test_what_is_asked_again_and_again_locks_few_chunks(url: str, what: str) -> None:
    since = _NOW - timedelta(days=2)
    with Database(url, size=1) as database, database.transaction() as connection:
        # More often than the driver waits before it lets the server keep the plan.
        for round_ in range(12):
            match what:
                case "life_signs":
                    rule_windows.life_signs_of(connection, {1: (1, since), 2: (1, since)}, _NOW)
                case "presses":
                    rule_windows.presses(
                        connection, 1, 1, since, began_from=since - timedelta(days=7), is_lead=True
                    )
                case "statuses":
                    rule_windows.statuses(connection, {1: since}, _NOW)
                case "edges":
                    state_edges.correct(connection, [LateState((1, _STATE, ""), since)])
                case "known_by":
                    residents.life_signs_known_by(connection, [1], _NOW)
                case _:
                    at = _NOW + timedelta(seconds=round_)
                    fix = (1, at, 0, 35.0, 139.0, None, None, None, None, at, 0, since)
                    inserts.add_fixes(connection, [fix])
        locked = _chunk_locks(connection)
        connection.execute("ROLLBACK")
    assert locked <= _MOST_CHUNKS


@pytest.mark.parametrize("weeks", [10, 150])
def test_the_last_sign_of_a_home_silent_for_years_is_looked_for_in_pieces(url: str, weeks: int) -> None:
    """It fell within a break that lasted longer than a piece, and the locks on one piece are gone before the next is looked at."""
    sign_at, known_by = _NOW - timedelta(weeks=200), _NOW - timedelta(weeks=200 - weeks, hours=1)
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE home_latest SET life_sign_at = %s", [sign_at])
        connection.execute(
            "INSERT INTO reading (time, received_at, device_number, metric, seq, value, flags, acted_from)"
            " VALUES (%(at)s, %(at)s, 1, %(metric)s, -1, 0, 1, %(from)s)",
            {"at": known_by, "metric": _STATE, "from": sign_at},
        )
        connection.commit()
    try:
        with Database(url, size=1) as database, database.transaction() as connection:
            found = residents.life_signs_known_by(connection, [1], _NOW)
            locked = _chunk_locks(connection)
    finally:
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE home_latest SET life_sign_at = '2026-11-29 11:00Z'")
            connection.execute("DELETE FROM reading WHERE time = %s AND acted_from IS NOT NULL", [known_by])
    assert found == {1: known_by}
    assert locked <= _MOST_CHUNKS


def test_every_room_of_queries_is_looked_through() -> None:
    assert {Path(file).parts[0] for file, _ in _asked()} >= {
        "telemetry",
        "detection",
        "alerts",
        "people",
        "devices",
    }
