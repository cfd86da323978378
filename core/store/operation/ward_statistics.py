"""The ward's figures by month, merged so that no line stands for a few people."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from psycopg.rows import dict_row

from core.domain.alert import Outcome, Severity
from core.domain.rules import RULES
from core.domain.statistics.small_cells import LEAST, CountedCell, PublishedTable, publish
from core.store.database import Connection
from core.store.queries import load

_STATISTICS = load("operation/ward_statistics")
MOST_MONTHS = 13
"""So far back the figures go: a year, and the month to compare with the year before."""

NOT_CLOSED = "not_closed"
"""The label of alerts that nobody has closed yet."""


@dataclass(frozen=True)
class MonthTotals:
    """Sums of one month; None: of so few people that the sum is not published."""

    month: date
    watched: int | None
    alerts: int | None


@dataclass(frozen=True)
class MonthStatistics:
    """What is published of one month: people watched over by office, and alerts about people by office, rule and outcome."""

    month: date
    watched: PublishedTable
    by_office: PublishedTable
    by_rule: PublishedTable
    by_outcome: PublishedTable


def months(connection: Connection, zone: ZoneInfo, now: datetime) -> list[date]:
    """Return the whole months of which there are figures, by their first days, the newest first.

    The month that lasts is none of them: what it counts from day to day would name the people of a day.
    """
    first = connection.execute(_STATISTICS["first"]).fetchall()[0][0]
    if first is None:
        return []
    began = first.astimezone(zone).date().replace(day=1)
    found: list[date] = []
    month = _before(now.astimezone(zone).date().replace(day=1))
    while month >= began and len(found) < MOST_MONTHS:
        found.append(month)
        month = _before(month)
    return found


def totals(connection: Connection, zone: ZoneInfo, wanted: Sequence[date]) -> list[MonthTotals]:
    """Return the sums of some months, in their order in time."""
    spans = [_span(month, zone) for month in sorted(wanted)]
    values = {
        "since": [since for since, _ in spans],
        "until": [until for _, until in spans],
        "equipment": Severity.EQUIPMENT,
    }
    rows = connection.cursor(row_factory=dict_row).execute(_STATISTICS["months"], values).fetchall()
    return [
        MonthTotals(
            row["since"].astimezone(zone).date(),
            _floored(row["watched"], row["watched"]),
            _floored(row["alerts"], row["about"]),
        )
        for row in rows
    ]


def of_month(connection: Connection, zone: ZoneInfo, month: date) -> MonthStatistics:
    """Return what is published of one month.

    Parameters
    ----------
    connection : Connection
        Where to read.
    zone : ZoneInfo
        The ward's, in which its months begin.
    month : date
        Its first day; a whole month that is over.
    """
    since, until = _span(month, zone)
    values = {"since": since, "until": until, "equipment": Severity.EQUIPMENT}
    cursor = connection.cursor(row_factory=dict_row)
    watched = cursor.execute(_STATISTICS["watched"], values).fetchall()
    alerts = cursor.execute(_STATISTICS["alerts"], values).fetchall()
    offices = sorted({row["label"] for row in watched} | {row["office"] for row in alerts})
    of_office = ((row["office"], row["people"], row["n"]) for row in alerts)
    of_rule = ((row["rule"], row["people"], row["n"]) for row in alerts)
    of_outcome = ((row["outcome"] or NOT_CLOSED, row["people"], row["n"]) for row in alerts)
    return MonthStatistics(
        month,
        _table(offices, ((row["label"], row["people"], row["n"]) for row in watched)),
        _table(offices, of_office),
        _table([name for name, rule in RULES.items() if rule.lowest < Severity.EQUIPMENT], of_rule),
        _table([*(one.value for one in Outcome), NOT_CLOSED], of_outcome),
    )


def _table(labels: Sequence[str], rows: Iterable[tuple[str, Sequence[int], int]]) -> PublishedTable:
    counts: defaultdict[str, int] = defaultdict(int)
    people: defaultdict[str, set[int]] = defaultdict(set)
    for label, about, n in rows:
        counts[label] += n
        people[label].update(about)
    # A rule that is no longer known was raised all the same.
    known = [*labels, *sorted(counts.keys() - set(labels))]
    return publish([CountedCell(one, counts[one], frozenset(people[one])) for one in known])


def _floored(count: int, people: int) -> int | None:
    return None if 0 < people < LEAST else count


def _span(month: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return from when until when a month lasts."""
    following = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
    return _midnight(month, zone), _midnight(following, zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _before(month: date) -> date:
    """Return the month before one."""
    return month.replace(year=month.year - (1 if month.month == 1 else 0), month=(month.month - 2) % 12 + 1)
