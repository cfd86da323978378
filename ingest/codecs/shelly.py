"""Shelly: first generation `shellies/{id}/...`, one value per topic; second and later `{id}/status/{component}`, `{id}/events/rpc`.

Formats: https://shelly-api-docs.shelly.cloud/gen1/ and /gen2/.
"""

from core.domain.device_proposal import ModelDescription
from core.domain.metrics import CALLS
from ingest.codecs import shelly_components
from ingest.codecs.descriptions.device_classes import classes_of
from ingest.codecs.parsing.call_fields import CallFields
from ingest.codecs.parsing.event_words import call_in_field, raised_of
from ingest.codecs.parsing.json_fields import (
    JsonObject,
    inner,
    json_object,
    number_of,
    plain_text,
    text_of,
    time_of_epoch,
    truth_of,
)
from ingest.codecs.result import Decoded, Measured, ProposedDevice, Rejected, nothing, unclear_call
from ingest.mqtt.topics import Source

_WATT_MINUTES_IN_KWH = 60_000
_PRESSES = {
    "S": "single",
    "SS": "double",
    "SSS": "triple",
    "L": "long",
    "SL": "single_long",
    "LS": "long_single",
}
_SENSOR_TRUTHS = {
    "motion": "motion",
    "vibration": "vibration",
    "flood": "water_leak",
    "smoke": "smoke",
    "charger": "charging",
    "tamper": "tamper",
    "presence": "presence",
}
_SENSOR_NUMBERS = {
    "temperature": "temperature_c",
    "humidity": "humidity_pct",
    "battery": "battery_pct",
    "lux": "illuminance_lx",
}
# What the firmware sends in place of a value that it could not read.
_COULD_NOT_READ = {
    "temperature_c": (999.0,),
    "humidity_pct": (999.0, -1.0),
    "illuminance_lx": (-1.0,),
    "battery_pct": (-1.0,),
}
_METER_NUMBERS = {"power": "power_w", "voltage": "mains_v", "current": "current_a"}
_METERS = {"relay", "emeter", "meter", "light", "white", "color", "roller"}

_READ_STATUS = {
    *(
        "sensor",
        "motion",
        "vibration",
        "flood",
        "smoke",
        "state",
        "is_valid",
        "lux",
        "bat",
        "hum",
        "tmp",
        "timestamp",
    ),
}


def decode(source: Source, payload: bytes) -> Decoded | Rejected:
    """Decode one message of a Shelly."""
    parts = source.parts
    if parts[0] == "shellies":
        if len(parts) < 3:
            # shellies/announce and shellies/command
            return _announced(source, payload) if parts[1:] == ("announce",) else nothing("shellies")
        name, rest = parts[1], parts[2:]
    else:
        name, rest = parts[0], parts[1:]
    if not payload:
        return nothing(name)
    decoded = Decoded(source.sender(name), name)
    if rest == ("online",):
        return _online(decoded, payload)
    if rest == ("announce",):
        return _announced(source, payload)
    if rest[:1] in (("command",), ("rpc",), ("debug",)) or rest[-1] in {"command", "set"}:
        return nothing(name)
    if parts[0] == "shellies":
        return _first_generation(decoded, rest, payload)
    return _second_generation(decoded, rest, payload)


def _announced(source: Source, payload: bytes) -> Decoded | Rejected:
    """Read how a first-generation Shelly presents itself, to propose it for registration."""
    body = json_object(payload)
    if isinstance(body, Rejected):
        return body
    name = text_of(body.get("id"))
    description = {"mac": text_of(body.get("mac")), "firmware": text_of(body.get("fw_ver"))}
    model, address = f"Shelly {text_of(body.get('model'))}".strip(), text_of(body.get("mac")).lower()
    proposal = ProposedDevice(source.sender(name), name, model, description, address)
    return Decoded(sender="", name=name, proposals=[proposal] if name else [])


def _online(decoded: Decoded, payload: bytes) -> Decoded | Rejected:
    text = plain_text(payload)
    truth = None if isinstance(text, Rejected) else truth_of(text)
    if truth is None:
        return Rejected("wrong_shape", "online is neither true nor false")
    decoded.readings = [Measured("online", truth)]
    return decoded


