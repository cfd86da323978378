"""The vocabulary of calls and hazards: what must be a call, what must not, and what nobody can tell."""

import pytest

from core.domain.metrics import CALLS
from ingest.codecs.parsing.call_fields import CallFields
from ingest.codecs.parsing.event_words import Call, call_in_action, call_in_field, word_parts
from ingest.codecs.result import Rejected

_RAISED = [
    ("sos_alarm", True, "sos"),
    ("SOSAlert", "ON", "sos"),
    ("panic", True, "sos"),
    ("emergency", True, "sos"),
    ("help", 1, "sos"),
    ("eventName", "SOS event.", "sos"),
    ("event_type", "sos_start", "sos"),
    ("dev_status", "sos", "sos"),
    ("manDown", True, "fall"),
    ("event_type", "mandown_start", "fall"),
    ("fall_status", "fall_alarm", "fall"),
    ("fall_down_status", "maybe_fall", "fall"),
    ("status", "falling", "fall"),
    ("fall_detected", True, "fall"),
    ("fallDetected", True, "fall"),
    ("FALLDOWN", "1", "fall"),
    ("smoke_alarm_1", True, "smoke"),
    ("FireAlarm", "Alarm", "smoke"),
    ("smoke_state", "alarm", "smoke"),
    ("gas_alarm_1", True, "gas_leak"),
    ("gas_sensor_state", "alarm", "gas_leak"),
    ("gas_leak", True, "gas_leak"),
    ("carbon_monoxide_alarm_1", True, "carbon_monoxide"),
    ("co_state", "alarm", "carbon_monoxide"),
    ("water_leak_alarm_1", True, "water_leak"),
    ("water_warning", "alarm", "water_leak"),
    ("WaterLeak", 1, "water_leak"),
    ("flood", "detected", "water_leak"),
    # Several events in one text: one that is raised counts, whatever the others say.
    ("valve_abnormal_state", "water_shortage,water_leakage,fail_safe", "water_leak"),
    ("current_device_status", "water_shortage & water_leakage", "water_leak"),
    ("alert_state", "interconnect_smoke", "smoke"),
    ("alert_state", "carbon_monoxide", "carbon_monoxide"),
    ("fall_detection", True, "fall"),
    # Written together, as makers' decoders do.
    ("sosalarm", True, "sos"),
    ("SOSalarm", True, "sos"),
    ("SOSALARM", 1, "sos"),
    ("panicbutton", "pressed", "sos"),
    ("falldetected", True, "fall"),
    ("mandownalarm", 1, "fall"),
    ("smokealarm", 1, "smoke"),
    ("wateralarm", "on", "water_leak"),
    ("carbonmonoxide", True, "carbon_monoxide"),
    ("COalarm", True, "carbon_monoxide"),
    # Other words for the same.
    ("pull_cord", "pulled", "sos"),
    ("duress", True, "sos"),
    ("personal_alarm", True, "sos"),
    ("lone_worker_alarm", True, "sos"),
    ("collapsed", True, "fall"),
    ("lying_on_floor", True, "fall"),
    ("fall_state", "confirmed", "fall"),
    ("heat_alarm", True, "smoke"),
    ("flame_detected", True, "smoke"),
    ("propane_alarm", True, "gas_leak"),
    ("water", True, "water_leak"),
    ("inundation", 1, "water_leak"),
    ("message", "SOS", "sos"),
    ("trigger", "panic button", "sos"),
    ("posture", "fallen", "fall"),
    ("activity", "fall", "fall"),
    ("occupancy", "falling", "fall"),
    ("presence", "fallen", "fall"),
    ("presence", "emergency call", "sos"),
    ("assistance", True, "sos"),
    ("event", "assist request", "sos"),
    ("assistButton", "pressed", "sos"),
    ("assist_call", True, "sos"),
    ("assist_request", "on", "sos"),
]
_OVER = [
    ("fall", False, "fall"),
    ("status", "no_fall", "fall"),
    ("event_type", "mandown_end", "fall"),
    ("event_type", "SOS_MODE_END", "sos"),
    ("smoke_alarm_1", False, "smoke"),
    ("smoke_status", "not detected", "smoke"),
    ("co_state", "normal", "carbon_monoxide"),
    ("gas_state", "none", "gas_leak"),
    ("WaterLeak", 0, "water_leak"),
    ("sos", "", "sos"),
    ("no_fall", True, "fall"),
]
_NO_CALL = [
    ("sos_count", 3),
    ("fall_sensitivity", 3),
    ("alarm_volume", 2),
    ("alarm_melody", 5),
    ("smoke_concentration", 12),
    ("gas_consumption", 812.5),
    ("gas_resistance", 51_000),
    ("last_alarm", "2026-08-01"),
    ("fallback", True),
    ("emergency_light", True),
    ("sos_battery", True),
    ("battery_sos", 3.1),
    ("gnss_assist", True),
    ("assist", False),
    ("presence", "on call"),
    ("people", "call"),
    ("resident", "onCall"),
    ("boot_reason", "panic"),
    ("pressure_trend", "falling"),
    ("occupancy", "none"),
    ("rain_fall", 1),
    ("fall_asleep", True),
    ("co2", 640),
    ("firmware", "1.2"),
    ("call_count", 1),
    ("emergency_heating", True),
    ("alarm", "clear"),
    ("alarm", False),
    ("tamper_alarm", True),
    ("low_temperature_alarm", True),
    ("status", "ready"),
    ("type", "smoke detector"),
    ("name", "fall sensor"),
    ("work_state", "presence_30min"),
    ("smoke_test", True),
    ("water_valve_status", "open"),
    ("gas_valve_state", "OPEN"),
    ("valve_abnormal_state", "water_shortage,fail_safe"),
    ("tumble_switch", "OFF"),
    ("fall_detection", "disable"),
    ("force_smoke_alarm", "ON"),
    ("smoke_alarm_silenced", True),
    ("alarm_control", "smoke"),
    ("invert_logic_gas", "ON"),
    ("high_gas", 1),
    ("low_co2_gas", 35),
    ("beeper_on_leak", "ON"),
    ("leakage_current", 1),
    ("leakage_breaker", "ON"),
    ("water_temp_alarm", True),
    ("emergency_overheat", True),
    ("emergency_undervoltage", True),
    ("alarm_switch", "ON"),
    ("alarm_ring", "beep"),
    ("linkage_alarm", True),
    ("alarm", "sound_light"),
    ("alarm_state", "alarm_sound"),
    ("alarm_state", "armed_away"),
    ("alarm_state", "disarmed"),
    ("emergency_lighting", "on"),
    ("emergency_power", True),
    ("gas_price", 1),
    ("fall_height", 1),
    ("fall_trend", True),
    ("sos_phone", "119"),
    ("device_type", "smoke"),
    ("sensor_type", "gas"),
    ("waterfall", True),
    ("falloff", 1),
    ("humidity", "wet"),
    ("pressure_trend", "falling"),
    ("season", "fall"),
    ("water", 812),
    ("water", "cold"),
    ("low_battery_alarm", "alarm"),
    ("alarm_switch", "alarm"),
    ("overtemp_alarm", True),
]
_UNCLEAR = [
    ("gas", 35, "gas_leak"),
    ("fall_status", "calibrating", "fall"),
    ("smoke_state", "smoke_sensorless_xyz", "smoke"),
    ("sos", "7", "sos"),
    # A function that is switched on, in words that others use for what they detected.
    ("fall_detection", "ON", "fall"),
    ("tumble_switch", "enable", "fall"),
    ("alarm", "ALARM", ""),
    ("Alarm", 1, ""),
    ("alarm_status", "alarm", ""),
    ("alarm_1", True, ""),
    ("status", "alarm", ""),
    ("no_motion_alarm", True, ""),
    # Two words that both mean that it is over say the contrary together; one that we do not know may turn it.
    ("sos", "not ok", "sos"),
    ("fall", "not normal", "fall"),
    ("fall_status", "fall_alarm_not_cleared", "fall"),
    ("fall", "no response", "fall"),
    ("no_fall", False, "fall"),
    # No event by its name, and nothing but a call by its words.
    ("code", "SOS", "sos"),
    ("mode", "SOS", "sos"),
]


