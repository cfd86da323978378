"""Judges four times a day whether the sensors of a home still tell what happens, from what they told over two weeks."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from core.domain.device import DeviceKind
from core.store.database import Connection
from core.store.telemetry import metric_series
from core.store.telemetry.metric_series import Series
from detectors.engine.daily.schedule import DailyCheck, DailySpan
from detectors.engine.home_context import HomeContext
from detectors.features.availability import Link
from detectors.features.mute_devices import REACH_S
from detectors.features.stuck_patterns import METRICS, Sensor, Told
from detectors.features.window import Judgement
from detectors.rules.device_stuck import HISTORY, NAME, is_judged_by_silence, judge_sensors, next_check

_NO_SENSORS = frozenset({DeviceKind.TRACKER, DeviceKind.GATEWAY, DeviceKind.CANARY, DeviceKind.BUTTON})


def check(case: HomeContext) -> DailyCheck:
    """Return the check of a home's sensors."""
    zone, record = case.lead.zone, case.record
    people = [one.number for one in record.people]
    judge_home = partial(judge, case.connection, (case.span.home, people), record.links, zone)
    return DailyCheck(NAME, case.lead, record.devices, partial(next_check, zone), judge_home)


def judge(
    connection: Connection,
    home: tuple[int, Sequence[int]],
    links: Sequence[Link],
    zone: ZoneInfo,
    span: DailySpan,
) -> Judgement:
    """Judge the sensors of a home at the checks of a span.

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
    span : DailySpan
        What is to be judged.
    """
    here = {one.device: one for one in links if one.kind not in _NO_SENSORS}
    number, people = home
    told: dict[tuple[int, str], Series] = {}
    for resident in people:
        for row in metric_series.series(
            connection, number, resident, METRICS, span.earliest - HISTORY, span.until
        ):
            told[row.device, row.metric] = row
    sensors = [
        _sensor(link, [row for row in told.values() if row.device == link.device]) for link in here.values()
    ]
    told_at: dict[int, NDArray[np.float64]] | None = None
    if any(is_judged_by_silence(one) for one in sensors):
        reach = span.earliest - timedelta(seconds=REACH_S)
        told_at = {
            device: np.unique(np.array(times, np.float64))
            for device, times in metric_series.told_at(connection, number, reach, span.until)
        }
    return judge_sensors(
        sensors,
        zone,
        (span.since, span.until),
        watched_from=span.watched_from,
        told_from=min(span.since - HISTORY, span.earliest),
        told_at=told_at,
    )


def _sensor(link: Link, rows: Sequence[Series]) -> Sensor:
    told = [
        Told(row.metric, np.array(row.times, np.float64), np.array(row.values, np.float64)) for row in rows
    ]
    return Sensor(
        link.device,
        link.kind,
        link.place,
        told,
        has_heartbeat=link.heartbeat is not None,
        has_status=bool(link.status),
    )
