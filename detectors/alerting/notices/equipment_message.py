"""Lets each office know once a day what is to be checked of its equipment: one message, not one for each device."""

from datetime import datetime, time
from itertools import groupby
from zoneinfo import ZoneInfo

from core.logs import get_logger
from core.store.alerts import notices
from core.store.alerts.notices import NoticeKind
from core.store.database import Database

_log = get_logger(__name__)


def notify_where_due(database: Database, zone: ZoneInfo, now: datetime, *, due: time) -> int:
    """Put the day's message into the outbox of every office that has something new, once it is `due`; on Mondays also of what is still open.

    What comes later waits for the next day. After a stop it is made up for until midnight; a second process finds nothing to do. Returns to
    how many offices.
    """
    here = now.astimezone(zone)
    if here.time() < due:
        return 0
    day = here.date().isoformat()
    notified = 0
    with database.transaction() as connection:
        found = notices.equipment(connection, datetime.combine(here.date(), due, zone))
        for office, of_office in groupby(found, lambda one: one.office):
            rows = list(of_office)
            new = sum(one.new for one in rows)
            if not new and here.weekday() != 0:
                continue
            alerts = [number for one in rows for number in one.alerts]
            body = {"open": {one.rule: len(one.alerts) for one in rows}, "new": new, "alerts": alerts}
            messages = notices.add_for_centre(
                connection, office, NoticeKind.EQUIPMENT, key=day, body=body, now=now
            )
            notified += 1
            _log.info("equipment_notified", office=office, alerts=len(alerts), messages=messages)
    return notified
