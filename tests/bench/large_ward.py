"""A ward of many residents in regular use, made in the database at once, and the messages it sends."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import psycopg

from core.domain import rhythm as rhythm_of
from core.domain.device import DeviceKind
from core.domain.geofence import ALWAYS, Circle
from core.store.people.geofences import hours_to_json, shape_to_json
from detectors.baselines import significant_places as places
from detectors.features import daily_rhythm as rhythm
from detectors.features import significant_places as usual_places
from detectors.features.daily_rhythm import TrainingData
from detectors.features.significant_places import Visits, learn_places
from detectors.features.silence_threshold import learn
from detectors.features.window import life_signs
from detectors.rules import inactivity

AT = (35.7, 139.7)
RADIUS_M = 150.0
# Every so many residents wear a tracker; one in so many messages of the load is a fix.
_TRACKER_EVERY = 3
_FIX_EVERY = 100
_STEP_S = 1800
_HISTORY = timedelta(hours=36)
_METRICS = '{{"metric":"{}","value":{},"time":"{}"}}'
_READINGS = (("motion", "true"), ("temperature_c", "21.5"), ("humidity_pct", "48.25"))


@dataclass(frozen=True)
class LargeWard:
    """So many residents, one to a home, each with a motion sensor and an emergency button, every third with a tracker.

    Devices are called `m-1`, `b-1` and `t-1` after the number of their home.
    """

    residents: int

    def tracked(self) -> Sequence[int]:
        """Return the homes whose resident wears a tracker."""
        return range(1, self.residents + 1, _TRACKER_EVERY)

    def make(self, connection: psycopg.Connection[tuple[object, ...]], now: datetime) -> None:
        """Register it in an empty database, with a day and a half of life signs and what was learned from weeks like them."""
        zone = ZoneInfo(_zone_at_noon(now))
        values = {
            "count": self.residents,
            "zone": zone.key,
            "now": now,
            "lat": AT[0],
            "lon": AT[1],
            "shape": json.dumps(shape_to_json(Circle(*AT, RADIUS_M))),
            "hours": json.dumps(hours_to_json(ALWAYS)),
            "since": now - timedelta(days=60),
            "history": _HISTORY,
            "step": timedelta(seconds=_STEP_S),
            "every": _TRACKER_EVERY,
            "today": now.astimezone(zone).date(),
        }
        with connection.transaction():
            for statement in _MAKE:
                connection.execute(statement, values)
            for rule, version, body in _learned(now, zone):
                connection.execute(
                    _KEEP, values | {"rule": rule, "version": version, "body": json.dumps(body)}
                )
        connection.execute("ANALYZE")


def load(ward: LargeWard, spared: int, first_seq: int, rate: int) -> Iterator[list[tuple[str, bytes]]]:
    """Return, without end, the messages of a hundredth of a second each, with the present time.

    The first `spared` trackers send nothing: they are somebody else's.
    """
    trackers = ward.tracked()[spared:]
    place = 0
    while True:
        time = datetime.now(UTC).isoformat()
        messages: list[tuple[str, bytes]] = []
        for _ in range(rate // 100):
            number = place // _FIX_EVERY
            if place % _FIX_EVERY == 0:
                tracker = trackers[number % len(trackers)]
                messages.append(fix_message(tracker, first_seq + number // len(trackers), time, *AT))
            else:
                turn, home = divmod(place, ward.residents)
                messages.append(_readings_message(home + 1, first_seq + turn, time))
            place += 1
        yield messages


def fix_message(home: int, seq: int, time: str, lat: float, lon: float) -> tuple[str, bytes]:
    """Return the topic and the payload of one fix."""
    fix = f'{{"lat":{lat:.6f},"lon":{lon:.6f},"accuracy_m":12,"time":"{time}"}}'
    return f"mimamori/v1/t-{home}/fix", f'{{"seq":{seq},"fixes":[{fix}]}}'.encode()


def press_message(home: int, seq: int, time: str) -> tuple[str, bytes]:
    """Return the topic and the payload of one press of an emergency button."""
    reading = _METRICS.format("sos", "true", time)
    return f"mimamori/v1/b-{home}/readings", f'{{"seq":{seq},"readings":[{reading}]}}'.encode()


def _readings_message(home: int, seq: int, time: str) -> tuple[str, bytes]:
    readings = ",".join(_METRICS.format(metric, value, time) for metric, value in _READINGS)
    return f"mimamori/v1/m-{home}/readings", f'{{"seq":{seq},"readings":[{readings}]}}'.encode()


def _zone_at_noon(now: datetime) -> str:
    """Return a zone in which it is about noon, so that each run of a measurement is evaluated as by day."""
    # Etc/GMT-9 is nine hours ahead of UTC.
    return f"Etc/GMT{now.hour - 12:+d}" if now.hour != 12 else "Etc/UTC"


def _learned(now: datetime, zone: ZoneInfo) -> Iterator[tuple[str, int, object]]:
    """Return what is learned from four weeks in which somebody moves every half hour: rule, version, body."""
    times = np.arange(now.timestamp() - 30 * 86400, now.timestamp(), _STEP_S)
    pairs = [(float(time) + later, DeviceKind.MOTION, "living") for time in times for later in (0.0, 40.0)]
    signs = life_signs(pairs)
    yield inactivity.NAME, inactivity.VERSION, learn(signs, zone, excluded=(), until=now).to_json()
    past = TrainingData(signs, [], [], (), now.timestamp())
    yield rhythm_of.NAME, rhythm_of.VERSION, rhythm.learn(past, zone).to_json()
    nowhere = Visits(*(np.empty(0, np.int64) for _ in range(5)))
    yield places.NAME, usual_places.VERSION, learn_places(nowhere).to_json()


_KEEP = """
    INSERT INTO baseline (resident_id, rule, version, day, body)
    SELECT resident, %(rule)s, %(version)s, %(today)s::date + day, %(body)s::jsonb
    FROM generate_series(1, %(count)s) AS resident, generate_series(-1, 1) AS day
