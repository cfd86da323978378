"""From an alert to the family's phone: real mail and webhook servers, good and bad ones."""

import re
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from core.domain.alert import Delivery, EventKind, NotificationKind, Outcome, Severity
from core.domain.notification import Notification
from core.domain.people import Channel
from core.errors import SettingsError
from core.store.alerts import alerts, answer_links, handling, notifications
from core.store.database import Database
from core.store.people import contacts
from deploy.local.ports import free_port
from detectors.alerting import channels, planner
from detectors.alerting.channels import Attempt, DeliveryChannel, DeliveryResult
from detectors.alerting.delivery import Office, Sender
from detectors.alerting.escalation import BACKOFF, LAST_HOPE, LAST_PACE, UNKNOWN_BACKOFF
from detectors.alerting.messages import Text
from detectors.alerting.outgoing import OutgoingMessage
from detectors.alerting.providers import signed_webhook
from tests.support.alerting import (
    CENTRE,
    HANAKO,
    NOW,
    TARO,
    UNUSABLE,
    HandClock,
    MailSink,
    WebhookSink,
    mail_sink,
    open_alert,
    outgoing,
    register,
    webhook_sink,
)
from tests.support.wait import wait_until

CARE = 2
# The centre's contact is registered first.
TARO_CONTACT = 2
BASE_URL = "https://mimamori.example.jp"
OFFICE = Office(BASE_URL, "03-5555-0000", ZoneInfo("Asia/Tokyo"))
A_TEXT = Text("【確認】お母さんのことで確認のお願いがあります", "お母さんの動きが見られません。")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database(database_url, size=6) as opened:
        yield opened


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def delivery_channel(mail_port: int, **options: Any) -> DeliveryChannel:
    server = channels.mail_server(SecretStr(f"smtp://127.0.0.1:{mail_port}"))
    given: dict[str, Any] = {"allow_private_hosts": True} | options
    return DeliveryChannel(server, "mimamori@localhost", **given)


@dataclass
class Post:
    """A planner and a sender that work when the test says so."""

    database: Database
    clock: HandClock
    sender: Sender

    def deliver(self) -> int:
        """Plan and send all that is due, and return how many attempts were made."""
        planner.plan_all(self.database, self.clock.now())
        attempts = 0
        while self.sender.send_one():
            attempts += 1
            planner.plan_all(self.database, self.clock.now())
        return attempts

    def messages(self, alert: int, kind: NotificationKind = NotificationKind.OPENING) -> list[Notification]:
        with self.database.transaction() as connection:
            return [row for row in notifications.of_alert(connection, alert) if row.kind is kind]

    def kinds(self, alert: int) -> list[EventKind]:
        with self.database.transaction() as connection:
            return [event.kind for event in alerts.events(connection, alert)]


def post_office(database: Database, clock: HandClock, mail_port: int, **options: Any) -> Post:
    return Post(database, clock, Sender(database, clock, delivery_channel(mail_port), OFFICE, **options))


def raise_alert(post: Post, **changes: Any) -> int:
    with post.database.transaction() as connection:
        return open_alert(connection, post.clock.now(), **changes)


def body(message: Any) -> str:
    return message.get_content()


