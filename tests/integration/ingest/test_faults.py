"""Faults of each part while devices go on: what was published is stored once, or known to be missing.

The long form, with `LONG_FAULTS=1` in the environment, runs under `make test-faults`. Each test prints one line.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.postgres_cluster import Cluster
from tests.support.ingest import registered_ward
from tests.support.services.faulty_services import Fleet, Outcome, Parts
from tests.support.services.processes import Process, Processes
from tests.support.wait import wait_until

_LONG = bool(os.environ.get("LONG_FAULTS"))
_MESSAGES, _PER_SECOND = (9000, 300) if _LONG else (600, 200)
_DEVICES = 3
_GROUP = "ward"

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]


@pytest.fixture
def parts(processes: Processes, request: pytest.FixtureRequest) -> Iterator[Parts]:
    """Give parts of the test's own; a database server of its own only where that takes part in the fault."""
    fault = getattr(request.node, "callspec", None) and request.node.callspec.params.get("fault")
    is_own = _LONG or fault in {Active.kill_database, Active.database_away}
    with tempfile.TemporaryDirectory(prefix="mimamori-faults-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        shared: Cluster | None = None if is_own else request.getfixturevalue("cluster")
        running = Parts(folder, processes, shared)
        try:
            with running.network:
                yield running
        finally:
            running.stop()


@pytest.fixture
def fleet(parts: Parts, tmp_path: Path) -> Fleet:
    """Give registered devices that are not at work yet."""
    with registered_ward(parts.url, tmp_path, homes=_DEVICES):
        return Fleet(parts.broker, parts.url, _DEVICES)


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Callable[[object], None]:
    """Give what prints a line that is seen while the tests run."""

    def result(line: object) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{request.node.name}: {line}\n")
            sys.stdout.flush()

    return result


class Active:
    """The one ingest at work, replaced by the faults that kill it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.process = parts.start_ingest(ready="ready")

    def kill_ingest(self) -> None:
        """Kill it and start it again."""
        self.process.kill()
        self.process = self._parts.start_ingest()

    def kill_ingest_with_a_standby(self) -> None:
        """Kill it while another waits for its lock."""
        standby = self._parts.start_ingest(ready="standby" if _LONG else None)
        self.process.kill()
        self.process = standby

    def kill_database(self) -> None:
        """Kill PostgreSQL and start it again."""
        port = self._parts.cluster.port
        self._parts.cluster.kill()
        self._parts.cluster.start(port)

    def database_away(self) -> None:
        """Leave PostgreSQL stopped for a while."""
        port = self._parts.cluster.port
        self._parts.cluster.stop()
        _pass(120 if _LONG else 2)
        self._parts.cluster.start(port)

    def restart_broker(self) -> None:
        """Stop the broker in order and start it again."""
        port = self._parts.broker.port
        self._parts.broker.stop()
        self._parts.broker.start(port)

    def kill_broker(self) -> None:
        """Kill the broker: what it held since its last save is gone."""
        port = self._parts.broker.port
        self._parts.broker.kill()
        self._parts.broker.start(port)

    def cut_network(self) -> None:
        """Cut the line between ingest and the broker for a while."""
        self._parts.network.cut()
        _pass(20 if _LONG else 1)
        self._parts.network.heal()

    def hang_network(self) -> None:
        """Let the line swallow everything, longer than MQTT's keep-alive when there is time."""
        self._parts.network.hang()
        _pass(60 if _LONG else 1)
        self._parts.network.heal()


def _pass(seconds: float) -> None:
    until = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() >= until, seconds + 10, "time to pass")


_FAULTS: list[tuple[Callable[[Active], None], int]] = (
    [
        (Active.kill_ingest, 20),
        (Active.kill_ingest_with_a_standby, 6),
        (Active.kill_database, 4),
        (Active.database_away, 1),
        (Active.restart_broker, 4),
        (Active.kill_broker, 4),
        (Active.cut_network, 2),
        (Active.hang_network, 1),
    ]
    if _LONG
    else [
        (Active.kill_ingest, 2),
        (Active.kill_database, 1),
        (Active.kill_broker, 1),
        (Active.cut_network, 1),
    ]
)


@pytest.mark.parametrize(
    ("fault", "times"), _FAULTS, ids=lambda value: getattr(value, "__name__", f"x{value}")
)
def test_nothing_is_lost_and_nothing_is_stored_twice(
    parts: Parts,
    fleet: Fleet,
    say: Callable[[object], None],
    fault: Callable[[Active], None],
    times: int,
) -> None:
    active = Active(parts)
    with fleet.at_work(_MESSAGES, _PER_SECOND):
        for place in range(times):
            fleet.wait_for((place + 1) / (times + 2), _MESSAGES)
            fault(active)
    outcome = fleet.settle(180, _is_whole)
    say(outcome)
    _check(outcome)
    assert outcome.missing == 0