"""
_MAKE = (
    "INSERT INTO office (name) VALUES ('bench')",
    """
    INSERT INTO home (name, time_zone, lat, lon)
    SELECT 'home ' || number, %(zone)s, %(lat)s, %(lon)s FROM generate_series(1, %(count)s) AS number
    """,
    """
    INSERT INTO resident (home_id, office_id, name, watched_from)
    SELECT number, 1, 'resident ' || number, %(since)s FROM generate_series(1, %(count)s) AS number
    """,
    """
    INSERT INTO device (device_id, sender, kind, place, registered_at)
    SELECT letter || number, 'native:' || letter || number, kind, 'living', %(since)s
    FROM generate_series(1, %(count)s) AS number,
        (VALUES ('m-', 'motion'), ('b-', 'button'), ('t-', 'tracker')) AS sort (letter, kind)
    WHERE kind <> 'tracker' OR (number - 1) %% %(every)s = 0
    """,
    """
    INSERT INTO device_assignment (device_number, home_id, resident_id, during)
    SELECT device_number, substr(device_id, 3)::integer,
        CASE WHEN kind = 'motion' THEN NULL ELSE substr(device_id, 3)::integer END, tstzrange(%(since)s, NULL)
    FROM device
    """,
    """
    INSERT INTO geofence (resident_id, name, shape, hours, created_at)
    SELECT number, 'home', %(shape)s::jsonb, %(hours)s::jsonb, %(since)s
    FROM generate_series(1, %(count)s, %(every)s) AS number
    """,
    # A pair, forty seconds apart, counts as a life sign; homes move at different minutes.
    """
    INSERT INTO reading (device_number, time, metric, seq, value, received_at, flags)
    SELECT device_number, at, 1, 0, 1, at, 1
    FROM device, unnest('{0,40}'::integer[]) AS later,
        generate_series(%(now)s - %(history)s::interval, %(now)s - interval '1 minute', %(step)s::interval) AS begins,
        LATERAL (SELECT begins + make_interval(secs => later + device_number %% 17)) AS moved (at)
    WHERE kind = 'motion'
    """,
    """
    INSERT INTO device_latest (device_number, metric, time, value)
    SELECT device_number, 1, max(time), 1 FROM reading GROUP BY device_number
    """,
    """
    INSERT INTO device_contact (device_number, last_received_at, last_time)
    SELECT device_number, %(now)s, coalesce(latest.time, %(since)s) FROM device LEFT JOIN device_latest AS latest USING (device_number)
    """,
    """
    INSERT INTO home_latest (home_id, life_sign_at, device_number)
    SELECT substr(device_id, 3)::integer, latest.time, device_number
    FROM device JOIN device_latest AS latest USING (device_number)
    """,
    # Everybody was evaluated just now, and has a deadline within the next day.
    """
    INSERT INTO evaluation (resident_id, evaluated_through, due_at, state, state_since, on_any_reading, on_any_fix)
    SELECT number, %(now)s, %(now)s::timestamptz + make_interval(secs => 86400.0 * number / %(count)s),
        'as_usual', %(now)s, false, (number - 1) %% %(every)s = 0
    FROM generate_series(1, %(count)s) AS number
    """,
)
