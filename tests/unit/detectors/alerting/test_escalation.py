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
from core.domain.escalation.audience import audience
from core.domain.escalation.policy import PolicyBranch, PolicyStep, Recipients
from core.domain.escalation.state import EscalationState
from core.domain.notification import EscalationStep, EscalationStepKind, SentMessages
from core.domain.people import Channel, Contact, Language
from detectors.alerting import escalation, limits
from detectors.alerting.reminders import Asked, round_of

NOW = datetime(2026, 8, 1, tzinfo=UTC)
SON = Contact(1, 5, None, 31, "太郎", "", "母", 1, Channel.MAIL, "a@b.jp", Language.JA)
# The same person by another channel.
SON_WEBHOOK = replace(SON, number=2, channel=Channel.WEBHOOK)
DAUGHTER = replace(SON, number=3, user=None)
CENTRE = Contact(9, None, 1, 32, "センター", "", "", 2, Channel.MAIL, "c@b.jp", Language.JA)
OFFICE_STEP = PolicyStep(Recipients.OFFICE, 10)
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
    concerned = audience(replace(ALERT, **changes), [CENTRE, SON, SON_WEBHOOK, DAUGHTER])  # pyright: ignore[reportArgumentType]

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
    assert audience(habit, [SON, CENTRE]) == [CENTRE]
    # What is to be checked soon is everybody's, whatever the rule.
    urgent = replace(ALERT, rule="absence_not_taken", severity=Severity.CHECK_SOON)
    assert audience(urgent, [SON, CENTRE]) == [SON, CENTRE]


def test_a_family_is_not_woken_for_what_is_only_worth_an_eye_unless_nobody_else_is_there() -> None:
    cold = replace(ALERT, rule="cold", severity=Severity.KEEP_AN_EYE)
    assert audience(cold, [SON, CENTRE]) == [SON, CENTRE]
    assert audience(cold, [SON, CENTRE], {SON.number}) == [CENTRE]
    assert audience(cold, [SON], {SON.number}) == [SON]
    emergency = replace(ALERT, severity=Severity.EMERGENCY)
    assert audience(emergency, [SON, CENTRE], {SON.number}) == [SON, CENTRE]


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


def test_who_sleeps_is_not_woken_when_an_alert_begins_again_unless_nobody_else_knows() -> None:
    asleep = {SON.number: NOW + timedelta(hours=3), SON_WEBHOOK.number: NOW + timedelta(hours=3)}

    def notified(*known: int) -> list[int]:
        state = replace(situation(notified=set(known), executed=2), quiet=asleep)
        plan = escalation.consequences(event(EventKind.REACTIVATED), state, NOW)
        return sorted(message.contact for message in plan.messages)

    assert notified(SON.number, DAUGHTER.number) == [DAUGHTER.number]
    # The daughter, who is awake, is asked as for the first time.
    assert notified(SON.number) == [SON.number, DAUGHTER.number]


def test_whoever_calls_every_three_minutes_does_not_put_off_who_is_asked_next() -> None:
    sos = replace(ALERT, rule="sos", severity=Severity.EMERGENCY)
    ward = replace(CENTRE, number=20, step=1, desk=Recipients.WARD_LINE)
    state = EscalationState(sos, [SON, CENTRE, ward], (), frozenset(), frozenset(), frozenset())
    asked: dict[int, int] = {}

    def take(plan: escalation.EscalationPlan, minute: int) -> EscalationState:
        for message in plan.messages:
            asked.setdefault(message.contact, minute)
        return replace(state, steps=plan.steps, notified=frozenset(asked))

    for minute in range(31):
        now = NOW + timedelta(minutes=minute)
        if minute % 3 == 0:
            kind = EventKind.REPEATED if minute else EventKind.OPENED
            called = AlertEvent(40 + minute, 7, now, kind, None, None, None, {})
            state = take(escalation.consequences(called, state, now), minute)
        state = take(escalation.escalation(state, now)[0], minute)
    assert asked == {SON.number: 0, CENTRE.number: 2, ward.number: 4}