def test_mail_arrives_in_the_language_of_each_contact(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    register(database, tmp_path)
    with mail_sink() as sink:
        post = post_office(database, clock, sink.port)
        raise_alert(post)
        assert post.deliver() == 2

    (taro,) = sink.to("taro@example.jp")
    assert taro["Subject"] == "【確認】お母さんのことで確認のお願いがあります"
    assert taro["From"] == "見守り <mimamori@localhost>"
    assert taro["Auto-Submitted"] == "auto-generated"
    assert taro["Content-Language"] == "ja"
    assert taro.get_content_type() == "text/plain"
    # No encoded word is longer than mail servers accept.
    words = re.findall(rb"=\?\S+\?=", b"".join(sink.raw))
    assert words
    assert max(map(len, words)) <= 75
    assert "お母さんの動きが見られません。最後の動きは6:40(3時間前)です。" in body(taro)
    assert f"{BASE_URL}/a/" in body(taro)

    (hanako,) = sink.to("hanako@example.jp")
    assert hanako["Subject"] == "Please check on Mum"
    assert "No movement since 6:40" in body(hanako)
    # The centre is not asked yet.
    assert sink.to("centre@example.jp") == []


def test_the_link_in_a_message_belongs_to_its_alert_and_contact(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    register(database, tmp_path, contacts=[TARO])
    with mail_sink() as sink:
        post = post_office(database, clock, sink.port)
        number = raise_alert(post)
        post.deliver()

    token = body(sink.messages[0]).split(f"{BASE_URL}/a/")[1].split()[0]
    with database.transaction() as connection:
        link = answer_links.look_up(connection, token)
    assert link is not None
    assert (link.alert, link.is_valid(clock.now())) == (number, True)


def test_a_webhook_gets_the_same_words_and_nothing_of_a_third_party(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    with webhook_sink() as hook:
        register(database, tmp_path, contacts=[TARO | {"channel": "webhook", "address": hook.url}])
        post = post_office(database, clock, free_port())
        raise_alert(post)
        post.deliver()

    (message,) = hook.received
    assert hook.paths == ["/hook/1?room=2"]
    assert (message["type"], message["version"]) == ("alert.opening", 1)
    assert message["data"]["title"] == "【確認】お母さんのことで確認のお願いがあります"
    assert "お母さんの動きが見られません" in message["data"]["text"]
    # Who reads it we do not know, so there is nothing in it to answer with.
    assert "/a/" not in str(message)


def message_to(channel: Channel, address: str) -> OutgoingMessage:
    return outgoing(channel, address, A_TEXT)


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        ("550 no such user", Attempt(DeliveryResult.REFUSED, "smtp_550")),
        ("451 come back later", Attempt(DeliveryResult.FAILED, "smtp_451")),
    ],
)
def test_a_mail_server_that_refuses_is_believed(refusal: str, expected: Attempt) -> None:
    with mail_sink() as sink:
        sink.refusal = refusal
        attempt = delivery_channel(sink.port).send(message_to(Channel.MAIL, "taro@example.jp"))

    assert attempt == expected


def test_a_mail_server_that_is_away_may_come_back() -> None:
    attempt = delivery_channel(free_port()).send(message_to(Channel.MAIL, "taro@example.jp"))

    assert attempt == Attempt(DeliveryResult.FAILED, "smtp_connection")


def test_attempts_beside_each_other_are_evaluated_each_by_its_own_server() -> None:
    with mail_sink() as good, mail_sink() as bad, webhook_sink(status=500) as broken:
        bad.refusal = "550 no such user"
        mail = message_to(Channel.MAIL, "taro@example.jp")
        jobs: list[tuple[DeliveryChannel, OutgoingMessage, str | None]] = [
            (delivery_channel(good.port), mail, None),
            (delivery_channel(bad.port), mail, "smtp_550"),
            (delivery_channel(free_port()), mail, "smtp_connection"),
            (delivery_channel(free_port()), message_to(Channel.WEBHOOK, broken.url), "http_500"),
        ] * 6
        with ThreadPoolExecutor(8) as threads:
            tasks = [threads.submit(sender.send, contact) for sender, contact, _ in jobs]
        attempts = [task.result() for task in tasks]

    assert [attempt.error for attempt in attempts] == [error for _, _, error in jobs]


def test_a_mail_server_that_wants_another_password_is_no_fault_of_the_contact() -> None:
    with mail_sink() as sink:
        # This one offers no sign-in at all.
        server = channels.mail_server(SecretStr(f"smtp://user:wrong@127.0.0.1:{sink.port}"))
        sender = DeliveryChannel(server, "mimamori@localhost", allow_private_hosts=True)
        attempt = sender.send(message_to(Channel.MAIL, "taro@example.jp"))

    assert attempt.arrival is DeliveryResult.FAILED
    assert sink.messages == []


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, Attempt(DeliveryResult.DELIVERED)),
        (500, Attempt(DeliveryResult.FAILED, "http_500")),
        (429, Attempt(DeliveryResult.FAILED, "http_429")),
        (410, Attempt(DeliveryResult.REFUSED, "http_410", is_dead=True)),
    ],
)
def test_a_webhooks_answer_is_believed(status: int, expected: Attempt) -> None:
    with webhook_sink(status=status) as hook:
        assert delivery_channel(free_port()).send(message_to(Channel.WEBHOOK, hook.url)) == expected


def test_a_redirect_to_another_host_is_not_followed() -> None:
    with webhook_sink() as inner, webhook_sink(status=302, location=inner.url) as outer:
        attempt = delivery_channel(free_port()).send(message_to(Channel.WEBHOOK, outer.url))

    assert attempt == Attempt(DeliveryResult.FAILED, "http_302")
    assert inner.received == []


