"""Trying rules on the past of a home whose days were also evaluated live."""

import datetime as dt
import json
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from api.access.location_gate import without_places
from core.domain.alert import Severity, Subject
from core.domain.geodesy import METRES_PER_DEGREE
from core.domain.geofence import Circle, Hours
from core.errors import InputError, NotFoundError, StoreUnavailableError
from core.store import subjects
from core.store.database import Database
from core.store.detection import backtest_history, evaluation_queue
from core.store.people import geofences
from detectors.backtest import run
from detectors.backtest.run import Backtest, Question
from detectors.features.silence_threshold import Sensitivity
from tests.support.command_line import CommandLine
from tests.support.wards.evaluated_ward import EvaluatedWard, Seen, at, daily, home

TAUGHT_DAYS, DAYS = 30, 10
FIRST = at("2026-06-01 00:00")
WATCHED = FIRST + timedelta(days=TAUGHT_DAYS)
NOW = WATCHED + timedelta(days=DAYS)
FIRST_SIGN = FIRST + timedelta(hours=2)
# On these days of the watch nobody moved after the night before this hour.
SILENT_UNTIL = {2: 12.0, 5: 17.0, 8: 9.5}
OUT = at("2026-07-05 14:00")
HOME = (35.6, 139.8)


@pytest.fixture
def ward(database: Database, tmp_path: Path) -> EvaluatedWard:
    """Give a home with a month that teaches and ten days that were evaluated live, every six hours."""
    found = EvaluatedWard(database, tmp_path, [home(1, watched_from=WATCHED)], WATCHED)
    with database.transaction() as connection:
        always = Hours(frozenset(range(7)), dt.time(0), dt.time(0))
        geofences.add(connection, 1, name="自宅", shape=Circle(*HOME, 200), hours=always, now=WATCHED)
    found.store(daily(1, FIRST, TAUGHT_DAYS))
    for day in range(DAYS):
        begins = WATCHED + timedelta(days=day)
        seen = _with_a_late_morning(daily(1, begins, 1), begins, SILENT_UNTIL.get(day, 0.0))
        for hour in range(6, 25, 6):
            until = begins + timedelta(hours=hour)
            found.store(one for one in seen if until - timedelta(hours=6) <= one.time < until)
            if until - timedelta(hours=6) < OUT <= until:
                found.locate("phone-1", _a_way_out())
            found.pass_to(until)
    return found


def _with_a_late_morning(seen: list[Seen], begins: datetime, until_hour: float) -> list[Seen]:
    first, last = begins + timedelta(hours=6), begins + timedelta(hours=until_hour)
    return [one for one in seen if not first <= one.time < last]


def _a_way_out() -> list[tuple[datetime, float, float, float | None]]:
    """Return fixes of twenty minutes outside the safe area."""
    north_m = [0.0] * 5 + [900.0] * 20 + [0.0] * 5
    return [
        (OUT + timedelta(minutes=number - 40), HOME[0] + one / METRES_PER_DEGREE, HOME[1], 10.0)
        for number, one in enumerate(north_m)
    ]


def tried(database: Database, asked: Question) -> Backtest:
    with database.transaction() as connection:
        return run.run(connection, asked)


def settings(database_url: str) -> dict[str, str]:
    return {
        "MIMAMORI_DATABASE_URL": database_url,
        "MIMAMORI_ENVIRONMENT": "test",
        "MIMAMORI_CLOCK": f"{NOW.isoformat()}@1x",
        "MIMAMORI_CLOCK_ANCHOR": str(time.time()),
    }


def raised_live(database: Database) -> set[tuple[str, Subject, datetime, datetime, datetime | None]]:
    with database.transaction() as connection:
        rows = connection.execute(
            b"SELECT rule, subject_kind, subject_number, area, began_at, raised_at, cleared_at FROM alert_episode"
        ).fetchall()
    return {(row[0], subjects.from_columns(*row[1:4]), row[4], row[5], row[6]) for row in rows}


def rows_written(database: Database) -> list[object]:
    """Return what a backtest could have changed."""
    with database.transaction() as connection:
        return [
            connection.execute(b"SELECT count(*), max(alert_id) FROM alert").fetchone(),
            connection.execute(b"SELECT count(*) FROM alert_event").fetchone(),
            connection.execute(b"SELECT rule, day, version FROM baseline ORDER BY 1, 2").fetchall(),
            connection.execute(b"SELECT * FROM evaluation ORDER BY resident_id").fetchall(),
        ]


