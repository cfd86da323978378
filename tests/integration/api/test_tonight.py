"""Who cannot be reached tonight, on the board, on the office's page and as JSON."""

from collections.abc import Iterator
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from deploy.doctor.deliveries import delivery_checks
from detectors.alerting.notices import evening
from tests.support.wards.api_ward import OFFICE_A, ApiWard, api_ward

_PAGE = f"/offices/{OFFICE_A}/tonight"


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def test_the_list_says_whom_why_and_what_to_do(ward: ApiWard) -> None:
    care = ward.client("care_a")
    shown = care.get(_PAGE).text
    assert "家族などに届く確かな送り方がない方 1人" in shown
    assert "田中 花子" in shown
    assert "試しに送り、届いたか聞いてください" in shown
    assert "鈴木 一郎" not in shown
    found = care.get(f"/api/v1{_PAGE}").json()
    assert found["families"] == [{"resident": 1, "name": "田中 花子", "reason": "not_confirmed"}]
    assert (found["residents"], found["gaps"], found["centre_is_able"]) == (1, [], True)
    assert found["evening"] is None

    # The centre is part of it: what nobody made sure of is not said to arrive.
    assert "見守りセンターの送り方は、届くことを確認していません" in shown
    assert found["centre_is_sure"] is False
    ward.execute("UPDATE contact_channel SET confirmed_at = now() WHERE address LIKE 'family%%'")
    assert "連絡がつかないところは ありません" not in care.get(_PAGE).text
    ward.execute("UPDATE contact_channel SET confirmed_at = now()")
    assert "連絡がつかないところは ありません" not in care.get(_PAGE).text
    ward.execute("UPDATE office SET next_office_id = 2 WHERE office_id = %s", OFFICE_A)
    text = care.get(_PAGE).text
    assert "連絡がつかないところは ありません" in text
    assert "見守りセンターには、届くことを確認した送り方があります" in text


def test_the_board_says_what_the_evening_found_until_the_morning_and_only_to_that_office(
    ward: ApiWard,
) -> None:
    ward.execute("UPDATE office SET next_office_id = 3 - office_id")
    for_b = "UPDATE contact_channel SET confirmed_at = now() WHERE address LIKE %s"
    ward.execute(for_b, "%-b@%")
    assert "今夜の連絡" not in ward.client("care_a").get("/board").text
    # 17:30 in Tokyo.
    ward.clock.advance(hours=7, minutes=50)
    evening.look_where_due(ward.database, ZoneInfo("Asia/Tokyo"), ward.clock.now(), due=time(17, 30))
    for login in ("care_a", "admin"):
        text = ward.client(login).get("/board").text
        assert "今夜の連絡(office A・17:30に確認)" in text
        assert "確かな送り方がない方 1人" in text
    assert "今夜の連絡" not in ward.client("care_b").get("/board").text
    assert ward.client("care_a").get(f"/api/v1{_PAGE}").json()["evening"]["residents"] == 1
    ward.clock.advance(hours=15)
    assert "今夜の連絡" not in ward.client("care_a").get("/board").text


def test_an_office_with_no_desk_above_it_is_warned_on_its_pages_and_by_the_doctor(ward: ApiWard) -> None:
    care = ward.client("care_a")

    def warned() -> tuple[bool, bool, bool, list[str]]:
        with ward.database.transaction() as connection:
            checks = delivery_checks(connection, ward.app.state.settings, ward.clock)
            found = [one.found for one in checks if one.name == "desks"]
        return (
            "この窓口の上に、頼れる受付がありません" in care.get(_PAGE).text,
            "この窓口の上に、頼れる受付がありません" in care.get(f"/offices/{OFFICE_A}").text,
            care.get(f"/api/v1{_PAGE}").json()["has_desk_above"],
            found,
        )

    text = "nobody sits above office A, office B: an emergency that nobody answers ends there"
    assert warned() == (True, True, False, [text])
    # Another office that stands in is somebody to go up to.
    ward.execute("UPDATE office SET next_office_id = 2 WHERE office_id = %s", OFFICE_A)
    assert warned()[:3] == (False, False, True)
    assert warned()[3] == [text.replace("office A, ", "")]


def test_only_staff_of_the_office_see_the_list(ward: ApiWard) -> None:
    for login, status in (("admin", 200), ("care_b", 404), ("family_a", 403)):
        assert ward.client(login).get(_PAGE).status_code == status
