"""Of messages that are about no alert the urgent ones are sent first, and none of them waits for what goes to many."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.store.alerts import notices
from core.store.alerts.notices import NoticeKind
from core.store.database import Database
from core.store.people import tonight
from detectors.alerting.delivery import LEASE
from tests.integration.detectors.test_alerting_loop import alerting
from tests.support.alerting import TARO, mail_sink, register, webhook_sink
from tests.support.services.processes import Processes
from tests.support.wait import wait_until

_NOW = datetime(2026, 8, 1, 3, tzinfo=UTC)
_OFFICE = 1
# The relative; the office's centre is 1.
_CONTACT = 2


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    with Database(database_url, size=2) as database:
        register(database, tmp_path, [TARO])
        yield database


def _add(database: Database, kind: NoticeKind, key: str, due_at: datetime, **body: object) -> None:
    with database.transaction() as connection:
        notices.add(connection, {_CONTACT: due_at}, kind, key=key, body=body, now=due_at)


def _leased(database: Database, *, is_hurried: bool) -> list[tuple[NoticeKind, bool]]:
    """Return the kinds of all messages in the order in which a sender takes them, each with whether it is a monthly test."""
    found: list[tuple[NoticeKind, bool]] = []
    with database.transaction() as connection:
        while (
            one := notices.lease_one(connection, _NOW, _NOW, _NOW + LEASE, is_hurried=is_hurried)
        ) is not None:
            found.append((one.kind, one.body.get("is_monthly", False)))
    return found


_MASS = [
    (NoticeKind.OUTAGE, False),
    (NoticeKind.OUTAGE_OVER, False),
    (NoticeKind.DIGEST, False),
    (NoticeKind.CHANNEL_TEST, True),
]
_URGENT = [
    (NoticeKind.PROMPT, False),
    (NoticeKind.UNWATCHED, False),
    (NoticeKind.SECOND_PERSON, False),
    (NoticeKind.DEAD_CHANNEL, False),
    (NoticeKind.EVENING, False),
    # A person waits for it, at a page.
    (NoticeKind.CHANNEL_TEST, False),
]


def test_what_goes_to_many_is_sent_after_everything_else_and_summaries_and_monthly_tests_last(
    database: Database,
) -> None:
    for number in range(3):
        for place, (kind, is_monthly) in enumerate(reversed(_MASS)):
            due_at = _NOW - timedelta(hours=9, minutes=-place)
            _add(database, kind, f"{number} {is_monthly}", due_at, is_monthly=is_monthly)
    for place, (kind, _) in enumerate(reversed(_URGENT)):
        _add(database, kind, "now", _NOW - timedelta(minutes=place))
    order = _leased(database, is_hurried=False)
    # The question first: it has a moment by which it must be answered. Then what waits longest.
    assert order[: len(_URGENT)] == _URGENT
    assert {kind for kind, _ in order[len(_URGENT) : len(_URGENT) + 6]} == {
        NoticeKind.OUTAGE,
        NoticeKind.OUTAGE_OVER,
    }
    assert len(order) == len(_URGENT) + 3 * len(_MASS)


def test_one_sender_leaves_to_others_what_goes_to_many(database: Database) -> None:
    for kind, is_monthly in [*_MASS, *_URGENT]:
        _add(database, kind, f"{is_monthly}", _NOW, is_monthly=is_monthly)
    assert sorted(_leased(database, is_hurried=True)) == sorted(_URGENT)
    assert sorted(_leased(database, is_hurried=False)) == sorted(_MASS)


def test_while_messages_to_many_hang_urgent_ones_are_sent_and_the_evening_is_looked_at(
    database: Database, database_url: str, processes: Processes
) -> None:
    with webhook_sink(release=threading.Event()) as hook, mail_sink() as mail:
        with database.transaction() as connection:
            connection.execute(
                "UPDATE contact_channel SET kind = 'webhook', address = %s WHERE contact_id = %s",
                (hook.url, _CONTACT),
            )
        now = datetime.now(UTC)
        body = {"resident": 1, "alert": 1, "began_at": now.isoformat()}
        for number in range(6):
            _add(database, NoticeKind.OUTAGE, f"{number}", now - timedelta(hours=1), **body)
        alerting(processes, database_url, mail.port, evening_check_at="00:00")
        wait_until(lambda: hook.received, what="the message that hangs")
        with database.transaction() as connection:
            # The evening is looked at anew, by threads that are all busy.
            connection.execute(b"DELETE FROM evening_check")
            notices.add_for_centre(
                connection,
                _OFFICE,
                NoticeKind.UNWATCHED,
                key="1",
                body={
                    "office": 1,
                    "began_at": now.isoformat(),
                    "ended_at": now.isoformat(),
                    "homes": 3,
                    "alerts": 1,
                },
                now=now,
            )

        def is_looked_at() -> bool:
            with database.transaction() as connection:
                return bool(tonight.latest(connection, now - timedelta(days=1), _OFFICE))

        wait_until(is_looked_at, what="the evening check")
        wait_until(
            lambda: any("止まっていました" in one.get_content() for one in mail.messages),
            what="the urgent message",
        )
        with database.transaction() as connection:
            ((waiting,),) = connection.execute(
                b"SELECT count(*) FROM notice WHERE kind = 'outage' AND attempts = 0"
            ).fetchall()
        assert waiting > 0
        assert hook.release is not None
        hook.release.set()
