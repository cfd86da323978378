"""Testers stop and start a simulation and make things happen; numbers go on and nothing is left out."""

import json
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import cast

import pytest

from core.clock import AcceleratedClock
from core.errors import InputError
from simulator.network.lossy_channel import OutboundMessage
from simulator.network.publisher import Publisher, PublishError
from simulator.player import Player
from simulator.town.ward import WardOrder, make_ward
from simulator.ward_file import parse_ward
from simulator.ward_run import Simulation
from tests.support.wait import wait_until

NOW = datetime.fromisoformat("2026-08-03T06:30:00+09:00")


class Received:
    """Stands in for the broker."""

    def __init__(self) -> None:
        self.messages: list[OutboundMessage] = []

    def publish(self, message: OutboundMessage) -> None:
        self.messages.append(message)

    @contextmanager
    def connect(self, _stop: threading.Event) -> Generator[Publisher]:
        yield cast("Publisher", self)

    def seqs(self, device: str) -> list[int]:
        topic = f"/{device}/readings"
        return [json.loads(m.payload)["seq"] for m in list(self.messages) if m.topic.endswith(topic)]


@pytest.fixture
def received() -> Received:
    return Received()


@pytest.fixture
def clock() -> AcceleratedClock:
    return AcceleratedClock(NOW, 6000.0, time.time())


@pytest.fixture
def player(received: Received, clock: AcceleratedClock) -> Generator[Player]:
    ward = parse_ward(make_ward(WardOrder(3, 1, NOW)))
    made = Player(Simulation(ward, (), 1), received.connect, clock)
    yield made
    made.stop()


def reaches(player: Player, count: int) -> Callable[[], bool]:
    return lambda: player.messages >= count


def test_a_simulation_that_was_stopped_goes_on_where_it_was(player: Player, received: Received):
    player.start()
    wait_until(reaches(player, 100), 30, "some messages")
    player.stop()
    assert not player.is_running
    player.start()
    wait_until(reaches(player, 300), 30, "more messages")
    player.stop()
    end = datetime.fromtimestamp(max(m.time_ms for m in received.messages) / 1000, NOW.tzinfo)
    expected = {(m.topic, m.payload) for m in player.simulation.until(end) if not m.retain}
    assert expected <= {(m.topic, m.payload) for m in received.messages}


def test_what_is_asked_for_happens_a_moment_later_and_numbers_go_on(player: Player, received: Received):
    player.start()
    wait_until(reaches(player, 200), 30, "some messages")
    name = player.simulation.ward.homes[0].name
    (event,) = player.inject("sos", name)
    assert (event.kind, event.resident, event.raises) == ("sos", "r001", ("sos",))
    wait_until(lambda: any(b'"sos"' in m.payload for m in list(received.messages)), 30, "the press")
    wait_until(reaches(player, 500), 30, "more messages")
    player.stop()
    presses = [m for m in received.messages if b'"sos"' in m.payload]
    assert abs(presses[0].time_ms / 1000 - event.begins.timestamp()) <= 1.0
    for device in ("h001-kitchen", "h001-hallway", "h002-kitchen", "h003-kitchen"):
        seqs = received.seqs(device)
        # One message may come twice where the stream was taken up again.
        assert sorted(set(seqs)) == list(range(min(seqs), max(seqs) + 1)) if seqs else True


def test_after_a_collapse_that_was_asked_for_the_home_is_quiet(player: Player, received: Received):
    player.start()
    wait_until(reaches(player, 50), 30, "some messages")
    (event,) = player.inject("collapse", player.simulation.ward.homes[0].name)
    done = event.begins + timedelta(hours=3)
    wait_until(lambda: received.messages[-1].time_ms / 1000 > done.timestamp(), 60, "three hours")
    player.stop()
    begins_ms = event.begins.timestamp() * 1000
    moved = [
        m
        for m in received.messages
        if "/h001-" in m.topic and b'"motion","value":true' in m.payload and m.time_ms > begins_ms + 1000
    ]
    assert moved == []


def test_what_a_home_cannot_do_is_refused(player: Player):
    homes = player.simulation.ward.homes
    without_tracker = next(home for home in homes if all(d.kind != "tracker" for d in home.devices))
    with pytest.raises(InputError, match="does not have what leaves_area needs"):
        player.inject("leaves_area", without_tracker.name)
    with pytest.raises(InputError, match="does not play the home nowhere"):
        player.inject("sos", "nowhere")


def test_a_broker_that_is_down_is_reported_as_the_problem(clock: AcceleratedClock):
    @contextmanager
    def refused(_stop: threading.Event) -> Generator[Publisher]:
        raise PublishError("broker 127.0.0.1:1: nobody answers there")
        yield

    ward = parse_ward(make_ward(WardOrder(1, 1, NOW)))
    player = Player(Simulation(ward, (), 1), refused, clock)
    player.start()
    wait_until(lambda: not player.is_running, 10, "the end")
    assert player.problem == "broker 127.0.0.1:1: nobody answers there"
