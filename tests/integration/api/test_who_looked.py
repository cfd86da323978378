"""Who looked at a person's record is kept, and the page that says so says what it covers."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.store.people import access_log
from core.store.people.access_log import Viewed
from tests.support.wards.api_ward import RESIDENT_A, ApiWard, api_ward

PAGE = f"/residents/{RESIDENT_A}"
A = f"/api/v1{PAGE}"


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def _kept(ward: ApiWard) -> list[tuple[str, str, int]]:
    looks = ward.client("family_a").get(f"{A}/looks").json()
    return sorted((one["user_name"], one["what"], one["times"]) for one in looks)


def test_whoever_of_the_staff_opens_a_record_stands_in_the_list_of_looks(ward: ApiWard) -> None:
    number = ward.open_alert()
    for login, address in (
        ("care_a", PAGE),
        ("care_a", f"/alerts/{number}"),
        ("care_a", A),
        ("care_a", f"{A}/week"),
        ("admin", PAGE),
    ):
        assert ward.client(login).get(address).status_code == 200

    assert _kept(ward) == [("支援 甲", "record", 4), ("管理 者", "record", 1)]
    assert "支援 甲さん" in ward.client("family_a").get(PAGE).text


def test_whoever_of_the_family_opens_a_record_stands_there_too(ward: ApiWard) -> None:
    for address in (PAGE, f"{A}/week", f"{PAGE}/absences"):
        assert ward.client("family_a").get(address).status_code == 200

    assert _kept(ward) == [("田中 太郎", "record", 3)]
    assert "田中 太郎さん(家族)" in ward.client("care_a").get(PAGE).text


def test_programs_read_on_to_the_first_look_ever(ward: ApiWard) -> None:
    with ward.database.transaction() as connection:
        for hour in range(205):
            access_log.record(
                connection,
                user=2,
                resident=RESIDENT_A,
                what=Viewed.RECORD,
                now=ward.clock.now() - timedelta(days=400, hours=hour),
            )
    family = ward.client("family_a")

    pages = [family.get(f"{A}/looks?skip={skip}").json() for skip in (0, 200, 400)]

    assert [len(page) for page in pages] == [200, 5, 0]


def test_neither_the_board_nor_lists_leave_a_look_at_a_record(ward: ApiWard) -> None:
    for login, address in (
        ("care_a", "/board"),
        ("care_a", "/residents"),
        ("care_a", f"{PAGE}/head"),
        ("family_a", f"{PAGE}/head"),
        ("family_a", "/family"),
    ):
        assert ward.client(login).get(address).status_code == 200

    assert _kept(ward) == []


def test_the_list_of_looks_goes_back_to_the_first_look_ever_page_by_page(ward: ApiWard) -> None:
    with ward.database.transaction() as connection:
        for hour in range(45):
            access_log.record(
                connection,
                user=2,
                resident=RESIDENT_A,
                what=Viewed.REVEAL,
                reason=f"other: look {hour}",
                now=ward.clock.now() - timedelta(days=400, hours=hour),
            )
    family = ward.client("family_a")

    pages = [family.get(f"{PAGE}?looks={page}").text for page in (1, 2, 3)]

    # Their own look at the page comes first.
    assert [page.count("look ") for page in pages] == [19, 20, 6]
    assert ["前の記録へ" in page for page in pages] == [True, True, False]
    assert ["新しい記録へ" in page for page in pages] == [False, True, True]
    assert "これまでの すべてを、新しい順に 20件ずつ" in pages[0]
    assert "look 44" in pages[2]


def test_an_alert_has_the_table_that_its_chart_names(ward: ApiWard) -> None:
    number = ward.open_alert()

    page = ward.client("care_a").get(f"/alerts/{number}").text

    assert "くわしい数字は、下の表にあります" in page
    assert page.index("<svg") < page.index("<table>")
    assert page.count('<tr><th scope="row">') == 8
