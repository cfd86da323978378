"""Escalation policies as data: which branch holds, which policies are refused, and when each step is taken."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.domain.alert import Severity
from core.domain.escalation.policy import (
    ABOVE,
    DEFAULT,
    Desk,
    EscalationPolicy,
    HoursOfDay,
    KindOfDay,
    PolicyBranch,
    PolicyStep,
    Recipients,
    is_staffed,
    mistakes,
    timed_steps,
)
from core.domain.escalation.public_holidays import is_day_off
from core.domain.geofence import Hours
from core.domain.notification import EscalationStepKind
from core.domain.quiet_hours import QuietHours

TOKYO = ZoneInfo("Asia/Tokyo")
P1, P2 = Severity.EMERGENCY, Severity.CHECK_SOON
OFFICE = PolicyStep(Recipients.OFFICE, 2)
FAMILY = PolicyStep(Recipients.FAMILY, 2)
EVERYTHING = {one: Desk(is_there=True) for one in Recipients if one is not Recipients.FAMILY}
BY_DAY = Hours(frozenset(range(5)), time(9), time(17))


def policy(*more: PolicyBranch) -> EscalationPolicy:
    usual = [PolicyBranch(severity, (FAMILY, OFFICE)) for severity in (P1, P2)]
    return EscalationPolicy((*usual, *more))


def codes(given: EscalationPolicy, desks: dict[Recipients, Desk] | None = None) -> list[str]:
    return [one.code for one in mistakes(given, EVERYTHING if desks is None else desks)]


def only(*steps: PolicyStep, again_min: int | None = None) -> EscalationPolicy:
    return EscalationPolicy(
        (PolicyBranch(P1, steps, again_min=again_min), PolicyBranch(P2, (FAMILY, OFFICE)))
    )


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        # A workday, a Sunday, and a public holiday that is a Tuesday.
        ("2026-09-24T12:00", "usual"),
        ("2026-09-24T21:59", "usual"),
        ("2026-09-24T22:00", "night"),
        ("2026-09-25T06:59", "night"),
        ("2026-09-25T07:00", "usual"),
        ("2026-09-27T12:00", "day off"),
        ("2026-09-27T03:00", "night off"),
        ("2026-09-22T12:00", "day off"),
        # By the day on which the moment is: Saturday at 23:30, and Monday at 00:30.
        ("2026-09-26T23:30", "night off"),
        ("2026-09-28T00:30", "night"),
    ],
)
def test_the_branch_that_says_most_about_the_hour_holds_by_the_clock_of_the_home(
    clock: str, expected: str
) -> None:
    moment = datetime.fromisoformat(clock).replace(tzinfo=TOKYO)
    named = {
        "night": PolicyBranch(P1, (OFFICE,), HoursOfDay.NIGHT),
        "day off": PolicyBranch(P1, (OFFICE,), days=KindOfDay.DAY_OFF),
        "night off": PolicyBranch(P1, (OFFICE,), HoursOfDay.NIGHT, KindOfDay.DAY_OFF),
    }
    given = policy(*named.values())
    found = given.branch_at(P1, moment, TOKYO)
    assert found is named.get(expected, given.branches[0])
    # What is less urgent has no policy.
    assert given.branch_at(Severity.KEEP_AN_EYE, moment, TOKYO) is None


def test_a_night_counts_before_a_day_off_where_a_policy_names_both_and_not_their_meeting() -> None:
    night = PolicyBranch(P1, (OFFICE,), HoursOfDay.NIGHT)
    given = policy(PolicyBranch(P1, (OFFICE,), days=KindOfDay.DAY_OFF), night)
    assert given.branch_at(P1, datetime(2026, 9, 27, 3, tzinfo=TOKYO), TOKYO) is night


def test_public_holidays_of_japan_are_days_off_and_elsewhere_weekends_alone() -> None:
    # Autumn equinox, the day between two holidays, and the Monday after a holiday on a Sunday.
    for day in (date(2026, 9, 23), date(2026, 9, 22), date(2026, 5, 6)):
        assert is_day_off(day, TOKYO)
        assert not is_day_off(day, ZoneInfo("Europe/Berlin"))
    assert not is_day_off(date(2026, 9, 24), TOKYO)
    assert is_day_off(date(2026, 9, 26), ZoneInfo("Europe/Berlin"))


def test_what_everybody_has_is_taken_where_every_desk_exists() -> None:
    assert codes(DEFAULT) == []


def test_without_a_policy_an_emergency_goes_on_every_two_minutes_and_what_can_wait_after_ten() -> None:
    urgent, soon = DEFAULT.branches
    everybody = dict.fromkeys(Recipients, True)
    asked = [(one.asked, one.after // timedelta(minutes=1)) for one in timed_steps(urgent, [1, 2], everybody)]
    family = [(Recipients.CONTACTS, 0), (Recipients.CONTACTS, 2)]
    assert asked == family + [(desk, 4 + 2 * place) for place, desk in enumerate(ABOVE)]
    assert [one.after // timedelta(minutes=1) for one in timed_steps(soon, [1, 2], everybody)] == [0, 10]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (EscalationPolicy(()), ["escalation_no_usual"] * 2),
        (EscalationPolicy((PolicyBranch(P1, (OFFICE,), HoursOfDay.NIGHT),)), ["escalation_no_usual"] * 2),
        (policy(PolicyBranch(Severity.EQUIPMENT, (OFFICE,))), ["escalation_severity"]),
        (policy(PolicyBranch(P1, (OFFICE,))), ["escalation_branch_twice"]),
        (only(), ["escalation_steps"]),
        (only(FAMILY), ["escalation_end_not_staffed"]),
        (only(OFFICE, PolicyStep(Recipients.DUTY, 2)), ["escalation_end_not_staffed"]),
        (only(OFFICE, FAMILY, OFFICE), ["escalation_asked_twice"]),
        (only(PolicyStep(Recipients.OFFICE, 0)), ["escalation_wait"]),
        (only(PolicyStep(Recipients.OFFICE, 10)), []),
        (only(PolicyStep(Recipients.OFFICE, 11)), ["escalation_wait"]),
        (only(OFFICE, again_min=4), ["escalation_again"]),
        (only(OFFICE, again_min=5), []),
        (only(OFFICE, again_min=60), []),
        (only(OFFICE, again_min=61), ["escalation_again"]),
    ],
)
def test_a_policy_is_refused_for_each_thing_that_would_leave_somebody_alone(
    given: EscalationPolicy, expected: list[str]
) -> None:
    assert codes(given) == expected


def test_a_branch_has_nine_steps_at_most_and_the_wrong_step_is_named() -> None:
    assert set(codes(only(*[OFFICE] * 9))) == {"escalation_asked_twice"}
    assert codes(only(*[OFFICE] * 10)) == ["escalation_steps"]
    (found,) = mistakes(only(OFFICE, PolicyStep(Recipients.WARD_LINE, 2), FAMILY), EVERYTHING)
    assert (found.code, found.branch, found.step) == ("escalation_end_not_staffed", 0, 2)


@pytest.mark.parametrize(
    ("begins", "ends"), [(time(0), time(20)), (time(4), time(0)), (time(7, 15), time(7))]
)
def test_a_desk_that_is_closed_at_any_quarter_of_an_hour_is_not_the_last_of_every_hour(
    begins: time, ends: time
) -> None:
    staffed = Desk(is_there=True, staffed=Hours(frozenset(range(7)), begins, ends))
    desks = EVERYTHING | {Recipients.OFFICE: staffed}
    assert codes(policy(), desks) == ["escalation_end_not_staffed"] * 2


@pytest.mark.parametrize(("days", "weekdays"), [(KindOfDay.ANY, 7), (KindOfDay.WORKDAY, 5)])
def test_a_desk_that_is_there_on_every_day_of_a_branch_may_be_its_last(
    days: KindOfDay, weekdays: int
) -> None:
    desks = EVERYTHING | {
        Recipients.WARD_LINE: Desk(is_there=True, staffed=Hours(frozenset(range(weekdays)), time(0), time(0)))
    }
    always = PolicyBranch(P1, (PolicyStep(Recipients.WARD_LINE, 2),), days=days)
    given = policy() if days is KindOfDay.ANY else policy(always)
    if days is KindOfDay.ANY:
        given = EscalationPolicy((always, PolicyBranch(P2, (FAMILY, OFFICE))))
    assert codes(given, desks) == []


def test_a_desk_that_does_not_exist_cannot_be_asked_and_a_closed_one_cannot_be_the_last() -> None:
    up = only(OFFICE, PolicyStep(Recipients.WARD_LINE, 2))
    assert codes(up, EVERYTHING | {Recipients.WARD_LINE: Desk(is_there=False)}) == ["escalation_nobody_there"]
    by_day = EVERYTHING | {Recipients.OFFICE: Desk(is_there=True, staffed=BY_DAY)}
    assert codes(policy(), by_day) == ["escalation_end_not_staffed"] * 2
    # It may be asked on the way, and be the last while somebody sits there.
    ward = PolicyStep(Recipients.WARD_LINE, 2)
    usual = [PolicyBranch(severity, (OFFICE, ward)) for severity in (P1, P2)]
    working = PolicyBranch(P2, (OFFICE,), HoursOfDay.DAY, KindOfDay.WORKDAY)
    nine_to_five = QuietHours(time(17), time(9))
    assert codes(EscalationPolicy((*usual, working), nine_to_five), by_day) == []
    assert codes(EscalationPolicy((*usual, working), QuietHours(time(17, 15), time(9))), by_day) == [
        "escalation_end_not_staffed"
    ]
    # A public holiday may be a Wednesday: whoever works on weekends alone does not cover it.
    weekends = Hours(frozenset({5, 6}), time(0), time(0))
    off = PolicyBranch(P2, (OFFICE,), days=KindOfDay.DAY_OFF)
    at_weekends = EVERYTHING | {Recipients.OFFICE: Desk(is_there=True, staffed=weekends)}
    assert codes(EscalationPolicy((*usual, off)), at_weekends) == ["escalation_end_not_staffed"]


@pytest.mark.parametrize(
    ("hours", "weekday", "clock", "expected"),
    [
        (Hours(frozenset({0}), time(22), time(6)), 0, time(21, 59), False),
        (Hours(frozenset({0}), time(22), time(6)), 0, time(22), True),
        (Hours(frozenset({0}), time(22), time(6)), 1, time(5, 59), True),
        (Hours(frozenset({0}), time(22), time(6)), 1, time(6), False),
        (Hours(frozenset({6}), time(22), time(6)), 0, time(3), True),
        (BY_DAY, 4, time(9), True),
        (BY_DAY, 4, time(17), False),
        (BY_DAY, 5, time(12), False),
        (Hours(frozenset({5}), time(0), time(0)), 5, time(23, 59), True),
    ],
)
def test_hours_over_midnight_belong_to_the_day_on_which_they_begin(
    hours: Hours, weekday: int, clock: time, *, expected: bool
) -> None:
    assert is_staffed(hours, weekday, clock) is expected


def test_each_step_comes_after_what_those_before_it_may_take_to_answer() -> None:
    branch = PolicyBranch(
        P1, (PolicyStep(Recipients.CONTACTS, 3), PolicyStep(Recipients.WARD_LINE, 5), OFFICE)
    )
    everybody = dict.fromkeys(Recipients, True)
    found = timed_steps(branch, [1, 4], everybody)
    assert [(one.asked.value, one.level, one.after) for one in found] == [
        ("contacts", 1, timedelta()),
        ("contacts", 4, timedelta(minutes=3)),
        ("ward_line", 1, timedelta(minutes=6)),
        ("office", 2, timedelta(minutes=11)),
    ]


def test_a_step_that_reaches_nobody_takes_no_time_and_the_centre_is_the_last_where_no_desk_is_left() -> None:
    branch = PolicyBranch(P1, (FAMILY, PolicyStep(Recipients.WARD_LINE, 2)))
    reached = {Recipients.WARD_LINE: True, Recipients.OFFICE: True}
    assert [one.after for one in timed_steps(branch, [1], reached)] == [timedelta()]
    no_desk = {Recipients.FAMILY: True, Recipients.OFFICE: True}
    assert [(one.asked.value, one.after) for one in timed_steps(branch, [1], no_desk)] == [
        ("family", timedelta()),
        ("office", timedelta(minutes=2)),
    ]
    assert timed_steps(branch, [1], {}) == ()


def test_every_recipient_is_a_kind_of_step_and_only_desks_are_above() -> None:
    kinds = {one.value for one in EscalationStepKind}
    assert {one.value for one in Recipients} | {"after_quiet_hours", "reminder"} == kinds
    assert [one.value for one in ABOVE] == ["next_office", "ward_line", "emergency_plan"]
