"""The outbox and the escalation: what is planned for whom, and how each message fared."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row, dict_row, kwargs_row

from core.domain.alert import (
    CALLS_TO_ACT,
    Alert,
    AlertEvent,
    Delivery,
    NotificationKind,
    Severity,
    SubjectKind,
)
from core.domain.escalation.policy import Recipients
from core.domain.notification import (
    EscalationStep,
    EscalationStepKind,
    Notification,
    SentMessages,
    Surroundings,
)
from core.domain.people import Channel, Contact, Language
from core.domain.rules import WHEREABOUTS
from core.store.alerts import events
from core.store.database import Connection
from core.store.queries import load

_NOTIFICATIONS = load("alerts/notifications")


@dataclass(frozen=True)
class Opening:
    """How the notification of one contact about an alert stands: `was_tried` (may have arrived), `is_live` (arrived, or may be waited for)."""

    contact: int
    was_tried: bool
    is_live: bool


@dataclass(frozen=True)
class Lease:
    """A message that one sender has taken until `until`, in the machine's time; nobody else sends it before."""

    notification: int
    alert: int
    contact: Contact
    kind: NotificationKind
    attempts: int
    last_error: str | None
    created_at: datetime
    until: datetime


def audience(connection: Connection, alert: Alert) -> list[Contact]:
    """Return everybody who could be notified: the resident's contacts, the centre's, and those of the desks above it.

    For a ward alert it is the centres of all offices, and the desks above them.
    """
    home = alert.subject.number if alert.subject.kind is SubjectKind.HOME else None
    return everybody(connection, resident=alert.resident, home=home, office=alert.office)


def everybody(
    connection: Connection, *, resident: int | None, home: int | None = None, office: int | None
) -> list[Contact]:
    """Return everybody who could be notified about a resident, or all in a home, of an office."""
    values = {"resident": resident, "home": home, "office": office}
    cursor = connection.cursor(row_factory=kwargs_row(contact_from_columns))
    return cursor.execute(_NOTIFICATIONS["audience"], values).fetchall()


def hold_unplanned(connection: Connection, _now: datetime, but: Collection[int] = ()) -> int | None:
    """Lock an alert that has events without consequences yet, none of `but`, and return its number."""
    row = connection.execute(_NOTIFICATIONS["hold_unplanned"], {"but": sorted(but)}).fetchone()
    return None if row is None else row[0]


def unplanned_events(connection: Connection, alert: int) -> list[AlertEvent]:
    """Return the events of an alert that have no consequences yet, in order."""
    return events.cursor(connection).execute(_NOTIFICATIONS["unplanned"], {"alert": alert}).fetchall()


def mark_planned(connection: Connection, event: int, now: datetime) -> None:
    """Note that an event's consequences are written."""
    connection.execute(_NOTIFICATIONS["mark_planned"], {"event": event, "now": now})


def openings(connection: Connection, numbers: Collection[int], most_attempts: int) -> list[Opening]:
    """Return who was notified of alerts, or is being notified; after more than `most_attempts` failed attempts nobody waits for it."""
    cursor = connection.cursor(row_factory=class_row(Opening))
    values = {"alerts": sorted(numbers), "most_attempts": most_attempts}
    return cursor.execute(_NOTIFICATIONS["openings"], values).fetchall()


def declined(connection: Connection, alert: int, since_event: int) -> frozenset[int]:
    """Return the contacts who said after an event that they cannot go."""
    rows = connection.execute(_NOTIFICATIONS["declined"], {"alert": alert, "cycle": since_event})
    return frozenset(row[0] for row in rows)


def add(
    connection: Connection, alert: int, contact: int, *, kind: NotificationKind, key: str, now: datetime
) -> bool:
    """Put one message into the outbox; return False if this very message is there already."""
    parameters = {"alert": alert, "contact": contact, "kind": kind, "key": key, "now": now}
    return connection.execute(_NOTIFICATIONS["add"], parameters).rowcount == 1


def sent_since(connection: Connection, alert: Alert, since: datetime) -> dict[int, SentMessages]:
    """Return by contact what was planned since a moment about an alert and those that belong together with it; dropped ones do not count."""
    is_about_whereabouts = alert.resident is not None and alert.rule in WHEREABOUTS
    values = {
        "alert": alert.number,
        "resident": alert.resident,
        "rules": sorted(WHEREABOUTS) if is_about_whereabouts else [],
        "since": since,
    }
    cursor = connection.cursor(row_factory=class_row(SentMessages))
    return {one.contact: one for one in cursor.execute(_NOTIFICATIONS["sent_since"], values)}


def stop_steps(connection: Connection, numbers: Collection[int], now: datetime) -> None:
    """Take no further step of some alerts: another one notifies people in their place."""
    connection.execute(_NOTIFICATIONS["stop_steps"], {"alerts": sorted(numbers), "now": now})


def steps(connection: Connection, alert: int) -> list[EscalationStep]:
    """Return the steps of an alert's escalation: in time, then after quiet hours, then reminders."""
    cursor = connection.cursor(row_factory=kwargs_row(_step))
    return cursor.execute(_NOTIFICATIONS["steps"], {"alert": alert}).fetchall()


