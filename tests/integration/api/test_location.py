"""The location gate: coarse until there is a claimed urgent alert or a recorded reason, and every precise look is kept."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts

from core.domain.alert import Severity, Subject
from tests.support.wards.api_ward import HOME_A, RESIDENT_A, ApiWard, api_ward

A = f"/api/v1/residents/{RESIDENT_A}"
# 60 m from the home.
POINT = (35.65054, 139.79)
REASON: dict[str, object] = {
    "rule_version": 1,
    "outside_m": 840,
    "position": {"lat": POINT[0], "lon": POINT[1], "accuracy_m": 12},
    "walked_along": f"{POINT[0]}, {POINT[1]}",
}


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        made.fix("tracker-a", *POINT, made.clock.now() - timedelta(minutes=3))
        yield made


def _place(ward: ApiWard, login: str) -> tuple[float, float]:
    items = ward.client(login).get(f"{A}/fixes").json()["items"]
    return items[0]["lat"], items[0]["lon"]


def test_a_place_is_a_500_m_cell_at_first_for_everybody(ward: ApiWard) -> None:
    for login in ("admin", "care_a", "family_a"):
        answer = ward.client(login).get(f"{A}/fixes").json()
        assert answer["location"]["is_precise"] is False
        assert answer["items"][0]["accuracy_m"] == 500
        lat, lon = answer["items"][0]["lat"], answer["items"][0]["lon"]
        assert (lat, lon) != POINT
        assert abs(lat - POINT[0]) < 0.0023
        assert abs(lon - POINT[1]) < 0.0028


def test_a_recorded_reason_opens_the_place_for_half_an_hour_and_only_for_the_asker(ward: ApiWard) -> None:
    family = ward.client("family_a")
    opened = family.post(f"{A}/reveal", json={"reason": "other", "note": "帰りが遅い"})
    assert opened.status_code == 201

    assert _place(ward, "family_a") == POINT
    assert _place(ward, "care_a") != POINT
    ward.clock.advance(minutes=29, seconds=59)
    assert _place(ward, "family_a") == POINT
    ward.clock.advance(seconds=1)
    assert _place(ward, "family_a") != POINT


def test_the_reason_other_needs_words(ward: ApiWard) -> None:
    client = ward.client("care_a")

    assert client.post(f"{A}/reveal", json={"reason": "other"}).status_code == 422
    assert client.post(f"{A}/reveal", json={"reason": "curious"}).status_code == 422
    assert client.post(f"{A}/reveal", json={"reason": "other", "note": "x" * 201}).status_code == 422
    assert _place(ward, "care_a") != POINT


@pytest.mark.parametrize(
    ("rule", "severity", "is_open"),
    [
        ("geofence_exit", Severity.CHECK_SOON, True),
        ("sos", Severity.EMERGENCY, True),
        ("wandering", Severity.EMERGENCY, True),
        ("not_returned", Severity.CHECK_SOON, True),
        ("night_exit", Severity.CHECK_SOON, True),
        ("geofence_exit", Severity.KEEP_AN_EYE, False),
        ("inactivity", Severity.EMERGENCY, False),
    ],
)
def test_claiming_an_urgent_alert_about_the_place_opens_it_for_the_claimer(
    ward: ApiWard, rule: str, severity: Severity, is_open: bool
) -> None:
    number = ward.open_alert(rule=rule, severity=severity)
    assert _place(ward, "care_a") != POINT

    ward.client("care_a").post(f"/api/v1/alerts/{number}/claim", json={"version": 1})

    assert (_place(ward, "care_a") == POINT) is is_open
    assert _place(ward, "admin") != POINT

    ward.client("care_a").post(
        f"/api/v1/alerts/{number}/close", json={"version": 2, "outcome": "safe_contacted"}
    )
    assert _place(ward, "care_a") != POINT


def test_every_precise_look_is_kept_for_the_resident_and_a_coarse_one_is_not(ward: ApiWard) -> None:
    care = ward.client("care_a")
    care.get(f"{A}/fixes")
    care.post(f"{A}/reveal", json={"reason": "no_contact"})
    care.get(f"{A}/fixes")
    care.get(f"{A}/fixes")

    looks = ward.client("family_a").get(f"{A}/looks").json()

    assert [(one["what"], one["reason"], one["times"], one["user_name"]) for one in looks] == [
        ("location", "no_contact", 2, "支援 甲"),
        ("record", "", 3, "支援 甲"),
        ("reveal", "no_contact", 1, "支援 甲"),
    ]
    assert looks[2]["until"] is not None


def test_the_shape_of_a_geofence_does_not_show_where_the_home_is(ward: ApiWard) -> None:
    client = ward.client("care_a")
    coarse = client.get(f"{A}/geofences").json()[0]
    assert coarse["is_precise"] is False
    assert (coarse["shape"]["lat"], coarse["shape"]["lon"]) != HOME_A

    client.post(f"{A}/reveal", json={"reason": "emergency"})

    precise = client.get(f"{A}/geofences").json()[0]
    assert (precise["shape"]["lat"], precise["shape"]["lon"]) == HOME_A


def test_changing_only_the_name_of_a_geofence_does_not_reveal_its_shape(ward: ApiWard) -> None:
    client = ward.client("care_a")
    number = client.get(f"{A}/geofences").json()[0]["number"]

    changed = client.patch(f"/api/v1/geofences/{number}", json={"name": "home"}).json()

    assert changed["is_precise"] is False
    assert (changed["shape"]["lat"], changed["shape"]["lon"]) != HOME_A


def test_the_reason_of_an_alert_holds_places_only_behind_the_open_gate(ward: ApiWard) -> None:
    number = ward.open_alert(rule="geofence_exit", reason=REASON)
    client, address = ward.client("care_a"), f"/api/v1/alerts/{number}"

    coarse = client.get(address).json()
    assert coarse["is_precise"] is False
    assert coarse["reason"] == {"rule_version": 1}
    assert str(POINT[0]) not in str(coarse)

    claimed = client.post(f"{address}/claim", json={"version": 1}).json()
    assert claimed["is_precise"] is True
    assert claimed["reason"] == REASON


def test_reading_an_alert_that_holds_no_place_is_no_look_at_the_place(ward: ApiWard) -> None:
    number = ward.open_alert(rule="inactivity", reason={"rule_version": 1, "usual": {"days": 28}})
    care = ward.client("care_a")
    care.post(f"{A}/reveal", json={"reason": "no_contact"})

    assert care.get(f"/api/v1/alerts/{number}").json()["is_precise"] is False
    assert care.get(f"/alerts/{number}").status_code == 200

    looks = ward.client("family_a").get(f"{A}/looks").json()
    assert sorted(one["what"] for one in looks) == ["record", "reveal"]


def test_nobody_finds_the_place_from_distances_to_areas_of_their_own(ward: ApiWard) -> None:
    # Three areas at corners of one's own choice, each left by a distance that would cross at the place.
    care, distances = ward.client("care_a"), (1847, 2931, 3713)
    for name, distance in zip("abc", distances, strict=True):
        shape = {"kind": "circle", "lat": POINT[0] + 0.02, "lon": POINT[1], "radius_m": 100}
        drawn = care.post(f"{A}/geofences", json={"name": name, "shape": shape}).json()
        card: dict[str, object] = {
            "rule_version": 1, "outside_m": distance, "geofence": {"number": drawn["number"], "name": name},
            "position": {"lat": POINT[0], "lon": POINT[1], "accuracy_m": 12},
        }  # fmt: skip
        subject = Subject.of_geofence(drawn["number"])
        ward.open_alert(rule="geofence_exit", subject=subject, reason=card)

    asked = [
        path
        for route in iter_route_contexts(ward.app.routes)
        if "GET" in (route.methods or ())
        for path in _paths(ward, route.path or "")
    ]
    said = [care.get(path).text for path in asked]
    assert len(said) > 30
    everything = "\n".join(said)
    for secret in (*map(str, distances), *(f"{distance:,}" for distance in distances), str(POINT[0])):
        assert secret not in everything
    # Whoever drew stands in the list that resident and family see.
    looks = ward.client("family_a").get(f"{A}/looks").json()
    assert [(one["what"], one["times"]) for one in looks if one["what"] == "area"] == [("area", 3)]

    # Behind the open gate the distance is there: the page and the interface agree.
    number = ward.execute("SELECT max(alert_id) FROM alert")[0][0]
    care.post(f"{A}/reveal", json={"reason": "may_be_lost"})
    assert care.get(f"/api/v1/alerts/{number}").json()["reason"]["outside_m"] == distances[2]
    assert "約3713m" in care.get(f"/alerts/{number}").text


def _paths(ward: ApiWard, path: str) -> list[str]:
    """Return a route's addresses for everything that the ward has."""
    if "{" not in path:
        # The live stream never ends, and holds numbers and versions only.
        return [] if path.startswith("/api/v1/live") else [path]
    known = {
        "/alerts/{number}": [row[0] for row in ward.execute("SELECT alert_id FROM alert")],
        "/residents/{number}": [RESIDENT_A],
        "/geofences/{number}": [row[0] for row in ward.execute("SELECT geofence_id FROM geofence")],
    }
    return [
        path.replace("{number}", str(number))
        for part, numbers in known.items()
        if part in path and path.count("{") == 1
        for number in numbers
    ]


def test_who_moves_an_area_stands_in_the_list_of_looks_and_who_renames_one_does_not(ward: ApiWard) -> None:
    care, family = ward.client("care_a"), ward.client("family_a")
    shape = {"kind": "circle", "lat": POINT[0], "lon": POINT[1], "radius_m": 100}
    number = care.post(f"{A}/geofences", json={"name": "a", "shape": shape}).json()["number"]

    def times() -> int:
        return sum(one["times"] for one in family.get(f"{A}/looks").json() if one["what"] == "area")

    assert times() == 1
    care.patch(f"/api/v1/geofences/{number}", json={"name": "b"})
    assert times() == 1
    care.patch(f"/api/v1/geofences/{number}", json={"shape": shape | {"radius_m": 200}})
    assert times() == 2
