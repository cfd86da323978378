"""The demo's first start: a database, a ward of residents, and 28 days behind them."""

import secrets
import time
from dataclasses import dataclass

from core.clock import AcceleratedClock
from core.passwords import hash_password
from core.store.database import Database
from core.store.health import stored_messages
from core.store.migrate import migrate
from core.store.registry import register_ward
from core.store.ward_file import read_ward
from deploy.broker import Broker
from deploy.cluster import Cluster
from deploy.demo_settings import DATABASE, DemoSettings, as_simulator
from deploy.demo_state import PREPARATION, DemoFolder, DemoState
from deploy.ports import LOOPBACK
from deploy.service import Service, ServicePlan, service_environment
from deploy.steps import Steps

_LOOK_S = 0.2
# A history that arrives no further for this long has arrived.
_QUIET_S = 1.0


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
            )  # fmt: skip
            self._register(clock)
        with self.steps.step("Publish 28 days of history through the broker"):
            ingest = self._service(ServicePlan("ingest", ("ingest",)))
            ingest.start()
            try:
                ingest.wait_ready()
                self._run("history", "history", "--ward", str(self.folder.ward), "--seed", str(state.seed))
                self._wait_until_stored()
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
        self.folder.write_passwords(passwords)

    def _run(self, name: str, *arguments: str) -> None:
        self._service(ServicePlan(name, ("simulator", *arguments), as_simulator(self.broker))).run_to_end()

    def _service(self, plan: ServicePlan) -> Service:
        return Service(plan, self.folder.logs, service_environment(self.folder.settings))

    def _wait_until_stored(self) -> None:
        with Database(self.cluster.url(DATABASE), size=1) as database:
            stored, since = -1, time.monotonic()
            while time.monotonic() - since < _QUIET_S:
                with database.transaction() as connection:
                    now_stored = stored_messages(connection)
                if now_stored != stored:
                    stored, since = now_stored, time.monotonic()
                time.sleep(_LOOK_S)
