"""Summaries for contacts who chose them: at eight by the clock of the home, once, and nothing that is not known."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.domain.people import Channel
from core.store.people import contact_channels
from detectors.alerting.delivery import Office
from detectors.alerting.notices import digest
from detectors.alerting.notices.notice_sender import NoticeSender
from tests.support.alerting import MailSink, mail_sink
from tests.support.wards.api_ward import RESIDENT_A, ApiWard, api_ward
from tests.support.wards.notified_ward import mail_channel

TOKYO = ZoneInfo("Asia/Tokyo")


class DigestWard:
    """Two residents, of whom the family of the first chose a summary of each day."""

    def __init__(self, ward: ApiWard, mail: MailSink) -> None:
        self.ward = ward
        self.mail = mail
        office = Office("https://mimamori.example.jp", "", TOKYO)
        self.sender = NoticeSender(ward.database, ward.clock, mail_channel(mail.port), office)
        self.choose("daily")
        ward.execute("UPDATE contact_channel SET confirmed_at = %s", ward.clock.now())

    def choose(self, rhythm: str) -> None:
        """Let the family contact of the first resident choose."""
        self.ward.execute("UPDATE contact SET digest = %s WHERE name = 'contact A'", rhythm)

    def go_to(self, year: int, month: int, day: int, hour: int, zone: ZoneInfo = TOKYO) -> datetime:
        """Move the clock to an hour of a day."""
        moment = datetime(year, month, day, hour, tzinfo=zone).astimezone(UTC)
        self.ward.clock.advance(seconds=(moment - self.ward.clock.now()).total_seconds())
        return moment

    def send(self) -> list[str]:
        """Send what is due now and return the texts."""
        self.mail.messages.clear()
        digest.send_where_due(self.ward.database, self.ward.clock.now())
        while self.sender.send_one():
            pass
        return [one.get_content() for one in self.mail.messages]

    def move(self, *moments: datetime) -> None:
        """Store movement in the hall of the first home."""
        for one in moments:
            self.ward.read("hall-a", "motion", 1, one, life_sign=True)

    def evaluate(self, state: str = "as_usual") -> None:
        """Say what the last evaluation found, just now."""
        now = self.ward.clock.now()
        self.ward.execute("DELETE FROM evaluation")
        self.ward.execute(
            "INSERT INTO evaluation (resident_id, evaluated_through, due_at, state)"
            " VALUES (NULL, %s, %s, 'as_usual'), (%s, %s, %s, %s)",
            now, now, RESIDENT_A, now, now + timedelta(hours=1), state,
        )  # fmt: skip


@pytest.fixture
def chosen(database_url: str, tmp_path: Path) -> Iterator[DigestWard]:
    with api_ward(database_url, tmp_path) as ward, mail_sink() as mail:
        yield DigestWard(ward, mail)


def test_a_day_is_summed_up_once_at_eight_in_words_with_how_she_is_now(chosen: DigestWard) -> None:
    day = datetime(2026, 8, 3, tzinfo=TOKYO)
    chosen.move(
        day + timedelta(hours=6, minutes=40), day + timedelta(hours=12), day + timedelta(hours=21, minutes=50)
    )
    chosen.go_to(2026, 8, 3, 12)
    chosen.ward.open_alert(rule="sos")
    chosen.ward.execute("UPDATE alert SET handling = 'closed', outcome = 'drill', closed_at = opened_at")
    chosen.go_to(2026, 8, 4, 7)
    assert chosen.send() == []
    chosen.go_to(2026, 8, 4, 8)
    chosen.evaluate()
    (text,) = chosen.send()
    assert str(chosen.mail.messages[0]["To"]) == "family-a@example.jp"
    assert "お母さんの8/3(月)の様子です。" in text
    assert "家での動きは6:30ごろから22:00ごろまで伝えられました(30分ごとに見て3回)。" in text
    assert "この間のお知らせ: 1件(SOSボタン・12:00)。" in text
    assert "いまの様子: いつも通りです。" in text
    assert "/settings" in text
    # No place is in it, neither of a home nor in one.
    for hidden in ("area A", "home A", "廊下", "35.65"):
        assert hidden not in text
    # Not again on that day, nor by another process; and anew the next.
    assert chosen.send() == []
    chosen.go_to(2026, 8, 4, 23)
    assert chosen.send() == []
    chosen.go_to(2026, 8, 5, 8)
    assert len(chosen.send()) == 1


def test_what_is_not_known_is_said_to_be_unknown(chosen: DigestWard) -> None:
    last = datetime(2026, 8, 2, 20, tzinfo=TOKYO)
    chosen.ward.execute(
        "INSERT INTO device_contact (device_number, last_received_at, last_time)"
        " SELECT device_number, %s, %s FROM device WHERE device_id = 'hall-a'", last, last,
    )  # fmt: skip
    chosen.go_to(2026, 8, 4, 8)
    (text,) = chosen.send()
    assert "この間、何も届いていません。様子は分かりません。" in text
    assert "この間、お知らせを出せる記録がありませんでした。" in text
    assert "いまの様子: 確認できません(最後の受信は8/2(日) 20:00)。" in text
    for claim in ("いつも通り", "お知らせはありませんでした", "動きは"):
        assert claim not in text

    # Something arrived, but no movement: that alone says nothing either. And there was a time in which nothing could be received.
    day = datetime(2026, 8, 4, tzinfo=TOKYO)
    chosen.ward.read("hall-a", "motion", 0, day + timedelta(hours=10))
    chosen.ward.execute(
        "INSERT INTO blind_time (subject_kind, home_id, began_at, ended_at, known_at, cause) VALUES"
        " ('home', 1, %s, %s, %s, 'no_heartbeat')", *[day + timedelta(hours=hours) for hours in (2, 4, 2)],
    )  # fmt: skip
    chosen.go_to(2026, 8, 5, 8)
    chosen.evaluate("cannot_tell")
    (text,) = chosen.send()
    assert "家での動きは伝えられていません。" in text
    assert "これだけでは様子は分かりません" in text
    assert "受信が止まっていた時間: 2:00–4:00。その間の様子は分かりません。" in text
    assert "いまの様子: 確認できません" in text


def test_a_week_comes_on_mondays_and_says_of_how_many_days_something_is_known(chosen: DigestWard) -> None:
    chosen.choose("weekly")
    # 8/3 is a Monday.
    chosen.go_to(2026, 8, 9, 8)
    assert chosen.send() == []
    for day in (3, 4, 5):
        chosen.move(datetime(2026, 8, day, 9, tzinfo=TOKYO))
    chosen.go_to(2026, 8, 10, 8)
    (text,) = chosen.send()
    assert "お母さんの1週間の様子です(8/3(月)–8/9(日))。" in text
    assert "家での動きが伝えられた日: 7日のうち3日。" in text
    assert "何も届かず、様子の分からない日: 4日。" in text
    assert "これまでとくらべられるだけの記録は、まだありません。" in text
    assert chosen.send() == []


@pytest.mark.parametrize(("month", "day"), [(3, 29), (3, 30), (10, 25), (10, 26), (12, 31)])
def test_it_is_eight_by_the_clock_of_the_home_also_where_the_clock_changes(
    chosen: DigestWard, month: int, day: int
) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    chosen.ward.execute("UPDATE home SET time_zone = 'Europe/Berlin' WHERE home_id = 1")
    chosen.go_to(2027, month, day, 7, berlin)
    assert chosen.send() == []
    chosen.go_to(2027, month, day, 8, berlin)
    assert len(chosen.send()) == 1
    assert chosen.send() == []


def test_whoever_sleeps_at_eight_gets_it_when_their_quiet_hours_end(chosen: DigestWard) -> None:
    chosen.ward.execute(
        "UPDATE contact SET quiet_from = '23:00', quiet_until = '10:00' WHERE name = 'contact A'"
    )
    chosen.go_to(2026, 8, 4, 8)
    assert chosen.send() == []
    chosen.go_to(2026, 8, 4, 10)
    assert len(chosen.send()) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE contact SET digest = 'never'",
        "UPDATE contact SET is_active = false WHERE name = 'contact A'",
        "UPDATE contact SET is_resident = true, user_id = NULL WHERE name = 'contact A'",
        # A stranger may have this address.
        "UPDATE contact_channel SET confirmed_at = NULL",
        "UPDATE contact_channel SET unreachable_since = now(), unreachable_reason = 'x'",
        "UPDATE resident SET watched_from = '2026-08-04'",
    ],
)
def test_nobody_gets_one_who_did_not_choose_it_or_may_be_somebody_else(
    chosen: DigestWard, change: str
) -> None:
    chosen.ward.execute(change)
    chosen.go_to(2026, 8, 4, 8)
    assert chosen.send() == []


def test_no_summary_goes_by_telephone(chosen: DigestWard) -> None:
    with chosen.ward.database.transaction() as connection:
        (contact,) = chosen.ward.execute("SELECT contact_id FROM contact WHERE name = 'contact A'")[0]
        now = chosen.ward.clock.now()
        for kind, address in ((Channel.SMS, "090-1234-5678"), (Channel.VOICE, "03-1234-5678")):
            contact_channels.add(connection, contact, kind, address, sealer=None, confirmed_at=now)
        contact_channels.remove(connection, contact_channels.of_contact(connection, contact)[0].number)
    chosen.go_to(2026, 8, 4, 8)
    assert chosen.send() == []
    assert chosen.ward.execute("SELECT error FROM notice") == [("no_channel",)]


def test_a_pause_and_an_open_alert_are_said_before_what_was_found(chosen: DigestWard) -> None:
    chosen.go_to(2026, 8, 4, 8)
    chosen.evaluate()
    chosen.ward.open_alert()
    assert "終わっていないお知らせが1件あります" in chosen.send()[0]
    chosen.ward.execute(
        "UPDATE resident SET paused_from = '2026-08-04', paused_until = '2026-08-20' WHERE resident_id = 1"
    )
    chosen.go_to(2026, 8, 5, 8)
    assert "見守りはお休み中です" in chosen.send()[0]


def test_what_waits_is_not_sent_once_the_watch_has_ended(chosen: DigestWard) -> None:
    chosen.ward.execute(
        "UPDATE contact SET quiet_from = '23:00', quiet_until = '10:00' WHERE name = 'contact A'"
    )
    chosen.go_to(2026, 8, 4, 8)
    assert chosen.send() == []
    body = {"reason": "moved", "version": 1}
    assert (
        chosen.ward.client("care_a").post(f"/api/v1/residents/{RESIDENT_A}/end", json=body).status_code == 200
    )
    chosen.go_to(2026, 8, 4, 12)
    assert chosen.send() == []
