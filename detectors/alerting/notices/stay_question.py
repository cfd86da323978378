"""Asks once a week, in the daytime, whether a stay in hospital whose end nobody knows goes on."""

from datetime import datetime, time

from core.logs import get_logger
from core.store.database import Database
from core.store.people import planned_absences, weakenings

# By the clock of the home (our choice): nothing is urgent about it.
_SINCE, _UNTIL = time(9), time(19)

_log = get_logger(__name__)


def ask_where_due(database: Database, now: datetime) -> int:
    """Put the questions that are due into the outbox, and return about how many stays; a second process finds nothing to do."""
    asked: list[int] = []
    with database.transaction() as connection:
        for number, zone in planned_absences.due_questions(connection, now):
            if not _SINCE <= now.astimezone(zone).time() < _UNTIL:
                continue
            planned_absences.note_question(connection, number, now)
            weakenings.ask_whether_it_goes_on(connection, planned_absences.get(connection, number), now)
            asked.append(number)
    for number in asked:
        _log.info("stay_asked_about", absence=number)
    return len(asked)
