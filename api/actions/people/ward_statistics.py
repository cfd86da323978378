"""The ward's figures: counts of whole months that name nobody; every look at them is in the log."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import structlog

from api.access import visibility
from api.access.refusals import FieldError
from api.actions.context import ActionContext
from core.store.operation import ward_statistics
from core.store.operation.ward_statistics import MonthStatistics, MonthTotals

_log = structlog.get_logger()


@dataclass(frozen=True)
class AskedStatistics:
    """The figures of one month (None: no month is over yet), the months that may be asked for, and the sums of all of these."""

    found: MonthStatistics | None
    months: list[date]
    totals: list[MonthTotals]


def read(context: ActionContext, zone: ZoneInfo, asked: str | None) -> AskedStatistics:
    """Return the figures of a month, `asked` as year and month; the last one that is over, if none is named.

    Raises
    ------
    ForbiddenError
        The viewer is neither an official nor an administrator.
    FieldError
        The month is not over, or there are no figures of it.
    """
    visibility.require_official(context.viewer, "see the figures")
    months = ward_statistics.months(context.connection, zone, context.now)
    wanted = None if asked is None else date.fromisoformat(f"{asked}-01")
    if wanted is not None and wanted not in months:
        known = f"from {months[-1]:%Y-%m} to {months[0]:%Y-%m}" if months else "of none yet"
        raise FieldError("query.month", f"there are figures of whole months that are over: {known}")
    month = wanted or next(iter(months), None)
    _log.info(
        "statistics_read", user=context.viewer.number, month=None if month is None else f"{month:%Y-%m}"
    )
    found = None if month is None else ward_statistics.of_month(context.connection, zone, month)
    return AskedStatistics(found, months, ward_statistics.totals(context.connection, zone, months))
