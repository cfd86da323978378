"""How soon a call for help is at a channel, and how 10,000 alerts at once drain: with a receiver of events in place of people's phones."""

import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import paho.mqtt.client as paho
import psycopg
from paho.mqtt.enums import CallbackAPIVersion

from core.domain.alert import Severity
from core.mqtt_client import close_client
from core.store.migrate import migrate
from deploy.local.mosquitto import SIMULATOR
from tests.bench.alerts import RATE, sending
from tests.bench.ingest import Effort, Say
from tests.bench.large_ward import LargeWard, press_message
from tests.bench.result import Results, median
from tests.bench.stand import Stand
from tests.support.services.processes import Processes
from tests.support.wait import wait_until

ANSWER_S = 0.2
"""How long a receiver takes to answer, as a provider far away does."""
RESIDENTS, QUICK_RESIDENTS = 10_000, 2_000
ALERTS, QUICK_ALERTS = 10_000, 1_000
_FULL_CALLS, _QUICK_CALLS = 200, 60
_CALLS_PER_S = 6.0
_WARM_S = 5.0
_TIMEOUT_S = 900.0
# Of ten alerts one is an emergency, the others wait minutes or hours.
_EMERGENCY_EVERY = 10
_Row = tuple[object, ...]


@dataclass
class Receiver:
    """Takes events; keeps of each its id, when it came, about whom, and how urgent it is."""

    answer_s: float
    url: str = ""
    came: list[tuple[float, int, int, str]] = field(default_factory=list[tuple[float, int, int, str]])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, body: bytes, key: str) -> None:
        """Note an event, by the id that its sender gives it."""
        at, event = time.time(), json.loads(body)["data"]
        with self.lock:
            self.came.append((at, int(event["resident"]), int(event["severity"]), key))


def measure(stand: Stand, effort: Effort, say: Say) -> Results:
    """Measure calls beside a ward that keeps sending, and a flood of alerts by itself."""
    is_quick = effort.seconds < 60
    residents, calls = (QUICK_RESIDENTS, _QUICK_CALLS) if is_quick else (RESIDENTS, _FULL_CALLS)
    alerts = QUICK_ALERTS if is_quick else ALERTS
    p99s: list[float] = []
    rates: list[float] = []
    ahead: list[float] = []
    for run in range(1 if is_quick else 3):
        say(f"channels: run {run + 1}, calls")
        p99s.append(float(np.quantile(calls_taken(stand, f"channel_{run}", residents, calls), 0.99)))
        say(f"channels: run {run + 1}, {alerts:,} alerts at once")
        rate, before = drained(stand, f"drain_{run}", alerts)
        rates.append(rate)
        ahead.append(before)
    return {
        "sos_to_channel_p99_s": median(
            p99s,
            "s",
            f"from publishing to the request at a receiver that answers in {ANSWER_S * 1000:.0f} ms; {residents:,} residents, {RATE} messages/s"
            " beside it on the same machine",
        ),
        "alert_drain_rate": median(
            rates,
            "messages/s",
            f"{alerts:,} alerts opened at once, planned and taken by a receiver that answers at once; each came, no event twice",
        ),
        "alert_drain_before_p1": median(
            ahead, "%", "of what is less urgent, how much came before the last emergency of them"
        ),
    }


def calls_taken(stand: Stand, name: str, residents: int, calls: int) -> list[float]:
    """Return how long each call took from being published until its event came."""
    ward = LargeWard(residents)
    stand.cluster.create_database(name)
    migrate(stand.cluster.url(name))
    stand.broker.forget_messages()
    starter = Processes(stand.folder)
    callers = [home + 1 for home in list(ward.tracked())[:calls]]
    with stand.connect(name) as connection, _receiver(ANSWER_S) as receiver:
        ward.make(connection, datetime.now(UTC))
        _give_contacts(connection, callers, receiver.url)
        settings = stand.settings(name, webhook_private_hosts="true")
        try:
            starter.start("ingest", settings)
            starter.start("detectors", settings)
            with sending(stand, ward, calls):
                time.sleep(_WARM_S)
                return _called(stand, receiver, callers)
        finally:
            starter.stop_all()


def _called(stand: Stand, receiver: Receiver, callers: list[int]) -> list[float]:
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bench-calls", protocol=paho.MQTTv5)
    client.username_pw_set(SIMULATOR, stand.broker.password(SIMULATOR))
    client.connect(stand.broker.host, stand.broker.port)
    client.loop_start()
    pressed: dict[int, float] = {}
    began = time.monotonic()
    try:
        for number, caller in enumerate(callers):
            time.sleep(max(0.0, began + number / _CALLS_PER_S - time.monotonic()))
            pressed[caller] = time.time()
            client.publish(*press_message(caller, 1, datetime.now(UTC).isoformat()), qos=1)
        wait_until(lambda: pressed.keys() <= _first(receiver).keys(), _TIMEOUT_S, "an event of every call")
    finally:
        close_client(client)
    first = _first(receiver)
    return [first[caller][0] - at for caller, at in pressed.items()]


