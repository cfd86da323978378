"""The demo as a visitor starts it: twice, killed once, stopped once, with nothing left behind."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from deploy.ports import free_port
from tests.support.left_over import left_over
from tests.support.services import service_folder
from tests.support.shared_data import REPOSITORY
from tests.support.wait import wait_until

_START_PATIENCE_S = 100.0


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
            sys.executable, "-c", "from deploy.command import main; main()", "demo", "--folder", str(self.folder),
            "--port", str(self.port), "--inbox-port", str(self.inbox_port), "--residents", "2",
        ]  # fmt: skip
        with self._output.open("wb") as output:
            process = subprocess.Popen(command, cwd=REPOSITORY, stdout=output, stderr=subprocess.STDOUT)
        self._process = process

        def is_up() -> bool:
            assert process.poll() is None, self.output
            return "Mimamori runs:" in self.output

        wait_until(is_up, _START_PATIENCE_S, "the demo to start")
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
        """Tell whether the pages and the inbox answer."""
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
def test_the_demo_survives_being_killed_and_goes_on_where_it_was(demo: Demo) -> None:
    # The first start makes a ward and says how long each step took.
    first = demo.start()
    assert demo.answers()
    assert re.search(r"✓ Publish 28 days of history through the broker \d+\.\d s", demo.output)
    passwords = re.findall(r"sign in as .*", demo.output)
    assert len(passwords) == 3

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
            "from deploy.command import main; main()",
            "demo-reset",
            "--folder",
            str(demo.folder),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
    )
    assert list(demo.folder.iterdir()) == []


def _is_module(pid: int, name: str) -> bool:
    return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[1:3] == [b"-m", name.encode()]
