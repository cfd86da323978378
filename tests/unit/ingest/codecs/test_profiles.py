"""Messages of devices with a profile: its fields and meanings count, all else is read as ever."""

import json

import pytest

from core.domain.evidence.device_profile import DeviceProfile, FieldMeaning, with_meaning
from core.formats.profile_file import library, parse_profile
from ingest.codecs import decode, reread
from ingest.codecs.result import Decoded

_LORA = "application/1/device/0102030405060708/event/up"


def _profile(text: str) -> DeviceProfile:
    return parse_profile(f'name = "p"\n{text}\n', "p")


def _read(topic: str, body: object, profile: DeviceProfile | None) -> Decoded:
    payload = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    plain, found = decode(topic, payload), decode(topic, payload, profile)
    assert isinstance(plain, Decoded)
    assert isinstance(found, Decoded)
    if profile is not None:
        # As ingest does it, which knows the device only after the first look at the message; and as often as it likes.
        assert reread(topic, payload, plain, profile) == found
        assert reread(topic, payload, plain, profile) == found
    return found


def _values(topic: str, body: object, profile: DeviceProfile | None) -> dict[str, object]:
    return {one.metric: one.value for one in _read(topic, body, profile).readings}


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ('{ metric = "sos" }', 1, {"sos": True}),
        ('{ metric = "sos" }', "alarm", {"sos": True}),
        ('{ metric = "sos" }', "normal", {"sos": False}),
        ('{ metric = "sos", raised = ["rot"], over = ["*"] }', "Rot", {"sos": True}),
        ('{ metric = "sos", raised = ["rot"], over = ["*"] }', "gelb", {"sos": False}),
        ('{ metric = "contact_open", bit = 2 }', 6, {"contact_open": True}),
        ('{ metric = "contact_open", bit = 2 }', 3, {"contact_open": False}),
        ('{ metric = "contact_open", raised = [0], over = [1] }', 0.0, {"contact_open": True}),
        ('{ metric = "contact_open", raised = [false], over = [true] }', False, {"contact_open": True}),
        ('{ metric = "current_a", unit = "mA" }', 230, {"current_a": 0.23}),
        ('{ metric = "battery_pct", scale = 0.5 }', 180, {"battery_pct": 90.0}),
        ('{ metric = "temperature_c", unit = "°F" }', 212, {"temperature_c": 100.0}),
        ('{ metric = "pressure_hpa", unit = "Pa", scale = 10 }', "10130", {"pressure_hpa": 1013.0}),
        ('{ metric = "switch_on", channel = "2" }', "ON", {"switch_on#2": True}),
        ('{ metric = "button", raised = [1], over = [0] }', 1, {"button": "single"}),
        ('{ metric = "button", meaning = "call" }', "double", {"sos": True}),
        ('{ metric = "button", meaning = "call" }', "release", {"sos": False}),
    ],
)
def test_a_field_is_read_as_its_profile_says(field: str, value: object, expected: dict[str, object]) -> None:
    found = _values("zigbee2mqtt/x", {"zzz": value}, _profile(f"[fields]\nzzz = {field}"))
    assert found == pytest.approx(expected)


def test_a_button_that_is_not_pressed_proves_that_the_device_lives() -> None:
    profile = _profile('[fields]\nzzz = { metric = "button", raised = [1], over = [0] }')
    assert _values("zigbee2mqtt/x", {"zzz": 0}, profile) == {"heartbeat": True}


def test_the_profile_decides_also_of_a_field_that_its_codec_reads() -> None:
    profile = _profile('[fields]\noccupancy = "presence"\nbattery = { metric = "battery_pct", scale = 0.5 }')
    body = {"occupancy": True, "battery": 90, "linkquality": 12}
    assert _values("zigbee2mqtt/x", body, profile) == {
        "presence": True,
        "battery_pct": 45.0,
        "link_quality": 12,
    }


