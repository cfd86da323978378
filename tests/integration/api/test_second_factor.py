"""A second factor over the real database: switched on, asked for, never taken twice, and what to do without the phone."""

import base64
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from fastapi.testclient import TestClient
from pydantic import SecretStr

from core.credentials.passwords import hash_password
from core.credentials.sealed_values import sealer_of
from core.store.people import users
from core.store.people.signing_in import second_factors
from core.store.people.users import AttemptAddresses
from tests.support.wards.api_ward import PASSWORD, RESIDENT_A, ApiWard, api_ward

SESSION = "/api/v1/session"
FACTOR = "/api/v1/account/second-factor"
PAGE = "/account/second-factor"
ANOTHER = "persimmons in november"
KEYS = "1:" + base64.b64encode(b"k" * 32).decode()
OTHER_KEYS = "2:" + base64.b64encode(b"o" * 32).decode() + "," + KEYS


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path, secret_keys=KEYS) as made:
        yield made


def _code(ward: ApiWard, secret: str, *, later: float = 0) -> str:
    """Return what the app shows, `later` seconds from now."""
    totp = TOTP(base64.b32decode(secret), 6, SHA1(), 30)  # noqa: S303 - what apps know
    return totp.generate(int((ward.machine.now() + timedelta(seconds=later)).timestamp())).decode()


def _switch_on(ward: ApiWard, client: TestClient) -> tuple[str, list[str]]:
    """Switch it on, and return the secret and the recovery codes; a minute passes."""
    secret = client.post(FACTOR).json()["secret"]
    answer = client.post(f"{FACTOR}/confirmation", json={"code": _code(ward, secret)})
    assert answer.status_code == 200, answer.text
    ward.machine.advance(minutes=1)
    return secret, answer.json()["recovery_codes"]


def _sign_in(ward: ApiWard, code: str | None = None, login: str = "care_a") -> httpx2.Response:
    body = {"login": login, "password": PASSWORD} | ({} if code is None else {"code": code})
    return ward.client().post(SESSION, json=body)


def test_a_code_is_needed_besides_the_password_once_it_is_on(ward: ApiWard) -> None:
    secret, codes = _switch_on(ward, ward.client("care_a"))
    assert len(set(codes)) == 10
    refused = _sign_in(ward)
    assert (refused.status_code, refused.json()["type"]) == (401, "urn:mimamori:problem:second_factor_needed")
    assert "set-cookie" not in refused.headers
    assert _sign_in(ward, "000000").status_code == 422
    assert _sign_in(ward, _code(ward, secret)).status_code == 201
    # Others go on with their passwords.
    assert _sign_in(ward, login="care_b").status_code == 201


def test_a_secret_that_was_never_confirmed_is_asked_of_nobody(ward: ApiWard) -> None:
    client = ward.client("care_a")
    client.post(FACTOR)
    assert client.post(f"{FACTOR}/confirmation", json={"code": "000000"}).status_code == 422
    assert _sign_in(ward).status_code == 201


def test_a_code_is_taken_once_and_those_before_it_never_again(ward: ApiWard) -> None:
    secret, _ = _switch_on(ward, ward.client("care_a"))
    before, code = _code(ward, secret, later=-30), _code(ward, secret)
    assert _sign_in(ward, code).status_code == 201
    ward.machine.advance(seconds=1)
    assert [_sign_in(ward, one).status_code for one in (code, before)] == [422, 422]
    ward.machine.advance(seconds=30)
    assert _sign_in(ward, _code(ward, secret)).status_code == 201


def test_of_two_who_use_one_code_at_once_one_is_let_in(ward: ApiWard) -> None:
    secret, _ = _switch_on(ward, ward.client("care_a"))
    code = _code(ward, secret)
    start = threading.Barrier(3)
    statuses: list[int] = []

    def tries() -> None:
        start.wait()
        statuses.append(_sign_in(ward, code).status_code)

    threads = [threading.Thread(target=tries) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, 422, 422]


@pytest.mark.parametrize(("seconds", "status"), [(-30, 201), (30, 201), (-90, 422), (90, 422)])
def test_a_phone_whose_clock_is_half_a_minute_off_is_let_in(ward: ApiWard, seconds: int, status: int) -> None:
    secret, _ = _switch_on(ward, ward.client("care_a"))
    ward.machine.advance(minutes=5)
    assert _sign_in(ward, _code(ward, secret, later=seconds)).status_code == status


def test_a_recovery_code_is_good_once_and_also_after_many_wrong_codes(ward: ApiWard) -> None:
    secret, codes = _switch_on(ward, ward.client("care_a"))
    statuses: list[int] = []
    for _ in range(6):
        ward.machine.advance(seconds=1)
        statuses.append(_sign_in(ward, "000000").status_code)
    assert statuses == [422] * 5 + [429]
    assert _sign_in(ward, _code(ward, secret)).status_code == 429
    # Who has the phone's codes on paper is never locked out.
    assert _sign_in(ward, codes[0].lower().replace("-", " ")).status_code == 201
    ward.machine.advance(minutes=16)
    assert _sign_in(ward, codes[0]).status_code == 422
    client = ward.client("care_a")
    assert client.get(FACTOR).json() == {"is_on": True, "codes_left": 9}


