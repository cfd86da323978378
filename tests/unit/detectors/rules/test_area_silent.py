"""Homes of a neighbourhood that fall silent together are one alert; those that fall silent one by one are not."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from core.domain.alert import Subject
from detectors.features.window import Blind
from detectors.rules.area_silent import (
    AreaOutage,
    AreaSilence,
    SilentHome,
    finding,
    is_of_ward,
    lasts,
    outage,
)

CUT = datetime(2026, 8, 3, 9, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def after(minutes: float) -> datetime:
    return CUT + timedelta(minutes=minutes)


def quiet(since: Sequence[float], homes: int = 4, allowed: timedelta = QUARTER) -> AreaSilence:
    return AreaSilence("3丁目", homes, [SilentHome(after(minutes), allowed) for minutes in since])


def test_homes_that_were_cut_off_at_one_moment_are_one_outage_before_any_is_raised_by_itself() -> None:
    # Heartbeats of five minutes: the last of each home lies anywhere in the five minutes before the cut.
    found = outage(quiet([0.0, 1.5, 3.0, 4.9]), after(12))
    assert found == AreaOutage("3丁目", CUT, known_at=after(12), silent=4, homes=4)


def test_last_wills_are_raised_together_within_four_minutes() -> None:
    found = outage(quiet([0.0, 0.5, 1.0], allowed=timedelta(minutes=5)), after(4))
    assert found is not None
    assert found.known_at == after(4)


def test_two_homes_are_never_a_neighbourhood() -> None:
    assert outage(quiet([0.0, 1.0], homes=2), after(60)) is None


def test_three_homes_of_many_are_not_the_neighbourhood() -> None:
    assert outage(quiet([0.0, 1.0, 2.0], homes=7), after(60)) is None


def test_homes_that_fell_silent_one_after_another_are_not_one_alert() -> None:
    assert outage(quiet([0.0, 60.0, 120.0], homes=3), after(600)) is None


def test_a_home_that_died_long_before_does_not_hide_the_others() -> None:
    found = outage(quiet([-300.0, 0.0, 1.0, 2.0]), after(14))
    assert found is not None
    assert (found.began_at, found.silent) == (CUT, 3)


def test_what_was_raised_by_itself_before_does_not_make_a_neighbourhood() -> None:
    slow = SilentHome(CUT, timedelta(hours=3))
    raised = [SilentHome(after(minutes), QUARTER) for minutes in (1, 2)]
    assert outage(AreaSilence("3丁目", 3, [slow, *raised]), after(170)) is None


def test_what_cannot_be_distinguished_from_an_outage_of_the_ward_waits_for_its_end() -> None:
    homes = quiet([0.0, 1.0, 2.0])
    assert outage(homes, after(60), [Blind(after(5), None, after(5))]) is None
    ended = [Blind(after(5), after(50), after(5))]
    assert outage(homes, after(61), ended) is None
    found = outage(homes, after(62), ended)
    assert found is not None
    assert found.known_at == after(62)


def test_an_outage_is_over_when_most_of_its_homes_were_in_contact_again() -> None:
    lasting = outage(quiet([0.0, 1.0, 2.0, 3.0]), after(12))
    assert lasting is not None
    assert lasts(lasting, quiet([0.0, 2.0]))
    assert not lasts(lasting, quiet([2.0]))
    # Silent again, for another reason, is another alert.
    assert not lasts(lasting, quiet([2.0, 30.0, 31.0]))
    assert not lasts(lasting, None)


def test_silence_of_nearly_all_homes_concerns_the_ward() -> None:
    one, other = quiet([0.0] * 6, homes=6), AreaSilence("4丁目", 6, [])
    assert not is_of_ward([one, other])
    assert is_of_ward([one, quiet([0.0] * 5, homes=6)])


def test_a_ward_of_few_homes_is_not_evaluated_as_a_whole_so_its_neighbourhood_is() -> None:
    assert not is_of_ward([quiet([0.0, 1.0, 2.0, 3.0])])


def test_the_reason_says_how_many_of_how_many_homes() -> None:
    lasting = outage(quiet([0.0, 1.0, 2.0]), after(12))
    assert lasting is not None
    raised = finding(lasting, None)
    assert (raised.subject, raised.reason["homes"], raised.reason["of_homes"]) == (
        Subject.of_area("3丁目"),
        3,
        4,
    )


@pytest.mark.parametrize(
    ("since", "allowed", "is_one"),
    [
        # A third of a quarter of an hour and a minute after the first.
        (6.0, 10, True),
        (6.0 + 1e-6, 10, False),
        # Silent for 45 % of a quarter of an hour when it is decided after 12 minutes.
        (5.25, 15, True),
        (5.25 + 1e-6, 15, False),
        # Raised by itself at that moment, or after it.
        (2.0, 10, False),
        (2.0 + 1e-6, 10, True),
    ],
)
def test_homes_belong_together_up_to_the_limits_and_not_beyond(
    since: float, allowed: int, *, is_one: bool
) -> None:
    others = [SilentHome(after(since), timedelta(minutes=allowed))] * 2
    found = outage(AreaSilence("3丁目", 4, [SilentHome(CUT, QUARTER), *others]), after(12))
    assert found == (AreaOutage("3丁目", CUT, after(12), silent=3, homes=4) if is_one else None)


@pytest.mark.parametrize(("silent", "homes", "is_ward"), [(8, 10, True), (7, 10, False), (9, 9, False)])
def test_eight_of_ten_silent_homes_are_the_ward(silent: int, homes: int, *, is_ward: bool) -> None:
    assert is_of_ward([quiet([0.0] * silent, homes=homes)]) is is_ward
