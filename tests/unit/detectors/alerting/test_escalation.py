"""Who is notified, as pure decisions; the whole escalation on a real database is tested in tests/integration."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.domain.alert import (
    WARD,
    Alert,
    AlertEvent,
    Condition,
    EventKind,
    Handling,
    NotificationKind,
    Severity,
    Subject,
)
from core.domain.notification import EscalationStep, EscalationStepKind
from core.domain.people import Channel, Contact, Language
from detectors.alerting import escalation
from detectors.alerting.escalation import EscalationState

NOW = datetime(2026, 8, 1, tzinfo=UTC)
SON = Contact(1, 5, None, 31, "太郎", "", "母", 1, Channel.MAIL, "a@b.jp", Language.JA)
# The same person by another channel.
SON_WEBHOOK = replace(SON, number=2, channel=Channel.WEBHOOK)
DAUGHTER = replace(SON, number=3, user=None)
CENTRE = Contact(9, None, 1, 32, "センター", "", "", 2, Channel.MAIL, "c@b.jp", Language.JA)
ALERT = Alert(
    7,
    "inactivity",
    Subject.of_resident(5),
    5,
    1,
    Severity.CHECK_SOON,
    Condition.ACTIVE,
    Handling.OPEN,
    *(NOW, NOW, NOW),
    *(None, None, None, None, None),
    False,
    {},
    1,
)


def situation(
    alert: Alert = ALERT, *, notified: set[int] | None = None, executed: int = 0
) -> EscalationState:
    steps = [
        EscalationStep(
            EscalationStepKind.CONTACTS,
            step,
            1,
            NOW + timedelta(minutes=10 * place),
            NOW if place < executed else None,
            None,
        )
        for place, step in enumerate((1, 2))
    ]
    known = notified or set()
    return EscalationState(alert, [SON, SON_WEBHOOK, DAUGHTER, CENTRE], steps, known, known, frozenset())


def event(kind: EventKind, *, user: int | None = None, contact: int | None = None) -> AlertEvent:
    return AlertEvent(40, 7, NOW, kind, None, user, contact, {})


def test_a_person_who_acts_is_not_notified_by_any_of_their_channels() -> None:
    held = situation(replace(ALERT, handling=Handling.CLAIMED), notified={1, 2, 3}, executed=1)

    by_link = escalation.consequences(event(EventKind.CLAIMED, contact=2), held, NOW)
    by_sign_in = escalation.consequences(event(EventKind.CLAIMED, user=31), held, NOW)

    assert [message.contact for message in by_link.messages] == [3]
    assert by_sign_in == by_link


def test_somebody_without_an_account_is_not_taken_for_another_such_person() -> None:
    held = situation(replace(ALERT, handling=Handling.CLAIMED), notified={1, 3}, executed=1)

    plan = escalation.consequences(event(EventKind.CLAIMED, contact=9), held, NOW)

    assert [message.contact for message in plan.messages] == [1, 3]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [1, 2, 3, 9]),
        ({"severity": Severity.EQUIPMENT}, [9]),
        ({"subject": WARD, "resident": None}, [9]),
    ],
)
def test_equipment_and_the_ward_concern_only_the_staff(
    changes: dict[str, object], expected: list[int]
) -> None:
    concerned = escalation.audience(replace(ALERT, **changes), [CENTRE, SON, SON_WEBHOOK, DAUGHTER])  # pyright: ignore[reportArgumentType]

    assert [contact.number for contact in concerned] == expected


@pytest.mark.parametrize(
    "changes",
    [{"handling": Handling.CLAIMED}, {"handling": Handling.CLOSED}, {"condition": Condition.CLEARED}],
)
def test_a_step_that_comes_due_after_the_alert_was_handled_is_not_taken(changes: dict[str, object]) -> None:
    handled = situation(replace(ALERT, **changes), executed=1)  # pyright: ignore[reportArgumentType]

    plan, taken = escalation.escalation(handled, NOW + timedelta(hours=1))

    assert (plan.messages, taken) == ((), ())
    assert not [step for step in plan.steps if step.is_ahead]


def test_steps_missed_while_nothing_ran_are_all_taken_at_once() -> None:
    plan, taken = escalation.escalation(situation(), NOW + timedelta(hours=1))

    assert [step.step for step in taken] == [1, 2]
    assert [(message.contact, message.kind) for message in plan.messages] == [
        (number, NotificationKind.OPENING) for number in (1, 2, 3, 9)
    ]


def test_an_event_that_concerns_nobody_has_no_consequences() -> None:
    unchanged = situation(notified={1}, executed=1)

    plan = escalation.consequences(event(EventKind.NOTED, user=31), unchanged, NOW)

    assert (plan.messages, plan.steps) == ((), tuple(unchanged.steps))


def test_changes_of_habit_are_raised_for_the_staff_alone() -> None:
    habit = replace(ALERT, rule="late_morning", severity=Severity.KEEP_AN_EYE)
    assert escalation.audience(habit, [SON, CENTRE]) == [CENTRE]
    # What is to be checked soon is everybody's, whatever the rule.
    urgent = replace(ALERT, rule="absence_not_taken", severity=Severity.CHECK_SOON)
    assert escalation.audience(urgent, [SON, CENTRE]) == [SON, CENTRE]


def test_a_family_is_not_woken_for_what_is_only_worth_an_eye_unless_nobody_else_is_there() -> None:
    cold = replace(ALERT, rule="cold", severity=Severity.KEEP_AN_EYE)
    assert escalation.audience(cold, [SON, CENTRE]) == [SON, CENTRE]
    assert escalation.audience(cold, [SON, CENTRE], {SON.number}) == [CENTRE]
    assert escalation.audience(cold, [SON], {SON.number}) == [SON]
    emergency = replace(ALERT, severity=Severity.EMERGENCY)
    assert escalation.audience(emergency, [SON, CENTRE], {SON.number}) == [SON, CENTRE]


@pytest.mark.parametrize("handling", [Handling.OPEN, Handling.CLAIMED])
def test_an_alert_that_begins_again_is_notified_to_exactly_those_who_were_notified_before(
    handling: Handling,
) -> None:
    # The centre's step is not due yet; it was notified by an earlier cycle.
    again = situation(replace(ALERT, handling=handling), notified={SON.number, CENTRE.number}, executed=1)

    plan = escalation.consequences(event(EventKind.REACTIVATED), again, NOW)

    notified = [(message.contact, message.kind) for message in plan.messages]
    assert sorted(notified) == [(number, NotificationKind.OPENING) for number in (1, 2, 3, 9)]
    assert len([step for step in plan.steps if step.is_ahead and step.is_escalation]) == (
        handling is Handling.OPEN
    )


def test_what_failed_to_go_out_is_tried_again_after_10_s_30_s_2_min_and_10_min() -> None:
    assert [one.total_seconds() for one in escalation.BACKOFF] == [10, 30, 120, 600]
    assert (timedelta(minutes=10), timedelta(hours=24)) == (escalation.LAST_PACE, escalation.LAST_HOPE)
    assert timedelta(minutes=2) == escalation.UNKNOWN_BACKOFF


@pytest.mark.parametrize(("severity", "minutes"), [(Severity.EMERGENCY, 2), (Severity.CHECK_SOON, 10)])
def test_the_next_step_waits_two_minutes_in_an_emergency_and_ten_otherwise(
    severity: Severity, minutes: int
) -> None:
    plan = escalation.consequences(event(EventKind.OPENED), situation(replace(ALERT, severity=severity)), NOW)

    assert [step.due_at - NOW for step in plan.steps] == [timedelta(0), timedelta(minutes=minutes)]


def test_a_step_is_taken_when_its_time_has_come_and_the_next_one_still_waits() -> None:
    for early, expected in ((timedelta(0), [1]), (timedelta(microseconds=1), [])):
        plan, taken = escalation.escalation(situation(), NOW - early)

        assert [step.step for step in taken] == expected
        assert [step.step for step in plan.steps if step.executed_at == NOW] == expected
        assert [step.step for step in plan.steps if step.is_ahead] == [1, 2][len(expected) :]


@pytest.mark.parametrize(
    ("changes", "is_resumed"),
    [({}, True), ({"condition": Condition.CLEARED}, False), ({"handling": Handling.CLOSED}, False)],
)
def test_a_claim_given_back_goes_on_with_the_next_step_at_once_unless_it_is_over(
    changes: dict[str, object], *, is_resumed: bool
) -> None:
    claimed = situation(replace(ALERT, **changes), notified={1}, executed=1)  # pyright: ignore[reportArgumentType]
    stopped = [step if step.executed_at else replace(step, stopped_at=NOW) for step in claimed.steps]
    later = NOW + timedelta(minutes=3)

    plan = escalation.consequences(event(EventKind.RELEASED), replace(claimed, steps=stopped), later)

    assert [step.due_at for step in plan.steps if step.is_ahead] == [later] * is_resumed


def test_who_said_that_they_cannot_go_are_asked_again_only_if_nobody_else_is_left() -> None:
    reminder = EscalationStep(EscalationStepKind.REMINDER, 0, 1, NOW, None, None)
    knowing = replace(situation(notified={1, 3}), steps=[reminder])

    def asked(declined: set[int]) -> list[int]:
        plan, _ = escalation.escalation(replace(knowing, declined=declined), NOW)
        assert {message.kind for message in plan.messages} == {NotificationKind.REMINDER}
        return [message.contact for message in plan.messages]

    assert asked(set()) == [1, 3]
    assert asked({1}) == [3]
    assert asked({1, 3}) == [1, 3]


@pytest.mark.parametrize(
    ("closed_by", "severity", "asked", "learn_it"),
    [
        # The centre was not asked yet and learns it; whoever closed it by any channel does not.
        ({"contact": 1}, Severity.CHECK_SOON, {1, 3}, [3, 9]),
        ({"user": 31}, Severity.EMERGENCY, {1}, [9]),
        # It was asked: one message, as for everybody.
        ({"contact": 1}, Severity.CHECK_SOON, {1, 9}, [9]),
        # What is only worth an eye it need not learn where it was not asked.
        ({"contact": 1}, Severity.KEEP_AN_EYE, {1, 3}, [3]),
        # The centre did it itself, or somebody of the staff who is nobody's contact.
        ({"user": 32}, Severity.CHECK_SOON, {1, 3}, [1, 3]),
        ({"user": 77}, Severity.CHECK_SOON, {1, 3}, [1, 3]),
    ],
)
def test_the_centre_learns_what_the_family_closed_though_it_was_not_asked(
    closed_by: dict[str, int], severity: Severity, asked: set[int], learn_it: list[int]
) -> None:
    closed = situation(
        replace(ALERT, severity=severity, handling=Handling.CLOSED), notified=asked, executed=1
    )

    plan = escalation.consequences(event(EventKind.CLOSED, **closed_by), closed, NOW)

    assert [(one.contact, one.kind) for one in plan.messages] == [
        (number, NotificationKind.CLOSED) for number in learn_it
    ]