def replace_steps(connection: Connection, alert: int, escalation: Iterable[EscalationStep]) -> None:
    """Write the steps of an alert's escalation in place of those before."""
    connection.execute(_NOTIFICATIONS["drop_steps"], {"alert": alert})
    for step in escalation:
        connection.execute(
            _NOTIFICATIONS["put_step"],
            {
                "alert": alert,
                "kind": step.kind,
                "step": step.step,
                "cycle": step.cycle,
                "due_at": step.due_at,
                "executed_at": step.executed_at,
                "stopped_at": step.stopped_at,
            },
        )


def hold_due_step(connection: Connection, now: datetime, but: Collection[int] = ()) -> int | None:
    """Lock an alert with a step whose time has come, none of `but`, and return its number."""
    values = {"now": now, "but": sorted(but)}
    row = connection.execute(_NOTIFICATIONS["hold_due_step"], values).fetchone()
    return None if row is None else row[0]


def next_due(connection: Connection) -> datetime | None:
    """Return the next moment at which a step, a claim or a repeated attempt is due; it may lie in the past."""
    row = connection.execute(_NOTIFICATIONS["next_due"]).fetchone()
    return None if row is None else row[0]


def of_alert(connection: Connection, alert: int) -> list[Notification]:
    """Return all messages about an alert, in the order in which they were planned."""
    cursor = connection.cursor(row_factory=kwargs_row(_notification))
    return cursor.execute(_NOTIFICATIONS["of_alert"], {"alert": alert}).fetchall()


def lease_one(
    connection: Connection,
    now: datetime,
    machine_now: datetime,
    until: datetime,
    *,
    least_urgent: Severity = Severity.EQUIPMENT,
) -> Lease | None:
    """Take the most urgent message that is due; None if there is none.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that is committed before anything is sent.
    now : datetime
        The service's time, which decides what is due.
    machine_now, until : datetime
        The machine's time and the end of the lease in it; a lease that ended before `machine_now` is taken over.
    least_urgent : Severity
        Only messages about alerts of this severity or a more urgent one.
    """
    row = (
        connection.cursor(row_factory=dict_row)
        .execute(
            _NOTIFICATIONS["lease_one"],
            {"now": now, "machine_now": machine_now, "lease_until": until, "least_urgent": least_urgent},
        )
        .fetchone()
    )
    if row is None:
        return None
    people = connection.cursor(row_factory=kwargs_row(contact_from_columns))
    contact = people.execute(_NOTIFICATIONS["contact"], {"contact": row["contact"]}).fetchone()
    assert contact is not None  # noqa: S101 - the foreign key holds it
    columns: dict[str, Any] = {**row, "contact": contact, "kind": NotificationKind(row["kind"])}
    return Lease(until=until, **columns)


def surroundings(connection: Connection, alert: int, contact: int, kinds: Iterable[str]) -> Surroundings:
    """Return what a message to a contact says besides the alert; `who` acted last in an event of one of the `kinds`."""
    cursor = connection.cursor(row_factory=class_row(Surroundings))
    values: dict[str, Any] = {
        "alert": alert,
        "contact": contact,
        "kinds": list(kinds),
        "calls_to_act": sorted(CALLS_TO_ACT),
    }
    row = connection.execute(_NOTIFICATIONS["last_sign_at"], values).fetchone()
    values["last_sign_at"] = None if row is None else row[0]
    found = cursor.execute(_NOTIFICATIONS["surroundings"], values).fetchone()
    assert found is not None  # noqa: S101 - only asked for alerts that exist
    return found


def is_superseded(connection: Connection, lease: Lease) -> bool:
    """Return whether a later opening to the same contact about the same alert waits; a message says how the alert is when it leaves."""
    if lease.kind is not NotificationKind.OPENING:
        return False
    values = {"alert": lease.alert, "contact": lease.contact.number, "notification": lease.notification}
    return connection.execute(_NOTIFICATIONS["is_superseded"], values).fetchone() is not None


def finish(
    connection: Connection,
    lease: Lease,
    status: Delivery,
    *,
    due_at: datetime | None = None,
    error: str | None = None,
    sent_at: datetime | None = None,
) -> bool:
    """Write how an attempt ended; return False if the lease had run out and another sender took over."""
    parameters = {
        "notification": lease.notification,
        "lease_until": lease.until,
        "status": status,
        "due_at": due_at,
        "error": error,
        "sent_at": sent_at,
    }
    return connection.execute(_NOTIFICATIONS["finish"], parameters).rowcount == 1


def cancel_later(connection: Connection, lease: Lease, reason: str) -> None:
    """Drop what would have followed an opening that never arrived."""
    connection.execute(
        _NOTIFICATIONS["cancel_later"],
        {
            "alert": lease.alert,
            "contact": lease.contact.number,
            "notification": lease.notification,
            "error": reason,
        },
    )


def contact_from_columns(*, channel: str, language: str, desk: str | None = None, **columns: Any) -> Contact:
    """Return the contact of a row whose columns have the names of its fields."""
    return Contact(
        channel=Channel(channel),
        language=Language(language),
        desk=None if desk is None else Recipients(desk),
        **columns,
    )


def _notification(*, channel: str, kind: str, status: str, **columns: Any) -> Notification:
    return Notification(
        channel=Channel(channel), kind=NotificationKind(kind), status=Delivery(status), **columns
    )


def _step(*, kind: str, **columns: Any) -> EscalationStep:
    return EscalationStep(kind=EscalationStepKind(kind), **columns)
