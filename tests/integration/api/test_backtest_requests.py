"""Trying settings on the past over the interface: asked for by staff, worked off by one worker, and never lost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.domain.backtest import (
    KEPT,
    MOST_ATTEMPTS,
    TRIED_RULES,
    BacktestProblem,
    BacktestSettings,
    BacktestState,
)
from core.domain.metrics import METRICS
from core.domain.reading import ReadingFlag
from core.domain.sensitivity import Sensitivity
from core.store.database import Database
from core.store.detection import backtest_requests
from core.store.detection.backtest_requests import BacktestRequest
from core.store.people import access_log
from core.store.people.access_log import Viewed
from deploy.local.mosquitto import Broker
from detectors.backtest import result as backtest_result
from detectors.backtest import run as backtest
from detectors.backtest.run import Question
from detectors.backtest.worker import BacktestWorker
from tests.support import alerting
from tests.support.alerting import NOW, TARO, mail_sink
from tests.support.ingest import readings
from tests.support.services.processes import Processes, service_settings
from tests.support.services.publisher import Publisher
from tests.support.wait import wait_until
from tests.support.wards.api_ward import RESIDENT_A, RESIDENT_B, ApiWard, api_ward

A = f"/api/v1/residents/{RESIDENT_A}/backtests"
DAYS = 24


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    """Give two offices; A moved every half hour by day for three weeks, and once not until the evening."""
    with api_ward(database_url, tmp_path) as made:
        store_days(made.database, "hall-a", NOW, silent_on=5)
        made.execute("UPDATE resident SET watched_from = %s", NOW - timedelta(days=14))
        yield made


def store_days(database: Database, device_id: str, now: datetime, *, silent_on: int) -> None:
    """Store a pair of signs of life every half hour by day; none on one day, counted back, until its evening."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    times = [
        today - timedelta(days=back) + timedelta(minutes=30 * half, seconds=s)
        for back in range(1, DAYS)
        for half in range(48)
        for s in (0, 40)
        if half not in range(28, 42) and not (back == silent_on and (half < 20 or half > 41))
    ]
    with database.transaction() as connection:
        connection.execute(
            b"INSERT INTO reading (time, received_at, value, device_number, metric, flags)"
            b" SELECT time, time, 1, device_number, %s, %s FROM device, unnest(%s::timestamptz[]) AS given (time)"
            b" WHERE device_id = %s",
            (METRICS["motion"].number, int(ReadingFlag.LIFE_SIGN), times, device_id),
        )


def work_off(ward: ApiWard, must_end: bool = False) -> int:
    """Do what the worker process does."""
    desk = ward.database.dedicated_connection()
    try:
        return BacktestWorker(ward.database, desk, ward.clock, lambda: must_end).work_off()
    finally:
        desk.close()


def ask(ward: ApiWard, login: str = "care_a", **body: object) -> int:
    answer = ward.client(login).post(A, json=body)
    assert answer.status_code == 202, answer.text
    return answer.json()["number"]


