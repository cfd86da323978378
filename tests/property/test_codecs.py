"""Whatever comes on whatever topic is decoded or refused with a reason; no codec ever fails."""

import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.domain.metrics import METRICS
from ingest.codecs import decode
from ingest.codecs.result import Decoded, Rejected
from ingest.commands.decode import described

_TOPICS = (
    "mimamori/v1/hall-1/readings",
    "mimamori/v1/hall-1/fix",
    "mimamori/v1/hall-1/status",
    "gw/g1/mimamori/v1/hall-1/readings",
    "owntracks/hanako/phone",
    "owntracks/hanako/phone/event",
    "zigbee2mqtt/hall",
    "zigbee2mqtt/hall/availability",
    "zigbee2mqtt/hall/occupancy",
    "zigbee2mqtt/bridge/state",
    "zigbee2mqtt/bridge/devices",
    "tele/plug/SENSOR",
    "tele/plug/STATE",
    "tele/plug/LWT",
    "stat/plug/RESULT",
    "stat/plug/POWER1",
    "stat/plug/DOOR",
    "shellies/x/status",
    "shellies/x/relay/0/power",
    "shellies/x/sensor/state",
    "shellies/x/input_event/0",
    "shellyplus1-1/events/rpc",
    "shellyplus1-1/status/switch:0",
    "v3/a@t/devices/d/up",
    "v3/a@t/devices/d/location/solved",
    "application/a/device/d/event/up",
    "application/a/device/d/event/status",
    "application/a/device/d/event/location",
    "positions",
    "events",
    "homeassistant/sensor/x/config",
    "hall/binary_sensor/motion/state",
    "hall/sensor/temperature/state",
    "hall/event/sos/state",
    "hall/light/lamp/state",
    "hall/climate/ac/mode/state",
    "hall/status",
    "msh/JP/2/json/Care/!a1b2c3d4",
    "msh/JP/2/stat/!a1b2c3d4",
    "352093081452251/data",
    "home/OMG/BTtoMQTT/A4C138000102",
    "home/OMG/RTL_433toMQTT",
    "home/OMG/433toMQTT",
    "home/OMG/LWT",
    "rtl_433/pi/events",
    "rtl_433/pi/devices/Acurite-Tower/A/9/temperature_C",
    "rtl_433/pi/devices/Govee-Water/9/event",
    "homie/hall-1/door/contact",
    "homie/hall-1/$state",
    "homie/5/hall-1/$description",
    "homie/5/hall-1/$alert/x",
    "homie/5/hall-1/$stats/battery",
    "gw/g1",
    "gw//zigbee2mqtt/x",
    "",
)
# Names that some codec looks at, so that random values get past the first look.
_NAMES = [
    "_type",
    "lat",
    "lon",
    "tst",
    "acc",
    "batt",
    "bs",
    "vel",
    "p",
    "inregions",
    "event",
    "desc",
    "rad",
    "steps",
    "seq",
    "readings",
    "fixes",
    "metric",
    "value",
    "time",
    "sent_at",
    "online",
    "occupancy",
    "contact",
    "battery",
    "voltage",
    "action",
    "state",
    "last_seen",
    "temperature",
    "illuminance_lux",
    "power",
    "energy",
    "state_l1",
    "Time",
    "POWER",
    "POWER1",
    "ENERGY",
    "Power",
    "Total",
    "AM2301",
    "Temperature",
    "TempUnit",
    "Wifi",
    "Signal",
    "StatusSNS",
    "Button1",
    "Action",
    "motion",
    "timestamp",
    "lux",
    "bat",
    "tmp",
    "method",
    "params",
    "ts",
    "events",
    "component",
    "switch:0",
    "output",
    "aenergy",
    "total",
    "devicepower:0",
    "uplink_message",
    "decoded_payload",
    "rx_metadata",
    "received_at",
    "frm_payload",
    "locations",
    "last_battery_percentage",
    "location_solved",
    "location",
    "latitude",
    "longitude",
    "accuracy",
    "object",
    "rxInfo",
    "rssi",
    "snr",
    "batteryLevel",
    "Date",
    "Time",
    "Bg",
    "Tem",
    "Hum",
    "Latitude",
    "Longitud",
    "ALARM_status",
    "pir",
    "press",
    "button_event",
    "status",
    "age",
    "gpsLatitude",
    "gpsLongitude",
    "position",
    "device",
    "uniqueId",
    "attributes",
    "alarm",
    "geofence",
    "type",
    "eventTime",
    "fixTime",
    "valid",
    "outdated",
    "~",
    "stat_t",
    "cmps",
    "components",
    "device",
    "state_topic",
    "unique_id",
    "dev",
    "friendly_name",
    "definition",
    "vendor",
    "model",
    "event_type",
    "from",
    "payload",
    "text",
    "latitude_i",
    "longitude_i",
    "precision_bits",
    "battery_level",
    "reported",
    "latlng",
    "sat",
    "evt",
    "236",
    "113",
    "model_id",
    "mac",
    "tempc",
    "hum",
    "open",
    "contact",
    "pres",
    "button2",
    "cipher",
    "id",
    "channel",
    "subtype",
    "temperature_C",
    "temperature_2_C",
    "battery_ok",
    "contact_open",
    "closed",
    "button",
    "cmd",
    "learn",
    "nodes",
    "properties",
]
_TEXTS = st.one_of(
    st.sampled_from(
        [
            "location",
            "transition",
            "lwt",
            "steps",
            "waypoint",
            "enter",
            "ON",
            "OFF",
            "online",
            "true",
            "single",
            "sos",
            "NotifyStatus",
            "NotifyEvent",
            "single_push",
            "2024-06-10T06:13:20Z",
            "2024-06-10T06:13:20",
            "2024-6-10",
            "6:13:5",
            "motion",
            "button",
            "deviceOnline",
            "geofenceEnter",
            "F",
            "trigger",
            "position",
            "telemetry",
            "detection",
            "text",
            "Motion detected",
            "35.7,139.8",
            "open",
            "1",
            "nan",
            "1e400",
            "\0",
        ]
    ),
    st.text(max_size=20),
)
_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), _TEXTS
)