def test_it_finds_what_live_evaluation_raised_and_writes_nothing(
    ward: EvaluatedWard, database: Database
) -> None:
    before = rows_written(database)
    tested = tried(database, Question(1, NOW))
    (found,) = tested.trials.values()
    # What it finds in the days before the watch began is only tried; nobody was notified.
    again = {
        (one.rule, one.subject, one.began_at, one.raised_at, one.cleared_at)
        for one in found
        if one.raised_at > WATCHED
    }
    assert again == raised_live(database)
    assert {one.rule for one in found} == {"inactivity", "geofence_exit"}
    assert all(
        without_places(one.rule, one.reason) != one.reason for one in found if one.rule == "geofence_exit"
    )
    assert rows_written(database) == before
    assert (tested.since, tested.until, tested.in_force) == (FIRST_SIGN, NOW, Sensitivity.STANDARD)
    assert tested.watched_from == WATCHED
    # An alert that was closed as real is a real event for as long as its episode lasted.
    with database.transaction() as connection:
        closed = connection.execute(
            b"UPDATE alert SET outcome = 'safe_after_help', handling = 'closed', closed_at = cleared_at + interval '3 hours'"
            b" WHERE rule = 'inactivity' RETURNING began_at, rule, cleared_at"
        ).fetchall()
    real = tried(database, Question(1, NOW, rules=frozenset({"cold"}))).real_alerts
    assert [(one.began_at, one.what, one.until) for one in real] == sorted(closed)
    assert real


def test_a_patient_setting_raises_later_and_less(ward: EvaluatedWard, database: Database) -> None:
    others = (Sensitivity.FAMILY, Sensitivity.QUIET)
    asked = Question(1, NOW, weeks=1, rules=frozenset({"inactivity"}), sensitivities=others)
    tested = tried(database, asked)
    assert (tested.since, tested.watched_from, tested.learning_until) == (
        NOW - timedelta(weeks=1),
        None,
        None,
    )
    assert tested.rules == ("inactivity",)
    by_setting = {
        name: {one.began_at: one.raised_at for one in found} for name, found in tested.trials.items()
    }
    family, standard, quiet = (by_setting[name] for name in Sensitivity)
    assert len(family) >= len(standard) > len(quiet) > 0
    assert all(standard[began] <= raised for began, raised in quiet.items())
    assert all(family[began] <= raised for began, raised in standard.items())


def test_the_command_proposes_by_the_budget_and_keeps_places_to_itself(
    ward: EvaluatedWard, mimamori: CommandLine, database_url: str, tmp_path: Path
) -> None:
    mimamori.settings = settings(database_url)
    labels = tmp_path / "labels.csv"
    labels.write_text(
        "home_or_resident,began_at,what\n1,2026-07-06T04:31,did not get up\n2,2026-07-06T04:31,another's\n",
        encoding="utf-8",
    )
    asked = ("backtest", "1", "--rule", "inactivity", "--rule", "geofence_exit", "--labels", str(labels))
    alerts_raised = mimamori(*asked, "--budget", "3", "--json")
    assert alerts_raised.code == 0, alerts_raised.err
    body = json.loads(alerts_raised.out)
    assert [one["sensitivity"] for one in body["settings"]] == ["standard", "family", "quiet"]
    assert body["budget"] == {"alerts_per_30_days": 3.0, "proposed": "quiet", "events_lost": 0}
    assert [one["what"] for one in body["labels"]] == ["did not get up"]
    standard, family, quiet = body["settings"]
    assert [one["labels_found"] for one in body["settings"]] == [1, 1, 1]
    assert 0 < family["median_delay_h"] < standard["median_delay_h"] < quiet["median_delay_h"] < 6
    assert sum(standard["alerts_by_week"]) == standard["alerts"] == len(standard["findings"])
    (left,) = (one for one in standard["findings"] if one["rule"] == "geofence_exit")
    assert left["reason"]["geofence"]["name"] == "自宅"
    assert not {'"lat"', '"lon"'} & set(alerts_raised.out.replace(":", " ").split())

    shown = mimamori(*asked, "--budget", "0")
    assert shown.code == 0, shown.err
    assert "No setting keeps to 0 alerts in 30 days" in shown.out
    assert "The last movement was at" in shown.out
    assert "did not get up" in shown.out


