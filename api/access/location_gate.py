"""The location gate: decides whether a viewer sees a resident's precise place, and keeps a record of every precise look.

Coarse is the neighbourhood or a 500 m cell. Precise opens for whoever has claimed an urgent alert that is about the place, or for
half an hour after a recorded reason.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, cast, get_args

import msgspec
from msgspec import Struct

from api.access.viewer import Viewer
from api.access.visibility import holds
from core.domain.alert import Alert, Severity
from core.domain.geodesy import METRES_PER_DEGREE, metres_per_degree
from core.domain.geofence import Circle, Geofence, Polygon
from core.domain.reason_card import FromPlace, Place
from core.domain.rules import read_reason, shows_location
from core.store.alerts import alerts
from core.store.database import Connection
from core.store.people import access_log
from core.store.people.access_log import Viewed
from core.store.telemetry.readings import StoredFix

CELL_M = 500.0


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
    """Return a geofence as a circle around a cell, so that it does not show where the home is."""
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
    shown = without_places(alert.rule, alert.reason)
    if alert.resident is None or shown == alert.reason:
        return shown, False
    if recorded_access(connection, viewer, alert.resident, now).is_precise:
        return dict(alert.reason), True
    return shown, False


def without_places(rule: str, reason: Mapping[str, object]) -> dict[str, object]:
    """Return of a reason card what the Struct of its rule declares and is no `Place` nor `FromPlace`; nothing of a card that no Struct reads.

    Examples
    --------
    >>> where = {"lat": 35.6, "lon": 139.7, "time": "2026-08-01T00:00Z", "accuracy_m": 9}
    >>> without_places("geofence_exit", {"resident": 4, "outside_m": 840, "position": where, "near": "park"})
    {'resident': 4}
    """
    card = read_reason(rule, reason)
    return {} if card is None else _declared(card, reason)


def findings_without_places(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of a backtest with the reasons of its findings without places."""
    return {
        **result,
        "settings": [
            {**setting, "findings": [_without_places(one) for one in setting["findings"]]}
            for setting in result["settings"]
        ],
    }


def _without_places(finding: Mapping[str, Any]) -> dict[str, Any]:
    return {**finding, "reason": without_places(finding["rule"], finding["reason"])}


def _declared(part: Struct, stored: Mapping[str, object]) -> dict[str, object]:
    """Return what is stored of the fields of a Struct that are no places; the Struct was read from it, so the values are of its types."""
    found: dict[str, object] = {}
    for one in msgspec.structs.fields(part):
        value = getattr(part, one.name)
        if one.encode_name in stored and not isinstance(value, Place) and not _is_from_place(one.type):
            found[one.encode_name] = _shown(value, stored[one.encode_name])
    return found


def _is_from_place(kind: object) -> bool:
    """Return whether a field is a `FromPlace`, or may be one."""
    return kind == FromPlace or any(_is_from_place(one) for one in get_args(kind))


def _shown(value: object, stored: object) -> object:
    if isinstance(value, Struct):
        return _declared(value, cast("Mapping[str, object]", stored))
    if isinstance(value, tuple):
        pairs = zip(cast("tuple[object, ...]", value), cast("list[object]", stored), strict=True)
        return [_shown(one, raw) for one, raw in pairs if not isinstance(one, Place)]
    return stored


def _around(shape: Polygon) -> tuple[float, float, float]:
    lats = [lat for lat, _ in shape.corners]
    lons = [lon for _, lon in shape.corners]
    lat, lon = coarse((min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2)
    per_lat, per_lon = metres_per_degree(lat)
    height, width = (max(lats) - min(lats)) * per_lat, (max(lons) - min(lons)) * per_lon
    return lat, lon, max(CELL_M, math.hypot(height, width) / 2)


def _is_urgent_about_place(alert: Alert) -> bool:
    return shows_location(alert.rule) and alert.severity <= Severity.CHECK_SOON
