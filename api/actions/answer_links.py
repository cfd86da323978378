"""Answer links: what somebody may see and do from a message, without signing in.

A link is bound to one alert and one contact. Looking changes nothing, however often mail scanners and previews look. A link that has
ended, or was never one, is a kind page and no error. It never shows a precise place, and nothing of the past.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from api.access import location_gate
from api.http.rate_limit import RateLimit
from core.domain.access_scope import AccessScope
from core.domain.alert import Alert, Handling, Outcome, Progress
from core.domain.people import Contact
from core.errors import ConflictError
from core.store.alerts import alerts, answer_links, handling, notifications
from core.store.alerts.answer_links import AnswerLink
from core.store.database import Connection
from core.store.people import contact_channels, residents

_LONGEST_TOKEN = 100
_MINUTE = timedelta(minutes=1)


class LinkState(StrEnum):
    """What the page of a link says first."""

    OPEN = "open"
    """Nobody is checking yet."""
    YOURS = "yours"
    """The reader is checking."""
    TAKEN = "taken"
    """Somebody else is checking."""
    CLOSED = "closed"
    """It is over."""
    ENDED = "ended"
    """The link is too old, was withdrawn, or never was one; nothing is shown of the alert."""


class Action(StrEnum):
    """What the buttons do."""

    CLAIM = "claim"
    TAKE_OVER = "take_over"
    CANNOT = "cannot"
    """「いま行けません」"""
    UNREACHABLE = "unreachable"
    """「連絡がつきません」: the alert goes back to the others, who are notified of that."""
    STILL = "still"
    """「まだ対応しています」: the claim holds on."""
    ON_SITE = "on_site"
    SAFE = "safe"
    AMBULANCE = "ambulance"
    POLICE = "police"
    MISTAKE = "mistake"


_OUTCOMES = {
    Action.SAFE: Outcome.SAFE_CONTACTED,
    Action.AMBULANCE: Outcome.AMBULANCE_CALLED,
    Action.POLICE: Outcome.POLICE_NOTIFIED,
    Action.MISTAKE: Outcome.PRESSED_BY_MISTAKE,
}
_PROGRESS = {Action.STILL: Progress.STILL, Action.ON_SITE: Progress.ON_SITE}
# Stands in the alert's history as a note of the contact.
_UNREACHABLE_NOTE = "連絡がつきません / cannot be reached"


@dataclass(frozen=True)
class AnswerSubject:
    """What the page may say of the resident."""

    name: str
    phone: str
    zone: ZoneInfo
    office_name: str
    office_phone: str


@dataclass(frozen=True)
class AnswerPage:
    """What the page of a link may show; with `ENDED` all else is None.

    Attributes
    ----------
    state : LinkState
        What it says first.
    alert : Alert or None
        The alert's present state; its reason holds no precise place.
    contact : Contact or None
        As whom the reader acts; `calls_resident` is what they call the resident.
    person : Person or None
        The resident; None where the alert is about a home or the ward.
    next_notified_at : datetime or None
        When the next ones are notified if nobody claims.
    """

    state: LinkState
    alert: Alert | None = None
    contact: Contact | None = None
    person: AnswerSubject | None = None
    next_notified_at: datetime | None = None

    @property
    def actions(self) -> tuple[Action, ...]:
        """What may be done now, the most useful first."""
        closing = (Action.SAFE, Action.UNREACHABLE, Action.AMBULANCE, Action.POLICE, Action.MISTAKE)
        return {
            LinkState.OPEN: (Action.CLAIM, Action.CANNOT, *closing),
            LinkState.YOURS: (Action.STILL, Action.ON_SITE, *closing, Action.CANNOT),
            LinkState.TAKEN: (Action.TAKE_OVER, Action.CANNOT),
        }.get(self.state, ())


ENDED = AnswerPage(LinkState.ENDED)


class AnswerLimits:
    """Limits on guessing of links, by address, and on presses of one link's buttons; a process has one."""

    def __init__(self) -> None:
        self.unknown = RateLimit(20, _MINUTE, "too many links that do not exist were asked for")
        self.presses = RateLimit(20, _MINUTE, "this button was pressed very often")


@dataclass(frozen=True)
class LinkVisit:
    """Who opens a link, and when: the address, the service's time, the machine's time."""

    peer: str
    now: datetime
    machine_now: datetime