@pytest.mark.parametrize(("name", "value", "metric"), _RAISED)
def test_a_call_is_raised_under_any_name(name: str, value: object, metric: str) -> None:
    assert metric in CALLS
    assert call_in_field(name, value) == Call(metric, is_raised=True)


@pytest.mark.parametrize(("name", "value", "metric"), _OVER)
def test_a_call_is_over_under_any_name(name: str, value: object, metric: str) -> None:
    assert call_in_field(name, value) == Call(metric, is_raised=False)


@pytest.mark.parametrize(("name", "value"), _NO_CALL)
def test_settings_statistics_and_other_alarms_are_no_calls(name: str, value: object) -> None:
    assert call_in_field(name, value) is None


@pytest.mark.parametrize(("name", "value", "metric"), _UNCLEAR)
def test_what_looks_like_a_call_and_is_not_understood_stays_unclear(
    name: str, value: object, metric: str
) -> None:
    call = call_in_field(name, value)
    assert call is not None
    assert call.metric == metric
    assert metric == "" or call.is_raised is None


@pytest.mark.parametrize(
    "name", ["fall_alarm", "FallAlarm", "fallAlarm", "FALL_ALARM", "fall alarm", "fall-alarm_2", "fall.alarm"]
)
def test_case_style_and_endpoint_do_not_change_the_words(name: str) -> None:
    assert word_parts(name) == ("fall", "alarm")


