"""When a state shows that somebody acted, and from when on."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.domain.device import DeviceKind
from core.domain.evidence.device_profile import DeviceProfile, ProfileField, ProfileSource
from core.domain.metrics import Evidence
from core.domain.reading import ReadingFlag
from core.store.telemetry.batches import SendingDevice
from core.store.telemetry.connection_breaks import ConnectionBreak
from ingest.codecs import decode
from ingest.mqtt.message import InboundMessage
from ingest.processing.batch_builder import BatchBuilder
from ingest.processing.limits import Rules
from ingest.processing.links import Links

START = datetime(2026, 8, 1, 8, tzinfo=UTC)
RULES = Rules(ZoneInfo("UTC"))
NO_CLEAR = DeviceProfile(
    "no clear", 1, "", "", ProfileSource.BY_HAND, (ProfileField("motion", Evidence.PULSE),)
)
Said = tuple[float, str, object]


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def signs(
    *said: Said,
    kind: DeviceKind = DeviceKind.DOOR,
    links: Links | None = None,
    heartbeat_s: int | None = None,
    profile: DeviceProfile | None = None,
    retained: Sequence[float] = (),
) -> list[tuple[float, float]]:
    """Return of each life sign the minute of its message, and the minute from which on it counts."""
    known = links or Links()
    found: list[tuple[float, float]] = []

    def registered(sender: str) -> SendingDevice | None:
        if "#" in sender or sender.endswith("/bridge"):
            return None
        return SendingDevice(7, "one", sender, kind, None, None, heartbeat_s, profile)

    for minute, topic, body in said:
        payload = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        builder = BatchBuilder(RULES, registered, known, START - timedelta(days=1))
        message = InboundMessage(topic, payload, minute in retained, False, at(minute))
        builder.add(message, decode(topic, payload))
        known = builder.finish(known)
        rows = [*builder.batch.readings, *(row for row, _ in builder.batch.doubtful)]
        for row in rows:
            if row[6] & int(ReadingFlag.LIFE_SIGN):
                acted = row[8] or row[1]
                found.append((minute, (acted - START) / timedelta(minutes=1)))
    return found


DOOR, BRIDGE = "zigbee2mqtt/door", "zigbee2mqtt/bridge/state"
OPEN, CLOSED = {"contact": False}, {"contact": True}


def test_the_first_state_and_one_that_is_said_again_are_no_life_sign() -> None:
    assert signs((0, DOOR, OPEN), (5, DOOR, OPEN), (9, DOOR, {**OPEN, "battery": 80})) == []


def test_a_door_counts_both_ways_and_a_sensor_that_sees_nobody_any_more_does_not() -> None:
    assert signs((0, DOOR, CLOSED), (5, DOOR, OPEN), (6, DOOR, CLOSED)) == [(5, 5), (6, 6)]
    hall = "zigbee2mqtt/hall"
    said = [(0, hall, {"occupancy": False}), (5, hall, {"occupancy": True}), (7, hall, {"occupancy": False})]
    assert signs(*said, kind=DeviceKind.MOTION) == [(5, 5)]


def test_a_state_that_differs_after_the_bridge_came_back_counts_from_when_it_was_last_there() -> None:
    broken = [(10, BRIDGE, "offline"), (20, BRIDGE, "online")]
    # The bridge was in contact for the last time by this door, one and a half minutes before it was missed at most.
    assert signs((0, DOOR, CLOSED), *broken, (30, DOOR, OPEN)) == [(30, 8.5)]
    assert signs((9.5, DOOR, CLOSED), *broken, (30, DOOR, OPEN)) == [(30, 9.5)]


def test_a_state_that_is_the_same_after_the_bridge_came_back_makes_the_next_edge_certain() -> None:
    said = [
        (0, DOOR, CLOSED),
        (10, BRIDGE, "offline"),
        (20, BRIDGE, "online"),
        (21, DOOR, CLOSED),
        (30, DOOR, OPEN),
    ]
    assert signs(*said) == [(30, 30)]


def test_of_several_breaks_the_first_counts() -> None:
    said = [(0, DOOR, CLOSED)]
    for minute in (100, 200):
        said += [(minute, BRIDGE, "offline"), (minute + 1, BRIDGE, "online")]
    assert signs(*said, (300, DOOR, OPEN)) == [(300, 98.5)]


def test_a_device_that_was_not_received_for_three_heartbeats_may_have_changed_since() -> None:
    said = [(0, DOOR, CLOSED), (2, DOOR, {"battery": 80}), (50, DOOR, OPEN)]
    assert signs(*said, heartbeat_s=600) == [(50, 2)]
    assert signs(*said, heartbeat_s=1200) == [(50, 50)]


@pytest.mark.parametrize(
    ("topic", "off", "on"),
    [
        ("tele/entry/LWT", "Offline", "Online"),
        # The same device in another spelling.
        ("tele/ENTRY/LWT", "Offline", "Online"),
        ("stat/entry/x/availability", "", ""),
    ],
)
def test_a_last_will_breaks_the_connection_of_its_device(topic: str, off: str, on: str) -> None:
    state = "stat/entry/SWITCH1"
    said: list[Said] = [(0, state, "OFF")]
    if off:
        said += [(60, topic, off), (90, topic, on)]
    assert signs(*said, (95, state, "ON")) == [(95, 58.5 if off else 95)]


def test_what_zigbee2mqtt_says_of_a_device_it_says_when_it_was_not_received_for_long() -> None:
    said = [
        (0, DOOR, CLOSED),
        (1500, f"{DOOR}/availability", "offline"),
        (1600, f"{DOOR}/availability", "online"),
    ]
    assert signs(*said, (1700, DOOR, OPEN)) == [(1700, 0)]


def test_what_waited_at_the_broker_counts_from_when_the_service_was_last_there() -> None:
    button = "zigbee2mqtt/button"
    away = Links(breaks={"": [ConnectionBreak("", at(-60), at(3))]})
    said = [(1, button, {"action": "single"}), (4, button, {"action": "double"})]
    assert signs(*said, kind=DeviceKind.BUTTON, links=away) == [(1, -60), (4, 4)]


def test_what_a_bridge_says_first_when_it_is_back_may_be_what_it_kept() -> None:
    hall = "zigbee2mqtt/hall"
    seen = {"occupancy": True}
    broken = [(10, BRIDGE, "offline"), (11, BRIDGE, "online")]
    said = [
        (0, hall, seen),
        *broken,
        (11.1, hall, {**seen, "linkquality": 9}),
        (30, hall, {**seen, "battery": 9}),
    ]
    assert signs(*said, kind=DeviceKind.MOTION, profile=NO_CLEAR) == [(0, 0), (30, 30)]
    # Without a profile it may be a state that lasts.
    assert signs(*said, kind=DeviceKind.MOTION) == []


def contacts(*said: Said) -> list[float]:
    """Return the minutes of the messages that count as contact with their device."""
    known, found = Links(), list[float]()
    for minute, topic, body in said:
        payload = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        kind = DeviceKind.GATEWAY if topic == BRIDGE else DeviceKind.DOOR
        device = SendingDevice(7, "one", "", kind, None, None)
        builder = BatchBuilder(
            RULES, lambda sender, one=device: replace(one, sender=sender), known, START - timedelta(days=1)
        )
        builder.add(InboundMessage(topic, payload, False, False, at(minute)), decode(topic, payload))
        known = builder.finish(known)
        found += [minute for _ in builder.batch.contacts]
    return found


def test_what_a_bridge_kept_of_a_dead_device_is_no_contact_with_it() -> None:
    restarts: list[Said] = []
    for minute in (180, 360):
        restarts += [
            (minute, BRIDGE, "offline"),
            (minute + 1, BRIDGE, "online"),
            (minute + 1.2, f"{DOOR}/availability", "online"),
            (minute + 1.5, DOOR, {**CLOSED, "battery": 80}),
        ]
    said = [(0, DOOR, CLOSED), *restarts]
    bridge = [180, 181, 360, 361]
    assert contacts(*said) == [0, *bridge]
    # What comes later, and what differs from what was kept, came from the device.
    assert contacts(*said, (364, DOOR, {**CLOSED, "battery": 80})) == [0, *bridge, 364]
    assert contacts(*said, (361.8, DOOR, OPEN)) == [0, *bridge, 361.8]


def test_a_device_that_says_itself_what_it_said_before_is_in_contact_when_it_is_back() -> None:
    lwt, state = "tele/entry/LWT", "stat/entry/SWITCH1"
    said: list[Said] = [(0, state, "OFF"), (60, lwt, "Offline"), (90, lwt, "Online"), (90.2, state, "OFF")]
    assert contacts(*said) == [0, 60, 90, 90.2]


def test_two_inputs_in_opposite_states_do_not_take_turns_in_being_an_edge() -> None:
    said: list[Said] = []
    for minute in range(0, 60, 5):
        said += [
            (minute, "plus/status/input:1", {"id": 1, "state": True}),
            (minute + 1, "plus/status/input:2", {"id": 2, "state": False}),
        ]
    assert signs(*said, kind=DeviceKind.OTHER) == []


def test_an_appliance_that_stays_in_use_is_one_life_sign() -> None:
    plug = "zigbee2mqtt/kettle"
    said = [
        (minute, plug, {"power": watts}) for minute, watts in enumerate((0, 1180, 1200, 1190, 40, 0, 1185))
    ]
    assert signs(*said, kind=DeviceKind.PLUG) == [(1, 1), (6, 6)]


def test_a_switch_counts_where_it_is_registered_as_a_button_on_the_wall() -> None:
    lamp = "zigbee2mqtt/lamp"
    said = [
        (0, lamp, {"state": "OFF"}),
        (5, lamp, {"state": "ON"}),
        (6, lamp, {"state": "ON"}),
        (9, lamp, {"state": "OFF"}),
    ]
    assert signs(*said, kind=DeviceKind.BUTTON) == [(5, 5), (9, 9)]
    assert signs(*said, kind=DeviceKind.PLUG) == []


def test_a_state_of_which_nobody_knows_when_it_was_is_no_life_sign() -> None:
    old = datetime(2001, 1, 1, tzinfo=UTC).isoformat()
    said = [(0, DOOR, CLOSED), (5, DOOR, {**OPEN, "last_seen": old}), (9, DOOR, OPEN)]
    assert signs(*said) == []


def test_what_the_broker_had_kept_is_neither_an_edge_nor_what_an_edge_is_compared_with() -> None:
    said = [(0, DOOR, CLOSED), (5, DOOR, OPEN), (6, DOOR, CLOSED)]
    assert signs(*said, retained=[5]) == []
