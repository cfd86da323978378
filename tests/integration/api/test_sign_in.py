"""Signing in over the real database: sessions, cookies, the throttle, and whose requests count as ours."""

import base64
import hashlib
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from api.access.refusals import NotSignedInError, TooManyAttemptsError
from api.actions import sessions as sign_in_actions
from api.actions.signing_in import attempts
from core.credentials import passwords
from core.store.people import users
from tests.support.wait import wait_until
from tests.support.wards.api_ward import ORIGIN, PASSWORD, ApiWard, api_ward

SESSION = "/api/v1/session"


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def test_the_right_password_gives_a_session_that_only_this_browser_has(ward: ApiWard) -> None:
    client = ward.client()
    answer = client.post(SESSION, json={"login": "CARE_A", "password": PASSWORD})

    assert answer.status_code == 201
    assert answer.json()["user"]["role"] == "care"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("mimamori_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert client.get(SESSION).json()["user"]["login"] == "care_a"
    assert ward.client().get(SESSION).status_code == 401
    # Only the token's hash is stored.
    token = client.cookies["mimamori_session"]
    assert ward.execute("SELECT count(*) FROM user_session WHERE token_hash = %s", token.encode()) == [(0,)]


def test_over_https_the_cookie_is_bound_to_the_host(database_url: str, tmp_path: Path) -> None:
    with api_ward(database_url, tmp_path, base_url="https://mimamori.example.jp") as ward:
        client = ward.client()
        answer = client.post(
            SESSION,
            json={"login": "care_a", "password": PASSWORD},
            headers={"Origin": "https://mimamori.example.jp"},
        )

    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-mimamori=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert answer.headers["strict-transport-security"]


def test_a_wrong_login_and_a_wrong_password_are_refused_in_the_same_words(ward: ApiWard) -> None:
    for login, password in (("care_a", "wrong"), ("nobody", PASSWORD), ("care_a", "x" * 200), ("\x00", "y")):
        answer = ward.client().post(SESSION, json={"login": login, "password": password})
        assert answer.status_code == 401
        assert answer.json()["detail"] == "the login or the password is not right"
        assert answer.headers["content-type"] == "application/problem+json"


def test_signing_out_ends_the_session_on_our_side_too(ward: ApiWard) -> None:
    client = ward.client("care_a")
    token = client.cookies["mimamori_session"]

    assert client.delete(SESSION).status_code == 204

    thief = ward.client()
    thief.cookies.set("mimamori_session", token)
    assert thief.get(SESSION).status_code == 401


def test_signing_in_anew_ends_the_session_that_the_browser_had_before(ward: ApiWard) -> None:
    client = ward.client("family_a")
    before = client.cookies["mimamori_session"]

    assert client.post(SESSION, json={"login": "care_a", "password": PASSWORD}).status_code == 201
    assert client.get(SESSION).json()["user"]["login"] == "care_a"

    left_behind = ward.client()
    left_behind.cookies.set("mimamori_session", before)
    assert left_behind.get(SESSION).status_code == 401
    # A mistyped password ends nothing.
    assert client.post(SESSION, json={"login": "admin", "password": "wrong"}).status_code == 401
    assert client.get(SESSION).json()["user"]["login"] == "care_a"


def test_a_session_can_be_extended_before_it_ends_and_not_after(ward: ApiWard) -> None:
    client = ward.client("admin")
    for _ in range(4):
        ward.machine.advance(minutes=58)
        assert client.get(SESSION).status_code == 200
    answer = client.post("/session/extend", data={"next": "/alerts"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/alerts")
    assert f"Max-Age={8 * 3600}" in answer.headers["set-cookie"]

    # Beyond the end that the session had at first.
    for _ in range(8):
        ward.machine.advance(minutes=58)
        assert client.get(SESSION).status_code == 200
    ward.machine.advance(minutes=58)
    assert client.post("/session/extend", follow_redirects=False).headers["location"].startswith("/login")


@pytest.mark.parametrize(
    ("login", "hours", "parts"), [("care_a", 12, 6), ("admin", 8, 16), ("family_a", 30 * 24, 4)]
)
def test_a_session_in_use_ends_for_good_after_the_time_of_its_role(
    ward: ApiWard, login: str, hours: int, parts: int
) -> None:
    client = ward.client(login)
    for _ in range(parts - 1):
        ward.machine.advance(hours=hours / parts)
        assert client.get(SESSION).status_code == 200

    ward.machine.advance(hours=hours / parts)

    assert client.get(SESSION).status_code == 401


@pytest.mark.parametrize(
    ("login", "minutes"), [("care_a", 4 * 60), ("admin", 60), ("family_a", 14 * 24 * 60)]
)
def test_a_session_that_nobody_uses_ends_earlier(ward: ApiWard, login: str, minutes: int) -> None:
    client = ward.client(login)
    ward.machine.advance(minutes=minutes - 1)
    assert client.get(SESSION).status_code == 200

    ward.machine.advance(minutes=minutes)

    assert client.get(SESSION).status_code == 401


def test_all_sessions_end_when_the_password_changes_or_the_user_is_kept_out(ward: ApiWard) -> None:
    care, family = [ward.client("care_a"), ward.client("care_a")], ward.client("family_a")

    with ward.database.transaction() as connection:
        users.set_password(connection, users.by_login(connection, "care_a").number, "another hash")
        users.disable(connection, users.by_login(connection, "family_a").number)

    assert [one.get(SESSION).status_code for one in (*care, family)] == [401, 401, 401]
    refused = ward.client().post(SESSION, json={"login": "family_a", "password": PASSWORD})
    assert refused.status_code == 401


def test_guessing_at_one_login_from_one_place_is_stopped_for_a_while(ward: ApiWard) -> None:
    client = ward.client()
    for _ in range(attempts.FAILURES_OF_LOGIN_FROM_PEER):
        assert client.post(SESSION, json={"login": "care_a", "password": "guess"}).status_code == 401
        ward.machine.advance(seconds=1)

    stopped = client.post(SESSION, json={"login": "care_a", "password": PASSWORD})
    assert stopped.status_code == 429
    assert int(stopped.headers["retry-after"]) > 0
    # Others are not touched.
    assert client.post(SESSION, json={"login": "care_b", "password": PASSWORD}).status_code == 201

    ward.machine.advance(minutes=16)
    assert client.post(SESSION, json={"login": "care_a", "password": PASSWORD}).status_code == 201


def test_guessing_from_many_places_does_not_lock_out_where_the_login_is_known(ward: ApiWard) -> None:
    known = ward.client()
    assert known.post(SESSION, json={"login": "care_a", "password": PASSWORD}).status_code == 201
    for number in range(attempts.FAILURES_OF_LOGIN + 1):
        ward.execute(
            "INSERT INTO sign_in_attempt (attempted_at, login_hash, peer, succeeded)"
            " SELECT %s, login_hash, %s, false FROM sign_in_attempt WHERE peer = 'testclient' LIMIT 1",
            ward.machine.now(),
            f"10.0.0.{number}",
        )
    ward.machine.advance(seconds=1)

    assert known.post(SESSION, json={"login": "care_a", "password": PASSWORD}).status_code == 201

    # From elsewhere the same login is stopped.
    ward.execute("DELETE FROM sign_in_attempt WHERE succeeded")
    assert known.post(SESSION, json={"login": "care_a", "password": PASSWORD}).status_code == 429


def test_guessing_at_many_logins_from_one_address_is_stopped_after_fifty_failures(ward: ApiWard) -> None:
    def fail(first: int, number: int) -> None:
        for one in range(first, first + number):
            ward.execute(
                "INSERT INTO sign_in_attempt (attempted_at, login_hash, peer, succeeded) VALUES (%s, %s, 'testclient', false)",
                ward.machine.now(),
                hashlib.sha256(str(one).encode()).digest(),
            )

    # Where a login has signed in before it is let in all the same: test_own_account.py.
    client, right = ward.client(), {"login": "care_a", "password": PASSWORD}
    stranger = {"login": "care_b", "password": PASSWORD}
    fail(0, 49)
    ward.machine.advance(seconds=1)
    assert client.post(SESSION, json=right).status_code == 201
    fail(49, 1)
    ward.machine.advance(seconds=1)

    assert client.post(SESSION, json=stranger).status_code == 429
    # The refused try itself does not prolong the wait.
    ward.machine.advance(minutes=14, seconds=59)
    assert client.post(SESSION, json=stranger).status_code == 201


def test_guesses_side_by_side_count_before_the_first_is_checked(
    ward: ApiWard, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    refused: list[str] = []
    may_answer = threading.Event()

    def slow(password: str, _hash: str | None) -> bool:
        checked.append(password)
        may_answer.wait(30)
        return False

    def guess(number: int) -> None:
        try:
            now = ward.machine.now() + timedelta(microseconds=number)
            sign_in_actions.sign_in(ward.database, "care_a", f"guess {number}", "10.0.0.1", now)
        except TooManyAttemptsError:
            refused.append(str(number))
        except NotSignedInError:
            pass

    monkeypatch.setattr(passwords, "is_right", slow)
    threads = [threading.Thread(target=guess, args=(number,), daemon=True) for number in range(12)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(checked) + len(refused) == 12)
    tried = len(checked)
    may_answer.set()
    for thread in threads:
        thread.join(30)

    assert tried <= attempts.FAILURES_OF_LOGIN_FROM_PEER
    assert (len(checked), len(refused)) == (tried, 12 - tried)


def test_an_attempt_that_is_not_yet_committed_counts_for_the_next(ward: ApiWard) -> None:
    counted: list[int] = []
    now, login = ward.machine.now(), b"x" * 32

    def attempt() -> None:
        with ward.database.transaction() as connection:
            users.record_attempt(connection, login, "10.0.0.1", now=now, keep_since=now - timedelta(days=1))
            counted.append(users.failures(connection, login, "10.0.0.1", now - timedelta(hours=1)).peer)

    second = threading.Thread(target=attempt, daemon=True)
    with ward.database.transaction() as connection:
        users.record_attempt(connection, login, "10.0.0.1", now=now, keep_since=now - timedelta(days=1))
        second.start()
        waits = b"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        wait_until(lambda: counted or connection.execute(waits).fetchone() == (1,))
    second.join(20)

    assert counted == [2]


def test_a_session_is_a_secret_of_256_bits_that_is_new_each_time(ward: ApiWard) -> None:
    tokens: set[str] = set()
    for _ in range(2):
        client = ward.client()
        client.post(SESSION, json={"login": "care_a", "password": PASSWORD})
        tokens.add(client.cookies["mimamori_session"])
        ward.machine.advance(seconds=1)

    assert len(tokens) == 2
    assert [len(base64.urlsafe_b64decode(one + "=")) for one in tokens] == [32, 32]


def test_sessions_that_ended_and_old_attempts_are_forgotten_when_somebody_signs_in(ward: ApiWard) -> None:
    ward.client("care_b")
    ward.client("family_a")
    ward.client().post(SESSION, json={"login": "care_a", "password": "wrong"})
    ward.machine.advance(hours=13)
    assert ward.client().post(SESSION, json={"login": "care_a", "password": PASSWORD}).status_code == 201

    # The care shift is over, the family's month is not.
    whose = "SELECT u.login FROM user_session JOIN user_account AS u USING (user_id) ORDER BY 1"
    assert ward.execute(whose) == [("care_a",), ("family_a",)]
    attempts = "SELECT succeeded FROM sign_in_attempt ORDER BY attempted_at"
    assert ward.execute(attempts) == [(False,), (True,)]

    ward.machine.advance(days=29, hours=11)
    ward.client().post(SESSION, json={"login": "care_a", "password": "wrong"})
    assert ward.execute(attempts) == [(True,), (False,)]


def test_a_change_must_come_from_our_own_pages(ward: ApiWard) -> None:
    cases: tuple[tuple[dict[str, str], int], ...] = (
        ({"Sec-Fetch-Site": "same-origin"}, 204),
        ({"Sec-Fetch-Site": "none"}, 204),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": ORIGIN}, 403),
        ({"Origin": ORIGIN}, 204),
        ({"Origin": "http://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    )
    for headers, status in cases:
        client = ward.client("care_a")
        del client.headers["Origin"]
        assert client.delete(SESSION, headers=headers).status_code == status, headers
        # What is refused changes nothing.
        assert (client.get(SESSION).status_code == 200) == (status == 403), headers


def test_every_answer_says_what_a_browser_may_do_with_it(ward: ApiWard) -> None:
    for path in ("/healthz", "/api/v1/residents", "/login", "/no-such-page", "/api/v1/nothing"):
        headers = ward.client().get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"], path
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "same-origin", path
        assert headers["cache-control"] == "no-store", path


def test_a_body_larger_than_64_kb_is_refused(ward: ApiWard) -> None:
    answer = ward.client().post(SESSION, json={"login": "care_a", "password": "x" * 70_000})

    assert answer.status_code == 413
    assert answer.json()["detail"] == "the request is larger than 64 kB"
