"""When nobody was watched: on the board, on the office's page with its homes, and as JSON."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import LiteralString
from zoneinfo import ZoneInfo

import pytest

from tests.support.wards.api_ward import OFFICE_A, RESIDENT_A, ApiWard, api_ward

_TOKYO = ZoneInfo("Asia/Tokyo")
_PAGE = f"/offices/{OFFICE_A}/unwatched"


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def _gap(ward: ApiWard, began: datetime, ended: datetime | None) -> None:
    ward.execute(
        "INSERT INTO evaluation_gap (began_at, known_at, ended_at) VALUES (%s, %s, %s)",
        began,
        ended or began,
        ended,
    )


def test_the_homes_are_listed_from_when_until_when_with_what_was_found_late(ward: ApiWard) -> None:
    now = ward.clock.now()
    care = ward.client("care_a")
    assert "この30日に、そのような時間はありません" in care.get(_PAGE).text
    assert care.get(f"/api/v1{_PAGE}").json() == []

    began, ended = now - timedelta(hours=2), now - timedelta(hours=1)
    _gap(ward, began, ended)
    number = ward.open_alert()
    raised = began + timedelta(minutes=10)
    ward.execute(
        "UPDATE alert SET detected_late = true, raised_at = %s, detected_at = %s WHERE alert_id = %s",
        raised,
        ended,
        number,
    )
    shown = care.get(_PAGE).text
    assert "判定が止まっていました" in shown
    assert "見守れていなかった住まい 1軒" in shown
    assert "田中 花子" in shown
    assert f'href="/alerts/{number}"' in shown
    assert "鈴木 一郎" not in shown
    (found,) = care.get(f"/api/v1{_PAGE}").json()
    assert (found["cause"], found["homes"]) == ("not_evaluated", 1)
    (home,) = found["first"]
    assert (home["resident"], home["alerts"]) == (RESIDENT_A, [number])
    assert [datetime.fromisoformat(home[edge]) for edge in ("began_at", "ended_at")] == [began, ended]

    # Row and page of the alert carry both times.
    clocks = [one.astimezone(_TOKYO).strftime("%-H:%M") for one in (raised, ended)]
    board = care.get("/board").text
    assert f"{clocks[0]}のことを {clocks[1]}に確認" in board
    page = care.get(f"/alerts/{number}").text
    assert f"{clocks[0]}のことですが、確認できたのは{clocks[1]}です。" in page
    assert care.get(f"/api/v1/alerts/{number}").json()["seen_at"] == ended.isoformat().replace("+00:00", "Z")


def test_the_board_says_for_a_day_that_evaluation_stood_still_and_while_it_does(ward: ApiWard) -> None:
    now = ward.clock.now()
    _gap(ward, now - timedelta(minutes=30), None)
    care = ward.client("care_a")
    assert "いままで、見守りの判定が止まっていました" in care.get("/board").text
    assert f'href="{_PAGE}"' in care.get("/board").text
    ward.execute("UPDATE evaluation_gap SET ended_at = %s", now)
    assert "見守りの判定が止まっていました" in care.get("/board").text
    ward.clock.advance(hours=25)
    assert "見守りの判定が止まっていました" not in care.get("/board").text


def test_while_evaluation_stands_still_it_is_said_that_nobody_is_watched(ward: ApiWard) -> None:
    now = ward.clock.now()
    care = ward.client("care_a")
    ward.execute("INSERT INTO evaluation_look (through) VALUES (%s)", now - timedelta(minutes=4))
    assert care.get(f"/api/v1{_PAGE}").json() == []
    through = now - timedelta(minutes=13)
    ward.execute("UPDATE evaluation_look SET through = %s", through)
    shown = care.get(_PAGE).text
    assert "この30日に、そのような時間はありません" not in shown
    assert f"{through.astimezone(_TOKYO):%-H:%M}から いままで" in shown
    assert "判定が止まっていました" in shown
    (found,) = care.get(f"/api/v1{_PAGE}").json()
    assert (datetime.fromisoformat(found["began_at"]), found["ended_at"], found["homes"]) == (
        through,
        None,
        1,
    )

    # What is on record already, or waits for ingest, is said once.
    _gap(ward, through, None)
    assert len(care.get(f"/api/v1{_PAGE}").json()) == 1
    ward.execute("DELETE FROM evaluation_gap")
    ward.execute(
        "INSERT INTO blind_time (subject_kind, began_at, known_at, cause)"
        " VALUES ('ward', %s, %s, 'ingest_behind')",
        through,
        now,
    )
    (found,) = care.get(f"/api/v1{_PAGE}").json()
    assert found["cause"] == "ingest_behind"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE resident SET paused_from = %(before)s, paused_until = %(after)s",
        "UPDATE resident SET watched_from = %(after)s",
        "UPDATE resident SET ended_at = %(before)s, end_reason = 'moved'",
    ],
)
def test_who_was_not_to_be_watched_then_is_not_listed(ward: ApiWard, change: LiteralString) -> None:
    now = ward.clock.now()
    _gap(ward, now - timedelta(hours=2), now - timedelta(hours=1))
    care = ward.client("care_a")

    def homes() -> int:
        return int(care.get(f"/api/v1{_PAGE}").json()[0]["homes"])

    assert homes() == 1
    with ward.database.transaction() as connection:
        connection.execute(change, {"before": now - timedelta(days=1), "after": now})
    assert homes() == 0
