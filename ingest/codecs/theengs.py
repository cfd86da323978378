"""OpenMQTTGateway and Theengs Gateway: `home/{gateway}/BTtoMQTT/{address}` for Bluetooth, `RTL_433toMQTT` and `433toMQTT` for radio, `LWT`.

Format: https://docs.openmqttgateway.com/use/ble.html and /use/rf.html, https://gateway.theengs.io/use/use.html, and the properties of the
decoders, https://decoder.theengs.io/devices/devices.html. A Bluetooth device is its address, whichever gateway receives it.
"""

import re

from ingest.codecs import rtl_433
from ingest.codecs.parsing.button_words import button_word
from ingest.codecs.parsing.call_fields import CallFields
from ingest.codecs.parsing.json_fields import JsonObject, json_object, number_of, text_of, truth_of
from ingest.codecs.result import Decoded, Measured, Rejected, nothing, unclear_component
from ingest.mqtt.topics import Source

_ADDRESS = re.compile(r"(?:[0-9A-Fa-f]{2}[:-]?){5}[0-9A-Fa-f]{2}\Z")
_TRUTHS = {
    "open": "contact_open", "motion": "motion", "movement": "motion", "occupancy": "presence", "vibration": "vibration",
    "opening": "contact_open", "door": "contact_open", "window": "contact_open", "tamper": "tamper", "battery_low": "battery_low", "moving": "device_moving",
}  # fmt: skip
_NUMBERS = {
    "tempc": "temperature_c", "hum": "humidity_pct", "lux": "illuminance_lx", "co2": "co2_ppm", "batt": "battery_pct",
    "volt": "battery_v", "rssi": "rssi_dbm", "steps": "steps_count", "power": "power_w",
}  # fmt: skip
# 0: none, another key was pressed or the button only says that it is there.
_PRESSES = {1: "single", 2: "double", 3: "triple", 4: "long", 9: "long", 11: "hold", 254: "hold"}
_BUTTON = re.compile(r"button(\d*)\Z")
# What is wired to the gateway, by its module and the key in it.
_WIRED = {
    ("HCSR501", "presence"): "motion", ("HCSR501", "hcsr501"): "motion", ("GPIOInput", "gpio"): "input_on", ("ONOFF", "cmd"): "switch_on",
}  # fmt: skip
_LEVELS = {"HIGH": True, "LOW": False}
_OF_THE_BOARD = {"SYStoMQTT", "BTtoMQTT", "WebUItoMQTT", "SSD1306toMQTT"}
_CONTACT = {"open": True, "closed": False, "timeout not closed": True}
_SPECIAL = {"contact", "state", "pres"}
# Of these the temperature is that of meat, a body, a tyre, soil or a machine.
_NOT_THE_ROOM = {"BBQ", "BODY", "TIRE", "PLANT", "BATT", "ENRG"}
# The device itself, the radio, and the same again in another unit.
_SILENT = {
    *("id", "mac", "name", "brand", "model", "model_id", "type", "mac_type", "adv_type", "tempf", "txpower", "distance", "device"),
    *("cidc", "acts", "cont", "encr", "track", "prmac", "mfr", "mfid", "uuid", "packet", "ext", "lightlevel", "scopetested"),
    *("servicedata", "servicedatauuid", "manufacturerdata", "time", "unixtime"),
}  # fmt: skip


def decode(source: Source, payload: bytes) -> Decoded | Rejected:
    """Decode one message of a gateway, or of what it received."""
    levels = source.parts[1:]
    if len(levels) < 2 or not levels[0] or not payload:
        return nothing("home")
    gateway, module, *rest = levels
    if module == "LWT" and not rest:
        return _last_will(Decoded(source.sender(gateway), gateway), payload)
    if module == "BTtoMQTT" and rest != ["undecoded"]:
        return _bluetooth(source, rest, payload)
    if module == "RTL_433toMQTT":
        return _radio(source, payload)
    if module in {"433toMQTT", "SRFBtoMQTT", "PilighttoMQTT", "RF2toMQTT"}:
        return _bare_code(module)
    if module.endswith("toMQTT") and module not in _OF_THE_BOARD and not rest:
        return _module(Decoded(source.sender(gateway), gateway), module.removesuffix("toMQTT"), payload)
    # The gateway's own state, commands, and rooms in which a phone is.
    return nothing(gateway)


