"""Geofences: add, change, remove, restore; only staff may. Each change is kept with who, before and after."""

from dataclasses import replace
from datetime import timedelta

from api.access import visibility
from api.access.refusals import RefusedError, ThereAlreadyError
from api.actions.context import ActionContext
from core.domain.geofence import Circle, Geofence, Hours, Polygon
from core.domain.records.name_key import name_key
from core.store.people import access_log, geofences, weakenings
from core.store.people.access_log import Viewed
from core.store.people.records import one_at_a_time
from core.store.people.watch_changes import Watched

# So many may one resident have.
MOST = 50
# A removal can be undone for so long.
UNDO_WITHIN = timedelta(hours=24)


def add(
    context: ActionContext, resident: int, *, name: str, shape: Circle | Polygon, hours: Hours
) -> Geofence:
    """Return a new geofence of a resident.

    Raises
    ------
    NotFoundError
        There is no such resident, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    RefusedError
        The resident has too many.
    ThereAlreadyError
        Exactly this geofence is there.
    """
    visibility.resident_for(context.connection, context.viewer, resident, context.now, is_recorded=False)
    visibility.require_staff(context.viewer, "draw geofences")
    one_at_a_time.hold(context.connection, "geofence", resident)
    present = geofences.of_resident(context.connection, resident)
    for one in present:
        if (name_key(one.name), one.shape, one.hours) == (name_key(name), shape, hours):
            raise ThereAlreadyError("geofence", one.number)
    if len(present) >= MOST:
        raise RefusedError("number", "geofences_many", most=MOST)
    _record_look(context, resident)
    made = geofences.add(context.connection, resident, name=name, shape=shape, hours=hours, now=context.now)
    _record(context, resident, before=None, after=made)
    return made


def change(
    context: ActionContext,
    geofence: int,
    *,
    resident: int | None = None,
    name: str | None = None,
    shape: Circle | Polygon | None = None,
    hours: Hours | None = None,
) -> Geofence:
    """Return a geofence with what was given in place of what it had; with `resident` it must be theirs.

    Raises
    ------
    NotFoundError
        There is none, it is another resident's, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    """
    found = visibility.geofence_for(context.connection, context.viewer, geofence)
    visibility.require_staff(context.viewer, "change geofences")
    visibility.require_theirs(found.resident, resident, f"geofence {geofence}")
    if shape is not None and shape != found.shape:
        _record_look(context, found.resident)
    changed = replace(found, name=name or found.name, shape=shape or found.shape, hours=hours or found.hours)
    geofences.replace(context.connection, changed)
    _record(context, found.resident, before=found, after=changed)
    return changed


def remove(context: ActionContext, geofence: int, *, resident: int | None = None) -> None:
    """End a geofence; alerts that came from it stay.

    Parameters
    ----------
    context : ActionContext
        Who removes it, and when.
    geofence : int
        Which one.
    resident : int or None
        Whose it must be, where the asker named a resident too.

    Raises
    ------
    NotFoundError
        There is none, it is another resident's, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    """
    found = visibility.geofence_for(context.connection, context.viewer, geofence)
    visibility.require_staff(context.viewer, "remove geofences")
    visibility.require_theirs(found.resident, resident, f"geofence {geofence}")
    geofences.remove(context.connection, geofence, context.now)
    _record(context, found.resident, before=found, after=None)


def restore(context: ActionContext, geofence: int, *, resident: int) -> None:
    """Undo a removal, within a day.

    Raises
    ------
    NotFoundError
        There is no such resident, the viewer may not know, or none of this number was removed within a day.
    ForbiddenError
        The viewer is not staff.
    RefusedError
        The resident has too many.
    """
    visibility.resident_for(context.connection, context.viewer, resident, context.now, is_recorded=False)
    visibility.require_staff(context.viewer, "restore geofences")
    if len(geofences.of_resident(context.connection, resident)) >= MOST:
        raise RefusedError("number", "geofences_many", most=MOST)
    geofences.restore(context.connection, resident, geofence, context.now - UNDO_WITHIN)
    _record(context, resident, before=None, after=geofences.get(context.connection, geofence))


def _record_look(context: ActionContext, resident: int) -> None:
    """Keep for the resident who drew: with enough areas at places of one's own choice one finds where somebody is."""
    access_log.record(
        context.connection, user=context.viewer.number, resident=resident, what=Viewed.AREA, now=context.now
    )


def _record(
    context: ActionContext, resident: int, *, before: Geofence | None, after: Geofence | None
) -> None:
    weakenings.record(
        context.connection,
        resident,
        Watched.GEOFENCE,
        before=None if before is None else geofences.to_json(before),
        after=None if after is None else geofences.to_json(after),
        user=context.viewer.number,
        now=context.now,
    )
