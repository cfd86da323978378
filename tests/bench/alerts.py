"""How soon an alert is in the database, while a large ward keeps sending: from publishing to the commit of the alert."""

import statistics
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import paho.mqtt.client as paho
import psycopg
from paho.mqtt.enums import CallbackAPIVersion

from core.domain.geodesy import METRES_PER_DEGREE
from core.domain.geofence import ALWAYS, Circle, Geofence
from core.mqtt_client import close_client
from core.store.migrate import migrate
from deploy.local.mosquitto import SIMULATOR
from detectors.features.window import Track, Window, life_signs, moment
from detectors.rules import emergency_call, geofence_exit
from detectors.rules.geofence_exit import GeofenceExit
from tests.bench.ingest import Effort, Say
from tests.bench.large_ward import AT, RADIUS_M, LargeWard, fix_message, press_message
from tests.bench.result import Results, median
from tests.bench.stand import Stand
from tests.bench.steady import keep_commit_times
from tests.support.services.processes import Processes
from tests.support.wait import wait_until

RATE = 2000
FEW, MANY = 1_000, 10_000
_FULL_PROBES, _QUICK_PROBES = 200, 60
_PROBES_PER_S = 6.0
# The ward sends for so long before anybody presses.
_WARM_S = 5.0
_TIMEOUT_S = 60.0
# Somebody walks away from home, a fix every two minutes.
_FIX_S, _WALK_M_S = 120.0, 1.2


@dataclass(frozen=True)
class Latencies:
    """Seconds from publishing to the commit of the alert."""

    calls: list[float]
    exits: list[float]


def measure(stand: Stand, effort: Effort, say: Say) -> Results:
    """Measure in a large ward and in one of a tenth of its size, in turn."""
    keep_commit_times(stand)
    is_quick = effort.seconds < 60
    probes = _QUICK_PROBES if is_quick else _FULL_PROBES
    found: dict[int, list[Latencies]] = {FEW: [], MANY: []}
    for run in range(1 if is_quick else 3):
        for residents, latencies in found.items():
            say(f"alerts: run {run + 1}, {residents:,} residents")
            latencies.append(_run(stand, f"alerts_{residents}_{run}", residents, probes))
    against = f"from publishing to the commit of the alert, {MANY:,} residents, {RATE} messages/s beside it on the same machine"
    calls = [_p99(one.calls) for one in found[MANY]]
    exits = [_p99(one.exits) for one in found[MANY]]
    before = [_p99(one.exits) for one in found[FEW]]
    return {
        "sos_latency_p99_s": median(calls, "s", f"calls for help; {against}"),
        "sos_latency_p50_s": median([statistics.median(one.calls) for one in found[MANY]], "s", against),
        "alert_latency_p99_s": median(exits, "s", f"a safe area left; {against}"),
        "alert_latency_p50_s": median([statistics.median(one.exits) for one in found[MANY]], "s", against),
        "alert_latency_growth": median(
            [many / few for many, few in zip(exits, before, strict=True)],
            "ratio",
            f"the p99 of a safe area left over that with {FEW:,} residents",
        ),
    }


def _run(stand: Stand, name: str, residents: int, probes: int) -> Latencies:
    ward = LargeWard(residents)
    stand.cluster.create_database(name)
    migrate(stand.cluster.url(name))
    stand.broker.forget_messages()
    starter = Processes(stand.folder)
    with stand.connect(name) as connection:
        ward.make(connection, datetime.now(UTC))
        try:
            starter.start("ingest", stand.settings(name))
            starter.start("detectors", stand.settings(name))
            with sending(stand, ward, probes):
                time.sleep(_WARM_S)
                return _probe(stand, connection, ward, probes)
        finally:
            starter.stop_all()


@contextmanager
def sending(stand: Stand, ward: LargeWard, spared: int) -> Generator[None]:
    """Let the ward send in a process of its own."""
    command = stand.command("ward", SIMULATOR, str(ward.residents), str(spared), str(RATE))
    publisher = subprocess.Popen(command)
    try:
        yield
        assert publisher.poll() is None, "the ward stopped sending"
    finally:
        publisher.terminate()
        publisher.wait(30)


