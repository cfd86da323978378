"""Alerts whatever the order of things: no escalation runs beside a claim, none gets stuck, and any cut of time gives the same alerts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from core.domain.alert import (
    Alert,
    AlertEvent,
    AlertKey,
    Condition,
    EventKind,
    Finding,
    Handling,
    Outcome,
    Severity,
    Subject,
)
from core.domain.escalation.state import EscalationPlan, EscalationState, PlannedNotification
from core.domain.notification import EscalationStep
from core.domain.people import Channel, Contact, Language
from core.store.alerts import alerts, episodes
from core.store.database import Connection, Database
from detectors.alerting import escalation
from detectors.alerting.reconcile import reconcile
from tests.support.alerting import NOW, finding, register


def contact(number: int, step: int, *, is_centre: bool) -> Contact:
    resident, office = (None, 1) if is_centre else (1, None)
    return Contact(
        number, resident, office, number, f"c{number}", "", "", step, Channel.MAIL, "a@b.jp", Language.JA
    )


FAMILY = [contact(1, 1, is_centre=False), contact(2, 1, is_centre=False), contact(3, 2, is_centre=False)]
CONTACTS = [*FAMILY, contact(9, 3, is_centre=True)]


class Handled(RuleBasedStateMachine):
    """One alert that people and rules pull in all directions, with the policy deciding what follows."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.events = 0
        self.steps: tuple[EscalationStep, ...] = ()
        self.sent: list[PlannedNotification] = []
        self.alert = Alert(
            1,
            "inactivity",
            Subject.of_resident(1),
            1,
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
        self.happens(EventKind.OPENED)

    def situation(self) -> EscalationState:
        alerts_raised = frozenset(message.contact for message in self.sent)
        return EscalationState(self.alert, CONTACTS, self.steps, alerts_raised, alerts_raised, frozenset())

    def happens(self, kind: EventKind, contact: int | None = None) -> EscalationPlan:
        self.events += 1
        event = AlertEvent(self.events, 1, self.now, kind, None, None, contact, {})
        return self.follow(escalation.consequences(event, self.situation(), self.now))

    def follow(self, plan: EscalationPlan) -> EscalationPlan:
        self.sent += plan.messages
        self.steps = plan.steps
        return plan

    @rule(minutes=st.integers(1, 40))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        plan, _ = escalation.escalation(self.situation(), self.now)
        self.follow(plan)

    @precondition(lambda self: self.alert.handling is Handling.OPEN)
    @rule(who=st.sampled_from([1, 2, 3, 9]))
    def somebody_claims(self, who: int) -> None:
        self.alert = replace(self.alert, handling=Handling.CLAIMED)
        plan = self.happens(EventKind.CLAIMED, who)
        assert who not in {message.contact for message in plan.messages}

    @precondition(lambda self: self.alert.handling is Handling.CLAIMED)
    @rule(kind=st.sampled_from([EventKind.EXPIRED, EventKind.RELEASED]))
    def the_claim_ends(self, kind: EventKind) -> None:
        self.alert = replace(self.alert, handling=Handling.OPEN)
        self.happens(kind, 1)

    @precondition(lambda self: self.alert.handling is not Handling.CLOSED)
    @rule()
    def it_ends(self) -> None:
        self.alert = replace(self.alert, condition=Condition.CLEARED)
        self.happens(EventKind.CLEARED)

    @precondition(
        lambda self: self.alert.condition is Condition.CLEARED and self.alert.handling is not Handling.CLOSED
    )
    @rule()
    def it_begins_anew(self) -> None:
        self.alert = replace(self.alert, condition=Condition.ACTIVE)
        plan = self.happens(EventKind.REACTIVATED)
        assert plan.messages

    @precondition(lambda self: self.alert.handling is not Handling.CLOSED)
    @rule()
    def it_gets_more_urgent(self) -> None:
        self.alert = replace(self.alert, severity=Severity.EMERGENCY)
        self.happens(EventKind.SEVERITY_RAISED)

    @precondition(lambda self: self.alert.handling is not Handling.CLOSED)
    @rule(who=st.sampled_from([1, 2, 3, 9]))
    def somebody_cannot_go(self, who: int) -> None:
        self.happens(EventKind.DECLINED, who)

    @rule()
    def somebody_closes_it(self) -> None:
        self.alert = replace(self.alert, handling=Handling.CLOSED, outcome=Outcome.DRILL)
        self.happens(EventKind.CLOSED)

    @invariant()
    def nothing_escalates_beside_a_claim_or_after_the_end(self) -> None:
        if self.alert.handling is not Handling.OPEN or self.alert.condition is Condition.CLEARED:
            assert not [step for step in self.steps if step.is_ahead]

    @invariant()
    def an_open_alert_is_never_stuck(self) -> None:
        if self.alert.handling is Handling.OPEN and self.alert.condition is Condition.ACTIVE:
            assert all(step.is_ahead or step.executed_at for step in self.steps)
            # As long as nobody answers, somebody is going to be notified or asked again.
            assert any(step.is_ahead for step in self.steps)

    @invariant()
    def no_message_is_planned_twice(self) -> None:
        assert len(set(self.sent)) == len(self.sent)


TestHandledAlert = Handled.TestCase
TestHandledAlert.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


@st.composite
def days(draw: st.DrawFn) -> tuple[list[Finding], list[int]]:
    """Draw episodes that follow one another, and the minutes up to which was evaluated."""
    spans = draw(st.lists(st.tuples(*[st.integers(1, 90)] * 3), min_size=1, max_size=5))
    episodes_of_day: list[Finding] = []
    minute = 0
    for pause, until_raised, until_over in spans:
        began = minute + pause
        raised, minute = began + until_raised, began + until_raised + until_over
        episodes_of_day.append(finding(began_at=at(began), raised_at=at(raised), cleared_at=at(minute)))
    if draw(st.booleans()):
        episodes_of_day[-1] = replace(episodes_of_day[-1], cleared_at=None)
    cuts = draw(st.lists(st.integers(1, minute + 10), max_size=6))
    return episodes_of_day, sorted({*cuts, minute + 20})


def at(minute: int) -> datetime:
    return NOW + timedelta(minutes=minute)


def seen(day: list[Finding], since: int, until: int) -> list[Finding]:
    """Return what a rule would say that evaluates the span (since, until]."""
    found = [one for one in day if one.raised_at <= at(until)]
    held = [one for one in found if one.cleared_at is None or one.cleared_at > at(since)]
    return [
        replace(one, cleared_at=None) if one.cleared_at and one.cleared_at > at(until) else one
        for one in held
    ]


def evaluate(connection: Connection, day: list[Finding], cuts: list[int]) -> None:
    for since, until in pairwise([0, *cuts]):
        evaluate_span(connection, day, since, until)
        # Evaluating the same again changes nothing.
        assert evaluate_span(connection, day, since, until) == []


def evaluate_span(connection: Connection, day: list[Finding], since: int, until: int) -> list[int]:
    was_evaluated = [AlertKey("inactivity", Subject.of_resident(1))]
    return reconcile(
        connection, 1, seen(day, since, until), evaluated=was_evaluated, until=at(until), now=at(until)
    )


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    with Database(database_url, size=1) as opened:
        register(opened, tmp_path)
        yield opened


class UndoError(Exception):
    """Ends an example without leaving anything behind."""


@given(day=days())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_cut_of_time_gives_the_same_alerts(
    database: Database, day: tuple[list[Finding], list[int]]
) -> None:
    found, cuts = day
    with pytest.raises(UndoError), database.transaction() as connection:
        evaluate(connection, found, cuts)
        (alert,) = alerts.history(connection)
        known = [episodes.is_known(connection, one) for one in found]

        # One alert that nobody has closed takes all episodes and is about the last.
        assert all(known)
        assert (alert.began_at, alert.cleared_at) == (found[-1].began_at, found[-1].cleared_at)
        # And each beginning and each end was notified once.
        kinds = [event.kind for event in alerts.events(connection, alert.number)]
        assert kinds.count(EventKind.OPENED) + kinds.count(EventKind.REACTIVATED) == len(found)
        ended = [one for one in found if one.cleared_at is not None]
        assert kinds.count(EventKind.CLEARED) == len(ended)
        raise UndoError


def test_of_a_hundred_presses_only_those_are_looked_up_that_may_change_an_alert(database: Database) -> None:
    presses = [
        finding(rule="sos", began_at=at(minute), raised_at=at(minute), cleared_at=None)
        for minute in range(0, 200, 2)
    ]
    fresh = finding(rule="sos", began_at=at(300), raised_at=at(300), cleared_at=None)
    ended = replace(presses[3], cleared_at=at(301))
    with database.transaction() as connection:
        reconcile(
            connection,
            1,
            presses,
            evaluated=[AlertKey("sos", Subject.of_resident(1))],
            until=at(200),
            now=at(200),
        )
        (alert,) = alerts.history(connection)
        assert alert.began_at == presses[-1].began_at
        given = [*presses, fresh]
        assert episodes.without_overtaken(connection, given) == [presses[-1], fresh]
        assert episodes.without_overtaken(connection, [ended, *given]) == [ended, presses[-1], fresh]
