"""A contact's own page, by the link in a message: what it shows, what it changes, and to whom it opens at all."""

import re
from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path
from typing import LiteralString
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient

from core.domain.delivery.record import Attempt, DeliveryResult
from core.domain.people import Channel
from core.store.people import contact_channels
from core.store.people.links import contact_links
from core.store.people.links.contact_links import LinkPurpose
from detectors.alerting.delivery import Office
from detectors.alerting.notices.notice_sender import NoticeSender
from detectors.alerting.outgoing import OutgoingMessage
from tests.support.alerting import mail_sink
from tests.support.wards.api_ward import RESIDENT_A, ApiWard, api_ward
from tests.support.wards.notified_ward import mail_channel

_CONTACT = (
    "SELECT quiet_from, quiet_until, language, digest, is_tested_monthly FROM contact WHERE contact_id = %s"
)
_FORM = {
    "language": "en",
    "quiet_from": "23:00",
    "quiet_until": "06:30",
    "digest": "weekly",
    "is_tested_monthly": "on",
}
_ENDED = "このリンクは もう使えません"


class OwnPage:
    """The cousin with a confirmed mail address and another one, and a link to their page."""

    def __init__(self, ward: ApiWard) -> None:
        self.ward = ward
        self.browser: TestClient = ward.client()
        ((self.contact, self.channel),) = ward.execute(
            "UPDATE contact_channel SET confirmed_at = %s FROM contact"
            " WHERE contact.contact_id = contact_channel.contact_id AND name = 'cousin A'"
            " RETURNING contact.contact_id, contact_channel_id",
            ward.clock.now(),
        )
        with ward.database.transaction() as connection:
            made = contact_channels.add(
                connection, self.contact, Channel.MAIL, "second@example.jp", sealer=None
            )
        self.second = made.number
        self.address = f"/c/{self.link()}/settings"

    def link(self, purpose: LinkPurpose = LinkPurpose.PREFERENCES) -> str:
        """Issue a link that lasts for a day."""
        now = self.ward.clock.now()
        with self.ward.database.transaction() as connection:
            return contact_links.issue(
                connection,
                self.contact,
                purpose,
                channel=self.channel,
                expires_at=now + timedelta(days=1),
                now=now,
            )

    def show(self) -> str:
        """Return the page."""
        return self.browser.get(self.address).text

    def send(self, part: str = "", **form: object) -> str:
        """Send a form, with the version that the page shows, and return the page that follows."""
        (version,) = re.findall(r'name="version" value="(\d+)"', self.show()) or ["0"]
        answer = self.browser.post(f"{self.address}{part}", data={"version": version, **form})
        if answer.status_code == 303:
            return self.browser.get(answer.headers["location"]).text
        assert answer.status_code == 200
        return answer.text

    def kept(self) -> tuple[object, ...]:
        """Return what is stored of the contact's choices."""
        return self.ward.execute(_CONTACT, self.contact)[0]


@pytest.fixture
def own(database_url: str, tmp_path: Path) -> Iterator[OwnPage]:
    with api_ward(database_url, tmp_path) as ward:
        yield OwnPage(ward)


def test_looking_changes_nothing_and_shows_nothing_of_the_resident(own: OwnPage) -> None:
    ward = own.ward
    ward.open_alert()
    everything = "SELECT version, digest, quiet_from FROM contact WHERE contact_id = %s"
    before = ward.execute(everything, own.contact)
    for _ in range(19):
        own.show()
    text = own.show()
    assert ward.execute(everything, own.contact) == before
    assert ward.execute("SELECT count(*) FROM watch_change") == [(0,)]
    assert "田中 花子のいまの様子" in text
    # How she is, where she lives and the whole of an address are not on it.
    for hidden in ("お知らせが1件", "area A", "home A", "35.65", "cousin-a@example.jp"):
        assert hidden not in text, hidden


def test_whoever_asks_by_the_link_how_she_is_stands_among_the_looks_and_who_looks_at_the_page_does_not(
    own: OwnPage,
) -> None:
    own.show()
    own.send("/now")

    looks = own.ward.client("family_a").get("/api/v1/residents/1/looks").json()

    assert [
        (one["user_name"], one["is_by_link"], one["role"], one["what"], one["times"]) for one in looks
    ] == [("cousin A", True, None, "record", 1)]
    page = own.ward.client("family_a").get("/residents/1").text
    assert "cousin Aさんあてのリンクを ひらいた人" in page