def test_whoever_is_registered_while_an_alert_is_open_is_asked_where_nobody_was_or_is_left() -> None:
    sos = replace(ALERT, severity=Severity.EMERGENCY)
    nobody = EscalationState(sos, [], (), frozenset(), frozenset(), frozenset())
    plan = escalation.consequences(event(EventKind.OPENED), nobody, NOW)
    assert plan.messages == ()
    later = NOW + timedelta(minutes=5)
    there = replace(nobody, contacts=[SON, CENTRE], steps=plan.steps)
    found, _ = escalation.escalation(there, later)
    assert [(one.contact, one.kind) for one in found.messages] == [(SON.number, NotificationKind.OPENING)]

    # The only one who was asked is no contact any more, and another has taken the place.
    steps = escalation.consequences(event(EventKind.OPENED), replace(nobody, contacts=[SON]), NOW).steps
    replaced = EscalationState(sos, [DAUGHTER], steps, {SON.number}, {SON.number}, frozenset())
    found, _ = escalation.escalation(replaced, later)
    assert [(one.contact, one.kind) for one in found.messages] == [
        (DAUGHTER.number, NotificationKind.OPENING)
    ]


def test_what_should_be_checked_soon_goes_to_a_desk_above_where_nobody_else_is() -> None:
    ward = replace(CENTRE, number=20, step=1, desk=Recipients.WARD_LINE)
    state = EscalationState(ALERT, [ward], (), frozenset(), frozenset(), frozenset())
    plan = escalation.consequences(event(EventKind.OPENED), state, NOW)
    assert [one.contact for one in plan.messages] == [ward.number]


def test_a_step_that_reaches_nobody_any_more_gives_its_time_to_the_next_and_to_who_came_since() -> None:
    sos = replace(ALERT, severity=Severity.EMERGENCY)
    steps = (
        PolicyStep(Recipients.FAMILY, 2),
        PolicyStep(Recipients.DUTY, 10),
        PolicyStep(Recipients.WARD_LINE, 10),
    )
    branch = PolicyBranch(Severity.EMERGENCY, steps)
    ward = replace(CENTRE, number=20, step=1, desk=Recipients.WARD_LINE)
    volunteer = replace(CENTRE, number=30, is_duty_only=True)
    state = EscalationState(
        sos, [SON, volunteer, ward], (), frozenset(), frozenset(), frozenset(), branch=branch, on_duty=[30]
    )
    plan = escalation.consequences(event(EventKind.OPENED), state, NOW)
    # The shift has ended meanwhile and nobody has taken over: the ward line is asked at once.
    known = frozenset({SON.number})
    ended = replace(state, steps=plan.steps, notified=known, on_duty=())
    found, taken = escalation.escalation(ended, NOW + timedelta(minutes=2))
    assert [one.contact for one in found.messages] == [ward.number]
    assert [one.kind for one in taken] == [EscalationStepKind.DUTY, EscalationStepKind.WARD_LINE]
    # The ward line is gone, too, and another office stands in since.
    neighbour = replace(ward, number=40, desk=Recipients.NEXT_OFFICE)
    further = PolicyBranch(Severity.EMERGENCY, (*steps, PolicyStep(Recipients.NEXT_OFFICE, 10)))
    desk = replace(ended, contacts=[SON, neighbour], branch=further)
    found, _ = escalation.escalation(desk, NOW + timedelta(minutes=2))
    assert [one.contact for one in found.messages] == [neighbour.number]


def test_a_family_that_the_policy_does_not_ask_is_not_woken_for_it() -> None:
    branch = PolicyBranch(Severity.CHECK_SOON, (OFFICE_STEP,))
    asleep = {SON.number: NOW + timedelta(hours=5)}
    state = replace(
        EscalationState(ALERT, [SON, CENTRE], (), frozenset(), frozenset(), frozenset(), branch=branch),
        quiet=asleep,
    )
    plan = escalation.consequences(event(EventKind.OPENED), state, NOW)
    assert [one.contact for one in plan.messages] == [CENTRE.number]
    assert not any(step.is_after_quiet_hours for step in plan.steps)


def test_a_short_pause_of_a_policy_leaves_messages_for_the_rest_of_the_day() -> None:
    for severity in (Severity.EMERGENCY, Severity.CHECK_SOON):
        rounds = [round_of(severity, number, again=timedelta(minutes=5)) for number in range(5)]
        assert [one.pause for one in rounds[:3]] == [timedelta(minutes=5)] * 3
        if severity is Severity.EMERGENCY:
            # One person in each turn, at an even pace.
            assert {(one.pause, one.asked) for one in rounds[3:]} == {(timedelta(minutes=20), Asked.NEXT)}
        else:
            assert sum((one.pause for one in rounds), timedelta()) > timedelta(hours=12)


