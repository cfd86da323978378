"""Alerts in the database: opened once, claimed by one, closed with an outcome, and sent to whoever listens."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.domain.alert import (
    WARD,
    Alert,
    AlertKey,
    Condition,
    EventKind,
    Finding,
    Handling,
    Outcome,
    Severity,
    Subject,
)
from core.domain.notification import EscalationStep, EscalationStepKind
from core.errors import ConflictError, InputError, NotFoundError
from core.store.alerts import alerts, answer_links, handling, notifications
from core.store.database import Database
from detectors.alerting.reconcile import reconcile
from tests.support.alerting import NOW, finding, open_alert, register

LATER = NOW + timedelta(minutes=5)
CARE, TARO = 2, 3
TARO_CONTACT = 2
EVALUATED = [AlertKey("inactivity", Subject.of_resident(1))]


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    with Database(database_url, size=4) as opened:
        register(opened, tmp_path)
        yield opened


def kinds(database: Database, alert: int) -> list[EventKind]:
    with database.transaction() as connection:
        return [event.kind for event in alerts.events(connection, alert)]


def evaluate(
    database: Database,
    *findings: Finding,
    now: datetime = NOW,
    until: datetime | None = None,
    was_evaluated: list[AlertKey] = EVALUATED,
) -> list[int]:
    with database.transaction() as connection:
        return reconcile(connection, 1, findings, evaluated=was_evaluated, until=until or now, now=now)


def only_alert(database: Database) -> Alert:
    with database.transaction() as connection:
        (alert,) = alerts.history(connection)
        return alert


def test_the_same_findings_again_change_nothing(database: Database) -> None:
    (number,) = evaluate(database, finding())
    before = only_alert(database)

    assert evaluate(database, finding(), now=LATER) == []
    assert only_alert(database) == before
    assert kinds(database, number) == [EventKind.OPENED]


def test_an_alert_belongs_to_the_residents_office_and_says_who_it_is_about(database: Database) -> None:
    evaluate(database, finding())

    alert = only_alert(database)
    assert (alert.resident, alert.office, alert.severity) == (1, 1, Severity.CHECK_SOON)
    assert (alert.condition, alert.handling, alert.detected_late) == (Condition.ACTIVE, Handling.OPEN, False)
    assert alert.reason["usual"] == {"active_by": "2026-07-31T21:40:00+00:00"}


def test_an_episode_that_ends_clears_its_alert_and_leaves_it_in_the_queue(database: Database) -> None:
    (number,) = evaluate(database, finding())

    evaluate(database, finding(cleared_at=LATER), now=LATER)
    evaluate(database, finding(cleared_at=LATER), now=LATER)

    alert = only_alert(database)
    assert (alert.condition, alert.cleared_at, alert.handling) == (Condition.CLEARED, LATER, Handling.OPEN)
    assert kinds(database, number) == [EventKind.OPENED, EventKind.CLEARED]
    with database.transaction() as connection:
        assert [row.number for row in alerts.open_alerts(connection, LATER)] == [number]


def test_a_new_episode_reactivates_the_alert_that_nobody_closed(database: Database) -> None:
    (number,) = evaluate(database, finding())
    evaluate(database, finding(cleared_at=LATER), now=LATER)
    again = finding(began_at=LATER, raised_at=LATER + timedelta(hours=2))

    assert evaluate(database, again, now=again.raised_at) == [number]

    alert = only_alert(database)
    assert (alert.condition, alert.began_at) == (Condition.ACTIVE, LATER)
    assert kinds(database, number)[-1] is EventKind.REACTIVATED


def test_a_new_episode_after_closing_opens_a_new_alert(database: Database) -> None:
    (first,) = evaluate(database, finding())
    with database.transaction() as connection:
        handling.close(connection, first, user=CARE, outcome=Outcome.SAFE_CONTACTED, now=LATER)

    # The episode still holds in the data, but somebody has dealt with it.
    assert evaluate(database, finding(), now=LATER) == []
    evaluate(database, finding(cleared_at=LATER), now=LATER)
    again = finding(began_at=LATER, raised_at=LATER + timedelta(hours=2))
    (second,) = evaluate(database, again, now=again.raised_at)

    assert second != first


def test_an_episode_that_late_data_contradict_is_cleared_and_marked(database: Database) -> None:
    (number,) = evaluate(database, finding())

    assert evaluate(database, now=LATER) == [number]
    assert evaluate(database, now=LATER) == []

    with database.transaction() as connection:
        last = alerts.events(connection, number)[-1]
        around = notifications.surroundings(connection, number, 2, ())
    assert (last.kind, last.detail["withdrawn"]) == (EventKind.CLEARED, True)
    assert around.was_withdrawn


def test_what_had_ended_and_is_contradicted_by_late_data_is_taken_back_without_a_word(
    database: Database,
) -> None:
    (number,) = evaluate(database, finding(cleared_at=LATER), now=LATER)
    before = finding().raised_at - timedelta(minutes=1)

    def evaluate_anew(since: datetime, *findings: Finding) -> None:
        with database.transaction() as connection:
            reconcile(connection, 1, findings, evaluated=EVALUATED, until=LATER, now=LATER, anew_since=since)

    # Found again, or raised before the span: it stays.
    evaluate_anew(before, finding(cleared_at=LATER))
    evaluate_anew(finding().raised_at)
    assert kinds(database, number) == [EventKind.OPENED, EventKind.CLEARED]

    evaluate_anew(before)
    evaluate_anew(before)
    with database.transaction() as connection:
        last = alerts.events(connection, number)[-1]
        around = notifications.surroundings(connection, number, 2, ())
    assert (last.kind, last.detail["withdrawn"]) == (EventKind.AMENDED, True)
    assert kinds(database, number) == [EventKind.OPENED, EventKind.CLEARED, EventKind.AMENDED]
    assert around.was_withdrawn


def test_an_alert_of_a_rule_that_was_not_evaluated_stays_as_it_is(database: Database) -> None:
    evaluate(database, finding())

    assert evaluate(database, now=LATER, was_evaluated=[]) == []
    assert only_alert(database).condition is Condition.ACTIVE


def test_an_episode_with_another_beginning_is_the_same_alert(database: Database) -> None:
    (number,) = evaluate(database, finding())
    moved = finding(began_at=NOW - timedelta(hours=2), raised_at=NOW + timedelta(minutes=1))

    assert evaluate(database, moved, now=LATER) == [number]
    assert evaluate(database, moved, now=LATER) == []

    assert only_alert(database).began_at == moved.began_at
    assert kinds(database, number) == [EventKind.OPENED, EventKind.AMENDED]


def test_an_end_that_is_known_is_not_taken_back_when_an_earlier_span_is_evaluated_again(
    database: Database,
) -> None:
    (number,) = evaluate(database, finding())
    evaluate(database, finding(cleared_at=LATER), now=LATER)

    assert evaluate(database, finding(), now=LATER, until=NOW) == []
    assert kinds(database, number) == [EventKind.OPENED, EventKind.CLEARED]


def test_what_was_over_before_anybody_could_be_notified_is_marked_as_detected_late(
    database: Database,
) -> None:
    (number,) = evaluate(database, finding(cleared_at=LATER), now=LATER + timedelta(hours=1))

    alert = only_alert(database)
    assert (alert.detected_late, alert.condition) == (True, Condition.CLEARED)
    assert kinds(database, number) == [EventKind.OPENED, EventKind.CLEARED]


def test_each_episode_keeps_when_it_was_seen_and_a_beginning_that_moves_does_not_change_it(
    database: Database,
) -> None:
    evaluate(database, finding(cleared_at=LATER), now=LATER)
    assert only_alert(database).seen_at == LATER

    # A later episode of the same alert: seen when it was found, not when the alert was opened.
    again, seen = LATER + timedelta(hours=2), LATER + timedelta(hours=3)
    evaluate(database, finding(began_at=again, raised_at=again), now=seen)
    alert = only_alert(database)
    assert (alert.detected_late, alert.raised_at, alert.seen_at, alert.opened_at) == (
        True,
        again,
        seen,
        LATER,
    )
    moved = finding(began_at=again - timedelta(minutes=1), raised_at=again)
    evaluate(database, moved, now=seen + timedelta(hours=1))
    assert (only_alert(database).began_at, only_alert(database).seen_at) == (moved.began_at, seen)


def test_a_more_urgent_evaluation_raises_the_severity_and_a_milder_one_does_not_lower_it(
    database: Database,
) -> None:
    (number,) = evaluate(database, finding())

    assert evaluate(database, finding(severity=Severity.EMERGENCY), now=LATER) == [number]
    assert evaluate(database, finding(severity=Severity.CHECK_SOON), now=LATER) == []
    assert only_alert(database).severity is Severity.EMERGENCY


def test_an_sos_stays_active_until_a_person_closes_it(database: Database) -> None:
    sos = finding(rule="sos", severity=Severity.EMERGENCY, began_at=NOW)
    was_evaluated = [AlertKey("sos", Subject.of_resident(1))]
    (number,) = evaluate(database, sos, was_evaluated=was_evaluated)

    assert evaluate(database, now=LATER, was_evaluated=was_evaluated) == []
    assert (
        evaluate(database, finding(rule="sos", began_at=NOW, cleared_at=LATER), was_evaluated=was_evaluated)
        == []
    )
    assert only_alert(database).condition is Condition.ACTIVE

    with database.transaction() as connection:
        handling.close(connection, number, user=CARE, outcome=Outcome.PRESSED_BY_MISTAKE, now=LATER)
    assert evaluate(database, sos, was_evaluated=was_evaluated, now=LATER) == []


def test_of_two_who_claim_at_once_one_holds_it_and_the_other_learns_who(database: Database) -> None:
    with database.transaction() as connection:
        number = open_alert(connection)
    barrier = threading.Barrier(2)
    answers: list[str] = []

    def claim(user: int) -> None:
        barrier.wait()
        try:
            with database.transaction() as connection:
                answers.append(handling.claim(connection, number, user=user, now=LATER).claimed_by or "")
        except ConflictError as error:
            answers.append(f"refused: {error}")

    threads = [threading.Thread(target=claim, args=(user,)) for user in (CARE, TARO)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.transaction() as connection:
        holder = alerts.get(connection, number).claimed_by
    assert holder is not None
    assert holder in answers
    (refusal,) = [answer for answer in answers if answer.startswith("refused")]
    assert holder in refusal
    assert kinds(database, number).count(EventKind.CLAIMED) == 1


def test_a_claim_can_be_repeated_taken_over_and_given_back(database: Database) -> None:
    with database.transaction() as connection:
        number = open_alert(connection)
        first = handling.claim(connection, number, user=CARE, now=LATER)
        assert handling.claim(connection, number, user=CARE, now=LATER).version == first.version

        taken = handling.claim(connection, number, contact=TARO_CONTACT, take_over=True, now=LATER)
        assert (taken.claimed_by_contact, taken.claimed_by_user) == (TARO_CONTACT, None)

        released = handling.release(connection, number, contact=TARO_CONTACT, now=LATER)
        assert (released.handling, released.claimed_by) == (Handling.OPEN, None)


def test_a_person_is_the_same_by_sign_in_and_by_link(database: Database) -> None:
    with database.transaction() as connection:
        number = open_alert(connection)
        claimed = handling.claim(connection, number, user=TARO, now=LATER)

        # Taro's own link: nothing to take over, and his "cannot go" ends his claim.
        assert handling.claim(connection, number, contact=TARO_CONTACT, now=LATER) == claimed
        declined = handling.decline(connection, number, contact=TARO_CONTACT, now=LATER)
    assert declined.handling is Handling.OPEN


def test_an_action_on_what_has_changed_since_is_refused(database: Database) -> None:
    with database.transaction() as connection:
        number = open_alert(connection)
        seen = alerts.get(connection, number).version
        handling.add_note(connection, number, user=CARE, note="電話中", now=LATER)

        with pytest.raises(ConflictError, match="changed in the meantime"):
            handling.claim(connection, number, user=TARO, version=seen, now=LATER)
        with pytest.raises(ConflictError, match="changed in the meantime"):
            handling.close(connection, number, user=TARO, outcome=Outcome.DRILL, version=seen, now=LATER)


def test_a_closed_alert_cannot_be_claimed_released_or_closed_otherwise(database: Database) -> None:
    with database.transaction() as connection:
        number = open_alert(connection)
        handling.close(connection, number, user=CARE, outcome=Outcome.DRILL, now=LATER)
        # Pressing the same button twice is no mistake.
        handling.close(connection, number, user=CARE, outcome=Outcome.DRILL, now=LATER)

        for refused in (
            lambda: handling.claim(connection, number, user=CARE, now=LATER),
            lambda: handling.release(connection, number, user=CARE, now=LATER),
            lambda: handling.decline(connection, number, contact=1, now=LATER),
            lambda: handling.close(connection, number, user=CARE, outcome=Outcome.OTHER, note="x", now=LATER),
        ):
            with pytest.raises(ConflictError, match="already closed"):
                refused()


@pytest.mark.parametrize(("note", "wrong"), [("", "empty"), ("長" * 2001, "at most 2000"), ("a\x00b", "NUL")])
def test_a_note_that_cannot_be_kept_is_refused(database: Database, note: str, wrong: str) -> None:
    with database.transaction() as connection:
        number = open_alert(connection)
        with pytest.raises(InputError, match=wrong):
            handling.add_note(connection, number, user=CARE, note=note, now=LATER)


def test_the_outcome_other_needs_a_note(database: Database) -> None:
    with database.transaction() as connection:
        number = open_alert(connection)
        with pytest.raises(InputError, match="needs a note"):
            handling.close(connection, number, user=CARE, outcome=Outcome.OTHER, now=LATER)


def test_an_alert_that_does_not_exist_is_said_to_be_so(database: Database) -> None:
    with database.transaction() as connection, pytest.raises(NotFoundError, match="no alert 99"):
        handling.claim(connection, 99, user=CARE, now=NOW)


def test_the_board_shows_urgent_unclaimed_and_overdue_alerts_first(database: Database) -> None:
    with database.transaction() as connection:
        check = open_alert(connection)
        fresh = open_alert(connection, rule="geofence_exit", now=LATER + timedelta(minutes=4))
        claimed = open_alert(
            connection, rule="home_silent", subject=Subject.of_home(1), now=NOW - timedelta(hours=1)
        )
        handling.claim(connection, claimed, user=CARE, now=LATER)
        sos = open_alert(connection, rule="sos", severity=Severity.EMERGENCY, now=LATER)
        device = Subject.of_device(1)
        silent = open_alert(connection, rule="device_silent", subject=device, severity=Severity.EQUIPMENT)

        shown = [alert.number for alert in alerts.open_alerts(connection, NOW + timedelta(minutes=11))]

    assert shown == [sos, check, fresh, claimed, silent]


def test_lists_are_limited_to_offices_and_residents_and_ward_alerts_are_the_staffs(
    database: Database,
) -> None:
    with database.transaction() as connection:
        own = open_alert(connection)
        was_evaluated = [AlertKey("ward_silent", WARD)]
        (ward,) = reconcile(
            connection,
            None,
            [finding(rule="ward_silent", subject=WARD)],
            evaluated=was_evaluated,
            until=NOW,
            now=NOW,
        )

        def numbers(**limits: list[int]) -> set[int]:
            return {alert.number for alert in alerts.open_alerts(connection, NOW, **limits)}

        assert numbers() == numbers(offices=[1]) == {own, ward}
        assert numbers(offices=[7]) == {ward}
        assert numbers(residents=[1]) == {own}
        assert numbers(residents=[]) == set()
        assert [alert.number for alert in alerts.history(connection, limit=1)] == [ward]
        assert [alert.number for alert in alerts.history(connection, before=ward)] == [own]
        assert alerts.history(connection, rule="sos") == []


def test_every_change_reaches_whoever_listens(database: Database) -> None:
    with database.listen("alert") as listener:
        with database.transaction() as connection:
            number = open_alert(connection)
        received = listener.wait(5)

    assert received == [("alert", str(number))]


def test_an_answer_link_is_kept_only_as_a_hash_and_ends(database: Database) -> None:
    with database.transaction() as connection:
        number = open_alert(connection)
        token = answer_links.issue(connection, number, 1, NOW)
        link = answer_links.look_up(connection, token)
        stored = connection.execute("SELECT token_hash FROM answer_link").fetchall()

        assert link is not None
        assert (link.alert, link.contact) == (number, 1)
        assert token.encode() not in stored[0][0]
        assert link.is_valid(NOW + timedelta(hours=47))
        assert not link.is_valid(NOW + timedelta(hours=48))
        assert answer_links.look_up(connection, token + "x") is None
        assert answer_links.look_up(connection, "\ud800") is None

        assert answer_links.revoke(connection, 1, NOW) == 1
        revoked = answer_links.look_up(connection, token)
        assert revoked is not None
        assert not revoked.is_valid(NOW)

        # Links that have ended are forgotten when the next one is made.
        answer_links.issue(connection, number, 1, NOW + timedelta(hours=48))
        assert answer_links.look_up(connection, token) is None


def test_an_escalation_is_read_as_contacts_then_after_quiet_hours_then_reminders(database: Database) -> None:
    (number,) = evaluate(database, finding())
    steps = [
        EscalationStep(kind, step, 1, LATER, None, None)
        for kind, step in (
            (EscalationStepKind.CONTACTS, 1),
            (EscalationStepKind.CONTACTS, 2),
            (EscalationStepKind.AFTER_QUIET_HOURS, 0),
            (EscalationStepKind.REMINDER, 0),
            (EscalationStepKind.REMINDER, 1),
        )
    ]

    with database.transaction() as connection:
        notifications.replace_steps(connection, number, reversed(steps))
        found = notifications.steps(connection, number)

    assert found == steps