def test_what_the_contact_chooses_holds_at_once_and_is_kept_with_who_chose_it(own: OwnPage) -> None:
    text = own.send(**_FORM)
    assert own.kept() == (time(23), time(6, 30), "en", "weekly", True)
    # The page speaks the chosen language from now on.
    assert "Saved." in text
    ((what, by),) = own.ward.execute("SELECT what, by_contact_id FROM watch_change")
    assert (what, by) == ("contact", own.contact)
    history = own.ward.client("care_a").get(f"/contacts/{own.contact}").text
    said = " ".join(re.sub(r"<[^>]*>", "", history).split())
    assert "様子のまとめ: いりません → 週に1回(月曜)" in said
    assert "weekly" not in said

    own.send(**{**_FORM, "quiet_from": "", "quiet_until": "", "digest": "never", "is_tested_monthly": ""})
    assert own.kept() == (None, None, "en", "never", False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"quiet_until": ""},
        {"quiet_until": "23:00"},
        {"quiet_from": "25:99"},
        {"digest": "hourly"},
        {"language": "xx"},
    ],
)
def test_what_cannot_be_used_changes_nothing(own: OwnPage, wrong: dict[str, str]) -> None:
    before = own.kept()
    assert "保存していません" in own.send(**{**_FORM, **wrong})
    assert own.kept() == before


def test_nobody_is_overwritten_who_was_faster(own: OwnPage) -> None:
    own.browser.post(own.address, data={**_FORM, "version": "1"})
    own.ward.execute("UPDATE contact SET version = version + 1, digest = 'daily' WHERE name = 'cousin A'")
    answer = own.browser.post(own.address, data={**_FORM, "version": "2"})
    assert answer.headers["location"].endswith("said=preferences_stale")
    assert own.kept()[3] == "daily"


def test_channels_are_put_in_order_but_only_their_own(own: OwnPage) -> None:
    order = "SELECT contact_channel_id FROM contact_channel WHERE contact_id = %s ORDER BY place"
    own.send("/first", channel=own.second)
    assert own.ward.execute(order, own.contact) == [(own.second,), (own.channel,)]
    (others,) = own.ward.execute(
        "SELECT contact_channel_id FROM contact_channel WHERE address = 'cousin-b@example.jp'"
    )[0]
    own.send("/first", channel=others)
    assert own.ward.execute(order, own.contact) == [(own.second,), (own.channel,)]
    assert own.ward.execute("SELECT what, by_contact_id FROM watch_change") == [("channels", own.contact)]


def test_how_she_is_now_is_said_when_asked_as_far_as_it_is_known(own: OwnPage) -> None:
    ward, now = own.ward, own.ward.clock.now()
    # Nobody has evaluated anything: that is not "as usual".
    text = own.send("/now")
    assert "確認できません" in text
    assert "いつも通りです" not in text
    ward.execute(
        "INSERT INTO evaluation (resident_id, evaluated_through, due_at, state) VALUES (NULL, %s, %s, 'as_usual'), (%s, %s, %s, 'as_usual')",
        now, now, RESIDENT_A, now, now + timedelta(hours=1),
    )  # fmt: skip
    ward.read("hall-a", "motion", 1, now - timedelta(minutes=12), life_sign=True)
    ward.execute(
        "INSERT INTO home_latest (home_id, life_sign_at, device_number) SELECT 1, %s, device_number FROM device WHERE device_id = 'hall-a'",
        now - timedelta(minutes=12),
    )
    text = own.send("/now")
    assert "いつも通りです" in text
    assert "12分前" in text
    # Where somebody is, and in which room, is not said.
    assert "廊下" not in text
    ward.open_alert()
    assert "お知らせが1件" in own.send("/now")
    # Evaluation stood still meanwhile: what was known then is not claimed now.
    ward.execute("UPDATE alert SET handling = 'closed', outcome = 'drill', closed_at = now()")
    ward.clock.advance(minutes=10)
    assert "確認できません" in own.send("/now")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE contact_link SET expires_at = created_at",
        "UPDATE contact SET is_active = false",
        # The resident is no contact of their own.
        "UPDATE contact SET is_resident = true WHERE name = 'cousin A'",
        "UPDATE resident SET ended_at = now(), end_reason = 'moved'",
        "DELETE FROM contact_channel WHERE address = 'cousin-a@example.jp'",
        "UPDATE contact_link SET purpose = 'channel_test'",
        "UPDATE contact_link SET contact_id = (SELECT contact_id FROM contact WHERE name = 'centre A')",
    ],
)
def test_a_link_that_has_ended_or_is_for_something_else_shows_and_changes_nothing(
    own: OwnPage, change: LiteralString
) -> None:
    own.ward.execute(change)
    before = own.kept()
    assert _ENDED in own.show()
    for part in ("", "/first", "/now", "/end"):
        answer = own.browser.post(f"{own.address}{part}", data={**_FORM, "version": "1", "channel": "1"})
        assert answer.status_code in {200, 303}
        assert "いまの様子" not in answer.text
    assert own.kept() == before


def test_a_link_to_the_own_page_proves_and_confirms_nothing(own: OwnPage) -> None:
    other = own.address.removesuffix("/settings")
    assert _ENDED in own.browser.get(other).text
    for action in ("arrived", "confirm", "home"):
        own.browser.post(other, data={"action": action})
    proven = "SELECT proven_at FROM contact_channel WHERE contact_channel_id = %s"
    assert own.ward.execute(proven, own.channel) == [(None,)]
    assert own.ward.execute("SELECT used_at FROM contact_link") == [(None,)]


