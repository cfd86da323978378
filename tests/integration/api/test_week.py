"""The last whole week of a resident, over the interface and on the page."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.domain.weekly_report import COUNTS_NAME, COUNTS_VERSION
from core.store.database import Database
from core.store.people import baselines
from tests.support.wards.api_ward import ApiWard, api_ward

A = 1


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def keep_counts(ward: ApiWard, database_url: str, days: int = 90) -> None:
    """Keep counts of some days, of which the last week holds half of the movement."""
    today = ward.clock.now().date()
    last = today - timedelta(days=today.weekday() + 1)
    rows: list[list[Any]] = []
    for back in range(days, 0, -1):
        day = today - timedelta(days=back)
        is_late = last - timedelta(days=6) <= day <= last
        rows.append([day.toordinal(), 20.0 if is_late else 40.0, 3.0, None if is_late else 1.0])
    with Database(database_url, size=1) as database, database.transaction() as connection:
        baselines.put(connection, A, COUNTS_NAME, COUNTS_VERSION, day=today, body={"days": rows})


def test_the_week_says_what_changed_and_what_cannot_be_known(ward: ApiWard, database_url: str) -> None:
    before = ward.client("family_a").get(f"/api/v1/residents/{A}/week").json()
    assert {one["change"] for one in before["counts"]} == {"cannot_tell"}

    keep_counts(ward, database_url)
    for login in ("family_a", "care_a"):
        raised = ward.client(login).get(f"/api/v1/residents/{A}/week").json()
        assert [(one["name"], one["change"]) for one in raised["counts"]] == [
            ("active_quarters", "less"),
            ("door_uses", "as_usual"),
            ("night_quarters", "cannot_tell"),
        ]
        assert raised["counts"][0]["mean"] == 20.0


def test_the_page_says_it_in_words(ward: ApiWard, database_url: str) -> None:
    keep_counts(ward, database_url)
    page = ward.client("family_a").get(f"/residents/{A}").text
    assert "家の中の動き" in page
    assert "少なめ" in page
    assert "くらべられません" in page


def test_what_cannot_be_compared_yet_is_shown_all_the_same(ward: ApiWard, database_url: str) -> None:
    keep_counts(ward, database_url, days=28)
    raised = ward.client("family_a").get(f"/api/v1/residents/{A}/week").json()
    movement = raised["counts"][0]
    assert (movement["change"], movement["mean"], movement["before"]) == ("cannot_tell", 20.0, 40.0)
    assert 7 <= movement["days_before"] < 28
    page = ward.client("family_a").get(f"/residents/{A}").text
    assert "1日に 20.0回(15分ごと)" in page
    assert "くらべるには、前の28日分がいります" in page


def test_nobody_else_reads_the_week(ward: ApiWard) -> None:
    assert ward.client("family_b").get(f"/api/v1/residents/{A}/week").status_code == 404