def test_whoever_was_sent_an_end_learns_first_that_it_is_on_again_and_no_turn_wakes_all() -> None:
    sos = replace(ALERT, severity=Severity.EMERGENCY)
    reminder = EscalationStep(EscalationStepKind.REMINDER, 3, 1, NOW, None, None)

    def got(contact: int, count: int, minutes: int, kind: str = "opening") -> SentMessages:
        return SentMessages(contact, count, 0, NOW - timedelta(minutes=minutes), kind)

    def asked(*sent: SentMessages, declined: tuple[int, ...] = ()) -> list[tuple[int, NotificationKind]]:
        state = replace(
            situation(sos, notified={1, 2, 3, 9}),
            steps=[reminder],
            sent={one.contact: one for one in (got(2, 4, 20), *sent)},
            declined=declined,
        )
        plan, _ = escalation.escalation(state, NOW)
        return [(one.contact, one.kind) for one in plan.messages]

    # One in each turn: whoever was sent the last message longest ago, and who cannot go after the others.
    assert asked(got(1, 2, 20), got(3, 2, 60), got(9, 3, 40)) == [(3, NotificationKind.REMINDER)]
    assert asked(got(1, 2, 20), got(3, 2, 60), got(9, 3, 40), declined=(3,)) == [
        (9, NotificationKind.REMINDER)
    ]
    # Who had their share of the day is passed over; where all had, nobody is asked.
    assert asked(got(1, 2, 20), got(3, 4, 60), got(9, 4, 40)) == [(1, NotificationKind.REMINDER)]
    assert asked(got(1, 4, 20), got(3, 4, 60), got(9, 4, 40)) == []
    assert asked(got(1, 3, 90, "cleared"), got(3, 4, 60), got(9, 4, 40)) == [(1, NotificationKind.OPENING)]


def test_an_emergency_is_looked_at_every_hour_only_where_everybody_had_their_share_and_whoever_is_new_is_asked() -> (
    None
):
    sos = replace(ALERT, severity=Severity.EMERGENCY)
    reminder = EscalationStep(EscalationStepKind.REMINDER, 3, 1, NOW, None, None)
    taken = [replace(step, executed_at=NOW) for step in situation().steps]
    spent = {one: SentMessages(one, 4, 0, NOW - timedelta(hours=1), "reminder") for one in (1, 2, 3, 9)}
    state = replace(situation(sos, notified=set(spent)), steps=[*taken, reminder], sent=spent)

    def goes_on(state: EscalationState) -> tuple[list[tuple[int, NotificationKind]], timedelta]:
        plan, _ = escalation.escalation(state, NOW)
        (ahead,) = [step for step in plan.steps if step.is_ahead]
        return [(one.contact, one.kind) for one in plan.messages], ahead.due_at - NOW

    assert goes_on(state) == ([], timedelta(hours=1))
    # Nobody was there when it opened, and nobody is yet: whoever is registered now does not wait an hour.
    nobody = replace(state, contacts=[], steps=[reminder], notified=(), sent={})
    assert goes_on(nobody) == ([], timedelta(minutes=20))
    # The last step has nobody any more: whoever knows is asked again as soon as ever.
    gone = replace(taken[1], due_at=NOW, executed_at=None)
    left = replace(state, contacts=[SON], steps=[taken[0], gone], notified={1})
    assert goes_on(left) == ([], timedelta(minutes=5))

    # Somebody came to the centre, or a desk above was registered, after everybody had their share.
    new = replace(CENTRE, number=10)
    line = replace(CENTRE, number=11, desk=Recipients.WARD_LINE)
    for one in (new, line):
        messages, _ = goes_on(replace(state, contacts=[*state.contacts, one]))
        assert messages == [(one.number, NotificationKind.OPENING)]


@pytest.mark.parametrize(
    ("count", "last", "kind", "allowed"),
    [
        (5, NotificationKind.CLAIMED, NotificationKind.UNCLAIMED, True),
        # Whoever was last notified that nobody is checking learns that it is over, once.
        (6, NotificationKind.UNCLAIMED, NotificationKind.CLEARED, True),
        (6, NotificationKind.UNCLAIMED, NotificationKind.CLOSED, True),
        (7, NotificationKind.UNCLAIMED, NotificationKind.CLOSED, False),
        (6, NotificationKind.CLEARED, NotificationKind.CLOSED, False),
        (6, NotificationKind.REMINDER, NotificationKind.CLEARED, False),
    ],
)
def test_who_waits_for_somebody_to_check_learns_of_the_end(
    count: int, last: NotificationKind, kind: NotificationKind, *, allowed: bool
) -> None:
    sent = SentMessages(1, count, 1, NOW, last.value)
    assert limits.is_allowed(kind, ALERT, sent) is allowed
