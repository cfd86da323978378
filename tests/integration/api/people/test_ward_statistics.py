"""An official sees the ward's figures of months that are over, and nothing about anybody."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.support.wards.api_ward import ApiWard, api_ward

# The ward's clock stands in August; July is the last month that is over.
_JULY = datetime(2026, 7, 10, 3, tzinfo=UTC)
_WATCHED = (
    "INSERT INTO resident (home_id, office_id, name, kana, phone, watched_from, alert_on_night_exit)"
    " SELECT home_id, %s, 'person ' || n, 'かな', '', %s, false FROM resident, generate_series(1, %s) AS n"
    " WHERE resident_id = %s"
)
_ALERTS = (
    "INSERT INTO alert (rule, subject_kind, resident_id, office_id, severity, condition, handling, began_at, raised_at,"
    " opened_at, cleared_at, closed_at, outcome, reason)"
    " SELECT %s, 'resident', resident_id, office_id, 2, 'cleared', 'closed', %s, %s, %s, %s, %s, %s, '{}'"
    " FROM resident WHERE office_id = %s ORDER BY resident_id LIMIT %s OFFSET %s"
)


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        _people(made, 1, 39)
        _people(made, 2, 4)
        made.execute("UPDATE resident SET watched_from = %s", datetime(2026, 5, 20, tzinfo=UTC))
        yield made


def _people(ward: ApiWard, office: int, more: int) -> None:
    ward.execute(_WATCHED, office, _JULY, more, office)


def _alerts(
    ward: ApiWard,
    rule: str,
    outcome: str,
    people: int,
    *,
    after: int = 0,
    at: datetime = _JULY,
) -> None:
    """Raise an alert about so many people of office A, behind the first `after`."""
    ward.execute(_ALERTS, rule, at, at, at, at, at, outcome, 1, people, after)


def _figures(ward: ApiWard, month: str = "2026-07") -> dict[str, dict[str, int | None]]:
    """Return each table of a month: the count by its labels, and the sum as "total"."""
    found = ward.client("official").get(f"/api/v1/statistics?month={month}").json()
    return {
        name: {" + ".join(one["labels"]): one["count"] for one in found[name]["cells"] if one["count"]}
        | {"total": found[name]["total"]}
        for name in ("watched", "by_office", "by_rule", "by_outcome")
    }


def test_small_counts_are_merged_and_the_sum_is_right(ward: ApiWard) -> None:
    _alerts(ward, "inactivity", "safe_contacted", 20)
    _alerts(ward, "late_morning", "safe_contacted", 15, after=20)
    _alerts(ward, "fall", "ambulance_called", 2, after=35)
    _alerts(ward, "sos", "pressed_by_mistake", 3, after=37)
    found = _figures(ward)
    (merged,) = found["by_rule"].keys() - {"inactivity", "total"}
    assert set(merged.split(" + ")) == {"late_morning", "fall", "sos"}
    assert found["by_rule"] == {"inactivity": 20, merged: 20, "total": 40}
    # Of two and of three people nothing is left but the sum: with the others it is everybody.
    assert found["by_outcome"] == {"total": 40}


def test_a_small_office_is_never_a_line_of_its_own(ward: ApiWard) -> None:
    assert _figures(ward)["watched"] == {"total": 45}
    _people(ward, 2, 6)
    ward.execute("UPDATE resident SET watched_from = %s", datetime(2026, 5, 20, tzinfo=UTC))
    assert _figures(ward)["watched"] == {"office A": 40, "office B": 11, "total": 51}


def test_of_few_people_not_even_the_sum_is_published(ward: ApiWard) -> None:
    _alerts(ward, "fall", "ambulance_called", 9)
    assert _figures(ward)["by_rule"] == {"total": None}
    page = ward.client("official").get("/statistics?month=2026-07")
    assert "10人未満についての数なので、出しません。" in page.text
    table = ward.client("official").get("/statistics/table.csv?month=2026-07")
    assert "10人未満" in table.text
    assert "ambulance" not in table.text
    _alerts(ward, "fall", "ambulance_called", 10)
    assert _figures(ward)["by_rule"] == {"total": 19}


def test_the_month_that_lasts_and_those_before_the_watch_are_refused(ward: ApiWard) -> None:
    official = ward.client("official")
    for month in ("2026-08", "2026-04", "2027-01"):
        answer = official.get(f"/api/v1/statistics?month={month}")
        assert answer.status_code == 422
        assert "from 2026-05 to 2026-07" in answer.json()["detail"]
        assert official.get(f"/statistics?month={month}").status_code == 422
    assert official.get("/api/v1/statistics?month=2026-13").status_code == 422
    assert [one["month"] for one in official.get("/api/v1/statistics").json()["months"]] == [
        "2026-05-01", "2026-06-01", "2026-07-01",
    ]  # fmt: skip


def test_a_month_begins_at_midnight_of_the_ward(ward: ApiWard) -> None:
    _alerts(ward, "inactivity", "safe_contacted", 12, at=datetime(2026, 6, 30, 14, 59, tzinfo=UTC))
    _alerts(ward, "inactivity", "safe_contacted", 14, at=datetime(2026, 6, 30, 15, 0, tzinfo=UTC))
    assert (_figures(ward, "2026-06")["by_rule"]["total"], _figures(ward)["by_rule"]["total"]) == (12, 14)


def test_alerts_about_equipment_are_no_alerts_about_people(ward: ApiWard) -> None:
    _alerts(ward, "inactivity", "safe_contacted", 12)
    ward.execute("UPDATE alert SET severity = 4")
    assert _figures(ward)["by_rule"] == {"total": 0}
    page = ward.client("official").get("/statistics?month=2026-07").text
    # Of the people watched over there is a line for nearly everybody; of no alerts there is nothing to withhold.
    assert page.count("内わけは出しません") == 1


def test_an_alert_about_a_home_is_about_those_who_live_there(ward: ApiWard) -> None:
    # Five people who live alone, each with an alert of their own and one of their home: that is five, not ten.
    for number in range(5):
        ward.execute("INSERT INTO home (name, area) VALUES (%s, 'area A')", f"alone {number}")
        ward.execute(
            "UPDATE resident SET home_id = (SELECT max(home_id) FROM home)"
            " WHERE resident_id = (SELECT resident_id FROM resident ORDER BY resident_id LIMIT 1 OFFSET %s)",
            number,
        )
    _alerts(ward, "inactivity", "safe_contacted", 5)
    ward.execute(
        "INSERT INTO alert (rule, subject_kind, home_id, office_id, severity, condition, handling, began_at, raised_at,"
        " opened_at, cleared_at, closed_at, outcome, reason)"
        " SELECT 'home_silent', 'home', home_id, 1, 2, 'cleared', 'closed', %s, %s, %s, %s, %s, 'equipment_fault', '{}'"
        " FROM home WHERE name LIKE 'alone %%'",
        *[_JULY] * 5,
    )
    assert _figures(ward)["by_rule"] == {"total": None}
    months = ward.client("official").get("/api/v1/statistics").json()["months"]
    assert months[-1] == {"month": "2026-07-01", "watched": 45, "alerts": None}
    _alerts(ward, "late_morning", "safe_contacted", 12)
    assert _figures(ward)["by_rule"]["total"] == 22


def test_no_spreadsheet_runs_the_name_of_an_office(ward: ApiWard) -> None:
    ward.execute("UPDATE office SET name = '=1+1' WHERE office_id = 1")
    _people(ward, 2, 10)
    ward.execute("UPDATE resident SET watched_from = %s", datetime(2026, 5, 20, tzinfo=UTC))
    table = ward.client("official").get("/statistics/table.csv?month=2026-07").content.decode("utf-8-sig")
    lines = [row[2] for row in csv.reader(io.StringIO(table))]
    assert "'=1+1" in lines
    assert "=1+1" not in lines


def test_who_looked_at_which_month_is_in_the_log(ward: ApiWard) -> None:
    client = ward.client("official")
    number = client.get("/api/v1/session").json()["user"]["number"]
    with capture_logs() as logs:
        client.get("/statistics?month=2026-07")
    looks = [one for one in logs if one["event"] == "statistics_read"]
    assert [(one["month"], one["user"]) for one in looks] == [("2026-07", number)]


@pytest.mark.parametrize(("login", "address"), [("official", "/statistics"), ("tester", "/sim")])
def test_who_sees_nobody_begins_on_their_own_page(ward: ApiWard, login: str, address: str) -> None:
    client = ward.client(login)
    assert client.get("/", follow_redirects=False).headers["location"] == address
    page = client.get(address)
    assert page.status_code == 200
    # No stream of what happens to people is asked for, and no page about people is linked.
    assert "data-live" not in page.text
    assert 'href="/residents' not in page.text
    assert 'href="/board' not in page.text


def test_before_a_month_is_over_the_page_says_so(database_url: str, tmp_path: Path) -> None:
    with api_ward(database_url, tmp_path) as ward:
        ward.execute("UPDATE resident SET watched_from = %s", ward.clock.now())
        assert "まだ 終わった月がありません" in ward.client("official").get("/statistics").text
        found = ward.client("admin").get("/api/v1/statistics").json()
        assert (found["month"], found["by_rule"], found["months"]) == (None, None, [])
