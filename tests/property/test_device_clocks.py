"""Whatever a device's clock says, a reading is placed where docs/time.md says, once, and never lost."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from core.domain.device import DeviceKind
from core.domain.metrics import METRICS
from core.domain.reading import ReadingFlag
from core.store.binary_columns import microsecond
from core.store.telemetry.batches import Batch, SendingDevice
from ingest.codecs.parsing.json_fields import time_of_epoch
from ingest.codecs.result import Decoded, Measured
from ingest.mqtt.message import InboundMessage
from ingest.processing.batch_builder import BatchBuilder
from ingest.processing.limits import Rules
from ingest.processing.links import Links
from ingest.processing.timestamps import AHEAD, NEWEST, OLDEST, placed
from ingest.sequences.gap_tracker import GapTracker

_NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
_TOKYO = ZoneInfo("Asia/Tokyo")
_DEVICE = SendingDevice(7, "hall-1", "native:hall-1", DeviceKind.MOTION, None, _TOKYO)

_any_time = st.timedeltas(timedelta(days=-20_000), timedelta(days=20_000)).map(lambda away: _NOW + away)
_skews = st.timedeltas(timedelta(days=-9000), timedelta(days=9000))
_ages = st.timedeltas(timedelta(0), timedelta(days=30))


def _batch(
    *messages: tuple[InboundMessage, Decoded],
    states: dict[tuple[int, int, str], tuple[datetime, float]] | None = None,
) -> Batch:
    builder = BatchBuilder(
        Rules(_TOKYO), lambda _: _DEVICE, Links(states or {}), _NOW - timedelta(hours=1), GapTracker()
    )
    for message, result in messages:
        builder.add(message, result)
    return builder.batch


def _message(payload: bytes = b"{}", *, retained: bool = False, at: datetime = _NOW) -> InboundMessage:
    return InboundMessage("mimamori/v1/hall-1/readings", payload, retained, False, at)


def _moved(
    time: datetime | None = None,
    *,
    seq: int = 0,
    sent_at: datetime | None = None,
    local: datetime | None = None,
) -> Decoded:
    return Decoded(
        "native:hall-1",
        "hall-1",
        [Measured("motion", value=True, time=time)],
        local_time=local,
        seq=seq,
        sent_at=sent_at,
    )


def _keys(batch: Batch) -> set[tuple[int, int, int]]:
    """Return what distinguishes one stored reading from another: device, moment, number."""
    late = {(row[0], microsecond(row[1]), row[3]) for row in batch.readings}
    doubtful = {(row[0], microsecond(row[1]), row[3]) for row, _ in batch.doubtful}
    return late | doubtful | {(row[0], row[1], row[3]) for row in batch.new}


@given(st.none() | _any_time, st.none() | _any_time)
@settings(deadline=None)
def test_every_reading_has_a_place_within_reason(claimed: datetime | None, sent_at: datetime | None) -> None:
    found = placed(claimed, _NOW, sent_at)
    assert _NOW - OLDEST <= found.time <= _NOW + NEWEST
    # What we changed says so, and what says nothing was not changed.
    # A whole count of weeks is known without our clock.
    weeks = found.time - claimed if claimed is not None else timedelta(0)
    is_rolled = weeks in {timedelta(weeks=1024), timedelta(weeks=2048)}
    assert found.is_ours == (bool(found.flags) and not is_rolled)
    assert found.is_ours or is_rolled or found.time == claimed


@given(_skews, st.timedeltas(timedelta(0), timedelta(minutes=2)))
@settings(deadline=None)
@example(timedelta(weeks=-1024), timedelta(0))
@example(timedelta(weeks=-1024) + timedelta(hours=5), timedelta(0))
@example(timedelta(hours=9), timedelta(0))
def test_what_just_happened_is_never_dated_later_unless_its_time_is_marked(
    skew: timedelta, delay: timedelta
) -> None:
    # The device says no second time; beyond the tolerance its clock must not move anything towards now.
    happened = _NOW - delay
    found = placed(happened + skew, _NOW, None)
    assert found.flags & ReadingFlag.CLOCK_SUSPECT or found.time <= happened or _is_tolerated(skew, delay)


@given(_skews, st.timedeltas(timedelta(0), timedelta(days=3)))
@settings(deadline=None)
@example(timedelta(days=-20_000), timedelta(hours=3))
@example(timedelta(hours=9), timedelta(0))
def test_no_clock_makes_a_movement_a_life_sign_later_than_it_was(skew: timedelta, delay: timedelta) -> None:
    # Whether it has just happened or waited for days, as far as the clock can be found out at all.
    happened = _NOW - delay
    batch = _batch((_message(), _moved(happened + skew)))
    stored = [*batch.readings, *(row for row, _ in batch.doubtful)]
    signs = [row[1] for row in stored if row[6] & ReadingFlag.LIFE_SIGN]
    assert batch.new == []
    assert all(sign <= happened or _is_tolerated(skew, delay) for sign in signs)


def _is_tolerated(skew: timedelta, delay: timedelta) -> bool:
    """Whether a clock is ahead by no more than clocks may be, counted from whole counts of weeks."""
    return any(timedelta(0) <= skew + times * timedelta(weeks=1024) <= NEWEST + delay for times in range(3))


@given(st.lists(st.timedeltas(timedelta(0), timedelta(days=39)), min_size=2, max_size=20), st.integers(1, 2))
@settings(deadline=None)
def test_what_was_buffered_under_a_count_of_weeks_that_began_anew_keeps_its_true_times(
    ages: list[timedelta], times: int
) -> None:
    behind = times * timedelta(weeks=1024)
    found = [placed(_NOW - age - behind, _NOW, None) for age in ages]
    assert [one.time for one in found] == [_NOW - age for age in ages]
    assert {one.flags for one in found} == {ReadingFlag.CLOCK_CORRECTED}
    # The same again is the same.
    assert not any(one.is_ours for one in found)


@given(_ages)
@settings(deadline=None)
def test_a_late_reading_of_a_good_clock_keeps_its_time(age: timedelta) -> None:
    found = placed(_NOW - age, _NOW, _NOW)
    assert (found.time, found.flags) == (_NOW - age, ReadingFlag(0))


@given(_ages, _skews, st.timedeltas(timedelta(0), timedelta(seconds=5)))
@settings(deadline=None)
def test_a_clock_that_is_ahead_or_years_off_is_corrected_by_when_it_sent(
    age: timedelta, skew: timedelta, delay: timedelta
) -> None:
    # `skew`: the device's clock less ours.
    happened = _NOW - delay - age
    found = placed(happened + skew, _NOW, _NOW - delay + skew)
    is_ahead = skew - delay > AHEAD
    is_far = not _NOW - OLDEST <= happened + skew <= _NOW + NEWEST
    if is_ahead or is_far:
        assert found.flags == ReadingFlag.CLOCK_CORRECTED
        assert abs(found.time - happened) <= delay
    else:
        # Behind by minutes or days: not to be distinguished from a message that waited.
        assert found.time == happened + skew


@given(st.lists(_ages, min_size=2, max_size=6), _skews, _skews)
@settings(deadline=None)
def test_a_clock_that_jumps_in_mid_stream_keeps_the_order_within_each_message(
    ages: list[timedelta], before: timedelta, after: timedelta
) -> None:
    for skew in (before, after):
        # Behind by just about the oldest age there is, a part of a message looks old and a part impossible.
        assume(not -OLDEST <= skew <= timedelta(days=30) - OLDEST)
        times = [placed(_NOW - age + skew, _NOW, _NOW + skew).time for age in sorted(ages, reverse=True)]
        assert times == sorted(times)


@given(st.integers(10**9, 4 * 10**9), st.integers(0, 999))
def test_milliseconds_are_known_as_such(seconds: int, thousandths: int) -> None:
    whole = time_of_epoch(seconds)
    assert whole is not None
    assert time_of_epoch(seconds * 1000 + thousandths) == whole + timedelta(milliseconds=thousandths)


@given(_ages.map(lambda age: (_NOW - age).replace(tzinfo=None)))
@settings(deadline=None)
def test_the_time_of_the_wall_is_the_homes(wall: datetime) -> None:
    batch = _batch((_message(), _moved(local=wall)))
    assert batch.readings[0][1] == wall.replace(tzinfo=_TOKYO)


@given(st.permutations(range(1, 7)), st.lists(_ages, min_size=6, max_size=6))
@settings(deadline=None)
def test_the_order_of_arrival_and_repeats_make_no_difference(order: list[int], ages: list[timedelta]) -> None:
    sent = {seq: (_message(), _moved(_NOW - ages[seq - 1], seq=seq)) for seq in range(1, 7)}
    in_order = _keys(_batch(*sent.values()))
    shuffled = _keys(_batch(*(sent[seq] for seq in order), *(sent[seq] for seq in order[:3])))
    assert shuffled == in_order


@given(st.none() | _any_time, st.integers(0, 5))
@settings(deadline=None)
def test_what_the_broker_had_kept_is_never_a_life_sign(time: datetime | None, seq: int) -> None:
    batch = _batch((_message(retained=True), _moved(time, seq=seq)))
    flags = [row[6] for row in batch.readings] + [row[6] for row, _ in batch.doubtful]
    assert flags
    assert all(flag & ReadingFlag.RETAINED and not flag & ReadingFlag.LIFE_SIGN for flag in flags)
    # Nor does it show that the device is there.
    assert not batch.contacts


@given(st.integers(1, 5), st.timedeltas(timedelta(0), timedelta(seconds=4)))
@settings(deadline=None)
def test_the_same_bytes_without_a_time_are_one_message(copies: int, apart: timedelta) -> None:
    batch = _batch(
        *((_message(b"ON", at=_NOW + number * apart / copies), _moved()) for number in range(copies))
    )
    assert len(batch.doubtful) == 1


@given(_ages, _ages)
@settings(deadline=None)
def test_a_last_will_with_the_time_of_connecting_is_dated_when_it_came(
    connected: timedelta, later: timedelta
) -> None:
    online = METRICS["online"].number
    began = _NOW - connected
    states = {(_DEVICE.number, online, ""): (began, 1.0)}
    will = Decoded("native:hall-1", "hall-1", [Measured("online", value=False, time=began)])
    batch = _batch((_message(), will), states=states)
    assert batch.latest[_DEVICE.number, online] == (_NOW, 0.0)
    # A device that says by itself when it goes is believed.
    gone = Decoded("native:hall-1", "hall-1", [Measured("online", value=False, time=began + later)])
    batch = _batch((_message(), gone), states=states)
    is_raised = timedelta(0) < later and began + later <= _NOW + NEWEST
    assert batch.latest[_DEVICE.number, online][0] == (began + later if is_raised else _NOW)


@given(_skews)
@settings(deadline=None)
def test_the_skew_of_a_clock_is_measured_from_when_it_sent(skew: timedelta) -> None:
    batch = _batch((_message(), _moved(_NOW, seq=0, sent_at=_NOW + skew)))
    assert batch.contacts[_DEVICE.number].skew_s == -skew.total_seconds()
