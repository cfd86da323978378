"""A device that lost its memory counts its messages from 1 again; nothing of what it says then is taken for a repeat."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.store.database import Database
from core.store.telemetry import batches
from ingest.codecs import decode
from ingest.mqtt.message import InboundMessage
from ingest.processing.batch_builder import BatchBuilder
from ingest.processing.device_cache import Devices
from ingest.processing.limits import Rules
from ingest.processing.links import Links
from ingest.sequences.gap_tracker import GapTracker
from tests.support.ingest import Rows, readings, registered_ward

_NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
_READINGS = "mimamori/v1/hall-1/readings"
_STATUS = "mimamori/v1/hall-1/status"


class Home:
    """A worker whose messages come one a minute, each in a batch of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.minute = 0
        self.devices = Devices(database)
        self.start()

    @property
    def now(self) -> datetime:
        """When the next message comes."""
        return _NOW + timedelta(minutes=self.minute)

    def start(self) -> None:
        """Begin with what the database knows, as after a restart."""
        self.numbers = GapTracker()
        with self.database.transaction() as connection:
            self.numbers.load(connection)

    def receive(self, topic: str, payload: bytes, *, retained: bool = False, repeated: bool = False) -> None:
        """Take in a message."""
        self.devices.prepare(("native:hall-1",), _NOW)
        builder = BatchBuilder(
            Rules(ZoneInfo("Asia/Tokyo")),
            self.devices.find,
            Links(),
            _NOW,
            self.numbers,
            self.numbers.sequence_reset_at,
        )
        builder.add(InboundMessage(topic, payload, retained, repeated, self.now), decode(topic, payload))
        self.numbers.add_to(builder.batch)
        with self.database.transaction() as connection:
            batches.store_batch(connection, builder.batch, self.now)
        self.minute += 1

    def receive_numbers(self, *seqs: int, time: datetime | None = None) -> None:
        """Take in readings with these numbers."""
        for seq in seqs:
            self.receive(_READINGS, readings(seq, ("motion", True, time or self.now)))

    def receive_status(
        self, last_seq: int, *, online: bool = True, retained: bool = False, repeated: bool = False
    ) -> None:
        """Take in a status."""
        body = json.dumps({"online": online, "last_seq": last_seq}).encode()
        self.receive(_STATUS, body, retained=retained, repeated=repeated)


@pytest.fixture
def rows(database_url: str, tmp_path: Path) -> Iterator[Rows]:
    with registered_ward(database_url, tmp_path) as found:
        yield found


@pytest.fixture
def home(database_url: str, rows: Rows) -> Iterator[Home]:
    with Database(database_url, size=2) as database:
        yield Home(database)


def _count(rows: Rows) -> int:
    return int(rows.of("SELECT count(*) FROM reading WHERE seq > 0")[0][0])


def _missing(rows: Rows) -> list[tuple[int, int]]:
    found = rows.of("SELECT first_seq, last_seq FROM sequence_gap ORDER BY 1")
    return [(first, last) for first, last in found]


def test_readings_of_a_device_that_lost_its_clock_and_its_count_are_all_stored(
    home: Home, rows: Rows
) -> None:
    never_set = datetime(1970, 1, 1, tzinfo=UTC)
    home.receive_numbers(*range(1, 31), time=never_set)
    home.receive_status(0)
    home.receive_numbers(*range(1, 6), time=never_set)
    assert _count(rows) == 35
    # A repeat of the new ones is still one.
    home.receive_numbers(3, 4, time=never_set)
    home.start()
    home.receive_numbers(4, 5, 6, time=never_set)
    assert _count(rows) == 36
    assert _missing(rows) == []


def test_what_is_missing_of_the_new_count_is_noticed(home: Home, rows: Rows) -> None:
    home.receive_numbers(*range(1, 31))
    home.receive_status(3)
    home.receive_numbers(2)
    assert _missing(rows) == [(1, 1), (3, 3)]
    assert rows.of("SELECT last_seq FROM device_contact") == [(3,)]
    home.start()
    home.receive_numbers(6)
    assert _missing(rows) == [(1, 1), (3, 3), (4, 5)]


def test_a_first_message_of_a_later_time_shows_it_too(home: Home, rows: Rows) -> None:
    home.receive_numbers(*range(1, 31))
    home.receive_numbers(1, 3)
    assert _count(rows) == 32
    assert _missing(rows) == [(2, 2)]


@pytest.mark.parametrize("how", ["retained", "repeated", "offline", "one behind"])
def test_a_status_that_is_old_begins_no_count(home: Home, rows: Rows, how: str) -> None:
    home.receive_numbers(*range(1, 31))
    home.receive_status(
        29 if how == "one behind" else 0,
        online=how != "offline",
        retained=how == "retained",
        repeated=how == "repeated",
    )
    assert rows.of("SELECT last_seq FROM device_contact") == [(30,)]


def test_a_first_message_that_is_sent_again_begins_no_count(home: Home, rows: Rows) -> None:
    first = home.now
    home.receive_numbers(*range(1, 31))
    home.receive_numbers(1, time=first)
    assert (_count(rows), rows.of("SELECT last_seq FROM device_contact")) == (30, [(30,)])


def test_what_a_device_forgot_is_blind_time_for_good(home: Home, rows: Rows) -> None:
    home.receive_numbers(*range(1, 31), 35)
    assert (_missing(rows), rows.count("blind_time")) == ([(31, 34)], 0)
    home.receive_status(0)
    assert (_missing(rows), rows.count("blind_time")) == ([], 1)
    home.receive_numbers(*range(1, 36))
    assert home.numbers.take_filled() == []
