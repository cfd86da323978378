"""Which way a message takes through ingest, and what becomes of it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.domain.device import DeviceKind
from core.domain.metrics import METRICS
from core.domain.reading import ReadingFlag
from core.store.binary_columns import microsecond
from core.store.telemetry.batches import Batch, SendingDevice
from ingest.codecs import decode
from ingest.codecs.result import Decoded, Measured, Position
from ingest.mqtt.message import InboundMessage
from ingest.processing.batch_builder import BatchBuilder
from ingest.processing.limits import Rules
from ingest.processing.links import Links
from ingest.processing.slow_path import SlowPath
from ingest.processing.timestamps import OLDEST
from ingest.processing.unread_fields import Unread
from ingest.sequences.gap_tracker import GapTracker

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
DEVICE = SendingDevice(7, "hall-1", "native:hall-1", DeviceKind.MOTION, None, None)
RULES = Rules(ZoneInfo("UTC"))
MOTION = METRICS["motion"].number
SIGN = int(ReadingFlag.LIFE_SIGN)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Note what takes the slow path."""
    taken: list[str] = []
    real = SlowPath.add_reading

    def noting(self: SlowPath, *values: Any) -> datetime | None:
        taken.append(values[1].metric)
        return real(self, *values)

    monkeypatch.setattr(SlowPath, "add_reading", noting)
    yield taken


def _found(sender: str) -> SendingDevice | None:
    return None if "#" in sender else DEVICE


def batch_of(
    time: datetime | None,
    *,
    seq: int = 5,
    retained: bool = False,
    metric: str = "motion",
    value: bool | float | str = True,
    sent_at: datetime | None = None,
) -> Batch:
    tracker = GapTracker()
    tracker.note(DEVICE, 4, NOW - timedelta(minutes=1))
    builder = BatchBuilder(RULES, _found, Links(), NOW - timedelta(days=1), tracker)
    message = InboundMessage("mimamori/v1/hall-1/readings", b"{}", retained, False, NOW)
    said = Decoded(
        DEVICE.sender, "hall-1", seq=seq, readings=[Measured(metric, value, time)], sent_at=sent_at
    )
    builder.add(message, said)
    return builder.batch


def test_a_plain_message_takes_the_fast_path(slow: list[str]) -> None:
    found = batch_of(NOW)

    assert slow == []
    assert found.new == [(7, microsecond(NOW), MOTION, 5, 1.0, microsecond(NOW), SIGN)]


@pytest.mark.parametrize(
    ("time", "is_fast"),
    [
        (NOW - OLDEST, True),
        (NOW - OLDEST - timedelta(microseconds=1), False),
        (NOW + RULES.newest, True),
        (NOW + RULES.newest + timedelta(microseconds=1), False),
    ],
)
def test_a_time_is_plain_up_to_the_oldest_and_the_newest_that_are_believed(
    slow: list[str], time: datetime, *, is_fast: bool
) -> None:
    assert len(batch_of(time).new) == is_fast
    assert (slow == []) is is_fast


@pytest.mark.parametrize(("ahead_s", "is_fast"), [(-1, True), (30, True), (31, False)])
def test_a_message_that_says_when_it_was_sent_is_plain_unless_its_clock_is_ahead(
    slow: list[str], ahead_s: int, *, is_fast: bool
) -> None:
    batch_of(NOW, sent_at=NOW + timedelta(seconds=ahead_s))
    assert (slow == []) is is_fast


def test_a_door_that_opens_shows_somebody_on_the_fast_path_and_one_that_stays_open_does_not(
    slow: list[str],
) -> None:
    door = replace(DEVICE, kind=DeviceKind.DOOR)
    tracker = GapTracker()
    tracker.note(door, 4, NOW - timedelta(minutes=1))
    builder = BatchBuilder(RULES, lambda _: door, Links(), NOW - timedelta(days=1), tracker)
    message = InboundMessage("mimamori/v1/hall-1/readings", b"{}", False, False, NOW)
    for seq, is_open in enumerate((False, True, True), 5):
        time = NOW - timedelta(minutes=10 - seq)
        said = [Measured("contact_open", is_open, time)]
        builder.add(message, Decoded(DEVICE.sender, "hall-1", seq=seq, readings=said))

    assert slow == []
    assert [(row[4], row[6]) for row in builder.batch.new] == [(0.0, 0), (1.0, SIGN), (1.0, 0)]


@pytest.mark.parametrize("odd", [{"time": None}, {"time": NOW, "seq": 4}, {"time": NOW, "retained": True}])
def test_what_needs_a_look_at_earlier_messages_does_not(slow: list[str], odd: dict[str, Any]) -> None:
    batch_of(**odd)
    assert slow == ["motion"]


