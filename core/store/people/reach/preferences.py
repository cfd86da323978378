"""What contacts choose for themselves: to whom a digest is due."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.rows import kwargs_row

from core.domain.people import DigestRhythm
from core.domain.quiet_hours import QuietHours
from core.store.alerts.notices import NoticeKind
from core.store.database import Connection
from core.store.queries import load

_PREFERENCES = load("people/preferences")


@dataclass(frozen=True)
class DigestDue:
    """To whom a digest is due, about whom, and about which day, or the week that ends with it, by the clock of the home."""

    contact: int
    resident: int
    rhythm: DigestRhythm
    zone: ZoneInfo
    day: date
    quiet_hours: QuietHours | None


def digests_due(connection: Connection, now: datetime, *, due: time) -> list[DigestDue]:
    """Return the digests that are due, from `due` on by the clock of each home; those of a day that were made are not due again."""
    cursor = connection.cursor(row_factory=kwargs_row(_due))
    values = {"now": now, "due": due, "kind": NoticeKind.DIGEST}
    return cursor.execute(_PREFERENCES["digests_due"], values).fetchall()


def _due(
    *, rhythm: str, zone: str, quiet_from: time | None, quiet_until: time | None, **columns: Any
) -> DigestDue:
    quiet = None if quiet_from is None or quiet_until is None else QuietHours(quiet_from, quiet_until)
    return DigestDue(rhythm=DigestRhythm(rhythm), zone=ZoneInfo(zone), quiet_hours=quiet, **columns)