def test_of_a_field_that_only_sounds_like_a_leak_nothing_is_read() -> None:
    profile = _profile('[fields]\nwater_warning = { metric = "water_leak", ignored = true }')
    assert _values("zigbee2mqtt/x", {"water_warning": "alarm"}, None) == {"water_leak": True}
    assert _values("zigbee2mqtt/x", {"water_warning": "alarm"}, profile) == {"heartbeat": True}
    assert _values("zigbee2mqtt/x/water_warning", "alarm", profile) == {"heartbeat": True}
    assert _values("zigbee2mqtt/x", {"water_warning": "alarm", "water_leak": True}, profile) == {
        "water_leak": True
    }


@pytest.mark.parametrize("body", [{"a": True, "b": False}, {"a": False, "b": True}])
def test_of_two_fields_that_say_the_same_hazard_one_that_is_raised_counts(body: dict[str, object]) -> None:
    profile = _profile('[fields]\na = "smoke"\nb = "smoke"')
    assert _values("zigbee2mqtt/x", body, profile) == {"smoke": True}


def test_a_field_of_the_profile_does_not_end_what_another_field_raises() -> None:
    profile = _profile('[fields]\nalarm = "smoke"')
    assert _values("zigbee2mqtt/x", {"alarm": False, "smoke": True}, profile) == {"smoke": True}
    assert _values("zigbee2mqtt/x", {"alarm": False, "smoke": False}, profile) == {"smoke": False}


def test_a_call_whose_value_the_profile_does_not_know_goes_to_quarantine() -> None:
    profile = _profile(
        '[fields]\nzzz = { metric = "sos", raised = ["a"], over = ["b"] }\nyyy = { metric = "motion", bit = 0 }'
    )
    found = _read("zigbee2mqtt/x", {"zzz": "c", "yyy": "d", "battery": 80}, profile)
    assert [one.reason for one in found.refused] == ["unclear_call", "not_in_profile"]
    assert [one.metric for one in found.readings] == ["battery_pct"]


def test_a_call_that_the_codec_does_not_understand_is_one_by_profile() -> None:
    profile = _profile('[fields]\nAlarm = { metric = "sos", raised = [7], over = ["*"] }')
    plain = _read("zigbee2mqtt/x", {"Alarm": 7}, None)
    assert [one.reason for one in plain.refused] == ["unclear_call"]
    found = _read("zigbee2mqtt/x", {"Alarm": 7}, profile)
    assert ([one.metric for one in found.readings], found.refused, found.unread) == (["sos"], [], [])


def test_a_field_of_a_network_server_stands_in_what_its_decoder_made() -> None:
    lora = library()["browan-tbdw100"]
    body = {"deviceInfo": {"devEui": "1"}, "object": {"status": 0, "battery": 3.6}}
    found = _read(_LORA, body, lora)
    assert {one.metric: one.value for one in found.readings} == {"battery_v": 3.6, "contact_open": False}
    # A message with nothing else than the field of the profile is understood too.
    assert _values(_LORA, {"object": {"status": 1}}, lora) == {"contact_open": True}
    stack = {"end_device_ids": {"device_id": "d"}, "uplink_message": {"decoded_payload": {"status": 1}}}
    assert _values("v3/app/devices/d/up", stack, lora) == {"contact_open": True}


def test_nested_fields_and_names_with_dots_are_found() -> None:
    profile = _profile('[fields]\n"a.b" = "sos"\n"list.1.on" = "motion"\n"x.y" = { metric = "battery_v" }')
    body = {"a.b": 1, "list": [{"on": 0}, {"on": 1}], "x": {"y": 3}}
    assert _values("zigbee2mqtt/x", body, profile) == {"sos": True, "motion": True, "battery_v": 3}


@pytest.mark.parametrize(
    ("topic", "payload", "field"),
    [
        ("shellies/s1/sensor/zzz", "1", "sensor/zzz"),
        ("tele/t1/ZZZ", "ON", "ZZZ"),
        ("shellyplus-1/status/pill:0", {"id": 0, "zzz": True}, "pill:0.zzz"),
        (
            "shellyplus-1/events/rpc",
            {"src": "s", "method": "NotifyStatus", "params": {"ts": 1, "pill:0": {"id": 0, "zzz": True}}},
            "pill:0.zzz",
        ),
    ],
)
def test_the_names_of_fields_are_those_that_decode_calls_unread(
    topic: str, payload: object, field: str
) -> None:
    plain = _read(topic, payload, None)
    assert field in plain.unread
    found = _read(topic, payload, _profile(f'[fields]\n"{field}" = "sos"'))
    assert ({one.metric: one.value for one in found.readings}, found.unread) == ({"sos": True}, [])


