"""What an escalation policy does at a given moment: who is asked after how many minutes, and on which channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core.domain.alert import NotificationKind, Severity
from core.domain.delivery.channel_order import in_order
from core.domain.escalation.audience import concerned, in_quiet_hours, reached_by, steps_of
from core.domain.escalation.duty import on_duty
from core.domain.escalation.policy import DEFAULT, EscalationPolicy, Recipients
from core.domain.people import Channel, Contact, Language
from core.store.alerts import notifications
from core.store.database import Connection
from core.store.people import contact_channels, duty_roster
from core.store.people.residents import ResidentOverview


@dataclass(frozen=True)
class PreviewPerson:
    """Who would be asked; `channel` is what is tried first, None where no channel may be used."""

    number: int
    name: str
    relation: str
    channel: Channel | None
    is_confirmed: bool


@dataclass(frozen=True)
class PreviewStep:
    """One step: after how many minutes, when, whom it asks, and who that is."""

    after_min: int
    at: datetime
    asked: Recipients
    people: tuple[PreviewPerson, ...]


@dataclass(frozen=True)
class EscalationPreview:
    """The steps at a moment, how often all are asked again (None: as the service does it by itself), and who is in quiet hours then."""

    steps: tuple[PreviewStep, ...]
    again_min: int | None
    quiet: tuple[str, ...]


def preview(
    connection: Connection,
    one: ResidentOverview,
    policy: EscalationPolicy,
    severity: Severity,
    at: datetime,
) -> EscalationPreview:
    """Return what would happen if an alert about a resident opened at a moment and nobody answered.

    Parameters
    ----------
    connection : Connection
        Inside the request's transaction.
    one : ResidentOverview
        Whom the alert would be about.
    policy : EscalationPolicy
        The one in force, or one to try.
    severity : Severity
        `EMERGENCY` or `CHECK_SOON`.
    at : datetime
        When it would open.
    """
    contacts = notifications.everybody(connection, resident=one.number, office=one.office)
    return _preview(connection, contacts, one.office, one.zone, policy, severity, at)


def preview_for_office(
    connection: Connection,
    office: int,
    zone: ZoneInfo,
    policy: EscalationPolicy,
    severity: Severity,
    at: datetime,
    *,
    family: str,
) -> EscalationPreview:
    """Return the same for any resident of an office, whose family is one contact without a number, called `family`."""
    somebody = Contact(0, 0, None, None, family, "", "", 1, Channel.MAIL, "", Language.JA)
    contacts = [somebody, *notifications.everybody(connection, resident=None, office=office)]
    return _preview(connection, contacts, office, zone, policy, severity, at)


def _preview(
    connection: Connection,
    contacts: Sequence[Contact],
    office: int,
    zone: ZoneInfo,
    policy: EscalationPolicy,
    severity: Severity,
    at: datetime,
) -> EscalationPreview:
    quiet = in_quiet_hours(contacts, zone, at)
    near = concerned(severity, contacts, quiet)
    branch = policy.branch_at(severity, at, zone) or DEFAULT.branch_at(severity, at, zone)
    assert branch is not None  # noqa: S101 - what everybody has knows both severities
    channels = contact_channels.of_contacts(connection, [person.number for person in contacts])
    found: list[PreviewStep] = []
    longest = timedelta(minutes=sum(step.wait_min for step in branch.steps) * (len(contacts) + 1))
    shifts = duty_roster.shifts(connection, office, at, at + longest)
    for step in steps_of(branch, near, contacts, on_duty(shifts, at)):
        people: list[PreviewPerson] = []
        # Whoever is on duty when the step is taken, which may be after a change of shifts.
        for person in reached_by(step, near, contacts, on_duty(shifts, at + step.after)):
            usable = in_order(channels[person.number], NotificationKind.OPENING, severity, {})
            first = usable[0] if usable else None
            people.append(
                PreviewPerson(
                    person.number,
                    person.name,
                    person.relation,
                    None if first is None else first.kind,
                    first is not None and first.is_confirmed,
                )
            )
        minutes = int(step.after.total_seconds() // 60)
        found.append(PreviewStep(minutes, at + step.after, step.asked, tuple(people)))
    asleep = [person.name for person in contacts if person.number in quiet] if severity > 1 else []
    return EscalationPreview(tuple(found), branch.again_min, tuple(asleep))