def _probe(
    stand: Stand, connection: psycopg.Connection[tuple[object, ...]], ward: LargeWard, probes: int
) -> Latencies:
    """Let people press buttons and leave, and return how long each alert took."""
    walkers = list(ward.tracked()[:probes])
    callers = [home + 1 for home in walkers]
    walk = _walk()
    _walk_up_to_now(connection, walkers, walk, 1 / _PROBES_PER_S)
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bench-probe", protocol=paho.MQTTv5)
    client.username_pw_set(SIMULATOR, stand.broker.password(SIMULATOR))
    client.connect(stand.broker.host, stand.broker.port)
    client.loop_start()
    pressed: dict[int, float] = {}
    left: dict[int, float] = {}
    began = time.monotonic()
    for number, (walker, caller) in enumerate(zip(walkers, callers, strict=True)):
        time.sleep(max(0.0, began + number / _PROBES_PER_S - time.monotonic()))
        lat = AT[0] + walk[-1] / METRES_PER_DEGREE
        left[walker] = time.time()
        client.publish(*fix_message(walker, 1, datetime.now(UTC).isoformat(), lat, AT[1]), qos=1)
        time.sleep(0.5 / _PROBES_PER_S)
        pressed[caller] = time.time()
        client.publish(*press_message(caller, 1, datetime.now(UTC).isoformat()), qos=1)
    try:
        calls = _taken(connection, emergency_call.NAME, pressed)
        exits = _taken(connection, geofence_exit.NAME, left)
    finally:
        close_client(client)
    return Latencies(calls, exits)


def _taken(
    connection: psycopg.Connection[tuple[object, ...]], rule: str, published: dict[int, float]
) -> list[float]:
    """Return how long each alert took, once all are there."""

    def committed() -> dict[int, float]:
        rows = connection.execute(
            "SELECT alert.resident_id, extract(epoch FROM pg_xact_commit_timestamp(episode.xmin))::float8"
            " FROM alert_episode AS episode JOIN alert USING (alert_id) WHERE alert.rule = %s",
            [rule],
        )
        return {int(str(resident)): float(str(at)) for resident, at in rows}

    wait_until(lambda: published.keys() <= committed().keys(), _TIMEOUT_S, f"an alert ({rule}) of everybody")
    at = committed()
    return [at[resident] - began for resident, began in published.items()]


def _walk() -> list[float]:
    """Return how far from home somebody is at each fix up to the first that raises an alert."""
    fence = Geofence(1, 1, "home", Circle(*AT, RADIUS_M), ALWAYS)
    distances = [0.0] * 8
    for step in range(1, 30):
        distances.append(step * _FIX_S * _WALK_M_S)
        times = np.arange(len(distances), dtype=np.float64) * _FIX_S
        north = AT[0] + np.array(distances) / METRES_PER_DEGREE
        track = Track(times, north, np.full(len(times), AT[1]), np.full(len(times), 12.0))
        window = Window(1, ZoneInfo("UTC"), moment(0), life_signs([]), track, (), (), (), (fence,))
        if GeofenceExit().evaluate(window, moment(0), moment(float(times[-1]))).findings:
            return distances
    raise AssertionError("walking away raises no alert")


def _walk_up_to_now(
    connection: psycopg.Connection[tuple[object, ...]], walkers: list[int], walk: list[float], apart_s: float
) -> None:
    """Store the fixes of everybody who is about to leave, but for the last."""
    now = datetime.now(UTC)
    rows = [
        (now + timedelta(seconds=apart_s * number - _FIX_S * back), far, f"t-{walker}")
        for number, walker in enumerate(walkers)
        for back, far in enumerate(reversed(walk))
        if back > 0
    ]
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO fix (device_number, time, received_at, lat, lon, accuracy_m)"
            " SELECT device_number, %(time)s, %(time)s, %(lat)s, %(lon)s, 12 FROM device WHERE device_id = %(device)s",
            [
                {"time": at, "lat": AT[0] + far / METRES_PER_DEGREE, "lon": AT[1], "device": device}
                for at, far, device in rows
            ],
        )


def _p99(taken: list[float]) -> float:
    return float(np.quantile(taken, 0.99))
