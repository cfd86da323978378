"""Links in messages about no alert: what a contact may see and do without signing in.

Looking changes nothing, however often mail scanners and previews look. A link that has ended, or was never one, is a kind page and no error.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from api.actions import absences
from api.actions.answer_links import AnswerLimits, LinkVisit
from api.actions.people import prompts as prompt_actions
from core.domain.access_scope import AccessScope
from core.domain.agreed.prompt import Prompt, PromptAnswer
from core.domain.delivery.contact_channel import ContactChannel
from core.domain.people import Contact
from core.domain.planned_absence import Absence
from core.errors import NotFoundError
from core.store.database import Connection
from core.store.people import contact_channels, planned_absences, residents, weakenings
from core.store.people.agreed import prompts
from core.store.people.links import contact_links
from core.store.people.links.contact_links import ContactLink, LinkPurpose
from core.store.people.residents import ResidentOverview

_LONGEST_TOKEN = 100


class ContactLinkState(StrEnum):
    """What the page of a link says first."""

    ASKED = "asked"
    """The reader may press."""
    DONE = "done"
    """Somebody has confirmed it."""
    ASKED_STILL = "asked_still"
    """Is the resident still in hospital?"""
    STILL = "still"
    """Somebody says that the stay goes on."""
    HOME = "home"
    """The stay is over: the watch goes on."""
    ASKED_ARRIVED = "asked_arrived"
    """A test: did it arrive?"""
    ARRIVED = "arrived"
    """Somebody pressed that it did."""
    ASKED_PROMPT = "asked_prompt"
    """A question to the resident: is all well?"""
    ANSWERED_SAFE = "answered_safe"
    """Somebody pressed that all is well, before anybody else was notified."""
    ANSWERED_LATE = "answered_late"
    """The same, when others had been notified already."""
    ANSWERED_HELP = "answered_help"
    """Somebody pressed for help, and nobody has closed the call."""
    HELP_CLOSED = "help_closed"
    """Somebody pressed for help, and the call was closed."""
    ENDED = "ended"
    """The link is too old, is about nothing any more, or never was one; nothing is shown."""


class LinkPress(StrEnum):
    """What the buttons do."""

    CONFIRM = "confirm"
    STILL = "still"
    HOME = "home"
    ARRIVED = "arrived"
    SAFE = "safe"
    HELP = "help"


@dataclass(frozen=True)
class ContactLinkPage:
    """What the page of a link may show; with `ENDED` all else is None, and of a test only the contact and the channel are not.

    Attributes
    ----------
    state : ContactLinkState
        What it says first.
    contact : Contact or None
        As whom the reader acts.
    absence : Absence or None
        What is asked about: a pause, or a stay in hospital.
    person : ResidentOverview or None
        Whose it is; pages show the name and the office's telephone only.
    channel : ContactChannel or None
        What is tested.
    is_used : bool
        Whether the reader has answered about the stay, or the pause.
    prompt : Prompt or None
        The question to the resident.
    """

    state: ContactLinkState
    contact: Contact | None = None
    absence: Absence | None = None
    person: ResidentOverview | None = None
    channel: ContactChannel | None = None
    is_used: bool = False
    prompt: Prompt | None = None

    @property
    def presses(self) -> tuple[LinkPress, ...]:
        """What may be done now; who has not answered yet may say that the stay is over, whatever another said."""
        if self.state is ContactLinkState.STILL and not self.is_used:
            return (LinkPress.HOME,)
        return {
            ContactLinkState.ASKED: (LinkPress.CONFIRM,),
            ContactLinkState.ASKED_STILL: (LinkPress.STILL, LinkPress.HOME),
            ContactLinkState.ASKED_ARRIVED: (LinkPress.ARRIVED,),
            ContactLinkState.ASKED_PROMPT: (LinkPress.SAFE, LinkPress.HELP),
            # Whoever said that all is well may need help a minute later, and whoever called for it once may need it again.
            ContactLinkState.ANSWERED_SAFE: (LinkPress.HELP,),
            ContactLinkState.ANSWERED_LATE: (LinkPress.HELP,),
            ContactLinkState.ANSWERED_HELP: (LinkPress.HELP,),
            ContactLinkState.HELP_CLOSED: (LinkPress.HELP,),
        }.get(self.state, ())


ENDED = ContactLinkPage(ContactLinkState.ENDED)


def open_link(connection: Connection, limits: AnswerLimits, token: str, visit: LinkVisit) -> ContactLinkPage:
    """Return what the page of a link may show; nothing is changed.

    Raises
    ------
    TooManyAttemptsError
        It never was a link, and the peer asked for many of those.
    """
    return _page(connection, _looked_up(connection, limits, token, visit), visit)


def press(
    connection: Connection, limits: AnswerLimits, token: str, pressed: LinkPress, visit: LinkVisit
) -> ContactLinkPage:
    """Do what a button says, once, and return the page as it is then; what no longer fits changes nothing.

    Raises
    ------
    TooManyAttemptsError
        It never was a link, and the peer asked for many of those, or this link's button was pressed very often.
    """
    link = _looked_up(connection, limits, token, visit)
    limits.presses.count(hashlib.sha256(token.encode("utf-8", "replace")).hexdigest(), visit.machine_now)
    page = _page(connection, link, visit)
    if pressed not in page.presses:
        return page
    if page.channel is not None:
        contact_channels.require_contact(connection, page.channel.contact)
    if contact_links.use(connection, token, visit.now) or pressed is LinkPress.HELP:
        _act(connection, page, pressed, visit)
    return _page(connection, contact_links.look_up(connection, token), visit)


def _act(connection: Connection, page: ContactLinkPage, pressed: LinkPress, visit: LinkVisit) -> None:
    if page.prompt is not None:
        prompt_actions.answer(connection, page.prompt, PromptAnswer(pressed.value), visit.now)
    elif page.channel is not None:
        contact_channels.prove(connection, page.channel.number, visit.now)
    elif page.absence is not None and page.contact is not None:
        contact = page.contact.number
        if pressed is LinkPress.CONFIRM:
            absences.confirm_from_message(connection, page.absence, contact, visit.now)
        else:
            goes_on = pressed is LinkPress.STILL
            absences.answer_from_message(connection, page.absence, contact, visit.now, goes_on=goes_on)


def _looked_up(
    connection: Connection, limits: AnswerLimits, token: str, visit: LinkVisit
) -> ContactLink | None:
    """Return the link of a token; one that never was a link counts against the peer, whose real links open all the same."""
    link = contact_links.look_up(connection, token) if 0 < len(token) <= _LONGEST_TOKEN else None
    if link is None:
        limits.unknown.count(visit.peer, visit.machine_now)
    return link


def _page(connection: Connection, link: ContactLink | None, visit: LinkVisit) -> ContactLinkPage:
    if link is None or not link.is_valid(visit.now):
        return ENDED
    if link.absence is None:
        return _of_no_absence(connection, link)
    is_of_stay = link.purpose is LinkPurpose.STILL_AWAY
    contact = residents.contact(connection, link.contact)
    try:
        absence = planned_absences.get(connection, link.absence, also_ended=is_of_stay)
        person = residents.overview(connection, AccessScope(everything=True), absence.resident)
    except NotFoundError:
        # It was taken back, or the resident was erased.
        return ENDED
    if contact is None or person.ended_at is not None or not _is_theirs(contact, person):
        return ENDED
    if is_of_stay:
        state = _of_stay(link, absence)
    else:
        may_confirm = weakenings.may_confirm_by_link(connection, absence, contact)
        state = _of_pause(link, absence, visit.now) if may_confirm else ContactLinkState.ENDED
    return (
        ENDED
        if state is ContactLinkState.ENDED
        else ContactLinkPage(state, contact, absence, person, is_used=link.used_at is not None)
    )


def _of_no_absence(connection: Connection, link: ContactLink) -> ContactLinkPage:
    if link.prompt is not None:
        return _of_prompt(connection, link, link.prompt)
    if link.purpose is LinkPurpose.CHANNEL_TEST and link.channel is not None:
        return _of_test(connection, link, link.channel)
    # The contact's own page is another one (`preferences`).
    return ENDED


def _of_test(connection: Connection, link: ContactLink, number: int) -> ContactLinkPage:
    """Return the page of a test; the channel goes with its links."""
    contact = residents.contact(connection, link.contact)
    if contact is None:
        return ENDED
    state = ContactLinkState.ASKED_ARRIVED if link.used_at is None else ContactLinkState.ARRIVED
    return ContactLinkPage(state, contact, channel=contact_channels.get(connection, number))


def _of_prompt(connection: Connection, link: ContactLink, number: int) -> ContactLinkPage:
    """Return the page of a question; it goes with the resident's erasure."""
    contact = residents.contact(connection, link.contact)
    asked = prompts.get(connection, number)
    person = residents.overview(connection, AccessScope(everything=True), asked.resident)
    if contact is None or not _is_theirs(contact, person) or person.ended_at is not None:
        return ENDED
    state = ContactLinkState.ASKED_PROMPT
    if asked.answer is PromptAnswer.HELP:
        is_called = prompts.is_help_called(connection, asked.resident)
        state = ContactLinkState.ANSWERED_HELP if is_called else ContactLinkState.HELP_CLOSED
    elif asked.answer is PromptAnswer.SAFE:
        state = ContactLinkState.ANSWERED_SAFE if asked.is_in_time else ContactLinkState.ANSWERED_LATE
    return ContactLinkPage(state, contact, person=person, prompt=asked)


def _of_pause(link: ContactLink, absence: Absence, now: datetime) -> ContactLinkState:
    if absence.is_waiting and (link.used_at is not None or now >= absence.expires_at):
        return ContactLinkState.ENDED
    return ContactLinkState.ASKED if absence.is_waiting else ContactLinkState.DONE


def _of_stay(link: ContactLink, absence: Absence) -> ContactLinkState:
    if absence.cancelled_at is not None:
        return ContactLinkState.HOME
    is_answered = absence.still_at is not None and absence.still_at >= link.created_at
    return ContactLinkState.STILL if is_answered else ContactLinkState.ASKED_STILL


def _is_theirs(contact: Contact, person: ResidentOverview) -> bool:
    """Return whether the contact is still asked about the resident: as their own, or of the office that looks after them."""
    return contact.resident == person.number or (contact.resident is None and contact.office == person.office)
