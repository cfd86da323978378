"""Devices by page: registered, moved, put in store, replaced and taken out of use, without a command."""

import hashlib
import re
import threading
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.support.wards.api_ward import RESIDENT_B, ApiWard, api_ward


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def _where(ward: ApiWard, device_id: str) -> list[tuple[object, ...]]:
    return ward.execute(
        "SELECT home_id, resident_id FROM device JOIN device_assignment USING (device_number)"
        " WHERE device_id = %s AND upper_inf(during)",
        device_id,
    )


def test_a_device_is_registered_moved_stored_and_taken_out_of_use(ward: ApiWard) -> None:
    admin = ward.client("admin")
    form = {
        "device_id": "bed-7",
        "device_kind": "bed",
        "home": "home A",
        "place": "寝室",
        "interval": "３０",
    }
    refused = admin.post("/register-device", data=form | {"interval": "0.5"})
    assert (refused.status_code, 'id="problem-interval"' in refused.text) == (422, True)
    answer = admin.post("/register-device", data=form)
    assert answer.headers["location"].startswith("/devices/bed-7/connection")
    assert _where(ward, "bed-7") == [(1, None)]
    # A room chosen in words is the room that the rules know.
    assert ward.execute("SELECT place, heartbeat_s FROM device WHERE device_id = 'bed-7'") == [
        ("bedroom", 1800)
    ]
    # What never said anything does not count among what reports.
    assert "まだ一度も受信なし" in admin.get("/devices?show=not_yet&q=bed-7").text

    ward.clock.advance(hours=1)
    # A bare number shows whose it is, and does nothing yet.
    shown = admin.post("/devices/bed-7/placement", data={"resident": str(RESIDENT_B)})
    assert (shown.status_code, _where(ward, "bed-7")) == (422, [(1, None)])
    assert 'value="鈴木 一郎(番号 2)"' in shown.text
    # So does a part of a name.
    shown = admin.post("/devices/bed-7/placement", data={"resident": "鈴"})
    assert (shown.status_code, _where(ward, "bed-7")) == (422, [(1, None)])
    assert 'value="鈴木 一郎(番号 2)"' in shown.text
    admin.post("/devices/bed-7/placement", data={"resident": "鈴木 一郎(番号 2)"})
    assert _where(ward, "bed-7") == [(2, RESIDENT_B)]
    assert "鈴木 一郎(番号 2)だけの機器" in admin.get("/devices/bed-7/placement").text
    ward.clock.advance(hours=1)
    # Empty fields alone take nothing out of a home.
    assert admin.post("/devices/bed-7/placement", data={}).status_code == 422
    assert _where(ward, "bed-7") == [(2, RESIDENT_B)]
    admin.post("/devices/bed-7/placement", data={"sure": "store"})
    assert _where(ward, "bed-7") == []
    assert admin.post("/devices/bed-7/retirement").status_code == 303
    assert "bed-7" not in admin.get("/devices").text


def test_a_broken_device_is_replaced_in_its_place(ward: ApiWard) -> None:
    admin = ward.client("admin")
    # A slip of the keys must not end a device that works: it is asked whether the id was compared.
    refused = admin.post("/devices/hall-a/replacement", data={"successor": "hall-a2"})
    assert (refused.status_code, _where(ward, "hall-a")) == (422, [(1, None)])
    answer = admin.post("/devices/hall-a/replacement", data={"successor": "hall-a2", "sure": "on"})
    assert answer.headers["location"].startswith("/devices/hall-a2/connection")
    assert _where(ward, "hall-a2") == [(1, None)]
    assert admin.get("/devices/hall-a").status_code == 404


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"home": "home A", "resident": "田中花子"}, "home"),
        ({"home": "no such home"}, "home"),
        ({"resident": "one"}, "resident"),
    ],
)
def test_a_place_that_is_none_is_said_beside_its_field(
    ward: ApiWard, form: dict[str, str], field: str
) -> None:
    answer = ward.client("admin").post("/devices/hall-a/placement", data=form)
    assert answer.status_code == 422
    assert f'id="problem-{field}"' in answer.text
    assert _where(ward, "hall-a") == [(1, None)]


def test_an_id_that_is_taken_registers_nothing(ward: ApiWard) -> None:
    form = {"device_id": "hall-a", "device_kind": "motion", "home": "home A"}
    answer = ward.client("admin").post("/register-device", data=form)
    assert answer.status_code == 422
    assert 'id="problem-device_id"' in answer.text


def test_whoever_presses_without_looking_leaves_the_device_where_it_is(ward: ApiWard) -> None:
    page = ward.client("admin").get("/devices/hall-a/placement").text
    assert 'name="home" value="home A"' in page


@pytest.mark.parametrize("field", ["home", "place", "device_id"])
def test_a_control_character_is_refused_and_breaks_nothing(ward: ApiWard, field: str) -> None:
    form = {"device_id": "bed-7", "device_kind": "bed", "home": "home A", "place": "bedroom"}
    assert ward.client("admin").post("/register-device", data=form | {field: "a\x00b"}).status_code == 422


def _password_in(page: str) -> str:
    found = re.search(r'id="password">([^<]+)<', page)
    return found.group(1) if found else ""


def _seen_in(page: str) -> str:
    found = re.search(r'name="seen" value="(\d+)"', page)
    assert found is not None
    return found.group(1)


def _is_kept(kept: str | None, password: str) -> bool:
    if kept is None:
        return False
    _, _, rounds, salt, digest = kept.split("$")
    return hashlib.pbkdf2_hmac("sha512", password.encode(), b64decode(salt), int(rounds)) == b64decode(digest)


