"""The Things Stack and ChirpStack with the objects of many vendors' decoders, by their documentation."""

import pytest

from tests.support.decoding import Case, assert_says, said

_TTS = "v3/care@t/devices/d1/up"
_CHIRPSTACK = "application/a/device/24e124/event/up"
_WHEN = "2024-06-10T06:13:20Z"


def _up(**values: object) -> dict[str, object]:
    return _uplink({"decoded_payload": values})


def _uplink(parts: dict[str, object]) -> dict[str, object]:
    return {"received_at": _WHEN, "uplink_message": {"f_port": 85, "frm_payload": "AA==", **parts}}


def _event(**values: object) -> dict[str, object]:
    return {"time": "2024-06-10T06:13:20+00:00", "data": "AA==", "object": values}


def _normalized(*entries: dict[str, object], **values: object) -> dict[str, object]:
    return _uplink({"decoded_payload": values, "normalized_payload": list(entries)})


_MILESIGHT = [
    Case("a movement and light sensor", _CHIRPSTACK, _event(battery=100, pir="trigger", daylight="light"), {"motion": True, "battery_pct": 100}),
    Case("nobody moves", _CHIRPSTACK, _event(pir="normal"), {"motion": False}),
    Case("an air sensor that counts movements", _CHIRPSTACK, _event(temperature=22.1, humidity=44, activity=3, illumination=56, co2=640, pressure=1003.2), {"motion": True, "illuminance_lx": 56, "co2_ppm": 640, "pressure_hpa": 1003.2}),
    Case("an air sensor that counted none", _CHIRPSTACK, _event(activity=0), {"motion": False}),
    Case("the pressure in a pipe is not the air's", _CHIRPSTACK, _event(battery=90, pressure=620), {"battery_pct": 90}, ("pressure_hpa",)),
    Case("a door with climate", _CHIRPSTACK, _event(magnet_status="open", temperature=21.0, humidity=50), {"contact_open": True, "temperature_c": 21.0}),
    Case("a leak", _CHIRPSTACK, _event(leakage_status="leak"), {"water_leak": True}),
    Case("a button", _CHIRPSTACK, _event(battery=100, button_event={"status": "double press", "msgid": 7}), {"button": "double"}),
    Case("a button of several", _CHIRPSTACK, _event(button_2="pressed"), {"button#2": "single"}),
    Case("a button of several, nested", _CHIRPSTACK, _event(button_1={"status": "long press", "msgid": 7}), {"button#1": "long"}),
    Case("a button of several by its event", _CHIRPSTACK, _event(button_1_event="short"), {"button#1": "short"}),
    # Said again in each message, it is a state, of which only the change is a press.
    Case("whether a button of several is down", _CHIRPSTACK, _event(button_1=0, button_2=1), {"input_on#1": False, "input_on#2": True}),
    Case("whether a button is down", _CHIRPSTACK, _event(button=True), {"input_on": True}),
    Case("a setting of a button", _CHIRPSTACK, _event(battery=90, button_count=3, button_2_msgid=1), {"battery_pct": 90}, ("button", "input_on")),
    Case("the inputs of a controller", _TTS, _up(DI1_status="H", DI2_status="L", DO1_status="H"), {"input_on#1": True, "input_on#2": False}, ("input_on#3",)),
    Case("a plug in watt-hours and milliamperes", _CHIRPSTACK, _event(socket_status="on", voltage=101.2, active_power=850, current=8400, power_consumption=12345, power_factor=98), {"switch_on": True, "mains_v": 101.2, "power_w": 850, "current_a": 8.4, "energy_kwh": 12.345}),
    Case("a wall switch of two", _CHIRPSTACK, _event(switch_1="on", switch_2="off"), {"switch_on#1": True, "switch_on#2": False}),
    Case("a controller's one input", _CHIRPSTACK, _event(gpio_in_1="on", gpio_out_1="off"), {"input_on#1": True}),
    Case("people counted in a room", _CHIRPSTACK, _event(people_total_counts=0), {"presence": False}),
    Case("a radar for falls: somebody lies on the floor", _CHIRPSTACK, _event(detection_status="fall", target_status="motionless", use_time_now=3), {"fall": True, "presence": True}),
    Case("a radar for falls: in bed", _CHIRPSTACK, _event(detection_status="in bed", target_status="normal"), {"bed_occupied": True, "fall": False}),
    Case("a radar for falls: empty", _CHIRPSTACK, _event(detection_status="vacant"), {"presence": False}, ("bed_occupied",)),
    Case("a radar's regions", _CHIRPSTACK, _event(region_1_occupancy="vacant", region_2_occupancy="occupied"), {"presence#1": False, "presence#2": True}),
    Case("a radar's event", _CHIRPSTACK, _event(events=[{"alarm_id": 4, "alarm_type": "fall", "alarm_status": "alarm triggered"}]), {"fall": True}),
    Case("a radar's event that is over", _CHIRPSTACK, _event(events=[{"alarm_id": 4, "alarm_type": "fall", "alarm_status": "alarm deactivated"}]), {"fall": False}),
    Case("a tracker's seat is no door", _CHIRPSTACK, _event(latitude=35.7, longitude=139.8, position="tilt", motion_status="moving"), {"lat": 35.7, "device_moving": True}, ("motion", "contact_open")),
]  # fmt: skip

