"""The short way for plain messages gives the rows that the long way gives."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.device import DeviceKind
from core.domain.metrics import METRICS
from core.domain.reading import MAY_BE_LIFE, is_life_sign
from core.store.binary_columns import microsecond
from core.store.telemetry.batches import Batch, SendingDevice
from core.store.telemetry.inserts import NewRow
from ingest.codecs.result import Decoded, Measured
from ingest.mqtt.message import InboundMessage
from ingest.processing.batch_builder import BatchBuilder
from ingest.processing.fast_path import FastPath
from ingest.processing.limits import Rules
from ingest.processing.links import Links
from ingest.processing.timestamps import OLDEST
from ingest.sequences.gap_tracker import GapTracker

_NOW = datetime(2026, 8, 1, 12, 0, 0, 123457, tzinfo=UTC)
_RULES = Rules(ZoneInfo("Asia/Tokyo"))

_ages = st.timedeltas(timedelta(0), timedelta(days=31))
_times = st.one_of(
    _ages.map(lambda age: _NOW - age),
    _ages.map(lambda age: (_NOW - age).astimezone(ZoneInfo("Asia/Tokyo"))),
    st.sampled_from(
        [
            _NOW,
            _NOW - OLDEST,
            _NOW + _RULES.newest,
            _NOW + timedelta(days=9),
            _NOW - OLDEST * 2,
            _NOW + timedelta(minutes=2),
        ]
    ),
)
_values = st.one_of(
    st.booleans(),
    st.integers(-1, 3),
    st.floats(-50, 120),
    st.sampled_from([float("nan"), float("inf"), "single", "nonsense", 1e300]),
)
_measured = st.builds(
    Measured, st.sampled_from([*METRICS, "no_such_metric", "motion#2"]), _values, st.none() | _times
)
_messages = st.lists(
    st.tuples(
        st.integers(1, 6),
        st.lists(_measured, min_size=1, max_size=4),
        st.none() | _times,
        st.none() | _times,
        st.booleans(),
    ),
    max_size=6,
)


def _build_batch(
    messages: list[tuple[int, list[Measured], datetime | None, datetime | None, bool]],
    device: SendingDevice,
) -> Batch:
    builder = BatchBuilder(_RULES, lambda _: device, Links(), _NOW, GapTracker())
    for seq, readings, time, sent_at, retained in messages:
        message = InboundMessage("mimamori/v1/hall-1/readings", b"{}", retained, False, _NOW)
        result = Decoded("native:hall-1", "hall-1", readings, time=time, seq=seq, sent_at=sent_at)
        builder.add(message, result)
    builder.finish(Links())
    return builder.batch


def _no_short_way(
    _self: FastPath,
    _message: InboundMessage,
    _result: Decoded,
    _device: SendingDevice,
) -> None:
    """Send every message the long way."""


def _reported(batch: Batch) -> list[NewRow]:
    """Return every reading: each is among the new ones or among those that may be known."""
    known = [(row[0], microsecond(row[1]), *row[2:5], microsecond(row[5]), row[6]) for row in batch.readings]
    return sorted([*known, *batch.new])


def test_what_is_said_to_be_no_life_sign_is_none() -> None:
    for name, metric in METRICS.items():
        if name not in MAY_BE_LIFE:
            signs = [
                is_life_sign(kind, name, value) for kind in DeviceKind for value in (metric.low, metric.high)
            ]
            assert not any(signs), name


@given(_messages, st.sampled_from(DeviceKind))
@settings(deadline=None)
def test_the_short_way_gives_the_rows_of_the_long_way(
    messages: list[tuple[int, list[Measured], datetime | None, datetime | None, bool]], kind: DeviceKind
) -> None:
    device = SendingDevice(7, "hall-1", "native:hall-1", kind, None, None)
    short = _build_batch(messages, device)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FastPath, "rows", _no_short_way)
        long = _build_batch(messages, device)

    assert _reported(short) == _reported(long)
    assert short.doubtful == long.doubtful
    assert short.late_states == long.late_states
    assert short.states == long.states
    assert short.refused == long.refused

    # Only the first message with a number is new, and only if no higher one came before.
    highest = 0
    new: set[int] = set()
    for seq, _, _, _, retained in messages:
        if seq > highest and not retained:
            new.add(seq)
            highest = seq
    assert {row[3] for row in short.new} <= new
