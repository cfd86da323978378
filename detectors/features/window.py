"""A window: all that happened to a resident and their home, in the form in which rules read it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from core.domain.device import DeviceKind
from core.domain.geofence import Geofence
from core.domain.planned_absence import AbsenceKind
from core.domain.reading import APPLIANCE_IN_USE_W

LIFE_KINDS = tuple(DeviceKind)
"""A life sign's `kind` is the place of its device's kind in this tuple."""


@dataclass(frozen=True)
class Interval:
    """From `began_at` up to `ended_at`; None means it still lasts."""

    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class Blind:
    """Time in which nothing could have been received.

    Attributes
    ----------
    began_at : datetime
        The last moment at which something was received.
    ended_at : datetime or None
        The first moment at which something was received again; None while it lasts.
    known_at : datetime
        From when on it was known. Nothing is raised from here to `ended_at`; what was raised before stays.
    """

    began_at: datetime
    ended_at: datetime | None
    known_at: datetime


@dataclass(frozen=True)
class LifeSigns:
    """Life signs of a home in order of time.

    Attributes
    ----------
    time : ndarray, shape (n,), float64
        Unix seconds, not decreasing. The same kind, place and time occur once: a repeat must not confirm itself.
    kind : ndarray, shape (n,), int8
        Place of the device's kind in `LIFE_KINDS`.
    place : ndarray, shape (n,), int16
        Index into `places`.
    places : tuple of str
        The rooms and things that occur.
    """

    time: NDArray[np.float64]
    kind: NDArray[np.int8]
    place: NDArray[np.int16]
    places: tuple[str, ...]


@dataclass(frozen=True)
class Track:
    """Fixes of a resident's tracker in order of time; every array has shape (n,).

    `time` is Unix seconds; `lat` and `lon` WGS 84 degrees; `accuracy_m` the radius of 68 % confidence, NaN where unknown.
    """

    time: NDArray[np.float64]
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    accuracy_m: NDArray[np.float64]


@dataclass(frozen=True)
class RoomSeries:
    """The climate of a room in order of time; every array has shape (n,).

    `time` is Unix seconds of a temperature in degrees Celsius; `humidity_pct` is the last relative humidity known then, NaN if there was
    none within the hour before.
    """

    place: str
    time: NDArray[np.float64]
    temperature_c: NDArray[np.float64]
    humidity_pct: NDArray[np.float64]


@dataclass(frozen=True)
class Power:
    """What an appliance drew, in order of time; both arrays have shape (n,). `time` is Unix seconds."""

    device: int
    place: str
    time: NDArray[np.float64]
    watts: NDArray[np.float64]

    def runs(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return when it was switched on and off; infinity for off while it still runs."""
        on = self.watts >= APPLIANCE_IN_USE_W
        before = np.append(False, on[:-1])[: len(on)]
        began = self.time[on & ~before]
        off = np.append(self.time[~on & before], np.inf)[: len(began)]
        return began, off


@dataclass(frozen=True)
class Occupancy:
    """From when to when a part of a device said that somebody is there, in order of time; both arrays have shape (n,).

    `began` are Unix seconds of an edge: what is only said again, or was so when the device was first in contact, begins nothing. `ended` is when it
    said for the first time after that that nobody is; infinity while it lasts. `part` is the device's number, and its channel where it has one.
    """

    part: str
    place: str
    began: NDArray[np.float64]
    ended: NDArray[np.float64]


@dataclass(frozen=True)
class PlannedAbsence:
    """One planned absence, as it falls on the calendar.

    Attributes
    ----------
    number : int
        The plan it belongs to.
    kind : AbsenceKind
        A day service is left for by the door; of the others nobody knows when they begin.
    began_at, ended_at : datetime
        From when to when it is planned.
    """

    number: int
    kind: AbsenceKind
    began_at: datetime
    ended_at: datetime


@dataclass(frozen=True, order=True)
class Press:
    """One press of an emergency button, or call of a detector; `device` and `seq` name it, `time` is the device's own clock.

    `calm_at` is when a detector last said, since its call before or in the month before its first, that all is well; None if it did not.
    """

    device: int
    place: str
    time: datetime
    received_at: datetime
    seq: int
    calm_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True)
