"""Tests every channel of every contact once a month, spread over the month and in the daytime: one press there proves it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from core.logs import get_logger
from core.store.database import Database
from core.store.people.reach import monthly_tests

_log = get_logger(__name__)


def ask_where_due(database: Database, zone: ZoneInfo, now: datetime) -> int:
    """Put the tests that are due into the outbox, each in its own transaction, and return how many; a second process finds nothing to do."""
    with database.transaction() as connection:
        channels = monthly_tests.due(connection, zone, now)
    asked = 0
    for number in channels:
        with database.transaction() as connection:
            asked += monthly_tests.ask(connection, number, now)
    if asked:
        _log.info("monthly_tests_asked", tests=asked)
    return asked
