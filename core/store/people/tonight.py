"""Who could not be reached tonight, and what was found every evening."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from psycopg.rows import dict_row

from core.domain.escalation.duty import gaps
from core.domain.escalation.policy import DEFAULT, has_desk_above
from core.domain.escalation.tonight import TonightCheck, UnreachableFamily, UnreachableReason
from core.store.database import Connection
from core.store.people import duty_roster, escalation_policies, offices
from core.store.people.reach import monthly_tests
from core.store.queries import load

_TONIGHT = load("people/tonight")
# Until the next evening's check looks on.
_AHEAD = timedelta(hours=24)
_KEPT = timedelta(days=90)


@dataclass(frozen=True)
class EveningCheck:
    """What was found for an office one evening, in figures; `has_desk_above` is as it is now, `unproven` counts contacts who answer no test."""

    office: int
    name: str
    checked_at: datetime
    residents: int
    gaps: int
    centre_is_able: bool
    unproven: int
    has_desk_above: bool

    @property
    def is_well(self) -> bool:
        """Whether everybody could be reached, and an emergency would have gone up to somebody."""
        return self.residents == 0 and self.gaps == 0 and self.centre_is_able and self.has_desk_above


def look(
    connection: Connection, office: int, zone: ZoneInfo, now: datetime, *, limit: int = 200
) -> TonightCheck:
    """Return who of an office's residents could not be reached within the next 24 hours; at most `limit` of them by name."""
    people = duty_roster.people(connection, office)
    centre = [one for one in people if not one.is_duty_only]
    centre_is_able = any(one.is_able for one in centre)
    values = {"office": office, "now": now, "limit": limit, "centre_is_able": centre_is_able}
    rows = connection.cursor(row_factory=dict_row).execute(_TONIGHT["families"], values).fetchall()
    until = now + _AHEAD
    written = escalation_policies.of_office(connection, office)
    policy = DEFAULT if written is None else written.policy
    shifts = duty_roster.shifts(connection, office, now, until)
    return TonightCheck(
        tuple(
            UnreachableFamily(row["resident"], row["name"], UnreachableReason(row["reason"])) for row in rows
        ),
        rows[0]["residents"] if rows else 0,
        tuple(gaps(policy, shifts, zone, now, until)),
        centre_is_able,
        any(one.is_able and one.is_sure for one in centre),
        has_desk_above(offices.desk_states(connection, office)),
        monthly_tests.unproven(connection, office, now, limit=1).contacts,
    )


def waiting(connection: Connection, day: date) -> list[int]:
    """Return the offices that were not looked at in the evening of a day."""
    return [row[0] for row in connection.execute(_TONIGHT["waiting"], {"day": day})]


def record(connection: Connection, office: int, day: date, found: TonightCheck, now: datetime) -> bool:
    """Keep what was found this evening; return False if somebody else looked already."""
    values = {
        "office": office,
        "day": day,
        "now": now,
        "residents": found.residents,
        "gaps": len(found.gaps),
        "centre_is_able": found.centre_is_able,
        "unproven": found.unproven,
    }
    connection.execute(_TONIGHT["forget"], {"before": day - _KEPT})
    return connection.execute(_TONIGHT["record"], values).fetchone() is not None


def latest(connection: Connection, since: datetime, office: int | None) -> list[EveningCheck]:
    """Return what was found since a moment, of one office or (None) of all."""
    alone = {one.number for one in offices.without_desk_above(connection)}
    cursor = connection.cursor(row_factory=dict_row)
    rows = cursor.execute(_TONIGHT["latest"], {"since": since, "office": office})
    return [EveningCheck(**row, has_desk_above=row["office"] not in alone) for row in rows]
