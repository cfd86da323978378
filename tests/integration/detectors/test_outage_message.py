"""Families learn once that their neighbourhood or the whole ward is silent, and once that it is over."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.domain.alert import WARD, Finding, Severity, Subject
from core.store.alerts import alerts, episodes
from detectors.alerting.delivery import Office
from detectors.alerting.notices import outage_message
from detectors.alerting.notices.notice_sender import NoticeSender
from tests.support.alerting import MailSink, mail_sink
from tests.support.wards.api_ward import ApiWard, api_ward
from tests.support.wards.notified_ward import TOKYO, mail_channel

_FAMILY_A = ["cousin-a@example.jp", "family-a@example.jp"]
_FAMILY_B = ["cousin-b@example.jp", "family-b@example.jp"]


class SilentWard:
    """Two neighbourhoods with one home each, in the daytime; outages are raised and end by hand."""

    def __init__(self, ward: ApiWard, mail: MailSink) -> None:
        self.ward = ward
        self.mail = mail
        office = Office("https://mimamori.example.jp", "", TOKYO)
        self.sender = NoticeSender(ward.database, ward.clock, mail_channel(mail.port), office)

    def silence(self, subject: Subject, rule: str) -> int:
        """Raise that nothing has come since now."""
        now = self.ward.clock.now()
        found = Finding(rule, subject, Severity.CHECK_SOON, now, now, None, {"rule_version": 1})
        with self.ward.database.transaction() as connection:
            number = episodes.open_or_update(connection, found, None, None, now)
        assert number is not None
        return number

    def end(self, number: int) -> None:
        """Let it be over now."""
        now = self.ward.clock.now()
        with self.ward.database.transaction() as connection:
            episodes.clear(connection, alerts.get(connection, number), now, now)

    def pass_time(self, **span: float) -> list[str]:
        """Let time pass, and return who got a message then, by the service and twice over."""
        self.mail.messages.clear()
        self.ward.clock.advance(**span)
        for _ in range(2):
            outage_message.report(self.ward.database, self.ward.clock.now())
            while self.sender.send_one():
                pass
        return sorted(str(one["To"]) for one in self.mail.messages)


@pytest.fixture
def silent(database_url: str, tmp_path: Path) -> Iterator[SilentWard]:
    with api_ward(database_url, tmp_path) as ward, mail_sink() as mail:
        yield SilentWard(ward, mail)


def test_the_families_of_a_silent_neighbourhood_learn_it_once_and_once_that_it_is_over(
    silent: SilentWard,
) -> None:
    began: datetime = silent.ward.clock.now()
    number = silent.silence(Subject.of_area("area A"), "area_silent")
    # What is short nobody at home needs to know.
    assert silent.pass_time(minutes=14) == []
    assert silent.pass_time(minutes=2) == _FAMILY_A
    clock = began.astimezone(TOKYO).strftime("%-H:%M")
    text = silent.mail.to("family-a@example.jp")[0].get_content()
    assert f"{clock}から、地域の受信が止まっていて、お母さんの様子を確認できません。" in text
    assert "SOSボタンも届かないことがあります" in text
    for hours in range(3):
        assert silent.pass_time(hours=hours) == []
    silent.end(number)
    assert silent.pass_time(minutes=1) == _FAMILY_A
    assert "受信がもどりました" in silent.mail.to("family-a@example.jp")[0].get_content()
    assert silent.pass_time(hours=2) == []


def test_the_whole_ward_is_everybodys_and_what_grows_to_it_is_one_outage(silent: SilentWard) -> None:
    silent.silence(Subject.of_area("area A"), "area_silent")
    assert silent.pass_time(minutes=20) == _FAMILY_A
    silent.silence(WARD, "ward_silent")
    assert silent.pass_time(minutes=20) == _FAMILY_B


def test_whoever_sleeps_learns_it_in_the_morning_if_it_still_lasts(silent: SilentWard) -> None:
    silent.ward.execute(
        "UPDATE contact SET quiet_from = '09:00', quiet_until = '12:00' WHERE resident_id = 1"
    )
    number = silent.silence(Subject.of_area("area A"), "area_silent")
    until = timedelta(hours=12) - timedelta(
        hours=silent.ward.clock.now().astimezone(TOKYO).hour,
        minutes=silent.ward.clock.now().astimezone(TOKYO).minute,
    )
    assert timedelta(hours=1) < until < timedelta(hours=3)
    assert silent.pass_time(minutes=30) == []
    silent.end(number)
    # It is over before they wake: there is nothing to say.
    assert silent.pass_time(hours=4) == []

    again = silent.ward.clock.now()
    silent.ward.execute(
        "UPDATE contact SET quiet_from = %s, quiet_until = %s WHERE resident_id = 1",
        again.astimezone(TOKYO).time(),
        (again + timedelta(hours=8)).astimezone(TOKYO).time(),
    )
    silent.silence(Subject.of_area("area A"), "area_silent")
    assert silent.pass_time(hours=7) == []
    assert silent.pass_time(hours=2) == _FAMILY_A


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE contact SET is_active = false WHERE resident_id = 1",
        "UPDATE resident SET ended_at = now(), end_reason = 'moved' WHERE resident_id = 1",
        "UPDATE resident SET paused_from = '2026-07-01', paused_until = '2026-12-01' WHERE resident_id = 1",
    ],
)
def test_who_is_not_watched_now_is_not_written_about(silent: SilentWard, change: str) -> None:
    silent.ward.execute(change)
    silent.silence(Subject.of_area("area A"), "area_silent")
    assert silent.pass_time(minutes=20) == []
