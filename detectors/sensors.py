"""Judges four times a day whether the sensors of a home still tell what happens, from what they told over two weeks."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from core.domain.device import DeviceKind
from core.store import measurements
from core.store.database import Connection
from core.store.measurements import Series
from detectors.rules.judgement import Judgement
from detectors.rules.silence import Link
from detectors.rules.standstill import METRICS, Sensor, Told
from detectors.rules.stuck import HISTORY, judge_sensors, next_check

_NO_SENSORS = frozenset({DeviceKind.TRACKER, DeviceKind.GATEWAY, DeviceKind.CANARY, DeviceKind.BUTTON})


def judge(
    connection: Connection,
    home: tuple[int, Sequence[int]],
    links: Sequence[Link],
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
    home : tuple of int and sequence of int
        The home, and who lives there: somebody's own devices are read with theirs.
    links : sequence of Link
        Its devices now; of others nothing is said.
    zone : ZoneInfo
        The home's.
    span : tuple of datetime
        Since when and until when.
    watched_from : datetime
        Nothing is raised before.
    began_at : datetime or None
        When the oldest alert about a stuck sensor of this home that is active began.
    """
    since, until = span
    if next_check(zone, since) > until:
        return None
    here = {one.device: one for one in links if one.kind not in _NO_SENSORS}
    first = min(since, began_at or since) - HISTORY
    told: dict[tuple[int, str], Series] = {}
    for resident in home[1]:
        for row in measurements.series(connection, home[0], resident, METRICS, first, until):
            told[row.device, row.metric] = row
    sensors = [
        _sensor(link, [row for row in told.values() if row.device == link.device]) for link in here.values()
    ]
    told_from = min(since - HISTORY, began_at or since)
    return judge_sensors(sensors, zone, span, watched_from=watched_from, told_from=told_from)


def _sensor(link: Link, rows: Sequence[Series]) -> Sensor:
    told = [
        Told(row.metric, np.array(row.times, np.float64), np.array(row.values, np.float64)) for row in rows
    ]
    return Sensor(link.device, link.kind, link.place, told, has_heartbeat=link.heartbeat is not None)