@pytest.mark.parametrize("time", [NOW + timedelta(days=2), NOW - timedelta(days=4000)])
def test_a_new_numbered_value_with_an_impossible_time_is_looked_for_among_what_is_stored(
    time: datetime,
) -> None:
    found = batch_of(time)

    # Stored under the time of receipt, unless the same number stands there since a week.
    flags = SIGN | int(ReadingFlag.CLOCK_SUSPECT)
    assert found.new == []
    assert found.readings == []
    assert found.doubtful == [((7, NOW, MOTION, 5, 1.0, NOW, flags, None, None), NOW - timedelta(days=7))]


@pytest.mark.parametrize("time", [NOW, NOW - timedelta(days=1)])
@pytest.mark.parametrize(("metric", "value"), [("motion", True), ("button", "single")])
def test_one_with_a_plausible_time_is_new_and_asks_nothing(time: datetime, metric: str, value: Any) -> None:
    found = batch_of(time, metric=metric, value=value)
    assert [len(part) for part in (found.new, found.readings, found.doubtful)] == [1, 0, 0]


def test_a_value_of_one_of_several_doors_on_a_board_is_stored_with_the_name_of_the_door() -> None:
    found = batch_of(NOW, metric="contact_open#2")
    assert found.new == []
    assert [(row[2], row[7]) for row in found.readings] == [(METRICS["contact_open"].number, "2")]


@pytest.mark.parametrize(
    ("metric", "value", "is_noted"), [("motion", True, False), ("humidity_pct", 55.0, True)]
)
def test_what_the_broker_had_kept_is_the_newest_humidity_and_no_newest_movement(
    metric: str, value: float, *, is_noted: bool
) -> None:
    found = batch_of(NOW, retained=True, metric=metric, value=value)
    assert found.latest == ({(7, METRICS[metric].number): (NOW, value)} if is_noted else {})


def test_unread_fields_are_counted_for_the_device_that_sent_them() -> None:
    builder = BatchBuilder(Rules(ZoneInfo("UTC")), _found, Links(), NOW - timedelta(days=1))
    for payload in (b"1", b"2"):
        message = InboundMessage("zigbee2mqtt/hall", payload, False, False, NOW)
        result = Decoded("zigbee2mqtt:/hall", "hall", [Measured("motion", True)], unread=["a", "b"])
        builder.add(message, result)
    assert builder.unread == {
        (DEVICE.sender, name): Unread(2, NOW, NOW, None, is_registered=True) for name in ("a", "b")
    }


def test_a_new_numbered_state_takes_the_fast_path_too(slow: list[str]) -> None:
    found = batch_of(NOW, metric="contact_open")

    assert slow == []
    assert [row[:5] for row in found.new] == [(7, microsecond(NOW), METRICS["contact_open"].number, 5, 1.0)]
    assert (found.readings, found.doubtful) == ([], [])


@pytest.mark.parametrize(("time", "way"), [(NOW, []), (None, ["motion"])])
def test_the_first_message_that_a_numbered_device_ever_sends_shows_that_somebody_moved(
    slow: list[str], time: datetime | None, way: list[str]
) -> None:
    builder = BatchBuilder(RULES, _found, Links(), NOW - timedelta(days=1), GapTracker())
    message = InboundMessage("mimamori/v1/hall-1/readings", b"{}", False, False, NOW)
    said = [Measured("motion", True, time)]
    builder.add(message, Decoded(DEVICE.sender, "hall-1", seq=1, readings=said))
    rows = [*builder.batch.new, *builder.batch.readings, *(row for row, _ in builder.batch.doubtful)]
    assert slow == way
    assert [row[6] & SIGN for row in rows] == [SIGN]


def test_movement_that_ends_shows_nobody_on_the_fast_path_either(slow: list[str]) -> None:
    found = batch_of(NOW, value=False)

    assert slow == []
    assert found.new == [(7, microsecond(NOW), MOTION, 5, 0.0, microsecond(NOW), 0)]


@pytest.mark.parametrize("metric", ["online", "button", "geofence_event"])
def test_a_connection_and_what_is_said_in_words_take_the_slow_path(slow: list[str], metric: str) -> None:
    batch_of(NOW, metric=metric)
    assert slow == [metric]


