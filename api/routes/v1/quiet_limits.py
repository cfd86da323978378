"""Quiet limits: nothing in a room, from a device or in the whole home for so long between two times is raised."""

from fastapi import APIRouter

from api.access.visibility import resident_for
from api.actions.context import ActionContext
from api.actions.people import quiet_limits as actions
from api.dependencies import ConnectionDep, NowDep, Watcher
from api.schemas.common import Number
from api.schemas.geofences import to_hours
from api.schemas.quiet_limits import QuietLimitIn, QuietLimitOut
from core.store.people.agreed import quiet_limits

router = APIRouter(tags=["quiet limits"])


@router.get("/residents/{number}/quiet-limits", summary="The quiet limits of a resident")
def list_quiet_limits(
    viewer: Watcher, number: Number, connection: ConnectionDep, now: NowDep
) -> list[QuietLimitOut]:
    """Return the limits that hold, the oldest first."""
    resident_for(connection, viewer, number, now)
    return [QuietLimitOut.of(one) for one in quiet_limits.of_residents(connection, [number])]


@router.post("/residents/{number}/quiet-limits", status_code=201, summary="Set a quiet limit")
def add_quiet_limit(
    viewer: Watcher, number: Number, body: QuietLimitIn, connection: ConnectionDep, now: NowDep
) -> QuietLimitOut:
    """Set a limit that counts from now on; only staff may. To change one, set another and remove it."""
    made = actions.add(
        ActionContext(connection, viewer, now),
        number,
        place=body.place,
        device=body.device,
        quiet_min=body.quiet_min,
        hours=to_hours(body.hours),
    )
    return QuietLimitOut.of(made)


@router.delete("/quiet-limits/{number}", status_code=204, summary="End a quiet limit")
def remove_quiet_limit(viewer: Watcher, number: Number, connection: ConnectionDep, now: NowDep) -> None:
    """End a limit; only staff may. Alerts that came from it stay, and everybody concerned is notified of the removal."""
    actions.remove(ActionContext(connection, viewer, now), number)
