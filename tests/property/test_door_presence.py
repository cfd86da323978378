"""Whatever happens at a door, presence claims no more than what came before proves, and says the same live and afterwards."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.device import DeviceKind
from core.domain.evidence.presence import PresenceReason, PresenceState
from detectors.features.door_presence import (
    OUT_AFTER_S,
    DoorReturns,
    DoorWatch,
    Sight,
    changes_at,
    door_presence,
)
from detectors.features.silence_profile import DOOR, DOOR_CONTEXT_S, certain
from detectors.features.window import Blind, LifeSigns, life_signs

ZONE = ZoneInfo("Asia/Tokyo")
BEGIN = datetime(2026, 7, 1, tzinfo=UTC)
SECONDS = 30 * 3600
UNHURRIED = settings(deadline=None, max_examples=150)

seconds = st.integers(0, SECONDS // 15).map(lambda one: one * 15)
sensors = st.sampled_from(
    [
        *((DeviceKind.DOOR, "front_door"), (DeviceKind.MOTION, "hall"), (DeviceKind.MOTION, "kitchen")),
        (DeviceKind.FRIDGE, "fridge"),
    ]
)
rows = st.lists(st.tuples(seconds, sensors), max_size=30)
spans = st.lists(st.tuples(seconds, st.integers(60, 20_000)), max_size=2)
returns = st.builds(
    DoorReturns,
    st.lists(st.integers(0, 9), min_size=24, max_size=24).map(tuple),
    st.just((0,) * 24),
)


def signs(given_rows: list[tuple[int, tuple[DeviceKind, str]]], until: float = SECONDS) -> LifeSigns:
    return life_signs((BEGIN.timestamp() + time, *sensor) for time, sensor in given_rows if time <= until)


def blinds(found: list[tuple[int, int]]) -> list[Blind]:
    return [
        Blind(
            BEGIN + timedelta(seconds=time),
            BEGIN + timedelta(seconds=time + length),
            BEGIN + timedelta(seconds=time + length // 2),
        )
        for time, length in found
    ]


@given(rows, spans, spans, returns, seconds)
@UNHURRIED
def test_presence_never_claims_more_than_the_life_signs_until_then_prove(
    given_rows: list[tuple[int, tuple[DeviceKind, str]]],
    blind: list[tuple[int, int]],
    silent: list[tuple[int, int]],
    learned: DoorReturns,
    looked: int,
) -> None:
    at = BEGIN.timestamp() + looked
    sight = Sight(DoorWatch(has_sensor=True, silent=blinds(silent)), blind=blinds(blind), returns=learned)
    found = door_presence(signs(given_rows), ZONE, at, sight)
    seen = signs(given_rows, looked)

    # The same live, when what comes later is not there yet.
    assert found == door_presence(seen, ZONE, at, sight)
    sure = seen.time[certain(seen)]
    if found.state is PresenceState.CANNOT_TELL:
        return
    last = float(sure[-1])
    doors = seen.time[seen.kind == DOOR]
    assert not any(
        one.known_at.timestamp() <= at and one.ended_at is not None and one.ended_at.timestamp() > last
        for one in (*sight.blind, *sight.doors.silent)
    )
    if found.state is PresenceState.OUT:
        assert found.since is not None
        assert found.since.timestamp() == doors[-1]
        assert at - last >= OUT_AFTER_S
        assert not any(time > doors[-1] + DOOR_CONTEXT_S for time in seen.time)
    else:
        assert found.reason is PresenceReason.SEEN_INSIDE
        assert not any(time >= last - DOOR_CONTEXT_S for time in doors if time <= last)
        assert not any(time > last for time in doors)


@given(rows, returns, seconds, st.integers(1, 20_000))
@UNHURRIED
def test_presence_changes_only_with_a_life_sign_or_when_it_said_that_it_would(
    given_rows: list[tuple[int, tuple[DeviceKind, str]]], learned: DoorReturns, looked: int, later: int
) -> None:
    sight = Sight(DoorWatch(has_sensor=True), returns=learned)
    seen = signs(given_rows, looked)
    at = BEGIN.timestamp() + looked
    found = door_presence(seen, ZONE, at, sight)
    due = changes_at(found, seen, at)
    if due is None or at + later < due:
        assert door_presence(seen, ZONE, at + later, sight).state is found.state
