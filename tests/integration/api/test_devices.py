"""Devices through the JSON interface and the page of a label: registered, let in once, moved, replaced, revoked."""

import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient

from core.store.devices import broker_accounts
from tests.support.wards.api_ward import RESIDENT_B, ApiWard, api_ward

CODE = re.compile(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}")


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    authority = tmp_path / "ca.crt"
    authority.write_text("-----BEGIN CERTIFICATE-----\n", encoding="ascii")
    with api_ward(
        database_url,
        tmp_path,
        base_url="http://testserver",
        devices_broker="mqtts://mqtt.example.jp:8884",
        devices_ca_file=str(authority),
    ) as made:
        yield made


@pytest.fixture
def admin(ward: ApiWard) -> TestClient:
    return ward.client("admin")


def code_of(client: TestClient, device: str = "hall-a") -> str:
    answer = client.post(f"/api/v1/devices/{device}/codes")
    assert answer.status_code == 201, answer.text
    return answer.json()["code"]


def enrol(ward: ApiWard, code: str) -> httpx2.Response:
    return ward.client().post("/api/v1/enrolments", json={"code": code})


def test_a_label_leads_to_a_credential_once(ward: ApiWard, admin: TestClient) -> None:
    made = admin.post("/api/v1/devices/hall-a/codes").json()
    assert CODE.fullmatch(made["code"])
    assert made["address"] == f"http://testserver/enrol#{made['code']}"
    assert admin.get("/api/v1/devices/hall-a/credential").json()["code_until"] == made["expires_at"]

    raised = enrol(ward, made["code"].lower().replace("-", " "))
    assert raised.status_code == 201, raised.text
    assert raised.headers["cache-control"] == "no-store"
    body = raised.json()
    assert body["username"] == "hall-a"
    assert body["broker"] == {
        "address": "mqtts://mqtt.example.jp:8884",
        "host": "mqtt.example.jp",
        "port": 8884,
        "tls": True,
        "ca_certificate": "-----BEGIN CERTIFICATE-----\n",
    }
    assert (body["publishes"], body["commands"]) == ("mimamori/v1/hall-a/+", "mimamori/v1/hall-a/command")
    standing = admin.get("/api/v1/devices/hall-a/credential").json()
    assert (standing["is_let_in"], standing["code_until"]) == (True, None)

    again = enrol(ward, made["code"])
    assert again.status_code == 422
    assert "opens nothing" in again.json()["detail"]


def test_neither_codes_nor_passwords_are_kept(ward: ApiWard, admin: TestClient) -> None:
    code = code_of(admin)
    password = enrol(ward, code).json()["password"]
    rows = ward.execute("SELECT e::text || a::text FROM enrolment AS e, broker_account AS a")
    assert rows
    for (text,) in rows:
        assert code not in text
        assert code.replace("-", "") not in text
        assert password not in text


