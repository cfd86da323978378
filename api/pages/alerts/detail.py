"""One alert: why it was raised, what the record shows, who was notified, and what people do about it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from markupsafe import Markup

from api.access import visibility
from api.access.location_gate import without_places
from api.access.viewer import Viewer
from api.charts.actogram import Texts, TypicalDay, actogram
from api.charts.marks import legend
from api.pages.parts.activity_days import load_days
from api.pages.parts.alert_rows import Whose, overdue_line, progress_line
from api.pages.parts.climate import rooms, unknown_line
from api.pages.parts.day_table import day_table
from api.pages.parts.delivery_lines import AskedPerson, asked_people
from api.pages.parts.place import LastPlace, load_place
from api.pages.parts.prompt_text import prompt_text
from api.pages.parts.search_area import is_sought
from api.pages.rendering import HtmlPage
from api.views import baseline
from api.views.last_sign import last_sign
from api.wording.alert_reason import confidence, emergency_numbers, ruled_out, title, todo, why
from api.wording.times import LocalTimes
from core.domain.alert import (
    CALLS_TO_ACT,
    Alert,
    AlertEvent,
    Condition,
    EventKind,
    Handling,
    Outcome,
    Severity,
)
from core.domain.escalation.audience import reached
from core.domain.escalation.policy import Recipients
from core.domain.notification import EscalationStep, EscalationStepKind, Notification
from core.domain.people import Contact, Role
from core.domain.reasons import UnassignedSosReason, UnclearCallReason
from core.domain.response_targets import target_at
from core.domain.rule_spec import Family
from core.domain.rules import ends_by_person, names_of, read_reason, shows_location, waits_for_digest
from core.store.alerts import alerts, deliveries, notifications
from core.store.database import Connection
from core.store.devices import devices
from core.store.people import residents
from core.store.people.agreed import prompts
from core.store.people.residents import ResidentOverview

_CHART_DAYS = 8
_PAST = 5
_LEGEND = ("still", "moved", "away", "blind", "paused", "alert")
_CLIMATE_RULES = names_of(Family.CLIMATE)


@dataclass(frozen=True)
class EventLine:
    """One line of the timeline."""

    at: datetime
    text: str
    note: str


@dataclass(frozen=True)
class EscalationRow:
    """One step of the escalation, with everybody of it who was asked, by whichever message.

    Attributes
    ----------
    clock : Markup
        When its people were notified first; where nothing was sent, when their turn came or comes.
    was_sent : bool
        Whether a message to one of them was sent.
    """

    name: str
    clock: Markup
    executed_at: datetime | None
    stopped_at: datetime | None
    was_sent: bool
    people: list[AskedPerson]


@dataclass(frozen=True)
class Draft:
    """What somebody had entered when a form could not be taken, and why not."""

    problem: str = ""
    outcome: str = ""
    note: str = ""


def alert_context(
    page: HtmlPage, viewer: Viewer, connection: Connection, alert: Alert, draft: Draft
) -> dict[str, object]:
    """Return what the alert's page shows to a viewer who may see it."""
    people = residents.overviews(connection, viewer.scope)
    whose = Whose(people, page.words)
    person = whose.person(alert)
    if person is not None:
        page = page.in_zone(person.zone)
    times, words = page.times, page.words
    who = whose.name(alert)
    place = _place(page, viewer, connection, alert, person)
    # Distances to something that somebody drew are as good as a position: in words, too, only behind the open gate.
    is_open = place is not None and bool(place.open_line)
    card = alert if is_open else replace(alert, reason=without_places(alert.rule, alert.reason))
    return {
        "m": times,
        "here": f"/alerts/{alert.number}",
        "alert": alert,
        "title": title(alert.rule, words),
        "who": who,
        "person": person,
        "why": why(card, times, last_sign(connection, alert, page.now)),
        "asked": _asked(connection, alert, times),
        "to_settle": _to_settle(page, viewer, connection, alert),
        "calls": alerts.episodes(connection, alert.number) if alert.occurrences > 1 else [],
        "ruled_out": ruled_out(card, times),
        "confidence": confidence(card, page.words),
        "todo": todo(alert, words),
        "emergency_numbers": emergency_numbers(alert),
        "due_at": target_at(alert),
        "overdue": overdue_line(alert, times),
        "climate_unknown": _climate_unknown(page, connection, alert),
        "is_about_place": shows_location(alert.rule),
        "place": place,
        "is_mine": visibility.holds(connection, viewer, alert),
        "progress_line": progress_line(alert, times),
        "may_put_off": alert.severity is not Severity.EMERGENCY,
        "colleagues": visibility.colleagues_for(connection, alert) if viewer.is_staff else [],
        "may_end": visibility.may_end(connection, viewer, alert),
        "claimed_clock": times.clock(alert.claimed_at) if alert.claimed_at else "",
        "expires_clock": times.clock(alert.claim_expires_at) if alert.claim_expires_at else "",
        "closed_clock": times.clock(alert.closed_at) if alert.closed_at else "",
        "outcomes": [outcome.value for outcome in Outcome],
        "chosen": draft.outcome,
        "note": draft.note,
        "problem": draft.problem,
        "events": [_event_line(event, page) for event in alerts.events(connection, alert.number)],
        "escalation": _escalation(page, connection, alert),
        # What a person ends is over with that, whatever the device says.
        "is_over": alert.handling is Handling.CLOSED and ends_by_person(alert.rule),
        "in_digest": waits_for_digest(alert.rule, alert.reason),
        "past": _past(connection, alert) if viewer.is_staff and alert.resident is not None else None,
    } | _evidence(page, connection, person, who)


