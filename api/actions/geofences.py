"""Geofences: add, change, remove; only staff may."""

from dataclasses import replace

from api.access import visibility
from api.access.refusals import RefusedError
from api.actions.context import ActionContext
from core.domain.geofence import Circle, Geofence, Hours, Polygon
from core.errors import NotFoundError
from core.store.people import geofences

# So many may one resident have.
MOST = 50


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
    """
    visibility.resident_for(context.connection, context.viewer, resident, context.now, is_recorded=False)
    visibility.require_staff(context.viewer, "draw geofences")
    if len(geofences.of_resident(context.connection, resident)) >= MOST:
        raise RefusedError("number", "geofences_many", most=MOST)
    return geofences.add(context.connection, resident, name=name, shape=shape, hours=hours, now=context.now)


def change(
    context: ActionContext,
    geofence: int,
    *,
    name: str | None = None,
    shape: Circle | Polygon | None = None,
    hours: Hours | None = None,
) -> Geofence:
    """Return a geofence with what was given in place of what it had.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    """
    found = visibility.geofence_for(context.connection, context.viewer, geofence)
    visibility.require_staff(context.viewer, "change geofences")
    changed = replace(found, name=name or found.name, shape=shape or found.shape, hours=hours or found.hours)
    geofences.replace(context.connection, changed)
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
    if resident is not None and found.resident != resident:
        raise NotFoundError(f"there is no geofence {geofence} that you may see")
    geofences.remove(context.connection, geofence, context.now)
