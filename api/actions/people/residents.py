"""Residents: add, change, end the watch, watch again, take a change back; administrators, and staff within their office."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from api.access import visibility
from api.access.refusals import RefusedError, ThereAlreadyError
from api.actions.context import ActionContext
from api.actions.people.offices import require_open
from core.domain.people import Role
from core.domain.records.birthday import MOST_YEARS, birthday_mistake
from core.domain.records.details import EndReason, HomeDetails, ResidentDetails
from core.domain.records.name_key import name_key
from core.store.alerts import office_moves
from core.store.alerts.endings import EmergencyOpenError
from core.store.devices import devices, moves
from core.store.people import watch_changes
from core.store.people.records import one_at_a_time, record_lists, stored_records, watch_end
from core.store.people.records.stored_records import HOME, RESIDENT, Author, Record
from core.store.people.watch_changes import Concerned

# A watch may be agreed on some time before it begins.
LATEST_BEGIN = timedelta(days=366)


@dataclass(frozen=True)
class HomeWanted:
    """The home of somebody who is registered: one of that name if there is one, else a new one."""

    name: str
    area: str = ""
    time_zone: str = "Asia/Tokyo"


@dataclass(frozen=True)
class WatchStopped:
    """What ended with a watch: alerts that were closed, answer links, and the devices that are in store now."""

    alerts: int
    links: int
    devices: tuple[str, ...]


def add(
    context: ActionContext,
    details: ResidentDetails,
    home: HomeWanted,
    *,
    watched_from: datetime | None = None,
) -> Record[ResidentDetails]:
    """Return a resident who is watched from now on, or from a later moment.

    Raises
    ------
    ForbiddenError
        The viewer is not staff, or of another office.
    RefusedError
        The office does not exist, the home is another office's or in another area than is said, somebody else of that name is registered there, nobody
        can be born on that day, or the watch would begin in more than a year.
    ThereAlreadyError
        Exactly this resident is registered there.
    """
    _require_office(context, details.office)
    require_birthday(context, details.born_on)
    since = max(watched_from or context.now, context.now)
    if since > context.now + LATEST_BEGIN:
        raise RefusedError("watched_from", "watch_far_ahead")
    by = Author(context.viewer.number, context.now)
    one_at_a_time.hold(context.connection, "names")
    number = record_lists.home_named(context.connection, home.name)
    if number is None:
        made = HomeDetails(name=home.name, area=home.area, time_zone=home.time_zone)
        number = stored_records.add(context.connection, HOME, made, Concerned(), by).number
    elif not record_lists.may_change_home(context.connection, context.viewer.scope, number):
        raise RefusedError("home", "home_of_others")
    else:
        _refuse_who_lives_there(context, details, number)
        _keep_area(context, number, home.area)
    concerned = Concerned(home=number)
    return stored_records.add(
        context.connection, RESIDENT, details, concerned, by, home=number, watched_from=since
    )


def _keep_area(context: ActionContext, home: int, area: str) -> None:
    """Give a home without an area the one that is said of it; one that has another is not moved by somebody who moves in."""
    known = stored_records.get(context.connection, HOME, home)
    if not area or area == known.details.area:
        return
    if known.details.area:
        raise RefusedError("area", "area_of_home", home=known.details.name, area=known.details.area)
    by = Author(context.viewer.number, context.now)
    stored_records.change(
        context.connection, HOME, home, {"area": area}, version=known.version, concerned=Concerned(), by=by
    )


def change(
    context: ActionContext, resident: int, changes: Mapping[str, Any], *, version: int
) -> Record[ResidentDetails]:
    """Return a resident with some fields changed.

    Raises
    ------
    NotFoundError
        There is no such resident, or the viewer may not know.
    ForbiddenError
        The viewer is not staff, or would give the resident to another office without being an administrator.
    RefusedError
        There is no such office, or it looks after nobody; somebody else of that name is registered in the home, or nobody
        can be born on that day.
    StaleRecordError
        Somebody else changed the resident since `version`.
    """
    home = _require_changeable(context, resident)
    office = changes.get("office")
    former = stored_records.get(context.connection, RESIDENT, resident).details
    is_moved = False
    if isinstance(office, int) and office != former.office:
        is_moved = True
        _require_office(context, office)
    if changes.get("born_on") != former.born_on:
        require_birthday(context, changes.get("born_on"))
    name = changes.get("name", former.name)
    if name_key(name) != name_key(former.name):
        one_at_a_time.hold(context.connection, "names")
        if record_lists.lives_there(context.connection, home, name) not in {None, resident}:
            raise RefusedError("name", "resident_there_already")
    changed = stored_records.change(
        context.connection,
        RESIDENT,
        resident,
        changes,
        version=version,
        concerned=Concerned(home=home),
        by=Author(context.viewer.number, context.now),
    )
    if is_moved:
        office_moves.follow(context.connection, [resident])
    return changed


def take_back(context: ActionContext, resident: int, made: int) -> Record[ResidentDetails]:
    """Return a resident with the fields that one change set as they were before it.

    Raises
    ------
    NotFoundError
        There is no such resident or change, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    ConflictError
        The fields were changed again since, or it was no change of fields.
    """
    _require_changeable(context, resident)
    one = watch_changes.one(context.connection, made, Concerned(resident=resident))
    former = stored_records.former(context.connection, RESIDENT, resident, one)
    version = stored_records.get(context.connection, RESIDENT, resident).version
    return change(context, resident, former, version=version)


def end(context: ActionContext, resident: int, *, reason: EndReason, note: str, version: int) -> WatchStopped:
    """End the watch over a resident: nothing more is evaluated or notified, and what is open is closed with `note`.

    Their own devices, and those of the home if nobody else is watched there, are in store from now on; a call for help
    from one of them still reaches the staff.

    Raises
    ------
    NotFoundError
        There is no such resident, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    ConflictError
        It has ended already, with another reason.
    RefusedError
        An emergency is not closed.
    StaleRecordError
        Somebody else changed the resident since `version`.
    """
    _require_changeable(context, resident)
    by = Author(context.viewer.number, context.now)
    try:
        ended = watch_end.end(context.connection, resident, reason=reason, note=note, version=version, by=by)
    except EmergencyOpenError as error:
        raise RefusedError("reason", "emergency_open") from error
    gone = [
        one.device_id
        for one in devices.overviews(context.connection, context.viewer.scope, resident=resident)
        if one.resident == resident or ended.empty_home is not None
    ]
    for device_id in gone:
        moves.move_device(context.connection, device_id, None, context.now)
    return WatchStopped(ended.alerts, ended.links, tuple(gone))


def resume(context: ActionContext, resident: int) -> None:
    """Watch a resident again whose watch had ended; who is watched is watched on.

    Raises
    ------
    NotFoundError
        There is no such resident, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    RefusedError
        Their office has ended.
    """
    _require_changeable(context, resident)
    _require_office(context, stored_records.get(context.connection, RESIDENT, resident).details.office)
    watch_end.resume(context.connection, resident, by=Author(context.viewer.number, context.now))


def require_birthday(context: ActionContext, day: date | None) -> None:
    """Refuse a birthday that nobody who lives can have.

    Raises
    ------
    RefusedError
        It lies ahead, or too long ago.
    """
    if mistake := birthday_mistake(day, context.now.date()):
        raise RefusedError("born_on", mistake, most=MOST_YEARS)


def _refuse_who_lives_there(context: ActionContext, details: ResidentDetails, home: int) -> None:
    """Refuse a second resident of one name in a home; one with the very same fields was sent twice."""
    there = record_lists.lives_there(context.connection, home, details.name)
    if there is None:
        return
    if stored_records.get(context.connection, RESIDENT, there).details == details:
        raise ThereAlreadyError("resident", there)
    raise RefusedError("name", "resident_there_already")


def _require_changeable(context: ActionContext, resident: int) -> int:
    """Return the home of a resident whom the viewer may change."""
    one = visibility.resident_for(
        context.connection, context.viewer, resident, context.now, is_recorded=False
    )
    visibility.require_staff(context.viewer, "change residents")
    return one.home


def _require_office(context: ActionContext, office: int) -> None:
    """Refuse an office that looks after nobody, or to staff another than their own."""
    visibility.require_staff(context.viewer, "register residents")
    if context.viewer.role is not Role.ADMIN and office != context.viewer.user.office:
        raise RefusedError("office", "office_of_others")
    require_open(context, office)
