"""Loads the window that the rules look at: as far back as they need it to give the same answer as if they saw everything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import numpy as np

from core.domain.alert import Subject
from core.domain.geofence import Geofence
from core.domain.metrics import HUMIDITY_PCT, NEAR_HOME, POWER_W, TEMPERATURE_C
from core.domain.planned_absence import Absence
from core.domain.rule_spec import Family
from core.domain.rules import names_of
from core.store.database import Connection
from core.store.detection import evaluation_queue
from core.store.detection.evaluation_queue import WatchedResident
from core.store.people import planned_absences as absences
from core.store.telemetry import blind_times, metric_series, occupancies, rule_windows
from core.store.telemetry.blind_times import BlindTime
from core.store.telemetry.metric_series import RuleInputs, Series
from core.store.telemetry.occupancies import SEES_STILLNESS
from core.store.telemetry.rule_windows import DeviceLifeSigns
from detectors.features import presence
from detectors.features.chatter import SURROUNDINGS_S
from detectors.features.door_presence import DoorWatch
from detectors.features.observability import until_now
from detectors.features.silence_profile import certain
from detectors.features.window import (
    Blind,
    LifeSigns,
    PlannedAbsence,
    Press,
    SaidSafe,
    Track,
    Window,
    no_track,
)
from detectors.rules import absence_not_taken, emergency_call
from detectors.rules.emergency_call import LONGEST_DELAY
from detectors.rules.inactivity import DECIDED_WITHIN
from detectors.windows.series import (
    believed,
    chattering,
    merged,
    near_home,
    occupancy_series,
    power_series,
    room_series,
    since_of,
    times_of,
    track,
)

# Life signs are loaded this far back, and further if the last one that counts is not among them: a rule about a night or a morning holds
# until the next, and is evaluated from its beginning.
_LOOK_BACK = (timedelta(hours=27), timedelta(days=4), timedelta(days=30), timedelta(days=120))
# A life sign needs what was around it to be evaluated: the door before it, its partner.
_SURROUNDINGS_S = 1200.0
# After this time the geofence filter has forgotten what was before.
_TRACK_BACK = timedelta(hours=6)
# An outing is seen from its beginning: further back while the first fix is far from home.
_OUTING_BACK = (_TRACK_BACK, timedelta(hours=27), timedelta(days=4))
# The climate of rooms is evaluated by spells, each from its beginning; appliances by the local day.
_CLIMATE_BACK = timedelta(hours=7)
_POWER_BACK = timedelta(hours=30)
_CLIMATE_RULES = names_of(Family.CLIMATE)
# What rules look at beside life signs and fixes.
SERIES = (TEMPERATURE_C.name, HUMIDITY_PCT.name, POWER_W.name, NEAR_HOME.name)
# Where somebody lay still for longer, nothing is raised.
_OCCUPANCY_BACK = timedelta(hours=12)
# Of what stands whether somebody is there.
OCCUPANCIES = tuple(one.name for one in SEES_STILLNESS)
# Absences that were planned this far back may still count; those ahead have deadlines.
ABSENCES_BACK, ABSENCES_AHEAD = timedelta(days=3), timedelta(days=8)
# Blind time that may lie in a silence that still lasts.
BLIND_BACK = timedelta(days=120)
# Readings may be ahead of the evaluated time by the devices' clocks.
_AHEAD = timedelta(minutes=15)
# What is older when it comes is on record as late: the one call for help among it is looked for as far back as it reaches.
LATE = timedelta(days=7)


@dataclass(frozen=True)
class WardView:
    """What evaluating a resident needs to know about the ward."""

    blind: tuple[Blind, ...]
    undecided_from: datetime | None

    @property
    def suppressed(self) -> tuple[Blind, ...]:
        """Times in which nothing may be concluded from silence, or not yet."""
        if self.undecided_from is None:
            return self.blind
        return (*self.blind, Blind(self.undecided_from, None, self.undecided_from))


@dataclass(frozen=True)
class HomeView:
    """What evaluating a resident needs to know about the home: what was in contact, and which equipment there is."""

    home: int
    blind: Sequence[Blind]
    undecided_from: datetime | None
    has_door: bool
    has_tracker: bool
    doors: DoorWatch = field(default_factory=partial(DoorWatch, has_sensor=False))


@dataclass(frozen=True)
class Planned:
    """What people have laid down or said about a resident, and whether `SERIES` and `OCCUPANCIES` are measured in the home."""

    fences: Sequence[Geofence]
    absences: Sequence[Absence]
    has_series: bool = True
    has_occupancies: bool = True
    said_safe: Sequence[SaidSafe] = ()


def load_window(
    connection: Connection,
    resident: WatchedResident,
    span: tuple[datetime, datetime],
    view: HomeView,
    situation: RuleInputs,
    *,
    is_lead: bool,
    open_since: Mapping[str, datetime],
    laid_down: Planned | None = None,
    lately: Sequence[DeviceLifeSigns] | None = None,
) -> Window:
    """Return the window of a resident for evaluating a span (since, until].

    `open_since` says by rule when what is still open began; what is `laid_down`, and the life signs of `lately`, are read unless they are given.
    """
    since, until = span
    began = open_since
    if laid_down is None:
        laid_down = Planned(
            rule_windows.geofences(connection, [resident.number]),
            absences.of_resident(connection, resident.number, since - ABSENCES_BACK, until + ABSENCES_AHEAD),
        )
    fences = laid_down.fences
    rows_of_signs, signs, chatterers = _life_signs(connection, view.home, resident.number, span, lately)
    asked_for = [one.device for one in situation.quiet_limits if one.device is not None]
    seen = no_track()
    if fences or view.has_tracker:
        loader = _TrackLoader(connection, view.home, resident.number, is_lead=is_lead)
        seen = loader.load(min([since, *began.values()]), until, situation.home)
    away = (
        []
        if situation.home is None
        else presence.away(_until(seen, until), situation.home, until_now(signs, until.timestamp()))
    )
    planned = _planned(laid_down.absences, resident, since, until)
    rows = (
        _series(connection, view.home, resident.number, since, until, began) if laid_down.has_series else []
    )
    there_from = min([since, *began.values()]) - _OCCUPANCY_BACK
    there = (
        occupancies.changes(connection, view.home, resident.number, there_from, until)
        if laid_down.has_occupancies
        else []
    )
    climate_from = min([since, *(began[rule] for rule in _CLIMATE_RULES & began.keys())]) - _CLIMATE_BACK
    return Window(
        resident=resident.number,
        zone=resident.zone,
        watched_from=resident.watched_from,
        life_signs=signs,
        track=seen,
        presses=(),
        blind=view.blind,
        pauses=absence_not_taken.pauses(planned, signs, until, has_door=view.has_door, away=away),
        geofences=fences,
        undecided_from=view.undecided_from,
        rooms=[room for one in room_series(rows) if len((room := since_of(one, climate_from)).time)],
        power=power_series(rows),
        occupancies=occupancy_series(there),
        absences=planned,
        away=away,
        home=situation.home,
        near_home=near_home(rows),
        chattering=chatterers,
        said_safe=laid_down.said_safe,
        device_signs={device: times_of(rows_of_signs, device) for device in asked_for},
    )


def load_calls(
    connection: Connection,
    home: int,
    resident: WatchedResident,
    since: datetime,
    *,
    is_lead: bool,
    call: str = emergency_call.NAME,
) -> Window:
    """Return a window with nothing but calls for help of one kind, such as presses of emergency buttons."""
    began = since - LONGEST_DELAY
    rows = rule_windows.presses(
        connection, home, resident.number, began,
        began_from=calls_from(resident, since), is_lead=is_lead, metric=call,
    )  # fmt: skip
    closings = evaluation_queue.closings(connection, resident.number, call, began) if rows else []
    return Window(
        resident=resident.number,
        zone=resident.zone,
        watched_from=resident.watched_from,
        life_signs=merged(()),
        track=no_track(),
        presses=[
            Press(one.device, one.place, one.time, one.received_at, one.seq, one.calm_at) for one in rows
        ],
        blind=(),
        pauses=(),
        geofences=(),
        closed_calls=closings,
    )


def calls_from(resident: WatchedResident, since: datetime) -> datetime:
    """Return a moment before the times of all calls that were received since a day before `since`.

    A button whose clock is behind says a time of long ago, and it is raised all the same: what came late is on record.
    """
    on_time = since - LONGEST_DELAY - LATE
    if resident.late_from is None or resident.late_until is None:
        return on_time
    is_asked_for = resident.late_until + LONGEST_DELAY >= since - LONGEST_DELAY
    return min(on_time, resident.late_from) if is_asked_for else on_time


def load_blind(connection: Connection, home: int, since: datetime, until: datetime) -> list[Blind]:
    """Return the blind time of a home that is on record."""
    return blind_on_record(blind_times.of_subjects(connection, (Subject.of_home(home),), since, until))


def blind_on_record(found: Sequence[BlindTime]) -> list[Blind]:
    """Return blind time in the form in which rules read it."""
    return [Blind(one.began_at, one.ended_at, one.known_at) for one in found]


def lately_of(
    connection: Connection, asked: Mapping[int, tuple[int, datetime]], until: datetime
) -> dict[int, list[DeviceLifeSigns]]:
    """Return of residents, each given with the home and the beginning of a span until `until`, the life signs that are looked at first.

    Of those whose span has yet to begin there are none.
    """
    spans = {
        resident: (home, since - DECIDED_WITHIN - _LOOK_BACK[0])
        for resident, (home, since) in asked.items()
        if since < until
    }
    return {resident: [] for resident in asked} | rule_windows.life_signs_of(
        connection, spans, until + _AHEAD
    )


def _life_signs(
    connection: Connection,
    home: int,
    resident: int,
    span: tuple[datetime, datetime],
    lately: Sequence[DeviceLifeSigns] | None,
) -> tuple[Sequence[DeviceLifeSigns], LifeSigns, frozenset[int]]:
    """Return life signs from the last one that counts before the span on, by device and all together, and which devices chatter at its end."""
    since, until = span
    raised_from = since - DECIDED_WITHIN
    signs, chatterers = merged(()), frozenset[int]()
    signs_believed: Sequence[DeviceLifeSigns] = ()
    for back in _LOOK_BACK:
        loaded_from = raised_from - back
        rows = (
            rule_windows.life_signs(connection, home, resident, loaded_from, until + _AHEAD)
            if lately is None or back != _LOOK_BACK[0]
            else lately
        )
        signs_believed = believed(rows)
        signs = merged(signs_believed)
        counting = signs.time[certain(signs)]
        # Whether a device chatters is known a day after the first sign that was loaded.
        is_calm = signs_believed == rows
        surroundings_s = _SURROUNDINGS_S if is_calm else SURROUNDINGS_S
        chatterers = frozenset[int]() if is_calm else chattering(rows, until.timestamp())
        whole = counting[counting > loaded_from.timestamp() + surroundings_s]
        if np.any(whole <= raised_from.timestamp()):
            break
    return signs_believed, signs, chatterers


@dataclass(frozen=True)
class _TrackLoader:
    connection: Connection
    home: int
    resident: int
    is_lead: bool

    def load(self, since: datetime, until: datetime, home: tuple[float, float] | None) -> Track:
        """Return a track that begins near home, as far as that can be had."""
        found = no_track()
        for back in _OUTING_BACK:
            rows = rule_windows.track(
                self.connection, self.home, self.resident, since - back, until + _AHEAD, is_lead=self.is_lead
            )
            found = track(rows)
            if home is None or not presence.begins_away(found, home):
                break
        return found


def _planned(
    planned: Sequence[Absence], resident: WatchedResident, since: datetime, until: datetime
) -> list[PlannedAbsence]:
    first, last = since - ABSENCES_BACK, until + ABSENCES_AHEAD
    return sorted(
        (
            PlannedAbsence(one.number, one.kind, began, ended)
            for one in planned
            for began, ended in absences.spans(one, resident.zone, first, last)
        ),
        key=lambda one: (one.began_at, one.number),
    )


def _series(
    connection: Connection,
    home: int,
    resident: int,
    since: datetime,
    until: datetime,
    began: Mapping[str, datetime],
) -> list[Series]:
    first = min([since - _POWER_BACK, *(one - _CLIMATE_BACK for one in began.values())])
    return metric_series.series(connection, home, resident, SERIES, first, until)


def _until(seen: Track, until: datetime) -> Track:
    count = int(np.searchsorted(seen.time, until.timestamp(), side="right"))
    return Track(seen.time[:count], seen.lat[:count], seen.lon[:count], seen.accuracy_m[:count])
