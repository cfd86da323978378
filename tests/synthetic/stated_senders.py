"""Senders that say a state: one message of each for a state, with another field beside it, and with a time of its own where the sender has one."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

Build = Callable[[bool, int, datetime], object]


@dataclass(frozen=True)
class StatedSender:
    """A device that says a state.

    Attributes
    ----------
    sender : str
        Under which it is registered.
    kind : str
        As what.
    topic : str
        Where it publishes.
    build : callable
        Returns the message of a state, another field's value and a time; text is sent as it is.
    has_time : bool
        Whether its messages carry their own time.
    both_ways : bool
        Whether a person does both edges, as with a door.
    is_pulse : bool
        Whether each new message counts, and not only an edge.
    bridge : str
        The topic of its bridge's state; empty where it has none.
    availability : str
        The topic that says whether it is connected; empty where nothing does.
    descriptions : tuple
        Topics and messages with which it, or its bridge, describes it again and again.
    """

    sender: str
    kind: str
    topic: str
    build: Build
    has_time: bool = False
    both_ways: bool = False
    is_pulse: bool = False
    bridge: str = ""
    availability: str = ""
    descriptions: tuple[tuple[str, object], ...] = ()

    @property
    def codec(self) -> str:
        """The codec that reads it."""
        return self.sender.partition(":")[0]

    def message(self, state: bool, other: int, at: datetime) -> tuple[str, bytes]:
        """Return topic and payload."""
        body = self.build(state, other, at)
        return self.topic, body.encode() if isinstance(body, str) else json.dumps(body).encode()


def _lorawan(decoded: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {
        "end_device_ids": {"device_id": "door", "application_ids": {"application_id": "care"}},
        "received_at": at.isoformat(),
        "uplink_message": {
            "f_cnt": 7,
            "f_port": 85,
            "decoded_payload": decoded,
            "received_at": at.isoformat(),
        },
    }


def _chirpstack(decoded: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {"deviceInfo": {"devEui": "24e1"}, "fCnt": 4, "time": at.isoformat(), "object": decoded}


def _seen(**fields: object) -> dict[str, object]:
    at = fields.pop("at")
    assert isinstance(at, datetime)
    return {**fields, "last_seen": at.astimezone(UTC).isoformat()}


def _native(metric: str, state: bool, other: int, at: datetime) -> dict[str, object]:
    """Return a numbered message: each is a step after the one before."""
    text = at.isoformat()
    readings = [
        {"metric": metric, "value": state, "time": text},
        {"metric": "rssi_dbm", "value": -other, "time": text},
    ]
    return {"seq": 1 + (at - START) // STEP, "readings": readings}


def _discovery(topic: str, device_class: str, template: str = "") -> tuple[str, object]:
    """Return Home Assistant's discovery of a part of a device."""
    name = f"{topic.replace('/', '-')}-{device_class}"
    body = {"unique_id": name, "state_topic": topic, "device_class": device_class, "payload_on": "ON"}
    template_of = {"value_template": template} if template else {}
    device = {"device": {"name": name, "manufacturer": "Maker", "model": "M1"}}
    return f"gw/g1/homeassistant/binary_sensor/{name}/config", {**body, **template_of, **device}


def _position(at: datetime, **attributes: object) -> dict[str, object]:
    text = at.isoformat()
    place = {"fixTime": text, "deviceTime": text, "serverTime": text, "latitude": 35.7, "longitude": 139.7}
    return {
        "device": {"uniqueId": "86"},
        "position": {**place, "valid": True, "attributes": attributes},
    }


