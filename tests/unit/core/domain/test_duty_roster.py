"""Who is on duty, who stands in, and where the roster has a gap."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.domain.alert import Severity
from core.domain.escalation.duty import DutyPerson, DutyShift, asks_duty, gaps, on_duty
from core.domain.escalation.policy import (
    DEFAULT,
    EscalationPolicy,
    HoursOfDay,
    PolicyBranch,
    PolicyStep,
    Recipients,
)

TOKYO = ZoneInfo("Asia/Tokyo")
# Saturday, 18:00 in Tokyo.
EVENING = datetime(2026, 8, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANNE, BERT = DutyPerson(1, "Anne", True, True), DutyPerson(2, "Bert", True, True)
SHIFT = DutyShift(1, 1, EVENING, EVENING + 12 * HOUR, ANNE, BERT, False)
DUTY = (PolicyStep(Recipients.DUTY, 5), PolicyStep(Recipients.OFFICE, 5))
OFFICE = (PolicyStep(Recipients.OFFICE, 5),)
AT_NIGHT = EscalationPolicy(
    (
        PolicyBranch(Severity.EMERGENCY, OFFICE),
        PolicyBranch(Severity.CHECK_SOON, OFFICE),
        PolicyBranch(Severity.CHECK_SOON, DUTY, HoursOfDay.NIGHT),
    )
)


@pytest.mark.parametrize(
    ("anne", "bert", "is_substituted", "expected"),
    [
        (True, True, False, [1]),
        (True, True, True, [2]),
        # Who cannot be reached is not waited for.
        (False, True, False, [2]),
        (True, False, True, [1]),
        (False, False, False, []),
    ],
)
def test_the_substitute_is_asked_where_they_took_over_or_the_other_cannot_be_reached(
    *, anne: bool, bert: bool, is_substituted: bool, expected: list[int]
) -> None:
    shift = replace(
        SHIFT,
        person=replace(ANNE, is_able=anne),
        substitute=replace(BERT, is_able=bert),
        is_substituted=is_substituted,
    )
    assert on_duty([shift], EVENING) == expected


def test_a_shift_begins_with_its_first_moment_and_the_next_takes_over_at_its_end() -> None:
    following = replace(SHIFT, number=2, began_at=SHIFT.ended_at, ended_at=SHIFT.ended_at + HOUR, person=BERT)
    both = [SHIFT, following]
    moment = timedelta(microseconds=1)
    assert on_duty(both, EVENING - moment) == []
    assert on_duty(both, EVENING) == [1]
    assert on_duty(both, SHIFT.ended_at - moment) == [1]
    assert on_duty(both, SHIFT.ended_at) == [2]
    # Two at the same time are both asked, and one person once.
    assert on_duty([SHIFT, replace(SHIFT, person=BERT, substitute=None), SHIFT], EVENING) == [1, 2]
    assert on_duty([replace(SHIFT, substitute=None, person=replace(ANNE, is_able=False))], EVENING) == []


def test_the_roster_counts_at_the_hours_at_which_the_policy_asks_for_it() -> None:
    assert not asks_duty(AT_NIGHT, EVENING, TOKYO)
    assert asks_duty(AT_NIGHT, EVENING + 4 * HOUR, TOKYO)
    assert not asks_duty(DEFAULT, EVENING + 4 * HOUR, TOKYO)


def test_a_gap_is_where_the_policy_asks_and_nobody_is_there() -> None:
    until = EVENING + 24 * HOUR
    night = (EVENING + 4 * HOUR, EVENING + 13 * HOUR)
    assert gaps(AT_NIGHT, [], TOKYO, EVENING, until) == [night]
    assert gaps(DEFAULT, [], TOKYO, EVENING, until) == []
    # From 18:00 to 06:00: the last hour of the night is left, and no minute more.
    assert gaps(AT_NIGHT, [SHIFT], TOKYO, EVENING, until) == [(SHIFT.ended_at, night[1])]
    late = replace(SHIFT, began_at=EVENING + 4 * HOUR + timedelta(minutes=7), ended_at=night[1])
    assert gaps(AT_NIGHT, [late], TOKYO, EVENING, until) == [(night[0], late.began_at)]
    unable = replace(SHIFT, person=replace(ANNE, is_able=False), substitute=None)
    assert gaps(AT_NIGHT, [unable], TOKYO, EVENING, until) == [night]


def test_a_gap_over_the_hour_in_which_clocks_change_is_as_long_as_it_really_is() -> None:
    new_york = ZoneInfo("America/New_York")
    # From 22:00 to 07:00 on the night in which an hour is left out, and in which one comes twice.
    for day, hours in (
        (datetime(2026, 3, 7, 12, tzinfo=new_york), 8),
        (datetime(2026, 10, 31, 12, tzinfo=new_york), 10),
    ):
        since = day.astimezone(UTC)
        ((began, ended),) = gaps(AT_NIGHT, [], new_york, since, since + 24 * HOUR)
        assert ended - began == hours * HOUR
