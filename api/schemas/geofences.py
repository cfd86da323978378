"""Geofences: circles and polygons with the hours in which they hold."""

from datetime import time
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator
from shapely import LineString
from shapely import Polygon as Area
from shapely.validation import explain_validity

from api.schemas.common import Input, Line, Output
from core.domain.geodesy import metres_per_degree
from core.domain.geofence import ALWAYS, Circle, Geofence, Hours, Polygon

MIN_RADIUS_M = 30
MAX_RADIUS_M = 50_000
_MAX_CORNERS = 500
# Japan is far from the date line; a polygon over it, or wider than this, is a slip.
_MAX_DEGREES = 2.0
# A third of the smallest circle; positions are not good enough for less.
_MIN_AREA_M2 = 1000

Lat = Annotated[float, Field(ge=-85, le=85, examples=[35.6585])]
Lon = Annotated[float, Field(ge=-180, le=180, examples=[139.7454])]


class CircleIO(Input):
    """A circle: centre in WGS 84 degrees and radius in metres."""

    kind: Literal["circle"] = "circle"
    lat: Lat
    lon: Lon
    radius_m: Annotated[float, Field(ge=MIN_RADIUS_M, le=MAX_RADIUS_M, examples=[500])]


class PolygonIO(Input):
    """A simple polygon: (lat, lon) corners in order, not closed."""

    kind: Literal["polygon"] = "polygon"
    corners: Annotated[
        list[tuple[Lat, Lon]],
        Field(
            min_length=3,
            max_length=_MAX_CORNERS,
            examples=[[[35.658, 139.745], [35.658, 139.748], [35.660, 139.747]]],
        ),
    ]

    @field_validator("corners")
    @classmethod
    def _encloses_an_area(cls, corners: list[tuple[float, float]]) -> list[tuple[float, float]]:
        if len(corners) > 3 and corners[0] == corners[-1]:
            corners = corners[:-1]
        if len(set(corners)) != len(corners):
            raise ValueError("two corners are the same point; remove one")
        lats, lons = zip(*corners, strict=True)
        if max(lats) - min(lats) > _MAX_DEGREES or max(lons) - min(lons) > _MAX_DEGREES:
            raise ValueError(
                f"it is wider than {_MAX_DEGREES:g} degrees; check the order (lat, lon) of the corners"
            )
        if not LineString([*corners, corners[0]]).is_simple:
            raise ValueError(
                f"its edges cross each other ({explain_validity(Area(corners))}); put the corners in order"
            )
        if _area_m2(corners) < _MIN_AREA_M2:
            raise ValueError(f"its corners lie on a line, or it is smaller than {_MIN_AREA_M2} square metres")
        return corners


class HoursIO(Input):
    """When it holds, in the home's zone. An end that is not after the start runs into the next day; equal is the whole day."""

    days: Annotated[frozenset[Annotated[int, Field(ge=0, le=6)]], Field(min_length=1)] = Field(
        default=ALWAYS.days,
        description="Weekdays on which a window starts, Monday 0.",
        examples=[[0, 1, 2, 3, 4, 5, 6]],
    )
    start: time = Field(default=ALWAYS.start, examples=["22:00"])
    end: time = Field(default=ALWAYS.end, examples=["06:00"])

    @field_validator("start", "end")
    @classmethod
    def _is_a_minute(cls, value: time) -> time:
        if value.tzinfo is not None or value.second or value.microsecond:
            raise ValueError("must be a time of day to the minute, such as 22:00, without an offset")
        return value


class GeofenceIn(Input):
    """A new geofence."""

    name: Line = Field(examples=["自宅のまわり"])
    shape: Annotated[CircleIO | PolygonIO, Field(discriminator="kind")]
    hours: HoursIO = HoursIO()

    def to_shape(self) -> Circle | Polygon:
        """Return the domain's shape."""
        return to_shape(self.shape)


class GeofenceChange(Input):
    """What changes of a geofence; what is left out stays."""

    name: Line | None = None
    shape: Annotated[CircleIO | PolygonIO | None, Field(discriminator="kind")] = None
    hours: HoursIO | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> "GeofenceChange":
        if self.name is None and self.shape is None and self.hours is None:
            raise ValueError("name, shape or hours must be given")
        return self


class GeofenceOut(Output):
    """A geofence; behind the closed location gate its shape is a circle around 500 m cells."""

    number: int
    resident: int
    name: str
    shape: CircleIO | PolygonIO
    hours: HoursIO
    is_precise: bool

    @staticmethod
    def of(one: Geofence, *, is_precise: bool) -> "GeofenceOut":
        """Return a geofence that is already coarse where it has to be."""
        shape = one.shape
        return GeofenceOut(
            number=one.number,
            resident=one.resident,
            name=one.name,
            # What is stored was checked when it came in, perhaps by other rules.
            shape=CircleIO.model_construct(
                kind="circle", lat=shape.lat, lon=shape.lon, radius_m=shape.radius_m
            )
            if isinstance(shape, Circle)
            else PolygonIO.model_construct(kind="polygon", corners=list(shape.corners)),
            hours=HoursIO(days=one.hours.days, start=one.hours.start, end=one.hours.end),
            is_precise=is_precise,
        )


def to_shape(shape: CircleIO | PolygonIO) -> Circle | Polygon:
    """Return the domain's shape."""
    if isinstance(shape, CircleIO):
        return Circle(shape.lat, shape.lon, shape.radius_m)
    return Polygon(tuple(shape.corners))


def to_hours(hours: HoursIO) -> Hours:
    """Return the domain's hours."""
    return Hours(hours.days, hours.start, hours.end)


def _area_m2(corners: list[tuple[float, float]]) -> float:
    per_lat, per_lon = metres_per_degree(corners[0][0])
    return float(Area(corners).area) * per_lat * per_lon