def _place(
    page: HtmlPage, viewer: Viewer, connection: Connection, alert: Alert, person: ResidentOverview | None
) -> LastPlace | None:
    """Return what the viewer may see of the place that the alert is about; None if it is about no place."""
    if person is None or not shows_location(alert.rule):
        return None
    there = devices.overviews(connection, viewer.scope, resident=person.number)
    return load_place(page, viewer, connection, person, there=there, problem="", sought=is_sought([alert]))


@dataclass(frozen=True)
class ToSettle:
    """Where something of an alert is settled: a page, or with a `sender` the proposal of a device that nobody registered."""

    href: str
    text: str
    sender: str = ""


def _of_nobody(page: HtmlPage, viewer: Viewer, connection: Connection, senders: list[str]) -> list[ToSettle]:
    """Return where senders are registered that nobody had registered, and what became of those that were since."""
    words = page.words
    registered = devices.ids_of_senders(connection, senders)
    found = [
        ToSettle(f"/devices/{name}", words("alert.settle_registered", device=name))
        for name in registered.values()
        if devices.is_visible(connection, viewer.scope, name)
    ]
    if viewer.role is not Role.ADMIN:
        return found
    return found + [
        ToSettle("/proposals", words("alert.settle_sender", sender=one), one)
        for one in senders
        if one not in registered
    ]


def _to_settle(page: HtmlPage, viewer: Viewer, connection: Connection, alert: Alert) -> list[ToSettle]:
    """Return where it is settled whose devices are that nobody registered, and what they mean whom nobody understands."""
    card = read_reason(alert.rule, alert.reason)
    if isinstance(card, UnassignedSosReason) and viewer.is_staff:
        strangers = dict.fromkeys(one.sender for one in card.buttons if one.sender)
        return _of_nobody(page, viewer, connection, list(strangers))
    if not isinstance(card, UnclearCallReason) or not viewer.is_staff:
        return []
    named = dict.fromkeys(one.device_id for one in card.devices)
    links = [
        ToSettle(f"/devices/{name}#reading", page.words("alert.settle_device", device=name))
        for name in named
        if name and devices.is_visible(connection, viewer.scope, name)
    ]
    strangers = dict.fromkeys(one.sender for one in card.devices if not one.device_id and one.sender)
    return links + _of_nobody(page, viewer, connection, list(strangers))


def _asked(connection: Connection, alert: Alert, times: LocalTimes) -> str:
    """Return what became of the question to the resident about what the alert is about; empty where nobody was asked."""
    if alert.resident is None:
        return ""
    found = prompts.about(connection, alert.resident, alert.rule, alert.began_at, alert.seen_at)
    return "" if found is None else prompt_text(found, times)


def _climate_unknown(page: HtmlPage, connection: Connection, alert: Alert) -> str:
    """Return the sentence that heat or cold that lasts on record is no longer known, because no room reports."""
    if alert.rule not in _CLIMATE_RULES or alert.resident is None or alert.condition is not Condition.ACTIVE:
        return ""
    return unknown_line(page, rooms(page, connection, alert.resident))


def _evidence(
    page: HtmlPage, connection: Connection, person: ResidentOverview | None, who: str
) -> dict[str, object]:
    if person is None:
        return {"chart": "", "legend": "", "table": [], "typical": TypicalDay()}
    days = load_days(connection, person, page.times, _CHART_DAYS)
    typical = baseline.learned(connection, person, page.now).typical_day
    words = page.words
    name = words("alert.evidence_title", who=who)
    chart = actogram(
        days.days,
        Texts(name, words("chart.description")),
        typical=typical,
        now_minute=days.now_minute,
        prefix="evidence",
    )
    names = {state: words(f"chart.{state}") for state in _LEGEND}
    return {
        "chart": chart,
        "legend": legend(names, "evidence", days.states),
        "table": day_table(days.days),
        "typical": typical,
    }


def _event_name(event: AlertEvent) -> str:
    """Return under which name the words of an event stand."""
    if event.kind in {EventKind.CLEARED, EventKind.AMENDED} and event.detail.get("withdrawn"):
        return "withdrawn"
    if event.kind is EventKind.AMENDED and event.detail.get("answered"):
        return f"answered_{event.detail['answered']}"
    if event.kind is EventKind.CLAIMED and event.detail.get("taken_over"):
        return "taken_over"
    if event.kind is EventKind.CLAIMED and event.detail.get("assigned_to"):
        return "assigned"
    return event.kind.value


