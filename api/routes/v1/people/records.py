"""Residents, homes and contacts: register, change, end, and what was changed."""

from fastapi import APIRouter

from api.access import visibility
from api.actions.context import ActionContext
from api.actions.people import contacts, homes, residents
from api.actions.people.contacts import NewChannel
from api.actions.people.residents import HomeWanted
from api.dependencies import ConnectionDep, NowDep, SettingsDep, Staff
from api.schemas.common import Number
from api.schemas.people.records import (
    ChangeOut,
    ChannelIn,
    ChannelRecordOut,
    ContactChange,
    ContactNew,
    ContactRecordOut,
    HomeChange,
    HomeLineOut,
    HomeOut,
    ResidentChange,
    ResidentNew,
    ResidentRecordOut,
    WatchEndIn,
    WatchStoppedOut,
)
from core.credentials.sealed_values import sealer_of
from core.settings import Settings
from core.store.people import contact_channels, watch_changes
from core.store.people.records import record_lists, stored_records
from core.store.people.records.stored_records import CONTACT, RESIDENT
from core.store.people.watch_changes import Concerned

router = APIRouter(tags=["people"])
_CHANGES_SHOWN = 200


@router.post("/residents", status_code=201, summary="Register a resident")
def add_resident(
    viewer: Staff, body: ResidentNew, connection: ConnectionDep, now: NowDep, settings: SettingsDep
) -> ResidentRecordOut:
    """Register a resident; care staff for their own office."""
    home = HomeWanted(body.home, body.area, settings.time_zone)
    context = ActionContext(connection, viewer, now)
    return ResidentRecordOut.of(
        residents.add(context, body.to_details(), home, watched_from=body.watched_from)
    )


@router.get("/residents/{number}/record", summary="A resident's fields")
def read_record(viewer: Staff, number: Number, connection: ConnectionDep, now: NowDep) -> ResidentRecordOut:
    """Return what is filled in about a resident, with its version."""
    visibility.resident_for(connection, viewer, number, now)
    return ResidentRecordOut.of(stored_records.get(connection, RESIDENT, number))


@router.patch("/residents/{number}/record", summary="Change a resident")
def change_resident(
    viewer: Staff, number: Number, body: ResidentChange, connection: ConnectionDep, now: NowDep
) -> ResidentRecordOut:
    """Change fields of a resident; what is left out stays."""
    context = ActionContext(connection, viewer, now)
    return ResidentRecordOut.of(residents.change(context, number, body.changes, version=body.version))


@router.get("/residents/{number}/changes", summary="What was changed about a resident")
def list_changes(viewer: Staff, number: Number, connection: ConnectionDep, now: NowDep) -> list[ChangeOut]:
    """Return the latest 200 changes of a resident, their contacts and what is watched, newest first."""
    visibility.resident_for(connection, viewer, number, now)
    found = watch_changes.of(connection, Concerned(resident=number), _CHANGES_SHOWN)
    return [ChangeOut.of(one) for one in found]


@router.post("/residents/{number}/end", summary="End the watch over a resident")
def end_watch(
    viewer: Staff, number: Number, body: WatchEndIn, connection: ConnectionDep, now: NowDep
) -> WatchStoppedOut:
    """Evaluate and notify nothing more; open alerts are closed with the reason, devices are in store."""
    note = f"the watch ended: {body.reason.value}"
    context = ActionContext(connection, viewer, now)
    return WatchStoppedOut.model_validate(
        residents.end(context, number, reason=body.reason, note=note, version=body.version)
    )


@router.post("/residents/{number}/resumption", status_code=204, summary="Watch a resident again")
def resume_watch(viewer: Staff, number: Number, connection: ConnectionDep, now: NowDep) -> None:
    """Watch a resident again: within a day from where it ended, later as somebody new. Devices stay in store."""
    residents.resume(ActionContext(connection, viewer, now), number)


@router.get("/homes", summary="The homes that you may change")
def list_homes(viewer: Staff, connection: ConnectionDep) -> list[HomeLineOut]:
    """Return the homes by name; care staff those that are their office's alone."""
    return [HomeLineOut.model_validate(one) for one in record_lists.homes(connection, viewer.scope)]


@router.get("/homes/{number}", summary="A home's fields")
def read_home(viewer: Staff, number: Number, connection: ConnectionDep) -> HomeOut:
    """Return what is filled in about a home; never where it stands."""
    return HomeOut.of(visibility.home_for(connection, viewer, number))


@router.patch("/homes/{number}", summary="Change a home")
def change_home(
    viewer: Staff, number: Number, body: HomeChange, connection: ConnectionDep, now: NowDep
) -> HomeOut:
    """Change fields of a home; what is left out stays."""
    context = ActionContext(connection, viewer, now)
    return HomeOut.of(homes.change(context, number, body.changes, version=body.version))


