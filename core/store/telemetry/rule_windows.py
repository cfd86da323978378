"""What happened in a home, in the form in which rules read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import class_row, kwargs_row

from core.domain.device import DeviceKind
from core.domain.geofence import Geofence
from core.domain.metrics import METRICS, METRICS_BY_NUMBER, PRESENCE, SOS
from core.store.database import Connection
from core.store.detection.evaluation_queue import STATUS_METRICS
from core.store.looking_back import LOOKED_BACK
from core.store.looking_back import since as moment_before
from core.store.people.geofences import geofence_from_columns
from core.store.queries import load

_WINDOWS = load("telemetry/rule_windows")
# A sensor that reported presence, and no more for so long, is one that sees movement.
_STILL_WITHIN = timedelta(days=7)
# When a detector last said that all is well is looked for this far before its call.
_CALM_BACK = timedelta(days=30)


@dataclass(frozen=True)
class DeviceLifeSigns:
    """The life signs of one device: Unix seconds, in no order; `sees_stillness` if it rightly reports the same for hours.

    `hold_s` is after how long it reports the next movement while somebody moves, None where its profile does not say.
    """

    device: int
    kind: DeviceKind
    place: str
    times: Sequence[float]
    sees_stillness: bool = False
    hold_s: float | None = None


@dataclass(frozen=True)
class PressRow:
    """One press of an emergency button, or call of a detector, which may have said before (`calm_at`) that all is well."""

    device: int
    place: str
    time: datetime
    received_at: datetime
    seq: int
    calm_at: datetime | None


@dataclass(frozen=True)
class LinkRow:
    """Last contact of a device, since when it is on record as silent, and whether it is on record as chattering."""

    device: int
    kind: DeviceKind
    place: str
    heartbeat: timedelta | None
    last_contact_at: datetime | None
    silent_since: datetime | None
    is_chattering: bool


def life_signs(
    connection: Connection, home: int, resident: int, since: datetime, until: datetime
) -> list[DeviceLifeSigns]:
    """Return the life signs in a home in (since, until], without those of another resident's own devices."""
    return life_signs_of(connection, {resident: (home, since)}, until)[resident]


def life_signs_of(
    connection: Connection, asked: Mapping[int, tuple[int, datetime]], until: datetime
) -> dict[int, list[DeviceLifeSigns]]:
    """Return the life signs of residents as `life_signs`, each with the home and since when; in one question to the database."""
    found: dict[int, list[DeviceLifeSigns]] = {resident: [] for resident in asked}
    if not asked:
        return found
    homes, since = zip(*asked.values(), strict=True)
    values = {
        **{"residents": list(asked), "homes": list(homes), "since": list(since)},
        **{"earliest": min(since), "until": until},
        **{"reported_presence": PRESENCE.number, "still_since": until - _STILL_WITHIN},
    }
    cursor = connection.cursor(row_factory=kwargs_row(_device_life_signs))
    for resident, signs in cursor.execute(_WINDOWS["life_signs"], values, binary=True):
        found[resident].append(signs)
    return found


def presses(
    connection: Connection,
    home: int,
    resident: int,
    since: datetime,
    *,
    began_from: datetime,
    is_lead: bool,
    metric: str = SOS.name,
) -> list[PressRow]:
    """Return the presses of emergency buttons, or other calls for help (`metric`), received after `since`.

    None of them has a time before `began_from`, so nothing older is looked through. A device that is nobody's own counts for the first resident of the home (`is_lead`).
    """
    values = {
        **{"home": home, "resident": resident, "since": since, "is_lead": is_lead},
        **{"metric": METRICS[metric].number, "is_detector": metric != SOS.name},
        **{"began_from": began_from, "calm_from": began_from - _CALM_BACK},
    }
    return connection.cursor(row_factory=class_row(PressRow)).execute(_WINDOWS["presses"], values).fetchall()