# Names that no table holds, as the makers' decoders write them (the repositories of Milesight and The Things Network, in other words).
_WORDED = [
    Case("a door in a word for its state", _CHIRPSTACK, _event(door_state="Open", pir_state="Motion detected"), {"contact_open": True, "motion": True}),
    Case("the same the other way", _CHIRPSTACK, _event(door_state="Close", pir_state="Motion not detected"), {"contact_open": False, "motion": False}),
    Case("a door's event in an object", _TTS, _up(Type="DOOR/WINDOW", DoorWindow={"Event": "Closed"}), {"contact_open": False}),
    Case("whether 1 is open only the name says", _TTS, _up(open=1, reed_state=1), {"contact_open": True}, ("contact_open#2",)),
    Case("a reed contact that says a number", _TTS, _up(reed_state=255, battery_voltage=3.0), {"battery_v": 3.0}, ("contact_open",)),
    Case("statistics of a door are none of its states", _TTS, _up(door_open_times=4, last_door_open_duration=9, door_alarm_timeout=0), {}, ("contact_open",)),
    Case("movement as a byte", _TTS, _up(motion_event_state=255), {"motion": True}),
    Case("no movement as a byte", _TTS, _up(motion_event_state=0), {"motion": False}),
    Case("climate in other words", _TTS, _up(Temp=26.35, relativeHumidity=59.8, Illuminance=120, Occupy=1), {"temperature_c": 26.35, "humidity_pct": 59.8, "illuminance_lx": 120, "presence": True}),
    Case("climate with units in the text", _CHIRPSTACK, _event(temperature="21.5°C", humidity="40%", battery_voltage="3.1V"), {"temperature_c": 21.5, "humidity_pct": 40, "battery_v": 3.1}),
    Case("degrees Fahrenheit in the text", _CHIRPSTACK, _event(temperature="77°F"), {"temperature_c": 25}),
    Case("a unit of something else", _CHIRPSTACK, _event(temperature="21.5%", battery=90), {"battery_pct": 90}, ("temperature_c",)),
    Case("values in objects beside their units", _TTS, _up(temperature={"value": 23.4, "unit": "°C"}, presence={"value": True}), {"temperature_c": 23.4, "presence": True}),
    Case("a limit of the temperature is none", _TTS, _up(temperatureMax=30, targetTemperature=21, sensorTemperature=40), {}, ("temperature_c",)),
    Case("the inside of a tracker is no room", _TTS, _up(latitude=35.7, longitude=139.8, Temp=38.0, pir_state="triggered"), {"lat": 35.7}, ("temperature_c", "motion")),
    Case("a button of two in an object", _TTS, _up(Button={"Event": "Button 2", "State": "Pressed"}), {"button#2": "single"}),
    Case("a button that is held, in an object", _TTS, _up(Button={"Event": "Button", "State": "Held"}), {"button": "hold"}),
    Case("somebody opened the case", _TTS, _up(Tamper={"Event": "Open"}), {"tamper": True}),
    Case("the case as a truth, in other words", _TTS, _up(DisassembledAlarm=0, boxTamper=False), {"tamper": False}, ("sos",)),
]  # fmt: skip
_OTHERS = [
    Case("Dragino: climate with a wire that hangs loose", _TTS, _up(BatV=3.07, TempC_SHT=24.3, Hum_SHT=55, TempC_DS=327.67, Ext_sensor="Temperature Sensor"), {"temperature_c": 24.3, "battery_v": 3.07}),
    Case("Dragino: only a wire", _TTS, _up(BatV=3.3, TempC1=19.2), {"temperature_c": 19.2}),
    Case("Dragino: light", _TTS, _up(BatV=3.05, ILL_lx=121), {"illuminance_lx": 121}),
    Case("Dragino: a door in words", _TTS, _up(DOOR_OPEN_STATUS="OPEN", BAT=3.1), {"contact_open": True, "battery_v": 3.1}),
    Case("Dragino: water", _TTS, _up(WATER_LEAK_STATUS=1, BAT_V=3.0), {"water_leak": True}),
    Case("Dragino: millivolts", _TTS, _up(BatV=3300, TempC_SHT=20), {"battery_v": 3.3}),
    Case("Dragino: a tracker's call for help", _TTS, _up(Latitude=35.7, Longitud=139.8, ALARM_status="TRUE", BatV=3.9, MD="Move"), {"sos": True, "lat": 35.7, "lon": 139.8}),
    Case("A call for help in another maker's word", _TTS, _up(sos_status="sos"), {"sos": True}),
    Case("The same, pressed", _TTS, _up(sos="Triggered"), {"sos": True}),
    Case("The same, over", _TTS, _up(sos_status="released"), {"sos": False}),
    Case("A fall in another maker's word", _TTS, _up(fall_status="fall detected"), {"fall": True}),
    Case("Abeeway: help is called", _TTS, _up(messageType="EVENT", eventType="SOS_MODE_START", batteryLevel=80, sosFlag=1), {"sos": True, "battery_pct": 80}),
    Case("Abeeway: help was called by mistake", _TTS, _up(messageType="EVENT", eventType="SOS_MODE_END"), {"sos": False}),
    Case("Abeeway: starts to move", _TTS, _up(messageType="EVENT", eventType="MOTION_START", batteryVoltage=3.71), {"device_moving": True, "battery_v": 3.71}, ("motion",)),
    Case("Cayenne LPP", _TTS, _up(temperature_1=21.5, relative_humidity_2=40, presence_3=1, barometric_pressure_4=1001.2, luminosity_5=80), {"temperature_c#1": 21.5, "humidity_pct#2": 40, "presence#3": True, "pressure_hpa#4": 1001.2, "illuminance_lx#5": 80}),
    Case("Cayenne LPP with two of one kind", _TTS, _up(temperature_1=21.5, temperature_2=4.0), {"temperature_c#1": 21.5, "temperature_c#2": 4.0}),
    Case("Cayenne LPP with a position", _TTS, _up(gps_1={"latitude": 35.7, "longitude": 139.8, "altitude": 4}), {"lat": 35.7, "altitude_m": 4}),
    Case("a movement counter of another maker", _TTS, _up(temperature=22.0, humidity=41, light=130, motion=5, vdd=3642), {"motion": True, "illuminance_lx": 130, "battery_v": 3.642}),
    Case("occupied for certain", _TTS, _up(occupancy=2), {"presence": True}),
    Case("a battery in millivolts", _TTS, _up(battery=3012, motion=False), {"battery_v": 3.012, "motion": False}),
]  # fmt: skip

