"""Residents: their state, who is notified about them, who looked, and the reveal of their place."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from api.access import location_gate
from api.access.viewer import Viewer
from api.access.visibility import resident_for
from api.actions import location
from api.actions.context import ActionContext
from api.dependencies import ClockDep, ConnectionDep, KnownSinceDep, NowDep, SettingsDep, Watcher
from api.schemas.common import Cursor, Limit, Number, ResultPage, from_cursor, to_cursor
from api.schemas.residents import (
    ContactChannelOut,
    ContactOut,
    LocationAccessOut,
    LookOut,
    ResidentOut,
    RevealIn,
    WeeklyOut,
)
from api.views.weekly import load_week
from core.domain.delivery.contact_channel import ContactChannel
from core.domain.people import Contact
from core.store.people import access_log, contact_channels, residents

router = APIRouter(prefix="/residents", tags=["residents"])


@router.get("", summary="The residents you may know of")
def list_residents(
    *,
    viewer: Watcher,
    connection: ConnectionDep,
    now: NowDep,
    known_since: KnownSinceDep,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> ResultPage[ResidentOut]:
    """Return residents with their state, in the order of their kana."""
    after = from_cursor(cursor, str, int)
    found = residents.overviews(
        connection, viewer.scope, limit=limit + 1, after=None if after is None else (after[0], after[1])
    )
    shown, is_more = found[:limit], len(found) > limit
    return ResultPage(
        items=[ResidentOut.of(one, now, known_since) for one in shown],
        next_cursor=to_cursor(shown[-1].kana, shown[-1].number) if is_more else None,
    )


@router.get("/{number}", summary="One resident")
def read_resident(
    viewer: Watcher, number: Number, connection: ConnectionDep, now: NowDep, known_since: KnownSinceDep
) -> ResidentOut:
    """Return one resident with their state."""
    return ResidentOut.of(resident_for(connection, viewer, number, now), now, known_since)


@router.get("/{number}/contacts", summary="Who is notified, in order")
def list_contacts(
    viewer: Watcher, number: Number, connection: ConnectionDep, now: NowDep, settings: SettingsDep
) -> list[ContactOut]:
    """Return who is notified, in the order of the escalation; addresses are shown to staff and to the contact."""
    resident_for(connection, viewer, number, now)
    found = residents.contacts(connection, number)
    channels = contact_channels.of_contacts(connection, [one.number for one in found])
    zone = ZoneInfo(settings.time_zone)
    return [_contact(one, channels[one.number], viewer, zone) for one in found]


@router.get("/{number}/looks", summary="Who looked")
def list_looks(
    *,
    viewer: Watcher,
    number: Number,
    connection: ConnectionDep,
    now: NowDep,
    skip: Annotated[int, Query(ge=0, le=100_000_000, description="How many of the newest to leave out.")] = 0,
) -> list[LookOut]:
    """Return who ever looked at the resident's place or record: 200 at a time, newest first."""
    resident_for(connection, viewer, number, now, is_recorded=False)
    return [LookOut.model_validate(one) for one in access_log.access_records(connection, number, skip=skip)]


@router.get("/{number}/week", summary="The last whole week")
def read_week(viewer: Watcher, number: Number, connection: ConnectionDep, now: NowDep) -> WeeklyOut:
    """Return what was more or less in the last week, Monday to Sunday, than in the two months before."""
    return WeeklyOut.model_validate(load_week(connection, resident_for(connection, viewer, number, now), now))


@router.get("/{number}/location", summary="How precisely you may see the place now")
def read_location_access(
    viewer: Watcher, number: Number, connection: ConnectionDep, now: NowDep
) -> LocationAccessOut:
    """Return whether the location gate is open for you; asking is not a look."""
    resident_for(connection, viewer, number, now, is_recorded=False)
    return LocationAccessOut.model_validate(location_gate.decide(connection, viewer, number, now))


@router.post("/{number}/reveal", status_code=201, summary="Open the precise place for half an hour")
def reveal(
    viewer: Watcher, number: Number, body: RevealIn, connection: ConnectionDep, clock: ClockDep
) -> LocationAccessOut:
    """Record why the precise place is needed, and open it for half an hour."""
    access = location.reveal(
        ActionContext(connection, viewer, clock.now()),
        number,
        reason=body.reason,
        note=body.note,
        clock_factor=clock.factor,
    )
    return LocationAccessOut.model_validate(access)


def _contact(one: Contact, channels: list[ContactChannel], viewer: Viewer, zone: ZoneInfo) -> ContactOut:
    is_shown = viewer.is_staff or one.user == viewer.number
    return ContactOut(
        number=one.number,
        name=one.name,
        relation=one.relation,
        step=one.step,
        channel=one.channel,
        address=one.address if is_shown else None,
        channels=[
            ContactChannelOut(
                number=channel.number,
                kind=channel.kind,
                address=channel.address if is_shown else None,
                confirmed_on=channel.confirmed_at.astimezone(zone).date() if channel.confirmed_at else None,
                unreachable_since=channel.unreachable_since,
            )
            for channel in channels
        ],
        language=one.language,
        is_centre=one.resident is None,
        quiet_hours=None if one.quiet_hours is None else str(one.quiet_hours),
    )