@pytest.mark.parametrize(("seq", "age_min", "expected"), [(5, 3, 3), (0, 3, 3), (5, None, 1)])
def test_a_place_is_stored_under_its_own_time_or_that_of_its_message_and_once_however_often_it_comes(
    seq: int, age_min: int | None, expected: int
) -> None:
    own = None if age_min is None else NOW - timedelta(minutes=age_min)
    builder = BatchBuilder(RULES, _found, Links(), NOW - timedelta(days=1), GapTracker())
    message = InboundMessage("mimamori/v1/hall-1/readings", b"{}", False, False, NOW)
    places = [Position(35.0, 139.0, own), Position(35.0, 139.5, own), Position(35.0, 139.0, own)]
    builder.add(
        message,
        Decoded(DEVICE.sender, "hall-1", seq=seq, fixes=places, time=NOW - timedelta(minutes=1)),
    )

    assert {fix[1] for fix in builder.batch.fixes} == {NOW - timedelta(minutes=expected)}
    numbers = [fix[2] for fix in builder.batch.fixes]
    if seq:
        assert numbers == [seq] * 3
    else:
        assert numbers[0] == numbers[2] != numbers[1]
        assert max(numbers) < 0


@pytest.mark.parametrize(
    ("clock", "age", "is_of_now"),
    [
        (timedelta(0), timedelta(hours=2), True),
        (timedelta(weeks=-1024), timedelta(hours=2), True),
        (timedelta(days=-500), timedelta(hours=2), False),
        (timedelta(hours=9), timedelta(hours=2), False),
        (timedelta(days=-20_000), timedelta(0), False),
    ],
)
def test_a_record_of_a_tracker_has_its_true_time_or_counts_as_none_of_now(
    clock: timedelta, age: timedelta, *, is_of_now: bool
) -> None:
    record = {
        "ts": int((NOW - age + clock).timestamp() * 1000),
        "latlng": "35.68,139.76",
        "sat": 9,
        "240": 1,
        "236": 1,
    }
    payload = json.dumps({"state": {"reported": record}}).encode()
    message = InboundMessage("350000000000001/data", payload, False, False, NOW)
    said = decode(message.topic, payload)
    assert isinstance(said, Decoded)
    builder = BatchBuilder(RULES, _found, Links(), NOW - timedelta(days=1), GapTracker())
    builder.add(message, said)

    suspect = int(ReadingFlag.CLOCK_SUSPECT)
    fixes = [(fix[1], bool(fix[10] & suspect)) for fix in builder.batch.fixes]
    assert fixes == [(NOW - age, False) if is_of_now else (NOW, True)]
    assert {bool(row[6] & SIGN) for row in builder.batch.readings if row[4] > 0} <= {False, is_of_now}


@pytest.mark.parametrize(("seq", "is_stored"), [(0, True), (1, False)])
def test_a_button_word_that_nobody_knows_is_a_press_unless_the_device_numbers_its_messages(
    seq: int, *, is_stored: bool
) -> None:
    found = batch_of(NOW, seq=seq, metric="button", value="nonsense")
    assert len(found.new) + len(found.readings) + len(found.doubtful) == is_stored


@pytest.mark.parametrize(
    ("said_at", "stored_at", "flags"),
    [
        # A last will was written when the connection began, three hours before it broke.
        (NOW - timedelta(hours=3), NOW, ReadingFlag.RECEIVE_TIME),
        (NOW - timedelta(minutes=2), NOW - timedelta(minutes=2), ReadingFlag(0)),
    ],
)
def test_a_last_will_counts_from_when_it_came_and_a_farewell_from_when_it_was_said(
    said_at: datetime, stored_at: datetime, flags: ReadingFlag
) -> None:
    began_at = NOW - timedelta(hours=3)
    builder = BatchBuilder(RULES, _found, Links(), NOW - timedelta(days=1), GapTracker())
    for online, time, received_at in (("true", began_at, began_at), ("false", said_at, NOW)):
        topic, payload = "mimamori/v1/hall-1/status", f'{{"online": {online}, "time": "{time.isoformat()}"}}'
        builder.add(
            InboundMessage(topic, payload.encode(), False, False, received_at),
            decode(topic, payload.encode()),
        )

    rows = [*builder.batch.readings, *(row for row, _ in builder.batch.doubtful)]
    assert [(row[1], row[4], row[6]) for row in rows] == [(began_at, 1.0, 0), (stored_at, 0.0, int(flags))]


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ((0.0, -500.0, 0.0, 0.0), (0.0, -500.0, 0.0, 0.0)),
        ((1_000_000.0, 20_000.0, 1500.0, 360.0), (1_000_000.0, 20_000.0, 1500.0, 360.0)),
        ((-0.5, -500.5, -0.5, -0.5), (None,) * 4),
        ((1_000_000.5, 20_000.5, 1500.5, 360.5), (None,) * 4),
    ],
)
def test_what_a_tracker_adds_to_a_place_is_left_out_where_it_cannot_be_and_the_place_is_stored(
    said: tuple[float, float, float, float], stored: tuple[float | None, ...]
) -> None:
    builder = BatchBuilder(RULES, _found, Links(), NOW - timedelta(days=1), GapTracker())
    accuracy, altitude, speed, course = said
    place = Position(
        35.0, 139.0, accuracy_m=accuracy, altitude_m=altitude, speed_kmh=speed, course_deg=course
    )
    message = InboundMessage("owntracks/a/b", b"{}", False, False, NOW)
    builder.add(message, Decoded(DEVICE.sender, "hall-1", fixes=[place]))

    assert [fix[3:9] for fix in builder.batch.fixes] == [(35.0, 139.0, *stored)]


