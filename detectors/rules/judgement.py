"""What every rule takes and gives: a window of what happened, the time up to which it may be judged, and what was found.

A rule judges *time*, not messages: it is asked what there is to say about the span from `judged_through` to `until`, from readings
ordered by the time they happened. So the same data give the same findings whether they came live, late, repeated, or in one batch
(ADR 2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from core.domain.alert import Finding
from core.domain.geofence import Geofence

P = TypeVar("P")


@dataclass(frozen=True)
class Interval:
    """From `began_at` up to `ended_at`; None means it still lasts."""

    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class LifeSigns:
    """Life signs of a home in order of time.

    Attributes
    ----------
    time : ndarray, shape (n,), float64
        Unix seconds, not decreasing.
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
class Sos:
    """One press of an emergency button; `number` and `seq` name it."""

    device: int
    place: str
    time: datetime
    received_at: datetime
    seq: int


@dataclass(frozen=True)
class Window:
    """All that a rule may look at.

    Attributes
    ----------
    resident : int
        Whose window it is.
    zone : ZoneInfo
        The home's zone, for everything that is about the clock on the wall.
    life_signs, track, sos
        What was measured from `since` on.
    since : datetime
        Older data are not in the window.
    watched_from : datetime
        Before this nothing is judged.
    blind : sequence of Interval
        When the home, or the whole ward, could not be heard; silence in it says nothing.
    pauses : sequence of Interval
        Planned absences.
    geofences : sequence of Geofence
        The resident's own.
    """

    resident: int
    zone: ZoneInfo
    since: datetime
    watched_from: datetime
    life_signs: LifeSigns
    track: Track
    sos: Sequence[Sos]
    blind: Sequence[Interval]
    pauses: Sequence[Interval]
    geofences: Sequence[Geofence]


@dataclass(frozen=True)
class Judgement:
    """What a rule says about the time up to `until`.

    Attributes
    ----------
    findings : tuple of Finding
        All episodes that were raised, or still held, in the judged span, in order of time.
    due_at : datetime or None
        The next moment at which the answer can change without a new reading; None if only a reading can change it.
    can_tell : bool
        False where the rule could not judge (blind, too little data): neither "all is well" nor "something is wrong".
    """

    findings: tuple[Finding, ...]
    due_at: datetime | None
    can_tell: bool


class Rule(Protocol[P]):
    """A rule: pure, without clock, database, network or settings. `P` is what it learned about the resident."""

    name: str
    version: int

    def learn(self, history: Window, until: datetime) -> P:
        """Return the resident's usual, learned from what happened before `until`."""
        ...

    def judge(self, window: Window, usual: P, since: datetime, until: datetime) -> Judgement:
        """Judge the span (since, until]."""
        ...

    def to_json(self, usual: P) -> Mapping[str, object]:
        """Return what was learned as JSON values."""
        ...

    def from_json(self, body: Mapping[str, object]) -> P:
        """Return what was learned from JSON values that `to_json` made."""
        ...
