"""A quiet limit from the page to the alert: refused where it cannot hold, raised live as on the past, kept over restarts, ended with its removal."""

from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.domain.agreed.quiet_limit import QuietLimit
from core.domain.alert import Condition
from core.domain.geofence import Hours
from core.store.database import Database
from core.store.devices import moves
from core.store.people.agreed import quiet_limits
from detectors.backtest import run
from detectors.backtest.run import Question
from detectors.engine.scheduler import Scheduler
from detectors.rules.quiet_too_long import NAME
from tests.support.wards.api_ward import RESIDENT_A, ApiWard, api_ward
from tests.support.wards.evaluated_ward import ZONE, EvaluatedWard, Seen, at, home

_EVERY_DAY = frozenset(range(7))
_MORNING = Hours(_EVERY_DAY, time(6), time(11))
WATCHED = at("2026-06-01 00:00")
_API = f"/api/v1/residents/{RESIDENT_A}/quiet-limits"


@pytest.fixture
def evaluated(database: Database, tmp_path: Path) -> EvaluatedWard:
    return EvaluatedWard(database, tmp_path, [home(1, watched_from=WATCHED)], WATCHED)


@pytest.fixture
def asked(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as ward:
        yield ward


def _set(ward: EvaluatedWard, place: str, device_id: str | None, quiet_min: int) -> int:
    with ward.database.transaction() as connection:
        found = connection.execute(
            "SELECT device_number FROM device WHERE device_id = %s", (device_id,)
        ).fetchone()
        limit = QuietLimit(0, 1, place, found[0] if found else None, "", quiet_min, _MORNING)
        return quiet_limits.add(connection, limit, ward.clock.now())


def _move(ward: EvaluatedWard, *clocks: str) -> None:
    ward.store(Seen("hall-1", "motion", 1, at(f"2026-06-02 {one}")) for one in clocks)


def _episodes(ward: EvaluatedWard) -> list[tuple[str, str | None]]:
    with ward.database.transaction() as connection:
        rows = connection.execute(
            "SELECT raised_at, cleared_at FROM alert_episode WHERE rule = %s ORDER BY raised_at", (NAME,)
        ).fetchall()
    return [tuple(one and f"{one.astimezone(ZONE):%d %H:%M}" for one in row) for row in rows]  # pyright: ignore[reportReturnType]


def test_a_limit_raises_live_and_on_the_past_alike_and_another_process_goes_on_with_it(
    evaluated: EvaluatedWard, database: Database
) -> None:
    _set(evaluated, "kitchen", None, 120)
    _set(evaluated, "", "hall-1", 60)
    for hour in range(1, 31):
        now = WATCHED + timedelta(days=1, hours=hour)
        begins = now - timedelta(hours=1)
        for clock in ("05:50", "06:40", "06:50", "09:00"):
            if begins <= at(f"2026-06-02 {clock}") < now:
                _move(evaluated, clock)
        # As after a restart: nothing is kept but what is stored.
        evaluated.pass_to(now, scheduler=Scheduler(database, evaluated.clock, ZONE))
    # Without a sign in the kitchen from six; of the sensor in the hall from 6:50, and again from 9:00. The alert, which is about the last that
    # began, goes on until the kitchen's is over too.
    assert _episodes(evaluated) == [
        ("01 07:00", "02 05:50"),
        ("01 08:00", "02 06:00"),
        ("02 07:50", "02 09:00"),
        ("02 08:00", "03 06:00"),
        ("02 10:00", "03 06:00"),
    ]
    with database.transaction() as connection:
        tested = run.run(connection, Question(1, evaluated.clock.now(), rules=frozenset({NAME})))
    (found,) = tested.trials.values()
    past = [f"{one.raised_at.astimezone(ZONE):%d %H:%M}" for one in found]
    assert [one for one in past if one.startswith("02")] == ["02 07:50", "02 08:00", "02 10:00"]
    last = evaluated.alerts(NAME)[-1]
    assert (last.reason["place"], last.reason["kind"]) == ("hall", "motion")


def test_a_limit_follows_a_device_that_is_replaced_and_rests_where_none_is_left(
    evaluated: EvaluatedWard,
) -> None:
    _set(evaluated, "", "hall-1", 60)
    _move(evaluated, "05:50", "06:40")
    replaced = at("2026-06-02 06:45")
    evaluated.pass_to(replaced)
    with evaluated.database.transaction() as connection:
        moves.replace_device(connection, "hall-1", "hall-2", replaced)
    evaluated.pass_to(at("2026-06-02 07:40"))
    assert ("02 07:40", None) not in _episodes(evaluated)
    # The new one has an hour, as the old one had.
    evaluated.pass_to(at("2026-06-02 07:50"))
    assert ("02 07:45", None) in _episodes(evaluated)
    with evaluated.database.transaction() as connection:
        moves.move_device(connection, "hall-2", None, evaluated.clock.now())
    evaluated.pass_to(at("2026-06-04 10:00"))
    assert [raised for raised, _ in _episodes(evaluated) if raised[:2] in {"03", "04"}] == []


def test_the_alert_of_a_limit_that_was_removed_ends(evaluated: EvaluatedWard) -> None:
    number = _set(evaluated, "kitchen", None, 120)
    evaluated.pass_to(at("2026-06-01 08:30"))
    (alert,) = evaluated.alerts(NAME)
    assert alert.condition is Condition.ACTIVE
    with evaluated.database.transaction() as connection:
        quiet_limits.remove(connection, number, evaluated.clock.now())
    evaluated.pass_to(at("2026-06-01 08:31"))
    (alert,) = evaluated.alerts(NAME)
    assert alert.condition is Condition.CLEARED


def test_what_cannot_hold_is_refused_and_a_removal_is_sent_to_everybody_concerned(asked: ApiWard) -> None:
    def answer(**body: Any) -> tuple[int, str]:
        hours = {"days": [0, 6], "start": "22:00", "end": "06:00", **body.pop("hours", {})}
        said = asked.client("care_a").post(_API, json={"quiet_min": 120, "hours": hours, **body})
        errors = said.json().get("errors") if said.status_code == 422 else None
        return said.status_code, errors[0]["where"] if errors else ""

    assert answer(place="hall") == (201, "")
    assert answer(place="hall", quiet_min=20)[0] == 422
    assert answer(place="hall", quiet_min=481) == (422, "body.quiet_min")
    assert answer(place="cellar") == (422, "body.place")
    assert answer(device=9999) == (422, "body.device")
    assert answer(place="hall", device=1)[0] == 422
    # From Sunday to Monday, over midnight: the same room at the same time.
    assert answer(place="hall", hours={"days": [0], "start": "05:00", "end": "09:00"}) == (422, "body.hours")
    assert answer(place="hall", hours={"days": [1], "start": "06:00", "end": "09:00"}) == (201, "")
    assert answer(place="", hours={"days": [0], "start": "05:00", "end": "09:00"}) == (201, "")
    assert answer(place="hall") == (409, "")
    (number, *_) = [one["number"] for one in asked.client("family_a").get(_API).json()]
    page = asked.client("care_a").post(f"/residents/{RESIDENT_A}/quiet-limits/{number}/remove")
    assert page.status_code == 303
    text = asked.client("family_a").get(f"/residents/{RESIDENT_A}/quiet-limits").text
    assert "決めた時間の見守りを削除" in text
    assert asked.execute("SELECT count(*) FROM notice WHERE body ->> 'change' IS NOT NULL")[0][0] > 0