def _nested(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(_NAMES), inner, max_size=6))


_JSON: st.SearchStrategy[object] = st.recursive(_SCALARS, _nested, max_leaves=25)
_OBJECTS = st.dictionaries(st.sampled_from(_NAMES), _JSON, max_size=10)


def _assert_decoded_or_refused(topic: str, payload: bytes) -> None:
    result = decode(topic, payload)
    if isinstance(result, Rejected):
        assert result.reason != "codec_failed", result.detail
        assert result.detail
    else:
        assert isinstance(result, Decoded)
    # What a technician sees is JSON, and all readings in it are of known metrics.
    said = json.loads(json.dumps(described(topic, payload)))
    assert all(reading["metric"].partition("#")[0] in METRICS for reading in said["readings"])


@settings(max_examples=300, deadline=None)
@given(topic=st.sampled_from(_TOPICS), payload=st.binary(max_size=200))
@example(topic="mimamori/v1/hall-1/readings", payload=b"[" * 100_000)
@example(topic="zigbee2mqtt/hall", payload=b'{"a":' * 50_000)
@example(topic="zigbee2mqtt/hall", payload=b'{"battery":' + b"9" * 5000 + b"}")
@example(topic="owntracks/a/b", payload=b'{"_type":"location","lat":NaN,"lon":1,"tst":1}')
@example(topic="tele/a/SENSOR", payload=b"x" * 300_000)
def test_any_bytes_are_decoded_or_refused(topic: str, payload: bytes) -> None:
    _assert_decoded_or_refused(topic, payload)


@settings(max_examples=300, deadline=None)
@given(topic=st.sampled_from(_TOPICS), body=_OBJECTS)
def test_any_json_with_familiar_names_is_decoded_or_refused(topic: str, body: dict[str, object]) -> None:
    _assert_decoded_or_refused(topic, json.dumps(body).encode())


@settings(max_examples=200, deadline=None)
@given(topic=st.text(max_size=60), payload=st.binary(max_size=40))
def test_any_topic_is_understood_or_refused(topic: str, payload: bytes) -> None:
    _assert_decoded_or_refused(topic, payload)