def test_a_webhook_that_does_not_answer_may_have_got_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signed_webhook, "WAIT_S", 0.3)
    with webhook_sink(release=threading.Event()) as hook:
        attempt = delivery_channel(free_port()).send(message_to(Channel.WEBHOOK, hook.url))

    assert attempt == Attempt(DeliveryResult.UNKNOWN, "timeout")
    assert len(hook.received) == 1


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:9/x", "http://10.0.0.8/x", "http://[::1]/x", "http://169.254.169.254/latest"],
)
def test_addresses_inside_our_own_network_are_refused(address: str) -> None:
    guarded = delivery_channel(free_port(), allow_private_hosts=False)

    assert guarded.send(message_to(Channel.WEBHOOK, address)) == Attempt(
        DeliveryResult.REFUSED, "host_private"
    )


def test_a_name_that_points_into_our_network_only_when_we_connect_gains_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = socket.getaddrinfo
    asked: list[str] = []
    public = "93.184.215.14"

    def answers(host: str, port: int, *rest: Any, **options: Any) -> Any:
        """Give the public address first and one of ours from then on; the public address leads to the sink outside."""
        asked.append(host)
        if host == public:
            return real("127.0.0.1", outside.port, *rest, **options)
        if host == "turns.example":
            first = asked.count(host) == 1
            return real(public if first else "127.0.0.1", port, *rest, **options)
        return real(host, port, *rest, **options)

    with webhook_sink() as outside, webhook_sink() as inside:
        guarded = delivery_channel(free_port(), allow_private_hosts=False)
        monkeypatch.setattr(socket, "getaddrinfo", answers)

        attempt = guarded.send(message_to(Channel.WEBHOOK, f"http://turns.example:{inside.port}/x"))

    assert attempt == Attempt(DeliveryResult.DELIVERED)
    assert (len(outside.received), len(inside.received)) == (1, 0)


@pytest.mark.parametrize(
    ("channel", "address", "error"),
    [
        (Channel.WEBHOOK, "syslog://localhost", "webhook_address_unusable"),
        (Channel.WEBHOOK, "file:///etc/passwd", "webhook_address_unusable"),
        (Channel.WEBHOOK, "http://user:secret@example.jp/", "webhook_address_unusable"),
        (Channel.WEBHOOK, "http://example.jp:99999/", "webhook_address_unusable"),
        (Channel.MAIL, "taro@example.jp, everybody@example.org", "mail_address_unusable"),
        (Channel.MAIL, "mailto://taro", "mail_address_unusable"),
    ],
)
def test_an_address_that_is_none_is_refused(channel: Channel, address: str, error: str) -> None:
    assert delivery_channel(free_port()).send(message_to(channel, address)) == Attempt(
        DeliveryResult.REFUSED, error
    )


@pytest.mark.parametrize("url", ["mail.example.jp", "http://mail.example.jp", "smtp://", "smtp://h:port"])
def test_a_mail_server_setting_that_is_none_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(SettingsError, match="MIMAMORI_MAIL_URL"):
        channels.mail_server(SecretStr(url))


def test_mail_leaves_this_machine_only_encrypted_unless_set_otherwise() -> None:
    def mode(url: str) -> str:
        server = channels.mail_server(SecretStr(url))
        assert server is not None
        return f"{server.mode} {server.port}"

    assert mode("smtp://mail.example.jp") == "starttls 587"
    assert mode("smtps://user:p%40ss@mail.example.jp") == "ssl 465"
    assert mode("smtp+plain://relay") == "insecure 25"
    assert mode("smtp://127.0.0.1:1025") == "insecure 1025"
    assert channels.mail_server(SecretStr("")) is None


