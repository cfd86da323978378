"""Evaluates the batteries of a home once a day, from what its devices reported over the last two months."""

from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np

from core.store.database import Connection
from core.store.telemetry import tracker_history
from core.store.telemetry.tracker_history import BatteryRow
from detectors.engine.daily.schedule import DailyCheck, DailySpan
from detectors.engine.home_context import HomeContext
from detectors.rules.base import Evaluation
from detectors.rules.battery import NAME, SLOPE_DAYS, BatterySeries, evaluate_batteries, next_check

_EVALUATED_BACK = timedelta(days=30)


def check(context: HomeContext) -> DailyCheck:
    """Return the check of a home's batteries."""
    zone = context.lead.zone
    evaluate_home = partial(evaluate, context.connection, context.span.home, zone)
    return DailyCheck(NAME, context.lead, context.record.devices, partial(next_check, zone), evaluate_home)


def evaluate(connection: Connection, home: int, zone: ZoneInfo, span: DailySpan) -> Evaluation:
    """Evaluate the batteries of a home at the checks of a span."""
    first = min(span.since - _EVALUATED_BACK, span.earliest)
    learned_from = first - timedelta(days=SLOPE_DAYS + 1)
    rows = tracker_history.batteries(connection, home, zone, learned_from, span.until)
    found = [_series(row) for row in rows]
    return evaluate_batteries(
        found, zone, span.since, span.until, watched_from=span.watched_from, raised_from=first
    )


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
