"""Habits of bridges and devices: states that are said again although nothing happened."""

import json
from collections import Counter
from datetime import datetime
from functools import cache
from typing import Any

import pytest

from simulator.network.lossy_channel import OutboundMessage
from simulator.scenarios.binding import bind
from simulator.scenarios.scenario import parse_scenario
from simulator.town.ward import WardOrder, make_ward
from simulator.ward_file import SimWard, parse_ward
from simulator.ward_run import Simulation

NOW = datetime.fromisoformat("2026-08-03T06:30:00+09:00")
# Behind Zigbee2MQTT, and native.
ZIGBEE, NATIVE = "r002", "r001"
EIGHT, FOUR = NOW.replace(hour=8, minute=0), NOW.replace(hour=16, minute=0)
DURING = range(round(EIGHT.timestamp() * 1000), round(FOUR.timestamp() * 1000))
_OF_THE_MOMENT = frozenset({"last_seen", "update", "update_available"})
State = tuple[int, str, dict[str, Any]]


@cache
def ward() -> SimWard:
    return parse_ward(make_ward(WardOrder(3, 1, NOW)))


@cache
def played(*lines: str, resident: str = ZIGBEE) -> tuple[OutboundMessage, ...]:
    """Return what a home sends on the first day, in which somebody falls at ten and something is so from eight to four."""
    events = [
        'title = "a test"',
        "[[event]]",
        'kind = "collapse"',
        f'resident = "{resident}"',
        'at = "10:00"',
    ]
    if lines:
        events += ["[[event]]", *lines, f'resident = "{resident}"', 'at = "08:00"', "for_h = 8"]
    simulation = Simulation(ward(), bind([parse_scenario("\n".join(events), "test.toml")], ward(), 1), 1)
    number = resident[1:]
    sent: list[OutboundMessage] = []
    for message in simulation.live(NOW):
        if message.time_ms >= DURING.stop:
            return tuple(sent)
        if f"/h{number}-" in message.topic or f"/g{number}/" in message.topic:
            sent.append(message)
    raise AssertionError("live has no end")


def states(messages: tuple[OutboundMessage, ...]) -> list[State]:
    """Return the states of devices, without those of bridges."""
    return [
        (one.time_ms, one.topic, json.loads(one.payload))
        for one in messages
        if not one.retain and not one.topic.endswith(("/state", "/availability"))
    ]


def only_here(*lines: str) -> list[State]:
    """Return the states that are sent by a habit and not without it."""
    ordinary = {(one.time_ms, one.topic, one.payload) for one in played()}
    return states(
        tuple(one for one in played(*lines) if (one.time_ms, one.topic, one.payload) not in ordinary)
    )


@pytest.mark.parametrize(
    ("lines", "times"),
    [
        (('kind = "bridge_restarts"', "seconds = 7200"), 4),
        (('kind = "status_answers"',), 8),
        (('kind = "availability_pings"', "seconds = 1800"), 16),
        (('kind = "update_checks"',), 8),
    ],
)
def test_a_habit_says_again_what_each_device_said_last(lines: tuple[str, ...], times: int):
    last: dict[str, dict[str, Any]] = {}
    again = {(time_ms, topic) for time_ms, topic, _ in only_here(*lines)}
    said = Counter[str]()
    for time_ms, topic, body in states(played(*lines)):
        known = {key: value for key, value in body.items() if key not in _OF_THE_MOMENT}
        if (time_ms, topic) in again:
            said[topic] += 1
            assert known == last[topic]
        last[topic] = last.get(topic, {}) | known
    before = {topic for time_ms, topic, _ in states(played()) if time_ms < DURING.start}
    assert len(before) >= 7
    assert {topic: said[topic] for topic in before} == dict.fromkeys(before, times)


