"""Whether somebody is at home, as pages and interface say it: since when and why, and never more than is known."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.wards.api_ward import RESIDENT_A, ApiWard, api_ward


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        now = made.clock.now()
        made.execute(
            "INSERT INTO evaluation (evaluated_through, due_at) VALUES (%s, %s)",
            now,
            now + timedelta(hours=1),
        )
        yield made


def evaluated(ward: ApiWard, presence: str, reason: str, hours: float | None, *, late_h: float = 0.0) -> None:
    """Store what was found of the first resident; the door was used so many hours ago, and the next look is so late."""
    now = ward.clock.now()
    door = None if hours is None else now - timedelta(hours=hours)
    since = None if presence == "cannot_tell" else door
    ward.execute(
        "INSERT INTO evaluation (resident_id, evaluated_through, due_at, state, presence_state, presence_reason, presence_since,"
        " presence_door_at) VALUES (%s, %s, %s, 'as_usual', %s, %s, %s, %s)",
        *(RESIDENT_A, now, now + timedelta(hours=1 - late_h), presence, reason, since, door),
    )


@pytest.mark.parametrize(
    ("presence", "reason", "hours", "says", "why"),
    [
        ("out", "nothing_inside", 2.0, "外出中(", "に玄関を使ったあと、室内の反応がありません。"),
        ("in", "seen_inside", 2.0, "在宅(", "に玄関を使ったあと、室内で反応がありました。"),
        ("in", "seen_inside", None, "在宅", "室内で反応があり、そのあと玄関は使われていません。"),
        (
            *("cannot_tell", "returns_unseen", 2.0),
            *("在宅か外出か わかりません", "外出とは限りません"),
        ),
        (
            "cannot_tell",
            "door_silent",
            None,
            "在宅か外出か わかりません",
            "玄関のセンサーの反応を確かめられません",
        ),
    ],
)
def test_board_alert_row_and_residents_page_say_whether_somebody_is_at_home_since_when_and_why(
    ward: ApiWard, presence: str, reason: str, hours: float | None, says: str, why: str
) -> None:
    evaluated(ward, presence, reason, hours)
    care = ward.client("care_a")
    page = care.get(f"/residents/{RESIDENT_A}").text
    assert says in page
    assert why in page
    assert f"· {says}" in care.get("/board/groups").text
    ward.open_alert(RESIDENT_A)
    row = care.get("/board/queue").text
    assert says in row
    assert why in row
    care.cookies.set("mimamori_language", "en")
    assert {"in": "At home", "out": "Out", "cannot_tell": "Cannot tell whether at home"}[presence] in (
        care.get(f"/residents/{RESIDENT_A}").text
    )


def test_the_interface_gives_presence_with_its_reason(ward: ApiWard) -> None:
    evaluated(ward, "out", "nothing_inside", 2.0)
    found = ward.client("care_a").get(f"/api/v1/residents/{RESIDENT_A}").json()
    assert (found["presence_state"], found["presence_reason"]) == ("out", "nothing_inside")
    assert found["presence_since"] == found["presence_door_at"] is not None


def test_what_was_evaluated_too_long_ago_is_not_said_any_more(ward: ApiWard) -> None:
    evaluated(ward, "out", "nothing_inside", 2.0, late_h=2.0)
    care = ward.client("care_a")
    page = care.get(f"/residents/{RESIDENT_A}").text
    assert "外出中" not in page
    assert "いまの様子を確かめられていません。" in page
    found = care.get(f"/api/v1/residents/{RESIDENT_A}").json()
    assert (found["presence_state"], found["presence_since"]) == ("cannot_tell", None)


@pytest.mark.parametrize("reason", ["no_door_sensor", "several_residents"])
def test_where_it_can_never_be_known_only_the_residents_page_says_why(ward: ApiWard, reason: str) -> None:
    evaluated(ward, "cannot_tell", reason, None)
    care = ward.client("care_a")
    assert "在宅か外出か わかりません" in care.get(f"/residents/{RESIDENT_A}").text
    ward.open_alert(RESIDENT_A)
    for path in ("/board/groups", "/board/queue"):
        assert "在宅か外出か" not in care.get(path).text
