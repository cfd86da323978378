"""The running service: fast, and nothing lost when it is killed."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.clock import FileClock
from core.domain.alert import Delivery, Severity
from core.domain.people import Channel
from core.errors import SettingsError
from core.settings import Settings
from core.store.alerts import alerts, handling, notifications
from core.store.database import Database
from core.store.people import contact_channels
from deploy.local.ports import free_port
from detectors.alerting import loop
from detectors.alerting.loop import WakeUp
from tests.support.alerting import CENTRE, TARO, HandClock, mail_sink, open_alert, register, webhook_sink
from tests.support.provider_stand_in import (
    ACCOUNT,
    BASE_URL,
    LINE_TOKEN,
    SENDER,
    TOKEN,
    USER,
    provider_stand_in,
)
from tests.support.services.processes import Process, Processes
from tests.support.wait import wait_until

PROCESS = "tests.support.alerting_process"
CARE = 2


def alerting(processes: Processes, url: str, mail_port: int, *, lease_s: float = 30, **more: Any) -> Process:
    settings = {
        "environment": "test",
        "database_url": url,
        "mail_url": f"smtp://127.0.0.1:{mail_port}",
        "webhook_private_hosts": "true",
        **more,
    }
    values = {f"MIMAMORI_{name.upper()}": str(value) for name, value in settings.items()}
    return processes.start(PROCESS, values, str(lease_s), ready="alerting_started")


def raise_sos(url: str, now: datetime) -> int:
    with Database(url) as database, database.transaction() as connection:
        return open_alert(
            connection, now, rule="sos", severity=Severity.EMERGENCY, began_at=now, raised_at=now
        )


def test_an_sos_is_in_the_mailbox_at_once(database_url: str, processes: Processes, tmp_path: Path) -> None:
    with Database(database_url) as database:
        register(database, tmp_path, contacts=[TARO])
        with mail_sink() as sink:
            alerting(processes, database_url, sink.port)
            with database.transaction() as connection:
                now = datetime.now(UTC)
                open_alert(connection, now, rule="sos", severity=Severity.EMERGENCY, began_at=now)
            wait_until(lambda: sink.messages, what="the mail")

    assert sink.messages[0]["Subject"].startswith("【緊急】")


def test_a_message_in_the_hands_of_a_killed_process_is_delivered_by_the_next(
    database_url: str, processes: Processes, tmp_path: Path
) -> None:
    with webhook_sink(release=threading.Event()) as hook:
        with Database(database_url) as database:
            register(
                database, tmp_path, contacts=[TARO | {"channel": "webhook", "address": hook.url}], centre=[]
            )
        first = alerting(processes, database_url, free_port(), lease_s=1)
        number = raise_sos(database_url, datetime.now(UTC))
        wait_until(lambda: hook.received, what="the attempt")
        first.kill()

        assert hook.release is not None
        hook.release.set()
        alerting(processes, database_url, free_port(), lease_s=1)

        def is_sent() -> bool:
            with Database(database_url) as database, database.transaction() as connection:
                return [row.status for row in notifications.of_alert(connection, number)] == [Delivery.SENT]

        wait_until(is_sent, what="the second attempt")
    assert len(hook.received) == 2


@pytest.mark.parametrize(
    ("kind", "step"),
    [(Channel.LINE, "before_the_answer"), (Channel.SMS, "after_it"), (Channel.VOICE, "before_the_answer")],
)
def test_a_killed_sender_loses_nothing_and_repeats_at_most_once_on_every_channel(
    database_url: str, processes: Processes, tmp_path: Path, kind: Channel, step: str
) -> None:
    address = USER if kind is Channel.LINE else "+819012345678"
    with provider_stand_in(mode="hang" if step == "before_the_answer" else "ok") as sink:
        with Database(database_url, size=1) as database:
            register(database, tmp_path, contacts=[TARO], centre=[])
            with database.transaction() as connection:
                one = contact_channels.add(
                    connection, 1, kind, address, sealer=None, confirmed_at=datetime.now(UTC)
                )
                contact_channels.put_first(connection, one.number)
        settings = {
            "line_url": sink.url,
            "line_token": LINE_TOKEN,
            "twilio_url": sink.url,
            "twilio_account": ACCOUNT,
            "twilio_token": TOKEN,
            "twilio_sender": SENDER,
            "base_url": BASE_URL,
        }
        first = alerting(processes, database_url, free_port(), lease_s=1, **settings)
        raise_sos(database_url, datetime.now(UTC))
        reached = (lambda: sink.asked) if step == "before_the_answer" else (lambda: sink.arrived)
        wait_until(reached, what="the attempt")
        first.kill()
        sink.mode = "ok"
        sink.release.set()
        alerting(processes, database_url, free_port(), lease_s=1, **settings)
        wait_until(lambda: is_sent(database_url), what="the second attempt")

    # LINE knows the repeat by its key; a telephone may ring twice.
    assert sink.arrived == 1 if kind is Channel.LINE else sink.arrived in {1, 2}


def is_sent(database_url: str) -> bool:
    with Database(database_url, size=1) as database, database.transaction() as connection:
        row = connection.execute("SELECT count(*) FROM notification WHERE status = 'sent'").fetchone()
    return row == (1,)


def test_the_escalation_goes_on_after_everything_was_killed(
    database_url: str, processes: Processes, tmp_path: Path
) -> None:
    clock_file = tmp_path / "clock"
    now = datetime(2026, 8, 1, tzinfo=UTC)
    FileClock.write(clock_file, now)
    with Database(database_url) as database:
        register(database, tmp_path, contacts=[TARO], centre=[CENTRE])
    with mail_sink() as sink:
        first = alerting(processes, database_url, sink.port, clock=f"file:{clock_file}")
        raise_sos(database_url, now)
        # Killed between the mail and the word that it left, it would leave a lease that others wait for.
        wait_until(lambda: is_sent(database_url), what="the family's mail")
        first.kill()

        FileClock.write(clock_file, now + timedelta(minutes=2))
        alerting(processes, database_url, sink.port, clock=f"file:{clock_file}")
        wait_until(lambda: sink.to("centre@example.jp"), what="the centre's mail")
        # Time goes on while it runs, too: the claim expires and both are notified.
        with Database(database_url) as database, database.transaction() as connection:
            (alert,) = alerts.open_alerts(connection, now)
            handling.claim(connection, alert.number, user=CARE, now=now + timedelta(minutes=2))
        wait_until(lambda: len(sink.to("taro@example.jp")) == 2, what="that somebody is going")
        FileClock.write(clock_file, now + timedelta(minutes=12))
        wait_until(lambda: len(sink.to("taro@example.jp")) == 3, what="that nobody is going any more")


def test_the_loop_survives_lost_connections_to_the_database(
    database_url: str, processes: Processes, tmp_path: Path
) -> None:
    with Database(database_url) as database:
        register(database, tmp_path, contacts=[TARO])
        with mail_sink() as sink:
            process = alerting(processes, database_url, sink.port)
            with database.transaction() as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            raise_sos(database_url, datetime.now(UTC))
            wait_until(lambda: sink.messages, what="the mail")
    assert process.is_running


def test_nothing_personal_is_logged(database_url: str, processes: Processes, tmp_path: Path) -> None:
    with mail_sink() as sink, webhook_sink(status=500) as hook:
        with Database(database_url) as database:
            register(
                database,
                tmp_path,
                contacts=[TARO, TARO | {"channel": "webhook", "address": hook.url + "&secret=1"}],
            )
        process = alerting(processes, database_url, sink.port, log_level="DEBUG")
        raise_sos(database_url, datetime.now(UTC))
        wait_until(lambda: len(process.events("notification_attempted")) == 2, what="two attempts")
        token = sink.messages[0].get_content().split("/a/")[1].split()[0]

    for hidden in ("taro@", "佐藤", "山田", "お母さん", "secret", "/hook/", "SOS", token):
        assert hidden not in process.output, hidden


def run_loop(database: Database, settings: Settings, stop: threading.Event) -> Callable[[], None]:
    return lambda: loop.run(database, settings, HandClock(), stop)


def test_the_loop_ends_when_asked_to(database_url: str) -> None:
    settings = Settings(environment="test", database_url=database_url, mail_url="smtp://127.0.0.1:9")  # pyright: ignore[reportArgumentType]
    stop = threading.Event()
    with Database(database_url, size=6) as database:
        thread = threading.Thread(target=run_loop(database, settings, stop))
        thread.start()
        stop.set()
        thread.join(10)

    assert not thread.is_alive()


def test_a_mail_setting_that_cannot_be_used_is_said_at_the_start(database_url: str) -> None:
    settings = Settings(environment="test", database_url=database_url, mail_url="mail.example.jp")  # pyright: ignore[reportArgumentType]
    with Database(database_url) as database, pytest.raises(SettingsError, match="MIMAMORI_MAIL_URL"):
        loop.run(database, settings, HandClock(), threading.Event())


def test_a_thread_that_breaks_ends_the_loop_with_its_error(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_database: Database, _now: datetime, _put_off: set[int]) -> int:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(loop.planner, "plan_all", broken)
    settings = Settings(environment="test", database_url=database_url)  # pyright: ignore[reportArgumentType]
    with Database(database_url, size=6) as database, pytest.raises(RuntimeError, match="a mistake of ours"):
        loop.run(database, settings, HandClock(), threading.Event())


def test_a_ring_before_waiting_is_not_lost() -> None:
    wake_up = WakeUp()
    came_in = wake_up.rings()
    wake_up.ring()

    began = time.monotonic()
    wake_up.wait(came_in, 5)

    assert time.monotonic() - began < 2
