"""How soon alerts were answered: from the first message to the end, on the page, as JSON and for monitors."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from api.views.service_figures import ServiceFigures
from core.domain.alert import Severity
from core.monitoring.tally import Tally
from tests.support.wards.api_ward import OFFICE_A, ApiWard, api_ward

_PAGE = f"/offices/{OFFICE_A}/response-times"


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def _answered(ward: ApiWard, resident: int, *, minutes: int, is_drill: bool = False) -> None:
    """Have an emergency sent after a second, claimed, reached and closed after as many minutes each."""
    number = ward.open_alert(resident, rule=f"test_{resident}", severity=Severity.EMERGENCY)
    opened = ward.clock.now()
    ward.execute(
        "WITH message AS (INSERT INTO notification (alert_id, contact_id, kind, key, status, due_at, created_at)"
        " VALUES (%s, 1, 'opening', 'first', 'sent', %s, %s) RETURNING notification_id)"
        " INSERT INTO delivery (notification_id, kind, request_key, state, planned_at, accepted_at)"
        " SELECT notification_id, 'line', gen_random_uuid(), 'accepted', %s, %s FROM message",
        number, opened, opened, opened, opened + timedelta(seconds=1),
    )  # fmt: skip
    for place, (kind, detail) in enumerate(
        (("claimed", "{}"), ("prolonged", '{"progress": "on_site"}'), ("closed", "{}")), start=1
    ):
        ward.execute(
            "INSERT INTO alert_event (alert_id, at, kind, user_id, detail) VALUES (%s, %s, %s, 1, %s)",
            number, opened + timedelta(minutes=place * minutes), kind, detail,
        )  # fmt: skip
    ward.execute(
        "UPDATE alert SET handling = 'closed', closed_at = %s, outcome = %s WHERE alert_id = %s",
        opened + timedelta(minutes=3 * minutes), "drill" if is_drill else "safe_contacted", number,
    )  # fmt: skip


def _more_residents(ward: ApiWard) -> list[int]:
    rows = ward.execute(
        "INSERT INTO resident (home_id, office_id, name, watched_from)"
        " SELECT home_id, office_id, name || number, watched_from FROM resident, generate_series(1, 9) AS number"
        " WHERE resident_id = 1 RETURNING resident_id"
    )
    return [1, *(row[0] for row in rows)]


def test_each_step_is_shown_by_hours_once_alerts_of_ten_residents_are_among_them(ward: ApiWard) -> None:
    people = _more_residents(ward)
    for resident in people[:-1]:
        _answered(ward, resident, minutes=resident)
    ward.clock.advance(seconds=1)
    care = ward.client("care_a")
    assert care.get(f"/api/v1{_PAGE}").json()["emergencies"] == []
    assert "10人以上のアラートがないため、出せません" in care.get(_PAGE).text

    _answered(ward, people[-1], minutes=people[-1])
    ward.clock.advance(hours=2)
    (span,) = care.get(f"/api/v1{_PAGE}").json()["emergencies"]
    assert (span["from_hour"], span["until_hour"], span["alerts"]) == (0, 24, 10)
    steps = {one["step"]: one for one in span["steps"]}
    # No receipt came, so nobody knows of an arrival.
    assert list(steps) == ["accepted", "claimed", "on_site", "closed"]
    assert steps["accepted"]["half_within_s"] == 1
    claimed = sorted(60.0 * one for one in people)
    assert steps["claimed"]["half_within_s"] == (claimed[4] + claimed[5]) / 2
    assert steps["on_site"]["half_within_s"] == claimed[4] + claimed[5]
    assert steps["closed"]["nine_in_ten_within_s"] == 3 * claimed[8]
    page = care.get(_PAGE).text
    assert "0:00–24:00" in page
    assert "出せません" in page
    figures = ServiceFigures(
        ward.database, ward.app.state.settings, ward.clock, ward.app.state.change_feed, Tally()
    )
    found = {one.labels: one.value for one in figures.samples() if one.name == "service_response_seconds"}
    assert found["1", "accepted"] == 1
    assert ("1", "arrived") not in found
    assert not [labels for labels in found if labels[0] != "1"]


def test_drills_other_offices_and_long_ago_are_left_out(ward: ApiWard) -> None:
    people = _more_residents(ward)
    for resident in people[:-1]:
        _answered(ward, resident, minutes=1)
    _answered(ward, people[-1], minutes=1, is_drill=True)
    ward.clock.advance(hours=2)
    care = ward.client("care_a")
    assert care.get(f"/api/v1{_PAGE}").json()["emergencies"] == []
    ward.execute("UPDATE alert SET outcome = 'safe_contacted' WHERE outcome = 'drill'")
    assert len(care.get(f"/api/v1{_PAGE}").json()["emergencies"]) == 1
    assert ward.client("admin").get("/api/v1/offices/2/response-times").json()["emergencies"] == []
    ward.clock.advance(days=91)
    assert care.get(f"/api/v1{_PAGE}").json()["emergencies"] == []
