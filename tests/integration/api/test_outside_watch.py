"""Somebody elsewhere notices when the service is blind, mute or gone: it calls out only while it is ready."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from api.views.outside_watch import OutsideWatch
from core.settings import Settings
from deploy.local.ports import free_port
from tests.support.wait import wait_until
from tests.support.wards.api_ward import ApiWard, api_ward


@dataclass
class Outside:
    """A service that waits for calls, as healthchecks does."""

    url: str = ""
    status: int = 200
    calls: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


@pytest.fixture
def outside() -> Iterator[Outside]:
    found = Outside()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found.calls.append((self.path, body))
            self.send_response(found.status)
            self.send_header("Location", f"{found.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/check-1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def watch(ward: ApiWard, url: str) -> OutsideWatch:
    settings: Settings = ward.app.state.settings
    return OutsideWatch(
        ward.database, Settings.model_validate(settings.model_dump() | {"outside_watch_url": url}), ward.clock
    )


def let_it_see(ward: ApiWard) -> None:
    now = ward.clock.now()
    ward.execute(
        "INSERT INTO ingest_progress (worker, watermark, reported_at) VALUES ('ingest', %s, %s)", now, now
    )
    ward.execute("INSERT INTO evaluation (evaluated_through, due_at) VALUES (%s, %s)", now, now)


def test_a_ready_service_says_that_all_is_well_and_a_blind_one_what_to_do(
    ward: ApiWard, outside: Outside
) -> None:
    looks = watch(ward, outside.url)
    looks.look()
    let_it_see(ward)
    looks.look()
    ward.clock.advance(minutes=2)
    looks.look()

    assert outside.calls == [
        ("/check-1/fail", "blind: start ingest, or read its log"),
        ("/check-1", "ready"),
        ("/check-1/fail", "blind: start ingest, or read its log"),
    ]


def test_a_service_that_notifies_nobody_is_not_well(ward: ApiWard, outside: Outside) -> None:
    let_it_see(ward)
    ward.execute("UPDATE contact SET is_active = false")
    watch(ward, outside.url).look()
    assert outside.calls == [
        ("/check-1/fail", "mute: no message reaches an office: `mimamori doctor` says which")
    ]


def test_nothing_about_people_and_no_address_goes_out_or_into_the_log(
    ward: ApiWard, outside: Outside
) -> None:
    ward.open_alert()
    looks = watch(ward, f"http://127.0.0.1:{free_port()}/secret-check")
    with capture_logs() as logs:
        looks.look()
        looks.look()
    # Once, not every minute; and without the address, which lets anybody say that all is well.
    assert [one["event"] for one in logs] == ["outside_watch_not_reached"]
    assert "secret-check" not in str(logs)

    watch(ward, outside.url).look()
    assert "田中" not in str(outside.calls)


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_refused_call_is_logged_and_not_followed(ward: ApiWard, outside: Outside, status: int) -> None:
    outside.status = status
    with capture_logs() as logs:
        watch(ward, outside.url).look()
    assert [one["event"] for one in logs] == ["outside_watch_not_reached"]
    assert len(outside.calls) == 1


def test_the_api_calls_by_itself_from_its_start(database_url: str, tmp_path: Path, outside: Outside) -> None:
    with api_ward(database_url, tmp_path, outside_watch_url=outside.url) as ward, TestClient(ward.app):
        wait_until(lambda: outside.calls, timeout=20)
    assert outside.calls[0][0] == "/check-1/fail"
