"""One family's week as they read it: every message to the son, in order, against a text that reads as one story.

`WRITE_GOLDEN=1` writes the files anew; read them before they are kept.
"""

import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from core.domain.alert import Outcome, Severity, Subject
from core.domain.people import Language
from core.store.alerts import alerts, episodes, handling
from core.store.database import Database
from tests.support.alerting import HANAKO, TARO, finding, mail_sink, register
from tests.support.paths import TEST_DATA
from tests.support.wards.notified_ward import TOKYO, NotifiedWard

CARE, TARO_CONTACT, HANAKO_CONTACT = 2, 2, 3
_GOLDEN = TEST_DATA / "family_week"


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[NotifiedWard]:
    with Database(database_url, size=3) as database, mail_sink() as mail:
        register(database, tmp_path)
        yield NotifiedWard(database, mail)


class _Family:
    """What happens to one resident in a week, by the clock on the wall."""

    def __init__(self, ward: NotifiedWard) -> None:
        self.ward = ward

    def at(self, text: str) -> None:
        moment = datetime.fromisoformat(f"2026-08-{text}").replace(tzinfo=TOKYO)
        self.ward.wait(seconds=(moment - self.ward.clock.now()).total_seconds())

    def raised(self, rule: str, severity: Severity = Severity.CHECK_SOON, **reason: Any) -> int:
        now = self.ward.clock.now()
        subject = Subject.of_geofence(1) if rule == "geofence_exit" else Subject.of_resident(1)
        found = finding(
            rule=rule, subject=subject, severity=severity, began_at=now, raised_at=now, reason=reason
        )
        with self.ward.database.transaction() as connection:
            number = episodes.open_or_update(connection, found, 1, None, now)
        assert number is not None
        self.ward.deliver()
        return number

    def ended(self, *numbers: int) -> None:
        now = self.ward.clock.now()
        with self.ward.database.transaction() as connection:
            for number in numbers:
                episodes.clear(connection, alerts.get(connection, number), now, now)
        self.ward.deliver()

    def act(self, action: Any, number: int, **options: Any) -> None:
        with self.ward.database.transaction() as connection:
            action(connection, number, now=self.ward.clock.now(), **options)
        self.ward.deliver()


def _live(family: _Family) -> None:
    # Saturday: pressed, nobody answers, pressed again; the daughter goes.
    sos = family.ward.call()
    family.at("01T09:06")
    family.ward.call()
    family.at("01T09:10")
    family.act(handling.claim, sos, contact=HANAKO_CONTACT)
    family.at("01T09:17")
    family.act(handling.close, sos, contact=HANAKO_CONTACT, outcome=Outcome.SAFE_AFTER_HELP)
    # Monday: one walk.
    family.at("03T14:00")
    left = family.raised("geofence_exit")
    family.at("03T14:20")
    lost = family.raised("wandering", Severity.EMERGENCY)
    family.at("03T14:22")
    family.act(handling.claim, lost, user=CARE)
    family.at("03T14:29")
    late = family.raised("not_returned")
    family.at("03T14:31")
    family.ended(left, lost, late)
    family.act(handling.close, lost, user=CARE, outcome=Outcome.SAFE_CONTACTED)
    # Wednesday: nothing moves, somebody claims and falls silent; then she is up.
    family.at("05T10:00")
    still = family.raised("inactivity", usual={"days": 28, "longest_min": 95})
    family.at("05T10:05")
    family.act(handling.claim, still, contact=HANAKO_CONTACT)
    family.at("05T10:50")
    family.ended(still)
    # Friday: a fall; the ambulance comes.
    family.at("07T22:40")
    fall = family.raised("fall", Severity.EMERGENCY, place="bathroom")
    family.at("07T22:44")
    family.act(handling.claim, fall, user=CARE)
    family.at("07T22:50")
    family.act(handling.close, fall, user=CARE, outcome=Outcome.AMBULANCE_CALLED)
    family.at("08T12:00")


def _story(ward: NotifiedWard, address: str) -> str:
    parts: list[str] = []
    for message in ward.mail.to(address):
        body = re.sub(r"/a/[\w-]+", "/a/TOKEN", "\n".join(message.get_content().splitlines()).strip())
        parts.append(f"## {message['Subject']}\n\n{body}\n")
    return "\n".join(parts)


def test_the_messages_of_a_familys_week_read_as_one_story(ward: NotifiedWard) -> None:
    _live(_Family(ward))
    for language, contact in ((Language.JA, TARO), (Language.EN, HANAKO)):
        story, file = _story(ward, str(contact["address"])), _GOLDEN / f"{language}.md"
        if os.environ.get("WRITE_GOLDEN"):
            file.parent.mkdir(exist_ok=True)
            file.write_text(story, encoding="utf-8")
        assert story == file.read_text(encoding="utf-8")
        assert story.count("## ") <= 18
