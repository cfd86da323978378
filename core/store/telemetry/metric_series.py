"""What was measured in a home besides life signs, in the form in which rules read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.domain.device import DeviceKind
from core.domain.metrics import METRICS, METRICS_BY_NUMBER
from core.store.database import Connection
from core.store.queries import load

_MEASUREMENTS = load("telemetry/metric_series")


@dataclass(frozen=True)
class Series:
    """One metric of one device, in order of time (Unix seconds)."""

    device: int
    place: str
    kind: DeviceKind
    metric: str
    times: Sequence[float]
    values: Sequence[float]


@dataclass(frozen=True)
class RuleInputs:
    """Where a resident's home is, if that is known, and whether the door at night is to be told."""

    home: tuple[float, float] | None
    alert_on_night_exit: bool


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
    rows = connection.execute(_MEASUREMENTS["series"], values, binary=True)
    return [
        Series(device, place, DeviceKind(kind), METRICS_BY_NUMBER[metric].name, times, found)
        for device, place, kind, metric, times, found in rows
    ]


def report_times(
    connection: Connection, home: int, since: datetime, until: datetime
) -> list[tuple[int, Sequence[float]]]:
    """Return when each device of a home told anything in (since, until]: the first and the last time of every hour, in no order."""
    values = {"home": home, "since": since, "until": until}
    return connection.execute(_MEASUREMENTS["report_times"], values, binary=True).fetchall()


def rule_inputs(connection: Connection, resident: int) -> RuleInputs:
    """Return what is known of a resident's home and of the door at night."""
    return rule_inputs_of(connection, [resident])[resident]


def rule_inputs_of(connection: Connection, residents: Sequence[int]) -> dict[int, RuleInputs]:
    """Return the same for several residents."""
    found = {one: RuleInputs(None, alert_on_night_exit=False) for one in residents}
    for number, lat, lon, alert_on_night_exit in connection.execute(
        _MEASUREMENTS["rule_inputs"], {"residents": list(residents)}
    ):
        home = None if lat is None or lon is None else (lat, lon)
        found[number] = RuleInputs(home, alert_on_night_exit=alert_on_night_exit)
    return found