def test_workers_of_a_group_die_in_turn_and_nothing_is_lost(
    parts: Parts, fleet: Fleet, say: Callable[[object], None]
) -> None:
    names = ("ingest-0", "ingest-1")
    workers = {name: _member(parts, name) for name in names}
    with fleet.at_work(_MESSAGES, _PER_SECOND):
        for place in range(6 if _LONG else 2):
            fleet.wait_for((place + 1) / (8 if _LONG else 4), _MESSAGES)
            name = names[place % 2]
            workers[name].kill()
            workers[name] = _member(parts, name, ready=None)
    outcome = fleet.settle(180, _is_whole)
    say(outcome)
    _check(outcome)
    assert outcome.missing == 0


def test_a_group_becomes_one_worker_and_nothing_is_lost(
    parts: Parts, fleet: Fleet, say: Callable[[object], None]
) -> None:
    names = ("ingest-0", "ingest-1", "ingest-2") if _LONG else ("ingest-0", "ingest-1")
    # What stays parked for those who left is not made good by asking the devices.
    for device in fleet.devices:
        device.answers = False
    workers = {name: _member(parts, name) for name in names}
    with fleet.at_work(_MESSAGES, _PER_SECOND):
        for place, name in enumerate(names[1:]):
            fleet.wait_for((place + 1) / 4, _MESSAGES)
            workers[name].stop()
            leaving = parts.start_ingest("--leave", ready=None, ingest_group=_GROUP, ingest_client_id=name)
            assert leaving.wait(60) == 0, leaving.output
            assert leaving.events("session_ended")
    outcome = fleet.settle(180, _is_whole)
    say(outcome)
    _check(outcome)
    assert outcome.missing == 0


if _LONG:
    # The first has a short form among the tests of ingest; the others wait for requests to devices, half a minute and more.

    def test_a_standby_takes_over_within_five_seconds_under_load(
        parts: Parts, fleet: Fleet, say: Callable[[object], None]
    ) -> None:
        active = parts.start_ingest(ready="ready")
        standby = parts.start_ingest(ready="standby")
        with fleet.at_work(_MESSAGES, _PER_SECOND):
            fleet.wait_for(0.5, _MESSAGES)
            active.kill()
            began = time.monotonic()
            standby.wait_for("broker_connected")
            taken_s = time.monotonic() - began
        outcome = fleet.settle(60, _is_whole)
        say(f"taken over after {taken_s:.1f} s; {outcome}")
        _check(outcome)
        assert outcome.missing == 0
        assert taken_s < 5

    def test_what_a_dead_worker_of_a_group_holds_comes_from_the_devices(
        parts: Parts, fleet: Fleet, say: Callable[[object], None]
    ) -> None:
        """The broker goes on giving a dead worker its share, until it is started again or leaves."""
        _member(parts, "ingest-0")
        dead = _member(parts, "ingest-1")
        with fleet.at_work(_MESSAGES, _PER_SECOND):
            fleet.wait_for(0.3, _MESSAGES)
            dead.kill()
        # Each request brings half of the rest to the worker that lives; what does not come soon is blind time.
        outcome = fleet.settle(400, lambda now: now.unrecorded == 0)
        say(outcome)
        _check(outcome)
        assert outcome.sent_again > 0
        leaving = parts.start_ingest("--leave", ready=None, ingest_group=_GROUP, ingest_client_id="ingest-1")
        assert leaving.wait(60) == 0, leaving.output
        wait_until(lambda: fleet.outcome().missing == 0, 60, "what waited for the dead worker")

    def test_what_devices_forgot_is_recorded_as_blind_time(
        parts: Parts, fleet: Fleet, say: Callable[[object], None]
    ) -> None:
        active = Active(parts)
        with fleet.at_work(_MESSAGES, _PER_SECOND):
            fleet.wait_for(0.4, _MESSAGES)
            # Devices that publish into a broker which then dies, with nobody who took the messages, and forget them too.
            active.process.kill()
            fleet.wait_for(0.5, _MESSAGES)
            for device in fleet.devices:
                device.forget()
            active.kill_broker()
            active.process = parts.start_ingest()
        outcome = fleet.settle(120, lambda now: now.missing > 0 and now.unrecorded == 0)
        say(outcome)
        _check(outcome)
        assert outcome.missing > 0


def _member(parts: Parts, name: str, ready: str | None = "ready") -> Process:
    return parts.start_ingest(ready=ready, ingest_group=_GROUP, ingest_client_id=name)


def _is_whole(outcome: Outcome) -> bool:
    return outcome.missing == 0


def _check(outcome: Outcome) -> None:
    assert outcome.duplicated == 0
    assert outcome.unrecorded == 0
