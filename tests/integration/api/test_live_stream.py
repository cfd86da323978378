"""The live stream from a real server process: who receives what, after breaks, at the end of a session and at shutdown."""

import json
import secrets
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.__main__ import listening_socket
from api.access import sessions
from api.views import stream
from core.clock import SystemClock
from core.domain.alert import Subject
from core.store.alerts import episodes, handling
from core.store.database import Database
from core.store.people import users
from deploy.local.ports import free_port
from tests.support.alerting import finding
from tests.support.services.processes import Process, Processes
from tests.support.wait import wait_until
from tests.support.wards.api_ward import RESIDENT_A, RESIDENT_B, register_two_offices

LIVE = "/api/v1/live"


@dataclass
class Server:
    """A served ward."""

    process: Process
    address: str
    database: Database

    def token(self, login: str) -> str:
        """Return the token of a fresh session."""
        token, now = secrets.token_urlsafe(32), SystemClock().now()
        with self.database.transaction() as connection:
            user = users.by_login(connection, login)
            expires_at = now + sessions.LASTS[user.role]
            users.start_session(
                connection, sessions.token_hash(token), user.number, now, expires_at, proved_at=now
            )
        return token

    def alert(self, resident: int = RESIDENT_A, rule: str = "inactivity") -> int:
        """Open an alert and return its number."""
        now = SystemClock().now()
        found = finding(rule=rule, subject=Subject.of_resident(resident), raised_at=now)
        with self.database.transaction() as connection:
            number = episodes.open_or_update(connection, found, resident, None, now)
        assert number is not None
        return number


class Stream:
    """A browser's end of the stream, read in a thread."""

    def __init__(
        self,
        server: Server,
        token: str,
        last_event: str | None = None,
        *,
        verify: ssl.SSLContext | bool = True,
        host: str = "",
        cookie: str = "mimamori_session",
    ) -> None:
        self.events: list[dict[str, Any]] = []
        self.status: int | None = None
        self.is_over = False
        self._stop = threading.Event()
        headers = {"Cookie": f"{cookie}={token}"} | ({"Last-Event-ID": last_event} if last_event else {})
        headers |= {"Host": host} if host else {}
        self._verify = verify
        self._thread = threading.Thread(target=self._read, args=(server.address + LIVE, headers), daemon=True)
        self._thread.start()

    def _read(self, address: str, headers: dict[str, str]) -> None:
        try:
            with httpx2.stream("GET", address, headers=headers, timeout=30, verify=self._verify) as answer:
                self.status = answer.status_code
                event: dict[str, Any] = {}
                for line in answer.iter_lines():
                    if self._stop.is_set():
                        return
                    name, _, value = line.partition(": ")
                    if not line and event:
                        self.events.append(event)
                        event = {}
                    elif name in {"event", "id", "retry"}:
                        event[name] = value
                    elif name == "data":
                        event["data"] = json.loads(value)
        except httpx2.TransportError:
            # Whoever went away is not there to be surprised.
            if not self._stop.is_set():
                raise
        finally:
            self.is_over = True

    def alerts(self) -> list[int]:
        """Return the numbers of the alerts received."""
        return [event["data"]["number"] for event in self.events if event.get("event") == "alert"]

    def named(self, name: str) -> list[dict[str, Any]]:
        """Return the events of one kind."""
        return [event for event in self.events if event.get("event") == name]

    def close(self) -> None:
        """Go away."""
        self._stop.set()


@pytest.fixture
def server(database_url: str, tmp_path: Path, processes: Processes) -> Iterator[Server]:
    with Database(database_url, size=2) as database:
        register_two_offices(database, tmp_path)
        process = processes.start("api", _settings(database_url))
        yield Server(process, process.wait_for("ready")["address"], database)


def _settings(database_url: str, port: int = 0) -> dict[str, str]:
    return {
        "MIMAMORI_ENVIRONMENT": "test",
        "MIMAMORI_DATABASE_URL": database_url,
        "MIMAMORI_API_PORT": str(port),
    }


