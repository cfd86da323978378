"""What a contact changes for themselves by the link in a message, without signing in: how and when they are notified, and how often.

Whoever has the link acts as the contact: it is sent to confirmed channels only, ends by itself, and can be ended. It shows no place, and
nothing of the resident but a name until it is asked for.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.actions.answer_links import AnswerLimits, LinkVisit
from core.domain.access_scope import AccessScope
from core.domain.delivery.contact_channel import ContactChannel
from core.domain.people import Contact
from core.domain.records.details import ContactDetails
from core.errors import NotFoundError
from core.store.database import Connection
from core.store.people import access_log, contact_channels, residents
from core.store.people.access_log import Viewed
from core.store.people.links import contact_links
from core.store.people.links.contact_links import LinkPurpose
from core.store.people.records import stored_records
from core.store.people.records.stored_records import CONTACT, Author, Record
from core.store.people.residents import ResidentOverview
from core.store.people.watch_changes import Concerned

_LONGEST_TOKEN = 100


@dataclass(frozen=True)
class PreferencesPage:
    """Who chooses, what they have chosen, how they are reached, and whom it is about."""

    contact: Contact
    record: Record[ContactDetails]
    channels: tuple[ContactChannel, ...]
    person: ResidentOverview


def open_page(
    connection: Connection, limits: AnswerLimits, token: str, visit: LinkVisit
) -> PreferencesPage | None:
    """Return what the page of a link shows; None where it has ended, or is for something else. Nothing is changed.

    Raises
    ------
    TooManyAttemptsError
        It never was a link, and the peer asked for many of those.
    """
    link = contact_links.look_up(connection, token) if 0 < len(token) <= _LONGEST_TOKEN else None
    if link is None:
        limits.unknown.count(visit.peer, visit.machine_now)
        return None
    if link.purpose is not LinkPurpose.PREFERENCES or not link.is_valid(visit.now):
        return None
    contact = residents.contact(connection, link.contact)
    person = None if contact is None else _resident_of(connection, contact)
    if contact is None or person is None:
        return None
    record = stored_records.get(connection, CONTACT, contact.number)
    channels = contact_channels.of_contact(connection, contact.number)
    return PreferencesPage(contact, record, tuple(channels), person)


def _resident_of(connection: Connection, contact: Contact) -> ResidentOverview | None:
    """Return the resident whose contact this is; None of a centre's, of the resident's own, and where the watch has ended."""
    is_resident = stored_records.get(connection, CONTACT, contact.number).details.is_resident
    if contact.resident is None or is_resident:
        return None
    try:
        person = residents.overview(connection, AccessScope(everything=True), contact.resident)
    except NotFoundError:
        return None
    return None if person.ended_at is not None else person


def change(
    connection: Connection,
    limits: AnswerLimits,
    token: str,
    visit: LinkVisit,
    *,
    changes: Mapping[str, Any],
    version: int,
) -> bool:
    """Change what the contact has chosen; return False where the link has ended.

    Raises
    ------
    TooManyAttemptsError
        It never was a link, and the peer asked for many of those, or this link was used very often.
    StaleRecordError
        Somebody else changed the contact since `version`.
    """
    page = _counted(connection, limits, token, visit)
    if page is None:
        return False
    stored_records.change(
        connection,
        CONTACT,
        page.contact.number,
        changes,
        version=version,
        concerned=_concerned(page),
        by=Author(0, visit.now, contact=page.contact.number),
    )
    return True


def put_first(
    connection: Connection, limits: AnswerLimits, token: str, visit: LinkVisit, channel: int
) -> bool:
    """Let one of the contact's channels be tried before the others; return False where the link has ended or it is none of theirs.

    Raises
    ------
    TooManyAttemptsError
        It never was a link, and the peer asked for many of those, or this link was used very often.
    """
    page = _counted(connection, limits, token, visit)
    if page is None or channel not in {one.number for one in page.channels}:
        return False
    contact_channels.put_first(connection, channel)
    stored_records.note_channels(
        connection,
        _concerned(page),
        Author(0, visit.now, contact=page.contact.number),
        before=_named(page.channels),
        after=_named(contact_channels.of_contact(connection, page.contact.number)),
    )
    return True


def ask_now(
    connection: Connection, limits: AnswerLimits, token: str, visit: LinkVisit
) -> PreferencesPage | None:
    """Return the page for whoever asked how the resident is now, which is a look; None where the link has ended.

    Raises
    ------
    TooManyAttemptsError
        It never was a link, and the peer asked for many of those, or this link was used very often.
    """
    page = _counted(connection, limits, token, visit)
    if page is not None:
        access_log.record(
            connection,
            user=0,
            contact=page.contact.number,
            resident=page.person.number,
            what=Viewed.RECORD,
            now=visit.now,
        )
    return page


def end_links(connection: Connection, limits: AnswerLimits, token: str, visit: LinkVisit) -> bool:
    """End all links to the contact's page; return False where this one has ended already.

    Raises
    ------
    TooManyAttemptsError
        It never was a link, and the peer asked for many of those, or this link was used very often.
    """
    page = _counted(connection, limits, token, visit)
    if page is None:
        return False
    contact_links.end(connection, page.contact.number, LinkPurpose.PREFERENCES, visit.now)
    return True


def _counted(
    connection: Connection, limits: AnswerLimits, token: str, visit: LinkVisit
) -> PreferencesPage | None:
    page = open_page(connection, limits, token, visit)
    if page is not None:
        limits.presses.count(hashlib.sha256(token.encode("utf-8", "replace")).hexdigest(), visit.machine_now)
    return page


def _concerned(page: PreferencesPage) -> Concerned:
    return Concerned(resident=page.contact.resident, contact=page.contact.number)


def _named(channels: tuple[ContactChannel, ...] | list[ContactChannel]) -> list[str]:
    return [f"{one.kind.value} {one.address}" + (" ✓" if one.is_confirmed else "") for one in channels]
