"""The roster by page and JSON: who is asked tonight, who stands in, what is missing, and who changed it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.domain.alert import Severity
from core.store.people import duty_roster
from detectors.alerting import planner
from tests.support.wards.api_ward import OFFICE_A, OFFICE_B, RESIDENT_A, ApiWard, api_ward

_DUTY = f"/api/v1/offices/{OFFICE_A}/duty"
_PAGE = f"/offices/{OFFICE_A}/duty"
_NIGHT = {"began_at": "2026-08-01T22:00:00+09:00", "ended_at": "2026-08-02T07:00:00+09:00"}


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        made.execute(
            "WITH made AS (INSERT INTO contact (office_id, name, step, is_duty_only)"
            " VALUES (1, '当番 一', 1, true), (1, '当番 二', 1, true), (2, 'よその人', 1, true) RETURNING contact_id, name)"
            " INSERT INTO contact_channel (contact_id, place, kind, address)"
            " SELECT contact_id, 1, 'mail', contact_id || '@example.jp' FROM made"
        )
        steps = [{"asked": "duty", "wait_min": 5}, {"asked": "office", "wait_min": 5}]
        usual = [{"asked": "contacts", "wait_min": 5}]
        branches: list[dict[str, Any]] = [
            {"severity": 1, "steps": usual},
            {"severity": 2, "steps": usual},
            {"severity": 1, "hours": "night", "steps": steps},
        ]
        answer = made.client("care_a").put(
            f"/api/v1/offices/{OFFICE_A}/escalation-policy", json={"branches": branches}
        )
        assert answer.status_code == 200
        yield made


def _person(ward: ApiWard, name: str) -> int:
    return int(ward.execute("SELECT contact_id FROM contact WHERE name = %s", name)[0][0])


def _asked_at(ward: ApiWard, clock: str) -> list[str]:
    """Open an emergency at a time in Tokyo, and return who is asked first."""
    at = datetime.fromisoformat(f"{clock}+09:00")
    ward.clock.advance(seconds=(at - ward.clock.now()).total_seconds())
    number = ward.open_alert(rule="sos", severity=Severity.EMERGENCY)
    planner.plan_all(ward.database, ward.clock.now())
    rows = ward.execute(
        "SELECT name FROM notification JOIN contact USING (contact_id) WHERE alert_id = %s ORDER BY name",
        number,
    )
    ward.execute("UPDATE alert SET handling = 'closed', outcome = 'drill', closed_at = opened_at")
    return [row[0] for row in rows]


def test_whoever_is_on_duty_is_asked_then_the_substitute_and_the_centre_in_a_gap(ward: ApiWard) -> None:
    care = ward.client("care_a")
    one, two = _person(ward, "当番 一"), _person(ward, "当番 二")
    body = {"person": one, "substitute": two, **_NIGHT}
    (made,) = care.post(_DUTY, json=body).json()
    assert made["asked"] == one
    shown = care.get(f"/api/v1/residents/{RESIDENT_A}/escalation-preview?at=2026-08-01T18:00:00Z").json()
    assert [person["name"] for person in shown["steps"][0]["people"]] == ["当番 一"]

    # Nobody of the roster is asked outside of it, nor in the order of contacts.
    assert _asked_at(ward, "2026-08-01T21:59") == ["contact A", "cousin A"]
    assert _asked_at(ward, "2026-08-01T22:00") == ["当番 一"]
    handed = care.put(f"{_DUTY}/{made['number']}/substitution", json={"is_substituted": True})
    assert handed.json()["asked"] == two
    assert _asked_at(ward, "2026-08-01T23:00") == ["当番 二"]
    ward.execute(
        "UPDATE contact_channel SET unreachable_since = now(), unreachable_reason = 'x' WHERE contact_id = %s",
        two,
    )
    assert _asked_at(ward, "2026-08-02T00:30") == ["当番 一"]
    assert care.delete(f"{_DUTY}/{made['number']}").status_code == 204
    assert _asked_at(ward, "2026-08-02T01:30") == ["centre A"]


def test_a_change_of_shifts_between_two_steps_asks_who_is_there_then(ward: ApiWard) -> None:
    care = ward.client("care_a")
    steps = [
        {"asked": "office", "wait_min": 5},
        {"asked": "duty", "wait_min": 5},
        {"asked": "contacts", "wait_min": 5},
    ]
    branches = [{"severity": severity, "steps": steps} for severity in (1, 2)]
    care.put(f"/api/v1/offices/{OFFICE_A}/escalation-policy", json={"branches": branches})
    for name, began, ended in (("当番 一", "21:00", "22:00"), ("当番 二", "22:00", "23:00")):
        span = {"began_at": f"2026-08-01T{began}:00+09:00", "ended_at": f"2026-08-01T{ended}:00+09:00"}
        assert care.post(_DUTY, json={"person": _person(ward, name), **span}).status_code == 201
    assert _asked_at(ward, "2026-08-01T21:57") == ["centre A"]
    ward.execute("UPDATE alert SET handling = 'open', outcome = NULL, closed_at = NULL")
    planner.plan_all(ward.database, ward.clock.now() + timedelta(minutes=5))
    rows = ward.execute(
        "SELECT name FROM notification JOIN contact USING (contact_id) ORDER BY notification_id"
    )
    assert [row[0] for row in rows] == ["centre A", "当番 二"]


def test_a_shift_is_there_already_only_with_the_same_substitute(ward: ApiWard) -> None:
    care = ward.client("care_a")
    one, two = _person(ward, "当番 一"), _person(ward, "当番 二")
    body = {"person": one, **_NIGHT}
    assert [care.post(_DUTY, json=body).status_code for _ in range(2)] == [201, 409]
    assert [care.post(_DUTY, json=body | {"substitute": two}).status_code for _ in range(2)] == [201, 409]


def test_a_roster_for_weeks_keeps_the_time_on_the_wall_and_shows_its_gaps(ward: ApiWard) -> None:
    care = ward.client("care_a")
    one = _person(ward, "当番 一")
    made = care.post(_DUTY, json={"person": one, "weeks": 3, **_NIGHT}).json()
    assert [one["began_at"] for one in made] == [
        "2026-08-01T13:00:00Z",
        "2026-08-08T13:00:00Z",
        "2026-08-15T13:00:00Z",
    ]
    found = care.get(f"{_DUTY}?days=2").json()
    # Tonight is covered, tomorrow night is not; it is Saturday, 9:40.
    assert found["gaps"] == [{"began_at": "2026-08-02T13:00:00Z", "ended_at": "2026-08-02T22:00:00Z"}]
    assert [one["name"] for one in found["people"]] == ["当番 一", "当番 二", "centre A"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"person": 99}, "registered at this office"),
        ({"person": "よその人"}, "registered at this office"),
        ({"substitute": "当番 一"}, "nobody stands in for themselves"),
        ({"ended_at": "2026-08-01T22:00:00+09:00"}, "lasts at most a week"),
        ({"ended_at": "2026-08-08T22:01:00+09:00"}, "lasts at most a week"),
        ({"began_at": "2026-07-31T22:00:00+09:00", "ended_at": "2026-08-01T09:40:00+09:00"}, "after now"),
        ({"began_at": "2027-03-01T22:00:00+09:00", "ended_at": "2027-03-02T07:00:00+09:00"}, "half a year"),
    ],
)
def test_what_cannot_be_a_shift_is_refused_in_words(ward: ApiWard, change: dict[str, Any], code: str) -> None:
    named = {
        key: _person(ward, value) if key in {"person", "substitute"} and isinstance(value, str) else value
        for key, value in change.items()
    }
    body = {"person": _person(ward, "当番 一"), **_NIGHT} | named
    answer = ward.client("care_a").post(_DUTY, json=body)
    assert answer.status_code == 422
    assert code in answer.json()["errors"][0]["what"]
    assert ward.execute("SELECT count(*) FROM duty_shift") == [(0,)]


def test_a_shift_of_another_office_cannot_be_touched(ward: ApiWard) -> None:
    one = _person(ward, "当番 一")
    (made,) = ward.client("care_a").post(_DUTY, json={"person": one, **_NIGHT}).json()
    other = f"/api/v1/offices/{OFFICE_B}/duty/{made['number']}"
    assert ward.client("care_b").delete(other).status_code == 404
    assert ward.client("admin").delete(other).status_code == 404
    with ward.database.transaction() as connection:
        assert duty_roster.get(connection, made["number"]).person.number == one


def test_the_page_makes_hands_over_and_removes_shifts_and_the_office_keeps_who_did_it(ward: ApiWard) -> None:
    care = ward.client("care_a")
    text = care.get(_PAGE).text
    assert "当番のいない時間が14か所あります" in text
    assert "22:00–8/2(日) 07:00 当番がいません" in text
    one, two = str(_person(ward, "当番 一")), str(_person(ward, "当番 二"))
    form = {
        "person": one,
        "substitute": two,
        "began": "2026-08-01T22:00",
        "ended": "2026-08-02T07:00",
        "weeks": "1",
    }
    assert care.post(_PAGE, data=form).status_code == 303
    text = care.get(_PAGE).text
    # A night stands under both of its days.
    assert text.count("当番 一さんに連絡します") == 2
    assert "8/1(土) 22:00–07:00" in text
    assert "当番のいない時間が13か所あります" in text
    ((shift,),) = ward.execute("SELECT duty_shift_id FROM duty_shift")
    assert care.post(f"{_PAGE}/{shift}/substitution", data={"is_substituted": "true"}).status_code == 303
    assert "当番 二さんに連絡します" in care.get(_PAGE).text
    assert care.post(f"{_PAGE}/{shift}/remove").status_code == 303
    record = care.get(f"/offices/{OFFICE_A}").text
    for line in (
        "当番を追加: 当番 一・22:00から8/2(日) 7:00まで・代わり 当番 二",
        "当番を変更: 当番 一・22:00から8/2(日) 7:00まで・代わりの 当番 二 に交代",
        "当番から外す: ",
    ):
        assert line in record
    for wrong, said in (
        ({"began": "x"}, "はじまりと終わりを入れてください"),
        ({"person": "x"}, "この窓口の連絡先から選んでください"),
        ({"weeks": "27"}, "1週から26週まで"),
    ):
        answer = care.post(_PAGE, data=form | wrong)
        assert answer.status_code == 422
        assert said in answer.text


def test_a_roster_that_no_step_asks_says_so(ward: ApiWard) -> None:
    care = ward.client("care_a")
    care.delete(f"/api/v1/offices/{OFFICE_A}/escalation-policy")
    assert "当番表に入れても、いまは連絡しません" in care.get(_PAGE).text
    for login in ("care_b", "family_a"):
        assert ward.client(login).get(_PAGE).status_code in {403, 404}