def _first_generation(decoded: Decoded, rest: tuple[str, ...], payload: bytes) -> Decoded | Rejected:
    if rest in {("status",), ("info",)} or rest[0] == "input_event":
        body = json_object(payload)
        if isinstance(body, Rejected):
            return body
        if rest[0] == "input_event":
            press = _PRESSES.get(str(body.get("event")))
            # A message without an event holds only how often it was pressed before.
            decoded.readings = [] if press is None else [Measured(_channel("button", rest[-1]), press)]
            return decoded
        whole = _whole_status(decoded, body)
        _read_other_calls(whole, body)
        return whole
    text = plain_text(payload)
    if isinstance(text, Rejected):
        # Settings and statuses of parts that measure nothing for us come as JSON.
        decoded.unread = ["/".join(rest)]
        return decoded if payload.lstrip()[:1] == b"{" else text
    measured = _plain_value(rest, text)
    if isinstance(measured, Rejected):
        return measured
    decoded.readings = [] if measured is None else [measured]
    if measured is None:
        decoded.unread = ["/".join(rest)]
    return decoded


def _read_other_calls(decoded: Decoded, body: JsonObject) -> None:
    """Add the calls under other names, as the gas detector's in its `info`, and note what is not read."""
    calls = CallFields()
    sensor = inner(body, "sensor")
    for path, fields in (("", body), ("sensor.", sensor)):
        for key, value in fields.items():
            is_read = key in _READ_STATUS and not (key in {"smoke", "flood"} and truth_of(value) is None)
            if not is_read and not calls.add(key, value):
                decoded.unread.append(path + key)
    decoded.readings = calls.merged([*decoded.readings], decoded.refused, decoded.unread)


def _whole_status(decoded: Decoded, body: JsonObject) -> Decoded:
    """Read everything at once: `status` of the motion sensors, and `info`, which nests what a sensor measures."""
    sensor = inner(body, "sensor") if inner(body, "sensor") else body
    readings: list[Measured] = []
    for key, metric in (
        ("motion", "motion"),
        ("vibration", "vibration"),
        ("flood", "water_leak"),
        ("smoke", "smoke"),
    ):
        truth = truth_of(sensor.get(key, body.get(key)))
        if truth is not None:
            readings.append(Measured(metric, truth))
    state = truth_of(sensor.get("state"))
    if state is not None:
        readings.append(Measured("contact_open", state))
    for key, metric in (("lux", "illuminance_lx"), ("bat", "battery_pct"), ("hum", "humidity_pct")):
        value = body.get(key)
        number = number_of(inner(body, key).get("value")) if isinstance(value, dict) else number_of(value)
        if number is not None and number not in _COULD_NOT_READ.get(metric, ()):
            readings.append(Measured(metric, number))
    celsius = _celsius(body)
    if celsius is not None and celsius not in _COULD_NOT_READ["temperature_c"]:
        readings.append(Measured("temperature_c", celsius))
    volts = number_of(inner(body, "bat").get("voltage"))
    if volts is not None:
        readings.append(Measured("battery_v", volts))
    decoded.readings = readings
    moment = number_of(body.get("timestamp"))
    # 0 until the clock is set.
    decoded.time = time_of_epoch(moment) if moment else None
    return decoded


def _celsius(body: JsonObject) -> float | None:
    """Return the room's temperature; `tmp` without `value` is the inside of a plug."""
    value = body.get("tmp")
    if not isinstance(value, dict):
        return number_of(value)
    tmp = inner(body, "tmp")
    number = number_of(tmp.get("value"))
    if number is None or tmp.get("is_valid") is False:
        return None
    exact = number_of(tmp.get("tC"))
    if exact is not None:
        return exact
    return (number - 32) / 1.8 if tmp.get("units") == "F" else number


