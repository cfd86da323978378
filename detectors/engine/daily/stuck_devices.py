"""Evaluates four times a day whether the sensors of a home still report what happens, from what they reported over two weeks."""

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
from detectors.features.mute_devices import LOOKBACK_S
from detectors.features.stuck_patterns import METRICS, ReportedMetric, Sensor
from detectors.rules.base import Evaluation
from detectors.rules.device_stuck import HISTORY, NAME, evaluate_sensors, is_evaluated_by_silence, next_check

_NO_SENSORS = frozenset({DeviceKind.TRACKER, DeviceKind.GATEWAY, DeviceKind.CANARY, DeviceKind.BUTTON})


def check(context: HomeContext) -> DailyCheck:
    """Return the check of a home's sensors."""
    zone, record = context.lead.zone, context.record
    people = [one.number for one in record.people]
    evaluate_home = partial(evaluate, context.connection, (context.span.home, people), record.links, zone)
    return DailyCheck(NAME, context.lead, record.devices, partial(next_check, zone), evaluate_home)


def evaluate(
    connection: Connection,
    home: tuple[int, Sequence[int]],
    links: Sequence[Link],
    zone: ZoneInfo,
    span: DailySpan,
) -> Evaluation:
    """Evaluate the sensors of a home at the checks of a span.

    Parameters
    ----------
    connection : Connection
        Inside the transaction of the one who evaluates.
    home : tuple of int and sequence of int
        The home, and who lives there: somebody's own devices are read with theirs.
    links : sequence of Link
        Its devices now; of others nothing is said.
    zone : ZoneInfo
        The home's.
    span : DailySpan
        What is to be evaluated.
    """
    here = {one.device: one for one in links if one.kind not in _NO_SENSORS}
    number, people = home
    reported: dict[tuple[int, str], Series] = {}
    for resident in people:
        for row in metric_series.series(
            connection, number, resident, METRICS, span.earliest - HISTORY, span.until
        ):
            reported[row.device, row.metric] = row
    sensors = [
        _sensor(link, [row for row in reported.values() if row.device == link.device])
        for link in here.values()
    ]
    reported_at: dict[int, NDArray[np.float64]] | None = None
    if any(is_evaluated_by_silence(one) for one in sensors):
        since = span.earliest - timedelta(seconds=LOOKBACK_S)
        reported_at = {
            device: np.unique(np.array(times, np.float64))
            for device, times in metric_series.report_times(connection, number, since, span.until)
        }
    return evaluate_sensors(
        sensors,
        zone,
        (span.since, span.until),
        watched_from=span.watched_from,
        raised_from=min(span.since - HISTORY, span.earliest),
        reported_at=reported_at,
    )


def _sensor(link: Link, rows: Sequence[Series]) -> Sensor:
    reported = [
        ReportedMetric(row.metric, np.array(row.times, np.float64), np.array(row.values, np.float64))
        for row in rows
    ]
    return Sensor(
        link.device,
        link.kind,
        link.place,
        reported,
        has_heartbeat=link.heartbeat is not None,
        has_status=bool(link.status),
        hold_s=max((row.hold_s for row in rows if row.hold_s is not None), default=None),
    )
