"""One alert: why it was raised, what the record shows, who was notified, and what people do about it."""

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from api.access import visibility
from api.access.viewer import Viewer
from api.charts.actogram import Texts, TypicalDay, actogram
from api.charts.marks import legend
from api.pages.parts.activity_days import load_days
from api.pages.parts.alert_rows import Whose, overdue_line, progress_line
from api.pages.parts.climate import rooms, unknown_line
from api.pages.parts.day_table import day_table
from api.pages.parts.delivery_lines import delivery_lines
from api.pages.parts.place import LastPlace, load_place
from api.pages.parts.search_area import is_sought
from api.pages.rendering import HtmlPage
from api.views import baseline
from api.wording.alert_reason import confidence, emergency_numbers, ruled_out, title, todo, why
from core.domain.alert import Alert, AlertEvent, Condition, EventKind, NotificationKind, Outcome, Severity
from core.domain.notification import EscalationStep, Notification
from core.domain.response_targets import target_at
from core.domain.rule_spec import Family
from core.domain.rules import names_of, shows_location
from core.store.alerts import alerts, deliveries, notifications
from core.store.database import Connection
from core.store.devices import devices
from core.store.people import residents
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
    """One step of the escalation with the messages that were sent from it."""

    name: str
    clock: Markup
    executed_at: datetime | None
    stopped_at: datetime | None
    messages: list[Notification]


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
    return {
        "m": times,
        "here": f"/alerts/{alert.number}",
        "alert": alert,
        "title": title(alert.rule, words),
        "who": who,
        "person": person,
        "why": why(alert, times),
        "calls": alerts.episodes(connection, alert.number) if alert.occurrences > 1 else [],
        "ruled_out": ruled_out(alert, times),
        "confidence": confidence(alert, page.words),
        "todo": todo(alert, words),
        "emergency_numbers": emergency_numbers(alert),
        "due_at": target_at(alert),
        "overdue": overdue_line(alert, times),
        "climate_unknown": _climate_unknown(page, connection, alert),
        "is_about_place": shows_location(alert.rule),
        "place": _place(page, viewer, connection, alert, person),
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
        "escalation": _escalation(
            notifications.steps(connection, alert.number),
            notifications.of_alert(connection, alert.number),
            page,
        ),
        "deliveries": delivery_lines(deliveries.of_alert(connection, alert.number), page),
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


def _event_line(event: AlertEvent, page: HtmlPage) -> EventLine:
    words = page.words
    name = event.kind.value
    if event.kind in {EventKind.CLEARED, EventKind.AMENDED} and event.detail.get("withdrawn"):
        name = "withdrawn"
    if event.kind is EventKind.CLAIMED and event.detail.get("taken_over"):
        name = "taken_over"
    if event.kind is EventKind.CLAIMED and event.detail.get("assigned_to"):
        name = "assigned"
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


def _escalation(
    steps: list[EscalationStep], messages: list[Notification], page: HtmlPage
) -> list[EscalationRow]:
    opening = [one for one in messages if one.kind is NotificationKind.OPENING]
    escalation = [step for step in steps if step.is_escalation]
    first = "alert.escalation_family" if len(escalation) > 1 else "alert.escalation_centre"
    names = [first if place == 0 else "alert.escalation_centre" for place in range(len(escalation))]
    # Whoever sleeps is notified later, and who looks at the alert sees that.
    passed_over = [step for step in steps if step.is_after_quiet_hours]
    names += ["alert.escalation_quiet"] * len(passed_over)
    return [
        EscalationRow(
            page.words(name),
            page.times.clock(step.executed_at or step.due_at),
            step.executed_at,
            step.stopped_at,
            [one for one in opening if step.is_escalation and one.step == step.step],
        )
        for name, step in zip(names, [*escalation, *passed_over], strict=True)
    ]


def _past(connection: Connection, alert: Alert) -> list[Alert]:
    if alert.resident is None:
        return []
    found = alerts.history(
        connection, residents=[alert.resident], rule=alert.rule, before=alert.number, limit=_PAST
    )
    return [one for one in found if one.subject == alert.subject]