def test_of_two_who_use_a_code_at_once_one_gets_the_credential(ward: ApiWard, admin: TestClient) -> None:
    code = code_of(admin)
    clients = [ward.client() for _ in range(6)]
    start = threading.Barrier(len(clients))
    statuses: list[int] = []

    def tries(client: TestClient) -> None:
        start.wait()
        statuses.append(client.post("/api/v1/enrolments", json={"code": code}).status_code)

    threads = [threading.Thread(target=tries, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, 422, 422, 422, 422, 422]


def test_a_code_ends_with_its_time_with_a_newer_one_and_with_a_revocation(
    ward: ApiWard, admin: TestClient
) -> None:
    old, withdrawn = code_of(admin), code_of(admin)
    assert enrol(ward, old).status_code == 422
    assert enrol(ward, withdrawn).status_code == 201
    revoked = code_of(admin)
    assert admin.delete("/api/v1/devices/hall-a/credential").status_code == 204
    assert enrol(ward, revoked).status_code == 422
    late = code_of(admin)
    ward.machine.advance(days=7)
    assert enrol(ward, late).status_code == 422


def test_who_guesses_codes_is_slowed_down(ward: ApiWard, admin: TestClient) -> None:
    code = code_of(admin)
    client = ward.client()
    statuses = [client.post("/api/v1/enrolments", json={"code": f"guess {n}"}).status_code for n in range(21)]
    assert statuses == [422] * 20 + [429]
    # Neither does the right one help until a minute has passed; and it is not used up.
    assert client.post("/api/v1/enrolments", json={"code": code}).status_code == 429
    ward.machine.advance(minutes=1)
    assert client.post("/api/v1/enrolments", json={"code": code}).status_code == 201


def test_a_code_is_not_used_up_when_the_answer_cannot_be_given_whole(
    ward: ApiWard, admin: TestClient, tmp_path: Path
) -> None:
    code = code_of(admin)
    authority = (tmp_path / "ca.crt").rename(tmp_path / "elsewhere")
    assert enrol(ward, code).status_code == 503
    authority.rename(tmp_path / "ca.crt")
    assert enrol(ward, code).status_code == 201


def test_the_label_names_no_person_and_no_address(ward: ApiWard, admin: TestClient) -> None:
    made = admin.post("/api/v1/devices/hall-a/codes").json()
    texts = re.findall(r"<text [^>]*>([^<]*)</text>", made["label_svg"])
    assert texts[:2] == ["hall-a", "hall"]
    assert "-".join(texts[3:5]) == made["code"]
    assert "田中" not in made["label_svg"]
    assert "home A" not in made["label_svg"]


def test_care_staff_make_no_code_for_a_gateway_that_serves_other_offices(
    ward: ApiWard, admin: TestClient
) -> None:
    for number, home in ((1, 1), (2, 2)):
        body = {
            "device_id": f"lora-{number}",
            "kind": "motion",
            "sender": f"chirpstack:g1/{number}",
            "home": home,
        }
        assert admin.post("/api/v1/devices", json=body).status_code == 201
    care = ward.client("care_a")
    assert care.post("/api/v1/devices/lora-1/codes").status_code == 403
    assert code_of(care, "hall-a")
    assert enrol(ward, code_of(admin, "lora-1")).json()["username"] == "g1"


def test_names_of_the_service_and_of_others_are_refused(ward: ApiWard, admin: TestClient) -> None:
    def add(**more: object) -> int:
        body = {"device_id": "x-1", "kind": "motion", "home": 1} | more
        return admin.post("/api/v1/devices", json=body).status_code

    for name in ("ingest", "simulator", "mimamori-ingest", "sync-broker"):
        assert add(device_id=name) == 422, name
    assert add(sender="zigbee2mqtt:g7/hall") == 201
    assert code_of(admin, "x-1")
    # g7 signs in as a gateway, so no device may have that id; and no gateway the id of a device.
    assert add(device_id="g7") == 409
    assert add(device_id="x-2", sender="zigbee2mqtt:hall-a/hall") == 201
    assert admin.post("/api/v1/devices/x-2/codes").status_code == 409
    assert add(device_id="x-3", sender="zigbee2mqtt:a+b/hall") == 201
    assert admin.post("/api/v1/devices/x-3/codes").status_code == 422
    assert add(device_id="x-4", sender="zigbee2mqtt:/hall") == 201
    assert admin.post("/api/v1/devices/x-4/codes").status_code == 422


def test_a_device_moves_is_stored_replaced_and_retired(ward: ApiWard, admin: TestClient) -> None:
    moved = admin.post("/api/v1/devices/hall-a/moves", json={"resident": RESIDENT_B})
    assert (moved.json()["home_name"], moved.json()["resident"]) == ("home B", RESIDENT_B)
    ward.clock.advance(hours=1)
    stored = admin.post("/api/v1/devices/hall-a/moves", json={})
    assert stored.json()["home_name"] is None
    ward.clock.advance(hours=1)
    assert admin.post("/api/v1/devices/hall-a/moves", json={"home": 1, "resident": 1}).status_code == 422
    assert admin.post("/api/v1/devices/hall-a/moves", json={"home": 99}).status_code == 404
    assert admin.post("/api/v1/devices/hall-a/moves", json={"home": 1}).status_code == 201
    ward.clock.advance(hours=1)
    future = (ward.clock.now() + timedelta(hours=1)).isoformat()
    assert admin.post("/api/v1/devices/hall-a/moves", json={"home": 2, "at": future}).status_code == 422
    too_early = (ward.clock.now() - timedelta(days=1)).isoformat()
    assert admin.post("/api/v1/devices/hall-a/moves", json={"home": 2, "at": too_early}).status_code == 409

    in_between = (ward.clock.now() - timedelta(hours=1, minutes=30)).isoformat()
    admin.post("/api/v1/devices/hall-a/moves", json={})
    refused = admin.post("/api/v1/devices/hall-a/moves", json={"home": 2, "at": in_between})
    assert refused.status_code == 409
    assert "was somewhere else at that moment or later" in refused.json()["detail"]
    assert admin.post("/api/v1/devices/hall-a/moves", json={"home": 1}).status_code == 201
    ward.clock.advance(hours=1)

    enrol(ward, code_of(admin))
    replaced = admin.post("/api/v1/devices/hall-a/replacement", json={"device_id": "hall-new"}).json()
    assert {name: replaced[name] for name in ("device_id", "sender", "kind", "place", "home_name")} == {
        "device_id": "hall-new",
        "sender": "native:hall-new",
        "kind": "motion",
        "place": "hall",
        "home_name": "home A",
    }
    assert admin.get("/api/v1/devices/hall-a").status_code == 404
    with ward.database.transaction() as connection:
        assert broker_accounts.password_hashes(connection) == {"hall-a": None}
    ward.clock.advance(hours=1)
    assert admin.delete("/api/v1/devices/hall-new").status_code == 204
    assert admin.delete("/api/v1/devices/hall-new").status_code == 404


def test_the_credential_of_a_gateway_ends_with_its_last_device(ward: ApiWard, admin: TestClient) -> None:
    for name in ("a", "b"):
        body = {"device_id": f"z-{name}", "kind": "door", "sender": f"zigbee2mqtt:g1/{name}", "home": 1}
        admin.post("/api/v1/devices", json=body)
    enrol(ward, code_of(admin, "z-a"))
    ward.clock.advance(hours=1)
    admin.delete("/api/v1/devices/z-a")
    assert admin.get("/api/v1/devices/z-b/credential").json()["is_let_in"]
    admin.delete("/api/v1/devices/z-b")
    with ward.database.transaction() as connection:
        assert broker_accounts.password_hashes(connection) == {"g1": None}


def test_a_device_behind_a_gateway_keeps_its_name_when_the_hardware_is_replaced(
    ward: ApiWard, admin: TestClient
) -> None:
    body = {"device_id": "z-1", "kind": "door", "sender": "zigbee2mqtt:g1/door", "home": 1}
    admin.post("/api/v1/devices", json=body)
    ward.clock.advance(hours=1)
    refused = admin.post("/api/v1/devices/z-1/replacement", json={"device_id": "z-2"})
    assert refused.status_code == 422
    assert "same name at the gateway" in refused.json()["detail"]
    renamed = {"device_id": "z-2", "sender": "zigbee2mqtt:g1/door_new"}
    assert admin.post("/api/v1/devices/z-1/replacement", json=renamed).json()["sender"] == renamed["sender"]


def test_the_page_of_a_label_shows_the_credential_once(ward: ApiWard, admin: TestClient) -> None:
    code = code_of(admin)
    visitor = ward.client()
    assert code not in visitor.get("/enrol").text
    shown = visitor.post("/enrol", data={"code": code})
    assert shown.status_code == 200
    assert "この画面は1回だけ表示されます" in shown.text
    assert "mqtt.example.jp" in shown.text
    with ward.database.transaction() as connection:
        kept = broker_accounts.password_hashes(connection)["hall-a"]
    assert kept is not None
    assert kept not in shown.text
    again = visitor.post("/enrol", data={"code": code})
    assert again.status_code == 422
    assert "このコードは使えません" in again.text
    for _ in range(19):
        visitor.post("/enrol", data={"code": "no"})
    assert visitor.post("/enrol", data={"code": "no"}).status_code == 429


def test_another_site_cannot_use_a_code(ward: ApiWard, admin: TestClient) -> None:
    code = code_of(admin)
    answer = ward.client().post(
        "/api/v1/enrolments", json={"code": code}, headers={"Origin": "https://elsewhere.example"}
    )
    assert answer.status_code == 403
    assert enrol(ward, code).status_code == 201
