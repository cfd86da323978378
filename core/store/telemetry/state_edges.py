"""States whose edges only the database can say: they came late, out of order, or to one of several workers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import class_row

from core.domain.evidence.edges import EDGES
from core.domain.reading import ReadingFlag
from core.store.database import Connection
from core.store.looking_back import LOOKED_BACK, since, until
from core.store.queries import load

_EDGES = load("telemetry/state_edges")
# Numbers of other parts of a message may stand this far from its own.
_APART = timedelta(days=1)

StateKey = tuple[int, int, str]
"""device, metric, channel"""


@dataclass(slots=True)
class StateCount:
    """How often a state was said, when first, and between which values."""

    said: int
    since: datetime
    lowest: float
    highest: float

    def add(self, at: datetime, value: float) -> None:
        """Count one more."""
        self.said += 1
        self.since = min(self.since, at)
        self.lowest = min(self.lowest, value)
        self.highest = max(self.highest, value)


@dataclass(frozen=True, slots=True)
class LateState:
    """A moment around which the edges of a state have to be found anew.

    `links` are the connections over which the device is in contact, by the name of their breaks; none for a device that numbers
    its messages, where a number that is missing is a break: `numbered_with` are the devices under which these are stored.
    """

    key: StateKey
    at: datetime
    links: tuple[str, ...] = ()
    numbered_with: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MovedSign:
    """A reading that became a life sign, is none any more, or is dated otherwise than before."""

    device: int
    time: datetime
    earliest: datetime
    sign_at: datetime | None


def correct(connection: Connection, late: Sequence[LateState]) -> list[MovedSign]:
    """Evaluate anew which states are edges, around those moments; return what became of it."""
    found: list[MovedSign] = []
    # One after the other, or two workers would each miss what the other has not committed.
    connection.execute(_EDGES["lock"], {"devices": sorted({one.key[0] for one in late})})
    for one in sorted(set(late), key=lambda one: (one.at, one.key)):
        device, metric, channel = one.key
        edge = EDGES[metric]
        before, after = _neighbours(connection, one)
        first, last = before or one.at, after or one.at
        values = {
            **{"device": device, "metric": metric, "channel": channel or None, "before": before},
            **{"first": first, "last": last, "said_from": first - _APART, "said_until": last + _APART},
            **{"links": list(one.links), "is_numbered": not one.links},
            "numbered_with": list(one.numbered_with or (device,)),
            **{"rises_only": edge.rises_only, "threshold": edge.threshold},
            "life_sign": int(ReadingFlag.LIFE_SIGN),
        }
        found += (
            connection.cursor(row_factory=class_row(MovedSign)).execute(_EDGES["correct"], values).fetchall()
        )
    return found


def _neighbours(connection: Connection, late: LateState) -> tuple[datetime | None, datetime | None]:
    """Return when the same channel said its state last before, and first after, a late one."""
    device, metric, channel = late.key
    values: dict[str, Any] = {
        "device": device,
        "metric": metric,
        "channel": channel or None,
        "since": late.at,
    }
    before = after = None
    for back in LOOKED_BACK:
        values["oldest"] = since(late.at, back)
        row = connection.execute(_EDGES["before"], values).fetchone()
        if row is not None:
            before = row[0]
            break
        # Of a state that was never stored the same batch may hold weeks of a buffer.
        older = values | {"if_new": back == LOOKED_BACK[0]}
        row = connection.execute(_EDGES["may_be_older"], older).fetchone()
        if not (row and row[0]):
            break
    for ahead in LOOKED_BACK:
        row = connection.execute(_EDGES["after"], values | {"newest": until(late.at, ahead)}).fetchone()
        if row is not None:
            after = row[0]
            break
    return before, after
