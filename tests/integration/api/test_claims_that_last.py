"""Whoever holds an alert says how it goes; while that holds no message says that nobody is there. And what staff put right later."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.alert import Finding, Handling, Severity
from core.store.alerts import alerts, answer_links, episodes
from detectors.alerting import planner
from tests.support.wards.api_ward import ApiWard, api_ward

_LATER = {"progress": "later", "minutes": "60", "note": "午後に訪問します"}


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def _claimed(ward: ApiWard, severity: Severity = Severity.EMERGENCY) -> int:
    number = ward.open_alert(severity=severity)
    planner.plan_all(ward.database, ward.clock.now())
    assert ward.client("care_a").post(f"/alerts/{number}/claim").status_code == 303
    return number


def _handling(ward: ApiWard, number: int) -> Handling:
    planner.plan_all(ward.database, ward.clock.now())
    with ward.database.transaction() as connection:
        return alerts.get(connection, number).handling


def _kinds(ward: ApiWard, number: int) -> list[str]:
    return [
        row[0] for row in ward.execute("SELECT kind FROM alert_event WHERE alert_id = %s ORDER BY 1", number)
    ]


def _user(ward: ApiWard, login: str) -> int:
    (number,) = ward.execute("SELECT user_id FROM user_account WHERE login = %s", login)[0]
    return number


@pytest.mark.parametrize(
    ("report", "lasts_min"),
    [
        ({"progress": "still"}, 30),
        ({"progress": "on_site"}, 60),
        ({"progress": "on_the_way", "minutes": "45"}, 55),
    ],
)
def test_a_claim_holds_as_long_as_its_holder_said_and_no_message_says_that_nobody_is_there(
    ward: ApiWard, report: dict[str, str], lasts_min: int
) -> None:
    number = _claimed(ward)
    assert ward.client("care_a").post(f"/alerts/{number}/progress", data=report).status_code == 303

    ward.clock.advance(minutes=lasts_min - 1)
    assert _handling(ward, number) is Handling.CLAIMED
    said = ward.execute(
        "SELECT count(*) FROM notification WHERE alert_id = %s AND kind = 'unclaimed'", number
    )
    assert said == [(0,)]
    assert "まで担当" in ward.client("care_a").get("/board").text

    ward.clock.advance(minutes=1)
    assert _handling(ward, number) is Handling.OPEN


def test_whoever_reports_on_an_alert_whose_claim_has_run_out_holds_it_again(ward: ApiWard) -> None:
    number = _claimed(ward)
    ward.clock.advance(minutes=11)
    assert _handling(ward, number) is Handling.OPEN
    ward.client("care_a").post(f"/alerts/{number}/progress", data={"progress": "still"})
    assert _handling(ward, number) is Handling.CLAIMED


def test_nobody_prolongs_what_somebody_else_holds(ward: ApiWard) -> None:
    number = _claimed(ward)
    answer = ward.client("admin").post(
        f"/api/v1/alerts/{number}/progress", json={"version": 2, "progress": "on_site"}
    )
    assert answer.status_code == 409


def test_an_emergency_cannot_be_put_off_and_the_rest_only_with_a_reason_and_to_a_time(ward: ApiWard) -> None:
    care = ward.client("care_a")
    number = _claimed(ward)
    assert care.post(f"/alerts/{number}/progress", data=_LATER).status_code == 422
    care.post(f"/alerts/{number}/close", data={"outcome": "drill"})

    ward.clock.advance(hours=2)
    other = _claimed(ward, Severity.CHECK_SOON)
    assert care.post(f"/alerts/{other}/progress", data={**_LATER, "note": " "}).status_code == 422
    assert care.post(f"/alerts/{other}/progress", data={**_LATER, "minutes": "481"}).status_code == 422
    assert care.post(f"/alerts/{other}/progress", data=_LATER).status_code == 303
    assert "午後に訪問します" in care.get("/board").text
    ward.clock.advance(minutes=60)
    assert _handling(ward, other) is Handling.OPEN


def test_what_was_put_off_and_becomes_an_emergency_waits_for_somebody_at_once(ward: ApiWard) -> None:
    number = _claimed(ward, Severity.CHECK_SOON)
    ward.client("care_a").post(f"/alerts/{number}/progress", data=_LATER)
    assert _handling(ward, number) is Handling.CLAIMED
    with ward.database.transaction() as connection:
        before = alerts.get(connection, number)
        worse = Finding(
            rule=before.rule,
            subject=before.subject,
            severity=Severity.EMERGENCY,
            began_at=before.began_at,
            raised_at=before.raised_at,
            cleared_at=None,
            reason=before.reason,
        )
        episodes.open_or_update(connection, worse, before.resident, before.office, ward.clock.now())
    assert _handling(ward, number) is Handling.OPEN


def test_an_alert_is_given_to_a_colleague_who_may_see_it_and_to_nobody_else(ward: ApiWard) -> None:
    number = _claimed(ward)
    care = ward.client("care_a")
    form = {"user": str(_user(ward, "admin"))}
    assert care.post(f"/alerts/{number}/assign", data=form).status_code == 303
    with ward.database.transaction() as connection:
        assert alerts.get(connection, number).claimed_by_user == _user(ward, "admin")
    assert "ほかの職員に頼みました" in care.get(f"/alerts/{number}").text
    for login in ("care_b", "family_a"):
        assert (
            care.post(f"/alerts/{number}/assign", data={"user": str(_user(ward, login))}).status_code == 422
        )


def test_an_outcome_is_corrected_and_the_history_keeps_both(ward: ApiWard) -> None:
    number = _claimed(ward)
    care = ward.client("care_a")
    care.post(f"/alerts/{number}/close", data={"outcome": "drill"})
    care.post(f"/alerts/{number}/outcome", data={"outcome": "ambulance_called"})
    with ward.database.transaction() as connection:
        found = alerts.get(connection, number)
        (corrected,) = [one for one in alerts.events(connection, number) if one.kind == "corrected"]
    assert found.outcome == "ambulance_called"
    assert corrected.detail["instead_of"] == "drill"


def test_a_closed_alert_is_reopened_with_a_reason_and_everybody_is_asked_anew(ward: ApiWard) -> None:
    number = _claimed(ward)
    care = ward.client("care_a")
    care.post(f"/alerts/{number}/close", data={"outcome": "safe_contacted"})
    planner.plan_all(ward.database, ward.clock.now())
    before = ward.execute("SELECT count(*) FROM notification WHERE kind = 'opening'")[0][0]
    assert care.post(f"/alerts/{number}/reopen", data={"note": " "}).status_code == 422
    assert care.post(f"/alerts/{number}/reopen", data={"note": "また電話に出ません"}).status_code == 303
    assert _handling(ward, number) is Handling.OPEN
    assert ward.execute("SELECT count(*) FROM notification WHERE kind = 'opening'")[0][0] > before
    assert "reopened" in _kinds(ward, number)


def test_the_answer_page_of_a_message_prolongs_by_one_press_and_offers_119(ward: ApiWard) -> None:
    number = ward.open_alert(rule="sos", severity=Severity.EMERGENCY)
    with ward.database.transaction() as connection:
        token = answer_links.issue(connection, number, 1, ward.clock.now())
    nobody = ward.client(None)
    assert 'href="tel:119"' in nobody.get(f"/a/{token}").text
    nobody.post(f"/a/{token}", data={"action": "claim"})
    ward.clock.advance(minutes=9)
    nobody.post(f"/a/{token}", data={"action": "still"})
    ward.clock.advance(minutes=29)
    assert _handling(ward, number) is Handling.CLAIMED
    assert "まで担当" in nobody.get(f"/a/{token}").text
