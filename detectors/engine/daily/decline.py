"""Compares a resident's days with those before, once a day; what was counted is kept, so that each day is counted once."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from math import isnan
from typing import Any

import numpy as np

from core.store.database import Connection
from core.store.detection.evaluation_queue import WatchedResident
from core.store.people import baselines
from core.store.telemetry import rule_windows
from detectors.baselines.exclusions import masked_at_home
from detectors.baselines.store import Who, keep
from detectors.engine.daily.schedule import DailyCheck, DailySpan
from detectors.engine.home_context import HomeContext
from detectors.features.activity_counts import count_days
from detectors.features.chatter import SURROUNDINGS_S
from detectors.features.local_time import midnight
from detectors.features.observability import until_now
from detectors.features.window import Judgement
from detectors.rules import decline
from detectors.rules.decline import WORSE, DailyCounts, judge_days, next_check
from detectors.windows.series import SURE_WITHIN_S, believed, disbelieved, merged, signs_after

# The newest days are compared with the two months before them; a note holds for some weeks.
_DAYS = 130
_NAMES = tuple(WORSE)
_JUST = timedelta(microseconds=1)
_JUDGED_BACK = timedelta(days=30)

Row = Sequence[float | None]


def check(case: HomeContext, resident: WatchedResident) -> DailyCheck:
    """Return the check of a resident's days."""
    who = Who(resident.number, case.span.home, resident.zone)
    return DailyCheck(
        decline.NAME,
        resident,
        [f"resident:{resident.number}"],
        partial(next_check, resident.zone, resident.number),
        partial(_judge, case.connection, who),
    )


def count_ahead(connection: Connection, who: Who, today: date) -> None:
    """Count what is stored about somebody whose days were never counted, so that pages can show their week before the first check.

    Yesterday is left to that check, which is late enough for what comes late.
    """
    name, version, yesterday = decline.NAME, decline.VERSION, today - timedelta(days=1)
    if baselines.latest(connection, who.resident, name, version, today) is None:
        rows = _rows(_count(connection, who, yesterday - timedelta(days=_DAYS), yesterday))
        keep(connection, who.resident, name, version, yesterday, {"days": rows})


def judge_past(connection: Connection, who: Who, since: datetime, until: datetime) -> Judgement:
    """Judge every check of a span of many weeks, by the days before it; nothing is kept."""
    first, today = (one.astimezone(who.zone).date() for one in (since, until))
    counts = _count(connection, who, first - timedelta(days=_DAYS), today)
    return judge_days(counts, who.resident, who.zone, (since, until), told_from=since)


def _judge(connection: Connection, who: Who, span: DailySpan) -> Judgement:
    rows = _counted(connection, who, span.until.astimezone(who.zone).date())
    told_from = max(span.watched_from, min(span.since - _JUDGED_BACK, span.earliest))
    return judge_days(_counts(rows), who.resident, who.zone, (span.since, span.until), told_from=told_from)


def _counted(connection: Connection, who: Who, today: date) -> list[Row]:
    """Return the counts of the days before today: those that were kept, and yesterday's."""
    resident, version = who.resident, decline.VERSION
    body = baselines.of_day(connection, resident, decline.NAME, version, today)
    if body is not None:
        return list(body["days"])
    before = baselines.of_day(connection, resident, decline.NAME, version, today - timedelta(days=1))
    first = today - timedelta(days=1 if before is not None else _DAYS)
    kept: list[Row] = [] if before is None else list(before["days"])
    oldest = (today - timedelta(days=_DAYS)).toordinal()
    rows = [row for row in kept if (row[0] or 0) >= oldest] + _rows(_count(connection, who, first, today))
    found: Mapping[str, Any] = {"days": rows}
    keep(connection, resident, decline.NAME, version, today, found)
    return rows


def _count(connection: Connection, who: Who, first: date, today: date) -> DailyCounts:
    """Count the days from `first` to the one before today. Where a sensor chattered nobody knows how much of it was so."""
    since, until = midnight(who.zone, first), midnight(who.zone, today)
    told_from = since - timedelta(seconds=SURROUNDINGS_S) - _JUST
    # That a sensor chattered in the evening may be sure in the morning only. Nobody counts before that.
    sure_by = until + timedelta(seconds=SURE_WITHIN_S)
    rows = rule_windows.life_signs(connection, who.home, who.resident, told_from, sure_by)
    signs = until_now(signs_after(merged(believed(rows)), since - _JUST), (until - _JUST).timestamp())
    masked = masked_at_home(connection, who, since, until)
    return count_days(signs, who.zone, masked, disbelieved(rows))


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
