"""A field that no value was read from is named; nothing is dropped in silence."""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from typing import Any, cast

import pytest

from ingest.codecs import decode
from ingest.codecs.result import Decoded
from ingest.commands.decode import described
from ingest.monitoring.counters import Counters
from ingest.processing.unread_fields import Unread
from tests.support.paths import TEST_DATA

_AT = datetime(2026, 8, 3, 9, tzinfo=UTC)
_CHIRPSTACK = "application/1/device/0102030405060708/event/up"


def _unread_of(topic: str, body: object) -> list[str]:
    payload = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    found: dict[str, Any] = described(topic, payload)
    return found["unread"]


def _shelly(**components: object) -> dict[str, object]:
    return {"method": "NotifyStatus", "params": {"ts": 1785564000, **components}}


@pytest.mark.parametrize(
    ("topic", "body", "unread"),
    [
        ("zigbee2mqtt/d", {"occupancy": True, "battery": 80, "work_state": "x"}, ["work_state"]),
        ("zigbee2mqtt/d", {"temperature": "nan", "occupancy": True}, ["temperature"]),
        ("zigbee2mqtt/d", {"occupancy": True, "last_seen": "2026-08-01T06:00:00Z", "action": ""}, []),
        (_CHIRPSTACK, {"object": {"status": 1, "battery": 3.6, "count": 12}}, ["status", "count"]),
        (_CHIRPSTACK, {"object": {"position": {"latitude": 35.6, "longitude": 139.7, "status": "SUCCESS"}}}, ["position.status"]),
        ("v3/a@t/devices/d/up", {"uplink_message": {"normalized_payload": [{"air": {"temperature": 20, "radon": 4}}]}}, ["normalized.air.radon"]),
        ("tele/x/SENSOR", {"AM2301": {"Temperature": 20, "DewPoint": 9}, "Strange": 1}, ["AM2301.DewPoint", "Strange"]),
        ("tele/x/SENSOR", {"ENERGY": {"Power": 3, "Today": 1}}, ["ENERGY.Today"]),
        ("tele/x/SENSOR", {"ZbReceived": {"0x1": {"Occupancy": 1, "Angle": 3}}}, ["ZbReceived.Angle"]),
        ("stat/x/RESULT", {"SetOption19": "OFF"}, ["SetOption19"]),
        ("stat/x/COLOR", "red", ["COLOR"]),
        ("shelly-1/status/input:1", {"id": 1, "state": True, "xcounts": 4}, ["input:1.xcounts"]),
        ("shelly-1/events/rpc", _shelly(**{"thing:3": {"id": 3, "value": 4}}), ["thing:3.value"]),
        ("shelly-1/status/bthomesensor:200", {"id": 200, "value": 21.5}, ["bthomesensor:200.value"]),
        ("shellies/s-1/sensor/tilt", "12", ["sensor/tilt"]),
        ("owntracks/a/b", {"_type": "location", "lat": 35, "lon": 139, "tst": 1785564000, "poi": "x"}, ["poi"]),
        ("positions", {"device": {"uniqueId": "8"}, "position": {"attributes": {"hours": 3}}}, ["attributes.hours"]),
    ],
)  # fmt: skip
def test_a_field_that_is_not_read_is_named(topic: str, body: object, unread: list[str]) -> None:
    assert _unread_of(topic, body) == unread


# What a server or a bridge keeps of a device, how a message came, how the board itself does, and what a device says of its own kind.
_NOT_OF_THE_DEVICE = {
    "chirpstack": ("deviceInfo", "rxInfo", "txInfo"),
    "the_things_stack": ("end_device_ids", "uplink_message.rx_metadata", "uplink_message.settings"),
    "traccar": ("device", "geofence"),
    "shelly": ("params.ble", "params.cloud", "params.mqtt", "params.sys"),
    "tasmota": ("Wifi",),
    "zigbee2mqtt": ("update",),
    "homeassistant": ("",),
    "homie": ("",),
}
# Their devices speak in one object of the message; what stands around it is the server's.
_ENVELOPES = {"chirpstack": {""}, "the_things_stack": {"", "uplink_message"}}
_RECORDED = sorted((TEST_DATA / "payloads").glob("*.json"))


def _objects(body: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(body, dict):
        yield path
        for key, value in cast("dict[str, object]", body).items():
            yield from _objects(value, (*path, key))
    elif isinstance(body, list):
        for index, value in enumerate(cast("list[object]", body)):
            yield from _objects(value, (*path, index))


def _is_left_out(codec: str, place: str) -> bool:
    return place in _ENVELOPES.get(codec, ()) or any(
        not prefix or f"{place}.".startswith(f"{prefix}.") for prefix in _NOT_OF_THE_DEVICE.get(codec, ())
    )


@pytest.mark.parametrize("path", _RECORDED, ids=lambda path: path.stem)
def test_a_field_that_no_device_is_known_to_say_is_named_wherever_it_stands(path: Path) -> None:
    sample = json.loads(path.read_text(encoding="utf-8"))
    silent: list[str] = []
    for place in _objects(sample["payload"]):
        body = copy.deepcopy(sample["payload"])
        reduce(lambda found, key: found[key], place, body)["strange_thing"] = 7
        said: dict[str, Any] = described(sample["topic"], json.dumps(body).encode())
        is_named = any("strange_thing" in name for name in said["unread"])
        where = ".".join(map(str, place))
        if not is_named and not said["problems"] and not _is_left_out(said["format"], where):
            silent.append(where or "the message itself")
    assert silent == []


def test_a_call_beside_what_a_format_knows_is_read() -> None:
    transition = {"_type": "transition", "event": "leave", "tst": 1785564000, "desc": "Home"}
    record = {"state": {"reported": {"ts": 1785564000000}}}
    for topic, body in (
        ("owntracks/a/b", transition),
        ("359568050000001/data", record),
        ("zigbee2mqtt/d/availability", {"state": "online"}),
        ("positions", {"device": {"uniqueId": "8"}, "event": {"type": "deviceOnline", "eventTime": "2026-08-01T06:00:00Z"}}),
    ):  # fmt: skip
        said: dict[str, Any] = described(topic, json.dumps(body | {"sos_alarm": True}).encode())
        assert said["values"]["sos"] is True, topic


def test_what_speaks_of_a_call_is_read_or_quarantined_and_not_merely_unread() -> None:
    result = decode("zigbee2mqtt/d", b'{"fall_status": "calibrating", "sos_alarm": true}')
    assert isinstance(result, Decoded)
    assert result.unread == []
    assert [problem.reason for problem in result.refused] == ["unclear_call"]


def _unread(messages: int, *, is_registered: bool = True) -> Unread:
    return Unread(messages, _AT, _AT, is_registered=is_registered)


def test_unread_fields_are_counted_by_codec_and_no_sender_is_named() -> None:
    counters = Counters()
    counters.count_unread({("owntracks:hanako/phone", "a"): _unread(2)})
    counters.count_unread({("owntracks:taro/phone", "a"): _unread(1), ("zigbee2mqtt:/d", "b"): _unread(2)})
    counters.count_unread({("rtl_433:/x", "a"): _unread(1, is_registered=False)})
    assert counters.unread_fields == {"owntracks": 3, "zigbee2mqtt": 2}
