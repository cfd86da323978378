"""A message that one channel does not take goes on the contact's next: real mail and web servers, good and bad ones."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from core.credentials.sealed_values import new_key, sealer_of
from core.domain.alert import Delivery, EventKind, Severity
from core.domain.delivery.record import DeliveryRecord, DeliveryState
from core.domain.people import Channel
from core.errors import ConflictError, InputError
from core.store.alerts import alerts, deliveries, notifications
from core.store.database import Database
from core.store.operation import provider_quota
from core.store.people import contact_channels
from deploy.local.ports import free_port
from detectors.alerting import channels, planner
from detectors.alerting.channels import DeliveryChannel
from detectors.alerting.delivery import Office, Sender
from detectors.alerting.escalation import BACKOFF
from detectors.alerting.providers import signed_webhook
from tests.support.alerting import (
    CENTRE,
    TARO,
    HandClock,
    mail_sink,
    open_alert,
    register,
    webhook_sink,
)
from tests.support.provider_stand_in import USER, provider_stand_in

OFFICE = Office("https://mimamori.example.jp", "", ZoneInfo("Asia/Tokyo"))
# The centre's contact is registered first.
TARO_CONTACT = 2


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database(database_url, size=4) as opened:
        yield opened


def with_channels(*ways: tuple[str, str]) -> dict[str, Any]:
    contact = {name: value for name, value in TARO.items() if name not in {"channel", "address"}}
    return contact | {"channels": [{"kind": kind, "address": address} for kind, address in ways]}


def deliver(database: Database, clock: HandClock, mail_port: int, **options: Any) -> int:
    server = channels.mail_server(SecretStr(f"smtp://127.0.0.1:{mail_port}"))
    channel = DeliveryChannel(server, "mimamori@localhost", allow_private_hosts=True)
    sender = Sender(database, clock, channel, OFFICE, **options)
    planner.plan_all(database, clock.now())
    attempts = 0
    while sender.send_one():
        attempts += 1
        planner.plan_all(database, clock.now())
    return attempts


def raise_alert(database: Database, clock: HandClock) -> int:
    with database.transaction() as connection:
        return open_alert(connection, clock.now(), severity=Severity.EMERGENCY)


def of_family(database: Database, number: int) -> tuple[Delivery, list[DeliveryRecord]]:
    with database.transaction() as connection:
        (one,) = [row for row in notifications.of_alert(connection, number) if row.contact == TARO_CONTACT]
        return one.status, deliveries.of_notification(connection, one.number)


def test_what_the_first_channel_refuses_goes_on_the_second_at_once(
    database: Database, tmp_path: Path
) -> None:
    clock = HandClock()
    with mail_sink() as sink, webhook_sink(status=410) as gone:
        register(
            database, tmp_path, contacts=[with_channels(("webhook", gone.url), ("mail", "taro@example.jp"))]
        )
        number = raise_alert(database, clock)
        assert deliver(database, clock, sink.port) == 2
        assert len(sink.to("taro@example.jp")) == 1

    status, (refused, accepted) = of_family(database, number)
    assert status is Delivery.SENT
    assert (refused.kind, refused.state, refused.error) == (Channel.WEBHOOK, DeliveryState.FAILED, "http_410")
    assert (accepted.kind, accepted.accepted_at) == (Channel.MAIL, clock.now())
    with database.transaction() as connection:
        kinds = [event.kind for event in alerts.events(connection, number)]
    assert EventKind.DELIVERY_FAILED not in kinds


def test_a_server_that_hangs_costs_one_attempt_and_the_next_channel_takes_over(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signed_webhook, "WAIT_S", 0.3)
    clock = HandClock()
    with mail_sink() as sink, webhook_sink(release=threading.Event()) as hangs:
        register(
            database, tmp_path, contacts=[with_channels(("webhook", hangs.url), ("mail", "taro@example.jp"))]
        )
        raise_alert(database, clock)
        assert deliver(database, clock, sink.port) == 2

    assert len(sink.to("taro@example.jp")) == 1


def test_when_no_channel_takes_it_the_pause_comes_after_the_whole_round_and_the_next_contact_is_asked(
    database: Database, tmp_path: Path
) -> None:
    clock = HandClock()
    with webhook_sink(status=503) as busy, mail_sink() as sink:
        ways = [("webhook", busy.url), ("webhook", busy.url + "&second=1")]
        register(database, tmp_path, contacts=[with_channels(*ways)], centre=[CENTRE])
        number = raise_alert(database, clock)
        assert deliver(database, clock, sink.port) == 2
        assert deliver(database, clock, sink.port) == 0
        for pause in BACKOFF[:2]:
            clock.advance(seconds=pause.total_seconds())
            deliver(database, clock, sink.port)
        assert busy.paths[:2] * 3 == busy.paths
        assert len(sink.to("centre@example.jp")) == 1

    assert of_family(database, number)[0] is Delivery.PENDING


def test_the_centre_is_asked_at_once_when_all_channels_of_the_family_are_refused(
    database: Database, tmp_path: Path
) -> None:
    clock = HandClock()
    with webhook_sink(status=410) as gone, mail_sink() as sink:
        ways = [("webhook", gone.url), ("webhook", gone.url + "&second=1")]
        register(database, tmp_path, contacts=[with_channels(*ways)], centre=[CENTRE])
        number = raise_alert(database, clock)
        deliver(database, clock, sink.port)
        assert len(sink.to("centre@example.jp")) == 1

    assert of_family(database, number)[0] is Delivery.FAILED


def test_an_encrypted_address_is_used_whole_and_without_its_key_the_next_contact_is_asked(
    database: Database, tmp_path: Path
) -> None:
    clock = HandClock()
    sealer = sealer_of(SecretStr(new_key(1)))
    with webhook_sink() as hook, mail_sink() as sink:
        register(database, tmp_path, contacts=[with_channels(("webhook", hook.url))], centre=[CENTRE])
        assert sealer is not None
        with database.transaction() as connection:
            assert contact_channels.unsealed(connection) == 1
            assert contact_channels.seal_all(connection, sealer) == 1
            assert contact_channels.seal_all(connection, sealer) == 0
            assert contact_channels.unsealed(connection) == 0
            (stored,) = contact_channels.of_contact(connection, TARO_CONTACT)
            row = connection.execute(
                "SELECT contact_channel::text FROM contact_channel WHERE kind = 'webhook'"
            )
            assert "/hook/1" not in str(row.fetchone())
        assert stored.address == "http://127.0.0.1"
        raise_alert(database, clock)
        deliver(database, clock, sink.port, sealer=sealer)
        assert hook.paths == ["/hook/1?room=2"]

        clock.advance(hours=1)
        with database.transaction() as connection:
            open_alert(connection, clock.now(), rule="sos", severity=Severity.EMERGENCY)
        for pause in (0, *(pause.total_seconds() for pause in BACKOFF)):
            clock.advance(seconds=pause)
            deliver(database, clock, sink.port, sealer=None)
        assert len(hook.paths) == 1
        assert sink.to("centre@example.jp")


def test_channels_are_added_ordered_and_removed_but_never_the_last(
    database: Database, tmp_path: Path
) -> None:
    register(database, tmp_path)
    with database.transaction() as connection:
        sms = contact_channels.add(connection, TARO_CONTACT, Channel.SMS, "090-1234-5678", sealer=None)
        voice = contact_channels.add(connection, TARO_CONTACT, Channel.VOICE, "03-1234-5678", sealer=None)
        contact_channels.put_first(connection, voice.number)

    def kinds() -> list[tuple[int, Channel]]:
        with database.transaction() as connection:
            found = contact_channels.of_contact(connection, TARO_CONTACT)
        return [(one.place, one.kind) for one in found]

    assert kinds() == [(1, Channel.VOICE), (2, Channel.MAIL), (3, Channel.SMS)]
    with database.transaction() as connection:
        contact_channels.remove(connection, voice.number)
    assert kinds() == [(1, Channel.MAIL), (2, Channel.SMS)]
    with database.transaction() as connection:
        (mail, _) = contact_channels.of_contact(connection, TARO_CONTACT)
        contact_channels.remove(connection, mail.number)
        with pytest.raises(ConflictError, match="only one"):
            contact_channels.remove(connection, sms.number)
    assert kinds() == [(1, Channel.SMS)]


def test_a_chat_is_for_the_centre_only_and_never_stored_readable(database: Database, tmp_path: Path) -> None:
    register(database, tmp_path)
    with database.transaction() as connection:
        with pytest.raises(InputError, match="care centre"):
            contact_channels.add(
                connection, TARO_CONTACT, Channel.SLACK, "https://hooks.slack.com/x", sealer=None
            )
        with pytest.raises(InputError, match="new-key"):
            contact_channels.add(connection, 1, Channel.SLACK, "https://hooks.slack.com/x", sealer=None)


def test_no_port_takes_the_mail_while_the_webhook_does(database: Database, tmp_path: Path) -> None:
    clock = HandClock()
    with webhook_sink() as hook:
        register(
            database, tmp_path, contacts=[with_channels(("mail", "taro@example.jp"), ("webhook", hook.url))]
        )
        raise_alert(database, clock)
        assert deliver(database, clock, free_port()) == 2
        assert len(hook.received) == 1


@pytest.mark.parametrize(
    ("used", "severity", "goes_by_line"),
    [
        (179, Severity.KEEP_AN_EYE, True),
        (180, Severity.KEEP_AN_EYE, False),
        (200, Severity.EMERGENCY, True),
        (180, Severity.CHECK_SOON, True),
    ],
)
def test_the_last_tenth_of_a_months_line_messages_is_kept_for_what_cannot_wait(
    database: Database, tmp_path: Path, used: int, severity: Severity, goes_by_line: bool
) -> None:
    clock = HandClock()
    register(database, tmp_path, contacts=[TARO])
    with provider_stand_in() as sink, mail_sink() as mail:
        with database.transaction() as connection:
            one = contact_channels.add(
                connection, TARO_CONTACT, Channel.LINE, USER, sealer=None, confirmed_at=clock.now()
            )
            contact_channels.put_first(connection, one.number)
            provider_quota.put(connection, Channel.LINE, limit=200, used=used, now=clock.now())
            open_alert(connection, clock.now(), severity=severity)
        server = channels.mail_server(SecretStr(f"smtp://127.0.0.1:{mail.port}"))
        channel = DeliveryChannel(server, "mimamori@localhost", allow_private_hosts=True, line=sink.line)
        sender = Sender(database, clock, channel, OFFICE)
        planner.plan_all(database, clock.now())
        while sender.send_one():
            pass
        assert (len(sink.pushes) == 1) is goes_by_line
        assert (len(mail.to("taro@example.jp")) == 1) is not goes_by_line
