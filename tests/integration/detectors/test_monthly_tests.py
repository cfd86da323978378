"""Every month each channel of a contact is tested; whoever answers none is counted before night."""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from typing import LiteralString
from zoneinfo import ZoneInfo

import pytest

from core.store.alerts import answer_links
from detectors.alerting.delivery import Office
from detectors.alerting.notices import evening, monthly_tests
from detectors.alerting.notices.notice_sender import NoticeSender
from tests.support.alerting import MailSink, mail_sink
from tests.support.wards.api_ward import OFFICE_A, ApiWard, api_ward
from tests.support.wards.notified_ward import mail_channel

TOKYO = ZoneInfo("Asia/Tokyo")
_PAGE = f"/offices/{OFFICE_A}/tonight"


class TestedWard:
    """Two offices, whose seven contacts have one mail address each; the month passes by the hand of the test."""

    __test__ = False

    def __init__(self, ward: ApiWard, mail: MailSink) -> None:
        self.ward = ward
        self.mail = mail
        office = Office("https://mimamori.example.jp", "", TOKYO)
        self.sender = NoticeSender(ward.database, ward.clock, mail_channel(mail.port), office)
        ward.execute("UPDATE office SET next_office_id = 3 - office_id")
        ward.execute("UPDATE contact_channel SET confirmed_at = %s", ward.clock.now())
        (self.contact, self.channel) = ward.execute(
            "SELECT contact_id, contact_channel_id FROM contact JOIN contact_channel USING (contact_id) WHERE name = 'cousin A'"
        )[0]

    def go_to(self, moment: datetime) -> None:
        """Move the clock."""
        self.ward.clock.advance(seconds=(moment - self.ward.clock.now()).total_seconds())

    def ask(self) -> int:
        """Ask for the tests that are due now."""
        return monthly_tests.ask_where_due(self.ward.database, TOKYO, self.ward.clock.now())

    def deliver(self) -> None:
        """Send what is due."""
        while self.sender.send_one():
            pass

    def pass_month(self, year: int, month: int) -> list[str]:
        """Let a month pass, three hours at a time, and return to whom tests went."""
        self.mail.messages.clear()
        self.go_to(datetime(year, month, 1, tzinfo=TOKYO).astimezone(UTC))
        for _ in range(31 * 8):
            self.ask()
            self.deliver()
            self.ward.clock.advance(hours=3)
        return sorted(str(one["To"]) for one in self.mail.messages)

    def press(self) -> None:
        """Answer the last test that came to the cousin."""
        (mail,) = self.mail.to("cousin-a@example.jp")
        # Beside it stands the way to the contact's own page.
        (link,) = re.findall(r"https://mimamori\.example\.jp(/c/[\w-]{32})\s", mail.get_content())
        self.ward.client().post(str(link), data={"action": "arrived"})


@pytest.fixture
def tested(database_url: str, tmp_path: Path) -> Iterator[TestedWard]:
    with api_ward(database_url, tmp_path) as ward, mail_sink() as mail:
        yield TestedWard(ward, mail)


_ALL = [f"{who}-{office}@example.jp" for who in ("family", "cousin") for office in "ab"]


def test_each_channel_gets_one_test_a_month_that_says_that_nothing_happened(tested: TestedWard) -> None:
    everybody = sorted([*_ALL, "centre-A@example.jp", "centre-B@example.jp"])
    assert tested.pass_month(2026, 9) == everybody
    text = tested.mail.to("cousin-a@example.jp")[0].get_content()
    assert "毎月1回のテストです。何も起きていません。" in text
    assert "田中" not in text
    assert tested.pass_month(2026, 10) == everybody


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE contact SET is_tested_monthly = false WHERE name = 'cousin A'",
        "UPDATE contact SET is_active = false WHERE name = 'cousin A'",
        "UPDATE contact SET is_resident = true WHERE name = 'cousin A'",
        "UPDATE contact_channel SET unreachable_since = now(), unreachable_reason = 'x' WHERE address = 'cousin-a@example.jp'",
        "UPDATE office SET is_tested_monthly = false WHERE office_id = 1",
        "UPDATE resident SET ended_at = now(), end_reason = 'moved' WHERE resident_id = 1",
        "UPDATE resident SET paused_from = '2026-08-01', paused_until = '2026-12-01' WHERE resident_id = 1",
    ],
)
def test_who_is_not_to_be_tested_gets_none(tested: TestedWard, change: LiteralString) -> None:
    tested.ward.execute(change)
    sent = tested.pass_month(2026, 9)
    assert "cousin-a@example.jp" not in sent
    assert "cousin-b@example.jp" in sent


