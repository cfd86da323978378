"""How fast the simulator is: writing a ward's days to a file, and speaking for five thousand homes as the clock passes."""

import statistics
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import chain, takewhile
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from core.clock import AcceleratedClock
from deploy.local import required_programs
from deploy.local.mosquitto import SIMULATOR, Broker
from simulator.network.file_output import write_messages
from simulator.network.lossy_channel import OutboundMessage
from simulator.network.publisher import BrokerAddress, Publisher
from simulator.town.ward import WardOrder, make_ward
from simulator.ward_file import parse_ward
from simulator.ward_run import Simulation, publish_live
from tests.bench.result import Result, Results

_WRITTEN_HOMES = 60
_LIVE_HOMES = 5000
_LIVE_S = 20.0
# The busiest hour: most people get up, and with it the days of most homes are made.
_BEGIN = datetime.fromisoformat("2026-08-03T06:30:00+09:00")


def measure(runs: int, say: Callable[[str], None]) -> Results:
    """Measure and return the results by key; `say` is raised how far it is."""
    with TemporaryDirectory(prefix="mimamori-bench-") as name:
        folder = Path(name)
        rates: list[float] = []
        for number in range(runs):
            say(f"simulator: run {number + 1} of {runs}")
            rates.append(_home_days_per_min(folder / "messages.jsonl", number))
        say(f"simulator: {_LIVE_HOMES} homes as the clock passes")
        lags, devices, startup_s = _live(folder)
    p99 = float(np.quantile(lags, 0.99))
    return {
        "simulator_home_days_per_min": Result(
            statistics.median(rates), "home-days/min", [round(rate) for rate in rates], "at least 1,000"
        ),
        "simulator_lag_p99_s": Result(
            p99,
            "s",
            [round(p99, 4)],
            f"{_LIVE_HOMES} homes, {devices} devices, {len(lags)} messages in real time",
        ),
        "simulator_start_s": Result(startup_s, "s", [round(startup_s, 1)], f"the day of {_LIVE_HOMES} homes"),
    }


def _home_days_per_min(path: Path, seed: int) -> float:
    ward = parse_ward(make_ward(WardOrder(_WRITTEN_HOMES, seed, _BEGIN)))
    played = Simulation(ward, (), seed)
    began = time.perf_counter()
    write_messages(path, played.until(_BEGIN + timedelta(days=1)))
    return 60.0 * _WRITTEN_HOMES / (time.perf_counter() - began)


def _live(folder: Path) -> tuple[list[float], int, float]:
    """Publish for a while in real time; return how late each message was, how many devices spoke, and the time to begin."""
    ward = parse_ward(make_ward(WardOrder(_LIVE_HOMES, 1, _BEGIN)))
    began = time.perf_counter()
    messages = Simulation(ward, (), 1).live(_BEGIN)
    # That gateways are there is raised first; the day of every home is made before the first that follows.
    reported: list[OutboundMessage] = []
    for message in messages:
        reported.append(message)
        if message.time_ms > _BEGIN.timestamp() * 1000:
            break
    startup_s = time.perf_counter() - began
    end_ms = (_BEGIN + timedelta(seconds=_LIVE_S)).timestamp() * 1000
    first, later = reported[:-1], takewhile(lambda one: one.time_ms < end_ms, chain(reported[-1:], messages))
    broker = Broker(folder / "broker", required_programs.mosquitto(print))
    broker.start()
    try:
        address = BrokerAddress(broker.host, broker.port, SIMULATOR, broker.password(SIMULATOR))
        with Publisher(address) as publisher:
            for message in first:
                publisher.publish(message)
            publisher.drain()
            clock = AcceleratedClock(_BEGIN, 1.0, time.time())
            lags: list[float] = []

            def note(message: OutboundMessage) -> None:
                lags.append(clock.now().timestamp() - message.time_ms / 1000)

            publish_live(later, publisher, clock, threading.Event(), note)
            publisher.drain()
    finally:
        broker.stop()
    return lags, sum(len(home.devices) for home in ward.homes), startup_s
