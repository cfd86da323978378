"""Escalation policies: an office's, a household's own, and the one that is in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import kwargs_row
from psycopg.types.json import Jsonb

from core.domain import quiet_hours
from core.domain.alert import Severity
from core.domain.escalation.policy import (
    DEFAULT,
    NIGHT,
    EscalationPolicy,
    HoursOfDay,
    KindOfDay,
    PolicyBranch,
    PolicyStep,
    Recipients,
)
from core.store.database import Connection
from core.store.queries import load

_POLICIES = load("people/escalation_policies")


@dataclass(frozen=True)
class WrittenPolicy:
    """A policy that somebody wrote, and when it was changed last."""

    policy: EscalationPolicy
    changed_at: datetime


def in_force(connection: Connection, resident: int) -> EscalationPolicy:
    """Return the policy that a resident's alerts follow: the household's own, the office's, or what everybody has.

    Raises
    ------
    KeyError, TypeError, ValueError
        What is stored cannot be read.
    """
    row = connection.execute(_POLICIES["in_force"], {"resident": resident}).fetchone()
    return DEFAULT if row is None else from_json(row[0])


def of_office(connection: Connection, office: int) -> WrittenPolicy | None:
    """Return the policy that an office wrote; None where it has what everybody has."""
    cursor = connection.cursor(row_factory=kwargs_row(_written))
    return cursor.execute(_POLICIES["of_office"], {"office": office}).fetchone()


def of_home(connection: Connection, home: int) -> WrittenPolicy | None:
    """Return the policy that a household has for itself; None where it has its office's."""
    cursor = connection.cursor(row_factory=kwargs_row(_written))
    return cursor.execute(_POLICIES["of_home"], {"home": home}).fetchone()


def of_households(connection: Connection, office: int) -> list[EscalationPolicy]:
    """Return the policies that households of an office have for themselves."""
    rows = connection.execute(_POLICIES["of_households"], {"office": office})
    return [from_json(row[0]) for row in rows]


def put_for_office(connection: Connection, office: int, policy: EscalationPolicy, now: datetime) -> None:
    """Write an office's policy in place of the one before."""
    values = {"office": office, "body": Jsonb(to_json(policy)), "now": now}
    connection.execute(_POLICIES["put_for_office"], values)


def put_for_home(connection: Connection, home: int, policy: EscalationPolicy, now: datetime) -> None:
    """Write a household's policy in place of the one before."""
    values = {"home": home, "body": Jsonb(to_json(policy)), "now": now}
    connection.execute(_POLICIES["put_for_home"], values)


def drop_of_office(connection: Connection, office: int) -> None:
    """Let an office have what everybody has."""
    connection.execute(_POLICIES["drop_of_office"], {"office": office})


def drop_of_home(connection: Connection, home: int) -> None:
    """Let a household have what its office has."""
    connection.execute(_POLICIES["drop_of_home"], {"home": home})


def to_json(policy: EscalationPolicy) -> dict[str, object]:
    """Return the stored form of a policy."""
    return {
        "night": str(policy.night),
        "branches": [
            {
                "severity": int(branch.severity),
                "hours": branch.hours.value,
                "days": branch.days.value,
                "steps": [{"asked": step.asked.value, "wait_min": step.wait_min} for step in branch.steps],
                "again_min": branch.again_min,
            }
            for branch in policy.branches
        ],
    }


def from_json(body: Mapping[str, Any]) -> EscalationPolicy:
    """Return the policy of its stored form."""
    return EscalationPolicy(
        tuple(
            PolicyBranch(
                severity=Severity(int(branch["severity"])),
                steps=tuple(
                    PolicyStep(Recipients(step["asked"]), int(step["wait_min"])) for step in branch["steps"]
                ),
                hours=HoursOfDay(branch["hours"]),
                days=KindOfDay(branch["days"]),
                again_min=branch["again_min"],
            )
            for branch in body["branches"]
        ),
        quiet_hours.read(body["night"]) or NIGHT,
    )


def _written(*, body: Mapping[str, Any], changed_at: datetime) -> WrittenPolicy:
    return WrittenPolicy(from_json(body), changed_at)