def test_neither_secret_nor_codes_are_readable_in_the_database(ward: ApiWard) -> None:
    secret, codes = _switch_on(ward, ward.client("care_a"))
    ((kept, hashes),) = ward.execute(
        "SELECT (SELECT encode(sealed, 'escape') FROM second_factor), string_agg(encode(code_hash, 'escape'), ' ')"
        " FROM recovery_code"
    )
    assert secret not in kept
    assert not any(code in hashes or code.replace("-", "") in hashes for code in codes)
    # Put into another row, as whoever holds the database might, it does not open.
    ward.execute(
        "UPDATE second_factor SET user_id = (SELECT user_id FROM user_account WHERE login = 'admin')"
    )
    assert (
        ward.client(raises=False)
        .post(SESSION, json={"login": "admin", "password": PASSWORD, "code": _code(ward, secret)})
        .status_code
        == 500
    )


def test_the_page_leads_from_the_qr_code_to_recovery_codes_shown_once(ward: ApiWard) -> None:
    client, elsewhere = ward.client("care_a"), ward.client("care_a")
    assert client.post(PAGE).headers["location"] == PAGE
    shown = client.get(PAGE).text
    assert "<svg" in shown
    found = re.search(r'id="secret">([A-Z2-7]+)<', shown)
    assert found is not None
    wrong = client.post(f"{PAGE}/confirmation", data={"code": "000000"})
    assert (wrong.status_code, 'id="problem-code"' in wrong.text) == (422, True)
    done = client.post(f"{PAGE}/confirmation", data={"code": _code(ward, found.group(1))}).text
    codes = re.findall(r"<li><code>([0-9A-Z-]{19})</code>", done)
    assert len(codes) == 10
    again = client.get(PAGE).text
    assert found.group(1) not in again
    assert codes[0] not in again
    # Whoever is signed in elsewhere signed in by the password alone.
    assert (elsewhere.get(SESSION).status_code, client.get(SESSION).status_code) == (401, 200)


def test_the_sign_in_page_asks_for_the_code_and_leads_on(ward: ApiWard) -> None:
    secret, _ = _switch_on(ward, ward.client("care_a"))
    browser = ward.client()
    asked = browser.post("/login", data={"login": "care_a", "password": PASSWORD, "next": "/alerts"})
    assert asked.headers["location"] == "/login/code?next=/alerts"
    assert "mimamori_session=" not in asked.headers["set-cookie"]
    assert browser.get("/board").status_code == 303
    assert "/alerts" in browser.get(asked.headers["location"]).text
    assert browser.post("/login/code", data={"code": "000000"}).status_code == 422
    done = browser.post("/login/code", data={"code": _code(ward, secret), "next": "/alerts"})
    assert (done.status_code, done.headers["location"]) == (303, "/alerts")
    assert browser.get(SESSION).status_code == 200


def test_a_right_password_waits_five_minutes_for_its_code(ward: ApiWard) -> None:
    secret, _ = _switch_on(ward, ward.client("care_a"))
    browser = ward.client()
    browser.post("/login", data={"login": "care_a", "password": PASSWORD})
    ward.machine.advance(minutes=5)
    late = browser.post("/login/code", data={"code": _code(ward, secret)})
    assert late.headers["location"] == "/login"
    # A code without a password before it opens nothing.
    alone = ward.client().post("/login/code", data={"code": _code(ward, secret)})
    assert (alone.headers["location"], browser.get(SESSION).status_code) == ("/login", 401)


@pytest.mark.parametrize("how", ["password", "kept out"])
def test_a_code_opens_nothing_after_a_password_that_is_right_no_more(ward: ApiWard, how: str) -> None:
    secret, _ = _switch_on(ward, ward.client("care_a"))
    browser = ward.client()
    browser.post("/login", data={"login": "care_a", "password": PASSWORD})
    with ward.database.transaction() as connection:
        user = users.by_login(connection, "care_a").number
        if how == "password":
            users.set_password(connection, user, hash_password(ANOTHER))
    if how == "kept out":
        accounts, admin = f"/api/v1/accounts/{user}", ward.client("admin")
        for is_active in (False, True):
            version = admin.get(accounts).json()["version"]
            changed = admin.patch(accounts, json={"version": version, "is_active": is_active})
            assert changed.status_code == 200, changed.text
    done = browser.post("/login/code", data={"code": _code(ward, secret)})
    assert (done.headers["location"], browser.get(SESSION).status_code) == ("/login", 401)


