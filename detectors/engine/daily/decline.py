"""Compares a resident's days with those before, once a day; what was counted is kept, so that each day is counted once."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from math import isnan
from typing import Any

import numpy as np

from core.domain.alert import Subject
from core.store.database import Connection
from core.store.detection.evaluation_queue import WatchedResident
from core.store.people import baselines
from core.store.telemetry import rule_windows
from detectors.baselines.exclusions import excluded_at_home
from detectors.baselines.store import BaselineSubject, keep
from detectors.engine.daily.schedule import DailyCheck, DailySpan
from detectors.engine.home_context import HomeContext
from detectors.features.activity_counts import DailyCounts, count_days
from detectors.features.chatter import SURROUNDINGS_S
from detectors.features.local_time import midnight
from detectors.features.observability import until_now
from detectors.rules import decline
from detectors.rules.base import Evaluation
from detectors.rules.decline import WORSE, evaluate_days, next_check
from detectors.windows.series import SURE_WITHIN_S, believed, disbelieved, merged, signs_after

# The newest days are compared with the two months before them; a note holds for some weeks.
_DAYS = 130
_NAMES = tuple(WORSE)
_JUST = timedelta(microseconds=1)
_EVALUATED_BACK = timedelta(days=30)

Row = Sequence[float | None]


def check(context: HomeContext, resident: WatchedResident) -> DailyCheck:
    """Return the check of a resident's days."""
    subject = BaselineSubject(resident.number, context.span.home, resident.zone)
    return DailyCheck(
        decline.NAME,
        resident,
        [Subject.of_resident(resident.number)],
        partial(next_check, resident.zone, resident.number),
        partial(_evaluate, context.connection, subject),
    )


def count_ahead(connection: Connection, subject: BaselineSubject, today: date) -> None:
    """Count what is stored about somebody whose days were never counted, so that pages can show their week before the first check.

    Yesterday is left to that check, which is late enough for what comes late.
    """
    name, version, yesterday = decline.NAME, decline.VERSION, today - timedelta(days=1)
    if baselines.latest(connection, subject.resident, name, version, today) is None:
        rows = _rows(_count(connection, subject, yesterday - timedelta(days=_DAYS), yesterday))
        keep(connection, subject.resident, name, version, yesterday, {"days": rows})


def evaluate_past(
    connection: Connection, subject: BaselineSubject, since: datetime, until: datetime
) -> Evaluation:
    """Evaluate every check of a span of many weeks, by the days before it; nothing is kept."""
    first, today = (one.astimezone(subject.zone).date() for one in (since, until))
    counts = _count(connection, subject, first - timedelta(days=_DAYS), today)
    return evaluate_days(counts, subject.resident, subject.zone, (since, until), raised_from=since)


def _evaluate(connection: Connection, subject: BaselineSubject, span: DailySpan) -> Evaluation:
    rows = _counted(connection, subject, span.until.astimezone(subject.zone).date())
    raised_from = max(span.watched_from, min(span.since - _EVALUATED_BACK, span.earliest))
    return evaluate_days(
        _counts(rows), subject.resident, subject.zone, (span.since, span.until), raised_from=raised_from
    )


def _counted(connection: Connection, subject: BaselineSubject, today: date) -> list[Row]:
    """Return the counts of the days before today: those that were kept, and yesterday's."""
    resident, version = subject.resident, decline.VERSION
    body = baselines.of_day(connection, resident, decline.NAME, version, today)
    if body is not None:
        return list(body["days"])
    before = baselines.of_day(connection, resident, decline.NAME, version, today - timedelta(days=1))
    first = today - timedelta(days=1 if before is not None else _DAYS)
    kept: list[Row] = [] if before is None else list(before["days"])
    oldest = (today - timedelta(days=_DAYS)).toordinal()
    rows = [row for row in kept if (row[0] or 0) >= oldest] + _rows(_count(connection, subject, first, today))
    found: Mapping[str, Any] = {"days": rows}
    keep(connection, resident, decline.NAME, version, today, found)
    return rows


def _count(connection: Connection, subject: BaselineSubject, first: date, today: date) -> DailyCounts:
    """Count the days from `first` to the one before today. Where a sensor chattered nobody knows how much of it was so."""
    since, until = midnight(subject.zone, first), midnight(subject.zone, today)
    raised_from = since - timedelta(seconds=SURROUNDINGS_S) - _JUST
    # That a sensor chattered in the evening may be sure in the morning only. Nobody counts before that.
    sure_by = until + timedelta(seconds=SURE_WITHIN_S)
    rows = rule_windows.life_signs(connection, subject.home, subject.resident, raised_from, sure_by)
    signs = until_now(signs_after(merged(believed(rows)), since - _JUST), (until - _JUST).timestamp())
    excluded = excluded_at_home(connection, subject, since, until)
    return count_days(signs, subject.zone, excluded, disbelieved(rows))


def _rows(counts: DailyCounts) -> list[Row]:
    columns = [counts.day.tolist(), *(counts.counts[name].tolist() for name in _NAMES)]
    return [
        [None if isinstance(one, float) and isnan(one) else one for one in row]
        for row in zip(*columns, strict=True)
    ]


def _counts(rows: Sequence[Row]) -> DailyCounts:
    table = np.array([[np.nan if one is None else one for one in row] for row in rows], np.float64)
    table = table.reshape(-1, 1 + len(_NAMES))
    counts = {name: table[:, 1 + number] for number, name in enumerate(_NAMES)}
    return DailyCounts(table[:, 0].astype(np.int64), counts)
