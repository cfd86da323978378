"""Lets whoever planned a pause, and the centre, know that nobody confirmed it in time."""

from datetime import datetime

from core.logs import get_logger
from core.store.database import Database
from core.store.people import planned_absences, weakenings

_log = get_logger(__name__)


def report(database: Database, now: datetime) -> int:
    """Put the messages about pauses that expired into the outbox, once each, and return how many pauses those were."""
    with database.transaction() as connection:
        expired = planned_absences.take_expired(connection, now)
        for absence in expired:
            weakenings.report_expired(connection, absence, now)
    for absence in expired:
        _log.info("pause_expired", absence=absence.number)
    return len(expired)
