"""A field that no value was read from is named; nothing is dropped in silence."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.codecs import decode
from ingest.codecs.result import Decoded
from ingest.commands.decode import described
from ingest.monitoring.counters import Counters
from ingest.processing.unread_fields import Unread

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


def test_what_speaks_of_a_call_is_read_or_quarantined_and_not_merely_unread() -> None:
    result = decode("zigbee2mqtt/d", b'{"fall_status": "calibrating", "sos_alarm": true}')
    assert isinstance(result, Decoded)
    assert result.unread == []
    assert [problem.reason for problem in result.refused] == ["unclear_call"]


def _unread(messages: int, *, is_registered: bool = True) -> Unread:
    return Unread(messages, _AT, _AT, is_registered=is_registered)


def test_unread_fields_are_counted_by_sender_within_a_bound() -> None:
    counters = Counters()
    counters.count_unread({("zigbee2mqtt:/d", "a"): _unread(2)})
    counters.count_unread({("zigbee2mqtt:/d", "a"): _unread(1), ("zigbee2mqtt:/d", "b"): _unread(2)})
    counters.count_unread({("rtl_433:/x", "a"): _unread(1, is_registered=False)})
    counters.count_unread({(f"zigbee2mqtt:/{number}", "a"): _unread(1) for number in range(2000)})
    assert counters.unread_fields["zigbee2mqtt:/d"] == 5
    assert "rtl_433:/x" not in counters.unread_fields
    assert len(counters.unread_fields) == 1000
