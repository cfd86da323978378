"""The way to the broker: what is lost, late, doubled, out of order, buffered, or stamped by a clock that is off."""

import json
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from functools import cache

from simulator.network.lossy_channel import Arrival, OutboundMessage, in_order
from simulator.scenarios.binding import bind
from simulator.scenarios.scenario import parse_scenario
from simulator.town.ward import WardOrder, make_ward
from simulator.ward_file import SimWard, parse_ward
from simulator.ward_run import Simulation

NOW = datetime.fromisoformat("2026-08-03T06:30:00+09:00")
TEN = NOW.replace(hour=10, minute=0)


@cache
def ward() -> SimWard:
    return parse_ward(make_ward(WardOrder(3, 1, NOW)))


def played(*lines: str) -> list[OutboundMessage]:
    """Return all that is sent on the first day, with what is lost, while one thing happens from 10 to 16 h."""
    text = "\n".join(('title = "a test"', "[[event]]", *lines, 'at = "10:00"', "for_h = 6"))
    simulation = Simulation(ward(), bind([parse_scenario(text, "test.toml")], ward(), 1), 1)
    end_ms = ms(NOW + timedelta(hours=20))
    sent: list[OutboundMessage] = []
    for message in simulation.live(NOW):
        if message.time_ms >= end_ms:
            return sent
        sent.append(message)
    raise AssertionError("live has no end")


@cache
def ordinary() -> list[OutboundMessage]:
    return played('kind = "visitor"', 'resident = "r002"', "day = 300")


def ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def of_home(messages: list[OutboundMessage]) -> list[OutboundMessage]:
    return [message for message in messages if "/h001-" in message.topic or "/g001/" in message.topic]


def by_payload(messages: list[OutboundMessage]) -> dict[tuple[str, bytes], OutboundMessage]:
    return {(message.topic, message.payload): message for message in messages if not message.retain}


def test_messages_are_put_into_the_order_in_which_they_arrive():
    def arrival(sent_ms: int, due_ms: int) -> Arrival:
        return Arrival(sent_ms, OutboundMessage(due_ms, f"{sent_ms}", b""))

    arrivals = [arrival(1, 1), arrival(2, 7), arrival(3, 3), arrival(4, 5), arrival(6, 6)]
    assert [message.time_ms for message in in_order(arrivals)] == [1, 3, 5, 6, 7]


def test_lost_messages_have_their_numbers_but_do_not_arrive():
    sent = played('kind = "loss"', 'resident = "r001"', "share = 0.3")
    lost = [message for message in sent if message.is_lost]
    struck = [m for m in of_home(sent) if ms(TEN) <= m.time_ms < ms(TEN) + 6 * 3_600_000 and not m.retain]
    assert 0.2 < len(lost) / len(struck) < 0.4
    assert by_payload(sent).keys() == by_payload(ordinary()).keys()


def test_late_messages_hold_the_time_when_it_happened():
    late = by_payload(played('kind = "delay"', 'resident = "r001"', "seconds = 900"))
    usual = by_payload(ordinary())
    waits = [late[key].time_ms - message.time_ms for key, message in usual.items() if key in late]
    assert 600_000 < max(waits) <= 900_000
    assert min(waits) == 0
    assert 50 < sum(1 for wait in waits if wait) < 1500


def test_doubled_messages_are_the_same_bytes():
    counts = Counter(
        (message.topic, message.payload)
        for message in played('kind = "duplicates"', 'resident = "r001"', "share = 0.3")
        if not message.retain
    )
    assert set(counts.values()) == {1, 2}
    assert counts.keys() == by_payload(ordinary()).keys()


def test_messages_that_overtake_each_other_arrive_out_of_order_but_whole():
    sent = played('kind = "reorder"', 'resident = "r001"', "seconds = 600", "share = 0.6")
    times = [message.time_ms for message in sent]
    assert times == sorted(times)
    seqs: dict[str, list[int]] = defaultdict(list)
    for message in of_home(sent):
        body = json.loads(message.payload)
        if "seq" in body:
            seqs[message.topic.split("/")[-2]].append(body["seq"])
    assert any(numbers != sorted(numbers) for numbers in seqs.values())
    assert all(
        sorted(numbers) == list(range(min(numbers), max(numbers) + 1)) or len(numbers) < 3
        for device, numbers in seqs.items()
        if not device.endswith("tracker")
    )


def test_a_gateway_whose_line_is_cut_sends_afterwards_what_it_kept():
    sent = played('kind = "line_cut"', 'resident = "r001"')
    during = range(ms(TEN), ms(TEN) + 6 * 3_600_000)
    received = [m for m in sent if m.topic.startswith("gw/g001/") and m.time_ms in during]
    assert received == []
    held = [m for m in ordinary() if m.topic.startswith("gw/g001/") and m.time_ms in during]
    later = by_payload([m for m in sent if m.time_ms >= during.stop])
    assert len(held) > 30
    assert all((message.topic, message.payload) in later for message in held)
    wills = [
        (m.time_ms, json.loads(m.payload)["online"]) for m in sent if m.topic == "mimamori/v1/g001/status"
    ]
    assert wills[1:] == [(during.start + 90_000, False), (during.stop, True)]


def test_while_the_broker_is_away_all_devices_keep_what_they_have():
    sent = played('kind = "broker_away"')
    during = range(ms(TEN), ms(TEN) + 6 * 3_600_000)
    assert [message for message in sent if message.time_ms in during] == []
    assert by_payload(sent).keys() == by_payload(ordinary()).keys()


def test_a_clock_that_is_off_shows_in_the_times_but_not_in_when_messages_come():
    sent = played('kind = "clock_off"', 'resident = "r001"', "seconds = 7200")
    off = set[float]()
    for message in of_home(sent):
        if message.topic.endswith("/readings"):
            reported = datetime.fromisoformat(json.loads(message.payload)["readings"][0]["time"])
            off.add(round(reported.timestamp() - message.time_ms / 1000))
    assert off == {0, 7200}
    assert [m.time_ms for m in sent] == [m.time_ms for m in ordinary()]


def test_a_clock_that_drifts_is_farther_off_from_hour_to_hour():
    sent = played('kind = "clock_drift"', 'resident = "r001"', 'device = "kitchen"', "seconds = 2400")
    off = [
        round(
            datetime.fromisoformat(json.loads(message.payload)["readings"][0]["time"]).timestamp()
            - message.time_ms / 1000
        )
        for message in sent
        if message.topic.endswith("h001-kitchen/readings")
    ]
    assert off == sorted(off[: off.index(max(off)) + 1]) + [0] * (len(off) - off.index(max(off)) - 1)
    assert 500 < max(off) <= 600


def test_firmware_that_has_its_readings_retained_marks_them_so():
    sent = played('kind = "retained"', 'resident = "r001"', 'device = "kitchen"')
    retained = {message.topic for message in sent if message.retain and message.topic.endswith("/readings")}
    assert retained == {"gw/g001/mimamori/v1/h001-kitchen/readings"}
