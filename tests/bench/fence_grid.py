"""Which of very many geofences hold a position: a grid of 0.01 degrees over their bounding boxes, then exact."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, floor, radians

import numpy as np
from numpy.typing import NDArray

from core.domain.geodesy import EARTH_RADIUS_M
from core.domain.geofence import Circle, Polygon

CELL_DEG = 0.01

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True)
class _Cell:
    """The shapes whose bounding boxes touch a cell: circles as rows of arrays, the edges of all polygons one after another."""

    circles: Ints
    lat: Floats
    lon: Floats
    radius_m: Floats
    polygons: Ints
    first_edge: Ints
    from_lat: Floats
    from_lon: Floats
    to_lat: Floats
    to_lon: Floats


class FenceGrid:
    """Geofences to be asked by position, on either side of the equator, away from the poles and the 180th meridian.

    Parameters
    ----------
    shapes : sequence of Circle or Polygon
        Answers are places in this sequence.

    Examples
    --------
    >>> square = Polygon(((35.0, 139.0), (35.0, 139.1), (35.1, 139.1), (35.1, 139.0)))
    >>> FenceGrid([Circle(35.0, 139.0, 200.0), square]).holding(35.0005, 139.0005)
    [0, 1]
    """

    def __init__(self, shapes: Sequence[Circle | Polygon]) -> None:
        self._shapes = shapes
        self._touching: dict[tuple[int, int], list[int]] = {}
        self._cells: dict[tuple[int, int], _Cell] = {}
        for number, shape in enumerate(shapes):
            south, west, north, east = _box(shape)
            for row in range(floor(south / CELL_DEG), floor(north / CELL_DEG) + 1):
                for column in range(floor(west / CELL_DEG), floor(east / CELL_DEG) + 1):
                    self._touching.setdefault((row, column), []).append(number)

    def holding(self, lat: float, lon: float) -> list[int]:
        """Return which shapes hold a position, in order."""
        place = (floor(lat / CELL_DEG), floor(lon / CELL_DEG))
        cell = self._cells.get(place)
        if cell is None:
            if place not in self._touching:
                return []
            cell = self._cells[place] = _cell(self._shapes, self._touching[place])
        return sorted([*_in_circles(cell, lat, lon), *_in_polygons(cell, lat, lon)])


def _box(shape: Circle | Polygon) -> tuple[float, float, float, float]:
    if isinstance(shape, Polygon):
        lats, lons = [lat for lat, _ in shape.corners], [lon for _, lon in shape.corners]
        return min(lats), min(lons), max(lats), max(lons)
    reach = np.degrees(shape.radius_m / EARTH_RADIUS_M) * 1.001
    wide = reach / cos(radians(shape.lat))
    return shape.lat - reach, shape.lon - wide, shape.lat + reach, shape.lon + wide


def _cell(shapes: Sequence[Circle | Polygon], numbers: Sequence[int]) -> _Cell:
    circles = [(number, one) for number in numbers if isinstance(one := shapes[number], Circle)]
    polygons = [(number, one) for number in numbers if isinstance(one := shapes[number], Polygon)]
    counts = [len(one.corners) for _, one in polygons]
    corners = np.array([corner for _, one in polygons for corner in one.corners], np.float64).reshape(-1, 2)
    following = [corner for _, one in polygons for corner in (*one.corners[1:], one.corners[0])]
    ends = np.array(following, np.float64).reshape(-1, 2)
    return _Cell(
        circles=np.array([number for number, _ in circles], np.intp),
        lat=np.array([one.lat for _, one in circles], np.float64),
        lon=np.array([one.lon for _, one in circles], np.float64),
        radius_m=np.array([one.radius_m for _, one in circles], np.float64),
        polygons=np.array([number for number, _ in polygons], np.intp),
        first_edge=np.cumsum([0, *counts])[:-1].astype(np.intp),
        from_lat=corners[:, 0],
        from_lon=corners[:, 1],
        to_lat=ends[:, 0],
        to_lon=ends[:, 1],
    )


def _in_circles(cell: _Cell, lat: float, lon: float) -> list[int]:
    if not len(cell.circles):
        return []
    narrow = np.cos(np.radians(cell.lat))
    apart_m = np.radians(np.hypot(lat - cell.lat, (lon - cell.lon) * narrow)) * EARTH_RADIUS_M
    return cell.circles[apart_m <= cell.radius_m].tolist()


def _in_polygons(cell: _Cell, lat: float, lon: float) -> list[int]:
    """Return the polygons of which a line from the position to the east crosses an odd number of edges."""
    if not len(cell.polygons):
        return []
    spans = (cell.from_lat > lat) != (cell.to_lat > lat)
    rise = np.where(spans, cell.to_lat - cell.from_lat, 1.0)
    crossing = cell.from_lon + (lat - cell.from_lat) * (cell.to_lon - cell.from_lon) / rise
    odd = np.logical_xor.reduceat(spans & (lon < crossing), cell.first_edge)
    return cell.polygons[odd].tolist()