START = datetime(2026, 8, 1, 6, tzinfo=UTC)
STEP = timedelta(minutes=7)
"""Messages of one device are this far apart, or a multiple."""
_Z2M = "gw/g1/zigbee2mqtt"
_BRIDGE = f"{_Z2M}/bridge/state"
SENDERS: tuple[StatedSender, ...] = (
    StatedSender(
        "zigbee2mqtt:g1/hall",
        "motion",
        f"{_Z2M}/hall",
        lambda state, other, _: {"occupancy": state, "illuminance": other},
        bridge=_BRIDGE,
        availability=f"{_Z2M}/hall/availability",
        descriptions=(
            (
                f"{_Z2M}/bridge/devices",
                [{"friendly_name": "hall", "ieee_address": "0x1", "definition": None}],
            ),
            _discovery("zigbee2mqtt/hall", "motion", "{{ value_json.occupancy }}"),
        ),
    ),
    StatedSender(
        "zigbee2mqtt:g1/radar",
        "motion",
        f"{_Z2M}/radar",
        lambda state, other, at: _seen(presence=state, illuminance=other, at=at),
        has_time=True,
        bridge=_BRIDGE,
    ),
    StatedSender(
        "zigbee2mqtt:g1/door",
        "door",
        f"{_Z2M}/door",
        lambda state, other, _: {"contact": not state, "battery": other % 100},
        both_ways=True,
        bridge=_BRIDGE,
    ),
    StatedSender(
        "tasmota:g1/entry",
        "door",
        "gw/g1/tele/entry/SENSOR",
        lambda state, other, _: {"Switch1": "ON" if state else "OFF", "AM2301": {"Temperature": other % 40}},
        both_ways=True,
        availability="gw/g1/tele/entry/LWT",
    ),
    StatedSender(
        "tasmota:g1/pir", "motion", "gw/g1/stat/pir/MOTION", lambda state, _o, _at: "ON" if state else "OFF"
    ),
    StatedSender(
        "shelly:g1/shellymotion",
        "motion",
        "gw/g1/shellies/shellymotion/status",
        lambda state, other, at: {"motion": state, "timestamp": int(at.timestamp()), "lux": other, "bat": 87},
        has_time=True,
        availability="gw/g1/shellies/shellymotion/online",
    ),
    StatedSender(
        "shelly:g1/plus",
        "door",
        "gw/g1/plus/status/input:1",
        lambda state, _o, _at: {"id": 1, "state": state},
        both_ways=True,
        availability="gw/g1/plus/online",
    ),
    StatedSender(
        "the_things_stack:g1/care/door",
        "door",
        "gw/g1/v3/care/devices/door/up",
        lambda state, other, at: _lorawan(
            {"magnet_status": "open" if state else "close", "battery": other % 100}, at
        ),
        has_time=True,
        both_ways=True,
    ),
    StatedSender(
        "chirpstack:g1/24e1",
        "motion",
        "gw/g1/application/a/device/24e1/event/up",
        lambda state, other, at: _chirpstack(
            {"occupancy": "occupied" if state else "vacant", "battery": other % 100}, at
        ),
        has_time=True,
    ),
    StatedSender(
        "esphome:g1/node",
        "motion",
        "gw/g1/node/binary_sensor/hall_motion/state",
        lambda state, _o, _at: "ON" if state else "OFF",
        availability="gw/g1/node/status",
        descriptions=(_discovery("node/binary_sensor/hall_motion/state", "motion"),),
    ),
    StatedSender(
        "homie:g1/home",
        "motion",
        "gw/g1/homie/home/pir/motion",
        lambda state, _o, _at: "true" if state else "false",
    ),
    StatedSender(
        "rtl_433:g1/DSC-Security/5",
        "door",
        "gw/g1/rtl_433/host/events",
        lambda state, other, at: {
            **{"time": at.isoformat(), "model": "DSC-Security", "id": 5},
            **{"closed": 0 if state else 1, "battery_ok": other % 2},
        },
        has_time=True,
        both_ways=True,
    ),
    StatedSender(
        "theengs:g1/aa:bb:cc:dd:ee:ff",
        "door",
        "gw/g1/home/OpenMQTTGateway/BTtoMQTT/AABBCCDDEEFF",
        lambda state, other, _: {"id": "AA:BB:CC:DD:EE:FF", "open": state, "batt": other % 100},
        both_ways=True,
        bridge="gw/g1/home/OpenMQTTGateway/LWT",
    ),
    StatedSender(
        "theengs:g1/OpenMQTTGateway",
        "motion",
        "gw/g1/home/OpenMQTTGateway/HCSR501toMQTT",
        lambda state, other, _: {"presence": str(state).lower(), "other": other},
    ),
    StatedSender(
        "meshtastic:g1/!0000000b",
        "motion",
        "gw/g1/msh/JP/2/json/LongFast/!000000aa",
        lambda state, other, at: {
            **{"from": 11, "type": "detection", "timestamp": int(at.timestamp()), "rssi": -other},
            "payload": {"text": "Hall motion detected" if state else "Hall motion state: 0"},
        },
        has_time=True,
        bridge="gw/g1/msh/JP/2/stat/!000000aa",
    ),
    # What a phone or a tracker goes on saying of a button that is held: that it is pressed shows a person once.
    StatedSender(
        "owntracks:g1/user/phone",
        "tracker",
        "gw/g1/owntracks/user/phone",
        lambda state, other, at: {
            **{"_type": "location", "tst": int(at.timestamp()), "lat": 35.7, "lon": 139.7},
            **{"batt": other % 100, "panic": state},
        },
        has_time=True,
    ),
    StatedSender(
        "teltonika:g1/352093081234567",
        "tracker",
        "gw/g1/352093081234567/data",
        lambda state, other, at: {
            "state": {"reported": {"ts": int(at.timestamp() * 1000), "236": int(state), "113": other % 100}}
        },
        has_time=True,
    ),
    StatedSender(
        "traccar:g1/86",
        "tracker",
        "gw/g1/positions",
        lambda state, other, at: _position(at, sos=state, batteryLevel=other % 100),
        has_time=True,
    ),
    StatedSender(
        "native:bed-1",
        "bed",
        "mimamori/v1/bed-1/readings",
        lambda state, other, at: _native("bed_occupied", state, other, at),
        has_time=True,
        both_ways=True,
    ),
    StatedSender(
        "native:radar-1",
        "motion",
        "mimamori/v1/radar-1/readings",
        lambda state, other, at: _native("presence", state, other, at),
        has_time=True,
    ),
    StatedSender(
        "native:hall-1",
        "motion",
        "mimamori/v1/hall-1/readings",
        lambda state, other, at: _native("motion", state, other, at),
        has_time=True,
        is_pulse=True,
    ),
)