def drained(stand: Stand, name: str, alerts: int) -> tuple[float, float]:
    """Return how many messages a second left, and how many percent of what is less urgent came before the last emergency.

    Raises
    ------
    AssertionError
        An alert was lost, or an event came twice.
    """
    stand.cluster.create_database(name)
    migrate(stand.cluster.url(name))
    starter = Processes(stand.folder)
    with stand.connect(name) as connection, _receiver(0.0) as receiver:
        _open_at_once(connection, alerts, receiver.url)
        began = time.time()
        settings = stand.settings(name, webhook_private_hosts="true")
        try:
            starter.start("tests.support.alerting_process", settings, "30", ready="alerting_started")
            wait_until(lambda: len(_first(receiver)) >= alerts, _TIMEOUT_S, "an event of every alert")
            # Whatever would come twice comes now.
            wait_until(lambda: _left(connection) == 0, _TIMEOUT_S, "all messages to be settled")
        finally:
            starter.stop_all()
    ids = [key for _, _, _, key in receiver.came]
    assert len(set(ids)) == len(ids), f"{len(ids) - len(set(ids))} of {len(ids)} events came twice"
    # Of an alert that nobody answers while the others drain there are reminders: the first event of each counts.
    came = sorted(_first(receiver).values())
    urgent = [place for place, (_, severity) in enumerate(came) if severity == Severity.EMERGENCY]
    others = alerts - len(urgent)
    before = max(urgent) + 1 - len(urgent)
    return alerts / (came[-1][0] - began), 100 * before / others


@contextmanager
def _receiver(answer_s: float) -> Generator[Receiver]:
    found = Receiver(answer_s)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found.take(body, self.headers["webhook-id"])
            time.sleep(found.answer_s)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.url = f"http://127.0.0.1:{server.server_port}/events"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _first(receiver: Receiver) -> dict[int, tuple[float, int]]:
    """Return when the first event about each resident came, and how urgent it is."""
    with receiver.lock:
        return {resident: (at, severity) for at, resident, severity, _ in reversed(receiver.came)}


def _give_contacts(connection: psycopg.Connection[_Row], residents: list[int], url: str) -> None:
    """Let somebody be notified of each of them, by an event."""
    connection.execute(
        "INSERT INTO contact (resident_id, name, step) SELECT one, 'contact ' || one, 1 FROM unnest(%s::integer[]) AS one",
        [residents],
    )
    connection.execute(
        "INSERT INTO contact_channel (contact_id, place, kind, address, confirmed_at)"
        " SELECT contact_id, 1, 'webhook', %s, now() FROM contact",
        [url],
    )


def _open_at_once(connection: psycopg.Connection[_Row], alerts: int, url: str) -> None:
    """Open an alert about each of as many residents; nothing of it is planned."""
    with connection.transaction():
        connection.execute("INSERT INTO office (name) VALUES ('bench')")
        connection.execute(
            "INSERT INTO home (name, time_zone) SELECT 'home ' || one, 'Asia/Tokyo' FROM generate_series(1, %s) AS one",
            [alerts],
        )
        connection.execute(
            "INSERT INTO resident (home_id, office_id, name, watched_from)"
            " SELECT one, 1, 'resident ' || one, now() - interval '30 days' FROM generate_series(1, %s) AS one",
            [alerts],
        )
        _give_contacts(connection, list(range(1, alerts + 1)), url)
        connection.execute(
            "INSERT INTO alert (rule, subject_kind, resident_id, office_id, severity, condition, handling, began_at, raised_at,"
            " opened_at, reason)"
            " SELECT CASE WHEN severity = 1 THEN 'sos' ELSE 'inactivity' END, 'resident', one, 1, severity, 'active', 'open',"
            " now(), now(), now(), '{\"rule_version\": 1}'"
            " FROM generate_series(1, %s) AS one, LATERAL (SELECT CASE WHEN one %% %s = 0 THEN 1 ELSE 2 END) AS how (severity)",
            [alerts, _EMERGENCY_EVERY],
        )
        connection.execute(
            "INSERT INTO alert_event (alert_id, at, kind) SELECT alert_id, now(), 'opened' FROM alert ORDER BY alert_id"
        )
    connection.execute("ANALYZE")


def _left(connection: psycopg.Connection[_Row]) -> int:
    row = connection.execute(
        "SELECT count(*) FROM notification WHERE status IN ('pending', 'sending')"
    ).fetchone()
    return int(str(row[0])) if row else 0
