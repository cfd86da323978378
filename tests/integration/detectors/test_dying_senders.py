"""A sender that dies at any step of a delivery, on any channel: nothing is lost, and at most one message comes twice.

It ends as a killed one does: nothing of its own runs any more, and what was not committed is undone. Real processes are killed in
`test_alerting_loop.py`.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from core.credentials.sealed_values import new_key, sealer_of
from core.domain.alert import Delivery, Severity
from core.domain.people import Channel
from core.store.alerts import deliveries, notifications
from core.store.database import Database
from core.store.people import contact_channels
from detectors.alerting import channels, planner
from detectors.alerting.channels import DeliveryChannel
from detectors.alerting.delivery import Office, Sender
from detectors.alerting.outgoing import OutgoingMessage
from tests.support.alerting import (
    NOW,
    TARO,
    HandClock,
    MailSink,
    WebhookSink,
    mail_sink,
    open_alert,
    register,
    webhook_sink,
)
from tests.support.provider_stand_in import BASE_URL, USER, ProviderStandIn, provider_stand_in

_OFFICE = Office(BASE_URL, "03-5555-0000", ZoneInfo("Asia/Tokyo"))
_STEPS = ("taken", "noted", "sent", "settled")
_SEALER = sealer_of(SecretStr(new_key(1)))
_PHONE = "+819012345678"


class _KilledError(BaseException):
    """Stands for SIGKILL: no handler of the sender's catches it."""


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database(database_url, size=3) as opened:
        yield opened


@contextmanager
def _sinks() -> Generator[tuple[DeliveryChannel, MailSink, WebhookSink, ProviderStandIn]]:
    with mail_sink() as mail, webhook_sink() as hook, provider_stand_in() as provider:
        server = channels.mail_server(SecretStr(f"smtp://127.0.0.1:{mail.port}"))
        worker = DeliveryChannel(
            server,
            "mimamori@localhost",
            allow_private_hosts=True,
            line=provider.line,
            telephone=provider.telephone,
            chat_hosts=("127.0.0.1",),
        )
        yield worker, mail, hook, provider


def _address(kind: Channel, hook: WebhookSink) -> str:
    base = f"http://127.0.0.1:{hook.port}"
    return {
        Channel.MAIL: "second@example.jp",
        Channel.WEBHOOK: hook.url,
        Channel.LINE: USER,
        Channel.SMS: _PHONE,
        Channel.VOICE: _PHONE,
        Channel.NTFY: f"{base}/duty-topic",
        Channel.MATTERMOST: f"{base}/hooks/a1b2c3d4e5f6g7h8i9j0k1l2m3",
    }[kind]


def _only(database: Database, kind: Channel, address: str) -> None:
    """Leave one contact with one channel, an office's own where chats are."""
    with database.transaction() as connection:
        connection.execute("DELETE FROM contact_channel")
        contact_channels.add(connection, 1, kind, address, sealer=_SEALER, confirmed_at=NOW)


def _dying(step: str, monkeypatch: pytest.MonkeyPatch, worker: DeliveryChannel) -> Any:
    """Return a delivery worker, and change what the sender does, so that it dies once, right after a step."""
    killed: list[str] = []

    def after(owner: Any, name: str) -> None:
        whole: Callable[..., Any] = getattr(owner, name)

        def dies(*given: Any, **named: Any) -> Any:
            found = whole(*given, **named)
            if not killed:
                killed.append(step)
                raise _KilledError
            return found

        monkeypatch.setattr(owner, name, dies)

    class Worker:
        def send(self, message: OutgoingMessage) -> Any:
            if step == "noted" and not killed:
                # The attempt is noted and committed; nothing has left.
                killed.append(step)
                raise _KilledError
            attempt = worker.send(message)
            if step == "sent" and not killed:
                # It has left, and nobody wrote how it went.
                killed.append(step)
                raise _KilledError
            return attempt

    if step == "taken":
        # The lease is committed, the attempt is being written down and is undone.
        after(deliveries, "begin")
    elif step == "settled":
        # How it went was being written, and is undone.
        after(notifications, "finish")
    return Worker()


