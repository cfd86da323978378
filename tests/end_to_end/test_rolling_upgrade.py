"""From the release before to this one while devices go on and people call: nothing is lost, and every call is answered by a message.

Old and new processes run together for a while. The long form, with `LONG_FAULTS=1` in the environment, runs under `make test-faults`; it
also has the pages of both. Each form prints one line.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psycopg
import pytest

from core.store.migrate import migrate
from deploy.local.mosquitto import Broker
from deploy.local.ports import free_port
from tests.support.alerting import MailSink, mail_sink
from tests.support.ingest import now, readings
from tests.support.release_before import files_of, release_before
from tests.support.services.faulty_services import Fleet
from tests.support.services.processes import Processes, service_settings
from tests.support.services.publisher import Publisher
from tests.support.wait import wait_until
from tests.support.wards.ward_files import small_ward, write_ward

_LONG = bool(os.environ.get("LONG_FAULTS"))
_MESSAGES, _PER_SECOND = (9000, 300) if _LONG else (1200, 200)
_DEVICES = 3
# That the release before does not know.
_NEW_SETTINGS = ("MIMAMORI_ERASURE_BROKER_",)
# One call in each of these moments, each in a home of its own.
_MOMENTS = (
    "old alone",
    "old on the new schema",
    "both at once",
    "new detectors, old ingest",
    "ingest changes",
    "new alone",
)

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


@dataclass
class Callers:
    """People who press their button, and what came of it."""

    broker: Broker
    url: str
    mail: MailSink
    pressed: list[str] = field(default_factory=list[str])
    strangers: list[str] = field(default_factory=list[str])

    def call(self, moment: str) -> None:
        """Let the resident whose turn it is press, and somebody whose button nobody has registered."""
        number = len(self.pressed)
        with Publisher(self.broker) as button:
            button.publish(f"mimamori/v1/call-{number}/readings", readings(1, ("sos", True, now())))
            button.publish(f"mimamori/v1/stranger-{number}/readings", readings(1, ("sos", True, now())))
            button.flush()
        self.pressed.append(moment)
        self.strangers.append(f"native:stranger-{number}")

    def raised(self) -> list[str]:
        """Return the moments whose call has an alert of which the family got a mail."""
        with psycopg.connect(self.url) as connection:
            rows = connection.execute(
                "SELECT resident.name FROM alert JOIN resident USING (resident_id) WHERE rule = 'sos'"
            ).fetchall()
        names = {str(name) for (name,) in rows}
        return [
            moment
            for number, moment in enumerate(self.pressed)
            if f"caller {number}" in names and self.mail.to(f"family-{number}@example.jp")
        ]

    def known_strangers(self) -> set[str]:
        """Return which of the unregistered buttons are on record as calls."""
        with psycopg.connect(self.url) as connection:
            return {str(row[0]) for row in connection.execute("SELECT sender FROM unassigned_call")}

    def wait(self) -> None:
        """Wait until whoever pressed so far has been answered."""
        wait_until(lambda: self.raised() == self.pressed, 30, "an alert and a mail for everybody who called")


def _ward() -> dict[str, Any]:
    since = (now() - timedelta(hours=1)).isoformat()
    ward = small_ward()
    office = ward["offices"][0]["name"]
    ward["homes"] = [
        {
            "name": f"home {number}",
            "office": office,
            "residents": [
                {
                    "key": f"r{number}",
                    "name": f"caller {number}",
                    "watched_from": since,
                    "contacts": [
                        {"name": f"family {number}", "step": 1, "channel": "mail", "address": f"family-{number}@example.jp"}
                    ],
                }
            ],
            "devices": [
                {"device_id": f"call-{number}", "sender": f"native:call-{number}", "kind": "button", "resident": f"r{number}", "since": since},
                {"device_id": f"load-{number}", "sender": f"native:load-{number}", "kind": "motion", "since": since},
            ],
        }
        for number in range(len(_MOMENTS))
    ]  # fmt: skip
    return ward


def known_before(settings: dict[str, str]) -> dict[str, str]:
    """Return the settings that the release before has: it refuses names that it does not know."""
    return {name: value for name, value in settings.items() if not name.startswith(_NEW_SETTINGS)}


@dataclass
class Before:
    """The code of the release before."""

    version: str
    folder: Path

    def run(self, settings: dict[str, str], statement: str, *arguments: str) -> None:
        """Run a few lines of it to their end."""
        run = subprocess.run(
            [sys.executable, "-c", statement, *arguments],
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(self.folder),
                "PYTHONSAFEPATH": "1",
                **known_before(settings),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr


@pytest.fixture
def before(tmp_path: Path) -> Before:
    version, commit = release_before()
    folder = tmp_path / "before"
    return Before(
        version, files_of(commit, folder, "core", "ingest", "detectors", "api", "deploy", "simulator")
    )


@pytest.fixture
def mail() -> Iterator[MailSink]:
    with mail_sink() as sink:
        yield sink


def _status(port: int) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status
    finally:
        connection.close()


def test_the_service_is_upgraded_under_load_without_losing_a_message_or_a_call(
    before: Before,
    empty_database_url: str,
    broker: Broker,
    processes: Processes,
    mail: MailSink,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = empty_database_url
    settings = service_settings(
        url, broker, mail_url=f"smtp://127.0.0.1:{mail.port}", webhook_private_hosts="true"
    )
    before.run(settings, "import sys; from core.store.migrate import migrate; migrate(sys.argv[1])", url)
    ward = write_ward(tmp_path, _ward())
    before.run(settings, "from deploy.cli import main; main()", "register", str(ward))
    old = {
        name: processes.start(name, known_before(settings), code=before.folder)
        for name in ("ingest", "detectors")
    }
    fleet, callers = Fleet(broker, url, _DEVICES), Callers(broker, url, mail)
    turns = iter(_MOMENTS)
    pages = _Pages(processes, settings, before) if _LONG else None

    def moment() -> None:
        fleet.wait_for((len(callers.pressed) + 1) / (len(_MOMENTS) + 1), _MESSAGES)
        callers.call(next(turns))
        callers.wait()

    began = time.monotonic()
    with fleet.at_work(_MESSAGES, _PER_SECOND):
        moment()
        assert migrate(url)
        moment()
        new = processes.start("detectors", settings)
        standby = processes.start("ingest", settings, ready="standby")
        if pages is not None:
            pages.change()
        moment()
        old["detectors"].stop()
        moment()
        # The call comes in the very moment in which one ingest ends and the other takes over.
        fleet.wait_for(5 / (len(_MOMENTS) + 1), _MESSAGES)
        callers.call(next(turns))
        old["ingest"].stop()
        standby.wait_for("ready")
        callers.wait()
        moment()
    outcome = fleet.settle(120, lambda now: now.missing == 0 and now.unrecorded == 0)
    lost = [moment for moment in callers.pressed if moment not in callers.raised()]
    with capsys.disabled():
        sys.stdout.write(
            f"\nfrom {before.version} to this release in {time.monotonic() - began:.0f} s: {outcome};"
            f" calls {len(callers.pressed)} / alerts lost {len(lost)}\n"
        )
    assert tuple(callers.pressed) == _MOMENTS
    assert (outcome.published, outcome.missing, outcome.duplicated, outcome.unrecorded) == (
        _MESSAGES,
        0,
        0,
        0,
    )
    assert lost == []
    # Nobody's call lies in quarantine because two releases wrote it in two ways.
    wait_until(lambda: callers.known_strangers() == set(callers.strangers), what="the calls of strangers")
    assert (new.is_running, standby.is_running) == (True, True)
    for process in old.values():
        assert process.exit_code == 0, process.output
        assert not process.events("evaluation_failed")
        assert not process.events("planning_failed")
        assert not process.events("home_evaluation_failed")
        assert not process.events("message_rejected_by_database")


class _Pages:
    """The pages of the release before, and of this one beside them: one of the two answers at any time."""

    def __init__(self, processes: Processes, settings: dict[str, str], before: Before) -> None:
        self._processes = processes
        self._settings = settings
        self._port = free_port()
        self._old = processes.start("api", known_before(self._on(self._port)), code=before.folder)

    def _on(self, port: int) -> dict[str, str]:
        return self._settings | {"MIMAMORI_API_PORT": str(port)}

    def change(self) -> None:
        """Start the new pages, see that both answer, and end the old ones."""
        port = free_port()
        self._processes.start("api", self._on(port))
        for one in (self._port, port):
            wait_until(lambda one=one: _status(one) == 200, 30, "pages that are ready")
        self._old.stop()
        assert _status(port) == 200
