"""Alerts to work with: a registered ward, a clock moved by hand, and sinks that stand for the outside world."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from core.domain.alert import Alert, Condition, Finding, Handling, NotificationKind, Severity, Subject
from core.domain.people import Channel, Language
from core.store.alerts import episodes
from core.store.database import Connection, Database
from deploy.inbox.mail import MailController
from deploy.local.ports import free_port
from detectors.alerting.messages import Text
from detectors.alerting.outgoing import OutgoingMessage
from tests.support.wards import ward_files

NOW = datetime(2026, 8, 1, 0, 40, tzinfo=UTC)
CENTRE = {
    "name": "見守りセンター",
    "step": 2,
    "channel": "mail",
    "address": "centre@example.jp",
    "user": "care",
}
TARO = {
    "name": "佐藤 太郎",
    "relation": "長男",
    "calls_resident": "お母さん",
    "step": 1,
    "channel": "mail",
    "address": "taro@example.jp",
    "user": "taro",
}
HANAKO = {
    "name": "Hanako Sato",
    "relation": "daughter",
    "calls_resident": "Mum",
    "step": 1,
    "channel": "mail",
    "address": "hanako@example.jp",
    "language": "en",
}


AN_ALERT = Alert(
    number=7,
    rule="inactivity",
    subject=Subject.of_resident(1),
    resident=1,
    office=1,
    severity=Severity.CHECK_SOON,
    condition=Condition.ACTIVE,
    handling=Handling.OPEN,
    began_at=NOW - timedelta(hours=3),
    raised_at=NOW,
    opened_at=NOW,
    cleared_at=None,
    claimed_by=None,
    claimed_at=None,
    closed_at=None,
    outcome=None,
    detected_late=False,
    reason={"rule_version": 1},
    version=1,
)
# Accepted when it was registered, and no address any more: what a provider refuses for ever.
UNUSABLE = "http://unusable.example/"


class HandClock:
    """A clock that stands until a test moves it."""

    factor = 0.0

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def now(self) -> datetime:
        """Return the time it shows."""
        return self._now

    def real_seconds(self, span: timedelta) -> float:
        """Return a short poll time, as the clock that a file holds does."""
        return 0.0 if span <= timedelta(0) else 0.05

    def advance(self, **span: float) -> datetime:
        """Move it on, by `minutes=2` for example, and return the new time."""
        self._now += timedelta(**span)
        return self._now


class RunningClock(HandClock):
    """A clock moved by hand that passes for the machine's."""

    factor = 1.0

    def real_seconds(self, span: timedelta) -> float:
        """Return the span in seconds."""
        return max(0.0, span.total_seconds())


def ward_file(contacts: list[dict[str, Any]], centre: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the small ward with these contacts of its resident and of its centre."""
    ward = ward_files.small_ward()
    ward["offices"][0]["centre"] = centre
    ward["homes"][0]["residents"][0]["contacts"] = contacts
    return ward


def register(
    database: Database,
    folder: Path,
    contacts: list[dict[str, Any]] | None = None,
    centre: list[dict[str, Any]] | None = None,
) -> None:
    """Register the small ward; its resident has the number 1, its office 1, the users admin, care and taro 1, 2, 3."""
    ward = ward_file([TARO, HANAKO] if contacts is None else contacts, [CENTRE] if centre is None else centre)
    with database.transaction() as connection:
        ward_files.register(connection, ward_files.write_ward(folder, ward))
        connection.execute("UPDATE contact_channel SET address = 'nowhere' WHERE address = %s", (UNUSABLE,))


def outgoing(channel: Channel, address: str, text: Text, **changes: Any) -> OutgoingMessage:
    """Return a message about inactivity to an address, with any field changed."""
    usual = OutgoingMessage(
        channel=channel,
        address=address,
        language=Language.JA,
        text=text,
        kind=NotificationKind.OPENING,
        alert=AN_ALERT,
        request_key="8d8ac610-566d-4ef0-9c22-186b2a5ed793",
        answer_url="https://mimamori.example.jp/a/token",
        planned_at=NOW,
    )
    return replace(usual, **changes)


def finding(**changes: Any) -> Finding:
    """Return a finding of inactivity, raised at `NOW`, with any field changed."""
    usual = Finding(
        rule="inactivity",
        subject=Subject.of_resident(1),
        severity=Severity.CHECK_SOON,
        began_at=NOW - timedelta(hours=3),
        raised_at=NOW,
        cleared_at=None,
        reason={"rule_version": 1, "usual": {"active_by": "2026-07-31T21:40:00+00:00"}},
    )
    return replace(usual, **changes)


def open_alert(connection: Connection, now: datetime = NOW, **changes: Any) -> int:
    """Open an alert about the resident and return its number."""
    number = episodes.open_or_update(connection, finding(**changes), 1, None, now)
    assert number is not None
    return number


@dataclass
class MailSink:
    """An SMTP server that keeps what it gets; `refusal` is its answer to a recipient, such as `550 no such user`."""

    port: int
    refusal: str | None = None
    hold: threading.Event | None = None
    messages: list[EmailMessage] = field(default_factory=list[EmailMessage])
    raw: list[bytes] = field(default_factory=list[bytes])

    def to(self, address: str) -> list[EmailMessage]:
        """Return the messages to one address, oldest first."""
        return [message for message in self.messages if message["To"] == address]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answer to a recipient."""
        if self.refusal is not None:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a message."""
        content = cast("bytes", envelope.content)
        self.raw.append(content)
        self.messages.append(message_from_bytes(content, policy=policy.default))
        return "250 OK"


@contextmanager
def mail_sink(port: int | None = None) -> Generator[MailSink]:
    """Run an SMTP server for the length of a test."""
    sink = MailSink(port or free_port())
    controller = MailController(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()


@dataclass
class WebhookSink:
    """An HTTP server that keeps what it gets and answers with `status`; `release` lets it answer only once set."""

    port: int = 0
    status: int = 200
    location: str = ""
    release: threading.Event | None = None
    received: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    paths: list[str] = field(default_factory=list[str])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    raw: list[bytes] = field(default_factory=list[bytes])

    @property
    def url(self) -> str:
        """Where to send to."""
        return f"http://127.0.0.1:{self.port}/hook/1?room=2"


@contextmanager
def webhook_sink(**behaviour: Any) -> Generator[WebhookSink]:
    """Run an HTTP server for the length of a test."""
    sink = WebhookSink(**behaviour)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            sink.paths.append(self.path)
            sink.headers.append({name.lower(): value for name, value in self.headers.items()})
            sink.raw.append(body)
            sink.received.append(json.loads(body))
            if sink.release is not None:
                sink.release.wait(30)
            try:
                self.send_response(sink.status)
                if sink.location:
                    self.send_header("Location", sink.location)
                self.send_header("Content-Length", "0")
                self.end_headers()
            except OSError:
                pass  # the sender has hung up, as it does after a time-out

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", sink.port), Handler)
    sink.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield sink
    finally:
        if sink.release is not None:
            sink.release.set()
        server.shutdown()
        thread.join()
        server.server_close()