_SERVERS = [
    Case("normalized values fill what the vendor did not say", _TTS, _normalized({"air": {"temperature": 19.5}, "action": {"contactState": "open"}, "battery": 3.1}, temperature=20.1), {"temperature_c": 20.1, "contact_open": True, "battery_v": 3.1}),
    Case("normalized values alone", _TTS, _normalized({"action": {"motion": {"detected": True, "count": 4}}, "air": {"relativeHumidity": 51}}), {"motion": True, "humidity_pct": 51}),
    Case("normalized values on their own topic", "v3/care@t/devices/d1/up/normalized", {"uplink_normalized": {"normalized_payload": {"water": {"leak": True}}, "received_at": _WHEN}}, {"water_leak": True, "time": _WHEN}),
    Case("a position that only the server found", _TTS, {"uplink_message": {"decoded_payload": {"batteryLevel": 50}, "locations": {"frm-payload": {"latitude": 35.7, "longitude": 139.8, "source": "SOURCE_GPS"}}}}, {"lat": 35.7}),
    Case("where somebody said that the device is", "v3/care@t/devices/d1/location/solved", {"location_solved": {"location": {"latitude": 35.7, "longitude": 139.8, "source": "SOURCE_REGISTRY"}}}, {}, ("lat",)),
    Case("the gateway that received it first gives the time", _TTS, {"received_at": "2024-06-10T06:13:25Z", "uplink_message": {"decoded_payload": {"pir": 1}, "rx_metadata": [{"rssi": -90, "snr": 5.5}, {"rssi": -60, "snr": 9, "time": _WHEN}]}}, {"time": _WHEN, "rssi_dbm": -60, "snr_db": 9}),
    Case("a join", "v3/care@t/devices/d1/join", {"join_accept": {}}, {}),
    Case("a downlink", "v3/care@t/devices/d1/down/ack", {"downlink_ack": {}}, {}),
    Case("an uplink without content", _TTS, {"uplink_message": {"f_port": 0, "rx_metadata": [{"rssi": -77}]}}, {"rssi_dbm": -77}),
    Case("version 3 of ChirpStack", "application/1/device/24e124/event/up", {"data": "AA==", "objectJSON": "{\"pir\":\"trigger\"}", "rxInfo": [{"rssi": -70, "loRaSNR": 7}]}, {"motion": True}),
    Case("a battery by the network", "application/a/device/24e124/event/status", {"time": "2024-06-10T06:13:20Z", "margin": 9, "batteryLevel": 75.2}, {"battery_pct": 75.2, "time": _WHEN}),
    Case("a mains plug has no battery", "application/a/device/24e124/event/status", {"externalPowerSource": True, "batteryLevel": 0}, {}, ("battery_pct",)),
    Case("a log line", "application/a/device/24e124/event/log", {"level": "ERROR"}, {}),
    Case("a command of the server", "application/a/device/24e124/command/down", {"data": "AA=="}, {}),
]  # fmt: skip


