"""Loads the window that the rules look at: as far back as they need it to give the same answer as if they saw everything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from core.store import judging, windows
from core.store.database import Connection
from core.store.judging import WatchedResident
from core.store.windows import LinkRow
from detectors.rules import geofence_exit, sos
from detectors.rules.inactivity import DECIDED_WITHIN
from detectors.rules.judgement import Blind, Interval, LifeSigns, Press, Window, no_track
from detectors.rules.silence import Link
from detectors.rules.silences import certain
from detectors.rules.sos import LONGEST_DELAY
from detectors.series import merged, track

# Life signs are loaded this far back, and further if the last one that counts is not among them.
_LOOK_BACK = (timedelta(hours=12), timedelta(days=4), timedelta(days=30), timedelta(days=120))
# A life sign needs what was around it to be judged: the door before it, its partner.
_SURROUNDINGS_S = 1200.0
# After this time the geofence filter has forgotten what was before.
_TRACK_BACK = timedelta(hours=6)
# Readings may be ahead of the judged time by the devices' clocks.
_AHEAD = timedelta(minutes=15)


@dataclass(frozen=True)
class WardView:
    """What judging a resident needs to know about the ward."""

    blind: tuple[Blind, ...]
    undecided_from: datetime | None

    @property
    def hushed(self) -> tuple[Blind, ...]:
        """Times in which nothing may be concluded from silence, or not yet."""
        if self.undecided_from is None:
            return self.blind
        return (*self.blind, Blind(self.undecided_from, None, self.undecided_from))


def load_window(
    connection: Connection,
    home: int,
    resident: WatchedResident,
    span: tuple[datetime, datetime],
    *,
    blind: Sequence[Blind],
    undecided_from: datetime | None,
    is_lead: bool,
) -> Window:
    """Return the window of a resident for judging a span (since, until]."""
    since, until = span
    fences = windows.geofences(connection, resident.number)
    fixes: Sequence[tuple[float, float, float, float]] = ()
    if fences:
        track_from = _track_from(connection, resident.number, since)
        fixes = windows.track(connection, home, resident.number, track_from, until + _AHEAD, is_lead=is_lead)
    return Window(
        resident=resident.number,
        zone=resident.zone,
        watched_from=resident.watched_from,
        life_signs=_life_signs(connection, home, resident.number, since, until),
        track=track(fixes),
        presses=(),
        blind=blind,
        pauses=() if resident.pause is None else (Interval(*resident.pause),),
        geofences=fences,
        undecided_from=undecided_from,
    )


def load_calls(
    connection: Connection, home: int, resident: WatchedResident, since: datetime, *, is_lead: bool
) -> Window:
    """Return a window with nothing but the presses of emergency buttons."""
    rows = windows.presses(connection, home, resident.number, since - LONGEST_DELAY, is_lead=is_lead)
    return Window(
        resident=resident.number,
        zone=resident.zone,
        watched_from=resident.watched_from,
        life_signs=merged(()),
        track=no_track(),
        presses=[Press(one.device, one.place, one.time, one.received_at, one.seq) for one in rows],
        blind=(),
        pauses=(),
        geofences=(),
        closed_calls=judging.closings(connection, resident.number, sos.NAME, since - LONGEST_DELAY),
    )


def load_links(connection: Connection, home: int, since: datetime, until: datetime) -> list[Link]:
    """Return the links to the devices of a home, with what they said since `since`."""
    said = windows.statuses(connection, home, since, until)
    return [_link(row, said.get(row.device, [])) for row in windows.links(connection, home, until)]


def load_blind(connection: Connection, home: int, since: datetime, until: datetime) -> list[Blind]:
    """Return the blind time of a home that is on record."""
    found = judging.blind_times(connection, (f"home:{home}",), since, until)
    return [Blind(one.began_at, one.ended_at, one.known_at) for one in found]


def _link(row: LinkRow, status: Sequence[tuple[datetime, bool]]) -> Link:
    heard = {one for one in (row.silent_since, row.last_heard_at) if one is not None}
    return Link(row.device, row.kind, row.place, row.heartbeat, tuple(sorted(heard)), tuple(status))


def _life_signs(
    connection: Connection, home: int, resident: int, since: datetime, until: datetime
) -> LifeSigns:
    """Return life signs from the last one that counts before the span on."""
    told_from = since - DECIDED_WITHIN
    signs = merged(())
    for back in _LOOK_BACK:
        loaded_from = told_from - back
        signs = merged(windows.life_signs(connection, home, resident, loaded_from, until + _AHEAD))
        counting = signs.time[certain(signs, confirmed_only=True)]
        whole = counting[counting > loaded_from.timestamp() + _SURROUNDINGS_S]
        if np.any(whole <= told_from.timestamp()):
            break
    return signs


def _track_from(connection: Connection, resident: int, since: datetime) -> datetime:
    began = [
        one.began_at for one in judging.active_alerts(connection, resident) if one.rule == geofence_exit.NAME
    ]
    return min([since, *began]) - _TRACK_BACK
