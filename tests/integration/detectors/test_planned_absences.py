"""Planned absences: planned by family or staff, shown, kept, and obeyed by those who evaluate."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from core.domain.alert import Severity
from core.domain.geofence import Hours
from core.domain.planned_absence import AbsenceKind
from core.domain.rhythm import NAME, VERSION, Habit, Rhythm, Spans
from core.domain.weekly_report import COUNTS_NAME, COUNTS_VERSION
from core.store.database import Database
from core.store.detection import evaluation_queue
from core.store.people import baselines, planned_absences
from detectors.engine.baseline_trainer import BaselineTrainer
from tests.support.wards.api_ward import RESIDENT_A, ApiWard, api_ward
from tests.support.wards.evaluated_ward import EvaluatedWard, Seen, at, daily, home

PATH = f"/api/v1/residents/{RESIDENT_A}/absences"
TODAY = at("2026-07-01 00:00")


@pytest.fixture
def api(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[EvaluatedWard]:
    """Give one home with 30 regular days behind it, evaluated up to midnight of a Wednesday."""
    with Database(database_url) as database:
        found = EvaluatedWard(database, tmp_path, [home(1, watched_from=TODAY)], TODAY)
        found.store(daily(1, TODAY - timedelta(days=30), 30))
        found.pass_to(TODAY + timedelta(minutes=1))
        yield found


def moves(*clock: str) -> list[Seen]:
    return [
        Seen(device, "motion", 1, at(f"2026-07-01 {one}") + timedelta(seconds=wait))
        for one in clock
        for device, wait in (("kitchen-1", 0), ("hall-1", 30))
    ]


def test_a_journey_is_planned_shown_and_ended(api: ApiWard) -> None:
    client = api.client("care_a")
    now = api.clock.now()
    body = {
        "kind": "travel",
        "began_at": (now - timedelta(minutes=1)).isoformat(),
        "ended_at": (now + timedelta(days=2)).isoformat(),
        "note": "温泉",
    }
    made = client.post(PATH, json=body).json()
    assert (made["kind"], made["note"], made["cancelled_at"]) == ("travel", "温泉", None)
    assert made["created_by"]
    one = client.get(f"/api/v1/residents/{RESIDENT_A}").json()
    assert one["is_paused"]
    assert "温泉" in client.get(f"/residents/{RESIDENT_A}/absences").text

    # A second one, later, is kept beside it; ending the first leaves the second.
    later = {
        "began_at": (now + timedelta(days=9)).isoformat(),
        "ended_at": (now + timedelta(days=10)).isoformat(),
    }
    client.post(PATH, json=body | later)
    assert client.delete(f"/api/v1/absences/{made['number']}").status_code == 204
    assert client.delete(f"/api/v1/absences/{made['number']}").status_code == 404
    listed = client.get(PATH).json()
    assert [entry["cancelled_at"] is None for entry in listed] == [False, True]
    assert not client.get(f"/api/v1/residents/{RESIDENT_A}").json()["is_paused"]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"ended_at": None}, "body"),
        ({"ended_at": "2020-01-01T00:00:00Z", "began_at": "2019-12-01T00:00:00Z"}, "body.ended_at"),
        ({"ended_at": "2026-08-01T00:00:00Z"}, "body"),
        ({"kind": "shopping"}, "body.kind"),
        ({"note": "x" * 201}, "body.note"),
        ({"hours": {"days": []}}, "body.hours.days"),
        ({"began_at": "2029-08-01T00:00:00Z", "ended_at": "2029-08-02T00:00:00Z"}, "body.began_at"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_with_its_place(
    api: ApiWard, change: dict[str, object], where: str
) -> None:
    body = {"kind": "travel", "began_at": "2026-08-02T00:00:00Z", "ended_at": "2026-08-09T00:00:00Z"}
    answer = api.client("care_a").post(PATH, json=body | change)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == where


def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(api: ApiWard) -> None:
    client = api.client("care_a")
    form = {"kind": "", "how": "weekly", "began": "", "note": "メモ"}
    answer = client.post(f"/residents/{RESIDENT_A}/absences", data=form)
    assert answer.status_code == 422
    assert "メモ" in answer.text
    assert "理由を選んでください" in answer.text
    assert "曜日を1つ以上選んでください" in answer.text


def test_what_is_usual_is_said_in_plain_words(api: ApiWard) -> None:
    client = api.client("family_a")
    empty = client.get(f"/api/v1/residents/{RESIDENT_A}/usual").json()
    assert (empty["learned_for"], empty["up"], empty["sentences"]) == (None, None, [])
    known = Rhythm(
        days=27,
        up=Habit(381.0, 6.0, 27),
        down=Habit(1322.0, 15.0, 27),
        night_visits=54,
        nights=27,
        outings={"weekday": Spans(11, 100.0, 125.0)},
    )
    today = api.clock.now().date()
    with api.database.transaction() as connection:
        baselines.put(connection, RESIDENT_A, NAME, VERSION, day=today, body=known.to_json())
    found = client.get(f"/api/v1/residents/{RESIDENT_A}/usual").json()
    assert (found["up"], found["night_visits"], found["days"]) == (
        {"at": "6:21", "by": "6:30", "days": 27},
        2.0,
        27,
    )
    assert found["sentences"][0] == "ふだんは 6:30ごろまでに起きます。"
    for page in ("/family", f"/residents/{RESIDENT_A}"):
        assert "ふだんは 6:30ごろまでに起きます。" in client.get(page).text


def test_the_charts_mark_the_times_that_the_sentences_say(api: ApiWard) -> None:
    number = api.open_alert()
    pages = (f"/residents/{RESIDENT_A}", "/family", f"/alerts/{number}")
    family = api.client("family_a")
    before = [family.get(page).text for page in pages]
    known = Rhythm(days=27, up=Habit(381.0, 6.0, 27), down=Habit(1322.0, 15.0, 27))
    with api.database.transaction() as connection:
        baselines.put(connection, RESIDENT_A, NAME, VERSION, day=api.clock.now().date(), body=known.to_json())
    resident, overview, alert = [family.get(page).text for page in pages]

    # Nothing is learned yet: no band and no lines.
    assert not any(mark in page for page in before for mark in ('class="band"', 'class="usual"', "点線は"))
    for page in (resident, overview):
        assert "6:30ごろまでに" in page
        assert "22:00ごろ" in page
        # 480 wide for 24 hours: from 6:30 to 22:00.
        assert 'class="band" x="130" y="0" width="310"' in page
    assert "点線は、ふだん起きている時刻" in alert
    # 88 from the left, 672 wide for 24 hours.
    for page in (resident, alert):
        assert [f'class="usual" d="M{88 + hour * 28:g} ' in page for hour in (6.5, 22)] == [True, True]


def test_what_was_learned_is_kept_for_a_week(ward: EvaluatedWard) -> None:
    for day in range(1, 10):
        ward.store(moves() + daily(1, TODAY + timedelta(days=day - 1), 1))
        ward.pass_to(TODAY + timedelta(days=day, hours=12))
    with ward.database.transaction() as connection:
        rows = connection.execute("SELECT rule, min(day), count(*) FROM baseline GROUP BY rule").fetchall()
        found = baselines.latest(connection, 1, NAME, VERSION, date(2026, 7, 10))
    assert {rule for rule, _, _ in rows} >= {"inactivity", "rhythm"}
    assert all(first >= date(2026, 7, 2) and count <= 9 for _, first, count in rows), rows
    assert found is not None
    rhythm = Rhythm.from_json(found[1])
    assert rhythm.up is not None
    assert rhythm.up.at_min == pytest.approx(270, abs=160)


def test_the_next_day_is_learned_an_hour_before_it_begins(ward: EvaluatedWard) -> None:
    learner = BaselineTrainer(ward.database, ward.clock)
    ward.pass_to(at("2026-07-01 12:00"))
    while learner.train_one():
        pass
    with ward.database.transaction() as connection:
        assert baselines.latest(connection, 1, NAME, VERSION, date(2026, 7, 2)) is not None
        (before,) = connection.execute("SELECT max(day) FROM baseline WHERE rule = %s", (NAME,)).fetchall()
    ward.clock.advance(seconds=(at("2026-07-01 23:05") - ward.clock.now()).total_seconds())
    assert learner.train_one()
    assert not learner.train_one()
    with ward.database.transaction() as connection:
        (after,) = connection.execute("SELECT max(day) FROM baseline WHERE rule = %s", (NAME,)).fetchall()
    assert (before[0], after[0]) == (date(2026, 7, 1), date(2026, 7, 2))


def test_the_days_of_somebody_new_are_counted_before_they_are_compared(ward: EvaluatedWard) -> None:
    learner = BaselineTrainer(ward.database, ward.clock)
    ward.pass_to(at("2026-07-01 08:00"))
    while learner.train_one():
        pass
    # The day before is counted when the days are compared, so that what comes late is in it.
    assert _counted_days(ward) == (date(2026, 6, 30), date(2026, 6, 29))
    ward.pass_to(at("2026-07-01 12:30"))
    assert _counted_days(ward) == (date(2026, 7, 1), date(2026, 6, 30))
    assert not learner.train_one()


def _counted_days(ward: EvaluatedWard) -> tuple[date, date]:
    """Return for which day was counted last, and the last day that was."""
    with ward.database.transaction() as connection:
        found = baselines.latest(connection, 1, COUNTS_NAME, COUNTS_VERSION, date(2026, 7, 1))
    assert found is not None
    return found[0], date.fromordinal(found[1]["days"][-1][0])


def test_one_resident_that_cannot_be_learned_does_not_stop_the_others(
    ward: EvaluatedWard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: object, **_more: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("detectors.baselines.silence_and_rhythm.daily_rhythm.learn", broken)
    ward.clock.advance(seconds=(at("2026-07-01 23:05") - ward.clock.now()).total_seconds())
    learner = BaselineTrainer(ward.database, ward.clock)
    assert learner.train_one()
    assert not learner.train_one()


def test_the_door_at_night_is_raised_for_flagged_residents_only(ward: EvaluatedWard) -> None:
    ward.store([*moves("00:10", "00:50"), Seen("door-1", "contact_open", 1, at("2026-07-01 01:00"))])
    ward.pass_to(at("2026-07-01 01:15"))
    assert ward.alerts("night_exit") == []
    with ward.database.transaction() as connection:
        connection.execute("UPDATE resident SET alert_on_night_exit = true")
        evaluation_queue.evaluate_again(connection, 1)
    ward.store([Seen("door-1", "contact_open", 0, at("2026-07-01 01:20"))])
    ward.pass_to(at("2026-07-01 01:35"))
    (alert,) = ward.alerts("night_exit")
    assert (alert.began_at, alert.raised_at) == (at("2026-07-01 01:20"), at("2026-07-01 01:30"))
    ward.store(moves("02:10"))
    ward.pass_to(at("2026-07-01 02:15"))
    assert ward.alerts("night_exit")[0].cleared_at == at("2026-07-01 02:10")


def test_a_day_service_that_nobody_leaves_for_is_raised_and_the_watch_goes_on(ward: EvaluatedWard) -> None:
    wednesdays = Hours(frozenset({2}), time(9), time(16))
    with ward.database.transaction() as connection:
        planned_absences.add(
            connection, 1, kind=AbsenceKind.DAY_SERVICE, span=(TODAY, None), hours=wednesdays, now=TODAY
        )
    ward.store(moves("02:00", "04:30", "07:00", "07:30", "08:00", "08:30", "09:00"))
    ward.pass_to(at("2026-07-01 09:30"))
    assert ward.alerts("absence_not_taken") == []
    ward.pass_to(at("2026-07-01 09:50"))
    (alert,) = ward.alerts("absence_not_taken")
    assert (alert.reason["cause"], alert.began_at) == ("did_not_leave", at("2026-07-01 09:00"))
    # She is not out, so that she does not move is raised as on any other day.
    ward.pass_to(at("2026-07-01 15:00"))
    assert len(ward.alerts("inactivity")) == 1


def test_a_day_service_that_is_left_for_rests_the_watch(ward: EvaluatedWard) -> None:
    wednesdays = Hours(frozenset({2}), time(9), time(16))
    with ward.database.transaction() as connection:
        planned_absences.add(
            connection, 1, kind=AbsenceKind.DAY_SERVICE, span=(TODAY, None), hours=wednesdays, now=TODAY
        )
    left = at("2026-07-01 08:55")
    ward.store(
        [
            *moves("02:00", "04:30", "07:00", "07:30", "08:00", "08:30", "08:54"),
            Seen("door-1", "contact_open", 1, left),
            Seen("door-1", "contact_open", 0, left + timedelta(seconds=20)),
        ]
    )
    ward.pass_to(at("2026-07-01 15:30"))
    assert ward.alerts() == []
    with ward.database.transaction() as connection:
        shown = connection.execute("SELECT paused_from, paused_until FROM resident").fetchone()
    assert shown == (at("2026-07-01 09:00"), at("2026-07-01 16:00"))
    ward.pass_to(at("2026-07-01 16:30"))
    with ward.database.transaction() as connection:
        shown = connection.execute("SELECT paused_from FROM resident").fetchone()
    assert shown == (at("2026-07-08 09:00"),)


def test_an_absence_that_was_taken_back_stays_on_record_for_the_past(ward: EvaluatedWard) -> None:
    with ward.database.transaction() as connection:
        span = (TODAY + timedelta(hours=2), TODAY + timedelta(days=3))
        made = planned_absences.add(connection, 1, kind=AbsenceKind.HOSPITAL, span=span, now=TODAY)
        planned_absences.end(connection, made.number, TODAY + timedelta(days=1))
        (kept,) = planned_absences.of_resident(connection, 1, TODAY, TODAY + timedelta(days=5))
        found: list[tuple[datetime, datetime]] = planned_absences.times(
            connection,
            1,
            evaluation_queue.watched_residents(connection, [1])[1][0].zone,
            TODAY,
            TODAY + timedelta(days=5),
        )
    assert kept.cancelled_at == TODAY + timedelta(days=1)
    assert found == [(span[0], TODAY + timedelta(days=1))]


def test_a_family_is_not_asked_to_check_for_what_is_only_worth_an_eye(api: ApiWard) -> None:
    api.open_alert(RESIDENT_A, rule="late_morning", severity=Severity.KEEP_AN_EYE)
    page = api.client("family_a").get("/family").text
    assert "少しちがいます" in page
    assert "朝の動きがありません" in page
