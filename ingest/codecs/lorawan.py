"""What the vendors' own decoders make of LoRaWAN payloads: Milesight, Dragino, Abeeway.

Network servers run the vendor's decoder and pass its object on, so the names here are the decoders', misspellings among them.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ingest.codecs.decoded import Decoded, Measured, Position
from ingest.codecs.fields import JsonObject, inner, number_of, text_of, truth_of
from ingest.codecs.words import button_word

_NUMBERS = {
    # Milesight
    "battery": "battery_pct",
    "temperature": "temperature_c",
    "humidity": "humidity_pct",
    "pressure": "pressure_hpa",
    "barometric_pressure": "pressure_hpa",
    "co2": "co2_ppm",
    "illuminance": "illuminance_lx",
    "illumination": "illuminance_lx",
    "active_power": "power_w",
    "current_a": "current_a",
    # Dragino
    "BatV": "battery_v",
    "BAT_V": "battery_v",
    "Bat_V": "battery_v",
    "Bat": "battery_v",
    "BAT": "battery_v",
    "TempC_SHT": "temperature_c",
    "TempC_SHT31": "temperature_c",
    "TempC_SHT41": "temperature_c",
    "Hum_SHT": "humidity_pct",
    "Hum_SHT31": "humidity_pct",
    "Hum_SHT41": "humidity_pct",
    "ILL_lx": "illuminance_lx",
    "ILL_lux": "illuminance_lx",
    "Illum": "illuminance_lx",
    # Abeeway
    "batteryLevel": "battery_pct",
    "batteryVoltage": "battery_v",
    "temperatureMeasure": "temperature_c",
}
# Word or number -> truth, by the decoder's name.
_PIR = {"trigger": True, "triggered": True, "normal": False, "idle": False, "vacant": False, "occupied": True}
_OPEN = {"open": True, "opened": True, "close": False, "closed": False}
_OCCUPIED = {"occupied": True, "vacant": False, "present": True, "absent": False}
_TAMPER = {"installed": False, "install": False, "uninstalled": True, "uninstall": True}
_LEAK = {"leak": True, "leakage": True, "normal": False, "no leak": False, "no_leak": False}
_MOVING = {
    "moving": True,
    "start_moving": True,
    "start moving": True,
    "move": True,
    "stop_moving": False,
    "stop moving": False,
    "stop": False,
    "stopped": False,
    "still": False,
    "static": False,
}
_SWITCH = {"on": True, "off": False}
_WORDS: dict[str, tuple[str, dict[str, bool]]] = {
    "pir": ("motion", _PIR),
    "pir_status": ("motion", _PIR),
    "magnet_status": ("contact_open", _OPEN),
    "door": ("contact_open", _OPEN),
    "door_status": ("contact_open", _OPEN),
    "DOOR_OPEN_STATUS": ("contact_open", _OPEN),
    "occupancy": ("presence", _OCCUPIED),
    "occupancy_status": ("presence", _OCCUPIED),
    "tamper_status": ("tamper", _TAMPER),
    "leakage_status": ("water_leak", _LEAK),
    "water_leak": ("water_leak", _LEAK),
    "WATER_LEAK_STATUS": ("water_leak", _LEAK),
    "motion_status": ("device_moving", _MOVING),
    "Transport": ("device_moving", _MOVING),
    "dynamicMotionState": ("device_moving", _MOVING),
    "socket_status": ("switch_on", _SWITCH),
    "fall": ("fall", {"fall": True, "normal": False}),
    "fall_status": ("fall", {"fall": True, "normal": False}),
    "sosFlag": ("sos", {}),
    "sos": ("sos", {}),
    "sos_status": ("sos", {"normal": False}),
    "ALARM_status": ("sos", {}),
    "Alarm_status": ("sos", {}),
    "ALARM_STATUS": ("sos", {}),
}
_LATITUDES = ("latitude", "Latitude", "gpsLatitude", "lat")
_LONGITUDES = ("longitude", "Longitude", "Longitud", "gpsLongitude", "lon", "lng")
_GEOFENCES = {"inside", "outside"}


def read_object(decoded: Decoded, body: JsonObject) -> None:
    """Add to `decoded` what a vendor's decoder got out of a payload."""
    readings: list[Measured] = []
    for key, value in body.items():
        if value is None:
            continue
        if key in _NUMBERS:
            number = number_of(value)
            if number is not None:
                readings.append(Measured(_NUMBERS[key], number))
        elif key in _WORDS:
            metric, words = _WORDS[key]
            truth = words.get(value.strip().lower()) if isinstance(value, str) else None
            truth = truth_of(value) if truth is None else truth
            if truth is not None:
                readings.append(Measured(metric, truth))
        elif key in _SPECIAL:
            readings.extend(_SPECIAL[key](value, body))
    decoded.readings = [*decoded.readings, *_without_empty_climate(readings, body)]
    position = _position(body)
    if position is not None:
        decoded.fixes = [position]
    moment = _own_time(body)
    if moment is not None:
        decoded.time = moment
    age = number_of(body.get("age"))
    if "gpsLatitude" in body and age is not None and decoded.time is not None and 0 <= age < 86_400:
        # Abeeway: seconds since the position was taken.
        decoded.time -= timedelta(seconds=age)
    geofence = text_of(body.get("geofence_status"))
    if geofence in _GEOFENCES:
        decoded.notes["geofence_state"] = geofence