def track(
    connection: Connection, home: int, resident: int, since: datetime, until: datetime, *, is_lead: bool
) -> list[tuple[float, float, float, float]]:
    """Return the fixes of a resident's trackers in (since, until]: Unix seconds, latitude, longitude, accuracy."""
    values = {"home": home, "resident": resident, "since": since, "until": until, "is_lead": is_lead}
    return connection.execute(_WINDOWS["track"], values, binary=True).fetchall()


def links(connection: Connection, homes: Sequence[int], until: datetime) -> dict[int, list[LinkRow]]:
    """Return the devices that are in each of some homes at `until` and the last contact of each."""
    found: dict[int, list[LinkRow]] = {home: [] for home in homes}
    cursor = connection.cursor(row_factory=kwargs_row(_link))
    for home, link in cursor.execute(_WINDOWS["links"], {"homes": list(homes), "until": until}):
        found[home].append(link)
    return found


def statuses(
    connection: Connection, since: Mapping[int, datetime], until: datetime
) -> dict[int, list[tuple[datetime, bool]]]:
    """Return when the devices of homes, given with a time each, said since then that they are online or not, and the last word before."""
    found: dict[int, list[tuple[datetime, bool]]] = {}
    left = dict(since)
    # Further back only for homes with a device whose word before is older.
    for back in LOOKED_BACK[:-1]:
        if not left:
            break
        earliest = min(left.values())
        values = {
            **{"homes": list(left), "since": list(left.values()), "until": until, "metrics": STATUS_METRICS},
            **{"earliest": earliest, "oldest": moment_before(earliest, back)},
        }
        first: dict[int, tuple[int, datetime]] = {}
        of_step: dict[int, list[tuple[datetime, bool]]] = {}
        for home, device, time, value in connection.execute(_WINDOWS["statuses"], values):
            of_step.setdefault(device, []).append((time, value > 0))
            first.setdefault(device, (home, time))
        found |= of_step
        left = {home: since[home] for home, time in first.values() if time > since[home]}
    return found


def reported_metrics(
    connection: Connection, homes: Sequence[int], metrics: Sequence[str]
) -> set[tuple[int, str]]:
    """Return which of some metrics were ever reported in which home."""
    values = {"homes": list(homes), "metrics": [METRICS[name].number for name in metrics]}
    rows = connection.execute(_WINDOWS["reported_metrics"], values)
    return {(home, METRICS_BY_NUMBER[metric].name) for home, metric in rows}


def geofences(connection: Connection, residents: Sequence[int]) -> list[Geofence]:
    """Return the geofences of residents, with when each was drawn."""
    cursor = connection.cursor(row_factory=kwargs_row(geofence_from_columns))
    return cursor.execute(_WINDOWS["geofences"], {"residents": list(residents)}).fetchall()


def home_life_signs(connection: Connection) -> list[float]:
    """Return the last life sign of every home, in Unix seconds."""
    row = connection.execute(_WINDOWS["home_life_signs"], binary=True).fetchone()
    return row[0] if row and row[0] else []


def ward_minutes(connection: Connection, since: datetime, until: datetime) -> list[tuple[float, float]]:
    """Return, for each minute of a span in which any home gave a life sign, the first and the last (Unix seconds)."""
    row = connection.execute(
        _WINDOWS["ward_minutes"], {"since": since, "until": until}, binary=True
    ).fetchone()
    return list(zip(row[0], row[1], strict=True)) if row and row[0] else []


def active_homes(connection: Connection, since: datetime, until: datetime) -> int:
    """Return how many homes gave a life sign in (since, until]."""
    row = connection.execute(_WINDOWS["active_homes"], {"since": since, "until": until}).fetchone()
    return row[0] if row else 0


def _device_life_signs(*, resident: int, kind: str, **columns: Any) -> tuple[int, DeviceLifeSigns]:
    return resident, DeviceLifeSigns(kind=DeviceKind(kind), **columns)


def _link(*, home: int, kind: str, heartbeat_s: int | None, **columns: Any) -> tuple[int, LinkRow]:
    heartbeat = timedelta(seconds=heartbeat_s) if heartbeat_s is not None else None
    return home, LinkRow(kind=DeviceKind(kind), heartbeat=heartbeat, **columns)