@pytest.mark.parametrize("step", _STEPS)
@pytest.mark.parametrize(
    "kind",
    [
        Channel.MAIL,
        Channel.WEBHOOK,
        Channel.LINE,
        Channel.SMS,
        Channel.VOICE,
        Channel.NTFY,
        Channel.MATTERMOST,
    ],
)
def test_nothing_is_lost_and_at_most_one_comes_twice_at_whichever_step_a_sender_dies(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Channel, step: str
) -> None:
    register(database, tmp_path, contacts=[], centre=[TARO])
    clock = HandClock()
    with _sinks() as (worker, mail, hook, provider):
        _only(database, kind, _address(kind, hook))
        with database.transaction() as connection:
            number = open_alert(connection, NOW, rule="sos", severity=Severity.EMERGENCY)
        planner.plan_all(database, NOW)
        dying = _dying(step, monkeypatch, worker)
        sender = Sender(database, clock, dying, _OFFICE, sealer=_SEALER)
        with pytest.raises(_KilledError):
            sender.send_one()
        # The dead one's lease holds others back until it has run out.
        assert not sender.send_one()
        with database.transaction() as connection:
            connection.execute("UPDATE notification SET lease_until = lease_until - interval '1 hour'")
        while sender.send_one():
            clock.advance(minutes=1)
        with database.transaction() as connection:
            found = [one.status for one in notifications.of_alert(connection, number)]
        arrived = len(mail.messages) + len(hook.received) + provider.arrived
    assert found == [Delivery.SENT]
    has_left = step in {"sent", "settled"}
    # LINE knows the repeat by its key.
    assert arrived == (2 if has_left and kind is not Channel.LINE else 1)
    assert not provider.mistakes


@pytest.mark.parametrize("mode", ["busy", "rate_limit", "redirect", "reset", "wrong_token"])
def test_a_provider_that_is_away_for_an_hour_delays_nobody_else_and_everything_comes_after(
    database: Database, tmp_path: Path, mode: str
) -> None:
    others = [TARO | {"name": f"contact {one}", "address": f"other-{one}@example.jp"} for one in range(3)]
    register(database, tmp_path, contacts=[TARO, *others], centre=[])
    clock = HandClock()
    with _sinks() as (worker, mail, _, provider):
        with database.transaction() as connection:
            connection.execute("DELETE FROM contact_channel WHERE contact_id = 1")
            contact_channels.add(connection, 1, Channel.LINE, USER, sealer=None, confirmed_at=NOW)
        provider.mode = mode
        with database.transaction() as connection:
            number = open_alert(connection, NOW, rule="sos", severity=Severity.EMERGENCY)
        sender = Sender(database, clock, worker, _OFFICE)

        def deliver() -> None:
            planner.plan_all(database, clock.now())
            while sender.send_one():
                planner.plan_all(database, clock.now())

        deliver()
        # In the same moment.
        assert {str(one["To"]) for one in mail.messages} == {f"other-{one}@example.jp" for one in range(3)}
        end = clock.now() + timedelta(hours=1)
        while clock.now() < end:
            clock.advance(minutes=1)
            deliver()
            with database.transaction() as connection:
                waiting = [one for one in notifications.of_alert(connection, number) if one.contact == 1]
            # What the board shows meanwhile: it has not left, and why.
            assert waiting[0].status in {Delivery.PENDING, Delivery.UNKNOWN}
            assert waiting[0].last_error
        # Of a connection that broke LINE may have what it never confirmed.
        assert provider.arrived == (mode == "reset")

        provider.mode = "ok"
        for _ in range(60):
            clock.advance(minutes=1)
            deliver()
        with database.transaction() as connection:
            theirs = [one for one in notifications.of_alert(connection, number) if one.contact == 1]
    assert theirs[0].status is Delivery.SENT
    assert provider.accepted_keys >= {provider.retry_keys[0]}
    assert len(provider.pushes) == len(provider.accepted_keys)