def _plain_value(rest: tuple[str, ...], text: str) -> Measured | Rejected | None:
    kind, last = rest[0], rest[-1]
    if kind == "sensor":
        return _sensor_value(last, text)
    if kind in {"ext_temperature", "ext_humidity"}:
        metric = "temperature_c" if kind == "ext_temperature" else "humidity_pct"
        return _number(metric, text, last)
    if kind == "relay" and len(rest) == 2:
        # "overpower" says that the relay switched itself off.
        return _truth("switch_on", "off" if text == "overpower" else text, last)
    if kind == "input" and len(rest) == 2:
        return _truth("input_on", text, last)
    if kind in _METERS:
        if last == "energy":
            return _energy(text, _WATT_MINUTES_IN_KWH, _meter_channel(rest))
        if last == "total":
            return _energy(text, 1000, _meter_channel(rest))
        if last in _METER_NUMBERS:
            return _number(_METER_NUMBERS[last], text, _meter_channel(rest))
    return _number("mains_v", text, "") if rest == ("voltage",) else None


def _sensor_value(name: str, text: str) -> Measured | Rejected | None:
    if name == "state":
        return _truth("contact_open", text, "")
    if name == "gas":
        # none, mild, heavy, or test
        known = {"none": False, "mild": True, "heavy": True}.get(text.lower())
        if known is None and text.lower() not in {"test", "unknown"}:
            return unclear_call(name, "the state of the gas alarm is not understood")
        return None if known is None else Measured("gas_leak", known)
    if name in _SENSOR_TRUTHS:
        return _truth(_SENSOR_TRUTHS[name], text, "")
    if name in _SENSOR_NUMBERS:
        return _number(_SENSOR_NUMBERS[name], text, "")
    call = call_in_field(name, text)
    if call is None or not call.metric or call.is_raised is None:
        return None if call is None else unclear_call(name, f"{name[:40]} is not understood")
    return Measured(call.metric, call.is_raised)


def _truth(metric: str, text: str, channel: str) -> Measured | Rejected | None:
    truth = truth_of(text)
    if truth is None and metric in CALLS:
        truth = raised_of(metric, text)
    if truth is None:
        if metric in CALLS and text not in {"-1", "unknown"}:
            return unclear_call(metric, f"{metric} is neither on nor off")
        # A tilt of -1 or a state "unknown" means that the sensor cannot tell.
        return (
            None if text in {"-1", "unknown"} else Rejected("wrong_shape", f"{metric} is neither on nor off")
        )
    return Measured(_channel(metric, channel), truth)


def _number(metric: str, text: str, channel: str) -> Measured | Rejected | None:
    number = number_of(text)
    if number is None:
        return Rejected("wrong_shape", f"{metric} is no number")
    if number in _COULD_NOT_READ.get(metric, ()):
        return None
    return Measured(_channel(metric, channel), number)


def _channel(metric: str, channel: str) -> str:
    return metric if channel in {"", "0"} else f"{metric}#{channel}"


def _meter_channel(rest: tuple[str, ...]) -> str:
    """Return which of a board's meters: `relay/1/power`."""
    return rest[1] if len(rest) == 3 else ""


def _energy(text: str, per_kwh: float, channel: str) -> Measured | Rejected:
    number = number_of(text)
    return (
        Rejected("wrong_shape", "energy is no number")
        if number is None
        else Measured(_channel("energy_kwh", channel), number / per_kwh)
    )


def _proposed(result: Decoded, body: JsonObject) -> list[ProposedDevice]:
    """Return the device that said of all its components how they are, which it does when it connects."""
    # `shellyplusht-000000000001`: its model, and its address.
    model, _, address = text_of(body.get("src")).rpartition("-")
    metrics = list(dict.fromkeys(one.metric for one in result.readings))
    described = ModelDescription(tuple(metrics), tuple(result.unread))
    return [
        ProposedDevice(result.sender, result.name, model, {"device_class": word}, address, described)
        for word in sorted(classes_of(metrics)) or [""]
    ]


def _second_generation(decoded: Decoded, rest: tuple[str, ...], payload: bytes) -> Decoded | Rejected:
    if rest == ("events", "rpc"):
        body = json_object(payload)
        if isinstance(body, Rejected):
            return body
        result = shelly_components.read_notification(decoded, body)
        if isinstance(result, Decoded) and text_of(body.get("method")) == "NotifyFullStatus":
            result.proposals = _proposed(result, body)
        return result
    if len(rest) == 2 and rest[0] == "status":
        body = json_object(payload)
        if isinstance(body, Rejected):
            return body
        shelly_components.read_status(decoded, {rest[1]: body})
        return decoded
    return Rejected("unknown_topic", "a Shelly publishes status/{component}, events/rpc or online")
