"""Time in which a home, a device or the ward was out of contact: silence in it says nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.store.database import Connection
from core.store.queries import load
from core.store.rows import build

_BLIND_TIMES = load("telemetry/blind_times")


@dataclass(frozen=True)
class BlindTime:
    """When a home (`home:3`), a neighbourhood, a device (`device:7`) or the ward was out of contact; `ended_at` None: it lasts."""

    subject: str
    began_at: datetime
    ended_at: datetime | None
    known_at: datetime
    cause: str


def of_subjects(
    connection: Connection, subjects: Sequence[str], since: datetime, until: datetime
) -> list[BlindTime]:
    """Return when the subjects were out of contact in a span, in order."""
    values = {"subjects": list(subjects), "since": since, "until": until}
    return [build(BlindTime, row) for row in connection.execute(_BLIND_TIMES["of_subjects"], values)]


def of_homes(
    connection: Connection, homes: Sequence[int], since: datetime, until: datetime
) -> dict[int, list[BlindTime]]:
    """Return when each of some homes, or its neighbourhood (`area:3丁目`), was out of contact in a span, in order."""
    found: dict[int, list[BlindTime]] = {home: [] for home in homes}
    for home, *row in connection.execute(
        _BLIND_TIMES["of_homes"], {"homes": list(homes), "since": since, "until": until}
    ):
        found[home].append(build(BlindTime, tuple(row)))
    return found


def of_resident(connection: Connection, resident: int, since: datetime, until: datetime) -> list[BlindTime]:
    """Return when the resident's home, or the whole ward, was out of contact in a span, in order."""
    values = {"resident": resident, "since": since, "until": until}
    return [build(BlindTime, row) for row in connection.execute(_BLIND_TIMES["of_resident"], values)]


def record(
    connection: Connection, subject: str, found: Sequence[BlindTime], causes: Sequence[str], until: datetime
) -> None:
    """Record the blind times of a subject; what is on record as lasting for these causes but was not found ends."""
    for one in found:
        connection.execute(
            _BLIND_TIMES["put"],
            {
                "subject": one.subject,
                "began_at": one.began_at,
                "ended_at": one.ended_at,
                "known_at": one.known_at,
                "cause": one.cause,
            },
        )
    connection.execute(
        _BLIND_TIMES["end_lasting"],
        {
            "subject": subject,
            "ended_at": until,
            "causes": list(causes),
            "but": [one.began_at for one in found if one.ended_at is None],
        },
    )


def begin(connection: Connection, subject: str, cause: str, began_at: datetime, now: datetime) -> None:
    """Note that a home or the whole ward is out of contact from `began_at` on."""
    connection.execute(
        _BLIND_TIMES["begin"], {"subject": subject, "cause": cause, "began_at": began_at, "now": now}
    )


def end(connection: Connection, subject: str, cause: str, ended_at: datetime) -> None:
    """Note that it is in contact again."""
    connection.execute(_BLIND_TIMES["end"], {"subject": subject, "cause": cause, "ended_at": ended_at})