@pytest.mark.parametrize("case", [*_MILESIGHT, *_WORDED, *_OTHERS, *_SERVERS], ids=str)
def test_a_documented_message(case: Case) -> None:
    assert_says(case)


def test_what_a_sensor_kept_while_nobody_received_it_has_its_own_times() -> None:
    found = said(
        _CHIRPSTACK,
        _event(
            battery=90,
            history=[
                {"timestamp": 1717990000, "occupancy": "occupied", "temperature": 20.0, "humidity": 40},
                {"timestamp": 1717993600, "occupancy": "vacant", "temperature": 20.5, "humidity": 41},
            ],
        ),
    )
    presence = [
        (reported["time"], reported["value"])
        for reported in found["readings"]
        if reported["metric"] == "presence"
    ]
    assert presence == [("2024-06-10T03:26:40Z", True), ("2024-06-10T04:26:40Z", False)]
    assert found["readings"][0]["time"] == _WHEN


def test_the_places_a_tracker_kept_come_before_the_present_one() -> None:
    found = said(
        _CHIRPSTACK,
        _event(
            latitude=35.70,
            longitude=139.8,
            history=[{"timestamp": 1717990000, "latitude": 35.69, "longitude": 139.8}],
        ),
    )
    assert [(fix["time"], fix["lat"]) for fix in found["fixes"]] == [
        ("2024-06-10T03:26:40Z", 35.69),
        (_WHEN, 35.70),
    ]


@pytest.mark.parametrize(
    ("topic", "body", "reason"),
    [
        (_TTS, {"uplink_message": {"frm_payload": "AA=="}}, "not_decoded"),
        (_TTS, {}, "wrong_shape"),
        (_CHIRPSTACK, {"data": "AA=="}, "not_decoded"),
        (_CHIRPSTACK, {"data": "AA==", "objectJSON": "{"}, "not_decoded"),
        (_CHIRPSTACK, "[]", "wrong_shape"),
        (_CHIRPSTACK, _event(latitude=0, longitude=0), "no_position"),
        ("v3/care@t/d1/up", {}, "unknown_topic"),
    ],
)
def test_what_is_wrong_says_why(topic: str, body: object, reason: str) -> None:
    assert [problem["reason"] for problem in said(topic, body)["problems"]] == [reason]


def test_a_button_that_says_how_it_was_pressed_by_a_number_goes_to_quarantine() -> None:
    found = said(_TTS, _up(batteryVoltage=3, pressEvent=3))
    assert [problem["reason"] for problem in found["problems"]] == ["unclear_component"]
    assert "heartbeat" not in found["values"]


def test_what_stands_beside_a_value_in_an_object_is_not_dropped_in_silence() -> None:
    found = said(
        _TTS, _up(Water={"Event": "Water Present", "Relative": 3}, temperature={"value": 21.0, "raw": 8})
    )
    assert (found["values"]["water_leak"], found["values"]["temperature_c"]) == (True, 21.0)
    assert "temperature.raw" in found["unread"]
