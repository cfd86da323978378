"""Monthly tests of the channels of contacts: which are due, who answers none, and how many do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.rows import class_row, dict_row

from core.domain.delivery.contact_channel import CONFIRMED_ONLY, TESTABLE
from core.domain.delivery.monthly_test import (
    ANSWERED_WITHIN,
    PROVES_FOR,
    SLOTS,
    TestScore,
    days_around,
    is_due,
)
from core.domain.quiet_hours import QuietHours
from core.errors import NotFoundError
from core.store.database import Connection
from core.store.people import contact_channels
from core.store.queries import load

_TESTS = load("people/monthly_tests")
# Longer than a channel's day is made up for, and shorter than from one month's to the next.
_LATELY = timedelta(days=3)


@dataclass(frozen=True)
class UnprovenContact:
    """A contact whose tests nobody answers, and when a channel of theirs was last proven; None: never."""

    contact: int
    name: str
    resident: int | None
    resident_name: str | None
    proven_at: datetime | None


@dataclass(frozen=True)
class UnprovenContacts:
    """The first of them, and how many there are."""

    first: tuple[UnprovenContact, ...]
    contacts: int


def due(connection: Connection, zone: ZoneInfo, now: datetime) -> list[int]:
    """Return the channels that are to be tested now; `zone` is the ward's, for contacts of centres."""
    values = {
        "now": now,
        "slots": SLOTS,
        "days": days_around(now),
        "testable": sorted(TESTABLE),
        "confirmed_only": sorted(CONFIRMED_ONLY),
        "since": now - _LATELY,
    }
    rows = connection.cursor(row_factory=dict_row).execute(_TESTS["candidates"], values).fetchall()
    return [
        row["channel"]
        for row in rows
        if is_due(row["channel"], now, _zone(row["zone"], zone), row["last_at"], _quiet(row))
    ]


def ask(connection: Connection, channel: int, now: datetime) -> bool:
    """Put the monthly test of a channel into the outbox; return False if somebody was faster, or the channel is gone."""
    try:
        contact_channels.require_contact(connection, contact_channels.get(connection, channel).contact)
        found = contact_channels.get(connection, channel)
    except NotFoundError:
        return False
    last = [at for at in (found.tested_at, found.proven_at) if at is not None]
    if last and max(last) >= now - _LATELY:
        return False
    contact_channels.ask_test(connection, found, now, is_monthly=True)
    return True


def unproven(connection: Connection, office: int, now: datetime, *, limit: int = 200) -> UnprovenContacts:
    """Return the contacts of an office and of its residents who answer no test; at most `limit` of them by name."""
    values = {
        "office": office,
        "now": now,
        "asked_before": now - ANSWERED_WITHIN,
        "proven_since": now - PROVES_FOR,
        "limit": limit,
    }
    rows = connection.cursor(row_factory=dict_row).execute(_TESTS["unproven"], values).fetchall()
    contacts = rows[0]["contacts"] if rows else 0
    for row in rows:
        del row["contacts"]
    return UnprovenContacts(tuple(UnprovenContact(**row) for row in rows), contacts)


def score(connection: Connection, office: int | None, now: datetime) -> TestScore:
    """Return how many contacts that are tested every month have proven a channel lately; of an office, or (None) of all."""
    values = {"office": office, "proven_since": now - PROVES_FOR}
    (found,) = connection.cursor(row_factory=class_row(TestScore)).execute(_TESTS["score"], values).fetchall()
    return found


def _zone(name: str | None, ward: ZoneInfo) -> ZoneInfo:
    return ward if name is None else ZoneInfo(name)


def _quiet(row: Mapping[str, Any]) -> QuietHours | None:
    begins, ends = row["quiet_from"], row["quiet_until"]
    return QuietHours(begins, ends) if isinstance(begins, time) and isinstance(ends, time) else None