def test_what_cannot_be_tried_is_said_in_one_line(
    mimamori: CommandLine, database: Database, database_url: str, tmp_path: Path
) -> None:
    fresh_ward(database, tmp_path)
    mimamori.settings = settings(database_url)
    file = tmp_path / "labels.csv"
    for text, words in (
        ("when,what\n", "labels.csv, line 1: the first line must be home_or_resident,began_at,what"),
        ("home_or_resident,began_at,what\n1,yesterday,fall\n", "line 2: 'yesterday' is no time"),
        ("home_or_resident,began_at,what\n\n1,2026-07-06\n", "line 3: 2 values; there must be 3"),
        ("", "line 1: the first line must be"),
    ):
        file.write_text(text, encoding="utf-8")
        alerts_raised = mimamori("backtest", "1", "--weeks", "1", "--rule", "cold", "--labels", str(file))
        assert (alerts_raised.code, alerts_raised.err.count("\n")) == (65, 1), alerts_raised.err
        assert words in alerts_raised.err
    assert "no rule is called silence" in mimamori("backtest", "1", "--rule", "silence").err
    assert "--sensitivity loud: there are family" in mimamori("backtest", "1", "--sensitivity", "loud").err
    assert "there is no resident 99" in mimamori("backtest", "99").err
    with pytest.raises(NotFoundError):
        tried(database, Question(99, NOW))
    with pytest.raises(InputError, match="a whole day"):
        tried(database, Question(1, FIRST_SIGN + timedelta(hours=5)))
    for rule, why in (
        ("sos", "every call for help is raised"),
        ("device_silent", "only the newest is kept"),
        ("ward_silent", "about the whole ward"),
    ):
        assert f"{rule} cannot be tried: " in (alerts_raised := mimamori("backtest", "1", "--rule", rule).err)
        assert why in alerts_raised


def fresh_ward(database: Database, folder: Path, *homes: dict[str, Any]) -> EvaluatedWard:
    """Give homes that are watched from now on, with a month behind them in the first; nobody was ever evaluated."""
    ward = EvaluatedWard(database, folder, homes or [home(1, watched_from=WATCHED)], WATCHED)
    for day in range(TAUGHT_DAYS):
        begins = FIRST + timedelta(days=day)
        ward.store(_with_a_late_morning(daily(1, begins, 1), begins, SILENT_IN_THE_PAST.get(day, 0.0)))
    return ward


# On these days of the month before the watch nobody moved after the night before this hour: while little was known, and later.
SILENT_IN_THE_PAST = {3: 20.0, 20: 17.0}


def test_what_was_stored_before_the_watch_began_is_tried_at_once(database: Database, tmp_path: Path) -> None:
    fresh_ward(database, tmp_path)
    tested = tried(database, Question(1, WATCHED, sensitivities=(Sensitivity.QUIET,)))
    assert (tested.since, tested.until, tested.watched_from) == (FIRST_SIGN, WATCHED, WATCHED)
    # 28 whole days after the first, which is not whole.
    assert tested.learning_until == FIRST + timedelta(days=29)
    alerts_raised = {
        name: [one.raised_at for one in found if one.rule == "inactivity"]
        for name, found in tested.trials.items()
    }
    first, second = alerts_raised[Sensitivity.STANDARD]
    # In the first week eight hours by day, whatever is set; in the third a wide margin, by what was learned until then.
    assert first == FIRST + timedelta(days=3, hours=15, seconds=40)
    assert alerts_raised[Sensitivity.QUIET][0] == first
    assert (
        FIRST + timedelta(days=20, hours=8)
        < second
        < alerts_raised[Sensitivity.QUIET][1]
        < FIRST + timedelta(days=20, hours=17)
    )


def test_a_past_can_be_tried_before_live_evaluation_has_caught_up_with_it(
    database: Database, tmp_path: Path
) -> None:
    fresh_ward(database, tmp_path)
    until = WATCHED + timedelta(days=2)
    with database.transaction() as connection:
        connection.execute(b"UPDATE resident SET watched_from = %s", (WATCHED - timedelta(days=14),))
        evaluation_queue.add_evaluations(connection, until)
        connection.execute(
            b"UPDATE evaluation SET evaluated_through = %s WHERE resident_id IS NULL", (until,)
        )
    assert tried(database, Question(1, until + timedelta(hours=1))).until == until


