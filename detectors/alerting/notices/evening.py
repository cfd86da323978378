"""Looks every evening, once for each office, who could not be reached tonight, and lets its centre know."""

from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

from core.domain.escalation.tonight import TonightCheck
from core.logs import get_logger
from core.store.alerts import notices
from core.store.alerts.notices import NoticeKind
from core.store.database import Database
from core.store.people import tonight

_log = get_logger(__name__)


def look_where_due(database: Database, zone: ZoneInfo, now: datetime, *, due: time) -> int:
    """Look at every office that was not looked at this evening, once it is `due`, each in its own transaction; return how many those were.

    After a stop the check is made up for until midnight; a second process finds nothing to do.
    """
    here = now.astimezone(zone)
    if here.time() < due:
        return 0
    with database.transaction() as connection:
        waiting = tonight.waiting(connection, here.date())
    for office in waiting:
        with database.transaction() as connection:
            found = tonight.look(connection, office, zone, now, limit=1)
            if not tonight.record(connection, office, here.date(), found, now):
                continue
            messages = 0
            if not found.is_well or found.unproven:
                body = {
                    "office": office,
                    "residents": found.residents,
                    "gaps": [[began.isoformat(), ended.isoformat()] for began, ended in found.gaps],
                    "centre_is_able": found.centre_is_able,
                    "has_desk_above": found.has_desk_above,
                    "unproven": found.unproven,
                }
                key = _key(found, here)
                messages = notices.add_for_centre(
                    connection, office, NoticeKind.EVENING, key=key, body=body, now=now
                )
        _log.info(
            "evening_checked",
            office=office,
            residents=found.residents,
            gaps=len(found.gaps),
            messages=messages,
        )
    return len(waiting)


def _key(found: TonightCheck, here: datetime) -> str:
    """Return under which key the message is sent once: what a centre does not mend before night is sent once a week, or once a month."""
    if not replace(found, has_desk_above=True).is_well:
        return f"{here:%Y-%m-%d}"
    return f"{here:%Y-%m} above" if not found.has_desk_above else f"{here:%G-W%V} unproven"