def test_a_bridge_that_restarts_is_away_and_then_says_states_without_a_time():
    sent = played('kind = "bridge_restarts"', "seconds = 7200")
    bridge = [(one.time_ms, json.loads(one.payload)["state"]) for one in sent if one.topic.endswith("/state")]
    assert [state for time_ms, state in bridge if time_ms >= DURING.start - 30_000] == [
        "offline",
        "online",
    ] * 4
    repeated = only_here('kind = "bridge_restarts"', "seconds = 7200")
    assert all("last_seen" not in body for _, _, body in repeated)
    online = [time_ms for time_ms, state in bridge if state == "online"][-4:]
    assert min(time_ms for time_ms, _, _ in repeated) > online[0]


@pytest.mark.parametrize("kind", ["status_answers", "availability_pings", "update_checks"])
def test_other_habits_give_old_states_a_new_time(kind: str):
    for time_ms, _, body in only_here(f'kind = "{kind}"'):
        assert datetime.fromisoformat(body["last_seen"]).timestamp() * 1000 == time_ms
        assert ("update" in body) == (kind == "update_checks")


def test_a_ping_keeps_on_the_broker_that_the_device_is_there():
    sent = played('kind = "availability_pings"')
    kept = [one for one in sent if one.topic.endswith("/availability")]
    assert len(kept) >= 36
    assert {(one.retain, one.payload) for one in kept} == {(True, b'{"state":"online"}')}


def test_motion_that_is_held_is_reported_by_the_clock_and_never_cleared():
    during = [
        (time_ms, topic, body["occupancy"])
        for time_ms, topic, body in states(played('kind = "motion_held"'))
        if time_ms in DURING and "occupancy" in body
    ]
    held = [(time_ms, topic) for time_ms, topic, is_on in during if is_on]
    # What she passed last before the fall says for six hours that somebody moves.
    last = held[-1][1]
    times = [one for one, topic in held if topic == last]
    assert len(times) >= 70
    ordinary = [
        (time_ms, topic)
        for time_ms, topic, body in states(played())
        if time_ms in DURING and body.get("occupancy") is True
    ]
    assert len(held) > len(ordinary) + 60
    moved = set[str]()
    for _, topic, is_on in during:
        assert is_on or topic not in moved
        moved |= {topic} if is_on else set()


def test_a_radar_sees_who_lies_on_the_floor_of_its_room_alone():
    during = [
        (time_ms, topic, body["presence"])
        for time_ms, topic, body in states(played('kind = "radar_repeats"'))
        if time_ms in DURING and "presence" in body
    ]
    last_hours = [one for one in during if one[0] > DURING.stop - 5 * 3_600_000]
    assert len(last_hours) >= 58
    assert len({topic for _, topic, _ in last_hours}) == 1
    assert all(is_there for _, _, is_there in last_hours)
    assert not [
        body
        for time_ms, _, body in states(played('kind = "radar_repeats"'))
        if time_ms in DURING and "occupancy" in body
    ]


def test_a_native_device_answers_with_its_states_in_new_messages_and_reports_no_movement():
    ordinary = played(resident=NATIVE)
    asked = played('kind = "status_answers"', resident=NATIVE)
    answers = len(asked) - len(ordinary)
    assert answers > 0
    metrics: list[str] = []
    for messages in (ordinary, asked):
        bodies = [json.loads(one.payload) for one in messages if one.topic.endswith("/readings")]
        metrics.append(sorted(one["metric"] for body in bodies for one in body["readings"]).__repr__())
        doors = [
            json.loads(one.payload)["seq"] for one in messages if one.topic.endswith("front-door/readings")
        ]
        assert doors == list(range(doors[0], doors[0] + len(doors)))
    assert metrics[0].count("'motion'") == metrics[1].count("'motion'")
    assert metrics[0].count("'contact_open'") < metrics[1].count("'contact_open'")


def test_a_native_bridge_keeps_no_states():
    restarted = [
        one
        for one in played('kind = "bridge_restarts"', resident=NATIVE)
        if not one.topic.endswith("/status")
    ]
    assert restarted == [one for one in played(resident=NATIVE) if not one.topic.endswith("/status")]
