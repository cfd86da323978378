"""Quiet limits: set one, remove one; only staff may. Each change is kept with who, before and after; a removal is sent to all concerned."""

from dataclasses import replace

from api.access import visibility
from api.access.refusals import RefusedError, ThereAlreadyError
from api.actions.context import ActionContext
from core.domain.agreed.quiet_limit import LONGEST_MIN, SHORTEST_MIN, QuietLimit, overlapping
from core.domain.device import DeviceKind
from core.domain.geofence import ALWAYS, Hours, length_min
from core.store.devices import devices
from core.store.devices.devices import DeviceOverview
from core.store.people import weakenings
from core.store.people.agreed import quiet_limits
from core.store.people.records import one_at_a_time
from core.store.people.watch_changes import Watched

# So many may one resident have.
MOST = 20
# They show nobody's acts, leave the home with their wearer, or are silent on every good day: a call button.
_NO_SIGNS = frozenset(
    {DeviceKind.BUTTON, DeviceKind.CLIMATE, DeviceKind.TRACKER, DeviceKind.GATEWAY, DeviceKind.CANARY}
)


def add(
    context: ActionContext, resident: int, *, place: str, device: int | None, quiet_min: int, hours: Hours
) -> QuietLimit:
    """Return a new limit; it counts from now on. Without a place and a device it is about the whole home.

    Raises
    ------
    NotFoundError
        There is no such resident, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    RefusedError
        No device is in that place, it is no device of the home, it is longer than its hours, it overlaps another limit about the same
        thing, or there are too many.
    ThereAlreadyError
        Exactly this limit is there.
    """
    visibility.resident_for(context.connection, context.viewer, resident, context.now, is_recorded=False)
    visibility.require_staff(context.viewer, "set quiet limits")
    one_at_a_time.hold(context.connection, "quiet_limit", resident)
    wanted = replace(_looking_at(context, resident, place, device), quiet_min=quiet_min, hours=hours)
    if not SHORTEST_MIN <= quiet_min <= LONGEST_MIN:
        raise RefusedError("quiet_min", "limit_length", least=SHORTEST_MIN, most=LONGEST_MIN)
    if quiet_min > length_min(hours):
        raise RefusedError("quiet_min", "limit_longer_than_hours")
    present = quiet_limits.of_residents(context.connection, [resident])
    for one in present:
        if replace(one, number=0, created_at=None, watched_since=None) == wanted:
            raise ThereAlreadyError("quiet limit", one.number)
    if overlapping([*present, wanted]) is not None:
        raise RefusedError("hours", "limit_overlaps")
    if len(present) >= MOST:
        raise RefusedError("number", "limits_many", most=MOST)
    number = quiet_limits.add(context.connection, wanted, context.now)
    made = replace(wanted, number=number, created_at=context.now)
    _record(context, resident, before=None, after=made)
    return made


def remove(context: ActionContext, limit: int, *, resident: int | None = None) -> None:
    """End a limit; alerts that came from it stay. With `resident` it must be theirs.

    Raises
    ------
    NotFoundError
        There is none, it is another resident's, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    """
    found = visibility.quiet_limit_for(context.connection, context.viewer, limit)
    visibility.require_staff(context.viewer, "remove quiet limits")
    visibility.require_theirs(found.resident, resident, f"quiet limit {limit}")
    quiet_limits.remove(context.connection, limit, context.now)
    _record(context, found.resident, before=found, after=None)


def _looking_at(context: ActionContext, resident: int, place: str, device: int | None) -> QuietLimit:
    there = watched_devices(context, resident)
    if device is not None:
        one = next((one for one in there if one.number == device), None)
        if one is None:
            raise RefusedError("device", "limit_no_such_device")
        return QuietLimit(0, resident, one.place, device, one.kind.value, 0, ALWAYS)
    if place and place not in {one.place for one in there}:
        raise RefusedError("place", "limit_no_such_place")
    return QuietLimit(0, resident, place, None, "", 0, ALWAYS)


def watched_devices(context: ActionContext, resident: int) -> list[DeviceOverview]:
    """Return the devices of a resident's home that a limit may name: theirs and those of nobody, of kinds that may show that somebody acts."""
    found = devices.overviews(context.connection, context.viewer.scope, resident=resident)
    return [one for one in found if one.place and one.kind not in _NO_SIGNS]


def _record(
    context: ActionContext, resident: int, *, before: QuietLimit | None, after: QuietLimit | None
) -> None:
    weakenings.record(
        context.connection,
        resident,
        Watched.QUIET_LIMIT,
        before=None if before is None else quiet_limits.to_json(before),
        after=None if after is None else quiet_limits.to_json(after),
        user=context.viewer.number,
        now=context.now,
    )
