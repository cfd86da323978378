"""One's own sign-in: the password, the browsers in which one is signed in, and a fresh proof for what gives much away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from api.http.permissions import declared_permission
from tests.support.wards.api_ward import PASSWORD, RESIDENT_A, ApiWard, api_ward

ANOTHER = "persimmons in november"
SESSION = "/api/v1/session"


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def _form(password: str = ANOTHER, current: str = PASSWORD) -> dict[str, str]:
    return {"current": current, "password": password, "again": password}


def _may_sign_in(ward: ApiWard, login: str, password: str) -> bool:
    return ward.client().post(SESSION, json={"login": login, "password": password}).status_code == 201


def test_a_new_password_signs_out_every_other_browser_and_this_one_goes_on(ward: ApiWard) -> None:
    here, elsewhere = ward.client("care_a"), ward.client("care_a")
    before = here.cookies["mimamori_session"]
    answer = here.post("/account/password", data=_form())
    assert answer.headers["location"] == "/account?said=password_changed"
    assert here.get(SESSION).status_code == 200
    assert before not in answer.headers["set-cookie"]
    assert elsewhere.get(SESSION).status_code == 401
    assert (_may_sign_in(ward, "care_a", PASSWORD), _may_sign_in(ward, "care_a", ANOTHER)) == (False, True)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (_form(current="not the one"), "current"),
        (_form("short"), "password"),
        (_form("1q2w3e4r5t"), "password"),
        (_form("care_a-2026"), "password"),
        ({**_form(), "again": "something else"}, "again"),
    ],
)
def test_what_is_wrong_with_a_new_password_stands_beside_its_field(
    ward: ApiWard, form: dict[str, str], field: str
) -> None:
    client = ward.client("care_a")
    answer = client.post("/account/password", data=form)
    assert answer.status_code == 422
    assert f'id="problem-{field}"' in answer.text
    assert _may_sign_in(ward, "care_a", PASSWORD)


def test_a_password_without_letters_is_refused_for_that_reason(ward: ApiWard) -> None:
    client, digits = ward.client("care_a"), "7301946528-7301946528"
    assert "数字と記号だけ" in client.post("/account/password", data=_form(digits)).text
    refused = client.put("/api/v1/account/password", json={"current": PASSWORD, "password": digits})
    assert (refused.status_code, "digits and signs alone" in refused.text) == (422, True)
    made = ward.client("admin").post("/api/v1/accounts/2/invitation").json()
    code = made["address"].partition("#")[2]
    answer = ward.client().post("/invitation", data={"code": code, "password": digits, "again": digits})
    assert (answer.status_code, "数字と記号だけ" in answer.text) == (422, True)


def test_a_guessed_password_is_refused_for_an_invitation_too(ward: ApiWard) -> None:
    made = ward.client("admin").post("/api/v1/accounts/2/invitation").json()
    code = made["address"].partition("#")[2]
    answer = ward.client().post(
        "/invitation", data={"code": code, "password": "qwertyuiop", "again": "qwertyuiop"}
    )
    assert answer.status_code == 422
    assert "かんたんに当てられます" in answer.text
    # The link is still good.
    good = {"code": code, "password": ANOTHER, "again": ANOTHER}
    assert ward.client().post("/invitation", data=good).status_code == 200


def test_one_sees_and_ends_ones_own_sessions_and_nobody_elses(ward: ApiWard) -> None:
    client = ward.client()
    agent = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    client.post(SESSION, json={"login": "care_a", "password": PASSWORD}, headers=agent)
    phone, desk = ward.client("care_a"), ward.client("care_a")
    other = ward.client("care_b")
    listed = client.get("/api/v1/account/sessions").json()
    assert [one["browser"] for one in listed if one["is_this"]] == ["Firefox, Linux"]
    assert len(listed) == 3
    assert "Firefox, Linux" in client.get("/account").text

    (foreign,) = other.get("/api/v1/account/sessions").json()
    assert client.post(f"/account/sessions/{foreign['number']}/end").status_code == 404
    assert other.get(SESSION).status_code == 200

    (number,) = [one["number"] for one in phone.get("/api/v1/account/sessions").json() if one["is_this"]]
    assert client.delete(f"/api/v1/account/sessions/{number}").status_code == 204
    assert (phone.get(SESSION).status_code, desk.get(SESSION).status_code) == (401, 200)
    client.post("/account/sessions/end-others")
    assert (desk.get(SESSION).status_code, client.get(SESSION).status_code) == (401, 200)


def _proven_paths(ward: ApiWard) -> set[tuple[str, str]]:
    return {
        (method, str(route.path))
        for route in iter_route_contexts(ward.app.routes)
        for permission in [declared_permission(route)]
        if permission is not None and permission.is_proven
        for method in route.methods or ()
    }


def test_exports_erasures_credentials_and_invitations_need_a_proof_of_the_last_five_minutes(
    ward: ApiWard,
) -> None:
    values = {"number": RESIDENT_A, "device_id": "hall-a"}
    admin = ward.client("admin")
    ward.machine.advance(minutes=5)
    proven = _proven_paths(ward)
    for method, path in proven:
        answer = admin.request(
            method, path.format(**values), json={"name": "x"} if method == "POST" else None
        )
        if path.startswith("/api/"):
            assert (answer.status_code, answer.json()["type"]) == (
                403,
                "urn:mimamori:problem:proof_needed",
            ), path
        else:
            assert (answer.status_code, answer.headers["location"][:7]) == (303, "/proof?"), path
    assert proven == {
        ("GET", "/api/v1/residents/{number}/export"),
        ("POST", "/api/v1/residents/{number}/erasure"),
        ("POST", "/api/v1/devices/{device_id}/codes"),
        ("DELETE", "/api/v1/devices/{device_id}/credential"),
        ("POST", "/api/v1/accounts/{number}/invitation"),
        ("POST", "/residents/{number}/export"),
        ("POST", "/ledger.csv"),
        ("POST", "/residents/{number}/erasure"),
        ("POST", "/devices/{device_id}/connection/label"),
        ("POST", "/devices/{device_id}/connection/password"),
        ("POST", "/devices/{device_id}/connection/revocation"),
        ("POST", "/accounts/{number}/invitation"),
        ("DELETE", "/api/v1/accounts/{number}/second-factor"),
        ("POST", "/accounts/{number}/second-factor/removal"),
        ("POST", "/api/v1/account/second-factor"),
        ("POST", "/api/v1/account/second-factor/confirmation"),
        ("DELETE", "/api/v1/account/second-factor"),
        ("GET", "/account/second-factor"),
        ("POST", "/api/v1/account/tokens"),
        ("POST", "/account/tokens"),
        ("POST", "/account/second-factor"),
        ("POST", "/account/second-factor/confirmation"),
        ("POST", "/account/second-factor/removal"),
    }
    assert ward.execute("SELECT count(*) FROM access_log WHERE what = 'export'") == [(0,)]


def test_the_password_proves_who_asks_for_five_minutes_in_this_browser_only(ward: ApiWard) -> None:
    admin, other = ward.client("admin"), ward.client("admin")
    export = f"/api/v1/residents/{RESIDENT_A}/export"
    ward.machine.advance(minutes=10)
    assert admin.post("/api/v1/account/proof", json={"proof": "wrong"}).status_code == 422
    assert admin.get(export).status_code == 403
    assert admin.post("/api/v1/account/proof", json={"proof": PASSWORD}).status_code == 204
    assert (admin.get(export).status_code, other.get(export).status_code) == (200, 403)
    ward.machine.advance(minutes=5)
    assert admin.get(export).status_code == 403


def test_whoever_proves_it_comes_back_to_the_page_and_to_no_other_site(ward: ApiWard) -> None:
    admin = ward.client("admin")
    ward.machine.advance(minutes=10)
    page = f"/residents/{RESIDENT_A}/data"
    asked = admin.post(f"/residents/{RESIDENT_A}/export", headers={"Referer": f"http://testserver{page}"})
    assert asked.headers["location"] == f"/proof?next={page}"
    assert page in admin.get(asked.headers["location"]).text
    wrong = admin.post("/proof", data={"proof": "wrong", "next": page})
    assert (wrong.status_code, page in wrong.text) == (422, True)
    back = admin.post("/proof", data={"proof": PASSWORD, "next": page})
    assert back.headers["location"] == f"{page}?said=proved"
    assert admin.post(f"/residents/{RESIDENT_A}/export").status_code == 200
    for elsewhere in ("https://elsewhere.example/", "//elsewhere.example"):
        answer = admin.post("/proof", data={"proof": PASSWORD, "next": elsewhere})
        assert answer.headers["location"] == "/board?said=proved"


def test_an_open_session_is_no_place_to_guess_its_password(ward: ApiWard) -> None:
    client = ward.client("care_a")
    statuses: list[int] = []
    for _ in range(6):
        ward.machine.advance(seconds=1)
        statuses.append(_prove(client, "wrong"))
    assert statuses == [422] * 5 + [429]
    assert _prove(client, PASSWORD) == 429
    ward.machine.advance(minutes=16)
    assert _prove(client, PASSWORD) == 204


def _prove(client: TestClient, password: str) -> int:
    return client.post("/api/v1/account/proof", json={"proof": password}).status_code


def test_many_failures_at_one_address_do_not_lock_out_who_has_signed_in_there_before(ward: ApiWard) -> None:
    assert _may_sign_in(ward, "care_a", PASSWORD)
    ward.machine.advance(minutes=1)
    ward.execute(
        "INSERT INTO sign_in_attempt (attempted_at, login_hash, peer, succeeded)"
        " SELECT %s, sha256(n::text::bytea), 'testclient', false FROM generate_series(1, 60) AS n",
        ward.machine.now(),
    )
    assert _may_sign_in(ward, "care_a", PASSWORD)
    stranger = ward.client().post(SESSION, json={"login": "care_b", "password": PASSWORD})
    assert stranger.status_code == 429
