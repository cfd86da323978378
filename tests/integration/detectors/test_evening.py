"""Every evening before night: who cannot be reached, sent to the office's centre once, by whatever channel takes it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.domain.alert import Severity
from core.domain.escalation.policy import (
    EscalationPolicy,
    HoursOfDay,
    PolicyBranch,
    PolicyStep,
    Recipients,
)
from core.store.database import Connection, Database
from core.store.people import escalation_policies, tonight
from detectors.alerting.delivery import Office
from detectors.alerting.notices import evening
from detectors.alerting.notices.notice_sender import NoticeSender
from tests.support.alerting import CENTRE, HANAKO, TARO, HandClock, MailSink, mail_sink, register
from tests.support.wards.notified_ward import mail_channel

TOKYO = ZoneInfo("Asia/Tokyo")
# 17:29 in Tokyo.
BEFORE = datetime(2026, 8, 1, 8, 29, tzinfo=UTC)
OFFICE = 1


class Evening:
    """A resident with two relatives whose mail nobody confirmed, and a centre, shortly before half past five."""

    def __init__(self, database: Database, mail: MailSink) -> None:
        self.database = database
        self.clock = HandClock(BEFORE)
        self.mail = mail
        office = Office("https://mimamori.example.jp", "", TOKYO)
        self.sender = NoticeSender(database, self.clock, mail_channel(mail.port), office)

    def look(self) -> int:
        return evening.look_where_due(self.database, TOKYO, self.clock.now(), due=time(17, 30))

    def deliver(self) -> None:
        while self.sender.send_one():
            pass

    def execute(self, statement: str) -> list[tuple[object, ...]]:
        with self.database.transaction() as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def found(self) -> tonight.TonightCheck:
        with self.database.transaction() as connection:
            return tonight.look(connection, OFFICE, TOKYO, self.clock.now())


def _add_desk_above(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(
            "WITH desk AS (INSERT INTO office (name, phone, role) VALUES ('区の当直', '', 'ward_line') RETURNING office_id),"
            " sits AS (INSERT INTO contact (office_id, name, relation, step, language)"
            " SELECT office_id, '区の当直', '', 1, 'ja' FROM desk RETURNING contact_id)"
            " INSERT INTO contact_channel (contact_id, kind, address, place)"
            " SELECT contact_id, 'mail', 'ward@example.jp', 1 FROM sits"
        )


@pytest.fixture
def night(database_url: str, tmp_path: Path) -> Iterator[Evening]:
    with Database(database_url, size=2) as database, mail_sink() as mail:
        register(
            database,
            tmp_path,
            [TARO, HANAKO],
            [CENTRE, {**CENTRE, "name": "当番", "address": "d@example.jp", "duty_only": True}],
        )
        _add_desk_above(database)
        yield Evening(database, mail)


def test_the_centre_learns_once_before_night_how_many_cannot_be_reached(night: Evening) -> None:
    assert night.look() == 0
    night.clock.advance(minutes=1)
    assert night.look() == 1
    night.deliver()
    # Again the same evening, and by another process: nothing more.
    night.clock.advance(hours=3)
    assert night.look() == 0
    night.deliver()
    (mail,) = night.mail.messages
    assert mail["To"] == "centre@example.jp"
    text = mail.get_content()
    assert "家族などに届く確かな送り方がない方: 1人" in text
    assert "https://mimamori.example.jp/offices/1/tonight" in text
    # It names nobody.
    for name in night.execute("SELECT name FROM resident UNION SELECT name FROM contact"):
        assert str(name[0]) not in text
    with night.database.transaction() as connection:
        (kept,) = tonight.latest(connection, BEFORE, OFFICE)
    assert (kept.residents, kept.gaps, kept.centre_is_able) == (1, 0, True)

    # The next evening it is looked at anew.
    night.clock.advance(hours=24)
    assert night.look() == 1
    night.deliver()
    assert len(night.mail.messages) == 2


def test_nobody_is_written_to_where_everybody_can_be_reached(night: Evening) -> None:
    night.execute("UPDATE contact_channel SET confirmed_at = now()")
    night.clock.advance(minutes=1)
    assert night.look() == 1
    night.deliver()
    assert night.mail.messages == []
    assert night.found().is_well


def test_an_office_with_no_desk_above_it_learns_that_once_a_month(night: Evening) -> None:
    night.execute("UPDATE contact_channel SET confirmed_at = now()")
    night.execute("UPDATE contact SET is_active = false WHERE name = '区の当直'")
    night.clock.advance(minutes=1)
    assert not night.found().is_well
    for _ in range(3):
        assert night.look() == 1
        night.deliver()
        night.clock.advance(hours=24)
    (mail,) = night.mail.messages
    assert "緊急のときに頼れる受付がありません" in str(mail["Subject"])
    text = mail.get_content()
    assert "区の当直窓口か、代わりの窓口を登録してください" in text
    assert "連絡がつかないところがあります" not in text


def test_who_answers_no_test_is_reported_every_week_also_where_no_desk_stands_above(
    night: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.execute("UPDATE contact_channel SET confirmed_at = now()")
    night.execute("UPDATE contact SET is_active = false WHERE name = '区の当直'")
    real = tonight.look

    def look(
        connection: Connection, office: int, zone: ZoneInfo, now: datetime, *, limit: int
    ) -> tonight.TonightCheck:
        return replace(real(connection, office, zone, now, limit=limit), unproven=3)

    monkeypatch.setattr(tonight, "look", look)
    night.clock.advance(minutes=1)
    subjects: list[list[str]] = []
    # From Saturday to Tuesday: the week begins on Monday.
    for _ in range(4):
        night.mail.messages.clear()
        assert night.look() == 1
        night.deliver()
        subjects.append(sorted(str(one["Subject"]) for one in night.mail.messages))
        night.clock.advance(hours=24)
    unproven = "【お知らせ】届くかどうか分からない連絡先があります"
    assert [len(one) for one in subjects] == [2, 0, 1, 0]
    assert unproven in subjects[0]
    assert subjects[2] == [unproven]


def test_a_check_that_was_missed_is_made_up_for_until_midnight(night: Evening) -> None:
    night.clock.advance(hours=6, minutes=30)
    assert night.look() == 1
    night.clock.advance(hours=1)
    # It is past midnight: the evening of the new day has not come.
    assert night.look() == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE contact SET is_active = false WHERE resident_id IS NOT NULL", "no_contact"),
        (
            "UPDATE contact_channel SET confirmed_at = now(), unreachable_since = now(), unreachable_reason = 'x'",
            "all_dead",
        ),
        ("SELECT 1", "not_confirmed"),
        # One of the two relatives can be reached: that is enough.
        ("UPDATE contact_channel SET confirmed_at = now() WHERE address = 'taro@example.jp'", None),
        # Both sleep, and the centre cannot stand in for them.
        (
            "UPDATE contact_channel SET confirmed_at = now(),"
            " unreachable_since = CASE WHEN address = 'centre@example.jp' THEN now() END,"
            " unreachable_reason = CASE WHEN address = 'centre@example.jp' THEN 'x' END",
            "quiet",
        ),
        ("UPDATE resident SET paused_from = '2026-07-01', paused_until = '2026-09-01'", None),
        ("UPDATE resident SET watched_from = '2026-08-02'", None),
        ("UPDATE resident SET ended_at = now(), end_reason = 'moved'", None),
    ],
)
def test_each_family_that_cannot_be_reached_is_listed_with_the_reason(
    night: Evening, change: str, reason: str | None
) -> None:
    night.execute(change)
    found = night.found()
    assert [one.reason.value for one in found.families] == ([] if reason is None else [reason])
    assert found.residents == len(found.families)


def test_a_gap_of_the_roster_is_reported_with_its_hours(night: Evening) -> None:
    night.execute("UPDATE contact_channel SET confirmed_at = now()")
    usual = [
        PolicyBranch(one, (PolicyStep(Recipients.OFFICE, 5),))
        for one in (Severity.EMERGENCY, Severity.CHECK_SOON)
    ]
    duty = PolicyBranch(
        Severity.EMERGENCY,
        (PolicyStep(Recipients.DUTY, 5), PolicyStep(Recipients.OFFICE, 5)),
        HoursOfDay.NIGHT,
    )
    with night.database.transaction() as connection:
        escalation_policies.put_for_office(connection, OFFICE, EscalationPolicy((*usual, duty)), BEFORE)
    night.clock.advance(minutes=1)
    night.look()
    night.deliver()
    (mail,) = night.mail.messages
    assert "当番のいない時間: 22:00–7:00" in mail.get_content()


def test_a_gap_of_the_next_day_is_reported_until_the_next_check(night: Evening) -> None:
    night.execute("UPDATE contact_channel SET confirmed_at = now()")
    usual = [
        PolicyBranch(one, (PolicyStep(Recipients.DUTY, 5), PolicyStep(Recipients.OFFICE, 5)))
        for one in (Severity.EMERGENCY, Severity.CHECK_SOON)
    ]
    with night.database.transaction() as connection:
        escalation_policies.put_for_office(connection, OFFICE, EscalationPolicy(tuple(usual)), BEFORE)
    ((began, ended),) = night.found().gaps
    assert (began, ended) == (BEFORE, BEFORE + timedelta(hours=24))


def test_an_office_that_watches_over_nobody_any_more_is_not_looked_at(night: Evening) -> None:
    night.execute("UPDATE resident SET ended_at = now(), end_reason = 'moved'")
    night.clock.advance(minutes=1)
    assert night.look() == 0


def test_what_the_server_does_not_take_is_tried_again_and_given_up_after_five_times(night: Evening) -> None:
    night.mail.refusal = "450 try later"
    night.clock.advance(minutes=1)
    night.look()
    for pause in (0, 1, 5, 15, 60, 600):
        night.clock.advance(minutes=pause)
        night.deliver()
    ((attempts, error, is_over),) = night.execute(
        "SELECT attempts, error, given_up_at IS NOT NULL FROM notice"
    )
    assert (attempts, error, is_over) == (5, "smtp_450", True)

    night.mail.refusal = None
    night.execute("UPDATE notice SET given_up_at = NULL, lease_until = NULL")
    # A sender that died left its lease behind: another one waits for its end, in the machine's time.
    night.execute("UPDATE notice SET lease_until = now() + interval '1 hour'")
    night.deliver()
    assert night.mail.messages == []
    night.execute("UPDATE notice SET lease_until = now() - interval '1 second'")
    night.deliver()
    assert len(night.mail.messages) == 1


def test_of_ten_thousand_residents_all_are_counted_and_the_first_are_named(night: Evening) -> None:
    night.execute(
        "INSERT INTO resident (home_id, office_id, name, watched_from)"
        " SELECT 1, 1, 'r' || number, '2026-07-01' FROM generate_series(1, 10000) AS number"
    )
    night.execute(
        "INSERT INTO contact (resident_id, name, step) SELECT resident_id, 'c', 1 FROM resident, generate_series(1, 2) WHERE resident_id > 1"
    )
    night.execute(
        "INSERT INTO contact_channel (contact_id, place, kind, address)"
        " SELECT contact_id, 1, 'mail', contact_id || '@x.jp' FROM contact WHERE name = 'c'"
    )
    night.execute("ANALYZE")
    found = night.found()
    assert found.residents == 10_001
    assert len(found.families) == 200
