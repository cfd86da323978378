"""When sensors saw that somebody is there, in the form in which rules read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from core.domain.metrics import PRESENCE
from core.store.database import Connection
from core.store.queries import load

_OCCUPANCIES = load("telemetry/occupancies")
SEES_STILLNESS = (PRESENCE,)
"""Metrics of sensors that go on seeing who sits or lies still. In bed everybody does, for hours: no stretch there is unusual."""


@dataclass(frozen=True)
class OccupancyChanges:
    """When a part of a device first said that somebody is there, and that nobody is: Unix seconds in order, and which of the two."""

    device: int
    metric: int
    channel: str
    place: str
    times: Sequence[float]
    is_there: Sequence[bool]


def changes(
    connection: Connection, home: int, resident: int, since: datetime, until: datetime
) -> list[OccupancyChanges]:
    """Return them for a home in (since, until], without those of another resident's own devices.

    That somebody is there counts from an edge on: what is only said again, or was so when the device was first in contact, is left out.
    """
    values = {
        **{"home": home, "resident": resident, "since": since, "until": until},
        "metrics": [one.number for one in SEES_STILLNESS],
    }
    cursor = connection.cursor(binary=True, row_factory=class_row(OccupancyChanges))
    return cursor.execute(_OCCUPANCIES["changes"], values).fetchall()
