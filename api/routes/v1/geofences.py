"""Geofences: where a resident is expected to stay, and when."""

from datetime import datetime

from fastapi import APIRouter

from api.access import location_gate
from api.access.viewer import Viewer
from api.access.visibility import geofence_for, resident_for
from api.actions import geofences as actions
from api.actions.context import ActionContext
from api.dependencies import ConnectionDep, NowDep, Watcher
from api.schemas.common import Number
from api.schemas.geofences import GeofenceChange, GeofenceIn, GeofenceOut, to_hours, to_shape
from core.domain.geofence import Geofence
from core.store.database import Connection
from core.store.people import geofences

router = APIRouter(tags=["geofences"])


@router.get("/residents/{number}/geofences", summary="The geofences of a resident")
def list_geofences(
    viewer: Watcher, number: Number, connection: ConnectionDep, now: NowDep
) -> list[GeofenceOut]:
    """Return the geofences; their precise shape shows where the home is, so it stands behind the location gate."""
    resident_for(connection, viewer, number, now)
    found = geofences.of_resident(connection, number)
    access = location_gate.recorded_access(connection, viewer, number, now) if found else location_gate.COARSE
    return [_shown(one, is_precise=access.is_precise) for one in found]


@router.post("/residents/{number}/geofences", status_code=201, summary="Draw a geofence")
def add_geofence(
    viewer: Watcher, number: Number, body: GeofenceIn, connection: ConnectionDep, now: NowDep
) -> GeofenceOut:
    """Draw a new geofence; only staff may."""
    made = actions.add(
        ActionContext(connection, viewer, now),
        number,
        name=body.name,
        shape=body.to_shape(),
        hours=to_hours(body.hours),
    )
    # The answer holds what was sent, so the sender learns nothing new.
    return GeofenceOut.of(made, is_precise=True)


@router.get("/geofences/{number}", summary="One geofence")
def read_geofence(viewer: Watcher, number: Number, connection: ConnectionDep, now: NowDep) -> GeofenceOut:
    """Return one geofence, precise behind the open location gate."""
    found = geofence_for(connection, viewer, number)
    access = location_gate.recorded_access(connection, viewer, found.resident, now)
    return _shown(found, is_precise=access.is_precise)


@router.patch("/geofences/{number}", summary="Change a geofence")
def change_geofence(
    viewer: Watcher, number: Number, body: GeofenceChange, connection: ConnectionDep, now: NowDep
) -> GeofenceOut:
    """Change the name, the shape or the hours; only staff may."""
    changed = actions.change(
        ActionContext(connection, viewer, now),
        number,
        name=body.name,
        shape=None if body.shape is None else to_shape(body.shape),
        hours=None if body.hours is None else to_hours(body.hours),
    )
    is_precise = body.shape is not None or _is_open(connection, viewer, changed, now)
    return _shown(changed, is_precise=is_precise)


@router.delete("/geofences/{number}", status_code=204, summary="End a geofence")
def remove_geofence(viewer: Watcher, number: Number, connection: ConnectionDep, now: NowDep) -> None:
    """End a geofence; only staff may. Alerts that came from it stay."""
    actions.remove(ActionContext(connection, viewer, now), number)


def _is_open(connection: Connection, viewer: Viewer, geofence: Geofence, now: datetime) -> bool:
    return location_gate.recorded_access(connection, viewer, geofence.resident, now).is_precise


def _shown(geofence: Geofence, *, is_precise: bool) -> GeofenceOut:
    return GeofenceOut.of(
        geofence if is_precise else location_gate.coarse_geofence(geofence), is_precise=is_precise
    )
