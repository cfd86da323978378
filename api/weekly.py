"""The last whole week of a resident against the two months before, from the counts that judging keeps."""

from datetime import datetime, timedelta

from core.domain.weekly import BASELINE_DAYS, COUNTS_NAME, COUNTS_VERSION, Row, WeeklyReport, weekly_report
from core.store import alerts, usuals
from core.store.database import Connection
from core.store.residents import ResidentOverview

_REACH = timedelta(days=BASELINE_DAYS + 30)
_MOST = 200


def load_week(connection: Connection, one: ResidentOverview, now: datetime) -> WeeklyReport:
    """Return the report of the last whole week; what was never counted is `cannot_tell`."""
    today = now.astimezone(one.zone).date()
    found = usuals.latest(connection, one.number, COUNTS_NAME, COUNTS_VERSION, today)
    rows: list[Row] = [] if found is None else list(found[1]["days"])
    return weekly_report(rows, today, _unsure_days(connection, one, now))


def _unsure_days(connection: Connection, one: ResidentOverview, now: datetime) -> set[int]:
    """Return the days on which a sensor of the home chattered: more was counted than was so."""
    days: set[int] = set()
    for alert in alerts.history(
        connection, residents=[one.number], rule="device_stuck", since=now - _REACH, limit=_MOST
    ):
        if alert.reason.get("cause") != "chatter":
            continue
        # What chattered did so for some hours before that was sure.
        day = (alert.began_at - timedelta(hours=12)).astimezone(one.zone).date()
        last = (alert.cleared_at or now).astimezone(one.zone).date()
        days |= set(range(day.toordinal(), last.toordinal() + 1))
    return days
