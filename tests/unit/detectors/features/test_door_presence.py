"""Whether somebody is at home, as far as the door and the sensors inside prove it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from core.domain.device import DeviceKind
from core.domain.evidence.presence import Presence, PresenceReason, PresenceState
from detectors.features.door_presence import (
    DoorReturns,
    DoorWatch,
    Sight,
    changes_at,
    door_presence,
    learn_returns,
    may_be_out,
)
from detectors.features.silence_profile import certain, silences
from detectors.features.window import Blind, LifeSigns, life_signs

ZONE = ZoneInfo("Asia/Tokyo")
DAY = datetime(2026, 7, 1, tzinfo=ZONE).astimezone(UTC)
FITTED = Sight(DoorWatch(has_sensor=True))
HALL, KITCHEN, FRONT = (
    (DeviceKind.MOTION, "hall"),
    (DeviceKind.MOTION, "kitchen"),
    (DeviceKind.DOOR, "front_door"),
)


def at(clock: str, day: int = 0) -> datetime:
    parts = [int(one) for one in clock.split(":")]
    return DAY + timedelta(days=day, hours=parts[0], minutes=parts[1], seconds=sum(parts[2:]))


def signs(*rows: tuple[str, tuple[DeviceKind, str]]) -> LifeSigns:
    return life_signs([(at(clock).timestamp(), *sensor) for clock, sensor in rows])


def found(seen: LifeSigns, clock: str, sight: Sight = FITTED, day: int = 0) -> Presence:
    return door_presence(seen, ZONE, at(clock, day).timestamp(), sight)


ACTIVE = (("17:50", KITCHEN), ("17:55", KITCHEN), ("18:25", KITCHEN), ("18:31", HALL))
LEFT = signs(*ACTIVE, ("18:32", FRONT), ("18:32:10", HALL))


def test_who_used_the_door_and_gives_no_sign_inside_is_out_after_half_an_hour() -> None:
    assert found(LEFT, "18:31:30").state is PresenceState.IN
    assert found(LEFT, "19:02:09").reason is PresenceReason.JUST_USED
    assert found(LEFT, "19:02:10") == Presence(
        PresenceState.OUT, PresenceReason.NOTHING_INSIDE, at("18:32"), at("18:32")
    )
    assert found(LEFT, "18:32:09", day=1).state is PresenceState.OUT
    assert found(LEFT, "18:32:10", day=1).reason is PresenceReason.LONG
    # Nor is somebody at home for ever who was seen there once.
    assert found(signs(*ACTIVE), "18:30:59", day=1).state is PresenceState.IN
    assert found(signs(*ACTIVE), "18:31", day=1).reason is PresenceReason.LONG


def test_who_is_seen_inside_after_the_door_is_at_home_since_then() -> None:
    back = signs(*ACTIVE, ("18:32", FRONT), ("20:10", FRONT), ("20:10:20", HALL), ("20:15", KITCHEN))
    assert found(back, "20:11") == Presence(
        PresenceState.IN, PresenceReason.SEEN_INSIDE, at("20:10:20"), at("20:10")
    )
    assert found(back, "23:00").since == at("20:10:20")


def test_since_when_is_not_said_where_no_use_of_the_door_is_known() -> None:
    assert found(signs(*ACTIVE), "19:30") == Presence(PresenceState.IN, PresenceReason.SEEN_INSIDE)


def test_a_single_movement_after_the_door_leaves_it_open_unless_it_is_from_a_sensor_that_is_not_trusted() -> (
    None
):
    single = signs(*ACTIVE, ("18:32", FRONT), ("19:30", KITCHEN))
    assert found(single, "19:50").reason is PresenceReason.ONE_SIGN
    curtain = Sight(FITTED.doors, distrusted=frozenset({"kitchen"}))
    assert found(single, "19:50", curtain).state is PresenceState.OUT
    confirmed = signs(*ACTIVE, ("18:32", FRONT), ("19:30", KITCHEN), ("19:38", HALL))
    assert found(confirmed, "19:50").state is PresenceState.IN


def test_a_door_in_a_home_that_was_quiet_before_may_be_somebody_who_comes() -> None:
    assert found(signs(*ACTIVE, ("18:46:01", FRONT)), "19:30").reason is PresenceReason.QUIET_BEFORE
    assert found(signs(*ACTIVE, ("18:46", FRONT)), "19:30").state is PresenceState.OUT
    # Coming home unseen, or leaving again: the second use of the door decides nothing.
    twice = signs(*ACTIVE, ("18:32", FRONT), ("20:10", FRONT))
    assert found(twice, "21:00").reason is PresenceReason.QUIET_BEFORE
    # Opened and closed is one passage.
    passage = signs(*ACTIVE, ("18:45", FRONT), ("18:46:30", FRONT))
    assert found(passage, "19:30").state is PresenceState.OUT


def test_after_a_visit_it_is_not_known_who_left() -> None:
    together = [
        row
        for minute in (0, 10, 20)
        for row in ((f"18:{minute:02}", HALL), (f"18:{minute:02}:08", KITCHEN), (f"18:{minute:02}:16", HALL))
    ]
    assert found(signs(*together, ("18:32", FRONT)), "19:30").reason is PresenceReason.SEVERAL_MOVED
    twice_only = signs(*together[:6], ("18:20", KITCHEN), ("18:32", FRONT))
    assert found(twice_only, "19:30").state is PresenceState.OUT


def test_what_the_home_taught_decides_whether_quiet_after_the_door_proves_an_outing() -> None:
    evening = tuple(6 if hour == 18 else 0 for hour in range(24))
    missed = Sight(FITTED.doors, returns=DoorReturns(evening, (0,) * 24))
    assert found(LEFT, "19:30", missed).reason is PresenceReason.RETURNS_UNSEEN
    proven = Sight(FITTED.doors, returns=DoorReturns(evening, evening))
    assert found(LEFT, "19:30", proven).state is PresenceState.OUT
    # Late in the evening the door is the last thing before bed as often as not, until the home teaches otherwise.
    late = signs(("22:00", KITCHEN), ("22:05", HALL), ("22:06", FRONT))
    assert found(late, "23:00").reason is PresenceReason.RETURNS_UNSEEN
    walks = tuple(6 if hour == 22 else 0 for hour in range(24))
    assert found(late, "23:00", Sight(FITTED.doors, returns=DoorReturns(walks, walks))).state is (
        PresenceState.OUT
    )


def test_returns_are_counted_by_the_hour_of_the_wall_clock_and_only_if_nothing_hid_them() -> None:
    seen = signs(
        *(("09:00", HALL), ("09:01", FRONT), ("10:00", FRONT), ("10:00:30", HALL)),
        *(("14:00", HALL), ("14:01", FRONT), ("15:00", HALL), ("15:05", HALL)),
        *(("16:00", HALL), ("16:01", FRONT), ("16:20", HALL), ("16:22", HALL)),
        # The hall is seen before the door that let somebody in.
        *(("17:00", HALL), ("17:01", FRONT), ("18:00", HALL), ("18:02", FRONT), ("18:02:30", HALL)),
    )
    gaps = silences(seen, certain(seen))
    learned = learn_returns(gaps, seen, ZONE, (), at("20:00").timestamp())
    # From 10:00:00 nobody was out: the hall moved half a minute later.
    assert {hour: n for hour, n in enumerate(learned.quiets) if n} == {9: 1, 14: 1, 17: 1}
    assert {hour: n for hour, n in enumerate(learned.by_door) if n} == {9: 1, 17: 1}
    hidden = [(at("09:30").timestamp(), at("09:40").timestamp())]
    assert sum(learn_returns(gaps, seen, ZONE, hidden, at("20:00").timestamp()).quiets) == 2
    assert sum(learn_returns(gaps, seen, ZONE, (), at("14:30").timestamp()).quiets) == 1
    assert DoorReturns.from_json(learned.to_json()) == learned


@pytest.mark.parametrize("began", ["18:40", "18:20"])
def test_a_home_that_was_blind_since_the_last_sign_cannot_tell_until_the_next(began: str) -> None:
    blind = Blind(at(began), at("18:50"), at("18:45"))
    sight = Sight(FITTED.doors, blind=(blind,))
    assert found(LEFT, "18:44", sight).reason is PresenceReason.JUST_USED
    assert found(LEFT, "19:30", sight).reason is PresenceReason.HOME_SILENT
    after = signs(*ACTIVE, ("18:32", FRONT), ("18:55", HALL), ("18:56", HALL))
    assert found(after, "19:30", sight).state is PresenceState.IN


def test_the_quiet_after_the_door_counts_as_far_as_the_ward_was_in_contact() -> None:
    def sight(clock: str) -> Sight:
        return Sight(FITTED.doors, undecided_from=at(clock).timestamp())

    # A moment ago, as it always is.
    assert found(LEFT, "19:30", sight("19:29")).state is PresenceState.OUT
    assert found(signs(*ACTIVE), "19:00", sight("18:59")).state is PresenceState.IN
    waits = found(LEFT, "19:30", sight("19:00"))
    assert (waits.state, waits.reason) == (PresenceState.CANNOT_TELL, PresenceReason.JUST_USED)
    due = changes_at(waits, LEFT, at("19:30").timestamp())
    assert due == at("19:31").timestamp()
    assert found(LEFT, "19:31", sight("19:02:10")).state is PresenceState.OUT


def test_a_door_whose_sensor_was_silent_since_the_last_sign_cannot_tell_in_or_out() -> None:
    dead = Sight(DoorWatch(has_sensor=True, silent=(Blind(at("18:28"), None, at("18:40")),)))
    assert found(signs(*ACTIVE), "18:39", dead).state is PresenceState.IN
    assert found(signs(*ACTIVE), "18:40", dead).reason is PresenceReason.DOOR_SILENT
    assert found(LEFT, "19:30", dead).reason is PresenceReason.DOOR_SILENT
    back = Sight(DoorWatch(has_sensor=True, silent=(Blind(at("17:00"), at("18:00"), at("17:20")),)))
    assert found(signs(*ACTIVE[:2]), "18:10", back).reason is PresenceReason.DOOR_SILENT
    assert found(signs(*ACTIVE), "18:40", back).state is PresenceState.IN


def test_without_a_sensor_at_the_door_with_two_residents_or_without_a_sign_nobody_can_tell() -> None:
    assert found(LEFT, "19:30", Sight(DoorWatch(has_sensor=False))).reason is PresenceReason.NO_DOOR_SENSOR
    two = Sight(DoorWatch(has_sensor=True, residents=2))
    assert found(LEFT, "19:30", two).reason is PresenceReason.SEVERAL_RESIDENTS
    assert found(signs(("17:00", KITCHEN)), "18:00").reason is PresenceReason.NO_SIGN
    assert found(signs(), "18:00").reason is PresenceReason.NO_SIGN


def test_a_tracker_away_from_home_outweighs_the_door() -> None:
    away = Sight(DoorWatch(has_sensor=False), away=(Blind(at("18:40"), at("19:40"), at("18:44")),))
    assert found(LEFT, "19:00", away) == Presence(PresenceState.OUT, PresenceReason.TRACKER_AWAY, at("18:40"))
    assert found(LEFT, "18:43", away).reason is PresenceReason.NO_DOOR_SENSOR
    assert found(LEFT, "19:40", away).reason is PresenceReason.NO_DOOR_SENSOR


@pytest.mark.parametrize(
    ("seen", "clock", "until"),
    [(LEFT, "18:40", "19:02:10"), (LEFT, "20:00", "18:32:10"), (signs(*ACTIVE), "19:00", "18:31")],
)
def test_presence_says_when_it_can_change_by_itself(seen: LifeSigns, clock: str, until: str) -> None:
    now = at(clock).timestamp()
    due = changes_at(found(seen, clock), seen, now)
    assert due is not None
    assert due == at(until, day=0 if at(until) > at(clock) else 1).timestamp()
    said = [door_presence(seen, ZONE, one, FITTED) for one in (now, due - 1, due)]
    assert said[0] == said[1] != said[2]


def test_what_only_a_life_sign_can_change_has_no_deadline() -> None:
    late = at("18:33", day=1).timestamp()
    assert changes_at(found(LEFT, "18:33", day=1), LEFT, late) is None


def test_a_rule_that_must_not_speak_of_somebody_who_is_out_asks_the_same_door() -> None:
    moments = np.array([at(clock).timestamp() for clock in ("18:00", "19:02:09", "19:02:10", "23:00")])
    assert may_be_out(LEFT, moments).tolist() == [False, False, True, True]
    assert may_be_out(signs(), moments).tolist() == [False] * 4
    assert may_be_out(signs(*ACTIVE), moments).tolist() == [False] * 4
