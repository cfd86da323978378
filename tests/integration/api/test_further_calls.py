"""Somebody calls again while the first call is open: row, page, answer page and interface say so; what has ended stands below and folds."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.alert import Finding, Severity, Subject
from core.store.alerts import alerts, answer_links, episodes
from tests.support.wards.api_ward import RESIDENT_A, RESIDENT_B, ApiWard, api_ward

CONTACT_A = 2


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def press(ward: ApiWard, resident: int = RESIDENT_A) -> int:
    now = ward.clock.now()
    reason = {"rule_version": 2, "place": "living_room", "pressed_at": now.isoformat()}
    found = Finding("sos", Subject.of_resident(resident), Severity.EMERGENCY, now, now, None, reason)
    with ward.database.transaction() as connection:
        number = episodes.open_or_update(connection, found, resident, None, now)
    assert number is not None
    return number


def test_row_page_answer_and_interface_say_that_it_was_pressed_again_and_when(ward: ApiWard) -> None:
    number = press(ward)
    ward.clock.advance(minutes=55)
    press(ward)
    staff = ward.client("care_a")
    with ward.database.transaction() as connection:
        token = answer_links.issue(connection, number, CONTACT_A, ward.clock.now())

    row = staff.get("/board").text
    page = staff.get(f"/alerts/{number}").text
    answer = ward.client().get(f"/a/{token}").text
    found = staff.get(f"/api/v1/alerts/{number}").json()

    assert "10:35にまた押されました(2回目)" in row
    assert "9:40に押されました" not in row
    said = "10:35に、居間のSOSボタンが押されました。 2回目です。最初は 9:40 でした。"
    assert said in page
    assert said in answer
    # Newest first.
    listed = page[page.index('id="calls"') :]
    assert listed.index("10:35") < listed.index("9:40")
    later, first = ward.clock.now(), ward.clock.now() - timedelta(minutes=55)
    assert (found["occurrences"], found["first_began_at"][:16]) == (2, first.isoformat()[:16])
    assert [one["began_at"][:16] for one in found["episodes"]] == [
        later.isoformat()[:16],
        first.isoformat()[:16],
    ]


def test_an_ended_emergency_stands_below_a_live_sos_and_is_folded(ward: ApiWard) -> None:
    lost = ward.open_alert(RESIDENT_B, rule="wandering", severity=Severity.EMERGENCY)
    with ward.database.transaction() as connection:
        ended = alerts.get(connection, lost)
        episodes.clear(connection, ended, ward.clock.now(), ward.clock.now())
    ward.clock.advance(minutes=20)
    sos = press(ward)
    eye = ward.open_alert(RESIDENT_A, rule="late_morning", severity=Severity.KEEP_AN_EYE)
    staff = ward.client("admin")

    assert [one["number"] for one in staff.get("/api/v1/alerts").json()] == [sos, eye, lost]
    board = staff.get("/board").text
    assert board.index(f'id="row-{sos}"') < board.index('id="queue-ended"') < board.index(f'id="row-{lost}"')
    # Nothing but the ended one stands in the folded list.
    folded = board[
        board.index('id="queue-ended"') : board.index("</details>", board.index('id="queue-ended"'))
    ]
    assert folded.count('class="alert-row ') == 1


def headline(ward: ApiWard, language: str, show: str = "all") -> str:
    client = ward.client("care_a")
    client.cookies.set("mimamori_language", language)
    page = client.get(f"/board?show={show}").text
    return page[page.index("all-calm") :].split("<p>")[1].split("</p>")[0]


def test_the_board_says_that_nothing_waits_only_where_nothing_does(ward: ApiWard) -> None:
    assert "No alerts" in headline(ward, "en")
    number = press(ward)
    ward.execute("UPDATE alert SET condition = 'cleared', cleared_at = raised_at WHERE alert_id = %s", number)
    assert headline(ward, "ja") == "おさまったお知らせ 1件が、結果の記録を待っています"
    assert headline(ward, "en") == "1 alert has ended and waits for its outcome"
    # A filter that shows none of what waits does not make it nothing.
    ward.open_alert(RESIDENT_A, rule="inactivity", severity=Severity.CHECK_SOON)
    assert headline(ward, "en", show="p3") == "No alert matches."
