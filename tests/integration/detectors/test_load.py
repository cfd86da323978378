"""Evaluation while there is much to evaluate: the newest time with every batch, calls for help apart, nothing read for no reason."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.store.database import Connection, Database
from core.store.detection import evaluation_queue
from detectors.baselines.store import LruCache
from detectors.engine.home import evaluate_rest
from detectors.engine.home_context import HomeContext, HomeSpan
from detectors.engine.scheduler import Scheduler
from tests.support.wards.evaluated_ward import EvaluatedWard, Seen, at, daily, home

TODAY = at("2026-07-01 00:00")
HOMES = 12


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[EvaluatedWard]:
    with Database(database_url) as database:
        homes = [home(one, watched_from=TODAY) for one in range(1, HOMES + 1)]
        yield EvaluatedWard(database, tmp_path, homes, TODAY)


def evaluated_through(ward: EvaluatedWard) -> dict[int, datetime]:
    with ward.database.transaction() as connection:
        rows = connection.execute(
            "SELECT resident_id, evaluated_through FROM evaluation WHERE resident_id IS NOT NULL"
        )
        return dict(rows.fetchall())


def test_each_batch_is_evaluated_up_to_the_time_that_has_come_by_then(
    ward: EvaluatedWard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(case: HomeContext, memory: LruCache) -> None:
        evaluate_rest(case, memory)
        ward.clock.advance(seconds=1)
        ward.complete(ward.clock.now())

    monkeypatch.setattr("detectors.engine.scheduler.evaluate_rest", slowly)
    assert ward.pass_to(at("2026-07-01 09:00")) >= HOMES
    assert max(evaluated_through(ward).values()) > at("2026-07-01 09:00")


def test_who_calls_for_help_is_evaluated_before_and_apart_from_all_others(ward: EvaluatedWard) -> None:
    ward.pass_to(at("2026-07-01 09:00"))
    ward.store([Seen(f"hall-{one}", "motion", 1, at("2026-07-01 09:01")) for one in range(1, HOMES + 1)])
    with ward.database.transaction() as connection:
        evaluation_queue.evaluate_again(connection, 7)
    with ward.database.transaction() as connection:
        assert evaluation_queue.claim_homes(connection, at("2026-07-01 09:02"), HOMES) == [7]


def test_a_home_whose_record_cannot_be_read_stops_no_other(ward: EvaluatedWard) -> None:
    with ward.database.transaction() as connection:
        connection.execute(
            "INSERT INTO geofence (resident_id, name, shape, hours, created_at) VALUES (2, '自宅', '{}', '{}', %s)",
            [TODAY],
        )
    ward.pass_to(at("2026-07-01 09:00"))
    with ward.database.transaction() as connection:
        rows = connection.execute(
            "SELECT resident_id, failed_rule, evaluated_through FROM evaluation WHERE resident_id <= 3 ORDER BY 1"
        ).fetchall()
    assert [row[:2] for row in rows] == [(1, None), (2, "home"), (3, None)]
    assert (rows[0][2], rows[1][2]) == (at("2026-07-01 09:00"), TODAY)


def test_a_home_that_fails_in_the_middle_of_a_batch_takes_nothing_from_the_others(
    ward: EvaluatedWard, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in (1, 2, 3):
        ward.store(daily(one, TODAY - timedelta(days=20), 20))
    ward.store([Seen("sos-3", "sos", 1, at("2026-07-01 07:59"))])

    def fails(case: HomeContext, memory: LruCache) -> None:
        evaluate_rest(case, memory)
        if case.span.home == 2:
            # As a fault of ours would, after something was written.
            case.connection.execute("UPDATE resident SET note = 'half'")
            raise ValueError

    monkeypatch.setattr("detectors.engine.scheduler.evaluate_rest", fails)
    ward.pass_to(at("2026-07-01 08:00"))
    with ward.database.transaction() as connection:
        rows = connection.execute(
            "SELECT resident_id, failed_rule, evaluated_through FROM evaluation WHERE resident_id <= 3 ORDER BY 1"
        ).fetchall()
        half = connection.execute("SELECT count(*) FROM resident WHERE note = 'half'").fetchone()
    assert [row[:2] for row in rows] == [(1, None), (2, "home"), (3, None)]
    assert (rows[0][2], rows[1][2]) == (at("2026-07-01 08:00"), TODAY)
    assert half == (0,)
    assert len(ward.alerts("sos")) == 1


def test_somebody_who_will_be_watched_later_keeps_nobody_in_the_home_from_being_evaluated(
    ward: EvaluatedWard,
) -> None:
    ward.store([Seen("sos-3", "sos", 1, at("2026-07-01 07:59"))])
    with ward.database.transaction() as connection:
        # Moves in with them in five days.
        connection.execute(
            "UPDATE resident SET home_id = 3, watched_from = %s WHERE resident_id = 4",
            [TODAY + timedelta(days=5)],
        )
    ward.pass_to(at("2026-07-01 08:00"))
    assert len(ward.alerts("sos")) == 1
    assert evaluated_through(ward)[3] == at("2026-07-01 08:00")


def test_homes_are_evaluated_together_as_each_would_be_alone(
    ward: EvaluatedWard, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone: list[HomeSpan] = []

    def by_itself(_self: Scheduler, _connection: Connection, span: HomeSpan, *_: object) -> None:
        alone.append(span)

    monkeypatch.setattr(Scheduler, "_evaluate_home", by_itself)
    ward.pass_to(at("2026-07-01 08:00"))
    assert alone == []
    assert set(evaluated_through(ward).values()) == {at("2026-07-01 08:00")}


def test_a_reading_dated_ahead_is_no_deadline_where_nobody_waits_for_it(ward: EvaluatedWard) -> None:
    ward.store(daily(1, TODAY - timedelta(days=20), 20))
    ward.store([Seen("kitchen-1", "motion", 1, at("2026-07-01 07:00"))])
    ward.store([Seen("hall-1", "motion", 1, at("2026-07-01 07:01"))])
    ahead = at("2026-07-01 07:04")
    ward.store([Seen("hall-1", "motion", 1, ahead, received_at=at("2026-07-01 07:02"))])
    ward.pass_to(at("2026-07-01 07:02"))
    with ward.database.transaction() as connection:
        row = connection.execute(
            "SELECT on_any_reading, due_at FROM evaluation WHERE resident_id = 1"
        ).fetchone()
    assert row is not None
    assert (row[0], row[1] > ahead) == (False, True)


def test_a_home_with_a_silent_device_is_not_evaluated_with_each_message_but_soon_after_it_is_in_contact(
    database_url: str, tmp_path: Path
) -> None:
    one = home(1, watched_from=TODAY)
    for device in one["devices"][:3]:
        device["heartbeat_s"] = 600
    with Database(database_url) as database:
        ward = EvaluatedWard(database, tmp_path, [one], TODAY)
        ward.store(daily(1, TODAY - timedelta(days=20), 20))
        beats = [TODAY + timedelta(minutes=10 * step) for step in range(49)]
        ward.store(Seen(name, "heartbeat", 1, at) for name in ("hall-1", "kitchen-1") for at in beats)
        ward.store([Seen("door-1", "heartbeat", 1, beats[0])])
        ward.store([Seen("door-1", "online", 0, beats[6])])
        # Somebody gets up at seven; before and after the hour the rules wait for nothing.
        for hour in (4.5, 7.0, 7.5, 8.0):
            ward.store(
                Seen("kitchen-1", "motion", 1, TODAY + timedelta(hours=hour, seconds=s)) for s in (0, 40)
            )
        ward.pass_to(at("2026-07-01 08:01"))
        (alert,) = ward.alerts("device_silent")
        assert alert.cleared_at is None
        ward.store([Seen("hall-1", "motion", 1, at("2026-07-01 08:01") + timedelta(seconds=30))])
        assert ward.pass_to(at("2026-07-01 08:02")) == 0
        ward.store([Seen("door-1", "heartbeat", 1, at("2026-07-01 08:03"))])
        assert ward.pass_to(at("2026-07-01 08:04")) == 0
        ward.pass_to(at("2026-07-01 08:06") + timedelta(seconds=1))
        assert ward.alerts("device_silent")[0].cleared_at == at("2026-07-01 08:03")


def test_what_was_read_is_not_read_again_until_there_is_too_much() -> None:
    asked: list[str] = []

    def read(name: str, found: str | None) -> Iterator[str]:
        asked.append(name)
        if found is not None:
            yield found

    memory = LruCache(2)
    for name in ("a", "b", "a", "c", "a", "b"):
        assert memory.find(name, lambda name=name: next(read(name, name.upper()), None)) == name.upper()
    assert asked == ["a", "b", "c", "b"]
    assert memory.find("none", lambda: next(read("none", None), None)) is None
    assert memory.find("none", lambda: "by now") == "by now"
