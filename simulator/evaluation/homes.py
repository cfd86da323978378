"""The life signs of recorded homes, as the rules and protocol P see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

import numpy as np
from numpy.typing import NDArray

from core.domain.device import DeviceKind
from core.domain.metrics import (
    BED_OCCUPIED,
    BUTTON,
    CONTACT_OPEN,
    CONTACT_USED,
    METRICS,
    Evidence,
    MetricKind,
)
from core.errors import InputError
from detectors.features.window import LIFE_KINDS, LifeSigns
from simulator.replay.place_names import says_door, says_fridge
from simulator.replay.readings import QUARTER_S, RecordedReadings
from simulator.replay.recording import Recording

# A button, a contact or a bed says something by whichever value it sends; the others act only when they are on.
_ACTS_AT_ZERO = frozenset({CONTACT_OPEN.name, CONTACT_USED.name, BUTTON.name, BED_OCCUPIED.name})
# Of all others the place decides.
_KINDS_OF_THEIR_OWN = frozenset({DeviceKind.BED, DeviceKind.BUTTON, DeviceKind.DOOR})
_KIND_OF_METRIC = {
    one.name: one.device_kind
    for one in METRICS.values()
    if one.device_kind is not None and one.device_kind in _KINDS_OF_THEIR_OWN
}
_MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class EvaluatedRecording:
    """The life signs of one home; times are those of the wall clock there, as if it were UTC."""

    home: str
    signs: LifeSigns


@dataclass(frozen=True)
class EvaluatedHomes:
    """The homes of a recording.

    Attributes
    ----------
    homes : sequence of EvaluatedRecording
        In order of their names in the file.
    repeated : int
        How many life signs were there already: the same home, place, kind and time.
    unchanged : int
        How many states were there already, or are the first of their sensor: they show nobody's act, as live.
    zone : tzinfo or None
        The zone that was given.
    in_utc : bool
        Whether times are said to be in UTC and were not moved to a zone, so that they may not be those of the wall clock.
    """

    homes: Sequence[EvaluatedRecording]
    repeated: int
    unchanged: int
    zone: tzinfo | None
    in_utc: bool


def homes_of(recording: Recording, name: str, zone: tzinfo | None = None) -> EvaluatedHomes:
    """Return the life signs of each home of a recording.

    Only metrics that show a person acting count, and of those that say on and off only "on". What is there twice counts once.

    Parameters
    ----------
    recording : Recording
        What was read.
    name : str
        The file, for errors.
    zone : tzinfo or None
        Times are those that the wall clock there shows; None takes the clock that the file shows.

    Raises
    ------
    InputError
        Nothing in it shows a person acting.
    """
    readings = recording.readings
    acts, is_new = _acts(readings), _is_new(readings)
    acting = readings.where(acts & is_new)
    if not len(acting):
        raise InputError(f"{name} holds no event that shows a person acting")
    wall = _wall_clock(acting, zone)
    numbers_of: dict[str, list[int]] = {}
    for number, source in acting.reporting():
        numbers_of.setdefault(source.home, []).append(number)
    named = sorted((recording.names.get(home, home), home) for home in numbers_of)
    homes: list[EvaluatedRecording] = []
    for shown, home in named:
        here = np.isin(acting.source, np.array(numbers_of[home], np.int32))
        homes.append(EvaluatedRecording(shown, _signs(recording, acting, here, wall)))
    distinct = sum(len(one.signs.time) for one in homes)
    said_utc = int(np.count_nonzero(readings.quarters == 0)) - recording.without_offset
    unchanged = int(np.count_nonzero(acts & ~is_new))
    return EvaluatedHomes(homes, len(acting) - distinct, unchanged, zone, zone is None and said_utc > 0)


def _acts(readings: RecordedReadings) -> NDArray[np.bool_]:
    """Return which readings show that a person acted."""
    sources = readings.sources
    is_life = np.array([METRICS[one.metric].kind is MetricKind.LIFE for one in sources], np.bool_)
    at_zero = np.array([one.metric in _ACTS_AT_ZERO for one in sources], np.bool_)
    return is_life[readings.source] & (at_zero[readings.source] | (readings.value != 0))


def _is_new(readings: RecordedReadings) -> NDArray[np.bool_]:
    """Return which readings are no state, or one that differs from the one before of the same sensor."""
    states = [METRICS[one.metric].evidence is Evidence.STATE for one in readings.sources]
    is_state = np.array(states, np.bool_)[readings.source]
    order = np.argsort(readings.source, kind="stable")
    source, value = readings.source[order], readings.value[order]
    differs = np.zeros(len(order), np.bool_)
    differs[order[1:]] = (source[1:] == source[:-1]) & (value[1:] != value[:-1])
    return differs | ~is_state


def _wall_clock(readings: RecordedReadings, zone: tzinfo | None) -> NDArray[np.float64]:
    """Return what the wall clock showed in seconds, as if it were UTC."""
    if zone is None:
        ahead_s = readings.quarters.astype(np.int64) * QUARTER_S
    else:
        quarters, index = np.unique(readings.time_us // (QUARTER_S * _MICROSECONDS), return_inverse=True)
        offsets = [
            datetime.fromtimestamp(quarter * QUARTER_S, UTC).astimezone(zone).utcoffset()
            for quarter in quarters.tolist()
        ]
        ahead_s = np.array([0 if one is None else one.total_seconds() for one in offsets], np.int64)[index]
    return (readings.time_us + ahead_s * _MICROSECONDS) / _MICROSECONDS


def _signs(
    recording: Recording, readings: RecordedReadings, here: NDArray[np.bool_], wall: NDArray[np.float64]
) -> LifeSigns:
    named = [(recording.place_names.get(one.place, one.place), one.metric) for one in readings.sources]
    source = readings.source[here]
    used: list[int] = np.unique(source).tolist()
    places = sorted({named[number][0] for number in used})
    kind, place = np.zeros(len(named), np.int8), np.zeros(len(named), np.int16)
    for number in used:
        kind[number] = LIFE_KINDS.index(kind_of(*named[number]))
        place[number] = places.index(named[number][0])
    return _life_signs(wall[here], kind[source], place[source], tuple(places))


def is_entrance(place: str) -> bool:
    """Return whether a place is a door of the home (protocol P, 1): its name says door, and it is not the fridge's."""
    return says_door(place) and not says_fridge(place)