def test_whoever_gave_the_link_away_ends_it_and_all_before(own: OwnPage) -> None:
    other = f"/c/{own.link()}/settings"
    assert _ENDED in own.send("/end")
    assert _ENDED in own.ward.client().get(other).text


def test_guesses_are_limited_and_real_links_open_all_the_same(own: OwnPage) -> None:
    found = [own.browser.get(f"/c/guess-{number}/settings").status_code for number in range(21)]
    assert found == [200] * 20 + [429]
    assert "お知らせの受け取り方" in own.show()


def test_staff_send_the_link_to_a_confirmed_channel_and_end_it(own: OwnPage) -> None:
    ward, care = own.ward, own.ward.client("care_a")
    page = f"/contacts/{own.contact}"
    answer = care.post(f"{page}/preferences-link")
    assert "設定ページのリンクを送ります" in care.get(answer.headers["location"]).text
    with mail_sink() as mail:
        office = Office("https://mimamori.example.jp", "", ZoneInfo("Asia/Tokyo"))
        sender = NoticeSender(ward.database, ward.clock, mail_channel(mail.port), office)
        while sender.send_one():
            pass
        (message,) = mail.messages
    assert message["To"] == "cousin-a@example.jp"
    (link,) = re.findall(r"https://mimamori\.example\.jp(/c/[\w-]{32}/settings)", message.get_content())
    assert "お知らせの受け取り方" in own.browser.get(str(link)).text
    # It lasts for weeks, not for ever.
    ((ends,),) = ward.execute("SELECT max(expires_at) FROM contact_link")
    assert timedelta(days=30) <= ends - ward.clock.now() <= timedelta(days=40)
    care.post(f"{page}/preferences-link/end")
    assert _ENDED in own.browser.get(str(link)).text

    ward.execute("UPDATE contact_channel SET confirmed_at = NULL")
    answer = care.post(f"{page}/preferences-link")
    assert "確かめた送り方がない" in care.get(answer.headers["location"]).text
    assert care.post(f"/api/v1{page}/preferences-link").status_code == 422
    (centre,) = ward.execute("SELECT contact_id FROM contact WHERE name = 'centre A'")[0]
    assert care.post(f"/api/v1/contacts/{centre}/preferences-link").status_code == 422


class Kept:
    """Takes every message, and keeps it."""

    def __init__(self) -> None:
        self.messages: list[OutgoingMessage] = []

    def send(self, message: OutgoingMessage) -> Attempt:
        """Keep it."""
        self.messages.append(message)
        return Attempt(DeliveryResult.DELIVERED, None)


def test_where_a_message_has_room_for_one_link_it_is_the_one_to_the_page(own: OwnPage) -> None:
    ward, kept = own.ward, Kept()
    with ward.database.transaction() as connection:
        line = contact_channels.add(
            connection, own.contact, Channel.LINE, f"U{'0' * 32}", sealer=None, confirmed_at=ward.clock.now()
        )
        contact_channels.put_first(connection, line.number)
    ward.client("care_a").post(f"/contacts/{own.contact}/preferences-link")
    sender = NoticeSender(
        ward.database, ward.clock, kept, Office("https://mimamori.example.jp", "", ZoneInfo("Asia/Tokyo"))
    )
    assert sender.send_one()
    (message,) = kept.messages
    assert message.channel is Channel.LINE
    assert re.fullmatch(r"https://mimamori\.example\.jp/c/[\w-]{32}/settings", message.answer_url)


def test_two_who_change_at_once_are_one_after_the_other(own: OwnPage) -> None:
    # The same form twice is no conflict, and one of two different ones is refused.
    first = own.browser.post(own.address, data={**_FORM, "version": "1"})
    again = own.browser.post(own.address, data={**_FORM, "version": "1"})
    other = own.browser.post(own.address, data={**_FORM, "digest": "daily", "version": "1"})
    said = [one.headers["location"].rpartition("=")[2] for one in (first, again, other)]
    assert said == ["preferences_saved", "preferences_saved", "preferences_stale"]


def test_what_comes_in_quiet_hours_is_said_alike_wherever_they_are_shown(own: OwnPage) -> None:
    own.send(**{**_FORM, "language": "ja"})
    kept = "緊急のとき、ほかの方の返事がないとき、先に連絡したことの続きは 連絡します"
    care = own.ward.client("care_a")
    resident = own.ward.execute("SELECT resident_id FROM contact WHERE contact_id = %s", own.contact)[0][0]
    for page in (
        own.show(),
        care.get(f"/contacts/{own.contact}").text,
        care.get(f"/residents/{resident}").text,
    ):
        assert kept in page
        assert "緊急のお知らせだけ" not in page