def _press(value: object, _body: JsonObject) -> list[Measured]:
    word = button_word(text_of(inner({"event": value}, "event").get("status", value)))
    return [Measured("button", word)] if word else []


def _alarm(value: object, body: JsonObject) -> list[Measured]:
    # Of Dragino's, only the push button PB01 has a sound key; a door's alarm only says that it is open for long.
    truth = truth_of(value) if "Sound_key" in body else None
    return [] if truth is None else [Measured("sos", truth)]


def _plug_voltage(value: object, body: JsonObject) -> list[Measured]:
    number = number_of(value)
    return [Measured("mains_v", number)] if number is not None and "socket_status" in body else []


def _plug_current(value: object, body: JsonObject) -> list[Measured]:
    # Milesight's plugs give milliamperes.
    number = number_of(value)
    return [Measured("current_a", number / 1000)] if number is not None and "socket_status" in body else []


def _plug_energy(value: object, _body: JsonObject) -> list[Measured]:
    number = number_of(value)
    return [] if number is None else [Measured("energy_kwh", number / 1000)]


def _plug_power(value: object, _body: JsonObject) -> list[Measured]:
    number = number_of(value)
    return [] if number is None else [Measured("power_w", number)]


def _tracker_climate(metric: str) -> Callable[[object, JsonObject], list[Measured]]:
    def read(value: object, _body: JsonObject) -> list[Measured]:
        number = number_of(value)
        return [] if number is None else [Measured(metric, number)]

    return read


_SPECIAL: dict[str, Callable[[object, JsonObject], list[Measured]]] = {
    "press": _press,
    "button": _press,
    "button_status": _press,
    "button_event": _press,
    "Alarm": _alarm,
    "voltage": _plug_voltage,
    "current": _plug_current,
    "power_consumption": _plug_energy,
    "power": _plug_power,
    "Tem": _tracker_climate("temperature_c"),
    "Hum": _tracker_climate("humidity_pct"),
}


def _without_empty_climate(readings: list[Measured], body: JsonObject) -> list[Measured]:
    # Dragino's TrackerD fills Tem and Hum with 0 in frames that carry the date instead of the climate.
    if "Tem" in body and (body.get("Bg") == 1 or (body.get("Tem") == 0 and body.get("Hum") in (0, None))):
        return [reading for reading in readings if reading.metric not in {"temperature_c", "humidity_pct"}]
    return readings


def _position(body: JsonObject) -> Position | None:
    lat = next((number_of(body[key]) for key in _LATITUDES if key in body), None)
    lon = next((number_of(body[key]) for key in _LONGITUDES if key in body), None)
    if lat is None or lon is None:
        nested = inner(body, "location") or inner(body, "position") or inner(body, "gps")
        return _position(nested) if nested else None
    accuracy = number_of(body.get("horizontalAccuracy", body.get("accuracy")))
    return Position(lat, lon, accuracy_m=accuracy, altitude_m=number_of(body.get("altitude")))


def _own_time(body: JsonObject) -> datetime | None:
    """Read Dragino's Date and Time: UTC, not padded with zeros."""
    date, time = text_of(body.get("Date")), text_of(body.get("Time"))
    try:
        year, month, day = (int(part) for part in date.split("-"))
        hour, minute, second = (int(part) for part in time.split(":"))
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