def read(ward: ApiWard, number: int, login: str = "care_a") -> dict[str, Any]:
    answer = ward.client(login).get(f"/api/v1/backtests/{number}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def request_of(ward: ApiWard, number: int) -> BacktestRequest:
    with ward.database.transaction() as connection:
        return backtest_requests.get(connection, number)


def test_staff_ask_and_read_what_each_setting_would_have_raised(ward: ApiWard) -> None:
    number = ask(ward, weeks=2, rules=["inactivity"], budget=4)
    waiting = read(ward, number)
    assert (waiting["state"], waiting["progress"], waiting["result"]) == ("waiting", 0, None)
    assert (waiting["asked_by"], waiting["budget"], waiting["rules"]) == ("支援 甲", 4, ["inactivity"])

    assert work_off(ward) == 1

    done = read(ward, number)
    assert (done["state"], done["progress"], done["problem"]) == ("done", 1, None)
    result = done["result"]
    assert [one["sensitivity"] for one in result["settings"]] == ["standard", "family", "quiet"]
    standard, family, _quiet = result["settings"]
    assert 0 < standard["alerts"] <= family["alerts"]
    assert sum(standard["alerts_by_week"]) == standard["alerts"] == len(standard["findings"])
    assert result["budget"]["alerts_per_30_days"] == 4
    # It is what the command line finds.
    with ward.database.transaction() as connection:
        asked = Question(RESIDENT_A, ward.clock.now(), 2, frozenset({"inactivity"}), tuple(Sensitivity))
        tested = backtest.run(connection, asked)
    again = backtest_result.as_body(tested, [], 4)
    assert [one["alerts"] for one in result["settings"]] == [one["alerts"] for one in again["settings"]]  # pyright: ignore[reportIndexIssue, reportUnknownVariableType, reportGeneralTypeIssues] - JSON

    listed = ward.client("care_a").get(A).json()
    assert [(one["number"], one["state"]) for one in listed] == [(number, "done")]


def test_what_happened_can_be_given_with_the_question(ward: ApiWard) -> None:
    began_at = NOW.replace(hour=0, minute=0) - timedelta(days=5, hours=10)
    labels = [{"began_at": began_at.isoformat(), "what": "did not get up"}]
    number = ask(ward, weeks=2, rules=["inactivity"], labels=labels, sensitivities=["family"])
    work_off(ward)
    result = read(ward, number)["result"]
    assert [one["what"] for one in result["labels"]] == ["did not get up"]
    assert all(len(one["delays_h"]) == 1 for one in result["settings"])


def test_the_person_sees_that_somebody_tried(ward: ApiWard) -> None:
    ask(ward, login="care_a")
    looks = ward.client("family_a").get(f"/api/v1/residents/{RESIDENT_A}/looks").json()
    assert [(one["user_name"], one["what"]) for one in looks] == [("支援 甲", "backtest")]
    # An administrator's look at what was found is a look at the person.
    number = ask(ward, login="admin")
    read(ward, number, "admin")
    with ward.database.transaction() as connection:
        seen = access_log.access_records(connection, RESIDENT_A)
    assert {(one.user_name, one.what) for one in seen} >= {
        ("管理 者", Viewed.BACKTEST),
        ("管理 者", Viewed.RECORD),
    }


def test_places_in_reasons_stay_behind_the_location_gate(ward: ApiWard) -> None:
    home = (35.6500, 139.7900)
    ward.execute("UPDATE geofence SET created_at = %s", NOW - timedelta(days=20))
    began = NOW - timedelta(days=3)
    for minute in range(60):
        away = 0.01 if 15 <= minute < 45 else 0.0
        ward.fix("tracker-a", home[0] + away, home[1], began + timedelta(minutes=minute))
    number = ask(ward, weeks=1, rules=["geofence_exit"])
    work_off(ward)

    coarse = read(ward, number)
    assert coarse["is_precise"] is False
    (setting,) = coarse["result"]["settings"]
    assert [one["rule"] for one in setting["findings"]] == ["geofence_exit"]
    assert '"lat"' not in str(coarse).replace("'", '"')
    ward.client("care_a").post(f"/api/v1/residents/{RESIDENT_A}/reveal", json={"reason": "no_contact"})
    precise = read(ward, number)
    assert precise["is_precise"] is True
    assert '"lat"' in str(precise).replace("'", '"')
    with ward.database.transaction() as connection:
        seen = access_log.access_records(connection, RESIDENT_A)
    assert [one.times for one in seen if one.what is Viewed.LOCATION] == [1]


def test_what_cannot_be_tried_is_refused_or_ends_as_failed(ward: ApiWard) -> None:
    client = ward.client("care_a")
    for body in (
        {"rules": ["sos"]},
        {"rules": ["loudness"]},
        {"weeks": 0},
        {"weeks": 27},
        {"budget": -1},
        {"sensitivities": ["loud"]},
        {"labels": [{"began_at": "yesterday", "what": "fall"}]},
        {"surprise": 1},
    ):
        assert client.post(A, json=body).status_code == 422, body
    assert ward.execute("SELECT count(*) FROM backtest") == [(0,)]

    ward.execute("UPDATE resident SET watched_from = %s", NOW - timedelta(hours=5))
    answer = ward.client("care_b").post(A.replace("1/b", f"{RESIDENT_B}/b"), json={})
    work_off(ward)
    failed = read(ward, answer.json()["number"], "care_b")
    assert (failed["state"], failed["problem"]) == ("failed", "no_past")


def test_only_three_may_wait_and_twenty_are_kept(ward: ApiWard) -> None:
    numbers = [ask(ward, weeks=1, rules=["cold"]) for _ in range(3)]
    assert ward.client("admin").post(A, json={}).status_code == 409
    # Another resident's do not wait for them.
    assert ward.client("care_b").post(A.replace("1/b", f"{RESIDENT_B}/b"), json={}).status_code == 202
    ward.execute("UPDATE backtest SET state = 'done', result = '{}', progress = 1")
    numbers += [_done(ward) for _ in range(KEPT)]
    with ward.database.transaction() as connection:
        kept = [one.number for one in backtest_requests.of_resident(connection, RESIDENT_A)]
    assert kept == sorted(numbers, reverse=True)[:KEPT]


def _done(ward: ApiWard) -> int:
    with ward.database.transaction() as connection:
        number = backtest_requests.add(connection, RESIDENT_A, BacktestSettings(), user=1, now=NOW)
        connection.execute(b"UPDATE backtest SET state = 'done' WHERE backtest_id = %s", (number,))
    return number


def test_a_fault_ends_one_request_and_not_the_others(ward: ApiWard, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, fine = ask(ward, weeks=1, rules=["cold"]), ask(ward, weeks=1, rules=["heat"])
    run = backtest.run

    def sometimes(connection: Any, asked: Question, progress: Any) -> Any:
        if "cold" in asked.rules:
            raise ZeroDivisionError
        return run(connection, asked, progress)

    monkeypatch.setattr(backtest, "run", sometimes)
    assert work_off(ward) == 2
    assert request_of(ward, broken).problem is BacktestProblem.FAULT
    assert request_of(ward, fine).state is BacktestState.DONE


def test_what_a_worker_left_behind_is_taken_up_again_but_not_for_ever(ward: ApiWard) -> None:
    number = ask(ward, weeks=1, rules=["cold"])
    for attempt in range(1, MOST_ATTEMPTS + 1):
        # A worker that dies: it has begun, and its connection is gone.
        desk = ward.database.dedicated_connection()
        assert backtest_requests.hold(desk)
        begun = backtest_requests.take(desk)
        assert begun is not None
        assert begun.attempts == attempt
        # While it lives, nobody else is at it.
        assert work_off(ward) == 0
        with ward.database.transaction() as connection:
            assert not backtest_requests.is_work_left(connection)
        desk.close()
        wait_until(lambda: _is_work_left(ward), what="the lock to be free")
    work_off(ward)
    assert request_of(ward, number).problem is BacktestProblem.STOPPED


def test_a_worker_that_must_end_gives_back_what_it_began(ward: ApiWard) -> None:
    number = ask(ward, weeks=1, rules=["cold"])
    asked: list[int] = []

    def must_end() -> bool:
        asked.append(1)
        return len(asked) > 2

    desk = ward.database.dedicated_connection()
    BacktestWorker(ward.database, desk, ward.clock, must_end).work_off()
    desk.close()
    found = request_of(ward, number)
    assert (found.state, found.progress) == (BacktestState.WAITING, 0)
    assert ward.execute("SELECT attempts FROM backtest") == [(0,)]
    wait_until(lambda: _is_work_left(ward), what="the lock to be free")
    assert work_off(ward) == 1


def test_the_page_asks_follows_and_puts_the_proposed_setting_in_force(ward: ApiWard) -> None:
    client = ward.client("care_a")
    page = f"/residents/{RESIDENT_A}/backtests"
    assert "過去の記録で設定を試す" in client.get(f"/residents/{RESIDENT_A}").text
    for wrong in ({"rule": "sos", "weeks": "2"}, {"rule": "", "weeks": "4", "budget": "many"}):
        assert client.post(page, data=wrong).status_code == 422
    asked = client.post(page, data={"rule": "inactivity", "weeks": "4", "budget": "0"})
    assert asked.status_code == 303
    address = asked.headers["location"]
    assert "every 2s" in client.get(address).text

    work_off(ward)
    raised = client.get(address).text
    assert "every 2s" not in raised
    assert "最後の動きは" in raised
    # So little can only be kept with the patient setting, if with any.
    result = read(ward, int(address.rsplit("/", 1)[1]))["result"]
    ward.execute("UPDATE backtest SET result = jsonb_set(result, '{budget,proposed}', '\"quiet\"')")
    assert result["in_force"] == "standard"
    ward.execute("UPDATE backtest SET result = jsonb_set(result, '{budget,events_lost}', '2')")
    proposal = client.get(address).text.partition('<h2 id="proposal">')[2]
    # What it would lose stands before what it is good for.
    assert proposal.startswith("注意: 「ひかえめに知らせる」では、実際にあったこと 2件を知らせません。30日に")
    assert "「ひかえめに知らせる」に変える" in proposal
    assert client.post(f"{address}/application", data={"sensitivity": "family"}).status_code == 409
    applied = client.post(f"{address}/application", data={"sensitivity": "quiet"})
    assert applied.headers["location"] == f"{address}?said=backtest_applied"
    assert ward.execute("SELECT sensitivity FROM resident WHERE resident_id = %s", RESIDENT_A) == [("quiet",)]
    assert "いまの設定のままで収まります" in client.get(address).text
    looks = ward.client("family_a").get(f"/api/v1/residents/{RESIDENT_A}/looks").json()
    assert ("sensitivity", "quiet") in {(one["what"], one["reason"]) for one in looks}
    assert "ひかえめに知らせる" in ward.client("family_a").get(f"/residents/{RESIDENT_A}").text


def test_what_happened_is_typed_into_the_page_and_compared_with_each_setting(ward: ApiWard) -> None:
    client = ward.client("care_a")
    page = f"/residents/{RESIDENT_A}/backtests"
    today = NOW.astimezone(ZoneInfo("Asia/Tokyo")).date()
    # He lay on the floor on the day on which nobody moved; the other row was left empty.
    fell = f"{today - timedelta(days=5)}"
    row = {"day": [fell, ""], "clock": ["09:00", ""], "what": ["<b>転倒</b>", ""]}
    asked = client.post(page, data={"rule": "inactivity", "weeks": "4", **row})
    assert asked.status_code == 303
    address = asked.headers["location"]
    work_off(ward)
    result = read(ward, int(address.rsplit("/", 1)[1]))["result"]
    (label,) = result["labels"]
    assert datetime.fromisoformat(label["began_at"]) == datetime.fromisoformat(f"{fell}T09:00+09:00")
    raised = client.get(address).text
    assert "実際にあったことと、知らせるまでの時間" in raised
    assert "&lt;b&gt;転倒&lt;/b&gt;" in raised
    assert raised.count("後</td>") + raised.count("知らせなし") + raised.count("すぐ</td>") == 3
    # It need not be typed again.
    again = client.get(page).text
    assert f'value="{fell}"' in again
    assert 'value="&lt;b&gt;転倒&lt;/b&gt;"' in again

    for wrong, words in (
        ({"day": "", "clock": "09:00", "what": "転倒"}, "日にちと時刻を両方入れてください"),
        ({"day": fell, "clock": "25:99", "what": "転倒"}, "日にちと時刻を両方入れてください"),
        ({"day": fell, "clock": "09:00", "what": ""}, "できごとを100字までで入れてください"),
        ({"day": fell, "clock": "09:00", "what": "転" * 101}, "できごとを100字までで入れてください"),
        ({"day": f"{today + timedelta(days=1)}", "clock": "09:00", "what": "転倒"}, "これまでの4週間の中"),
        ({"day": f"{today - timedelta(days=40)}", "clock": "09:00", "what": "転倒"}, "これまでの4週間の中"),
    ):
        refused = client.post(page, data={"rule": "inactivity", "weeks": "4", **wrong})
        assert refused.status_code == 422, wrong
        assert words in refused.text
        assert 'aria-invalid="true" aria-describedby="happened-1"' in refused.text


def test_the_page_says_which_days_count_less(ward: ApiWard) -> None:
    ward.execute("UPDATE resident SET watched_from = %s", NOW)
    # The sensor of this past reports movement only: with a heartbeat it would have been silent most of the time.
    ward.execute("UPDATE device SET heartbeat_s = NULL")
    client = ward.client("care_a")
    asked = client.post(f"/residents/{RESIDENT_A}/backtests", data={"rule": "inactivity", "weeks": "4"})
    work_off(ward)
    raised = client.get(asked.headers["location"]).text
    assert "見守りが始まる前の日も入っています" in raised
    assert "学ぶ記録が4週間分ない" in raised
    assert '<span class="tag">見守り前</span>' in raised
    result = read(ward, int(asked.headers["location"].rsplit("/", 1)[1]))["result"]
    assert datetime.fromisoformat(result["watched_from"]) == NOW
    assert datetime.fromisoformat(result["learning_until"]) == NOW


def test_pages_about_trying_are_for_the_staff_of_the_office(ward: ApiWard) -> None:
    number = ask(ward)
    addresses = (f"/residents/{RESIDENT_A}/backtests", f"/backtests/{number}")
    for login, status in (("admin", 200), ("care_a", 200), ("care_b", 404), ("family_a", 403)):
        assert [ward.client(login).get(one).status_code for one in addresses] == [status, status]
    assert "過去の記録で設定を試す" not in ward.client("family_a").get(f"/residents/{RESIDENT_A}").text
    applied = {
        login: ward.client(login).post(f"/backtests/{number}/application", data={"sensitivity": "quiet"})
        for login in ("care_a", "care_b", "family_a")
    }
    assert [one.status_code for one in applied.values()] == [409, 404, 403]


def _is_work_left(ward: ApiWard) -> bool:
    with ward.database.transaction() as connection:
        return backtest_requests.is_work_left(connection)


def test_a_result_is_bounded(ward: ApiWard) -> None:
    with ward.database.transaction() as connection:
        tested = backtest.run(connection, Question(RESIDENT_A, NOW, 2, frozenset({"inactivity"})))
    (found,) = tested.trials.values()
    many = replace(tested, trials={Sensitivity.STANDARD: found[:1] * 5000})
    (setting,) = backtest_result.as_bounded_body(many, [], None)["settings"]  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType] - JSON
    assert setting["alerts"] == 5000
    assert 0 < len(setting["findings"]) <= 300  # pyright: ignore[reportUnknownArgumentType] - JSON
    long = replace(found[0], reason={"words": "x" * 50_000})
    many = replace(tested, trials={Sensitivity.STANDARD: (long,) * 300})
    assert len(str(backtest_result.as_bounded_body(many, [], None))) <= 1_000_000


def test_the_rules_that_may_be_asked_for_are_those_that_can_be_tried() -> None:
    assert set(backtest.rule_names()) == set(TRIED_RULES)


@pytest.mark.timeout(240)
def test_a_call_for_help_is_raised_at_once_while_backtests_run(
    database_url: str, broker: Broker, processes: Processes, tmp_path: Path
) -> None:
    with Database(database_url) as database, mail_sink() as sink:
        alerting.register(database, tmp_path, contacts=[TARO])
        now = datetime.now(UTC)
        with database.transaction() as connection:
            connection.execute(b"UPDATE resident SET watched_from = %s", (now - timedelta(weeks=26),))
        settings = service_settings(database_url, broker, mail_url=f"smtp://127.0.0.1:{sink.port}")
        processes.start("ingest", settings)
        detectors = processes.start("detectors", settings)
        wait_until(lambda: detectors.events("alerting_started"), what="the senders")
        with database.transaction() as connection:
            number = backtest_requests.add(
                connection, 1, BacktestSettings(weeks=26, budget=2), user=2, now=now
            )
        # The worker lets everybody else go first, so that it may take its time on a busy machine.
        wait_until(lambda: _state(database, number) is BacktestState.RUNNING, 180, "a backtest under way")

        with Publisher(broker) as device:
            device.publish("mimamori/v1/sos-1/readings", readings(1, ("sos", True, datetime.now(UTC))))
            device.flush()
        wait_until(lambda: sink.messages, what="the mail")

        # A killed detector's request is finished by the next. It is made short meanwhile, for it begins anew.
        detectors.kill()
        with database.transaction() as connection:
            connection.execute(b"""UPDATE backtest SET settings = settings || '{"weeks": 1}'""")
        detectors = processes.start("detectors", settings)
        over = {BacktestState.DONE, BacktestState.FAILED}
        wait_until(lambda: _state(database, number) in over, 180, "its end")
        assert _state(database, number) is BacktestState.DONE, detectors.output
        processes.stop_all()


def _state(database: Database, number: int) -> BacktestState:
    with database.transaction() as connection:
        return backtest_requests.get(connection, number).state
