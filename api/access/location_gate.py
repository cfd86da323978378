"""The location gate: decides whether a viewer sees a resident's precise place, and keeps a record of every precise look.

Coarse is the neighbourhood or a 500 m cell. Precise opens for whoever has claimed an urgent alert that is about the place, or for
half an hour after a recorded reason.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import cast

from api.access.viewer import Viewer
from api.access.visibility import holds
from core.domain.alert import Alert, Severity
from core.domain.geodesy import METRES_PER_DEGREE, metres_per_degree
from core.domain.geofence import Circle, Geofence, Polygon
from core.domain.rules import shows_location
from core.store.alerts import alerts
from core.store.database import Connection
from core.store.people import access_log
from core.store.people.access_log import Viewed
from core.store.telemetry.readings import StoredFix

CELL_M = 500.0
# What rules call places in their reason cards.
_PLACE_NAMES = frozenset(
    {"lat", "lon", "position", "positions", "fix", "fixes", "track", "trail", "point", "points"}
    | {"centre", "center", "corners", "shape", "last_fix", "first_fix", "nearest"}
)


class RevealReason(StrEnum):
    """Why somebody asks for the precise place."""

    LATE_HOME = "late_home"
    NO_CONTACT = "no_contact"
    MAY_BE_LOST = "may_be_lost"
    EMERGENCY = "emergency"
    OTHER = "other"


@dataclass(frozen=True)
class LocationAccess:
    """What a viewer may see of a resident's place.

    Attributes
    ----------
    is_precise : bool
        Points, accuracy, trail and geofences as they are; else 500 m cells only.
    reason : str
        Why it is open: `alert:12`, or the reason given, such as `late_home` or `other: note`; empty when coarse.
    until : datetime or None
        When it closes by itself; None while an alert keeps it open.
    """

    is_precise: bool
    reason: str = ""
    until: datetime | None = None


COARSE = LocationAccess(False)


def decide(connection: Connection, viewer: Viewer, resident: int, now: datetime) -> LocationAccess:
    """Return what the viewer, who may know of the resident, may see of the place at `now`."""
    for alert in alerts.open_alerts(connection, now, residents=[resident]):
        if _is_urgent_about_place(alert) and holds(connection, viewer, alert):
            return LocationAccess(True, f"alert:{alert.number}")
    reveal = access_log.open_reveal(connection, viewer.number, resident, now)
    return COARSE if reveal is None else LocationAccess(True, reveal.reason, reveal.until)


def recorded_access(connection: Connection, viewer: Viewer, resident: int, now: datetime) -> LocationAccess:
    """Decide, and keep a record if the place is going to be shown precisely. Call it for every answer that holds a place."""
    access = decide(connection, viewer, resident, now)
    if access.is_precise:
        access_log.record(
            connection,
            user=viewer.number,
            resident=resident,
            what=Viewed.LOCATION,
            reason=access.reason,
            now=now,
        )
    return access


def coarse(lat: float, lon: float) -> tuple[float, float]:
    """Return the centre of the 500 m cell that holds a point.

    Examples
    --------
    >>> coarse(35.6581, 139.7017) == coarse(35.6585, 139.7020)
    True
    """
    step_lat = CELL_M / METRES_PER_DEGREE
    row = math.floor(lat / step_lat)
    centre_lat = (row + 0.5) * step_lat
    # All points of a row share one width, or cells would not line up; no narrower than near the poles.
    step_lon = step_lat / max(0.01, math.cos(math.radians(centre_lat)))
    centre_lon = (math.floor(lon / step_lon) + 0.5) * step_lon
    return round(centre_lat, 5), round(centre_lon, 5)


def coarse_fix(fix: StoredFix) -> StoredFix:
    """Return a fix with the cell in place of the point, and nothing from which the point could be found."""
    lat, lon = coarse(fix.lat, fix.lon)
    return StoredFix(
        fix.device_id, fix.device, fix.time, lat, lon, CELL_M, None, None, fix.received_at, fix.seq
    )


def coarse_geofence(geofence: Geofence) -> Geofence:
    """Return a geofence as a circle around a cell, so that it does not tell where the home is."""
    if isinstance(geofence.shape, Circle):
        lat, lon = coarse(geofence.shape.lat, geofence.shape.lon)
        radius_m = geofence.shape.radius_m
    else:
        lat, lon, radius_m = _around(geofence.shape)
    shape = Circle(lat, lon, math.ceil(radius_m / CELL_M) * CELL_M)
    return replace(geofence, shape=shape)


def reason_for(
    connection: Connection, viewer: Viewer, alert: Alert, now: datetime
) -> tuple[dict[str, object], bool]:
    """Return an alert's reason card as the viewer may see it, and whether it holds precise places; such a look is recorded."""
    reason = dict(alert.reason)
    if alert.resident is None or not holds_place(reason):
        return reason, False
    if recorded_access(connection, viewer, alert.resident, now).is_precise:
        return reason, True
    return without_places(reason), False


def holds_place(value: object) -> bool:
    """Tell whether a JSON value holds a position anywhere in it."""
    if isinstance(value, dict):
        items = cast("dict[str, object]", value)
        return any(name in _PLACE_NAMES or holds_place(part) for name, part in items.items())
    if isinstance(value, list):
        return any(holds_place(part) for part in cast("list[object]", value))
    return False


def without_places(reason: Mapping[str, object]) -> dict[str, object]:
    """Return a reason card without anything that tells a precise place.

    Examples
    --------
    >>> without_places({"distance_m": 840, "fixes": [{"lat": 35.6, "lon": 139.7}], "outside": {"lat": 35.6, "since": 5}})
    {'distance_m': 840, 'outside': {'since': 5}}
    """
    return {name: _stripped(part) for name, part in reason.items() if name not in _PLACE_NAMES}


def _stripped(value: object) -> object:
    if isinstance(value, dict):
        return without_places(cast("dict[str, object]", value))
    if isinstance(value, list):
        return [_stripped(part) for part in cast("list[object]", value)]
    return value


def _around(shape: Polygon) -> tuple[float, float, float]:
    lats = [lat for lat, _ in shape.corners]
    lons = [lon for _, lon in shape.corners]
    lat, lon = coarse((min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2)
    per_lat, per_lon = metres_per_degree(lat)
    height, width = (max(lats) - min(lats)) * per_lat, (max(lons) - min(lons)) * per_lon
    return lat, lon, max(CELL_M, math.hypot(height, width) / 2)


def _is_urgent_about_place(alert: Alert) -> bool:
    return shows_location(alert.rule) and alert.severity <= Severity.CHECK_SOON