def test_a_code_and_not_the_password_proves_who_asks(ward: ApiWard) -> None:
    admin = ward.client("admin")
    secret, _ = _switch_on(ward, admin)
    ward.machine.advance(minutes=10)
    export = f"/api/v1/residents/{RESIDENT_A}/export"
    assert admin.post("/api/v1/account/proof", json={"proof": PASSWORD}).status_code == 422
    assert admin.get(export).status_code == 403
    assert admin.post("/api/v1/account/proof", json={"proof": _code(ward, secret)}).status_code == 204
    assert admin.get(export).status_code == 200


@pytest.mark.parametrize("is_page", [False, True], ids=["JSON", "page"])
def test_the_password_alone_never_undoes_the_second_factor(ward: ApiWard, *, is_page: bool) -> None:
    client = ward.client("care_a")
    secret, _ = _switch_on(ward, client)
    ward.machine.advance(minutes=10)

    def switches_off() -> bool:
        answer = client.post(f"{PAGE}/removal") if is_page else client.delete(FACTOR)
        is_refused = answer.headers.get("location", "").startswith("/proof") or answer.status_code == 403
        assert is_refused == bool(ward.execute("SELECT user_id FROM second_factor"))
        return not is_refused

    assert not switches_off()
    if is_page:
        assert client.post("/proof", data={"proof": PASSWORD}).status_code == 422
        form = {"current": PASSWORD, "password": ANOTHER, "again": ANOTHER}
        changed = client.post("/account/password", data=form)
        assert changed.headers["location"] == "/account?said=password_changed"
    else:
        assert client.post("/api/v1/account/proof", json={"proof": PASSWORD}).status_code == 422
        body = {"current": PASSWORD, "password": ANOTHER}
        assert client.put("/api/v1/account/password", json=body).status_code == 204
    assert client.get(SESSION).status_code == 200
    assert not switches_off()
    # Nor does the new password; a code does.
    assert client.post("/api/v1/account/proof", json={"proof": ANOTHER}).status_code == 422
    assert client.post("/api/v1/account/proof", json={"proof": _code(ward, secret)}).status_code == 204
    assert switches_off()


def test_a_new_password_leaves_a_proof_by_code_as_fresh_as_it_was(ward: ApiWard) -> None:
    client = ward.client("care_a")
    secret, _ = _switch_on(ward, client)
    ward.machine.advance(minutes=10)
    client.post("/api/v1/account/proof", json={"proof": _code(ward, secret)})
    ward.machine.advance(minutes=4)
    client.put("/api/v1/account/password", json={"current": PASSWORD, "password": ANOTHER})
    assert client.get(PAGE).status_code == 200
    ward.machine.advance(minutes=1)
    assert client.get(PAGE).status_code == 303


def test_it_is_switched_off_by_oneself_and_by_an_administrator_and_by_nobody_else(ward: ApiWard) -> None:
    client = ward.client("care_a")
    _switch_on(ward, client)
    ((number,),) = ward.execute("SELECT user_id FROM user_account WHERE login = 'care_a'")
    assert ward.client("care_b").delete(f"/api/v1/accounts/{number}/second-factor").status_code == 403
    assert _sign_in(ward).status_code == 401
    admin = ward.client("admin")
    assert "2つ目の確認" in admin.get(f"/accounts/{number}").text
    admin.post(f"/accounts/{number}/second-factor/removal")
    assert _sign_in(ward).status_code == 201
    history = admin.get(f"/accounts/{number}").text.partition("利用者を変更")[2]
    assert "2つ目の確認(認証アプリ)" in history
    _switch_on(ward, client)
    assert client.post(FACTOR).status_code == 409
    assert client.delete(FACTOR).status_code == 204
    assert _sign_in(ward).status_code == 201


def test_only_right_passwords_of_accounts_are_counted_by_address(ward: ApiWard) -> None:
    secret, _ = _switch_on(ward, ward.client("care_a"))
    since = ward.machine.now() - timedelta(days=7)

    def counted() -> AttemptAddresses:
        with ward.database.transaction() as connection:
            return users.addresses_of_attempts(connection, since)

    browser = ward.client()
    browser.post(SESSION, json={"login": "care_b", "password": "not this one"})
    browser.post(SESSION, json={"login": "nobody of us", "password": PASSWORD})
    assert counted() == AttemptAddresses(0, 0, "")
    # The password and the code are two attempts of one account.
    assert _sign_in(ward, _code(ward, secret)).status_code == 201
    assert counted() == AttemptAddresses(1, 1, "testclient")


def test_secrets_follow_a_change_of_the_key(ward: ApiWard) -> None:
    secret, _ = _switch_on(ward, ward.client("care_a"))
    sealer = sealer_of(SecretStr(OTHER_KEYS))
    assert sealer is not None
    with ward.database.transaction() as connection:
        assert (
            second_factors.seal_anew(connection, sealer),
            second_factors.seal_anew(connection, sealer),
        ) == (1, 0)
    only_new = SecretStr(OTHER_KEYS.partition(",")[0])
    ward.app.state.settings = ward.app.state.settings.model_copy(update={"secret_keys": only_new})
    assert _sign_in(ward, _code(ward, secret)).status_code == 201
