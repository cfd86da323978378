"""Where a resident usually is: cells of the ground that were seen on several days, learned from the last 60."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

VERSION = 1
# Places of the last 60 days; what was seen on fewer days than this is not usual.
DAYS = 60
LEAST_DAYS = 3
# Fewer days of fixes than this teach nothing (our choice).
KNOWN_AFTER_DAYS = 14
# A cell is about 40 m wide.
CELL_DEG = 0.00036
_CELL_M = 40.0
# So many minutes with a fix in a cell on one day mean that somebody stayed there (our choice); a fix every few seconds is no stay.
_STAY_FIXES = 6
# Away from where somebody stays by more than this many cells, for this share of an hour's fixes, is out (our choice): errors stay shorter.
_OUT_CELLS = 4
_OUT_FIXES_SHARE = 0.25
_OUT_SHARE = 0.1

Ints = NDArray[np.int64]
Cell = tuple[int, int]


@dataclass(frozen=True)
class Visits:
    """Minutes with a fix, counted by cell, local day and local hour; every array has shape (n,).

    `row` and `column` name the cell, `day` is a number that rises by one a day, `hour` 0 to 23, `fixes` in how many minutes.
    """

    row: Ints
    column: Ints
    day: Ints
    hour: Ints
    fixes: Ints


@dataclass(frozen=True)
class Places:
    """What is known of where a resident usually is.

    Attributes
    ----------
    days : int
        From how many days with fixes it was learned.
    seen : mapping
        The cells seen on at least three days: on how many, and on how many of them somebody stayed.
    out_hours : frozenset of int
        The hours of the local day in which they are out on one day in ten (and on three at least), and the hours beside these.
    """

    days: int
    seen: Mapping[Cell, tuple[int, int]]
    out_hours: frozenset[int] = field(default_factory=frozenset[int])

    @property
    def is_known(self) -> bool:
        """Whether enough days were learned from to call any place unusual."""
        return self.days >= KNOWN_AFTER_DAYS

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        cells = [[row, column, days, stays] for (row, column), (days, stays) in sorted(self.seen.items())]
        return {"days": self.days, "cells": cells, "out_hours": sorted(self.out_hours)}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "Places":
        """Return what `to_json` gave."""
        cells = cast("Sequence[Sequence[int]]", body["cells"])
        return cls(body["days"], {(c[0], c[1]): (c[2], c[3]) for c in cells}, frozenset(body["out_hours"]))

    def is_familiar(self, lat: float, lon: float, within_m: float = _CELL_M) -> bool:
        """Return whether a usual cell lies within some metres of a position."""
        return self._near(lat, lon, within_m, stays=0)

    def is_stay(self, lat: float, lon: float, within_m: float = _CELL_M) -> bool:
        """Return whether a place where they usually stay (home, a club, a bench in the park) lies that near."""
        return self._near(lat, lon, within_m, stays=LEAST_DAYS)

    def _near(self, lat: float, lon: float, within_m: float, *, stays: int) -> bool:
        row, column = cell_of(lat, lon)
        radius = math.ceil(within_m / _CELL_M)
        for north, east in _around(radius):
            found = self.seen.get((row + north, column + east))
            if found is not None and found[1] >= stays:
                return True
        return False


def cell_of(lat: float, lon: float) -> Cell:
    """Return the cell of a position: about 40 m wide, of a grid that is the same for everybody.

    Examples
    --------
    >>> cell_of(35.6, 139.8) == cell_of(35.60001, 139.80001), cell_of(35.6, 139.8) == cell_of(35.601, 139.8)
    (True, False)
    """
    return math.floor(lat / CELL_DEG), math.floor(lon * _narrows(round(lat)) / CELL_DEG)


@lru_cache(maxsize=256)
def _narrows(lat_deg: int) -> float:
    return float(np.cos(np.radians(lat_deg)))


@lru_cache(maxsize=64)
def _around(radius: int) -> tuple[Cell, ...]:
    """Return the steps to the cells within a distance of a cell."""
    steps = range(-radius, radius + 1)
    return tuple(
        (north, east)
        for north in steps
        for east in steps
        if north * north + east * east <= (radius + 0.5) ** 2
    )


def learn_places(visits: Visits) -> Places:
    """Return the usual places from the visits of the last days.

    Cells that were seen on fewer than three days are not kept: nothing is concluded from them, and nobody needs to know them.
    """
    days = len(np.unique(visits.day))
    by_day, which = np.unique(np.stack([visits.row, visits.column, visits.day]), axis=1, return_inverse=True)
    fixes = np.bincount(which.ravel(), visits.fixes, by_day.shape[1])
    cells, which = np.unique(by_day[:2], axis=1, return_inverse=True)
    on_days = np.bincount(which.ravel(), minlength=cells.shape[1])
    stays = np.bincount(which.ravel(), fixes >= _STAY_FIXES, cells.shape[1])
    kept = on_days >= LEAST_DAYS
    columns = (cells[0][kept], cells[1][kept], on_days[kept], stays[kept].astype(np.int64))
    rows = zip(*(one.tolist() for one in columns), strict=True)
    seen = {(row, column): (seen_on, stayed_on) for row, column, seen_on, stayed_on in rows}
    return Places(days, seen, _out_hours(visits, seen, days))


def _out_hours(visits: Visits, seen: Mapping[Cell, tuple[int, int]], days: int) -> frozenset[int]:
    """Return the hours in which somebody is usually away from where they stay most."""
    if not seen:
        return frozenset()
    home = max(seen, key=lambda cell: (seen[cell][1], seen[cell][0]))
    far = np.maximum(np.abs(visits.row - home[0]), np.abs(visits.column - home[1])) > _OUT_CELLS
    slots, which = np.unique(visits.day * 24 + visits.hour, return_inverse=True)
    fixes = np.bincount(which, visits.fixes, len(slots))
    out = slots[np.bincount(which, visits.fixes * far, len(slots)) >= _OUT_FIXES_SHARE * fixes]
    least = max(LEAST_DAYS, _OUT_SHARE * days)
    baseline = np.flatnonzero(np.bincount(out % 24, minlength=24) >= least)
    # An outing may begin a little earlier, or end a little later.
    return frozenset(((baseline[:, None] + np.array([-1, 0, 1])) % 24).ravel().tolist())
