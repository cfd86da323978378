"""The last whole week of a resident against the two months before, from the counts that evaluation keeps."""

from datetime import datetime

from core.domain.weekly_report import COUNTS_NAME, COUNTS_VERSION, Row, WeeklyReport, weekly_report
from core.store.database import Connection
from core.store.people import baselines
from core.store.people.residents import ResidentOverview


def load_week(connection: Connection, one: ResidentOverview, now: datetime) -> WeeklyReport:
    """Return the report of the last whole week; what was never counted is `cannot_tell`."""
    today = now.astimezone(one.zone).date()
    found = baselines.latest(connection, one.number, COUNTS_NAME, COUNTS_VERSION, today)
    rows: list[Row] = [] if found is None else list(found[1]["days"])
    return weekly_report(rows, today)
