"""The stream of messages: the same bytes each time, numbered without a gap, and the same after a restart."""

import json
from collections import defaultdict
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import takewhile

import pytest

from core.domain.device import DeviceKind
from simulator.network.lossy_channel import OutboundMessage
from simulator.network.payloads import MOST_IN_A_MESSAGE
from simulator.scenarios.binding import bind
from simulator.scenarios.scenario import read_scenario
from simulator.town.ward import WardOrder, make_ward
from simulator.ward_file import parse_ward
from simulator.ward_run import Simulation

NOW = datetime.fromisoformat("2026-11-23T06:30:00+09:00")


def simulation(residents: int = 6, seed: int = 1, *, days: int = 28) -> Simulation:
    ward = parse_ward(make_ward(WardOrder(residents, seed, NOW)))
    return Simulation(ward, bind([read_scenario("demo")], ward, seed), seed, days)


def live_for(played: Simulation, since: datetime, span: timedelta) -> list[OutboundMessage]:
    end_ms = (since + span).timestamp() * 1000
    return list(takewhile(lambda message: message.time_ms < end_ms, played.live(since)))


def fingerprint(messages: list[OutboundMessage]) -> str:
    digest = sha256()
    for message in messages:
        digest.update(f"{message.time_ms} {message.topic} {message.retain} ".encode() + message.payload)
    return digest.hexdigest()


def everything(played: Simulation) -> list[OutboundMessage]:
    return [message for _, message in played.history()] + live_for(played, NOW, timedelta(hours=30))


@pytest.fixture(scope="module")
def month() -> list[OutboundMessage]:
    """Give what six homes send in four weeks and the day after."""
    return everything(simulation())


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(month: list[OutboundMessage]):
    assert fingerprint(everything(simulation())) == fingerprint(month)
    assert fingerprint(everything(simulation(days=1))) != fingerprint(everything(simulation(seed=2, days=1)))


@pytest.mark.parametrize("days", [1, 28])
def test_native_messages_are_numbered_from_one_without_a_gap(days: int, month: list[OutboundMessage]):
    seqs: dict[str, list[int]] = defaultdict(list)
    for message in month if days == 28 else everything(simulation(days=days)):
        body = json.loads(message.payload)
        if "seq" in body:
            seqs[message.topic.split("/")[-2]].append(body["seq"])
    assert len(seqs) > 50
    for device, numbers in seqs.items():
        assert numbers == list(range(1, len(numbers) + 1)), device


def test_a_simulator_started_again_goes_on_with_the_same_messages():
    whole = live_for(simulation(), NOW, timedelta(hours=60))
    again = NOW + timedelta(hours=41, minutes=7)
    later = [item for item in live_for(simulation(), again, timedelta(hours=18)) if not item.retain]
    expected = [item for item in whole if not item.retain and item.time_ms >= again.timestamp() * 1000]
    assert later == expected[: len(later)]
    assert len(later) > 1000


def test_history_lies_before_the_origin_and_live_after_it():
    played = simulation(days=7)
    origin_ms = NOW.timestamp() * 1000
    history = [message for _, message in played.history()]
    assert max(message.time_ms for message in history) < origin_ms
    assert origin_ms - min(message.time_ms for message in history) > 6 * 86_400_000
    # Also when somebody asks for earlier.
    assert next(played.live(NOW - timedelta(days=3))).time_ms >= origin_ms


def test_live_messages_come_in_the_order_of_time():
    times = [message.time_ms for message in live_for(simulation(), NOW, timedelta(hours=30))]
    assert times == sorted(times)


def test_no_message_holds_more_than_a_device_may_send(month: list[OutboundMessage]):
    for message in [*month, *everything(simulation(20, days=1))]:
        body = json.loads(message.payload)
        assert len(body.get("readings", body.get("fixes", []))) <= MOST_IN_A_MESSAGE


def test_the_history_is_dense_but_not_huge():
    count = 0
    for _, message in simulation(20, days=7).history():
        body = json.loads(message.payload)
        count += len(body.get("readings", body.get("fixes", [None])))
    assert 50_000 < count < 137_500


def test_gateways_say_that_they_are_there_and_only_that_is_retained():
    played = simulation()
    live = live_for(played, NOW, timedelta(hours=1))
    gateways = [d for home in played.ward.homes for d in home.devices if d.kind is DeviceKind.GATEWAY]
    retained = [message for message in live if message.retain]
    assert len(retained) == len(gateways)
    assert all(message.topic.endswith(("/status", "/bridge/state")) for message in retained)


def test_a_gateway_that_dies_leaves_its_last_will():
    statuses = [
        (message.topic, json.loads(message.payload)["online"])
        for message in live_for(simulation(20), NOW, timedelta(hours=12))
        if message.topic.endswith("/status")
    ]
    offline = [topic for topic, online in statuses if not online]
    assert len(offline) == 1
    assert statuses[-1] == (offline[0], True)


def test_each_sender_uses_its_own_prefix():
    topics = {message.topic for message in live_for(simulation(), NOW, timedelta(hours=12))}
    assert any(topic.startswith("gw/g001/mimamori/v1/h001-") for topic in topics)
    assert any(topic.startswith("gw/g002/zigbee2mqtt/") for topic in topics)
    assert "owntracks/r004/phone" in topics
    assert "mimamori/v1/h001-tracker/fix" in topics