class SaidSafe:
    """People said at `said_at` that all is well, of a silence that was raised with the beginning `began_at` and went on.

    Or the resident answered so, who was asked before it was raised (`by_resident`); then `began_at` is when they were asked, within it.
    """

    began_at: datetime
    said_at: datetime
    by_resident: bool = False


@dataclass(frozen=True)
class Window:
    """All that a rule may look at.

    Attributes
    ----------
    resident : int
        Whose window it is.
    zone : ZoneInfo
        The home's zone, for everything that is about the clock on the wall.
    watched_from : datetime
        Before this nothing is raised; what is older only teaches.
    life_signs, track, presses
        What was measured, as far back as the rules need it.
    blind : sequence of Blind
        When the home, or the whole ward, was out of contact; silence in it says nothing.
    pauses : sequence of Interval
        Planned absences.
    geofences : sequence of Geofence
        The resident's own.
    undecided_from : datetime or None
        When the whole ward was last in contact, if it is not yet decided whether the silence since then is an outage: what absence
        would raise after this moment is held back. None if there is nothing to wait for.
    closed_calls : sequence of datetime
        When people closed calls for help: a press after that is a new one.
    rooms, power, occupancies
        The climate of rooms, the power of appliances, and what saw that somebody is there, as far back as the rules need them.
    absences : sequence of PlannedAbsence
        What was planned, whether or not it took place; `pauses` are those that did, as far as anybody knows.
    away : sequence of Blind
        When a tracker says that the resident is away from home: silence in it says nothing about them.
    home : tuple of float or None
        Where the home is, in degrees, if that is known.
    near_home : ndarray, shape (n,), float64
        When the home's gateway received the resident's tracker by radio, Unix seconds, not decreasing.
    said_safe : sequence of SaidSafe
        When people said that all is well of a silence that went on: from then on it is counted anew, as a silence of its own.
    chattering : frozenset of int
        Devices that chatter at the end of the span; what they report then is not among the life signs.
    device_signs : mapping of int to ndarray
        The life signs of the devices that a rule asks for by number, Unix seconds, not decreasing.
    """

    resident: int
    zone: ZoneInfo
    watched_from: datetime
    life_signs: LifeSigns
    track: Track
    presses: Sequence[Press]
    blind: Sequence[Blind]
    pauses: Sequence[Interval]
    geofences: Sequence[Geofence]
    undecided_from: datetime | None = None
    closed_calls: Sequence[datetime] = ()
    said_safe: Sequence[SaidSafe] = ()
    rooms: Sequence[RoomSeries] = ()
    power: Sequence[Power] = ()
    occupancies: Sequence[Occupancy] = ()
    absences: Sequence[PlannedAbsence] = ()
    away: Sequence[Blind] = ()
    home: tuple[float, float] | None = None
    near_home: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    chattering: frozenset[int] = frozenset()
    device_signs: Mapping[int, NDArray[np.float64]] = field(default_factory=dict[int, NDArray[np.float64]])


def moment(seconds: float) -> datetime:
    """Return Unix seconds as a time, to the microsecond."""
    return datetime.fromtimestamp(round(seconds, 6), UTC)


def earliest(*moments: datetime | None) -> datetime | None:
    """Return the first of the moments that are given, None if there is none."""
    return min((one for one in moments if one is not None), default=None)


def life_signs(rows: Iterable[tuple[float, DeviceKind, str]]) -> LifeSigns:
    """Return life signs (Unix seconds, kind, place) in order of time, each once.

    Examples
    --------
    >>> life_signs([(60.0, DeviceKind.DOOR, "front_door"), (0.0, DeviceKind.MOTION, "hall")] * 2).time.tolist()
    [0.0, 60.0]
    """
    ordered = sorted(set(rows))
    places = tuple(sorted({place for _, _, place in ordered}))
    index = {place: number for number, place in enumerate(places)}
    return LifeSigns(
        np.array([time for time, _, _ in ordered], np.float64),
        np.array([LIFE_KINDS.index(kind) for _, kind, _ in ordered], np.int8),
        np.array([index[place] for _, _, place in ordered], np.int16),
        places,
    )


def no_track() -> Track:
    """Return an empty track."""
    return Track(np.empty(0), np.empty(0), np.empty(0), np.empty(0))
