"""A batch that the database refuses as a whole is stored in parts: all of it but the message that is refused."""

import threading
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from core.domain.reading import ReadingFlag
from core.store.database import Database
from core.store.telemetry import batches
from core.store.telemetry.quarantine import Limits
from ingest.mqtt.connection import Receiver
from ingest.mqtt.message import InboundMessage
from ingest.mqtt.message_queue import MessageQueue
from ingest.mqtt.topics import command_topic
from ingest.processing.limits import Rules
from ingest.writer import Writer
from tests.support.alerting import HandClock
from tests.support.ingest import Rows, registered_ward
from tests.support.wait import wait_until

_STORED_UNTIL = datetime(2026, 8, 1, 11, tzinfo=UTC)
_NOW = _STORED_UNTIL + timedelta(hours=1)
_WORKER = "ingest-1"
_HALL = "gw/g1/zigbee2mqtt/hall"
_REFUSED = b'{"temperature": 33.3}'


class _Line:
    """Stands in for the connection to the broker: always there; it notes what is acknowledged."""

    is_connected = True
    generation = 1

    def __init__(self) -> None:
        self.acknowledged: list[InboundMessage] = []

    def publish(self, _topic: str, _payload: bytes) -> bool:
        return True

    def acknowledge(self, messages: Iterable[InboundMessage]) -> None:
        self.acknowledged += messages


@pytest.fixture
def rows(database_url: str, tmp_path: Path) -> Iterator[Rows]:
    """Give the rows of a database that was written up to an hour ago, and refuses one temperature."""
    with registered_ward(database_url, tmp_path) as found:
        found.do(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql"
            " AS $$ BEGIN RAISE EXCEPTION 'this value is refused'; END $$"
        )
        found.do(
            "CREATE TRIGGER refuse BEFORE INSERT ON reading FOR EACH ROW WHEN (NEW.value = 33.3) EXECUTE FUNCTION refuse()"
        )
        yield found


def _message(payload: bytes, minute: float, topic: str = _HALL) -> InboundMessage:
    return InboundMessage(topic, payload, False, False, _NOW + timedelta(minutes=minute))


def _receive(database_url: str, *messages: InboundMessage) -> None:
    """Let a worker that was just started take in messages as one batch."""
    clock, line, queue, stop = HandClock(_NOW), _Line(), MessageQueue(100, 100_000), threading.Event()
    with Database(database_url) as database:
        with database.transaction() as connection:
            batches.report_progress(connection, _WORKER, _STORED_UNTIL, 0, _STORED_UNTIL)
        writer = Writer(
            database=database,
            clock=clock,
            receiver=cast("Receiver", line),
            message_queue=queue,
            rules=Rules(ZoneInfo("Asia/Tokyo")),
            worker=_WORKER,
            limits=Limits(timedelta(days=1), 100, 1_000_000),
            stop=stop,
        )
        for message in messages:
            queue.put(message)
        threads = [threading.Thread(target=part, daemon=True) for part in (writer.run, writer.commit)]
        for thread in threads:
            thread.start()
        try:
            wait_until(lambda: len(line.acknowledged) == len(messages))
        finally:
            stop.set()
            for thread in threads:
                thread.join()


def test_a_break_of_the_service_is_kept_although_the_batch_beside_it_is_refused(
    database_url: str, rows: Rows
) -> None:
    marker = _message(_NOW.isoformat().encode(), 1, command_topic(_WORKER))

    _receive(database_url, _message(_REFUSED, 0), _message(b'{"temperature": 20}', 0), marker)

    assert rows.of("SELECT reason FROM quarantine") == [("refused_by_database",)]
    assert rows.of("SELECT value FROM reading") == [(20.0,)]
    assert rows.of("SELECT began_at, ended_at FROM connection_break WHERE senders = ''") == [
        (_STORED_UNTIL, marker.received_at)
    ]


def test_a_state_is_compared_with_the_part_before_it_and_not_with_the_batch_before(
    database_url: str, rows: Rows
) -> None:
    rows.do("UPDATE device SET kind = 'door' WHERE device_id = 'z2m-hall'")
    marker = _message(_NOW.isoformat().encode(), 0, command_topic(_WORKER))
    _receive(database_url, marker, _message(b'{"contact": true}', 1))
    said = [b'{"contact": false}', _REFUSED, b'{"contact": false}', b'{"contact": true}']

    # What is refused stands in the middle: the states behind it are stored apart from the one before it.
    _receive(database_url, marker, *(_message(payload, minute) for minute, payload in enumerate(said, 2)))

    signs = rows.of(
        "SELECT extract(minute FROM time)::integer, flags FROM reading JOIN device USING (device_number)"
        " WHERE device_id = 'z2m-hall' ORDER BY time"
    )
    assert [minute for minute, flags in signs if ReadingFlag.LIFE_SIGN in ReadingFlag(flags)] == [2, 5]
