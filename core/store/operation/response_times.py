"""How soon people answered alerts: when which step after its opening was reached."""

from datetime import datetime

from psycopg.rows import class_row

from core.domain.alert import Severity
from core.domain.escalation.response_times import AnsweredAlert
from core.store.database import Connection
from core.store.queries import load

_TIMES = load("operation/response_times")


def answered(
    connection: Connection,
    office: int | None,
    since: datetime,
    until: datetime,
    severities: tuple[Severity, Severity],
) -> list[AnsweredAlert]:
    """Return the alerts about residents of an office (None: of all) that were opened in a span of time, without drills.

    Parameters
    ----------
    connection : Connection
        Where to read.
    office : int or None
        Whose residents.
    since, until : datetime
        The span.
    severities : tuple of Severity
        The most and the least urgent.
    """
    values = {
        "office": office,
        "since": since,
        "until": until,
        "most_urgent": severities[0],
        "least_urgent": severities[1],
    }
    return (
        connection.cursor(row_factory=class_row(AnsweredAlert)).execute(_TIMES["answered"], values).fetchall()
    )
