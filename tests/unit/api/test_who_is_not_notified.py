"""Sentences that say who is not notified, or when not: each asks the policy that decides it.

A sentence of this kind that stands in the catalogue and in no test here fails the first test.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from inspect import signature

import pytest

from api.locale import entries
from core.domain.alert import (
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
from core.domain.notification import EscalationStep, EscalationStepKind
from core.domain.people import Channel, Contact, Language
from core.domain.rule_spec import Family
from core.domain.rules import RULES
from detectors.alerting import escalation
from detectors.rules.emergency_call import SosCall
from tests.support.paths import REPOSITORY
from tests.support.wards.timeline import timeline_of

NOW = datetime(2026, 8, 1, 14, 0, tzinfo=UTC)
SEVEN = NOW + timedelta(hours=8)
DAUGHTER = Contact(1, 5, None, None, "花子", "長女", "母", 1, Channel.MAIL, "a@b.jp", Language.JA)
SON = replace(DAUGHTER, number=2, name="太郎")
CENTRE = Contact(9, None, 1, None, "センター", "", "", 2, Channel.MAIL, "c@b.jp", Language.JA)
ALERT = Alert(
    number=7,
    rule="inactivity",
    subject=Subject.of_resident(5),
    resident=5,
    office=1,
    severity=Severity.CHECK_SOON,
    condition=Condition.ACTIVE,
    handling=Handling.OPEN,
    began_at=NOW,
    raised_at=NOW,
    opened_at=NOW,
    cleared_at=None,
    claimed_by=None,
    claimed_at=None,
    closed_at=None,
    outcome=None,
    detected_late=False,
    reason={},
    version=1,
)


def _state(
    severity: Severity = Severity.CHECK_SOON,
    *,
    quiet: tuple[Contact, ...] = (),
    notified: tuple[Contact, ...] = (),
    handling: Handling = Handling.OPEN,
    steps: tuple[EscalationStep, ...] = (),
) -> EscalationState:
    known = {one.number for one in notified}
    return EscalationState(
        replace(ALERT, severity=severity, handling=handling),
        [DAUGHTER, SON, CENTRE],
        steps,
        known,
        known,
        (),
        {one.number: SEVEN for one in quiet},
    )


def _event(kind: EventKind, contact: Contact | None = None) -> AlertEvent:
    return AlertEvent(40, 7, NOW, kind, None, None, None if contact is None else contact.number, {})


def _numbers(plan: escalation.EscalationPlan) -> list[int]:
    return [message.contact for message in plan.messages]


def _equipment_is_for_staff_alone() -> None:
    for rule in RULES.values():
        alert = replace(ALERT, rule=rule.name, severity=Severity.EQUIPMENT, reason={"kind": "motion"})
        waits = rule.name in {"battery", "device_silent", "device_stuck"}
        assert audience(alert, [DAUGHTER, SON, CENTRE]) == ([] if waits else [CENTRE])
    for kind in ("button", "tracker", "other", ""):
        silent = replace(ALERT, rule="device_silent", severity=Severity.EQUIPMENT, reason={"kind": kind})
        assert audience(silent, [DAUGHTER, SON, CENTRE]) == [CENTRE]


def _quiet_hours_yield_to_emergencies_and_to_what_nobody_answers() -> None:
    opened = _event(EventKind.OPENED)
    emergency = _state(Severity.EMERGENCY, quiet=(DAUGHTER,))
    assert _numbers(escalation.consequences(opened, emergency, NOW)) == [1, 2]

    night = _state(quiet=(DAUGHTER,))
    plan = escalation.consequences(opened, night, NOW)
    assert _numbers(plan) == [2]
    unanswered = replace(night, steps=plan.steps, notified={2, 9}, awaited={2, 9})
    half_an_hour, _ = escalation.escalation(unanswered, NOW + timedelta(minutes=30))
    assert DAUGHTER.number in _numbers(half_an_hour)

    # What is only worth an eye waits until the quiet hours end.
    note = _state(Severity.KEEP_AN_EYE, quiet=(DAUGHTER,))
    later = escalation.consequences(opened, note, NOW)
    waiting = replace(note, steps=later.steps, notified={2})
    assert _numbers(later) == [2]
    assert _numbers(escalation.escalation(waiting, SEVEN - timedelta(minutes=1))[0]) == []
    by_day = replace(waiting, quiet={})
    assert DAUGHTER.number in _numbers(escalation.escalation(by_day, SEVEN)[0])


def _quiet_hours_do_not_hold_back_what_becomes_of_a_known_alert() -> None:
    known = _state(quiet=(DAUGHTER,), notified=(DAUGHTER, SON), handling=Handling.CLAIMED)
    plan = escalation.consequences(_event(EventKind.CLAIMED, SON), known, NOW)
    assert [(one.contact, one.kind) for one in plan.messages] == [(1, NotificationKind.CLAIMED)]


def _quiet_hours() -> None:
    _quiet_hours_yield_to_emergencies_and_to_what_nobody_answers()
    _quiet_hours_do_not_hold_back_what_becomes_of_a_known_alert()


@cache
def _an_absence_silences_missing_movement_and_no_call_for_help() -> None:
    silent = """
        2026-07-01 04:30 moves bathroom
        05:00 travels for 30
        {press}
        2026-07-02 10:50 end
    """
    assert timeline_of(silent.format(press="")) == []
    assert timeline_of(silent.format(press="20:00 sos")) == ["20:00 sos"]
    # Without the absence the same day is raised: the sentence promises something.
    assert timeline_of(silent.replace("05:00 travels for 30", "").format(press="")) != []


def _an_escalation_without_steps_notifies_nobody() -> None:
    assert _numbers(escalation.escalation(_state(), SEVEN)[0]) == []


def _who_is_on_duty_is_asked_by_a_step_alone() -> None:
    volunteer = replace(CENTRE, number=8, name="当番", is_duty_only=True)
    there = replace(_state(), contacts=[DAUGHTER, CENTRE, volunteer], on_duty=(volunteer.number,))
    opened = _event(EventKind.OPENED)
    plan = escalation.consequences(opened, there, NOW)
    later, _ = escalation.escalation(replace(there, steps=plan.steps, notified={1}), SEVEN)
    assert volunteer.number not in _numbers(plan) + _numbers(later)
    # With such a step they are: the sentence says something.
    duty = PolicyBranch(Severity.CHECK_SOON, (PolicyStep(Recipients.DUTY, 5),))
    assert _numbers(escalation.consequences(opened, replace(there, branch=duty), NOW)) == [8]


def _a_stopped_step_is_never_taken() -> None:
    first = EscalationStep(EscalationStepKind.CONTACTS, 1, 1, NOW, NOW, None)
    second = EscalationStep(EscalationStepKind.CONTACTS, 2, 1, NOW + timedelta(minutes=10), None, None)
    held = _state(notified=(DAUGHTER, SON), handling=Handling.CLAIMED, steps=(first, second))
    plan = escalation.consequences(_event(EventKind.CLAIMED, SON), held, NOW)
    assert [step.stopped_at for step in plan.steps] == [None, NOW]
    taken, _ = escalation.escalation(replace(held, steps=plan.steps), SEVEN)
    assert _numbers(taken) == []


def _no_setting_changes_which_calls_for_help_are_raised() -> None:
    calls = [rule for rule in RULES.values() if rule.family is Family.EMERGENCY]
    assert calls
    assert all(rule.not_in_backtest for rule in calls)
    assert "sensitivity" not in signature(SosCall).parameters


def _held_by(*tests: str) -> Callable[[], None]:
    """Return a check that the tests exist which ask the service itself, where the policy needs a database."""

    def check() -> None:
        for test in tests:
            path, _, name = test.partition("::")
            assert f"def {name}(" in (REPOSITORY / path).read_text(encoding="utf-8"), test

    return check


_TRIED = "tests/integration/detectors/test_backtest.py::test_it_finds_what_live_evaluation_raised_and_writes_nothing"
_AREA = "tests/integration/detectors/test_areas.py::test_a_power_cut_of_a_neighbourhood_is_one_alert_for_the_staff"
SENTENCES: dict[str, tuple[str, Callable[[], None]]] = {
    "help.level_4": (
        "1日1回まとめて、職員だけに伝えます。呼び出しボタンや警報器などの通信が止まったときは すぐに伝えます。",
        _equipment_is_for_staff_alone,
    ),
    "help.state_paused": (
        "動きがなくても お知らせしません。非常ボタンなどの呼び出しは",
        _an_absence_silences_missing_movement_and_no_call_for_help,
    ),
    "resident.paused": (
        "動きがなくても お知らせしません。非常ボタンなどの呼び出し",
        _an_absence_silences_missing_movement_and_no_call_for_help,
    ),
    "absence.intro": (
        "動きがなくてもお知らせしません",
        _an_absence_silences_missing_movement_and_no_call_for_help,
    ),
    "contact_link.what_still": (
        "入院の間は、動きがなくてもお知らせしません",
        _an_absence_silences_missing_movement_and_no_call_for_help,
    ),
    "resident.paused_open": (
        "この間は、動きがなくても お知らせしません",
        _an_absence_silences_missing_movement_and_no_call_for_help,
    ),
    "contact_link.what": (
        "この間は動きがなくてもお知らせしません",
        _an_absence_silences_missing_movement_and_no_call_for_help,
    ),
    "resident.quiet": ("緊急のとき、ほかの方の返事がないとき、先に連絡したことの続き", _quiet_hours),
    "alert.escalation_none": ("連絡の順番はありません", _an_escalation_without_steps_notifies_nobody),
    "alert.escalation_stopped": ("連絡は止めました", _a_stopped_step_is_never_taken),
    "duty.not_asked": ("当番表に入れても、いまは連絡しません", _who_is_on_duty_is_asked_by_a_step_alone),
    "backtest.rule_hint": (
        "設定によらず いつも知らせる",
        _no_setting_changes_which_calls_for_help_are_raised,
    ),
    "backtest.intro": ("だれにも知らせは届きません", _held_by(_TRIED)),
    "backtest.before_watching": ("実際には届いていません", _held_by(_TRIED)),
    "why.cause_together": ("住まいごとのお知らせは、受信がもどるまで出しません", _held_by(_AREA)),
}
# How the Japanese texts, which are written first, say that somebody is not notified, or when not.
_SAYS_NOT = re.compile(
    r"お知らせしません|知らせは届きません|実際には届いていません|だけに(伝え|知らせ|連絡)|連絡は止め|連絡しません"
    r"|おやすみの時間\(|お知らせは、[^。]*出しません|順番はありません|起こしません|いつも知らせる"
)


def test_every_sentence_that_says_who_is_not_notified_is_listed() -> None:
    found = {key for key, entry in entries().items() if _SAYS_NOT.search(entry["ja"])}
    assert found == set(SENTENCES)


@pytest.mark.parametrize("key", SENTENCES)
def test_the_policy_does_what_the_sentence_says(key: str) -> None:
    words, policy_holds = SENTENCES[key]
    assert words in entries()[key]["ja"]
    policy_holds()
