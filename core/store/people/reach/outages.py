"""Whom an outage of a neighbourhood or of the whole ward concerns, and who was notified of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.rows import kwargs_row

from core.domain.quiet_hours import QuietHours
from core.domain.rules import AREA_SILENT, WARD_SILENT
from core.store.alerts.notices import NoticeKind
from core.store.database import Connection
from core.store.queries import load

_OUTAGES = load("people/outages")
_RULES = sorted({AREA_SILENT.name, WARD_SILENT.name})
# For so long a family waits for the end of an outage whose alert somebody closed before.
_LATELY = timedelta(hours=6)
# What ended longer ago is no use to anybody.
_LONGEST = timedelta(days=7)


@dataclass(frozen=True)
class OutageConcern:
    """A contact whose resident cannot be seen: by which alert, since when, and when they are not woken; `last` is their last message about an outage, or 0."""

    contact: int
    resident: int
    alert: int
    began_at: datetime
    zone: ZoneInfo
    quiet_hours: QuietHours | None
    last: int

    @property
    def key(self) -> str:
        """Under which the contact is notified once, whoever looks at the same time; the alert may have another beginning, or hold once more, later."""
        return f"{self.alert} {self.last}"


@dataclass(frozen=True)
class OutageOver:
    """A message about an outage that is over; `is_sent` is False where it still waits, or could not be sent."""

    number: int
    contact: int
    key: str
    body: Mapping[str, Any]
    is_sent: bool
    cleared_at: datetime
    zone: ZoneInfo
    quiet_hours: QuietHours | None


def concerned(connection: Connection, now: datetime, *, lasting: timedelta) -> list[OutageConcern]:
    """Return who is to be notified of outages that were raised at least `lasting` ago."""
    values = {
        "rules": _RULES,
        "now": now,
        "raised_before": now - lasting,
        "since": now - _LONGEST,
        "lately": now - _LATELY,
        "kind": NoticeKind.OUTAGE,
    }
    found: dict[int, OutageConcern] = {}
    for one in connection.cursor(row_factory=kwargs_row(_concern)).execute(_OUTAGES["concerned"], values):
        # Of a neighbourhood's outage and the ward's the first counts.
        found.setdefault(one.contact, one)
    return list(found.values())


def over(connection: Connection, now: datetime, *, lasting: timedelta) -> list[OutageOver]:
    """Return the messages about outages that have been over for at least `lasting`, and hold them; to be passed to `end`."""
    values = {
        "rules": _RULES,
        "since": now - _LONGEST,
        "lately": now - _LATELY,
        "cleared_before": now - lasting,
    }
    return connection.cursor(row_factory=kwargs_row(_over)).execute(_OUTAGES["over"], values).fetchall()


def end(connection: Connection, ended: Sequence[OutageOver], now: datetime) -> None:
    """Note that these outages are over: what waits is not sent any more, and a new one is reported anew."""
    connection.execute(_OUTAGES["end"], {"notices": [one.number for one in ended], "now": now})


def _concern(
    *, zone: str, quiet_from: time | None, quiet_until: time | None, **columns: Any
) -> OutageConcern:
    return OutageConcern(zone=ZoneInfo(zone), quiet_hours=_quiet(quiet_from, quiet_until), **columns)


def _over(*, zone: str, quiet_from: time | None, quiet_until: time | None, **columns: Any) -> OutageOver:
    return OutageOver(zone=ZoneInfo(zone), quiet_hours=_quiet(quiet_from, quiet_until), **columns)


def _quiet(begins: time | None, ends: time | None) -> QuietHours | None:
    return None if begins is None or ends is None else QuietHours(begins, ends)
