"""Any policy, at any hour, in any zone: each step is taken once, and never later than the policy says."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.alert import Alert, AlertEvent, EventKind, NotificationKind, Severity
from core.domain.escalation.policy import (
    EscalationPolicy,
    HoursOfDay,
    KindOfDay,
    PolicyBranch,
    PolicyStep,
    Recipients,
)
from core.domain.escalation.state import EscalationState
from core.domain.people import Channel, Contact, Language
from detectors.alerting import escalation
from tests.support.alerting import AN_ALERT

# Midnight, the end of a month and of a year, and the hours in which clocks go forward or back by an hour or half of one.
_EDGES = (
    (ZoneInfo("Asia/Tokyo"), datetime(2026, 12, 31, 15, tzinfo=UTC)),
    (ZoneInfo("Asia/Tokyo"), datetime(2026, 2, 28, 15, tzinfo=UTC)),
    (ZoneInfo("America/New_York"), datetime(2026, 3, 8, 7, tzinfo=UTC)),
    (ZoneInfo("America/New_York"), datetime(2026, 11, 1, 6, tzinfo=UTC)),
    (ZoneInfo("Australia/Lord_Howe"), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    (ZoneInfo("Australia/Lord_Howe"), datetime(2026, 4, 4, 15, tzinfo=UTC)),
)


@st.composite
def _moments(draw: st.DrawFn) -> tuple[ZoneInfo, datetime]:
    zone, edge = draw(st.sampled_from(_EDGES))
    return zone, edge + timedelta(minutes=draw(st.integers(-180, 180)))


_STEPS = st.lists(
    st.builds(PolicyStep, st.sampled_from(list(Recipients)), st.integers(1, 10)),
    min_size=1,
    max_size=7,
    unique_by=lambda step: step.asked,
).map(tuple)
_SEVERITIES = st.sampled_from([Severity.EMERGENCY, Severity.CHECK_SOON])


@st.composite
def _policies(draw: st.DrawFn) -> EscalationPolicy:
    branches = [
        PolicyBranch(severity, draw(_STEPS), hours, days)
        for severity in (Severity.EMERGENCY, Severity.CHECK_SOON)
        for hours in HoursOfDay
        for days in KindOfDay
        if (hours, days) == (HoursOfDay.ANY, KindOfDay.ANY) or draw(st.booleans())
    ]
    return EscalationPolicy(tuple(branches))


def _person(number: int, *, family: bool, step: int, **more: object) -> Contact:
    resident, office = (1, None) if family else (None, 1)
    one = Contact(number, resident, office, None, "", "", "", step, Channel.MAIL, "", Language.JA)
    return replace(one, **more)  # pyright: ignore[reportArgumentType]


_PEOPLE = (
    _person(1, family=True, step=1),
    _person(2, family=True, step=3),
    _person(3, family=False, step=2),
    _person(4, family=False, step=1, is_duty_only=True),
    _person(5, family=False, step=1, desk=Recipients.NEXT_OFFICE),
    _person(6, family=False, step=1, desk=Recipients.WARD_LINE),
    _person(7, family=False, step=1, desk=Recipients.EMERGENCY_PLAN),
)


def _wanted(branch: PolicyBranch, people: Sequence[Contact]) -> dict[int, timedelta]:
    """Say by hand after how long each person is due: at the first step that reaches them."""
    near = [one for one in people if one.desk is None and not one.is_duty_only]
    found: dict[int, timedelta] = {}
    after = timedelta()
    for step in branch.steps:
        centre = [one for one in near if one.resident is None]
        reached = {
            Recipients.FAMILY: [[one for one in near if one.resident is not None]],
            Recipients.OFFICE: [centre],
            Recipients.DUTY: [[one for one in people if one.is_duty_only] or centre],
            Recipients.CONTACTS: [
                [one for one in near if one.step == level] for level in sorted({one.step for one in near})
            ],
        }.get(step.asked, [[one for one in people if one.desk is step.asked]])
        for group in reached:
            if group:
                for one in group:
                    found.setdefault(one.number, after)
                after += timedelta(minutes=step.wait_min)
    return found


# The first day off that is asked for loads the calendar.
@settings(deadline=None)
@given(
    policy=_policies(),
    where=_moments(),
    severity=_SEVERITIES,
    people=st.sets(st.sampled_from(_PEOPLE), min_size=1).map(
        lambda chosen: sorted(chosen, key=lambda one: one.number)
    ),
    ticks=st.lists(st.integers(1, 900), max_size=40),
)
def test_each_person_is_asked_once_and_never_later_than_the_policy_says(
    policy: EscalationPolicy,
    where: tuple[ZoneInfo, datetime],
    severity: Severity,
    people: list[Contact],
    ticks: list[int],
) -> None:
    zone, opened_at = where
    branch = policy.branch_at(severity, opened_at, zone)
    assert branch is not None
    wanted = _wanted(branch, people)
    alert: Alert = replace(AN_ALERT, severity=severity, opened_at=opened_at)
    state = EscalationState(alert, people, (), (), (), (), branch=branch, on_duty=(4,))
    opened = AlertEvent(40, alert.number, opened_at, EventKind.OPENED, None, None, None, {})

    plan = escalation.consequences(opened, state, opened_at)
    moments = [opened_at]
    # By contact and key, as the outbox keeps them: the same message is written once.
    outbox: dict[tuple[int, str], datetime] = {}
    for seconds in [0, *ticks, 7200]:
        now = moments[-1] + timedelta(seconds=seconds)
        if seconds:
            moments.append(now)
            known = {contact for contact, _ in outbox}
            plan, _ = escalation.escalation(replace(state, steps=plan.steps, notified=known), now)
        for message in plan.messages:
            if message.kind is NotificationKind.OPENING:
                outbox.setdefault((message.contact, message.key), now)

    asked = {contact: now for (contact, _), now in outbox.items()}
    assert len(asked) == len(outbox)
    for number, after in wanted.items():
        due_at = opened_at + after
        assert asked[number] == next(one for one in moments if one >= due_at)
    # Who is no part of the policy is asked only where no desk would be the last (the centre), or where it reaches nobody at all.
    left_over = set(asked) - set(wanted)
    if wanted:
        assert left_over <= {3}
        assert not left_over or not any(one.desk is not None and one.number in wanted for one in people)