@pytest.mark.parametrize("retained", [True, False])
def test_a_place_that_the_broker_had_kept_is_marked_as_kept(*, retained: bool) -> None:
    builder = BatchBuilder(RULES, _found, Links(), NOW - timedelta(days=1), GapTracker())
    message = InboundMessage("owntracks/a/b", b"{}", retained, False, NOW)
    builder.add(message, Decoded(DEVICE.sender, "hall-1", fixes=[Position(35.0, 139.0, NOW)]))

    assert [fix[10] for fix in builder.batch.fixes] == [int(ReadingFlag.RETAINED) if retained else 0]


def test_quarantine_names_an_unknown_metric_by_its_first_forty_letters() -> None:
    (refused,) = batch_of(NOW, metric="x" * 41).refused
    assert refused.reason == "unknown_metric"
    assert refused.detail == f"there is no metric {'x' * 40!r}"


def test_a_place_whose_times_contradict_each_other_is_stored_as_suspect_and_its_message_shows_no_life() -> (
    None
):
    position = {"latitude": 35.7, "longitude": 139.7, "fixTime": "1970-01-01T00:00:00Z"}
    position |= {"serverTime": NOW.isoformat(), "attributes": {"motion": True}, "deviceTime": 60}
    body = json.dumps({"device": {"uniqueId": "8"}, "position": position}).encode()
    builder = BatchBuilder(Rules(ZoneInfo("UTC")), _found, Links(), NOW - timedelta(days=1))
    builder.add(InboundMessage("positions", body, False, False, NOW), decode("positions", body))
    builder.finish(Links())
    suspect = int(ReadingFlag.CLOCK_SUSPECT)
    assert [row[10] & suspect for row in builder.batch.fixes] == [suspect]
    assert [row[6] & (suspect | SIGN) for row, _ in builder.batch.doubtful] == [suspect]


@pytest.mark.parametrize(
    ("metric", "value", "is_fast"),
    [("temperature_c", 21.5, True), ("motion", 1.0, True), ("motion", 0.5, False)],
)
def test_what_is_true_or_not_is_plain_only_as_one_of_both_and_any_temperature_is(
    slow: list[str], metric: str, value: float, *, is_fast: bool
) -> None:
    found = batch_of(NOW, metric=metric, value=value)
    assert (slow == []) is is_fast
    assert len(found.new) == is_fast


def test_the_oldest_time_that_is_believed_is_plain_beside_another_too(slow: list[str]) -> None:
    tracker = GapTracker()
    tracker.note(DEVICE, 4, NOW - timedelta(minutes=1))
    builder = BatchBuilder(RULES, _found, Links(), NOW - timedelta(days=1), tracker)
    said = [Measured("motion", True, time) for time in (NOW, NOW - OLDEST)]
    message = InboundMessage("mimamori/v1/hall-1/readings", b"{}", False, False, NOW)
    builder.add(message, Decoded(DEVICE.sender, "hall-1", seq=5, readings=said))

    assert slow == []
    assert [row[1] for row in builder.batch.new] == [microsecond(NOW), microsecond(NOW - OLDEST)]


def test_of_two_values_at_the_same_time_the_last_one_said_is_the_newest() -> None:
    builder = BatchBuilder(RULES, _found, Links(), NOW - timedelta(days=1), GapTracker())
    said = [Measured("humidity_pct", value, NOW) for value in (40.0, 60.0)]
    message = InboundMessage("zigbee2mqtt/hall", b"{}", False, False, NOW)
    builder.add(message, Decoded(DEVICE.sender, "hall-1", readings=said))

    assert builder.batch.latest == {(7, METRICS["humidity_pct"].number): (NOW, 60.0)}


def test_a_place_that_is_not_on_earth_is_named_in_quarantine_and_stored_nowhere() -> None:
    builder = BatchBuilder(RULES, _found, Links(), NOW - timedelta(days=1), GapTracker())
    message = InboundMessage("owntracks/a/b", b"{}", False, False, NOW)
    builder.add(message, Decoded(DEVICE.sender, "hall-1", fixes=[Position(95.0, 139.0, NOW)]))

    assert (builder.batch.fixes, len(builder.batch.refused)) == ([], 1)
