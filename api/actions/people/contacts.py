"""Contacts of residents and of offices' centres, and their channels: add, change, order, confirm, end."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.access import visibility
from api.access.refusals import RefusedError, ThereAlreadyError
from api.actions.context import ActionContext
from core.credentials.sealed_values import Sealer
from core.domain.delivery.contact_channel import TEST_PAUSE, UnusableAddressError, usable_address
from core.domain.people import Channel, DigestRhythm, Language
from core.domain.records.details import ContactDetails
from core.domain.records.name_key import name_key
from core.errors import InputError, NotFoundError
from core.store.alerts import notices
from core.store.alerts.notices import NoticeKind
from core.store.people import contact_channels, contacts, residents, watch_changes
from core.store.people.agreed import prompts
from core.store.people.links import contact_links
from core.store.people.links.contact_links import LinkPurpose
from core.store.people.records import one_at_a_time, record_lists, stored_records
from core.store.people.records.stored_records import CONTACT, Author, Record
from core.store.people.watch_changes import Concerned

# More contacts of one resident than this are a mistake.
MOST = 30


@dataclass(frozen=True)
class NewChannel:
    """A way to reach a contact, as it was typed; `sealer` encrypts addresses of webhooks and chats."""

    kind: Channel
    address: str
    language: Language | None = None
    sealer: Sealer | None = None


def add(
    context: ActionContext,
    whose: Concerned,
    details: ContactDetails,
    first: NewChannel,
) -> Record[ContactDetails]:
    """Return a new contact of a resident, or of an office's centre, with a first channel.

    Raises
    ------
    NotFoundError
        There is no such resident or office, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    RefusedError
        The channel's address is none of its kind, there is no such account, somebody else of that name is notified already,
        or there are too many contacts.
    ThereAlreadyError
        Exactly this contact, with this address, is there.
    """
    if whose.resident is not None:
        visibility.resident_for(
            context.connection, context.viewer, whose.resident, context.now, is_recorded=False
        )
        visibility.require_staff(context.viewer, "register contacts")
    else:
        visibility.centre_for(context.connection, context.viewer, whose.office)
    _check(details, is_centre=whose.resident is None)
    _require_account(context, details.user, whose)
    _refuse_second_self(context, whose, details)
    _refuse_namesake(context, whose, details, first)
    if len(contacts.listing(context.connection, resident=whose.resident)) >= MOST and whose.resident:
        raise RefusedError("name", "contacts_many", most=MOST)
    by = Author(context.viewer.number, context.now)
    made = stored_records.add(
        context.connection, CONTACT, details, whose, by, resident=whose.resident, centre=whose.office
    )
    add_channel(context, made.number, first)
    return stored_records.get(context.connection, CONTACT, made.number)


def change(
    context: ActionContext, contact: int, changes: Mapping[str, Any], *, version: int
) -> Record[ContactDetails]:
    """Return a contact with some fields changed.

    Raises
    ------
    NotFoundError
        There is no such contact, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    RefusedError
        There is no such account, or a centre would have quiet hours.
    StaleRecordError
        Somebody else changed it since `version`.
    """
    concerned = visibility.contact_for(context.connection, context.viewer, contact)
    found = stored_records.get(context.connection, CONTACT, contact).details
    # Who is the resident stays so.
    changes = {name: value for name, value in changes.items() if name != "is_resident"}
    wanted = ContactDetails(**{**vars(found), **changes})
    _check(wanted, is_centre=concerned.resident is None)
    if wanted.user != found.user:
        _require_account(context, wanted.user, concerned)
    _refuse_second_self(context, concerned, wanted)
    if found.is_active and not wanted.is_active:
        contacts.withdraw(context.connection, contact, context.now)
    by = Author(context.viewer.number, context.now)
    return stored_records.change(
        context.connection, CONTACT, contact, changes, version=version, concerned=concerned, by=by
    )


def take_back(context: ActionContext, contact: int, made: int) -> Record[ContactDetails]:
    """Return a contact with the fields that one change set as they were before it.

    Raises
    ------
    NotFoundError
        There is no such contact or change, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    ConflictError
        The fields were changed again since, or it was no change of fields.
    """
    visibility.contact_for(context.connection, context.viewer, contact)
    one = watch_changes.one(context.connection, made, Concerned(contact=contact))
    former = stored_records.former(context.connection, CONTACT, contact, one)
    version = stored_records.get(context.connection, CONTACT, contact).version
    return change(context, contact, former, version=version)


def add_channel(context: ActionContext, contact: int, channel: NewChannel) -> None:
    """Add a channel after those that a contact has; one that is there already is not added again.

    Raises
    ------
    NotFoundError
        There is no such contact, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    RefusedError
        The address is none of its kind, or the kind is not for this contact.
    ConflictError
        The contact has nine channels already.
    """
    concerned = visibility.contact_for(context.connection, context.viewer, contact)
    one_at_a_time.hold(context.connection, "contact", contact)
    if _has_channel(context, contact, channel):
        return
    before = _channels(context, contact)
    try:
        contact_channels.add(
            context.connection,
            contact,
            channel.kind,
            channel.address,
            sealer=channel.sealer,
            language=channel.language,
        )
    except InputError as error:
        raise RefusedError("address", f"address_{channel.kind.value}") from error
    _note_channels(context, concerned, before)


def remove_channel(context: ActionContext, contact: int, channel: int) -> None:
    """Forget a channel of a contact; the last one stays.

    Raises
    ------
    NotFoundError
        There is no such contact or channel, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    ConflictError
        It is the contact's only one.
    """
    concerned, before = _channel_of(context, contact, channel)
    contact_channels.remove(context.connection, channel)
    _note_channels(context, concerned, before)


def put_channel_first(context: ActionContext, contact: int, channel: int) -> None:
    """Let a channel be tried before the contact's others.

    Raises
    ------
    NotFoundError
        There is no such contact or channel, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    """
    concerned, before = _channel_of(context, contact, channel)
    contact_channels.put_first(context.connection, channel)
    _note_channels(context, concerned, before)


def confirm_channel(context: ActionContext, contact: int, channel: int) -> None:
    """Note that the viewer made sure that a channel reaches the right person.

    Raises
    ------
    NotFoundError
        There is no such contact or channel, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    """
    concerned, before = _channel_of(context, contact, channel)
    contact_channels.confirm(context.connection, channel, context.now)
    _note_channels(context, concerned, before)


def test_channel(context: ActionContext, contact: int, channel: int) -> None:
    """Send a test on one channel; whoever gets it presses its link.

    Raises
    ------
    NotFoundError
        There is no such contact or channel, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    RefusedError
        The contact is not notified any more, the channel is none that can be answered, it was never confirmed and may be a stranger's,
        or a test is on its way.
    """
    _channel_of(context, contact, channel)
    contact_channels.require_contact(context.connection, contact)
    found = contact_channels.get(context.connection, channel)
    if not found.can_be_tested or residents.contact(context.connection, contact) is None:
        raise RefusedError("channel", "channel_cannot_be_tested")
    if found.tested_at is not None and context.now < found.tested_at + TEST_PAUSE:
        raise RefusedError("channel", "channel_tested_already")
    contact_channels.ask_test(context.connection, found, context.now)


def send_preferences(context: ActionContext, contact: int) -> None:
    """Send a resident's contact the link to the page on which they choose how they are notified.

    Raises
    ------
    NotFoundError
        There is no such contact, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    RefusedError
        It is a centre's contact, or the resident, or is notified no more, or none of the channels is confirmed: a stranger must not get it.
    """
    concerned = visibility.contact_for(context.connection, context.viewer, contact)
    channels = contact_channels.of_contact(context.connection, contact)
    is_reached = any(one.is_confirmed and one.can_be_tested for one in channels)
    is_resident = stored_records.get(context.connection, CONTACT, contact).details.is_resident
    is_family = concerned.resident is not None and not is_resident
    if not is_family or not is_reached or residents.contact(context.connection, contact) is None:
        raise RefusedError("channel", "no_confirmed_channel")
    kind, key = NoticeKind.PREFERENCES, context.now.isoformat()
    notices.add(context.connection, {contact: context.now}, kind, key=key, body={}, now=context.now)


def end_preferences(context: ActionContext, contact: int) -> None:
    """End the links to a contact's own page that were sent.

    Raises
    ------
    NotFoundError
        There is no such contact, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    """
    visibility.contact_for(context.connection, context.viewer, contact)
    contact_links.end(context.connection, contact, LinkPurpose.PREFERENCES, context.now)


def _refuse_second_self(context: ActionContext, whose: Concerned, details: ContactDetails) -> None:
    """Refuse a second contact that is the resident; one that was sent twice is seen as such afterwards."""
    if not (details.is_resident and details.is_active and whose.resident):
        return
    one_at_a_time.hold(context.connection, "contact", whose.resident)
    own = prompts.own_contact(context.connection, whose.resident)
    if own is None or own.number == whose.contact:
        return
    there = stored_records.get(context.connection, CONTACT, own.number).details
    if whose.contact is not None or name_key(there.name) != name_key(details.name):
        raise RefusedError("is_resident", "resident_is_contact_already")


def _refuse_namesake(
    context: ActionContext, whose: Concerned, details: ContactDetails, first: NewChannel
) -> None:
    """Refuse a second contact of one name; one with the very same fields and address was sent twice."""
    one_at_a_time.hold(context.connection, "contact", whose.resident or -(whose.office or 0))
    for one in record_lists.contacts(context.connection, resident=whose.resident, office=whose.office):
        if not one.is_active or name_key(one.name) != name_key(details.name):
            continue
        there = stored_records.get(context.connection, CONTACT, one.number)
        if there.details == details and _has_channel(context, one.number, first):
            raise ThereAlreadyError("contact", one.number)
        raise RefusedError("name", "contact_there_already")


def _has_channel(context: ActionContext, contact: int, channel: NewChannel) -> bool:
    """Return whether a contact has this address; of what is kept encrypted nobody knows."""
    try:
        address = usable_address(channel.kind, channel.address)
    except UnusableAddressError:
        return False
    there = contact_channels.of_contact(context.connection, contact)
    return any((one.kind, one.address) == (channel.kind, address) for one in there)


def _channel_of(context: ActionContext, contact: int, channel: int) -> tuple[Concerned, list[str]]:
    concerned = visibility.contact_for(context.connection, context.viewer, contact)
    if contact_channels.get(context.connection, channel).contact != contact:
        raise NotFoundError(f"contact {contact} has no channel {channel}")
    return concerned, _channels(context, contact)


def _channels(context: ActionContext, contact: int) -> list[str]:
    return [
        f"{one.kind.value} {one.address}" + (" ✓" if one.is_confirmed else "")
        for one in contact_channels.of_contact(context.connection, contact)
    ]


def _note_channels(context: ActionContext, concerned: Concerned, before: list[str]) -> None:
    assert concerned.contact is not None  # noqa: S101 - contact_for names it
    stored_records.note_channels(
        context.connection,
        concerned,
        Author(context.viewer.number, context.now),
        before=before,
        after=_channels(context, concerned.contact),
    )


def _check(details: ContactDetails, *, is_centre: bool) -> None:
    if is_centre and details.quiet_from is not None:
        raise RefusedError("quiet_from", "centre_has_no_quiet_hours")
    if is_centre and details.digest is not DigestRhythm.NEVER:
        raise RefusedError("digest", "centre_has_no_digest")
    if details.is_duty_only and not is_centre:
        raise RefusedError("is_duty_only", "duty_of_office_only")
    if details.is_resident and (is_centre or details.user is not None):
        raise RefusedError("is_resident", "resident_is_no_user")


def _require_account(context: ActionContext, user: int | None, whose: Concerned) -> None:
    """Refuse the account of somebody who is neither of the resident's family nor of the office."""
    if user is None:
        return
    fitting = record_lists.accounts_for_contact(
        context.connection, resident=whose.resident, office=whose.office
    )
    if user not in fitting:
        raise RefusedError("user", "no_such_account")