def open_link(connection: Connection, limits: AnswerLimits, token: str, visit: LinkVisit) -> AnswerPage:
    """Return what the page of a link may show; nothing is changed.

    Raises
    ------
    TooManyAttemptsError
        It never was a link, and the peer asked for many of those.
    """
    return _page(connection, _looked_up(connection, limits, token, visit), visit.now)


def answer(
    connection: Connection, limits: AnswerLimits, token: str, action: Action, visit: LinkVisit
) -> AnswerPage:
    """Do what a button says and return the page as it is then.

    What no longer fits (somebody else was faster, it is over, the link has ended) changes nothing; the page shows how things stand.

    Raises
    ------
    TooManyAttemptsError
        It never was a link, and the peer asked for many of those, or this link's buttons were pressed very often.
    """
    link = _looked_up(connection, limits, token, visit)
    limits.presses.count(hashlib.sha256(token.encode("utf-8", "replace")).hexdigest(), visit.machine_now)
    page = _page(connection, link, visit.now)
    if page.alert is None or page.contact is None or action not in page.actions:
        return page
    try:
        # A part of the transaction of its own: a refused change leaves the connection usable.
        with connection.transaction():
            _act(connection, page.alert, page.contact, action, visit.now)
    except ConflictError:
        pass
    # Whoever answers has got a message, whatever became of the tests.
    contact_channels.note_answered(connection, page.contact.number)
    return _page(connection, link, visit.now)


def _looked_up(
    connection: Connection, limits: AnswerLimits, token: str, visit: LinkVisit
) -> AnswerLink | None:
    """Return the link of a token; one that never was a link counts against the peer, whose real links open all the same."""
    link = answer_links.look_up(connection, token) if 0 < len(token) <= _LONGEST_TOKEN else None
    if link is None:
        limits.unknown.count(visit.peer, visit.machine_now)
    return link


def _page(connection: Connection, link: AnswerLink | None, now: datetime) -> AnswerPage:
    """Return what the page of a link may show."""
    if link is None or not link.is_valid(now):
        return ENDED
    contact = residents.contact(connection, link.contact)
    if contact is None:
        return ENDED
    alert = alerts.get(connection, link.alert)
    person = None if alert.resident is None else _person(connection, alert.resident)
    return AnswerPage(
        _state(alert, contact),
        replace(alert, reason=location_gate.without_places(alert.rule, alert.reason)),
        contact,
        person,
        _next_notified_at(connection, alert),
    )


def _act(connection: Connection, alert: Alert, contact: Contact, action: Action, now: datetime) -> None:
    if action in {Action.CLAIM, Action.TAKE_OVER}:
        is_over = action is Action.TAKE_OVER
        handling.claim(connection, alert.number, contact=contact.number, take_over=is_over, now=now)
    elif action in _PROGRESS:
        handling.report_progress(connection, alert.number, _PROGRESS[action], contact=contact.number, now=now)
    elif action is Action.CANNOT:
        handling.decline(connection, alert.number, contact=contact.number, now=now)
    elif action is Action.UNREACHABLE:
        handling.add_note(connection, alert.number, contact=contact.number, note=_UNREACHABLE_NOTE, now=now)
        handling.decline(connection, alert.number, contact=contact.number, now=now)
    else:
        handling.close(connection, alert.number, contact=contact.number, outcome=_OUTCOMES[action], now=now)


def _state(alert: Alert, contact: Contact) -> LinkState:
    if alert.handling is Handling.CLOSED:
        return LinkState.CLOSED
    if alert.handling is Handling.OPEN:
        return LinkState.OPEN
    is_own = alert.claimed_by_contact == contact.number or (
        contact.user is not None and alert.claimed_by_user == contact.user
    )
    return LinkState.YOURS if is_own else LinkState.TAKEN


def _person(connection: Connection, resident: int) -> AnswerSubject:
    found = residents.overview(connection, AccessScope(everything=True), resident)
    return AnswerSubject(found.name, found.phone, found.zone, found.office_name, found.office_phone)


def _next_notified_at(connection: Connection, alert: Alert) -> datetime | None:
    if alert.handling is not Handling.OPEN:
        return None
    waiting = [
        step.due_at
        for step in notifications.steps(connection, alert.number)
        if step.is_ahead and not step.is_reminder
    ]
    return min(waiting, default=None)