def _event_line(event: AlertEvent, page: HtmlPage) -> EventLine:
    words = page.words
    name = _event_name(event)
    entry = f"event.{name}" if words.has(f"event.{name}") else "event.other"
    began = event.detail.get("began_at")
    began_at = datetime.fromisoformat(began) if isinstance(began, str) else event.at
    clock = page.times.clock_text(began_at)
    text = words(entry, who=event.who or words("event.somebody"), clock=clock)
    if event.kind is EventKind.PROLONGED:
        text = words(
            "event.progress_" + str(event.detail.get("progress")), who=event.who or words("event.somebody")
        )
        until = event.detail.get("until")
        if isinstance(until, str):
            text += " · " + words(
                "event.holds_until", clock=page.times.clock_text(datetime.fromisoformat(until))
            )
    outcome = event.detail.get("outcome")
    if isinstance(outcome, str) and words.has(f"outcome.{outcome}"):
        text += " · " + words(f"outcome.{outcome}")
    return EventLine(event.at, text, str(event.detail.get("note", "")))


def _escalation(page: HtmlPage, connection: Connection, alert: Alert) -> list[EscalationRow]:
    people = notifications.audience(connection, alert)
    sent = [one for one in notifications.of_alert(connection, alert.number) if one.kind in CALLS_TO_ACT]
    records = deliveries.of_alert(connection, alert.number)
    rows: list[EscalationRow] = []
    shown: set[int] = set()
    for name, step in _named(notifications.steps(connection, alert.number)):
        messages = _messages_of(step, sent, people) if step.is_escalation else []
        shown |= {one.contact for one in messages}
        # Those after their quiet hours stand with their own step; here only that they were notified, and when.
        planned = (
            messages if step.is_escalation else [one for one in sent if one.created_at == step.executed_at]
        )
        at = _sent_from(planned, step.executed_at) if step.executed_at else None
        rows.append(
            EscalationRow(
                page.words(name),
                page.times.clock(at or step.executed_at or step.due_at),
                step.executed_at,
                step.stopped_at,
                at is not None,
                asked_people(messages, records, page),
            )
        )
    # Whoever was asked stands here, also when the order has changed since.
    others = [one for one in sent if one.contact not in shown]
    if others:
        at, began = _sent_from(others, None), others[0].created_at
        found = asked_people(others, records, page)
        name = page.words("alert.escalation_others")
        rows.append(EscalationRow(name, page.times.clock(at or began), began, None, at is not None, found))
    return rows


def _named(steps: list[EscalationStep]) -> Iterator[tuple[str, EscalationStep]]:
    """Yield the steps that ask further people, each with the entry of its name, then those after quiet hours."""
    escalation = [step for step in steps if step.is_escalation]
    in_order = [step for step in escalation if step.kind is EscalationStepKind.CONTACTS]
    first = "alert.escalation_family" if len(in_order) > 1 else "alert.escalation_centre"
    for step in escalation:
        if step not in in_order:
            yield f"asked.{step.kind}", step
        else:
            yield first if step is in_order[0] else "alert.escalation_centre", step
    # Whoever sleeps is notified later, and who looks at the alert sees that.
    yield from (("alert.escalation_quiet", step) for step in steps if step.is_after_quiet_hours)


def _sent_from(messages: list[Notification], executed_at: datetime | None) -> datetime | None:
    """Return when the first message was sent that a step planned; where it planned none, the first to its people at all."""
    planned = [one for one in messages if executed_at is not None and one.created_at >= executed_at]
    for some in (planned, messages):
        sent = [one.sent_at for one in some if one.sent_at is not None]
        if sent:
            return min(sent)
    return None


def _messages_of(step: EscalationStep, sent: list[Notification], people: list[Contact]) -> list[Notification]:
    """Return the messages that asked the people of a step; contacts who are notified no more count as those of their number in the order."""
    if step.kind is EscalationStepKind.CONTACTS:
        apart = {one.number for one in people if one.desk is not None or one.is_duty_only}
        return [one for one in sent if one.step == step.step and one.contact not in apart]
    near = [one for one in people if one.desk is None and not one.is_duty_only]
    on_duty = [one.number for one in people if one.is_duty_only]
    numbers = {one.number for one in reached(Recipients(step.kind.value), near, people, on_duty)}
    return [one for one in sent if one.contact in numbers]


def _past(connection: Connection, alert: Alert) -> list[Alert]:
    if alert.resident is None:
        return []
    found = alerts.history(
        connection, residents=[alert.resident], rule=alert.rule, before=alert.number, limit=_PAST
    )
    return [one for one in found if one.subject == alert.subject]
