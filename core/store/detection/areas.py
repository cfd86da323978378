"""Neighbourhoods: which of their homes are in contact."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from core.store.database import Connection
from core.store.detection.evaluation_queue import STATUS_METRICS
from core.store.queries import load

_AREAS = load("detection/areas")


@dataclass(frozen=True)
class AreaThresholds:
    """How long a home may be silent.

    Attributes
    ----------
    heartbeats : int
        So many of its heartbeats.
    least, slack : timedelta
        But not less than these.
    restart : timedelta
        After it said that it goes.
    """

    heartbeats: int
    least: timedelta
    restart: timedelta
    slack: timedelta


@dataclass(frozen=True)
class AreaRow:
    """How many homes of an area were in contact, and since when which of them are silent, and how long each may be."""

    area: str
    homes: int
    since: Sequence[datetime]
    allowed_s: Sequence[float]


def last_contacts(
    connection: Connection, thresholds: AreaThresholds, share: float, since: datetime, until: datetime
) -> list[AreaRow]:
    """Return which homes of all areas were in contact since a time; homes count as silent after a `share` of what they may be."""
    values = {
        "since": since,
        "until": until,
        "share": share,
        "missed": thresholds.heartbeats,
        "least_s": thresholds.least.total_seconds(),
        "restart_s": thresholds.restart.total_seconds(),
        "slack_s": thresholds.slack.total_seconds(),
        "status_metrics": STATUS_METRICS,
    }
    return (
        connection.cursor(row_factory=class_row(AreaRow)).execute(_AREAS["last_contacts"], values).fetchall()
    )
