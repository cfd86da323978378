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
            for key, part in _parts(found, here).items():
                body = {
                    "office": office,
                    "residents": part.residents,
                    "gaps": [[began.isoformat(), ended.isoformat()] for began, ended in part.gaps],
                    "centre_is_able": part.centre_is_able,
                    "has_desk_above": part.has_desk_above,
                    "unproven": part.unproven,
                }
                messages += notices.add_for_centre(
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


def _parts(found: TonightCheck, here: datetime) -> dict[str, TonightCheck]:
    """Return what a centre is sent, by the key under which it is sent once.

    What can be mended before night goes with all the rest, every evening; alone, that no desk stands above goes once a month, and who answers no
    test once a week.
    """
    if not replace(found, has_desk_above=True).is_well:
        return {f"{here:%Y-%m-%d}": found}
    parts: dict[str, TonightCheck] = {}
    if not found.has_desk_above:
        parts[f"{here:%Y-%m} above"] = replace(found, unproven=0)
    if found.unproven:
        parts[f"{here:%G-W%V} unproven"] = replace(found, has_desk_above=True)
    return parts
