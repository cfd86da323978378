"""Real processes from the broker to the message: how soon, and what a crash costs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.domain.alert import Outcome
from core.store.alerts import alerts, handling
from core.store.database import Database
from deploy.local.mosquitto import Broker
from tests.support import alerting
from tests.support.alerting import MailSink, mail_sink
from tests.support.services.processes import Processes, service_settings
from tests.support.services.publisher import Publisher
from tests.support.wait import wait_until

TARO = "taro@example.jp"


@dataclass
class Service:
    """A registered ward with ingest running, and the family's mail."""

    database: Database
    settings: dict[str, str]
    mail: MailSink


@pytest.fixture
def service(database_url: str, broker: Broker, processes: Processes, tmp_path: Path) -> Iterator[Service]:
    with Database(database_url) as database, mail_sink() as mail:
        alerting.register(database, tmp_path)
        settings = service_settings(database_url, broker, mail_url=f"smtp://127.0.0.1:{mail.port}")
        processes.start("ingest", settings)
        yield Service(database, settings, mail)
        # The sink must outlive those who send to it.
        processes.stop_all()


def press(broker: Broker, seq: int) -> None:
    now = datetime.now(UTC).isoformat()
    body = {"seq": seq, "readings": [{"metric": "sos", "value": True, "time": now}]}
    with Publisher(broker) as device:
        device.publish("mimamori/v1/sos-1/readings", json.dumps(body).encode())
        device.flush()


def test_a_call_for_help_reaches_the_family_and_the_next_one_after_it_was_closed(
    service: Service, broker: Broker, processes: Processes
) -> None:
    processes.start("detectors", service.settings)
    # It is closed as a mistake; the next one, soon after, is a new call all the same.
    press(broker, 1)
    wait_until(lambda: service.mail.to(TARO), what="the first message")
    with service.database.transaction() as connection:
        (first,) = alerts.history(connection)
        now = datetime.now(UTC)
        handling.close(connection, first.number, user=2, outcome=Outcome.PRESSED_BY_MISTAKE, now=now)
    wait_until(lambda: len(service.mail.to(TARO)) == 2, what="the message that it was a mistake")
    press(broker, 2)
    wait_until(lambda: len(service.mail.to(TARO)) == 3, what="the second call")


def test_a_killed_detector_process_loses_no_call(
    service: Service, broker: Broker, processes: Processes
) -> None:
    processes.start("detectors", service.settings).kill()
    press(broker, 1)
    processes.start("detectors", service.settings)
    wait_until(lambda: service.mail.to(TARO), 30, "the message")
    with service.database.transaction() as connection:
        assert [one.rule for one in alerts.history(connection)] == ["sos"]
