"""A home whose resident can be asked before anybody else is notified of a silence."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from api.actions import provider_reports
from api.actions.people import prompts as actions
from core.domain.agreed.prompt import Prompt, PromptAnswer, PromptSetting
from core.domain.alert import Alert
from core.store.database import Database
from core.store.people.agreed import prompts
from detectors.alerting.delivery import Office
from detectors.alerting.notices.notice_sender import NoticeSender
from tests.support.alerting import MailSink
from tests.support.wards.evaluated_ward import ZONE, EvaluatedWard, Seen, at, daily, home
from tests.support.wards.notified_ward import mail_channel

DAYS = 30
FIRST = at("2026-06-01 00:00")
TODAY = FIRST + timedelta(days=DAYS)
BASE_URL = "https://mimamori.example.jp"
LINE_USER = "U" + 32 * "a"


class AskedHome:
    """A home with 30 regular days behind it whose resident moved last at 9:30 and has a mail address and LINE of their own."""

    def __init__(self, database: Database, folder: Path, mail: MailSink) -> None:
        self.ward = EvaluatedWard(database, folder, [home(1, watched_from=TODAY)], TODAY)
        self.mail = mail
        office = Office(BASE_URL, "", ZONE)
        self.sender = NoticeSender(database, self.ward.clock, mail_channel(mail.port), office)
        self.ward.store(daily(1, FIRST, DAYS))
        self.ward.pass_to(TODAY + timedelta(minutes=1))
        with database.transaction() as connection:
            row = connection.execute(
                "INSERT INTO contact (resident_id, name, step, is_resident) VALUES (1, '本人', 1, true) RETURNING contact_id"
            ).fetchone()
            assert row is not None
            self.contact: int = row[0]
            connection.execute(
                "INSERT INTO contact_channel (contact_id, place, kind, address, confirmed_at)"
                " VALUES (%s, 1, 'mail', 'hanako@example.jp', %s), (%s, 2, 'line', %s, %s)",
                (self.contact, TODAY, self.contact, LINE_USER, TODAY),
            )

    def agree(self, *, most_in_a_week: int = 3) -> None:
        """Let the resident be asked."""
        with self.ward.database.transaction() as connection:
            setting = PromptSetting(is_on=True, most_in_a_week=most_in_a_week, agreed="hanako, 6/30")
            prompts.put_setting(connection, 1, setting, self.ward.clock.now())

    def move(self, *clocks: str, day: str = "2026-07-01") -> None:
        """Store sure signs of life."""
        self.ward.store(
            Seen(f"{room}-1", "motion", 1, at(f"{day} {one}") + timedelta(seconds=wait))
            for one in clocks
            for room, wait in (("kitchen", 0), ("hall", 30))
        )

    def live(self, until: str, *, every_min: int = 5) -> None:
        """Let time pass as the runner does, and deliver what is due."""
        self.live_to(at(until), every_min=every_min)

    def live_to(self, until: datetime, *, every_min: int = 5) -> None:
        """Do the same up to a moment."""
        while self.ward.clock.now() < until:
            self.ward.pass_to(min(until, self.ward.clock.now() + timedelta(minutes=every_min)))
            while self.sender.send_one():
                pass

    def live_until_asked(self) -> Prompt:
        """Let time pass until the resident is asked, within the day."""
        for _ in range(24 * 12):
            self.live_to(self.ward.clock.now() + timedelta(minutes=5))
            if found := self.prompts():
                return found[0]
        raise AssertionError("nobody was asked")

    def wait_until_due(self) -> Prompt:
        """Let time pass until the question waits in the outbox, which nobody empties."""
        for _ in range(24 * 12):
            self.ward.pass_to(self.ward.clock.now() + timedelta(minutes=5))
            if found := self.prompts():
                return found[0]
        raise AssertionError("nobody was asked")

    def prompts(self) -> list[Prompt]:
        """Return the questions, the newest first."""
        with self.ward.database.transaction() as connection:
            return prompts.of_resident(connection, 1, 10)

    def answer(self, pressed: PromptAnswer) -> None:
        """Answer the newest question."""
        (latest, *_) = self.prompts()
        with self.ward.database.transaction() as connection:
            actions.answer(connection, latest, pressed, self.ward.clock.now())

    def press_on_line(self, key: str, action: str, number: str, user: str = LINE_USER) -> None:
        """Press a button of a message on LINE."""
        event: dict[str, Any] = {
            "type": "postback",
            "webhookEventId": number,
            "source": {"userId": user},
            "postback": {"data": f"action={action}&key={key}"},
        }
        with self.ward.database.transaction() as connection:
            provider_reports.take_line_events(connection, [event], self.ward.clock.now())

    def key(self) -> str:
        """Return what the buttons of the one question say."""
        with self.ward.database.transaction() as connection:
            ((key,),) = connection.execute(
                b"SELECT request_key::text FROM notice WHERE kind = 'prompt'"
            ).fetchall()
        return key

    def silences(self) -> list[Alert]:
        """Return the alerts of the silence."""
        return self.ward.alerts("inactivity")