@pytest.mark.parametrize(
    ("action", "call"),
    [
        ("panic", Call("sos", is_raised=True)),
        ("emergency", Call("sos", is_raised=True)),
        ("alarm_panic", Call("sos", is_raised=True)),
        ("fire", Call("smoke", is_raised=True)),
        ("fire_alarm", Call("smoke", is_raised=True)),
        ("FIRE PANIC", Call("smoke", is_raised=True)),
        ("medical_alarm", Call("sos", is_raised=True)),
        ("fire_release", Call("smoke", is_raised=False)),
        ("police", Call("sos", is_raised=True)),
        ("sos_press", Call("sos", is_raised=True)),
        ("emergency_call", Call("sos", is_raised=True)),
        ("medical", Call("sos", is_raised=True)),
        ("emergency_release", Call("sos", is_raised=False)),
        ("single", None),
        ("arm_all_zones", None),
        ("volume_up", None),
    ],
)
def test_the_emergency_keys_of_a_keypad_are_calls_and_other_keys_are_not(
    action: str, call: Call | None
) -> None:
    assert call_in_action(action) == call


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("assist", True),
        ("lane_assist", True),
        ("park_assist", 1),
        ("assist_now", True),
        ("activity", "assist"),
        ("crash", True),
        ("event", "crash"),
        ("light_help", True),
        ("battery_sos", True),
        ("emergency", {"safety_status": 1}),
        ("sos", {"button_state": 1}),
    ],
)
def test_what_may_be_a_call_and_may_be_something_else_waits_until_somebody_says(
    name: str, value: object
) -> None:
    calls, refused = CallFields(), list[Rejected]()
    assert calls.add(name, value)
    assert calls.merged([], refused) == []
    assert [one.reason for one in refused] == ["unclear_call"]


@pytest.mark.parametrize(
    "body",
    [
        {"event": "boot", "reason": "panic"},
        {"reason": "panic", "state": "restarted"},
        {"info": {"event": "reboot", "cause": "kernel panic"}},
        {"event": "boot", "info": {"reason": "panic"}},
    ],
)
def test_why_a_device_began_anew_is_no_call(body: dict[str, object]) -> None:
    calls, refused = CallFields(body), list[Rejected]()
    for name, value in body.items():
        calls.add(name, value)
    assert calls.merged([], refused) == []
    assert {one.reason for one in refused} == {"unclear_call"}


def test_a_reason_without_a_new_beginning_is_a_call() -> None:
    body = {"event": "uplink", "reason": "panic"}
    calls = CallFields(body)
    assert [calls.add(name, value) for name, value in body.items()] == [False, True]
    assert [(one.metric, one.value) for one in calls.merged([], [])] == [("sos", True)]