def test_what_went_because_it_was_too_old_is_not_tried_as_silence(database: Database, tmp_path: Path) -> None:
    fresh_ward(database, tmp_path)
    places, readings = FIRST + timedelta(days=20), FIRST + timedelta(days=10)
    parts = [{"what": "fix", "until": places.isoformat()}, {"what": "reading", "until": readings.isoformat()}]
    with database.transaction() as connection:
        connection.execute(
            b"INSERT INTO retention_run (began_at, kept_for, dropped) VALUES (now(), '{}', %s)",
            [Jsonb(parts)],
        )
    tested = tried(database, Question(1, WATCHED))
    assert (tested.since, tested.places_from) == (readings, places)
    # Learned from what is left, be it more than it was watched.
    assert tested.learning_until == WATCHED
    assert tried(database, Question(1, WATCHED, rules=frozenset({"cold"}))).places_from is None


def test_a_past_in_which_somebody_else_lived_there_is_not_theirs(database: Database, tmp_path: Path) -> None:
    moved_in = WATCHED - timedelta(days=5)
    both = home(1, watched_from=FIRST)
    both["residents"].append({"key": "second", "name": "山田二郎", "watched_from": moved_in.isoformat()})
    fresh_ward(database, tmp_path, both)
    assert tried(database, Question(1, WATCHED, rules=frozenset({"cold"}))).since == FIRST
    second = tried(database, Question(2, WATCHED, rules=frozenset({"cold"})))
    assert second.since == moved_in
    # What is usual in the home is learned from all of its days, theirs or not.
    assert second.learning_until == FIRST + timedelta(days=29)


def test_a_silence_of_all_equipment_before_the_watch_began_says_nothing(
    database: Database, tmp_path: Path
) -> None:
    ward = fresh_ward(database, tmp_path, home(1, watched_from=WATCHED, door_heartbeat_s=3600))
    asked = Question(1, WATCHED, rules=frozenset({"inactivity"}))
    (found,) = tried(database, asked).trials.values()
    assert len(found) == 2
    # The door reported every hour that it is there, but not on the second of the two silent days.
    hours = [FIRST + timedelta(hours=number) for number in range(24 * TAUGHT_DAYS)]
    away = (FIRST + timedelta(days=20, hours=5), FIRST + timedelta(days=20, hours=18))
    ward.store(Seen("door-1", "heartbeat", 1, one) for one in hours if not away[0] <= one < away[1])
    (found,) = tried(database, asked).trials.values()
    assert [one.raised_at < away[0] for one in found] == [True]


def test_slow_change_and_equipment_can_be_tried(database: Database, tmp_path: Path) -> None:
    ward = fresh_ward(database, tmp_path)
    later = WATCHED + timedelta(days=20)
    ward.store(daily(1, WATCHED, 20, hours=[8.0, 12.0, 18.0]))
    ward.store(
        Seen("kitchen-1", "battery_pct", 60.0 - day, FIRST + timedelta(days=day, hours=8))
        for day in range(49)
    )
    # The hall reports every three minutes for two days.
    stuck = WATCHED + timedelta(days=10)
    ward.store(Seen("hall-1", "motion", 1, stuck + timedelta(minutes=3 * step)) for step in range(960))
    ward.pass_to(later)
    named = frozenset({"decline", "device_stuck", "battery"})
    tested = tried(database, Question(1, later, rules=named))
    assert tested.rules == ("decline", "device_stuck", "battery")
    (found,) = tested.trials.values()
    alerts_raised = {one.rule: one for one in found}
    assert alerts_raised.keys() == named
    assert alerts_raised["decline"].raised_at > WATCHED
    assert alerts_raised["device_stuck"].reason["cause"] == "chatter"
    assert alerts_raised["battery"].severity is Severity.EQUIPMENT
    # Equipment is tried only when it is named.
    tested = tried(database, Question(1, later, weeks=1))
    assert not {"device_stuck", "battery"} & set(tested.rules)
    assert "decline" in tested.rules


def test_the_transaction_refuses_to_write(database: Database) -> None:
    with pytest.raises(StoreUnavailableError), database.transaction() as connection:
        backtest_history.read_only(connection)
        evaluation_queue.add_evaluations(connection, NOW)