def test_a_failed_message_is_repeated_with_growing_pauses_until_it_arrives(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    register(database, tmp_path, contacts=[TARO])
    with mail_sink() as sink:
        sink.refusal = "451 come back later"
        post = post_office(database, clock, sink.port)
        number = raise_alert(post, severity=Severity.KEEP_AN_EYE)
        assert post.deliver() == 1
        assert post.deliver() == 0
        for pause in BACKOFF[:2]:
            clock.advance(seconds=pause.total_seconds())
            assert post.deliver() == 1
        sink.refusal = None
        clock.advance(seconds=BACKOFF[2].total_seconds())
        assert post.deliver() == 1

    (message,) = post.messages(number)
    assert (message.status, message.attempts, message.sent_at) == (Delivery.SENT, 4, clock.now())
    assert len(sink.messages) == 1


def test_a_message_that_never_arrives_takes_the_next_step_early_and_staff_see_it(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    register(database, tmp_path, contacts=[TARO | {"channel": "webhook", "address": UNUSABLE}])
    with mail_sink() as sink:
        post = post_office(database, clock, sink.port)
        number = raise_alert(post)
        post.deliver()

    assert EventKind.DELIVERY_FAILED in post.kinds(number)
    assert [(message.step, message.status) for message in post.messages(number)] == [
        (1, Delivery.FAILED),
        (2, Delivery.SENT),
    ]
    assert len(sink.to("centre@example.jp")) == 1


def test_an_alert_that_is_still_open_is_tried_on_for_a_day_after_nobody_waits_any_more(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    register(
        database, tmp_path, contacts=[TARO], centre=[CENTRE | {"channel": "webhook", "address": UNUSABLE}]
    )
    with mail_sink() as sink:
        sink.refusal = "451 come back later"
        post = post_office(database, clock, sink.port)
        number = raise_alert(post)
        post.deliver()
        for pause in BACKOFF:
            clock.advance(seconds=pause.total_seconds())
            post.deliver()
        # Staff see both contacts fail, and that was noted once for each.
        assert post.kinds(number).count(EventKind.DELIVERY_FAILED) == 2

        # The mail server was away for hours; the alert is still open when it comes back.
        tried = post.messages(number)[0].attempts
        for _ in range(6):
            clock.advance(seconds=LAST_PACE.total_seconds())
            post.deliver()
        assert post.messages(number)[0].attempts == tried + 6
        sink.refusal = None
        clock.advance(seconds=LAST_PACE.total_seconds())
        post.deliver()

    assert post.messages(number)[0].status is Delivery.SENT
    assert sink.to("taro@example.jp")


def test_nothing_is_tried_for_ever(database: Database, clock: HandClock, tmp_path: Path) -> None:
    register(database, tmp_path, contacts=[TARO], centre=[])
    post = post_office(database, clock, free_port())
    number = raise_alert(post)
    post.deliver()
    for _ in BACKOFF:
        clock.advance(minutes=10)
        post.deliver()
    clock.advance(seconds=LAST_HOPE.total_seconds())
    post.deliver()
    clock.advance(hours=1)

    assert post.deliver() == 0
    assert post.messages(number)[0].status is Delivery.FAILED


def test_a_contact_that_can_be_reached_keeps_the_escalation_slow(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    broken = HANAKO | {"channel": "webhook", "address": UNUSABLE}
    register(database, tmp_path, contacts=[TARO, broken])
    with mail_sink() as sink:
        post = post_office(database, clock, sink.port)
        raise_alert(post)
        post.deliver()

    assert sink.to("centre@example.jp") == []


class Timeouts:
    """A carrier whose messages never get an answer."""

    def send(self, message: OutgoingMessage) -> Attempt:
        return Attempt(DeliveryResult.UNKNOWN, "timeout")


def test_what_may_have_arrived_is_sent_once_more_and_then_the_next_is_asked(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    register(database, tmp_path, contacts=[TARO], centre=[])
    post = Post(database, clock, Sender(database, clock, Timeouts(), OFFICE))
    number = raise_alert(post)

    post.deliver()
    clock.advance(seconds=UNKNOWN_BACKOFF.total_seconds())
    post.deliver()
    clock.advance(hours=1)
    post.deliver()

    (opening,) = post.messages(number)
    assert (opening.status, opening.attempts) == (Delivery.UNKNOWN, 2)
    assert EventKind.DELIVERY_FAILED in post.kinds(number)


class Broken:
    """A carrier that breaks."""

    def send(self, message: OutgoingMessage) -> Attempt:
        raise RuntimeError("unexpected")


def test_a_channel_that_breaks_counts_as_a_failed_attempt(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    register(database, tmp_path, contacts=[TARO])
    post = Post(database, clock, Sender(database, clock, Broken(), OFFICE))
    number = raise_alert(post)

    assert post.deliver() == 1

    assert post.messages(number)[0].last_error == "internal_error"


def test_an_alert_that_cannot_be_worded_still_brings_a_message_and_stops_no_other(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    register(database, tmp_path, contacts=[TARO])
    with mail_sink() as sink:
        post = post_office(database, clock, sink.port)
        broken = raise_alert(post)
        raise_alert(post, rule="sos", severity=Severity.EMERGENCY)
        with database.transaction() as connection:
            # No clock on a wall shows this moment.
            connection.execute(
                "UPDATE alert SET began_at = '9999-12-31 20:00Z' WHERE alert_id = %s", (broken,)
            )
            connection.execute("UPDATE home SET time_zone = 'Mars/Base'")
        assert post.deliver() == 2

    urgent, other = (body(message) for message in sink.to("taro@example.jp"))
    assert "SOS" in urgent
    assert "お母さんのことで、お知らせがあります。" in other
    assert f"{BASE_URL}/a/" in other


def test_a_message_that_cannot_be_made_counts_as_a_failed_attempt_and_stops_no_other(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    register(database, tmp_path, contacts=[TARO])
    with mail_sink() as sink:
        post = post_office(database, clock, sink.port)
        broken = raise_alert(post)
        raise_alert(post, rule="sos", severity=Severity.EMERGENCY)
        with database.transaction() as connection:
            # What a newer program might have written.
            connection.execute("UPDATE alert SET outcome = 'unheard_of' WHERE alert_id = %s", (broken,))
            connection.execute("UPDATE alert_event SET planned_at = now() WHERE alert_id = %s", (broken,))
            notifications.add(
                connection, broken, TARO_CONTACT, kind=NotificationKind.OPENING, key="1.1", now=NOW
            )
        planner.plan_all(database, clock.now())
        assert [post.sender.send_one() for _ in range(3)] == [True, True, False]

    assert len(sink.messages) == 1
    with database.transaction() as connection:
        row = connection.execute(
            "SELECT status, last_error FROM notification WHERE alert_id = %s", (broken,)
        ).fetchone()
    assert row == ("pending", "internal_error")


def test_what_waits_for_a_contact_who_is_notified_no_more_is_not_sent_and_their_links_end(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    register(database, tmp_path, contacts=[TARO], centre=[])
    with mail_sink() as sink:
        post = post_office(database, clock, sink.port)
        raise_alert(post)
        post.deliver()
        token = token_in(sink.messages[0])
        raise_alert(post, rule="sos", severity=Severity.EMERGENCY)
        planner.plan_all(database, clock.now())
        with database.transaction() as connection:
            ended = contacts.disable(connection, 1, clock.now())
            link = answer_links.look_up(connection, token)
            # One that was planned in the same moment.
            notifications.add(connection, 1, 1, kind=NotificationKind.CLOSED, key="x", now=NOW)
            connection.execute(
                "UPDATE alert SET handling = 'closed', outcome = 'drill', closed_at = opened_at"
            )
        assert (ended.links, ended.messages, ended.others) == (1, 1, 0)
        assert link is not None
        assert not link.is_valid(clock.now())
        assert post.deliver() >= 1

    assert len(sink.messages) == 1
    assert {one.status for one in post.messages(2)} == {Delivery.CANCELLED}
    assert post.messages(1, NotificationKind.CLOSED)[0].last_error == "contact_disabled"


def token_in(message: Any) -> str:
    found = re.search(r"/a/(\S+)", body(message))
    assert found is not None
    return found[1]


def test_an_alert_that_cannot_be_planned_is_put_off_and_stops_no_other(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    register(database, tmp_path, contacts=[TARO])
    with mail_sink() as sink:
        post = post_office(database, clock, sink.port)
        broken = raise_alert(post, rule="sos", severity=Severity.EMERGENCY)
        raise_alert(post)
        with database.transaction() as connection:
            # What a newer program might have written.
            connection.execute("UPDATE alert SET outcome = 'unheard_of' WHERE alert_id = %s", (broken,))
        put_off = set[int]()
        assert planner.plan_all(database, clock.now(), put_off) == 1
        assert put_off == {broken}
        assert post.sender.send_one()
        # As soon as it can be, it is planned.
        with database.transaction() as connection:
            connection.execute("UPDATE alert SET outcome = NULL")
        assert post.deliver() == 1

    assert len(sink.messages) == 2


def test_a_message_held_by_a_dead_sender_is_taken_over_when_its_lease_is_out(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    register(database, tmp_path, contacts=[TARO])
    with mail_sink() as sink:
        post = post_office(database, clock, sink.port)
        raise_alert(post)
        planner.plan_all(database, clock.now())
        machine_now = time.time()
        with database.transaction() as connection:
            # A sender that takes the message and dies before it sends.
            started = NOW.fromtimestamp(machine_now, tz=NOW.tzinfo)
            lease = notifications.lease_one(connection, clock.now(), started, started + timedelta(hours=1))
            assert lease is not None
        assert post.deliver() == 0

        with database.transaction() as connection:
            connection.execute("UPDATE notification SET lease_until = lease_until - interval '2 hours'")
        assert post.deliver() == 1
        with database.transaction() as connection:
            # Should the first come back after all, its word no longer counts.
            assert not notifications.finish(connection, lease, Delivery.FAILED)

    assert len(sink.messages) == 1


def test_openings_leave_before_other_messages_and_each_contact_receives_in_order(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    register(database, tmp_path, contacts=[TARO], centre=[CENTRE | {"step": 1, "user": "admin"}])
    with mail_sink() as sink:
        post = post_office(database, clock, sink.port)
        first = raise_alert(post)
        post.deliver()
        with database.transaction() as connection:
            handling.claim(connection, first, user=CARE, now=clock.now())
        second = raise_alert(post, rule="sos", severity=Severity.EMERGENCY)
        post.deliver()

    with database.transaction() as connection:
        order = [
            (row.alert, row.kind)
            for row in sorted(
                notifications.of_alert(connection, first) + notifications.of_alert(connection, second),
                key=lambda row: row.number,
            )
        ]
    assert (first, NotificationKind.CLAIMED) in order
    subjects = [message["Subject"] for message in sink.to("taro@example.jp")]
    assert [subject[:4] for subject in subjects] == ["【確認】", "【緊急】", "【お知ら"]


def test_the_worker_for_emergencies_takes_nothing_else(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    register(database, tmp_path, contacts=[TARO])
    with mail_sink() as sink:
        post = post_office(database, clock, sink.port)
        raise_alert(post)
        planner.plan_all(database, clock.now())
        assert not post.sender.send_one(Severity.EMERGENCY)
        raise_alert(post, rule="sos", severity=Severity.EMERGENCY)
        planner.plan_all(database, clock.now())
        assert post.sender.send_one(Severity.EMERGENCY)
        assert not post.sender.send_one(Severity.EMERGENCY)
        assert sink.messages[0]["Subject"].startswith("【緊急】")
        assert post.sender.send_one()


def test_a_message_that_is_overtaken_is_not_sent(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    register(database, tmp_path, contacts=[TARO])
    with mail_sink() as sink:
        sink.refusal = "451 come back later"
        post = post_office(database, clock, sink.port)
        number = raise_alert(post)
        post.deliver()
        with database.transaction() as connection:
            handling.close(connection, number, user=CARE, outcome=Outcome.DRILL, now=clock.now())
        sink.refusal = None
        clock.advance(minutes=5)
        post.deliver()

    assert [message.status for message in post.messages(number)] == [Delivery.CANCELLED]
    # Taro may have been notified, so Taro is notified how it ended.
    assert ["訓練・試験でした" in body(message) for message in sink.messages] == [True]


@contextmanager
def many_threads(count: int, work: Callable[[], object]) -> Generator[None]:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join()


def test_two_planners_and_four_senders_at_once_send_nothing_twice(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    register(database, tmp_path)
    with mail_sink() as sink:
        post = post_office(database, clock, sink.port)
        for rule in ("inactivity", "heat", "home_silent", "sos"):
            raise_alert(post, rule=rule)
        with many_threads(2, lambda: planner.plan_all(database, clock.now())):
            pass

        def empty_the_outbox() -> None:
            while post.sender.send_one():
                pass

        with many_threads(4, empty_the_outbox):
            pass

    assert len(sink.to("taro@example.jp")) == len(sink.to("hanako@example.jp")) == 4
    assert len(sink.messages) == 8


def test_a_slow_server_delays_only_its_own_messages(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    held = threading.Event()
    with webhook_sink(release=held) as slow, mail_sink() as sink:
        register(database, tmp_path, contacts=[HANAKO | {"channel": "webhook", "address": slow.url}, TARO])
        post = post_office(database, clock, sink.port)
        raise_alert(post)
        planner.plan_all(database, clock.now())
        with many_threads(2, post.sender.send_one):
            wait_for_mail(sink, slow)
            held.set()

    assert len(sink.messages) == 1


def wait_for_mail(sink: MailSink, slow: WebhookSink) -> None:
    wait_until(lambda: slow.received and sink.messages, what="the mail beside a slow webhook")
