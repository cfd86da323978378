"""Judges the batteries of a home once a day, from what its devices told over the last two months."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from core.store import trackers
from core.store.database import Connection
from core.store.trackers import BatteryRow
from detectors.rules.battery import SLOPE_DAYS, BatterySeries, judge_batteries, next_check
from detectors.rules.judgement import Judgement

_JUDGED_BACK = timedelta(days=30)


def judge(
    connection: Connection,
    home: int,
    zone: ZoneInfo,
    span: tuple[datetime, datetime],
    watched_from: datetime,
    began_at: datetime | None,
) -> Judgement | None:
    """Judge the span (since, until]; None if no check lies in it.

    Parameters
    ----------
    connection : Connection
        Inside the transaction of the one who judges.
    home : int
        Whose devices.
    zone : ZoneInfo
        The home's.
    span : tuple of datetime
        Since when and until when.
    watched_from : datetime
        Nothing is raised before.
    began_at : datetime or None
        When the oldest alert about a battery of this home that is active began.
    """
    since, until = span
    if next_check(zone, since) > until:
        return None
    first = min(since - _JUDGED_BACK, began_at or since)
    learned_from = first - timedelta(days=SLOPE_DAYS + 1)
    rows = trackers.batteries(connection, home, zone, learned_from, until)
    found = [_series(row) for row in rows]
    return judge_batteries(found, zone, since, until, watched_from=watched_from, told_from=first)


def _series(row: BatteryRow) -> BatterySeries:
    return BatterySeries(
        row.device,
        row.kind,
        row.place,
        np.array(row.days, np.int64),
        np.array(row.levels, np.float64),
        np.array(row.ranges, np.float64),
        np.array(row.lows, np.bool_),
    )