def kind_of(place: str, metric: str = "") -> DeviceKind:
    """Return which kind of device a place and a metric stand for.

    Examples
    --------
    >>> [kind_of(*one).value for one in (("Front Door", ""), ("fridge-door", ""), ("玄関", "contact_open"), ("玄関", "motion"))]
    ['door', 'fridge', 'door', 'motion']
    """
    kind = _KIND_OF_METRIC.get(metric, DeviceKind.DOOR if is_entrance(place) else DeviceKind.MOTION)
    return DeviceKind.FRIDGE if kind in (DeviceKind.DOOR, DeviceKind.MOTION) and says_fridge(place) else kind


def life_signs_of(time: NDArray[np.float64], place: list[str], kind: list[DeviceKind]) -> LifeSigns:
    """Return events in any order as life signs; what is there twice counts once."""
    kinds = np.array([LIFE_KINDS.index(one) for one in kind], np.int8)
    places, index = np.unique(np.array(place), return_inverse=True)
    return _life_signs(time, kinds, index.astype(np.int16), tuple(places.tolist()))


def _life_signs(
    time: NDArray[np.float64], kind: NDArray[np.int8], place: NDArray[np.int16], places: tuple[str, ...]
) -> LifeSigns:
    order = np.argsort(time, kind="stable")
    time, kind, place = time[order], kind[order], place[order]
    distinct = ~_is_repeated(time, kind.astype(np.int64) * len(places) + place)
    return LifeSigns(time[distinct], kind[distinct], place[distinct], places)


def _is_repeated(time: NDArray[np.float64], what: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which entries, in order of time, were there already: a repeat must not confirm itself."""
    repeated = np.zeros(len(time), np.bool_)
    same = np.diff(time) == 0
    if same.any():
        # Only those that share their moment need to be looked at more closely.
        near = np.flatnonzero(np.append(False, same) | np.append(same, False))
        _, first = np.unique(np.stack([time[near], what[near]]), axis=1, return_index=True)
        repeated[near] = True
        repeated[near[first]] = False
    return repeated
