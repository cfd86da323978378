"""Somebody presses the SOS button: from the broker to the family's mailbox, through the real processes."""

from datetime import UTC, datetime
from pathlib import Path

from core.domain.alert import EventKind, Outcome
from core.store.alerts import alerts, handling
from core.store.database import Database
from deploy.local.mosquitto import Broker
from tests.support.alerting import TARO, mail_sink, register
from tests.support.ingest import readings
from tests.support.services.processes import Processes, service_settings
from tests.support.services.publisher import Publisher
from tests.support.wait import wait_until

CARE = 2


def press(broker: Broker, seq: int) -> None:
    with Publisher(broker) as device:
        device.publish("mimamori/v1/sos-1/readings", readings(seq, ("sos", True, datetime.now(UTC))))
        device.flush()


def test_a_press_is_in_the_mailbox_at_once_and_outlives_every_process(
    database_url: str, broker: Broker, processes: Processes, tmp_path: Path
) -> None:
    with Database(database_url) as database, mail_sink() as sink:
        register(database, tmp_path, contacts=[TARO])
        settings = service_settings(database_url, broker, mail_url=f"smtp://127.0.0.1:{sink.port}")
        ingest = processes.start("ingest", settings)
        detectors = processes.start("detectors", settings)
        wait_until(lambda: detectors.events("alerting_started"), what="the senders")

        press(broker, 1)
        wait_until(lambda: sink.messages, what="the mail")
        assert "SOSボタンを押しました" in sink.messages[0].get_content()

        with database.transaction() as connection:
            (first,) = alerts.open_alerts(connection, datetime.now(UTC))
            handling.close(
                connection, first.number, user=CARE, outcome=Outcome.PRESSED_BY_MISTAKE, now=datetime.now(UTC)
            )
        wait_until(lambda: len(sink.messages) == 2, what="the outcome")

        # Pressed while both processes are dead: seen as soon as they live again.
        ingest.kill()
        detectors.kill()
        press(broker, 2)
        processes.start("ingest", settings)
        processes.start("detectors", settings)
        wait_until(lambda: len(sink.messages) == 3, 30, what="the second call")

        with database.transaction() as connection:
            (second,) = alerts.open_alerts(connection, datetime.now(UTC))
            assert second.number != first.number
            assert alerts.events(connection, second.number)[0].kind is EventKind.OPENED
