"""A device says what may be a call and nobody understands: from the broker to the centre's mailbox, and to its end by a profile."""

import json
from datetime import UTC, datetime
from pathlib import Path

from core.domain.alert import Condition
from core.store.alerts import alerts
from core.store.database import Database
from deploy.local.mosquitto import Broker
from tests.support.alerting import mail_sink, register
from tests.support.command_line import CommandLine
from tests.support.services.processes import Processes, service_settings
from tests.support.services.publisher import Publisher
from tests.support.wait import wait_until

_NOT_CALLS: list[dict[str, object]] = [
    {"fall": False},
    {"alarm": "clear"},
    {"sos_count": 3},
    {"fallback": "x"},
]
_PROFILE = 'name = "p"\n[fields]\nAlarm = { metric = "sos", raised = [1], over = [0, 7] }\n'


def test_the_centre_is_notified_once_and_again_when_it_is_understood(
    database_url: str, broker: Broker, processes: Processes, tmp_path: Path, mimamori: CommandLine
) -> None:
    with Database(database_url) as database, mail_sink() as sink:
        register(database, tmp_path, contacts=[])
        with database.transaction() as connection:
            connection.execute("UPDATE device SET sender = 'zigbee2mqtt:g1/x' WHERE device_id = 'sos-1'")
        settings = service_settings(database_url, broker, mail_url=f"smtp://127.0.0.1:{sink.port}")
        processes.start("ingest", settings)
        detectors = processes.start("detectors", settings)
        wait_until(lambda: detectors.events("alerting_started"), what="the senders")

        with Publisher(broker) as device:
            for body in [*_NOT_CALLS, *[{"Alarm": 7}] * 20, *_NOT_CALLS]:
                device.publish("gw/g1/zigbee2mqtt/x", json.dumps(body).encode())
            device.flush()
        wait_until(lambda: sink.messages, what="the mail")
        said = sink.messages[0].get_content()
        assert "機器「sos-1」" in said
        assert "「Alarm」" in said

        (tmp_path / "p.toml").write_text(_PROFILE, encoding="utf-8")
        mimamori.settings = {"MIMAMORI_DATABASE_URL": database_url, "MIMAMORI_ENVIRONMENT": "test"}
        assert mimamori("device", "profile", "import", str(tmp_path / "p.toml")).code == 0
        assert mimamori("device", "profile", "assign", "p", "sos-1").code == 0
        assert mimamori("quarantine", "release").out.startswith("20 went through")
        wait_until(lambda: len(sink.messages) == 2, what="the mail that it is understood")
        assert "読めるようになったか、届かなくなって30日たちました" in sink.messages[1].get_content()

        with database.transaction() as connection:
            (alert,) = alerts.open_alerts(connection, datetime.now(UTC))
        assert (alert.rule, alert.condition) == ("unclear_call", Condition.CLEARED)