def _module(decoded: Decoded, module: str, payload: bytes) -> Decoded | Rejected:
    """Read what hangs on the gateway itself: a movement sensor, an input, or what comes by another radio."""
    body = json_object(payload)
    if isinstance(body, Rejected):
        return body
    found: list[Measured] = []
    calls = CallFields()
    for key, value in body.items():
        metric = _WIRED.get((module, key.lower()))
        truth = _LEVELS.get(text_of(value).upper(), truth_of(value))
        if metric is not None and truth is not None:
            found.append(Measured(f"{metric}#{module}", truth))
        elif value is not None and not calls.add(key, value):
            decoded.unread.append(f"{module}.{key}")
    decoded.readings = calls.merged(found, decoded.refused, decoded.unread)
    return decoded


def _last_will(decoded: Decoded, payload: bytes) -> Decoded | Rejected:
    online = {b"online": True, b"offline": False}.get(payload.strip().lower())
    if online is None:
        return Rejected("wrong_shape", "the last will of the gateway is neither online nor offline")
    decoded.readings = [Measured("bridge_online", online)]
    return decoded


def _radio(source: Source, payload: bytes) -> Decoded | Rejected:
    body = json_object(payload)
    if isinstance(body, Rejected):
        return body
    name = rtl_433.device_name(body)
    if not name or name == "status":
        return nothing(name)
    decoded = Decoded(source.sender(name), name)
    rtl_433.read_device(decoded, body)
    return decoded


def _bare_code(module: str) -> Rejected:
    return unclear_component("", f"a bare radio code of {module}, for which RTL_433 should be used,")


def _bluetooth(source: Source, rest: list[str], payload: bytes) -> Decoded | Rejected:
    body = json_object(payload)
    if isinstance(body, Rejected):
        return body
    name = address_of(text_of(body.get("mac")) or text_of(body.get("id"))) or address_of("".join(rest[-1:]))
    if not name:
        # A beacon without an address of its own, under its UUID.
        return nothing(text_of(body.get("id")))
    decoded = Decoded(source.sender(name), name)
    if "cipher" in body:
        return Rejected(
            "encrypted", "the advertisement is encrypted; give the gateway the bindkey of the device"
        )
    _read_device(decoded, body)
    is_decoded = bool(text_of(body.get("model_id")) or text_of(body.get("model")))
    if not is_decoded and all(one.metric == "rssi_dbm" for one in decoded.readings):
        # Whoever passes by with a phone or a headset is received too; that is nobody's business.
        return nothing(name)
    return decoded


def address_of(text: str) -> str:
    """Return a Bluetooth address in small letters with colons; empty if the text is none.

    Examples
    --------
    >>> address_of("A4C138000102"), address_of("A4:C1:38:00:01:02"), address_of("1de4b189115e")
    ('a4:c1:38:00:01:02', 'a4:c1:38:00:01:02', '1d:e4:b1:89:11:5e')
    """
    if not _ADDRESS.match(text):
        return ""
    digits = text.replace(":", "").replace("-", "").lower()
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2))


def _read_device(decoded: Decoded, body: JsonObject) -> None:
    found: list[Measured] = []
    calls = CallFields(body)
    is_of_room = text_of(body.get("type")) not in _NOT_THE_ROOM
    for key, value in body.items():
        if key in _SILENT or value is None:
            continue
        readings = _reading(key, value, is_of_room=is_of_room)
        found += readings or []
        if readings is None and not calls.add(key, value):
            decoded.unread.append(key)
    decoded.readings = calls.merged(found, decoded.refused, decoded.unread)


def _reading(key: str, value: object, *, is_of_room: bool) -> list[Measured] | None:
    """Return what a property says; None where it is not understood."""
    button = _BUTTON.match(key)
    if button:
        return _press(button[1], value)
    if key in _SPECIAL:
        return _special(key, value)
    if key in _TRUTHS:
        truth = truth_of(value)
        return None if truth is None else [Measured(_TRUTHS[key], truth)]
    number = number_of(value)
    if key not in _NUMBERS or number is None or (key == "tempc" and not is_of_room):
        return None
    return [Measured(_NUMBERS[key], number)]


def _press(key: str, value: object) -> list[Measured] | None:
    number = number_of(value)
    word = button_word(text_of(value)) if number is None else _PRESSES.get(int(number))
    if word is None:
        return None if number is None or number else []
    return [Measured(f"button#{key}" if key else "button", word)]


def _special(key: str, value: object) -> list[Measured] | None:
    """Read what has another meaning by the form of its value."""
    if key == "contact":
        is_open = _CONTACT.get(text_of(value).lower())
        return None if is_open is None else [Measured("contact_open", is_open)]
    if key == "state":
        is_on = truth_of(value) if isinstance(value, str) else None
        return None if is_on is None else [Measured("switch_on", is_on)]
    # Of a movement sensor a truth, of a barometer the pressure.
    if isinstance(value, bool):
        return [Measured("motion", value)]
    number = number_of(value)
    return None if number is None else [Measured("pressure_hpa", number)]
