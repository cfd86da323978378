"""Lets each office know once, after evaluation stood still, from when until when nobody was watched, and where the homes are listed."""

from datetime import datetime

from core.logs import get_logger
from core.store.alerts import notices
from core.store.alerts.notices import NoticeKind
from core.store.database import Database
from core.store.operation import evaluation_gaps

_log = get_logger(__name__)


def report(database: Database, now: datetime) -> int:
    """Put one message for each office into the outbox about each gap that ended, and return how many gaps those were; a second process finds none."""
    with database.transaction() as connection:
        ended = evaluation_gaps.take_unnotified(connection, now)
        for began_at, ended_at in ended:
            for one in evaluation_gaps.counts(connection, began_at, ended_at):
                body = {
                    "office": one.office,
                    "began_at": began_at.isoformat(),
                    "ended_at": ended_at.isoformat(),
                    "homes": one.homes,
                    "alerts": one.alerts,
                }
                key = began_at.isoformat()
                notices.add_for_centre(
                    connection, one.office, NoticeKind.UNWATCHED, key=key, body=body, now=now
                )
    for began_at, ended_at in ended:
        _log.warning("evaluation_gap_ended", seconds=round((ended_at - began_at).total_seconds()))
    return len(ended)
