"""What Zigbee2MQTT says of its devices in `bridge/devices`, and what is read of it."""

import json

from core.domain.device_proposal import ModelDescription
from core.domain.evidence.device_profile import DeviceProfile, FieldMeaning, ProfileField, ProfileSource
from ingest.codecs import decode
from ingest.codecs.result import Decoded


def _enum(name: str, *values: str, access: int = 1) -> dict[str, object]:
    return {"type": "enum", "name": name, "property": name, "access": access, "values": values}


def _binary(name: str, *, access: int = 1) -> dict[str, object]:
    return {
        "type": "binary",
        "name": name,
        "property": name,
        "access": access,
        "value_on": True,
        "value_off": False,
    }


def _numeric(name: str, unit: str = "") -> dict[str, object]:
    return {"type": "numeric", "name": name, "property": name, "access": 1, "unit": unit}


def _described(
    *exposes: dict[str, object], options: tuple[dict[str, object], ...] = (), description: str = ""
) -> ModelDescription:
    definition = {"vendor": "Maker", "model": "M1", "exposes": exposes, "options": options}
    definition["description"] = description
    device = {"friendly_name": "hall", "ieee_address": "0x01", "type": "EndDevice", "definition": definition}
    result = decode("gw/g1/zigbee2mqtt/bridge/devices", json.dumps([device]).encode())
    assert isinstance(result, Decoded)
    (proposal,) = result.proposals
    assert (proposal.sender, proposal.address) == ("zigbee2mqtt:g1/hall", "0x01")
    assert proposal.kept.described == proposal.described
    return proposal.described


def test_it_is_said_which_values_of_a_model_are_understood_and_which_are_not() -> None:
    described = _described(_enum("fall_status", "normal", "fall_warning", "fall_alarm", "maybe"))
    assert described.understood == (
        "fall_status: normal -> fall",
        "fall_status: fall_warning -> fall",
        "fall_status: fall_alarm -> fall",
    )
    assert described.unread == ("fall_status: maybe",)


def test_of_a_number_or_a_truth_that_is_not_read_the_name_is_said_once() -> None:
    assert _described(_numeric("zzz_total"), _binary("yyy")).unread == ("zzz_total", "yyy")


def test_an_alarm_that_people_set_is_none_and_one_that_the_device_finds_out_waits() -> None:
    siren = _described(_binary("alarm", access=7))
    assert siren.fields == (ProfileField("sos", field="alarm", ignored=True),)
    assert (siren.understood, siren.unread) == ((), ())
    function = _described(_enum("tumble_switch", "ON", "OFF", access=3))
    assert function.fields == (ProfileField("fall", field="tumble_switch", ignored=True),)

    assert _described(_binary("alarm")).unread == ("alarm",)
    # What names its call counts, whatever else may be said of it.
    assert _described(_binary("sos", access=7)).fields == ()


def test_what_people_set_is_no_field_that_has_to_be_read() -> None:
    assert _described(_enum("mode_of_zzz", "a", "b", access=7), _binary("yyy", access=3)).unread == ()


def test_values_in_groups_stand_beside_all_others() -> None:
    group: dict[str, object] = {
        "type": "switch",
        "features": [{**_binary("state", access=7), "value_on": "ON", "value_off": "OFF"}],
    }
    assert _described(group).understood == ("state: ON -> switch_on", "state: OFF -> switch_on")


def test_a_voltage_is_that_of_the_battery_where_the_model_has_one() -> None:
    assert (
        "voltage -> battery_v" in _described(_numeric("battery", "%"), _numeric("voltage", "mV")).understood
    )


def test_a_number_in_another_unit_is_read_in_it() -> None:
    described = _described(_numeric("current", "mA"), _numeric("power", "W"), _numeric("energy", "Wh"))
    assert described.fields == (
        ProfileField("current_a", field="current", unit="mA"),
        ProfileField("energy_kwh", field="energy", unit="Wh"),
    )


def test_a_leak_of_a_model_that_measures_soil_or_current_is_none() -> None:
    pot = _described(_enum("water_warning", "none", "alarm"), _numeric("soil_moisture", "%"))
    assert pot.fields == (ProfileField("water_leak", field="water_warning", ignored=True),)
    breaker = _described(_enum("event", "normal", "leakage_alarm"), _numeric("current", "A"))
    assert breaker.fields == (ProfileField("water_leak", field="event", ignored=True),)
    # A fire beside it is one all the same, and so is water.
    for words in (("leakage_alarm", "fire_alarm"), ("water_leakage",)):
        assert _described(_enum("event", *words), _numeric("current", "A")).fields == ()
    assert _described(_enum("water_warning", "none", "alarm"), _numeric("temperature", "°C")).fields == ()


def test_every_press_of_a_model_that_is_sold_to_call_for_help_is_a_call() -> None:
    described = _described(_enum("action", "off", "single", "hold"), description="Smart emergency button")
    press = ProfileField("button", meaning=FieldMeaning.CALL, raised=("*",), over=("off", "release"))
    assert described.fields == (press,)
    assert described.understood == ("action: off -> sos", "action: single -> sos", "action: hold -> sos")
    profile = DeviceProfile("p", 1, "", "", ProfileSource.EXPOSES, described.fields)
    for word, expected in (("single", True), ("hold", True), ("off", False)):
        result = decode("gw/g1/zigbee2mqtt/x", json.dumps({"action": word}).encode(), profile)
        assert isinstance(result, Decoded)
        assert [(one.metric, one.value) for one in result.readings] == [("sos", expected)]

    # One that names its call says more than how it was pressed; and a light switch is no such button.
    named = _described(_enum("action", "emergency", "single"), description="SOS button")
    assert named.fields == ()
    assert _described(_enum("action", "single"), description="Smart light switch").fields == ()


def test_a_sensor_for_which_the_bridge_says_clear_by_a_timer_has_states_as_any_other() -> None:
    timed = _described(_binary("occupancy"), options=({"name": "occupancy_timeout"},))
    assert timed.fields == _described(_binary("occupancy")).fields == ()
