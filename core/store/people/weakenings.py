"""What makes the watch of a resident weaker is sent to the family and to the centre, once; what strengthens it is not."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from shapely.geometry.base import BaseGeometry

from core.domain.geodesy import metres_per_degree
from core.domain.geofence import Circle, Polygon, minutes_of_week
from core.domain.people import Contact, Role
from core.domain.planned_absence import ASKED_EVERY, Absence
from core.domain.sensitivity import Sensitivity
from core.store.alerts import notices
from core.store.alerts.notices import NoticeKind
from core.store.database import Connection
from core.store.people import planned_absences, residents, users, watch_changes
from core.store.people.geofences import hours_from_json, shape_from_json
from core.store.people.watch_changes import Watched

# An area that grew by less is no larger: positions are no better.
_TOLERANCE_M = 1.0
_CIRCLE_SEGMENTS = 64
# Whoever wakes needs so long to read a message and to press (our choice).
_LEAST_TIME = timedelta(minutes=30)

Kept = Mapping[str, Any]


def record(
    connection: Connection,
    resident: int,
    what: Watched,
    *,
    before: Kept | None,
    after: Kept | None,
    user: int,
    now: datetime,
    contact: int | None = None,
) -> None:
    """Write down a change of what is watched, and put a message for everybody concerned into the outbox if it weakens the watch.

    `user` 0 is somebody at the machine, unless a `contact` did it from a message. Whoever sleeps gets it when their quiet hours end; the message holds the number of the change only.
    """
    change = watch_changes.record(
        connection, resident, what, before=before, after=after, user=user, contact=contact, now=now
    )
    if not weakens(what, before, after):
        return
    zone = residents.home_of(connection, resident).zone
    due = {one.number: _awake_at(one, zone, now) for one in residents.contacts(connection, resident)}
    body = {"resident": resident, "change": change}
    notices.add(connection, due, NoticeKind.WEAKENING, key=str(change), body=body, now=now)


def ask_second_person(connection: Connection, absence: Absence, now: datetime) -> None:
    """Put one message for each who could confirm an absence that somebody else planned into the outbox: the centre, and the other contacts.

    Whoever sleeps gets it when their quiet hours end, and not at all if it would be too late to confirm by then: nobody is woken for a
    pause. The message holds numbers only; who may be the one who planned it signs in to confirm (`may_confirm_by_link`).
    """
    zone = residents.home_of(connection, absence.resident).zone
    due = {
        one.number: _awake_at(one, zone, now)
        for one in residents.contacts(connection, absence.resident)
        if one.user is None or one.user != absence.created_by_user
    }
    in_time = {
        contact: at for contact, at in due.items() if at == now or at + _LEAST_TIME < absence.expires_at
    }
    notices.add(
        connection, in_time, NoticeKind.SECOND_PERSON, key=str(absence.number), body=_body(absence), now=now
    )


def may_confirm_by_link(connection: Connection, absence: Absence, contact: Contact) -> bool:
    """Return whether a contact is surely not who planned an absence, so that a link may confirm it without a sign-in.

    Whoever has a login is known by it. The mailbox of an office is read by its staff, of whom one may have planned it. A relative without
    a login is somebody else if staff planned it, or a relative whose login is known among the contacts.
    """
    planner = absence.created_by_user
    if contact.user is not None:
        return contact.user != planner
    if contact.resident is None or planner is None:
        return False
    is_by_relative = users.get(connection, planner).role is Role.FAMILY
    return not is_by_relative or any(
        one.user == planner for one in residents.contacts(connection, absence.resident)
    )


def report_expired(connection: Connection, absence: Absence, now: datetime) -> None:
    """Put a message for whoever planned an absence, and for the centre, into the outbox: nobody confirmed it, so the watch goes on."""
    ask_no_more(connection, absence.number, now)
    zone = residents.home_of(connection, absence.resident).zone
    due = {
        one.number: _awake_at(one, zone, now)
        for one in residents.contacts(connection, absence.resident)
        if one.resident is None or (one.user is not None and one.user == absence.created_by_user)
    }
    kind, key = NoticeKind.SECOND_PERSON_EXPIRED, str(absence.number)
    notices.add(connection, due, kind, key=key, body=_body(absence), now=now)


def ask_whether_it_goes_on(connection: Connection, absence: Absence, now: datetime) -> None:
    """Put one message for everybody concerned into the outbox: does a stay without an end go on? Whoever sleeps gets it in the morning.

    Whoever said so within the week is not asked: the others are, since nobody else has for long.
    """
    ask_no_more(connection, absence.number, now)
    zone = residents.home_of(connection, absence.resident).zone
    is_fresh = absence.still_at is not None and absence.still_at > now - ASKED_EVERY
    due = {
        one.number: _awake_at(one, zone, now)
        for one in residents.contacts(connection, absence.resident)
        if not (is_fresh and _said_still(absence, one))
    }
    key = f"{absence.number} {now.date().isoformat()}"
    notices.add(connection, due, NoticeKind.STILL_AWAY, key=key, body=_body(absence), now=now)


def ask_no_more(connection: Connection, absence: int, now: datetime) -> None:
    """Take back what has yet to be sent: somebody confirmed the absence, said that it goes on, or ended it."""
    notices.withdraw(connection, NoticeKind.SECOND_PERSON, str(absence), now)
    notices.withdraw_about(connection, NoticeKind.STILL_AWAY, absence, now)


def end_with_watch(connection: Connection, resident: int, now: datetime) -> None:
    """Take back the pauses that wait for a second person, and every message about the watch that has yet to be sent: it has ended."""
    planned_absences.end_waiting(connection, resident, now)
    kinds = (
        NoticeKind.SECOND_PERSON,
        NoticeKind.SECOND_PERSON_EXPIRED,
        NoticeKind.STILL_AWAY,
        NoticeKind.WEAKENING,
        NoticeKind.DIGEST,
        NoticeKind.OUTAGE,
        NoticeKind.OUTAGE_OVER,
        NoticeKind.PROMPT,
    )
    notices.withdraw_of_resident(connection, kinds, resident, now)


def weakens(what: Watched, before: Kept | None, after: Kept | None) -> bool:
    """Return whether less may be noticed, or somebody else asked, after a change of what is watched.

    Examples
    --------
    >>> weakens(Watched.SENSITIVITY, {"sensitivity": "family"}, {"sensitivity": "quiet"})
    True
    >>> weakens(Watched.SENSITIVITY, {"sensitivity": "quiet"}, {"sensitivity": "family"})
    False
    """
    match what:
        case Watched.ABSENCE:
            # One that is changed was ended: it becomes shorter.
            return before is None
        case Watched.GEOFENCE:
            return before is not None and (after is None or _asks_less(before, after))
        case Watched.QUIET_LIMIT:
            # It is never changed: another one is set in its place.
            return after is None
        case Watched.SENSITIVITY:
            order = list(Sensitivity)
            return (
                before is not None
                and after is not None
                and (order.index(after["sensitivity"]) > order.index(before["sensitivity"]))
            )
        case Watched.PROMPTS:
            # An answer puts the alert off, whoever pressed it.
            return after is not None and _asks_more(before or {}, after)
        case _:
            # Other people, or the same in another order: whether it is weaker is for them to say.
            return what is Watched.ESCALATION


def _asks_more(before: Kept, after: Kept) -> bool:
    was, is_now = (one["most_in_a_week"] if one.get("is_on") else 0 for one in (before, after))
    return is_now > was


def _awake_at(contact: Contact, zone: ZoneInfo, now: datetime) -> datetime:
    return (contact.quiet_hours.end_after(now, zone) if contact.quiet_hours else None) or now


def _said_still(absence: Absence, contact: Contact) -> bool:
    """Return whether a contact is who last said that a stay goes on."""
    if contact.user is not None and contact.user == absence.still_by_user:
        return True
    return contact.number == absence.still_by_contact


def _body(absence: Absence) -> dict[str, object]:
    return {"resident": absence.resident, "absence": absence.number}


def _asks_less(before: Kept, after: Kept) -> bool:
    """Return whether an area lets somebody be where, or when, it did not."""
    if not minutes_of_week(hours_from_json(before["hours"])) <= minutes_of_week(
        hours_from_json(after["hours"])
    ):
        return True
    old, new = shape_from_json(before["shape"]), shape_from_json(after["shape"])
    if old == new:
        return False
    origin = (old.lat, old.lon) if isinstance(old, Circle) else old.corners[0]
    return not _on_plane(old, origin).buffer(_TOLERANCE_M).covers(_on_plane(new, origin))


def _on_plane(shape: Circle | Polygon, origin: tuple[float, float]) -> BaseGeometry:
    """Return a shape in metres on the plane that touches the earth at `origin`."""
    north_m, east_m = metres_per_degree(origin[0])
    corners = [(shape.lat, shape.lon)] if isinstance(shape, Circle) else shape.corners
    placed = [
        (((lon - origin[1] + 540.0) % 360.0 - 180.0) * east_m, (lat - origin[0]) * north_m)
        for lat, lon in corners
    ]
    if isinstance(shape, Circle):
        return shapely.Point(placed[0]).buffer(shape.radius_m, quad_segs=_CIRCLE_SEGMENTS)
    return shapely.Polygon(placed)
