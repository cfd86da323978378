"""Links in messages about no alert: what a contact may see and do without signing in.

Looking changes nothing, however often mail scanners and previews look. A link that has ended, or was never one, is a kind page and no error.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from api.actions import absences
from api.actions.answer_links import AnswerLimits, LinkVisit
from core.domain.access_scope import AccessScope
from core.domain.people import Contact
from core.domain.planned_absence import Absence
from core.errors import NotFoundError
from core.store.database import Connection
from core.store.people import planned_absences, residents
from core.store.people.links import contact_links
from core.store.people.residents import ResidentOverview

_LONGEST_TOKEN = 100


class ContactLinkState(StrEnum):
    """What the page of a link says first."""

    ASKED = "asked"
    """The reader may press."""
    DONE = "done"
    """Somebody has confirmed it."""
    ENDED = "ended"
    """The link is too old, is about nothing any more, or never was one; nothing is shown."""


@dataclass(frozen=True)
class ContactLinkPage:
    """What the page of a link may show; with `ENDED` all else is None.

    Attributes
    ----------
    state : ContactLinkState
        What it says first.
    contact : Contact or None
        As whom the reader acts.
    absence : Absence or None
        The pause that is asked about.
    person : ResidentOverview or None
        Whose it is; pages show the name and the office's telephone only.
    """

    state: ContactLinkState
    contact: Contact | None = None
    absence: Absence | None = None
    person: ResidentOverview | None = None


ENDED = ContactLinkPage(ContactLinkState.ENDED)


def open_link(connection: Connection, limits: AnswerLimits, token: str, visit: LinkVisit) -> ContactLinkPage:
    """Return what the page of a link may show; nothing is changed.

    Raises
    ------
    TooManyAttemptsError
        The peer asked for many links that do not exist.
    """
    limits.unknown.check(visit.peer, visit.machine_now)
    return _counted(limits, visit, _page(connection, token, visit))


def confirm(connection: Connection, limits: AnswerLimits, token: str, visit: LinkVisit) -> ContactLinkPage:
    """Do what the link is for, once, and return the page as it is then; what no longer fits changes nothing.

    Raises
    ------
    TooManyAttemptsError
        The peer asked for many links that do not exist, or pressed this link's button very often.
    """
    limits.unknown.check(visit.peer, visit.machine_now)
    limits.presses.count(hashlib.sha256(token.encode("utf-8", "replace")).hexdigest(), visit.machine_now)
    page = _page(connection, token, visit)
    if page.absence is None or page.contact is None or page.state is not ContactLinkState.ASKED:
        return _counted(limits, visit, page)
    if contact_links.use(connection, token, visit.now):
        absences.confirm_from_message(connection, page.absence, page.contact.number, visit.now)
    return _page(connection, token, visit)


def _counted(limits: AnswerLimits, visit: LinkVisit, page: ContactLinkPage) -> ContactLinkPage:
    if page.state is ContactLinkState.ENDED:
        limits.unknown.count(visit.peer, visit.machine_now)
    return page


def _page(connection: Connection, token: str, visit: LinkVisit) -> ContactLinkPage:
    link = contact_links.look_up(connection, token) if 0 < len(token) <= _LONGEST_TOKEN else None
    if link is None or link.absence is None or not link.is_valid(visit.now):
        return ENDED
    contact = residents.contact(connection, link.contact)
    try:
        absence = planned_absences.get(connection, link.absence)
        person = residents.overview(connection, AccessScope(everything=True), absence.resident)
    except NotFoundError:
        # It was taken back, or the watch has ended.
        return ENDED
    if contact is None or not _may_confirm(contact, absence, person):
        return ENDED
    state = ContactLinkState.ASKED if absence.is_waiting else ContactLinkState.DONE
    if absence.is_waiting and (link.used_at is not None or visit.now >= absence.expires_at):
        return ENDED
    return ContactLinkPage(state, contact, absence, person)


def _may_confirm(contact: Contact, absence: Absence, person: ResidentOverview) -> bool:
    """Return whether the contact is not who planned it, and still the resident's, or of the office that looks after them."""
    if contact.user is not None and contact.user == absence.created_by_user:
        return False
    return contact.resident == person.number or (contact.resident is None and contact.office == person.office)
