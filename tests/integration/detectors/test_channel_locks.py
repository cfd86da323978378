"""Two at once about one contact: a test on its way, its press, another address in its place, and the contact's own choices."""

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.domain.people import Channel
from core.domain.records.import_plan import ChannelPlan, KnownChannel
from core.store.database import Database
from core.store.people import contact_channels
from core.store.people.links import contact_links
from core.store.people.links.contact_links import LinkPurpose
from core.store.people.records import people_import
from core.store.people.records.stored_records import Author
from core.store.people.watch_changes import Concerned
from detectors.alerting.delivery import Office
from detectors.alerting.notices.notice_sender import NoticeSender
from tests.support.alerting import MailSink, mail_sink
from tests.support.wait import wait_until
from tests.support.wards.api_ward import RESIDENT_A, ApiWard, api_ward
from tests.support.wards.notified_ward import mail_channel

_KNOWN = "SELECT address, confirmed_at, proven_at FROM contact_channel WHERE contact_channel_id = %s"


class LockedChannel:
    """The cousin's mail address, which an import corrects while something else happens to it."""

    def __init__(self, ward: ApiWard, mail: MailSink, importer: Database) -> None:
        self.ward = ward
        self.importer = importer
        self.mail = mail
        office = Office("https://mimamori.example.jp", "", ZoneInfo("Asia/Tokyo"))
        self.sender = NoticeSender(ward.database, ward.clock, mail_channel(mail.port), office)
        (self.contact, self.channel) = ward.execute(
            "SELECT contact_id, contact_channel_id FROM contact JOIN contact_channel USING (contact_id) WHERE name = 'cousin A'"
        )[0]

    def ask(self) -> None:
        """Put a test into the outbox."""
        with self.ward.database.transaction() as connection:
            channel = contact_channels.get(connection, self.channel)
            contact_channels.ask_test(connection, channel, self.ward.clock.now())

    @contextmanager
    def corrected(self) -> Generator[None]:
        """Put another address in the place of this one, and let it hold only at the end."""
        known = KnownChannel(self.channel, self.contact, Channel.MAIL, "cousin-a@example.jp")
        plan = ChannelPlan(Channel.MAIL, "other@example.jp", corrects=known)
        concerned = Concerned(resident=RESIDENT_A, contact=self.contact)
        with self.importer.transaction() as connection:
            contact_channels.require_contact(connection, self.contact)
            yield
            people_import.change_channels(connection, [plan], concerned, Author(1, self.ward.clock.now()))

    def is_somebody_waiting(self) -> bool:
        """Return whether a session waits for a lock of another."""
        with self.importer.transaction() as connection:
            row = connection.execute("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted").fetchone()
        return row is not None and bool(row[0])


@pytest.fixture
def locked(database_url: str, tmp_path: Path) -> Iterator[LockedChannel]:
    with (
        api_ward(database_url, tmp_path) as ward,
        mail_sink() as mail,
        Database(database_url, size=2) as importer,
    ):
        yield LockedChannel(ward, mail, importer)


def test_a_test_that_leaves_while_its_address_is_corrected_stops_nobody_and_goes_nowhere(
    locked: LockedChannel,
) -> None:
    locked.ask()
    results: list[object] = []
    thread = threading.Thread(target=lambda: results.append(_result_of(locked.sender.send_one)))
    with locked.corrected():
        thread.start()
        wait_until(locked.is_somebody_waiting)
    thread.join()
    # Neither of the two was thrown out as a deadlock.
    assert results == [True]
    assert locked.mail.messages == []
    assert locked.ward.execute("SELECT error FROM notice") == [("withdrawn",)]
    assert locked.ward.execute(_KNOWN, locked.channel) == [("other@example.jp", None, None)]
    assert locked.ward.execute("SELECT count(*) FROM contact_link") == [(0,)]


def test_a_press_while_the_address_is_corrected_proves_nothing_of_the_other(locked: LockedChannel) -> None:
    now = locked.ward.clock.now()
    with locked.ward.database.transaction() as connection:
        purpose, ends = LinkPurpose.CHANNEL_TEST, now.replace(year=now.year + 1)
        token = contact_links.issue(
            connection, locked.contact, purpose, channel=locked.channel, expires_at=ends, now=now
        )
    browser = locked.ward.client()
    results: list[object] = []
    thread = threading.Thread(
        target=lambda: results.append(
            _result_of(lambda: browser.post(f"/c/{token}", data={"action": "arrived"}).status_code)
        )
    )
    with locked.corrected():
        thread.start()
        wait_until(locked.is_somebody_waiting)
    thread.join()
    assert results == [303]
    assert locked.ward.execute(_KNOWN, locked.channel) == [("other@example.jp", None, None)]


def test_of_several_who_change_one_contact_at_once_one_is_kept_and_the_others_are_asked_to_look_again(
    locked: LockedChannel,
) -> None:
    now = locked.ward.clock.now()
    with locked.ward.database.transaction() as connection:
        purpose, ends = LinkPurpose.PREFERENCES, now.replace(year=now.year + 1)
        token = contact_links.issue(
            connection, locked.contact, purpose, channel=locked.channel, expires_at=ends, now=now
        )
    said: list[str] = []
    together = threading.Barrier(6)

    def choose(hour: int) -> None:
        browser = locked.ward.client()
        form = {"language": "ja", "digest": "never", "version": "1", "quiet_from": f"2{hour % 4}:00"}
        together.wait()
        answer = browser.post(f"/c/{token}/settings", data={**form, "quiet_until": f"0{hour}:30"})
        said.append(answer.headers["location"].rpartition("=")[2])

    threads = [threading.Thread(target=choose, args=(hour,)) for hour in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(said) == ["preferences_saved"] + ["preferences_stale"] * 5
    assert locked.ward.execute("SELECT count(*) FROM watch_change") == [(1,)]


def _result_of(do: Callable[[], object]) -> object:
    try:
        return do()
    except Exception as error:  # noqa: BLE001 - the test looks at it
        return error
