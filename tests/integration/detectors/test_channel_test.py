"""A test of one channel: sent there and nowhere else, answered by its link once, and shown with its day."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.domain.people import Channel
from core.domain.records.import_plan import ChannelPlan, KnownChannel
from core.store.people import contact_channels
from core.store.people.records import people_import
from core.store.people.records.stored_records import Author
from core.store.people.watch_changes import Concerned
from detectors.alerting.delivery import Office
from detectors.alerting.notices.notice_sender import NoticeSender
from tests.support.alerting import MailSink, mail_sink
from tests.support.wards.api_ward import RESIDENT_A, ApiWard, api_ward
from tests.support.wards.notified_ward import mail_channel


class ChannelTestBed:
    """The cousin with two mail addresses, of whom the second is tested."""

    def __init__(self, ward: ApiWard, mail: MailSink) -> None:
        self.ward = ward
        self.mail = mail
        office = Office("https://mimamori.example.jp", "", ZoneInfo("Asia/Tokyo"))
        self.sender = NoticeSender(ward.database, ward.clock, mail_channel(mail.port), office)
        (self.contact,) = ward.execute("SELECT contact_id FROM contact WHERE name = 'cousin A'")[0]
        self.channel = self.add(Channel.MAIL, "second@example.jp")
        self.page = f"/contacts/{self.contact}"

    def add(self, kind: Channel, address: str) -> int:
        with self.ward.database.transaction() as connection:
            return contact_channels.add(connection, self.contact, kind, address, sealer=None).number

    def ask(self, channel: int | None = None) -> str:
        """Press the button and return what the page says then."""
        care = self.ward.client("care_a")
        answer = care.post(f"{self.page}/channels/{channel or self.channel}/test")
        return care.get(answer.headers["location"]).text

    def link(self) -> str:
        """Deliver what is due and return the link in the one message."""
        while self.sender.send_one():
            pass
        (mail,) = self.mail.messages
        assert mail["To"] == "second@example.jp"
        (link,) = re.findall(r"https://mimamori\.example\.jp(/c/[\w-]{32})", mail.get_content())
        assert "cousin" not in str(mail)
        return str(link)


@pytest.fixture
def tested(database_url: str, tmp_path: Path) -> Iterator[ChannelTestBed]:
    with api_ward(database_url, tmp_path) as ward, mail_sink() as mail:
        yield ChannelTestBed(ward, mail)


def test_a_test_goes_to_its_channel_alone_and_a_press_proves_that_it_arrived(tested: ChannelTestBed) -> None:
    ward, nobody = tested.ward, tested.ward.client()
    with ward.database.transaction() as connection:
        contact_channels.set_unreachable(connection, tested.channel, "mail_550", ward.clock.now())
    ward.execute("DELETE FROM notice")
    assert "テストを送ります(" in tested.ask()
    link = tested.link()
    assert "まだ押されていません" in ward.client("care_a").get(tested.page).text
    for _ in range(5):
        assert "届きました" in nobody.get(link).text
    proven = (
        "SELECT proven_at, confirmed_at, unreachable_since FROM contact_channel WHERE contact_channel_id = %s"
    )
    assert ward.execute(proven, tested.channel)[0][0] is None
    # What another link does, this one does not.
    nobody.post(link, data={"action": "confirm"})
    assert ward.execute(proven, tested.channel)[0][0] is None
    ward.clock.advance(minutes=2)
    pressed_at = ward.clock.now()
    nobody.post(link, data={"action": "arrived"})
    ward.clock.advance(minutes=2)
    nobody.post(link, data={"action": "arrived"})
    assert ward.execute(proven, tested.channel) == [(pressed_at, pressed_at, None)]
    assert "お知らせがここに届くことを記録しました" in nobody.get(link).text
    first, second = ward.client("care_a").get(f"/api/v1{tested.page}/channels").json()
    assert (first["proven_at"], datetime.fromisoformat(second["proven_at"])) == (None, pressed_at)
    page = ward.client("care_a").get(tested.page).text
    assert "テストに返事があった日: 8/1(土)" in page
    assert "まだ押されていません" not in page


def test_what_may_be_a_strangers_or_cannot_answer_gets_no_test_and_no_two_go_at_once(
    tested: ChannelTestBed,
) -> None:
    for kind, address in ((Channel.SMS, "090-1234-5678"), (Channel.VOICE, "03-1234-5678")):
        channel = tested.add(kind, address)
        assert "この届け方にはテストを送れません" in tested.ask(channel)
    tested.ask()
    assert "5分以内にテストを送っています" in tested.ask()
    api = f"/api/v1/contacts/{tested.contact}/channels/{tested.channel}/test"
    assert tested.ward.client("care_a").post(api).status_code == 422
    tested.link()
    tested.ward.clock.advance(minutes=5)
    assert tested.ward.client("care_a").post(api).status_code == 202


def _correct(tested: ChannelTestBed, before: str, after: str) -> None:
    """Put another address in the place of one, as an import does."""
    known = KnownChannel(tested.channel, tested.contact, Channel.MAIL, before)
    plan = ChannelPlan(Channel.MAIL, after, corrects=known)
    with tested.ward.database.transaction() as connection:
        concerned = Concerned(resident=RESIDENT_A, contact=tested.contact)
        people_import.change_channels(connection, [plan], concerned, Author(1, tested.ward.clock.now()))


def test_a_test_that_arrived_at_another_address_proves_nothing_of_the_one_in_its_place(
    tested: ChannelTestBed,
) -> None:
    ward, nobody = tested.ward, tested.ward.client()
    known = "SELECT address, confirmed_at, tested_at, proven_at FROM contact_channel WHERE contact_channel_id = %s"
    tested.ask()
    link = tested.link()
    _correct(tested, "second@example.jp", "third@example.jp")
    assert "このリンクは もう使えません" in nobody.get(link).text
    nobody.post(link, data={"action": "arrived"})
    assert ward.execute(known, tested.channel) == [("third@example.jp", None, None, None)]

    # What was proven of one says nothing of the next, and a test that waits goes nowhere.
    ward.execute("UPDATE contact_channel SET proven_at = now() WHERE contact_channel_id = %s", tested.channel)
    tested.mail.messages.clear()
    tested.ask()
    _correct(tested, "third@example.jp", "fourth@example.jp")
    assert ward.execute(known, tested.channel) == [("fourth@example.jp", None, None, None)]
    assert not tested.sender.send_one()


def test_a_link_of_a_channel_that_was_removed_shows_and_does_nothing(tested: ChannelTestBed) -> None:
    tested.ask()
    link = tested.link()
    tested.ward.client("care_a").post(f"{tested.page}/channels/{tested.channel}/remove")
    assert "このリンクは もう使えません" in tested.ward.client().get(link).text
