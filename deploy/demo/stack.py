"""The whole service on this machine for the demo: private broker and database, our processes, a ward and its inbox."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

from rich.console import Console

from core.clock import AcceleratedClock
from core.errors import MimamoriError
from core.formats.ward_file import read_ward
from core.store.migrate import migrate, pending
from deploy.demo.first_start import FirstStart, check_scenarios, scenario_options
from deploy.demo.log_view import LogView
from deploy.demo.settings import DATABASE, DemoSettings, as_simulator
from deploy.demo.start_steps import Steps
from deploy.demo.state import ZONE, DemoFolder, DemoState, first_morning
from deploy.demo.supervised_process import Service, ServicePlan, service_environment, stop_all
from deploy.local import browser_assets, required_programs
from deploy.local.file_lock import held_lock
from deploy.local.mosquitto import Broker
from deploy.local.ports import LOOPBACK, free_port, is_free
from deploy.local.postgres_cluster import Cluster

_LOOK_S = 0.2
_REMEMBER_S = 2.0


class StackError(MimamoriError):
    """The demo could not be started."""

    exit_code = 69  # EX_UNAVAILABLE


class Stopped(BaseException):
    """Somebody asked us to stop; not an `Exception`, so that nothing on the way takes it for a failure."""


@dataclass(frozen=True)
class StackOptions:
    """What a person may choose at the start.

    `residents`, `seed` and `scenarios` count at the first start only. Without `scenarios` the demo's own is played.
    """

    folder: Path
    port: int = 8080
    inbox_port: int = 8025
    residents: int = 20
    seed: int = 1
    factor: float = 10.0
    scenarios: tuple[str, ...] = ()


class Stack:
    """Starts everything, looks after it until asked to stop, and stops what it started."""

    def __init__(self, options: StackOptions, console: Console, today: Callable[[], datetime]) -> None:
        self._options = options
        self._console = console
        self._today = today
        self._folder = DemoFolder(options.folder)
        self._steps = Steps(console)
        self._view = LogView(console)
        self._services: list[Service] = []
        self._cluster: Cluster | None = None
        self._broker: Broker | None = None
        self._smtp_port = free_port()
        self._is_stopping = False
        self._shown: tuple[DemoState, AcceleratedClock] | None = None

    def run(self) -> None:
        """Start, follow until stopped by Ctrl-C or a signal, and stop everything.

        Raises
        ------
        MimamoriError
            Something could not be started; what was started is stopped again.
        """
        with held_lock(self._folder.lock, wait=False):
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, self._on_signal)
            try:
                self._start_and_follow()
            except Stopped:
                pass
            finally:
                self._is_stopping = True
                self._stop()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        # A second Ctrl-C while things stop must not leave them half stopped; each stop has an end of its own.
        if not self._is_stopping:
            self._is_stopping = True
            raise Stopped

    def _start_and_follow(self) -> None:
        state = self._prepare_state()
        cluster, broker = self._start_private_services()
        settings = DemoSettings(
            self._folder, cluster, broker, self._options.port, self._smtp_port, state.inbox_port
        )
        is_first = not state.is_seeded
        if is_first:
            self._folder.write(state)
            FirstStart(self._folder, cluster, broker, settings, self._steps).make(
                state, self._options.residents
            )
        else:
            check_scenarios(state, self._folder.ward)
            self._migrate(cluster)
        state = replace(state, is_seeded=True, broker_folder=str(broker.folder))
        clock = AcceleratedClock(state.shown, self._options.factor, time.time())
        self._folder.write(state)
        self._shown = (state, clock)
        settings.write(clock)
        with self._steps.step("Start ingest, simulator, pages and detectors"):
            # One after the other, who listens before who speaks: all at once would hold up the first on two processors.
            for plans in self._plans(state, broker):
                for service in [self._start(plan) for plan in plans]:
                    service.wait_ready()
        self._welcome(state, broker, clock, is_first=is_first)
        self._follow(cluster, broker, state, clock)

    def _prepare_state(self) -> DemoState:
        if find_spec("aiosmtpd") is None:
            raise StackError(
                "the demo's inbox needs the Python package aiosmtpd; install mimamori with its extra `demo`, or only that:"
                " pip install aiosmtpd"
            )
        state = self._folder.read()
        if state is not None and not state.is_seeded:
            self._steps.note("the first start was interrupted; beginning anew")
            state = None
        if state is None:
            chosen = self._options
            morning = first_morning(self._today())
            state = DemoState(morning, False, chosen.inbox_port, "", chosen.seed, chosen.scenarios)
        elif self._options.scenarios not in {(), state.scenarios}:
            raise StackError(
                f"this demo began with {', '.join(state.scenarios) or 'its own scenario'}, and its past belongs to that;"
                " `make demo-reset` first, or start another beside it: make demo FOLDER=var2 SCENARIO=..."
            )
        for what, port, option in (
            ("the pages", self._options.port, "PORT"),
            ("the inbox", state.inbox_port, "INBOX_PORT"),
        ):
            if not is_free(port):
                raise StackError(
                    f"port {port} for {what} is in use by another program; stop that, or choose another port:"
                    f" make demo {option}={port + 1}"
                )
        return state

    def _start_private_services(self) -> tuple[Cluster, Broker]:
        with self._steps.step("Find PostgreSQL with TimescaleDB, and Mosquitto"):
            server = required_programs.postgres(self._steps.note)
            mosquitto = required_programs.mosquitto(self._steps.note)
        if not browser_assets.is_current():
            with self._steps.step("Fetch what browsers need"):
                browser_assets.build(self._steps.note)
        with self._steps.step("Start a private database and broker"):
            self._cluster = cluster = Cluster(self._folder.service("postgresql"), server)
            cluster.start()
            self._broker = broker = Broker(self._folder.service("broker"), mosquitto)
            broker.start()
        return cluster, broker

    def _migrate(self, cluster: Cluster) -> None:
        # The folder may be of an older release; processes would wait for ever for somebody to migrate its database.
        url = cluster.url(DATABASE)
        if not pending(url):
            return
        with self._steps.step("Bring the database of this folder to this release"):
            migrate(url)

    def _plans(self, state: DemoState, broker: Broker) -> list[list[ServicePlan]]:
        inbox = (
            "deploy.inbox", "--smtp-port", str(self._smtp_port), "--http-port", str(state.inbox_port),
            "--folder", str(self._folder.inbox), "--ward", str(self._folder.ward),
        )  # fmt: skip
        live = (
            "deploy.playback.live_simulation",
            "--ward",
            str(self._folder.ward),
            "--seed",
            str(state.seed),
        )
        live += scenario_options(state)
        return [
            [ServicePlan("ingest", ("ingest",)), ServicePlan("inbox", inbox)],
            [ServicePlan("simulator", live, as_simulator(broker)), ServicePlan("api", ("api",))],
            [
                ServicePlan("detectors", ("detectors",)),
                ServicePlan("sync-broker", ("deploy.broker_sync", str(broker.folder))),
            ],
        ]

    def _start(self, plan: ServicePlan) -> Service:
        service = Service(plan, self._folder.logs, service_environment(self._folder.settings))
        self._services.append(service)
        service.start()
        return service

    def _welcome(self, state: DemoState, broker: Broker, clock: AcceleratedClock, *, is_first: bool) -> None:
        passwords = self._folder.passwords()
        ward = read_ward(self._folder.ward)
        say = self._console.print
        say()
        say(
            f"[bold]Mimamori runs:[/] http://{LOOPBACK}:{self._options.port}/  [dim](after {self._steps.total_s:.0f} s)[/]"
        )
        for role, meaning in (("care", "care staff"), ("family", "family"), ("admin", "administrator")):
            login = next((user.login for user in ward.users if user.role == role), None)
            if login is not None and role in passwords:
                say(f"  sign in as {meaning:<14} {login:<12} {passwords[role]}", highlight=False)
        say(f"  what families get:        http://{LOOPBACK}:{state.inbox_port}/")
        say(f"  broker for your sensors:  {broker.host}:{broker.devices_port}", highlight=False)
        hint = "Within a minute or two somebody needs help. " if is_first else ""
        say(
            f"It is {clock.now().astimezone(ZONE):%H:%M} in the demo, and its time runs {self._options.factor:g} times"
            f" as fast. {hint}Ctrl-C stops everything; the next start goes on from there."
        )
        say()

    def _follow(self, cluster: Cluster, broker: Broker, state: DemoState, clock: AcceleratedClock) -> None:
        for service in self._services:
            self._view.follow(service.plan.name, service.log)
        self._view.follow("database", cluster.log)
        self._view.follow("broker", broker.log)
        remembered = 0.0
        while True:
            self._view.show_added()
            for service in self._services:
                if change := service.look_after():
                    self._view.say(service.plan.name, change, "bold yellow")
            if not cluster.is_running:
                self._view.say("database", "ended by itself; starting it again", "bold yellow")
                cluster.start(cluster.port)
            if not broker.is_running:
                self._view.say("broker", "ended by itself; starting it again", "bold yellow")
                broker.start(broker.port)
            if time.monotonic() - remembered > _REMEMBER_S:
                # A little ahead, so that the time never goes back when we are killed before the next line.
                self._folder.write(state.at(clock.now() + timedelta(seconds=_REMEMBER_S * clock.factor)))
                remembered = time.monotonic()
            time.sleep(_LOOK_S)

    def _stop(self) -> None:
        if self._services or self._broker or self._cluster:
            self._console.print("Stopping ...")
        # Who sends stops before who receives, and the database last.
        stop_all(list(reversed(self._services)))
        if self._shown is not None:
            state, clock = self._shown
            self._folder.write(state.at(clock.now()))
        if self._broker is not None:
            self._broker.stop()
        if self._cluster is not None:
            self._cluster.stop()


def reset(folder: Path) -> None:
    """Drop the data of the demo in `folder`, unless it runs.

    Raises
    ------
    LockedError
        The demo runs.
    """
    if not folder.exists():
        return
    known = DemoFolder(folder)
    with held_lock(known.lock, wait=False):
        known.forget()
