"""Who is asked when nobody answers, by page and JSON: written, refused in words, kept in the record, and shown beforehand."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.domain.alert import Severity
from core.store.people import offices, watch_changes
from detectors.alerting import planner
from tests.support.wards.api_ward import OFFICE_A, OFFICE_B, RESIDENT_A, ApiWard, api_ward

_OFFICE = f"/api/v1/offices/{OFFICE_A}"
_RESIDENT = f"/api/v1/residents/{RESIDENT_A}"


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def _branch(severity: int, *steps: tuple[str, int], **more: Any) -> dict[str, Any]:
    return {
        "severity": severity,
        "steps": [{"asked": asked, "wait_min": wait} for asked, wait in steps],
        **more,
    }


def _policy(*branches: dict[str, Any], **more: Any) -> dict[str, Any]:
    named = {(one["severity"], one.get("hours", "any")) for one in branches}
    usual = [_branch(one, ("contacts", 5)) for one in (1, 2) if (one, "any") not in named]
    return {"branches": [*usual, *branches], **more}


def _add_ward_line(ward: ApiWard) -> None:
    ward.execute(
        "WITH desk AS (INSERT INTO office (name, role) VALUES ('区の当直', 'ward_line') RETURNING office_id),"
        " made AS (INSERT INTO contact (office_id, name, step) SELECT office_id, '当直', 1 FROM desk RETURNING contact_id)"
        " INSERT INTO contact_channel (contact_id, place, kind, address, confirmed_at)"
        " SELECT contact_id, 1, 'voice', '+81312345678', now() FROM made"
    )


def test_an_office_has_what_everybody_has_until_it_writes_its_own(ward: ApiWard) -> None:
    care = ward.client("care_a")
    first = care.get(f"{_OFFICE}/escalation-policy").json()
    assert first["own_since"] is None
    assert [step["asked"] for step in first["branches"][0]["steps"]] == [
        "contacts",
        "next_office",
        "ward_line",
        "emergency_plan",
    ]

    wanted = _policy(_branch(2, ("office", 15), again_min=30), night="21:00-06:00")
    assert care.put(f"{_OFFICE}/escalation-policy", json=wanted).status_code == 200
    for address in (f"{_OFFICE}/escalation-policy", f"{_RESIDENT}/escalation-policy"):
        found = care.get(address).json()
        assert found["night"] == "21:00-06:00"
        assert found["branches"][1]["steps"] == [{"asked": "office", "wait_min": 15}]
    # Another office goes on as before.
    assert ward.client("care_b").get("/api/v1/residents/2/escalation-policy").json() == first

    assert care.delete(f"{_OFFICE}/escalation-policy").status_code == 204
    assert care.get(f"{_OFFICE}/escalation-policy").json() == first
    with ward.database.transaction() as connection:
        kept = offices.changes(connection, OFFICE_A, 5)
    assert [(one.who, one.what.value) for one in kept] == [("支援 甲", "escalation")] * 2
    assert kept[0].before == kept[1].after


@pytest.mark.parametrize(
    ("branch", "expected"),
    [
        (_branch(1, ("family", 2)), "branch 2: the last step must ask a desk where somebody sits"),
        (_branch(1, ("office", 2), ("duty", 2)), "branch 2: the last step must ask a desk"),
        (_branch(1, ("ward_line", 2), ("office", 2)), "branch 2, step 1: nobody is registered there"),
        (_branch(1, ("office", 11)), "branch 2, step 1: wait 1 to 10 minutes"),
        (_branch(1, ("office", 2), again_min=61), "branch 2: again_min is 5 to 60"),
        (_branch(1, ("office", 2), ("office", 2)), "branch 2, step 2: asked already"),
    ],
)
def test_a_policy_that_could_leave_somebody_alone_is_refused_in_words(
    ward: ApiWard, branch: dict[str, Any], expected: str
) -> None:
    for address in (_OFFICE, _RESIDENT):
        answer = ward.client("care_a").put(f"{address}/escalation-policy", json=_policy(branch))
        assert answer.status_code == 422
        assert expected in answer.json()["errors"][0]["what"]
    assert ward.execute("SELECT count(*) FROM escalation_policy") == [(0,)]


def test_a_households_own_policy_is_in_its_record_and_ends_with_its_offices(ward: ApiWard) -> None:
    care = ward.client("care_a")
    mine = _policy(_branch(2, ("family", 20), ("office", 10)))
    assert care.put(f"{_RESIDENT}/escalation-policy", json=mine).status_code == 200
    assert care.get(f"{_RESIDENT}/escalation-policy").json()["own_since"] is not None
    # The same once more is no change.
    care.put(f"{_RESIDENT}/escalation-policy", json=mine)
    assert care.delete(f"{_RESIDENT}/escalation-policy").status_code == 204
    assert care.get(f"{_RESIDENT}/escalation-policy").json()["own_since"] is None
    with ward.database.transaction() as connection:
        kept = watch_changes.of_resident(connection, RESIDENT_A, 5)
    assert [(one.what.value, one.before is None, one.after is None) for one in kept] == [
        ("escalation", False, True),
        ("escalation", True, False),
    ]


def test_an_office_cannot_close_at_night_while_a_policy_ends_there(ward: ApiWard) -> None:
    care = ward.client("care_a")
    by_day = {"staffed": {"days": [0, 1, 2, 3, 4], "start": "09:00", "end": "17:00"}}
    refused = care.put(f"{_OFFICE}/cover", json=by_day)
    assert refused.status_code == 422
    assert "where somebody sits" in refused.json()["errors"][0]["what"]
    assert ward.execute("SELECT count(*) FROM office WHERE staffed IS NOT NULL") == [(0,)]

    _add_ward_line(ward)
    at_night = _policy(
        _branch(1, ("contacts", 2), ("ward_line", 2)), _branch(2, ("contacts", 2), ("ward_line", 2))
    )
    assert care.put(f"{_OFFICE}/escalation-policy", json=at_night).status_code == 200
    assert care.put(f"{_OFFICE}/cover", json=by_day).status_code == 200
    # And then what everybody has would leave somebody alone, for an office that is closed at night.
    assert care.delete(f"{_OFFICE}/escalation-policy").status_code == 422
    # A household's own policy counts too.
    care.put(f"{_OFFICE}/cover", json={})
    care.put(f"{_RESIDENT}/escalation-policy", json=_policy())
    refused = care.put(f"{_OFFICE}/cover", json=by_day)
    assert "the own policy of a household" in refused.json()["errors"][0]["what"]


def test_only_another_office_that_looks_after_people_stands_in(ward: ApiWard) -> None:
    _add_ward_line(ward)
    care = ward.client("care_a")
    for wrong in (OFFICE_A, 3, 99):
        assert care.put(f"{_OFFICE}/cover", json={"next_office": wrong}).status_code == 422
    assert care.put(f"{_OFFICE}/cover", json={"next_office": OFFICE_B}).json()["next_office"] == OFFICE_B
    names = [one["role"] for one in ward.client("admin").get("/api/v1/offices").json()]
    assert names == ["care", "care", "ward_line"]
    assert [one["number"] for one in care.get("/api/v1/offices").json()] == [OFFICE_A]


def test_the_preview_shows_what_then_happens(ward: ApiWard) -> None:
    _add_ward_line(ward)
    care = ward.client("care_a")
    care.put(f"{_OFFICE}/cover", json={"next_office": OFFICE_B})
    # Sunday, 03:00 in Tokyo.
    at = "2026-08-08T18:00:00Z"
    shown = care.get(f"{_RESIDENT}/escalation-preview?severity=1&at={at}").json()
    assert [
        (one["after_min"], one["asked"], [person["name"] for person in one["people"]])
        for one in shown["steps"]
    ] == [
        (0, "contacts", ["contact A", "cousin A"]),
        (2, "contacts", ["centre A"]),
        (4, "next_office", ["centre B"]),
        (6, "ward_line", ["当直"]),
    ]
    assert shown["steps"][3]["people"][0]["channel"] == "voice"
    assert shown["quiet"] == []

    ward.clock.advance(seconds=(datetime.fromisoformat(at) - ward.clock.now()).total_seconds())
    opened_at = ward.clock.now()
    number = ward.open_alert(rule="sos", severity=Severity.EMERGENCY)
    happened: dict[str, int] = {}
    for minute in range(8):
        planner.plan_all(ward.database, opened_at + timedelta(minutes=minute))
        ward.execute("UPDATE notification SET status = 'sent', attempts = 1")
        for (name,) in ward.execute(
            "SELECT name FROM notification JOIN contact USING (contact_id) WHERE alert_id = %s", number
        ):
            happened.setdefault(name, minute)
    assert happened == {
        person["name"]: step["after_min"] for step in shown["steps"] for person in step["people"]
    }


def test_the_preview_of_what_can_wait_passes_over_whoever_sleeps(ward: ApiWard) -> None:
    care = ward.client("care_a")
    night = care.get(f"{_RESIDENT}/escalation-preview?severity=2&at=2026-08-08T18:00:00Z").json()
    assert [person["name"] for person in night["steps"][0]["people"]] == ["centre A"]
    assert sorted(night["quiet"]) == ["contact A", "cousin A"]
    day = care.get(f"{_RESIDENT}/escalation-preview?severity=2&at=2026-08-08T03:00:00Z").json()
    assert [person["name"] for person in day["steps"][0]["people"]] == ["contact A", "cousin A"]
    assert day["quiet"] == []


_FORM = {"what": "branch", "severity": "1", "hours": "any", "days": "any"}


@pytest.mark.parametrize("page", [f"/offices/{OFFICE_A}", f"/residents/{RESIDENT_A}/escalation"])
def test_the_page_writes_what_the_interface_reads_and_keeps_it_in_the_record(
    ward: ApiWard, page: str
) -> None:
    care = ward.client("care_a")
    send_to = f"{page}/escalation" if page.startswith("/offices") else page
    rows = {"asked": ["family", "", "office"], "wait": ["3", "2", "4"], "again": "20"}
    assert care.post(send_to, data=_FORM | rows).status_code == 303
    night = _FORM | {"hours": "night", "asked": ["office"], "wait": ["2"]}
    assert care.post(send_to, data=night).status_code == 303
    times = {"what": "night", "night_from": "21:00", "night_until": "06:30"}
    assert care.post(send_to, data=times).status_code == 303

    found = care.get(f"{_RESIDENT}/escalation-policy").json()
    assert found["night"] == "21:00-06:30"
    emergency = [one for one in found["branches"] if one["severity"] == 1]
    assert [(one["hours"], [step["asked"] for step in one["steps"]]) for one in emergency] == [
        ("any", ["family", "office"]),
        ("night", ["office"]),
    ]
    assert [one["again_min"] for one in emergency] == [20, None]
    text = care.get(page).text
    assert "家族などの連絡先 · 返事を3分待ちます" in text
    assert "緊急: 家族などの連絡先(3分) → 担当窓口の見守りセンター(4分)" in text
    assert "支援 甲" in text

    assert care.post(send_to, data=night | {"what": "remove"}).status_code == 303
    assert len(care.get(f"{_RESIDENT}/escalation-policy").json()["branches"]) == 2
    assert care.post(send_to, data={"what": "reset"}).status_code == 303
    assert care.get(f"{_RESIDENT}/escalation-policy").json()["own_since"] is None


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"asked": ["family"], "wait": ["3"]}, "家族は眠り、当番表には空きができるからです"),
        ({"asked": ["office"], "wait": ["eleven"]}, "1番目: 返事を待つ分は"),
        ({"asked": ["office"], "wait": ["11"]}, "1番目: 返事を待つ分は"),
        ({"asked": ["", ""], "wait": ["3", "3"]}, "連絡する先を1つ以上"),
        ({"asked": ["king"], "wait": ["3"]}, "連絡する先を1つ以上"),
        ({"asked": ["office"], "wait": ["3"], "again": "3"}, "たずねる間隔は"),
        ({"asked": ["office"], "wait": ["3"], "severity": "9"}, "緊急か、早めに確認かを"),
        ({"what": "remove"}, "「いつも」の順番がありません"),
        ({"what": "night", "night_from": "25:00", "night_until": "06:00"}, "時刻を 22:00 のように"),
    ],
)
def test_the_page_says_why_a_policy_is_refused_and_changes_nothing(
    ward: ApiWard, form: dict[str, Any], said: str
) -> None:
    for address in (f"/offices/{OFFICE_A}/escalation", f"/residents/{RESIDENT_A}/escalation"):
        answer = ward.client("care_a").post(address, data=_FORM | form)
        assert answer.status_code == 422
        assert said in answer.text
    assert ward.execute("SELECT count(*) FROM escalation_policy") == [(0,)]


def test_families_see_who_is_asked_and_change_nothing(ward: ApiWard) -> None:
    family = ward.client("family_a")
    address = f"/residents/{RESIDENT_A}/escalation"
    text = family.get(address).text
    assert "contact A" in text
    assert 'name="asked"' not in text
    rows = {"asked": ["office"], "wait": ["3"]}
    assert family.post(address, data=_FORM | rows).status_code == 403
    for login, path in (("family_b", address), ("care_b", address), ("care_b", f"/offices/{OFFICE_A}")):
        assert ward.client(login).get(path).status_code == 404
    assert family.get("/offices").status_code == 403


def test_the_page_shows_next_sunday_at_three_unless_another_moment_is_asked_for(ward: ApiWard) -> None:
    care = ward.client("care_a")
    address = f"/residents/{RESIDENT_A}/escalation"
    # Saturday the first of August: the next Sunday is tomorrow.
    for odd in ("", "?day=2026-13-40&clock=99:99", "?day=2999-12-31&clock=23:59", "?day=2026-08-05"):
        text = care.get(address + odd).text
        assert "8/2(日) 03:00に「緊急」のお知らせが始まり" in text
        # What is shown in place of what was asked for says so.
        assert ("この日と時刻では試せません" in text) is bool(odd)
    asked = care.get(address + "?severity=2&day=2026-08-05&clock=12:30").text
    assert "8/5(水) 12:30に「早めに確認」のお知らせが始まり" in asked
    assert "10分後 12:40" in asked
    assert "試せません" not in asked


def test_who_stands_in_is_chosen_on_the_offices_page(ward: ApiWard) -> None:
    care = ward.client("care_a")
    form = {"next_office": str(OFFICE_B), "how": "always"}
    assert care.post(f"/offices/{OFFICE_A}/cover", data=form).status_code == 303
    text = care.get(f"/offices/{OFFICE_A}").text
    assert "代わり office B・いつも人がいます" in text
    hours = {"how": "hours", "start": "09:00", "end": "17:00", "days": ["0", "1"]}
    refused = care.post(f"/offices/{OFFICE_A}/cover", data=form | hours)
    assert refused.status_code == 422
    assert "いつも人がいる受付にしてください" in refused.text
    wrongs: tuple[tuple[dict[str, Any], str], ...] = (
        ({"days": []}, "曜日を1つ以上"),
        ({"start": "x"}, "時刻を 22:00 のように"),
    )
    for wrong, said in wrongs:
        answer = care.post(f"/offices/{OFFICE_A}/cover", data=form | hours | wrong)
        assert said in answer.text
    assert care.post(f"/offices/{OFFICE_A}/cover", data={"next_office": "1"}).status_code == 422


def test_the_office_page_says_which_desks_its_own_order_leaves_out(ward: ApiWard) -> None:
    care, address = ward.client("care_a"), f"/offices/{OFFICE_A}"
    _add_ward_line(ward)
    care.post(f"{address}/cover", data={"next_office": str(OFFICE_B), "how": "always"})
    # What everybody has asks them all.
    assert 'id="next-not-asked"' not in care.get(address).text
    assert "順番にはありません" not in care.get(address).text

    care.post(f"{address}/escalation", data=_FORM | {"asked": ["family", "office"], "wait": ["3", "4"]})
    text = care.get(address).text
    assert 'id="next-not-asked"' in text
    assert "office B(この窓口の連絡の順番にはありません" in text
    assert "区の当直(この窓口の連絡の順番にはありません" in text
    care.post(f"{address}/escalation", data=_FORM | {"asked": ["office", "next_office"], "wait": ["3", "4"]})
    assert 'id="next-not-asked"' not in care.get(address).text
