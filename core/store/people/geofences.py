"""Geofences and their form in the database and in ward files."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from psycopg.rows import kwargs_row
from psycopg.types.json import Jsonb

from core.domain.geofence import Circle, Geofence, Hours, Polygon
from core.errors import NotFoundError
from core.store.database import Connection
from core.store.detection import evaluation_queue
from core.store.queries import load

_GEOFENCES = load("people/geofences")


def of_resident(connection: Connection, resident: int) -> list[Geofence]:
    """Return the geofences of a resident, oldest first."""
    cursor = connection.cursor(row_factory=kwargs_row(geofence_from_columns))
    return cursor.execute(_GEOFENCES["geofences"], {"resident": resident}).fetchall()


def get(connection: Connection, geofence: int) -> Geofence:
    """Return one geofence.

    Raises
    ------
    NotFoundError
        There is none, or it was removed.
    """
    cursor = connection.cursor(row_factory=kwargs_row(geofence_from_columns))
    found = cursor.execute(_GEOFENCES["geofence"], {"geofence": geofence}).fetchone()
    if found is None:
        raise _not_found(geofence)
    return found


def add(
    connection: Connection,
    resident: int,
    *,
    name: str,
    shape: Circle | Polygon,
    hours: Hours,
    now: datetime,
) -> Geofence:
    """Draw a new geofence."""
    row = connection.execute(
        _GEOFENCES["add_geofence"],
        {
            "resident": resident,
            "name": name,
            "shape": Jsonb(shape_to_json(shape)),
            "hours": Jsonb(hours_to_json(hours)),
            "now": now,
        },
    ).fetchone()
    if row is None:
        raise _not_found(resident)
    evaluation_queue.evaluate_again(connection, resident)
    return Geofence(row[0], resident, name, shape, hours, now)


def replace(connection: Connection, geofence: Geofence) -> None:
    """Change a geofence to what is given.

    Raises
    ------
    NotFoundError
        There is none, or it was removed.
    """
    row = connection.execute(
        _GEOFENCES["replace_geofence"],
        {
            "geofence": geofence.number,
            "name": geofence.name,
            "shape": Jsonb(shape_to_json(geofence.shape)),
            "hours": Jsonb(hours_to_json(geofence.hours)),
        },
    ).fetchone()
    if row is None:
        raise _not_found(geofence.number)
    evaluation_queue.evaluate_again(connection, geofence.resident)


def remove(connection: Connection, geofence: int, now: datetime) -> None:
    """End a geofence.

    Raises
    ------
    NotFoundError
        There is none, or it was removed already.
    """
    row = connection.execute(_GEOFENCES["remove_geofence"], {"geofence": geofence, "now": now}).fetchone()
    if row is None:
        raise _not_found(geofence)
    evaluation_queue.evaluate_again(connection, row[0])


def removed_since(connection: Connection, resident: int, since: datetime) -> list[Geofence]:
    """Return the geofences of a resident that were removed since a moment, the newest first."""
    cursor = connection.cursor(row_factory=kwargs_row(geofence_from_columns))
    return cursor.execute(_GEOFENCES["removed"], {"resident": resident, "since": since}).fetchall()


def restore(connection: Connection, resident: int, geofence: int, since: datetime) -> None:
    """Undo the removal of a resident's geofence.

    Raises
    ------
    NotFoundError
        None of this number was removed since then.
    """
    row = connection.execute(
        _GEOFENCES["restore_geofence"], {"geofence": geofence, "resident": resident, "since": since}
    ).fetchone()
    if row is None:
        raise _not_found(geofence)
    evaluation_queue.evaluate_again(connection, resident)


def to_json(geofence: Geofence) -> dict[str, object]:
    """Return what is kept of a geofence in the record of changes."""
    return {
        "number": geofence.number,
        "name": geofence.name,
        "shape": shape_to_json(geofence.shape),
        "hours": hours_to_json(geofence.hours),
    }


def shape_to_json(shape: Circle | Polygon) -> dict[str, object]:
    """Return the stored form of a shape."""
    if isinstance(shape, Circle):
        return {"kind": "circle", "lat": shape.lat, "lon": shape.lon, "radius_m": shape.radius_m}
    return {"kind": "polygon", "corners": [list(corner) for corner in shape.corners]}


def shape_from_json(body: Mapping[str, Any]) -> Circle | Polygon:
    """Return the shape of its stored form."""
    if body["kind"] == "circle":
        return Circle(float(body["lat"]), float(body["lon"]), float(body["radius_m"]))
    return Polygon(tuple((float(lat), float(lon)) for lat, lon in body["corners"]))


def hours_to_json(hours: Hours) -> dict[str, object]:
    """Return the stored form of hours."""
    return {
        "days": sorted(hours.days),
        "start": hours.start.isoformat("minutes"),
        "end": hours.end.isoformat("minutes"),
    }


def hours_from_json(body: Mapping[str, Any]) -> Hours:
    """Return the hours of their stored form."""
    return Hours(
        frozenset(int(day) for day in body["days"]),
        time.fromisoformat(body["start"]),
        time.fromisoformat(body["end"]),
    )


def geofence_from_columns(*, shape: Mapping[str, Any], hours: Mapping[str, Any], **columns: Any) -> Geofence:
    """Return the geofence of a row whose columns have the names of its fields."""
    return Geofence(shape=shape_from_json(shape), hours=hours_from_json(hours), **columns)


def _not_found(geofence: int) -> NotFoundError:
    return NotFoundError(f"there is no geofence {geofence} that you may see")