def _kept(ward: ApiWard, account: str) -> str | None:
    found = ward.execute("SELECT password_hash FROM broker_account WHERE name = %s", account)
    return found[0][0] if found else None


def test_a_registered_device_gets_its_password_shown_once_and_who_made_it_stays_known(ward: ApiWard) -> None:
    care = ward.client("care_a")
    page = care.get("/devices/hall-a/connection").text
    # All that the device needs but the password, which there is none of yet.
    assert "mimamori/v1/hall-a/+" in page
    assert "まだつなげません" in page
    shown = care.post("/devices/hall-a/connection/password").text
    password = _password_in(shown)
    assert _is_kept(_kept(ward, "hall-a"), password)
    # Nobody keeps it: neither the page nor the database has it again.
    assert password not in care.get("/devices/hall-a/connection").text
    assert password not in str(ward.execute("SELECT * FROM enrolment, broker_account"))
    assert ward.execute("SELECT made_by_user IS NOT NULL, used_at IS NOT NULL FROM enrolment") == [
        (True, True)
    ]
    assert care.get("/devices/hall-a/connection").text.count("に使われました") == 1


def test_a_password_in_use_ends_only_where_that_is_meant(ward: ApiWard) -> None:
    care = ward.client("care_a")
    seen = _seen_in(care.post("/devices/hall-a/connection/password").text)
    former = _kept(ward, "hall-a")
    refused = care.post("/devices/hall-a/connection/password", data={"seen": seen})
    assert (refused.status_code, _password_in(refused.text), _kept(ward, "hall-a")) == (422, "", former)
    assert 'id="problem-sure"' in refused.text
    sure = {"sure": "on", "seen": _seen_in(refused.text)}
    assert _password_in(care.post("/devices/hall-a/connection/password", data=sure).text)
    assert _kept(ward, "hall-a") not in {None, former}


def test_who_ended_a_password_is_shown_to_whoever_comes_next(ward: ApiWard) -> None:
    care, admin = ward.client("care_a"), ward.client("admin")
    care.post("/devices/hall-a/connection/password")
    admin.post("/devices/hall-a/connection/revocation")
    assert _kept(ward, "hall-a") is None
    ((name,),) = ward.execute("SELECT name FROM user_account WHERE login = 'admin'")
    assert f"{name}さんが終わりにしました" in care.get("/devices/hall-a/connection").text
    assert care.get("/api/v1/devices/hall-a/credential").json()["revoked_by"] == name
    # With a new password it is past.
    seen = _seen_in(care.get("/devices/hall-a/connection").text)
    again = care.post("/devices/hall-a/connection/password", data={"seen": seen}).text
    assert _password_in(again)
    assert "終わりにしました" not in again


def test_loading_the_answer_again_makes_neither_another_password_nor_another_label(ward: ApiWard) -> None:
    care = ward.client("care_a")
    form = {"seen": _seen_in(care.get("/devices/hall-a/connection").text), "sure": "on"}
    first = care.post("/devices/hall-a/connection/password", data=form).text
    again = care.post("/devices/hall-a/connection/password", data=form)
    assert (again.status_code, _password_in(again.text)) == (422, "")
    assert "2回送られた" in again.text
    assert _is_kept(_kept(ward, "hall-a"), _password_in(first))

    label = {"seen": _seen_in(again.text)}
    made = care.post("/devices/hall-a/connection/label", data=label).text
    assert care.post("/devices/hall-a/connection/label", data=label).status_code == 422
    found = re.search(r'id="code">([^<]+)<', made)
    assert found is not None
    assert ward.client().post("/enrol", data={"code": found.group(1)}).status_code == 200


def test_of_technicians_who_ask_at_once_one_is_shown_a_password_and_it_opens(ward: ApiWard) -> None:
    technicians = [ward.client("care_a"), *(ward.client("admin") for _ in range(3))]
    seen = _seen_in(technicians[0].post("/devices/hall-a/connection/password").text)
    start = threading.Barrier(len(technicians))
    shown: list[str] = []

    def asks(client: TestClient) -> None:
        start.wait()
        form = {"sure": "on", "seen": seen}
        shown.append(_password_in(client.post("/devices/hall-a/connection/password", data=form).text))

    threads = [threading.Thread(target=asks, args=(client,)) for client in technicians]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (password,) = [one for one in shown if one]
    assert _is_kept(_kept(ward, "hall-a"), password)


def test_the_code_of_a_label_made_by_page_opens_the_credential_once(ward: ApiWard) -> None:
    page = ward.client("care_a").post("/devices/hall-a/connection/label").text
    assert "<svg" in page
    found = re.search(r'id="code">([^<]+)<', page)
    assert found is not None
    technician = ward.client()
    assert technician.post("/enrol", data={"code": found.group(1)}).status_code == 200
    assert technician.post("/enrol", data={"code": found.group(1)}).status_code == 422


def test_of_devices_with_the_same_password_those_of_other_offices_are_counted_and_not_named(
    ward: ApiWard,
) -> None:
    admin = ward.client("admin")
    for number, home in ((1, 1), (2, 1), (3, 2)):
        body = {
            "device_id": f"lora-{number}",
            "kind": "motion",
            "sender": f"chirpstack:g1/{number}",
            "home": home,
        }
        assert admin.post("/api/v1/devices", json=body).status_code == 201
    page = ward.client("care_a").get("/devices/lora-1/connection").text
    assert ("ほかに2台" in page, "lora-2" in page, "lora-3" in page) == (True, True, False)
    assert "lora-3" in admin.get("/devices/lora-1/connection").text