@pytest.mark.parametrize(
    ("meaning", "body", "expected"),
    [
        (FieldMeaning.CALL, {"action": "single"}, {"sos": True}),
        (FieldMeaning.CALL, {"contact": False}, {"sos": True}),
        (FieldMeaning.CALL, {"contact": True}, {"sos": False}),
        (FieldMeaning.CALL, {"occupancy": True}, {"motion": True}),
        (FieldMeaning.BED, {"occupancy": True}, {"bed_occupied": True}),
        (FieldMeaning.BED, {"action": "single"}, {"button": "single"}),
        (
            FieldMeaning.CHAIR,
            {"contact": False, "contact_left": True},
            {"presence": True, "presence#left": False},
        ),
        (FieldMeaning.AS_MEASURED, {"contact": False}, {"contact_open": True}),
    ],
)
def test_what_a_press_or_a_state_means_is_said_at_registration(
    meaning: FieldMeaning, body: dict[str, object], expected: dict[str, object]
) -> None:
    assert _values("zigbee2mqtt/x", body, with_meaning(None, meaning)) == expected


def test_a_wired_pull_cord_calls() -> None:
    call = with_meaning(None, FieldMeaning.CALL)
    assert _values("stat/cord/SWITCH2", "ON", call) == {"sos#2": True}
    assert _values("shellies/cord/input/1", "1", call) == {"sos#1": True}


def test_the_meaning_of_a_home_leaves_what_the_profile_says_itself() -> None:
    both = with_meaning(library()["emergency-button"], FieldMeaning.BED)
    assert _values("zigbee2mqtt/x", {"action": "hold", "contact": False}, both) == {
        "sos": True,
        "bed_occupied": True,
    }
    # The end of a press of an emergency button is no second call.
    assert _values("zigbee2mqtt/x", {"action": "off"}, both) == {"sos": False}


def test_the_meaning_of_a_home_holds_for_what_its_profile_reads() -> None:
    push = with_meaning(library()["browan-tbpb100"], FieldMeaning.CALL)
    assert _values(_LORA, {"object": {"status": 1}}, push) == {"sos": True}
    turned = with_meaning(
        _profile("[readings]\ncontact_open = { raised = [false], over = [true] }"), FieldMeaning.CHAIR
    )
    assert _values("zigbee2mqtt/x", {"contact": True}, turned) == {"presence": True}


def test_what_is_said_of_one_channel_counts_before_what_is_said_of_all() -> None:
    profile = _profile('[readings]\ncontact_open = "bed"\n"contact_open#left" = "call"')
    body = {"contact_left": False, "contact_right": False}
    assert _values("zigbee2mqtt/x", body, profile) == {"sos#left": True, "bed_occupied#right": True}
    both = with_meaning(_profile('[readings]\n"contact_open#left" = "call"'), FieldMeaning.BED)
    assert _values("zigbee2mqtt/x", body, both) == {"sos#left": True, "bed_occupied#right": True}


def test_what_the_profile_reads_counts_before_another_field_of_the_same_metric() -> None:
    found = _read("zigbee2mqtt/x", {"zzz": 1, "presence": False}, _profile('[fields]\nzzz = "presence"'))
    assert [(one.metric, one.value) for one in found.readings] == [("presence", True)]


def test_a_native_device_may_name_what_it_measures_as_it_likes() -> None:
    body = {"seq": 3, "readings": [{"metric": "Alarm", "value": 1, "time": "2026-08-01T06:00:00+09:00"}]}
    found = _read("mimamori/v1/b-1/readings", body, _profile('[fields]\nAlarm = "sos"'))
    assert [(one.metric, one.value, one.time is not None, found.seq) for one in found.readings] == [
        ("sos", True, True, 3)
    ]