@router.post("/residents/{number}/contacts", status_code=201, summary="Register a contact")
def add_contact(
    *,
    viewer: Staff,
    number: Number,
    body: ContactNew,
    connection: ConnectionDep,
    now: NowDep,
    settings: SettingsDep,
) -> ContactRecordOut:
    """Register a contact of a resident with its first channel."""
    made = contacts.add(
        ActionContext(connection, viewer, now),
        Concerned(resident=number),
        body.to_details(),
        _channel(body.channel, settings),
    )
    return ContactRecordOut.of(made)


@router.get("/contacts/{number}", summary="A contact's fields")
def read_contact(viewer: Staff, number: Number, connection: ConnectionDep) -> ContactRecordOut:
    """Return what is filled in about a contact, with its version."""
    visibility.contact_for(connection, viewer, number)
    return ContactRecordOut.of(stored_records.get(connection, CONTACT, number))


@router.patch("/contacts/{number}", summary="Change a contact, or end it")
def change_contact(
    viewer: Staff, number: Number, body: ContactChange, connection: ConnectionDep, now: NowDep
) -> ContactRecordOut:
    """Change fields of a contact; `is_active` false stops notifying it, ends its links and what waits for it."""
    context = ActionContext(connection, viewer, now)
    return ContactRecordOut.of(contacts.change(context, number, body.changes, version=body.version))


@router.get("/contacts/{number}/channels", summary="The channels of a contact")
def list_channels(viewer: Staff, number: Number, connection: ConnectionDep) -> list[ChannelRecordOut]:
    """Return the channels of a contact, in the order in which they are tried."""
    visibility.contact_for(connection, viewer, number)
    return [ChannelRecordOut.of(one) for one in contact_channels.of_contact(connection, number)]


@router.post("/contacts/{number}/channels", status_code=204, summary="Add a channel to a contact")
def add_channel(
    *,
    viewer: Staff,
    number: Number,
    body: ChannelIn,
    connection: ConnectionDep,
    now: NowDep,
    settings: SettingsDep,
) -> None:
    """Add a way to reach a contact, after those it has; calls and short messages begin once it is confirmed."""
    contacts.add_channel(ActionContext(connection, viewer, now), number, _channel(body, settings))


@router.post(
    "/contacts/{number}/channels/{channel}/confirmation", status_code=204, summary="Confirm a channel"
)
def confirm_channel(
    viewer: Staff, number: Number, channel: Number, connection: ConnectionDep, now: NowDep
) -> None:
    """Note that you made sure, by a call or on paper, that it reaches the right person."""
    contacts.confirm_channel(ActionContext(connection, viewer, now), number, channel)


@router.post(
    "/contacts/{number}/channels/{channel}/test", status_code=202, summary="Send a test on a channel"
)
def test_channel(
    viewer: Staff, number: Number, channel: Number, connection: ConnectionDep, now: NowDep
) -> None:
    """Send a message whose link is pressed where it arrives; `proven_at` of the channel says that somebody did."""
    contacts.test_channel(ActionContext(connection, viewer, now), number, channel)


@router.post(
    "/contacts/{number}/preferences-link",
    status_code=202,
    summary="Send a contact the link to their own page",
)
def send_preferences_link(viewer: Staff, number: Number, connection: ConnectionDep, now: NowDep) -> None:
    """Send the link to the page on which they choose how they are notified; it goes to a confirmed channel only."""
    contacts.send_preferences(ActionContext(connection, viewer, now), number)


@router.delete(
    "/contacts/{number}/preferences-link", status_code=204, summary="End the links to a contact's own page"
)
def end_preferences_links(viewer: Staff, number: Number, connection: ConnectionDep, now: NowDep) -> None:
    """End the links that were sent; the next test or summary brings a new one."""
    contacts.end_preferences(ActionContext(connection, viewer, now), number)


@router.post("/contacts/{number}/channels/{channel}/first", status_code=204, summary="Try a channel first")
def put_channel_first(
    viewer: Staff, number: Number, channel: Number, connection: ConnectionDep, now: NowDep
) -> None:
    """Let a channel be tried before the contact's others."""
    contacts.put_channel_first(ActionContext(connection, viewer, now), number, channel)


@router.delete("/contacts/{number}/channels/{channel}", status_code=204, summary="Remove a channel")
def remove_channel(
    viewer: Staff, number: Number, channel: Number, connection: ConnectionDep, now: NowDep
) -> None:
    """Forget a channel; the last one of a contact stays."""
    contacts.remove_channel(ActionContext(connection, viewer, now), number, channel)


def _channel(body: ChannelIn, settings: Settings) -> NewChannel:
    return NewChannel(body.kind, body.address, body.language, sealer_of(settings.secret_keys))