def test_two_processes_ask_once(tested: TestedWard) -> None:
    day = tested.channel % 28 + 1
    tested.go_to(datetime(2026, 9, day, 10, tzinfo=TOKYO).astimezone(UTC))
    tested.ward.execute("UPDATE contact SET is_tested_monthly = contact_id = %s", tested.contact)
    asked: list[int] = []
    together = threading.Barrier(4)

    def ask() -> None:
        together.wait()
        asked.append(tested.ask())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(asked) == [0, 0, 0, 1]
    assert tested.ward.execute("SELECT count(*) FROM notice") == [(1,)]


def test_who_answers_no_test_is_listed_and_counted_until_one_press(tested: TestedWard) -> None:
    ward, care = tested.ward, tested.ward.client("care_a")
    ward.execute("UPDATE contact SET is_tested_monthly = contact_id = %s", tested.contact)
    assert "まだテストを送っていません" in care.get(_PAGE).text
    tested.pass_month(2026, 9)
    found = care.get(f"/api/v1{_PAGE}").json()
    assert (found["tested"], found["proven"], found["unproven"]) == (1, 0, 1)
    (one,) = found["unproven_contacts"]
    assert (one["contact"], one["proven_at"]) == (tested.contact, None)
    page = care.get(_PAGE).text
    assert "テストに返事のない連絡先 1人" in page
    assert "cousin A" in page
    assert "1のうち0" in care.get(f"/contacts/{tested.contact}").text

    # Alone it is sent to the centre once a week; the board says it each evening.
    tested.mail.messages.clear()
    tested.go_to(datetime(2026, 10, 5, 18, tzinfo=TOKYO).astimezone(UTC))
    for _ in range(7):
        evening.look_where_due(ward.database, TOKYO, ward.clock.now(), due=time(17, 30))
        tested.deliver()
        assert "テストに返事のない連絡先 1人" in care.get("/board").text
        ward.clock.advance(hours=24)
    (mail,) = tested.mail.messages
    assert mail["To"] == "centre-A@example.jp"
    assert "届くかどうか分からない連絡先があります" in str(mail["Subject"])
    assert "テストに返事がなく、届くかどうか分からない連絡先: 1人" in mail.get_content()
    assert "cousin" not in mail.get_content()

    # October's test was missed in this trial; November's is pressed.
    tested.go_to(datetime(2026, 11, tested.channel % 28 + 1, 10, tzinfo=TOKYO).astimezone(UTC))
    assert tested.ask() == 1
    tested.deliver()
    tested.press()
    found = care.get(f"/api/v1{_PAGE}").json()
    assert (found["tested"], found["proven"], found["unproven"]) == (1, 1, 0)
    assert "テストを送った連絡先 1人のうち" in care.get(_PAGE).text
    assert "1のうち1" in care.get(f"/contacts/{tested.contact}").text
    # A proof counts for two months.
    ward.clock.advance(days=63)
    assert care.get(f"/api/v1{_PAGE}").json()["proven"] == 0


def test_nothing_is_concluded_before_a_test_had_a_week_to_be_answered(tested: TestedWard) -> None:
    care = tested.ward.client("care_a")
    care.post(f"/contacts/{tested.contact}/channels/{tested.channel}/test")
    tested.ward.clock.advance(days=6)
    assert care.get(f"/api/v1{_PAGE}").json()["unproven"] == 0
    tested.ward.clock.advance(days=2)
    assert care.get(f"/api/v1{_PAGE}").json()["unproven"] == 1


def test_whoever_answers_an_alert_is_not_said_to_be_out_of_reach(tested: TestedWard) -> None:
    ward, care = tested.ward, tested.ward.client("care_a")
    care.post(f"/contacts/{tested.contact}/channels/{tested.channel}/test")
    ward.clock.advance(days=8)
    assert care.get(f"/api/v1{_PAGE}").json()["unproven"] == 1
    number = ward.open_alert()
    with ward.database.transaction() as connection:
        token = answer_links.issue(connection, number, tested.contact, ward.clock.now())
    # Looking is no answer: a mail scanner looks too.
    ward.client().get(f"/a/{token}")
    assert care.get(f"/api/v1{_PAGE}").json()["unproven"] == 1
    ward.client().post(f"/a/{token}", data={"action": "claim"})
    found = care.get(f"/api/v1{_PAGE}").json()
    # On which channel it came nobody knows, so none is proven.
    assert (found["unproven"], found["proven"]) == (0, 0)
