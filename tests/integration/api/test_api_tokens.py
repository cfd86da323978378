"""Tokens of programs over the real database: what they may, for which office, until when, and what they never may."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from api.http.permissions import declared_permission
from tests.support.wards.api_ward import (
    OFFICE_A,
    OFFICE_B,
    PASSWORD,
    RESIDENT_A,
    RESIDENT_B,
    ApiWard,
    api_ward,
)

TOKENS = "/api/v1/account/tokens"
RESIDENTS = "/api/v1/residents"


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def _make(client: TestClient, **wanted: object) -> str:
    answer = client.post(TOKENS, json={"name": "figures"} | wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()["token"]


def _program(ward: ApiWard, token: str) -> TestClient:
    """Return a program: no cookie, and no header of a browser."""
    program = TestClient(ward.app, base_url="http://testserver", follow_redirects=False)
    program.headers["Authorization"] = f"Bearer {token}"
    return program


def _seen(answer: httpx2.Response) -> set[int]:
    assert answer.status_code == 200, answer.text
    return {one["number"] for one in answer.json()["items"]}


def test_a_token_sees_what_its_owner_sees_or_one_office_of_it(ward: ApiWard) -> None:
    admin, care = ward.client("admin"), ward.client("care_a")
    assert _seen(_program(ward, _make(admin)).get(RESIDENTS)) == {RESIDENT_A, RESIDENT_B}
    limited = _program(ward, _make(admin, name="office b", office=OFFICE_B, scope="write"))
    assert _seen(limited.get(RESIDENTS)) == {RESIDENT_B}
    assert limited.get(f"{RESIDENTS}/{RESIDENT_A}").status_code == 404
    # Nor does it anything that only administrators do.
    assert limited.get("/api/v1/accounts").status_code == 403
    assert _seen(_program(ward, _make(care)).get(RESIDENTS)) == {RESIDENT_A}
    refused = care.post(TOKENS, json={"name": "another office", "office": OFFICE_B})
    assert refused.status_code == 422


def test_a_token_that_may_only_read_changes_nothing(ward: ApiWard) -> None:
    care = ward.client("care_a")
    alert = ward.open_alert()
    reading = _program(ward, _make(care))
    claim = f"/api/v1/alerts/{alert}/claim"
    assert reading.get(f"/api/v1/alerts/{alert}").status_code == 200
    assert reading.post(claim, json={"version": 1}).status_code == 403
    writing = _program(ward, _make(care, name="claims", scope="write"))
    # It sends no header of a browser: no other site can make a browser send the token.
    assert writing.post(claim, json={"version": 1}).status_code == 200


def test_no_token_becomes_a_session_with_the_password(ward: ApiWard) -> None:
    program = _program(ward, _make(ward.client("care_a"), scope="write"))
    body = {"current": PASSWORD, "password": "persimmons in november"}
    answer = program.put("/api/v1/account/password", json=body)
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


def test_no_token_does_what_needs_a_fresh_proof(ward: ApiWard) -> None:
    program = _program(ward, _make(ward.client("admin"), scope="write"))
    values = {"number": RESIDENT_A, "device_id": "hall-a"}
    tried = 0
    for route in iter_route_contexts(ward.app.routes):
        permission, path = declared_permission(route), str(route.path)
        if permission is not None and permission.is_proven and path.startswith("/api/"):
            for method in route.methods or ():
                answer = program.request(method, path.format(**values), json={"name": "x", "code": "x"})
                assert answer.status_code == 403, (method, path)
                tried += 1
    assert tried >= 8


def test_a_token_ends_with_its_time_when_it_is_revoked_and_with_its_owner(ward: ApiWard) -> None:
    care = ward.client("care_a")
    short, long = _make(care, name="short", days=1), _make(care, name="long", days=366)
    ward.machine.advance(hours=23)
    assert _program(ward, short).get(RESIDENTS).status_code == 200
    ward.machine.advance(hours=1)
    assert _program(ward, short).get(RESIDENTS).status_code == 401
    assert _program(ward, long).get(RESIDENTS).status_code == 200

    other = ward.client("care_b")
    care = ward.client("care_a")
    ((number, last),) = [(one["number"], one["last_used_at"]) for one in care.get(TOKENS).json()]
    assert last is not None
    assert other.delete(f"{TOKENS}/{number}").status_code == 404
    assert care.delete(f"{TOKENS}/{number}").status_code == 204
    assert _program(ward, long).get(RESIDENTS).status_code == 401

    token = _make(care, name="again")
    ward.execute("UPDATE user_account SET is_active = false WHERE login = 'care_a'")
    assert _program(ward, token).get(RESIDENTS).status_code == 401


def test_a_token_of_somebody_who_moved_to_another_office_ends_with_the_old_one(ward: ApiWard) -> None:
    program = _program(ward, _make(ward.client("care_a")))
    ward.execute("UPDATE user_account SET office_id = %s WHERE login = 'care_a'", OFFICE_B)
    assert program.get(RESIDENTS).status_code == 403


def test_a_wrong_token_is_refused_although_a_session_is_there_and_opens_no_page(ward: ApiWard) -> None:
    client = ward.client("admin")
    token = _make(client)
    client.headers["Authorization"] = "Bearer mmt_" + "x" * 43
    assert client.get(RESIDENTS).status_code == 401
    assert _program(ward, token).get("/board").headers["location"].startswith("/login")


def test_only_the_hash_of_a_token_is_kept(ward: ApiWard) -> None:
    token = _make(ward.client("admin"))
    ((kept,),) = ward.execute("SELECT t::text FROM api_token AS t")
    assert token not in kept
    assert token.encode().hex() not in kept


def test_the_page_shows_a_token_once_and_makes_no_second_one_when_it_is_loaded_again(ward: ApiWard) -> None:
    client = ward.client("care_a")
    page, form = "/account/tokens", {"name": "月報", "scope": "read", "days": "30"}
    shown = client.post(page, data=form)
    assert (shown.status_code, shown.text.count("mmt_")) == (200, 1)
    again = client.post(page, data=form)
    assert (again.status_code, "mmt_" in again.text) == (422, False)
    listed = client.get(page).text
    assert ("月報" in listed, "mmt_" in listed) == (True, False)
    (one,) = client.get(TOKENS).json()
    assert one["office"] == OFFICE_A
    assert client.post(f"{page}/{one['number']}/revocation").status_code == 303
    assert client.get(TOKENS).json() == []


@pytest.mark.parametrize(("days", "status"), [(0, 422), (1, 201), (366, 201), (367, 422)])
def test_a_token_lasts_a_year_at_most(ward: ApiWard, days: int, status: int) -> None:
    assert ward.client("admin").post(TOKENS, json={"name": "x", "days": days}).status_code == status


def test_ten_tokens_are_enough(ward: ApiWard) -> None:
    client = ward.client("admin")
    for number in range(10):
        _make(client, name=f"program {number}")
    assert client.post(TOKENS, json={"name": "one more"}).status_code == 422