def test_each_receives_changes_they_may_know_of_and_a_reader_that_was_away_receives_what_it_missed(
    server: Server,
) -> None:
    token_a = server.token("care_a")
    care_a, family_b = Stream(server, token_a), Stream(server, server.token("family_b"))
    wait_until(lambda: care_a.named("status") and family_b.named("status"), what="the first status")
    first = server.alert(RESIDENT_A)
    second = server.alert(RESIDENT_B, "sos")

    wait_until(lambda: care_a.alerts() == [first], what="A's alert")
    wait_until(lambda: family_b.alerts() == [second], what="B's alert")
    received = care_a.named("alert")[0]
    assert received["data"]["handling"] == "open"
    assert care_a.named("status")[0]["retry"] == "3000"

    # The reader goes away; meanwhile the alert is claimed.
    care_a.close()
    with server.database.transaction() as connection:
        claimer = users.by_login(connection, "care_a").number
        handling.claim(connection, first, user=claimer, version=1, now=SystemClock().now())
    again = Stream(server, token_a, last_event=received["id"])
    wait_until(lambda: first in again.alerts(), what="what was missed")
    assert again.named("alert")[-1]["data"]["handling"] == "claimed"
    assert set(again.alerts()) == {first}


def test_the_stream_proves_every_few_seconds_that_it_lives_and_ends_with_the_session(server: Server) -> None:
    token = server.token("care_a")
    ended, lasting = Stream(server, token), Stream(server, server.token("care_a"))
    wait_until(lambda: ended.named("status") and lasting.named("status"), what="the first status of both")

    with server.database.transaction() as connection:
        users.end_session(connection, sessions.token_hash(token))

    wait_until(lambda: ended.is_over, 20, "the end of the stream")
    assert ended.named("signed_out")
    answer = httpx2.get(server.address + LIVE, headers={"Cookie": f"mimamori_session={token}"})
    assert answer.status_code == 401

    wait_until(lambda: len(lasting.named("status")) >= 2, what="a second status")
    tick = lasting.named("status")[-1]["data"]
    assert tick["is_blind"] is True
    assert tick["states"]["cannot_tell"] == 1
    assert tick["devices_expected"] == 1


def test_the_stream_asks_for_the_session_every_five_seconds() -> None:
    assert stream.TICK_S == 5


def test_what_was_asked_for_stands_in_no_log(server: Server) -> None:
    with httpx2.Client(base_url=server.address) as client:
        for path in (
            "/a/secret-of-a-link",
            "/residents/1?name=secret-in-a-query",
            "/no-such-secret",
            "/healthz",
        ):
            assert client.get(path).status_code < 500
        assert (
            client.post("/login", data={"login": "secret-login", "password": "secret-word"}).status_code < 500
        )
    server.process.stop()

    # It did write: what is looked at is its log.
    assert "ready" in server.process.output
    assert "secret" not in server.process.output
    assert "healthz" not in server.process.output


def test_the_server_stops_soon_although_streams_are_open(server: Server) -> None:
    streams = [Stream(server, server.token("care_a")) for _ in range(3)]
    wait_until(lambda: all(one.named("status") for one in streams), what="the first status of all")

    server.process.stop()

    assert server.process.exit_code == 0
    assert all(wait_until(lambda one=one: one.is_over, 5, "the end of a stream") for one in streams)


def test_one_user_cannot_take_all_the_streams(server: Server) -> None:
    token = server.token("family_a")
    streams = [Stream(server, token) for _ in range(stream.STREAMS_PER_USER)]
    wait_until(lambda: all(one.named("status") for one in streams), 20, "the first status of all")

    refused = httpx2.get(server.address + LIVE, headers={"Cookie": f"mimamori_session={token}"})
    other = Stream(server, server.token("care_a"))

    assert refused.status_code == 429
    wait_until(lambda: other.named("status"), what="the first status of another user")


def test_small_answers_are_sent_at_once() -> None:
    # The connection object decides by the protocol's number whether to switch off Nagle's algorithm.
    with listening_socket("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP


def test_a_taken_port_is_one_clear_line(database_url: str, processes: Processes) -> None:
    port = free_port()
    processes.start("api", _settings(database_url, port))

    second = processes.start("api", _settings(database_url, port), ready=None)

    assert second.wait() == 78
    assert second.output.strip() == (
        f"cannot serve on 127.0.0.1 port {port}: Address already in use; stop what uses it, or set MIMAMORI_API_PORT"
    )
