"""The demo's first start: a database, a ward of residents, and 28 days behind them."""

import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.clock import AcceleratedClock
from core.credentials.passwords import hash_password
from core.domain.people import Channel
from core.formats.ward_file import read_ward
from core.store.database import Connection, Database
from core.store.devices.ward_registration import register_ward
from core.store.migrate import migrate
from core.store.operation.health import stored_messages
from core.store.people import contacts, line_links
from deploy.demo.settings import DATABASE, DemoSettings, as_simulator
from deploy.demo.start_steps import Steps
from deploy.demo.state import PREPARATION, DemoFolder, DemoState
from deploy.demo.supervised_process import Service, ServiceError, ServicePlan, service_environment
from deploy.inbox.owners import line_user
from deploy.local.mosquitto import Broker
from deploy.local.ports import LOOPBACK
from deploy.local.postgres_cluster import Cluster
from simulator.scenarios.binding import bind
from simulator.scenarios.scenario import read_scenario
from simulator.ward_file import read_ward as read_simulated_ward

_LOOK_S = 0.2
# When for so long nothing arrives, nothing will.
_STUCK_S = 20.0


def scenario_options(state: DemoState) -> tuple[str, ...]:
    """Return the arguments that say what the simulator plays."""
    return tuple(word for name in state.scenarios for word in ("--scenario", name))


def check_scenarios(state: DemoState, ward: Path) -> None:
    """Look for mistakes in the scenarios of the demo, before the simulator would stumble over them.

    Raises
    ------
    InputError
        One is not there any more, has a mistake, or names somebody whom the ward does not have.
    """
    bind([read_scenario(name) for name in state.scenarios], read_simulated_ward(ward), state.seed)


def link_phones(connection: Connection, now: datetime) -> None:
    """Let every family whose telephone rings send a code to our LINE account, as a phone does."""
    for contact in contacts.listing(connection):
        if contact.login is not None and contact.channel is Channel.VOICE:
            line_links.link(
                connection,
                line_links.new_code(connection, contact.number, now),
                line_user(contact.login),
                now,
            )


@dataclass(frozen=True)
class FirstStart:
    """Makes what a second start finds; nothing of an earlier attempt stays."""

    folder: DemoFolder
    cluster: Cluster
    broker: Broker
    settings: DemoSettings
    steps: Steps

    def make(self, state: DemoState, residents: int) -> None:
        """Create the database, register a ward of `residents`, and publish its history through the broker."""
        clock = AcceleratedClock(state.shown - PREPARATION, 1.0, time.time())
        with self.steps.step("Create the database"):
            self.cluster.drop_database(DATABASE)
            self.cluster.create_database(DATABASE)
            migrate(self.cluster.url(DATABASE))
            self.broker.forget_messages()
        self.settings.write(clock)
        with self.steps.step(f"Make a ward of {residents} residents"):
            self._run(
                "ward", "ward", "--residents", str(residents), "--seed", str(state.seed),
                "--now", state.shown.isoformat(), "--out", str(self.folder.ward),
                "--webhook-url", f"http://{LOOPBACK}:{state.inbox_port}/webhook",
                "--telephones",
            )  # fmt: skip
            self._register(clock)
            check_scenarios(state, self.folder.ward)
        with self.steps.step("Publish 28 days of history through the broker"):
            ingest = self._service(ServicePlan("ingest", ("ingest",)))
            ingest.start()
            try:
                ingest.wait_ready()
                done = self._run(
                    "history", "history", "--ward", str(self.folder.ward), "--seed", str(state.seed),
                    *scenario_options(state),
                )  # fmt: skip
                published = done.event("history_published") or {}
                self._wait_until_stored(int(published.get("messages", 0)))
            finally:
                # It starts again with the demo's running clock.
                ingest.stop()

    def _register(self, clock: AcceleratedClock) -> None:
        ward = read_ward(self.folder.ward)
        passwords = {
            str(role): secrets.token_urlsafe(9) for role in sorted({user.role for user in ward.users})
        }
        # One password per role: hashing is slow on purpose, and these are people of a play.
        hashes = {role: hash_password(password) for role, password in passwords.items()}
        roles = {user.login: user.role for user in ward.users}
        with Database(self.cluster.url(DATABASE), size=1) as database, database.transaction() as connection:
            register_ward(
                connection,
                ward,
                now=clock.now(),
                default_zone="Asia/Tokyo",
                new_password=lambda login: hashes[roles[login]],
            )
            link_phones(connection, clock.now())
        self.folder.write_passwords(passwords)

    def _run(self, name: str, *arguments: str) -> Service:
        service = self._service(ServicePlan(name, ("simulator", *arguments), as_simulator(self.broker)))
        service.run_to_end()
        return service

    def _service(self, plan: ServicePlan) -> Service:
        return Service(plan, self.folder.logs, service_environment(self.folder.settings))

    def _wait_until_stored(self, published: int) -> None:
        """Wait until ingest has stored as many messages as were published; the broker may hold some after the last."""
        with Database(self.cluster.url(DATABASE), size=1) as database:
            stored, since = -1, time.monotonic()
            while stored < published:
                with database.transaction() as connection:
                    now_stored = stored_messages(connection)
                if now_stored > stored:
                    stored, since = now_stored, time.monotonic()
                elif time.monotonic() - since > _STUCK_S:
                    raise ServiceError(
                        f"ingest stored {stored} of {published} messages and then no more; its log is"
                        f" {self.folder.logs / 'ingest.log'}"
                    )
                time.sleep(_LOOK_S)
