"""A technician fits the devices of an office's homes, and sees nothing of the people who live there."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from httpx2 import Response

from tests.support.wards.api_ward import RESIDENT_A, ApiWard, api_ward


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def _walk(ward: ApiWard, began: int | None, device: str = "hall-a") -> str:
    asked = "" if began is None else f"?began={began}"
    return ward.client("technician_a").get(f"/devices/{device}/walk-test{asked}").text


def _new_device(ward: ApiWard, login: str, home: str, device_id: str = "bed-1", **more: str) -> Response:
    typed = {"device_id": device_id, "device_kind": "bed", "home": home, "place": "寝室"} | more
    return ward.client(login).post("/register-device", data=typed)


def test_they_register_a_device_in_a_home_of_their_office_and_in_no_other(ward: ApiWard) -> None:
    refused = _new_device(ward, "technician_b", "home A")
    assert refused.status_code == 422
    assert _new_device(ward, "technician_a", "home A").headers["location"].startswith("/devices/bed-1/")
    (where,) = ward.execute(
        "SELECT home.name FROM device JOIN device_assignment USING (device_number) JOIN home USING (home_id)"
        " WHERE device_id = 'bed-1'"
    )
    assert where == ("home A",)


def test_they_give_nobody_a_device_of_their_own(ward: ApiWard) -> None:
    form = ward.client("technician_a").get("/register-device").text
    assert 'name="resident"' not in form
    assert 'name="resident"' in ward.client("admin").get("/register-device").text
    body = {"device_id": "pendant-1", "kind": "button", "resident": RESIDENT_A}
    assert ward.client("technician_a").post("/api/v1/devices", json=body).status_code == 403
    assert ward.client("admin").post("/api/v1/devices", json=body).status_code == 201


def test_a_device_that_somebody_carries_stays_with_them(ward: ApiWard) -> None:
    client = ward.client("technician_a")
    page = client.get("/devices/tracker-a/placement").text
    assert "ある方が身につけるものです" in page
    assert "/devices/tracker-a/retirement" not in page
    for address, typed in (
        ("placement", {"home": "home A"}),
        ("replacement", {"successor": "new-tracker", "sure": "on"}),
        ("retirement", {}),
        # A new password would cut it off from whoever carries it.
        ("connection/label", {"seen": "0"}),
        ("connection/password", {"seen": "0"}),
    ):
        assert client.post(f"/devices/tracker-a/{address}", data=typed).status_code == 403
    assert client.post("/api/v1/devices/tracker-a/codes").status_code == 403
    assert "/connection/password" not in client.get("/devices/tracker-a/connection").text
    assert "/connection/password" in client.get("/devices/hall-a/connection").text


def test_they_move_no_device_to_another_office(ward: ApiWard) -> None:
    moved = ward.client("technician_a").post("/api/v1/devices/hall-a/moves", json={"home": 2})
    assert moved.status_code == 404
    (where,) = ward.execute(
        "SELECT home.name FROM device JOIN device_assignment USING (device_number) JOIN home USING (home_id)"
        " WHERE device_id = 'hall-a' AND upper_inf(during)"
    )
    assert where == ("home A",)


def test_their_pages_name_homes_and_rooms_and_nobody(ward: ApiWard) -> None:
    for minute in range(0, 100, 20):
        ward.read(
            "hall-a",
            "motion",
            minute % 2,
            ward.clock.now() - timedelta(minutes=minute),
            life_sign=minute == 0,
        )
    care, technician = ward.client("care_a"), ward.client("technician_a")
    assert 'id="signs"' in care.get("/devices/hall-a").text
    for address in (
        "/devices",
        "/devices/hall-a",
        "/devices/tracker-a",
        "/devices/hall-a/placement",
        "/devices/tracker-a/placement",
        "/devices/hall-a/connection",
        "/devices/hall-a/walk-test",
        "/register-device",
        "/proposals",
    ):
        page = technician.get(address)
        assert page.status_code == 200
        # Neither who lives there nor when and how often they move.
        assert "田中" not in page.text
        assert 'id="signs"' not in page.text
        assert "data-live" not in page.text
    assert "home A" in technician.get("/devices").text


def test_the_walk_test_parts_a_movement_from_a_mere_message(ward: ApiWard) -> None:
    began = int(ward.clock.now().timestamp())
    assert "まだ始めていません" in _walk(ward, None)
    ward.clock.advance(seconds=30)
    assert "まだ何も届いていません" in _walk(ward, began)
    ward.read("hall-a", "motion", 0, ward.clock.now(), life_sign=False)
    ward.clock.advance(seconds=3)
    shown = _walk(ward, began)
    assert "届きましたが、人の動きを示すものではありません" in shown
    assert "人の動きが届きました" not in shown
    ward.read("hall-a", "motion", 1, ward.clock.now(), life_sign=True)
    ward.clock.advance(seconds=3)
    shown = _walk(ward, began)
    assert "人の動きが届きました" in shown
    assert "3秒前" in shown
    assert "every 2s" in shown


def test_a_walk_test_shows_nothing_of_before_it_and_ends(ward: ApiWard) -> None:
    ward.read("hall-a", "motion", 1, ward.clock.now() - timedelta(seconds=5), life_sign=True)
    began = int(ward.clock.now().timestamp())
    ward.clock.advance(minutes=5)
    assert "まだ何も届いていません" in _walk(ward, began)
    ward.clock.advance(minutes=6)
    # Whoever names an old beginning is shown nothing of that time.
    shown = _walk(ward, began - 30)
    assert "テストは終わりました" in shown
    assert "every 2s" not in shown
    assert "まだ始めていません" in _walk(ward, began + 9999)


def test_an_account_of_a_technician_needs_an_office(ward: ApiWard) -> None:
    admin = ward.client("admin")
    new = {"login": "fit", "name": "設置 丙", "role": "technician"}
    assert admin.post("/api/v1/accounts", json=new).status_code == 422
    made = admin.post("/api/v1/accounts", json=new | {"office": 1})
    assert made.status_code == 201
    assert admin.patch(
        f"/api/v1/accounts/{made.json()['number']}", json={"version": 1, "office": None}
    ).status_code in {409, 422}
    typed = {"name": "設置 丁", "login": "fit2", "language": "ja", "role": "technician", "office": ""}
    assert "職員と機器の設置担当だけに必要です" in admin.post("/accounts/new", data=typed).text
