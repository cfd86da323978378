"""A ward whose time is moved by hand and whose mails arrive in a sink: who is notified of what, message by message."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from core.domain.alert import Alert, EventKind, Severity
from core.store.alerts import alerts, episodes, notifications
from core.store.database import Database
from detectors.alerting import channels, planner
from detectors.alerting.delivery import Office, Sender
from tests.support.alerting import HandClock, MailSink, finding

TOKYO = ZoneInfo("Asia/Tokyo")
_LEAST = timedelta(seconds=1)
FIRST_CALL = datetime(2026, 8, 1, 8, 11, tzinfo=TOKYO).astimezone(UTC)


def mail_channel(port: int) -> channels.DeliveryChannel:
    """Return what delivers to a mail server of this machine."""
    server = channels.mail_server(SecretStr(f"smtp://127.0.0.1:{port}"))
    return channels.DeliveryChannel(server, "mimamori@localhost", allow_private_hosts=True)


class NotifiedWard:
    """One resident with two relatives and a centre; every message that is due leaves when the clock has moved."""

    def __init__(self, database: Database, mail: MailSink) -> None:
        self.database = database
        self.clock = HandClock(FIRST_CALL)
        self.mail = mail
        office = Office("https://mimamori.example.jp", "", TOKYO)
        self.sender = Sender(database, self.clock, mail_channel(mail.port), office)

    def alert(self, number: int) -> Alert:
        """Return an alert as it is now."""
        with self.database.transaction() as connection:
            return alerts.get(connection, number)

    def events(self, number: int) -> list[EventKind]:
        """Return what happened to an alert, in order."""
        with self.database.transaction() as connection:
            return [one.kind for one in alerts.events(connection, number)]

    def call(self, rule: str = "sos", severity: Severity = Severity.EMERGENCY) -> int:
        """Let the resident call, pass the message on, and return the alert's number."""
        now = self.clock.now()
        reason = {"rule_version": 2, "place": "living_room", "pressed_at": now.isoformat()}
        found = finding(rule=rule, severity=severity, began_at=now, raised_at=now, reason=reason)
        with self.database.transaction() as connection:
            number = episodes.open_or_update(connection, found, 1, None, now)
        assert number is not None
        self.deliver()
        return number

    def wait(self, **span: float) -> None:
        """Let time pass from one moment at which something is due to the next, as the service does."""
        end = self.clock.now() + timedelta(**span)
        while self.clock.now() < end:
            with self.database.transaction() as connection:
                due_at = notifications.next_due(connection) or end
            rest = max(min(due_at, end) - self.clock.now(), _LEAST)
            self.clock.advance(seconds=rest.total_seconds())
            self.deliver()

    def deliver(self) -> None:
        """Plan and send all that is due now."""
        planner.plan_all(self.database, self.clock.now())
        while self.sender.send_one():
            planner.plan_all(self.database, self.clock.now())

    def last(self, address: str) -> str:
        """Return the sentence of the last message to somebody."""
        return self.mail.to(address)[-1].get_content().split("\n")[2]
