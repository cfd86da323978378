"""The demo as a visitor sees it: an alert answered by its link; killed, started again, stopped, with nothing left."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from core.store.migrate import migrate, migrations, pending
from deploy.demo.settings import DATABASE
from deploy.demo.state import DemoFolder, DemoState
from deploy.local import required_programs
from deploy.local.ports import free_port
from deploy.local.postgres_cluster import Cluster
from tests.support.paths import REPOSITORY
from tests.support.services.folders import service_folder
from tests.support.services.left_over_processes import left_over
from tests.support.wait import wait_until

_START_TIMEOUT_S = 100.0
# Somebody needs help within three minutes of a visitor's time, at the demo's usual speed of ten.
_USUAL_FACTOR, _FACTOR = 10, 20
_ALERT_TIMEOUT_MS = 3 * 60_000 * _USUAL_FACTOR / _FACTOR


class Demo:
    """A demo of two residents in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "var"
        self.port, self.inbox_port = free_port(), free_port()
        self._output = folder / "output.txt"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        """Start it and wait until it says where it is."""
        command = [
            sys.executable, "-c", "from deploy.cli import main; main()", "demo", "--folder", str(self.folder),
            "--port", str(self.port), "--inbox-port", str(self.inbox_port), "--residents", "2",
            "--factor", str(_FACTOR),
        ]  # fmt: skip
        with self._output.open("wb") as output:
            process = subprocess.Popen(command, cwd=REPOSITORY, stdout=output, stderr=subprocess.STDOUT)
        self._process = process

        def is_up() -> bool:
            assert process.poll() is None, self.output
            return "Mimamori runs:" in self.output

        wait_until(is_up, _START_TIMEOUT_S, "the demo to start")
        return process

    @property
    def output(self) -> str:
        """What it has printed since the last start."""
        return self._output.read_text(encoding="utf-8")

    @property
    def shown(self) -> datetime:
        """The time that it remembers."""
        return datetime.fromisoformat(
            json.loads((self.folder / "demo.json").read_text(encoding="utf-8"))["shown"]
        )

    def answers(self) -> bool:
        """Return whether the pages and the inbox answer."""
        for port in (self.port, self.inbox_port):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as page:
                if page.status != 200:
                    return False
        return True

    def end(self) -> None:
        """End it if it still runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
        if self._process is not None:
            self._process.wait()


@pytest.fixture
def demo() -> Iterator[Demo]:
    with service_folder() as folder:
        running = Demo(folder)
        try:
            yield running
        finally:
            running.end()
            wait_until(lambda: not left_over(folder), 15, "everything of the demo to end")


@pytest.mark.timeout(300)
def test_a_visitor_sees_an_alert_answered_and_the_demo_goes_on_after_being_killed(
    demo: Demo, browser: Browser
) -> None:
    # The first start makes a ward and says how long each step took.
    first = demo.start()
    assert demo.answers()
    assert re.search(r"✓ Publish 28 days of history through the broker \d+\.\d s", demo.output)
    passwords = re.findall(r"sign in as .*", demo.output)
    assert len(passwords) == 3
    answer_an_alert(demo, browser)

    # Killed without a chance to clean up, it leaves nothing running.
    first.send_signal(signal.SIGKILL)
    first.wait()
    wait_until(lambda: not left_over(demo.folder), 15, "the killed demo's processes to end")
    was = demo.shown

    # The next start finds the ward, keeps the sign-ins, and its time has not gone back.
    second = demo.start()
    assert demo.answers()
    assert "history" not in demo.output
    assert re.findall(r"sign in as .*", demo.output) == passwords
    assert demo.shown >= was

    # A process of ours that dies is brought back, and said so.
    ingest = next(pid for pid in left_over(demo.folder, besides=second.pid) if _is_module(pid, "ingest"))
    os.kill(ingest, signal.SIGKILL)
    wait_until(lambda: re.search(r"ingest .*started again", demo.output), 20, "ingest to come back")

    # Asked to stop, it stops everything and ends well.
    second.send_signal(signal.SIGTERM)
    assert second.wait(40) == 0, demo.output
    assert not left_over(demo.folder)

    # Forgetting takes all of it.
    subprocess.run(
        [
            sys.executable,
            "-c",
            "from deploy.cli import main; main()",
            "demo-reset",
            "--folder",
            str(demo.folder),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
    )
    assert list(demo.folder.iterdir()) == []


@pytest.mark.timeout(200)
def test_a_folder_of_an_older_release_is_brought_to_this_one(
    demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = DemoFolder(demo.folder)
    ward = [
        "ward", "--residents", "2", "--seed", "1", "--now", "2026-11-01T00:00:00+00:00", "--out", str(folder.ward)
    ]  # fmt: skip
    subprocess.run(
        [sys.executable, "-m", "simulator", *ward], cwd=REPOSITORY, capture_output=True, check=True
    )
    folder.write(DemoState(datetime(2026, 11, 1, tzinfo=UTC), True, demo.inbox_port, "", 1))
    cluster = Cluster(folder.service("postgresql"), required_programs.postgres(print))
    cluster.start()
    cluster.create_database(DATABASE)
    before = migrations()[:-1]
    with monkeypatch.context() as older:
        older.setattr("core.store.migrate.migrations", lambda: before)
        migrate(cluster.url(DATABASE))
    assert pending(cluster.url(DATABASE)) == [migrations()[-1].name]
    cluster.stop()

    process = demo.start()
    assert "Bring the database of this folder to this release" in demo.output
    assert demo.answers()
    process.send_signal(signal.SIGTERM)
    assert process.wait(40) == 0, demo.output


def answer_an_alert(demo: Demo, browser: Browser) -> None:
    """Be the visitor: an alert comes up on the open board, its message in the inbox, and a claim by link shows."""
    (login, password) = re.findall(r"sign in as care staff +(\S+) +(\S+)", demo.output)[0]
    staff, family = (browser.new_context(locale="ja") for _ in range(2))
    try:
        board = staff.new_page()
        board.goto(f"http://127.0.0.1:{demo.port}/")
        board.fill("#login", login)
        board.fill("#password", password)
        board.click("form[action='/login'] button")
        alert = board.locator(".alert-row--p1")
        expect(alert).to_be_visible(timeout=_ALERT_TIMEOUT_MS)
        expect(alert).to_have_attribute("data-held", "no")

        phone = family.new_page()
        phone.goto(f"http://127.0.0.1:{demo.inbox_port}/")
        # On LINE the button itself answers, on other channels the page behind the link.
        message = phone.locator(".is-line, .message:has(a[href*='/a/'])").first
        expect(message).to_be_visible(timeout=10_000)
        if message.locator("button").count():
            message.locator("button").first.click()
            expect(message.locator(".pressed")).to_be_visible()
        else:
            phone.goto(message.locator("a[href*='/a/']").first.get_attribute("href") or "")
            phone.click("button[value=claim]")
            expect(phone.locator("button[value=safe]").first).to_be_visible()

        # Nobody touches the board: it changes by itself.
        expect(alert).to_have_attribute("data-held", "yes", timeout=10_000)
    finally:
        staff.close()
        family.close()


def _is_module(pid: int, name: str) -> bool:
    return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[1:3] == [b"-m", name.encode()]
