"""What was measured in a home besides life signs, in the form in which rules read it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row, kwargs_row

from core.domain.agreed.quiet_limit import QuietLimit
from core.domain.device import DeviceKind
from core.domain.metrics import METRICS, METRICS_BY_NUMBER
from core.store.database import Connection
from core.store.people.agreed import quiet_limits
from core.store.queries import load

_MEASUREMENTS = load("telemetry/metric_series")


@dataclass(frozen=True)
class Series:
    """One metric of one device, in order of time (Unix seconds); `hold_s` as of `DeviceLifeSigns`."""

    device: int
    place: str
    kind: DeviceKind
    metric: str
    times: Sequence[float]
    values: Sequence[float]
    hold_s: float | None = None


@dataclass(frozen=True)
class RuleInputs:
    """Where a resident's home is, if that is known, and what was agreed: whether a door at night is to be raised, and quiet limits."""

    home: tuple[float, float] | None
    alert_on_night_exit: bool
    quiet_limits: tuple[QuietLimit, ...] = ()


def series(
    connection: Connection,
    home: int,
    resident: int,
    metrics: Sequence[str],
    since: datetime,
    until: datetime,
) -> list[Series]:
    """Return some metrics of a home in (since, until], without those of another resident's own devices."""
    values = {
        "home": home,
        "resident": resident,
        "metrics": [METRICS[name].number for name in metrics],
        "since": since,
        "until": until,
    }
    cursor = connection.cursor(binary=True, row_factory=kwargs_row(_series))
    return cursor.execute(_MEASUREMENTS["series"], values).fetchall()


def report_times(
    connection: Connection, home: int, since: datetime, until: datetime
) -> list[tuple[int, Sequence[float]]]:
    """Return when each device of a home reported anything in (since, until]: the first and the last time of every hour, in no order."""
    values = {"home": home, "since": since, "until": until}
    return connection.execute(_MEASUREMENTS["report_times"], values, binary=True).fetchall()


def rule_inputs(connection: Connection, resident: int) -> RuleInputs:
    """Return what is known of a resident's home, and what was agreed."""
    return rule_inputs_of(connection, [resident])[resident]


def rule_inputs_of(connection: Connection, residents: Sequence[int]) -> dict[int, RuleInputs]:
    """Return the same for several residents."""
    found = {one: RuleInputs(None, alert_on_night_exit=False) for one in residents}
    rows = connection.cursor(row_factory=dict_row).execute(
        _MEASUREMENTS["rule_inputs"], {"residents": list(residents)}
    )
    for row in rows:
        home = None if row["lat"] is None or row["lon"] is None else (row["lat"], row["lon"])
        found[row["resident"]] = RuleInputs(home, alert_on_night_exit=row["alert_on_night_exit"])
    for limit in quiet_limits.of_residents(connection, residents):
        if limit.watched_since is None:
            # Where no device is, silence says nothing.
            continue
        known = found[limit.resident]
        found[limit.resident] = replace(known, quiet_limits=(*known.quiet_limits, limit))
    return found


def _series(*, kind: str, metric: int, **columns: Any) -> Series:
    return Series(kind=DeviceKind(kind), metric=METRICS_BY_NUMBER[metric].name, **columns)
