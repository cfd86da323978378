"""Families learn once that their neighbourhood or the whole ward is silent, and once that it is over."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.domain.alert import WARD, Finding, Severity, Subject
from core.domain.delivery.record import Attempt
from core.store.alerts import alerts, episodes
from detectors.alerting.channels import DeliveryChannel
from detectors.alerting.delivery import Office
from detectors.alerting.notices import outage_message
from detectors.alerting.notices.notice_sender import NoticeSender
from detectors.alerting.outgoing import OutgoingMessage
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

    def move(self, number: int, **span: float) -> None:
        """Let late data show that it began later."""
        with self.ward.database.transaction() as connection:
            alert = alerts.get(connection, number)
            began = alert.began_at + timedelta(**span)
            found = Finding(
                alert.rule, alert.subject, alert.severity, began, alert.raised_at, None, {"rule_version": 1}
            )
            episodes.move(connection, alert, found, self.ward.clock.now())

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
    # What comes back for a moment may go again.
    assert silent.pass_time(minutes=9) == []
    assert silent.pass_time(minutes=2) == _FAMILY_A
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


def test_an_outage_whose_beginning_late_data_move_is_the_same_and_not_over(silent: SilentWard) -> None:
    number = silent.silence(WARD, "ward_silent")
    assert silent.pass_time(minutes=20) == sorted(_FAMILY_A + _FAMILY_B)
    silent.move(number, minutes=3)
    for hours in (0, 1, 7):
        assert silent.pass_time(hours=hours) == []
    ended = silent.ward.clock.now()
    silent.end(number)
    assert silent.pass_time(minutes=11) == sorted(_FAMILY_A + _FAMILY_B)
    # Its end is the one that was found.
    clock = ended.astimezone(TOKYO).strftime("%-H:%M")
    assert f"受信がもどりました({clock})" in silent.mail.to("family-a@example.jp")[0].get_content()


def test_after_one_that_was_reported_as_over_a_new_outage_is_reported_anew(silent: SilentWard) -> None:
    first = silent.silence(WARD, "ward_silent")
    everybody = sorted(_FAMILY_A + _FAMILY_B)
    for _ in range(3):
        assert silent.pass_time(minutes=20) == everybody
        silent.end(first)
        assert silent.pass_time(minutes=11) == everybody
        # The staff have not closed the alert: it takes the new outage too.
        assert silent.silence(WARD, "ward_silent") == first
        assert silent.pass_time(minutes=14) == []
    assert silent.pass_time(minutes=2) == everybody


def test_an_outage_that_comes_and_goes_is_one_and_over_once_it_stays_away(silent: SilentWard) -> None:
    number = silent.silence(Subject.of_area("area A"), "area_silent")
    assert silent.pass_time(minutes=20) == _FAMILY_A
    for _ in range(3):
        silent.end(number)
        assert silent.pass_time(minutes=5) == []
        assert silent.silence(Subject.of_area("area A"), "area_silent") == number
        assert silent.pass_time(minutes=30) == []
    silent.end(number)
    assert silent.pass_time(minutes=11) == _FAMILY_A


def test_nothing_is_over_while_another_alert_says_that_the_ward_is_silent(silent: SilentWard) -> None:
    of_area = silent.silence(Subject.of_area("area A"), "area_silent")
    assert silent.pass_time(minutes=20) == _FAMILY_A
    of_ward = silent.silence(WARD, "ward_silent")
    silent.end(of_area)
    assert silent.pass_time(minutes=20) == _FAMILY_B
    assert silent.pass_time(hours=7) == []
    silent.end(of_ward)
    assert silent.pass_time(minutes=11) == sorted(_FAMILY_A + _FAMILY_B)


def test_what_ends_while_its_message_is_being_sent_is_reported_as_over(
    silent: SilentWard, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = silent.silence(Subject.of_area("area A"), "area_silent")
    silent.ward.clock.advance(minutes=20)
    outage_message.report(silent.ward.database, silent.ward.clock.now())
    real = DeliveryChannel.send

    def slow(channel: DeliveryChannel, message: OutgoingMessage) -> Attempt:
        """Deliver while the outage ends, and has been over for a while."""
        monkeypatch.setattr(DeliveryChannel, "send", real)
        silent.end(number)
        silent.ward.clock.advance(minutes=11)
        outage_message.report(silent.ward.database, silent.ward.clock.now())
        return channel.send(message)

    monkeypatch.setattr(DeliveryChannel, "send", slow)
    assert silent.sender.send_one()
    (first,) = [str(one["To"]) for one in silent.mail.messages]
    # The other message still waited: its family has nothing to learn.
    assert silent.pass_time(minutes=1) == [first]
    assert "受信がもどりました" in silent.mail.to(first)[0].get_content()


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
