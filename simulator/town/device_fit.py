"""Which devices are fitted in a home of a made-up ward, and how each of them sends."""

import numpy as np

# Homes that show off-the-shelf senders: all sensors of the second home, the phone of the fourth.
_ZIGBEE_HOME = 2
_PHONE_HOME = 4
_HEARTBEAT_S = {"climate": 1800, "plug": 3600, "gateway": 300, "tracker": 300}
_BATTERY_HEARTBEAT_S = 21_600
_MODELS = {
    "motion": "MM-M1",
    "door": "MM-D1",
    "fridge": "MM-D1",
    "bed": "MM-B1",
    "plug": "MM-P1",
    "climate": "MM-C1",
    "button": "MM-S1",
    "tracker": "MM-T1",
    "gateway": "MM-G1",
}
_ZIGBEE_MODELS = {
    "motion": "Aqara RTCGQ11LM",
    "door": "Aqara MCCGQ11LM",
    "fridge": "Aqara MCCGQ11LM",
    "plug": "Tuya TS011F_plug_1",
    "climate": "Aqara WSDCGQ11LM",
    "button": "Tuya TS0215A_sos",
    "gateway": "Zigbee2MQTT",
}
Json = dict[str, object]


def devices_of(number: int, key: str, draw: np.random.Generator, *, has_tracker: bool) -> list[Json]:
    """Return the devices of a home and of who lives there, whose key in the ward file is given."""
    zigbee = number == _ZIGBEE_HOME
    gateway = f"g{number:03}"
    fitted = [
        ("motion", "bedroom"),
        ("motion", "living_room"),
        ("motion", "kitchen"),
        ("motion", "hallway"),
        ("motion", "toilet"),
        ("door", "front_door"),
        ("fridge", "fridge"),
        ("plug", "kettle"),
        ("climate", "living_room"),
        ("climate", "bedroom"),
        ("button", "sos"),
    ]
    if not zigbee and draw.random() < 0.5:
        fitted.append(("bed", "bed"))
    devices = [_device("gateway", "", gateway, gateway, None, zigbee=zigbee)]
    for kind, place in fitted:
        label = place.replace("_", "-") + ("-climate" if kind == "climate" else "")
        owner = key if kind in {"bed", "button"} else None
        devices.append(_device(kind, place, f"h{number:03}-{label}", gateway, owner, zigbee=zigbee))
    if has_tracker:
        devices.append(_tracker(number, key))
    return devices


def _device(kind: str, place: str, device_id: str, gateway: str, owner: str | None, *, zigbee: bool) -> Json:
    device: Json = {
        "device_id": device_id,
        "sender": f"native:{device_id}",
        "kind": kind,
        "place": place,
        "model": _MODELS[kind],
        "heartbeat_s": _HEARTBEAT_S.get(kind, _BATTERY_HEARTBEAT_S),
    }
    if zigbee:
        name = "bridge" if kind == "gateway" else f"{place}_{kind}"
        device |= {"sender": f"zigbee2mqtt:{gateway}/{name}", "model": _ZIGBEE_MODELS[kind]}
        if kind == "gateway":
            # The bridge tells its state when that changes and is otherwise quiet.
            del device["heartbeat_s"]
    # A native gateway signs in with its own name; what hangs on it publishes under its prefix.
    if zigbee or kind != "gateway":
        device["gateway_id"] = gateway
    if owner is not None:
        device["resident"] = owner
    return device


def _tracker(number: int, key: str) -> Json:
    if number == _PHONE_HOME:
        return {
            "device_id": f"h{number:03}-phone",
            "sender": f"owntracks:{key}/phone",
            "kind": "tracker",
            "model": "OwnTracks",
            "resident": key,
        }
    device_id = f"h{number:03}-tracker"
    return {
        "device_id": device_id,
        "sender": f"native:{device_id}",
        "kind": "tracker",
        "model": _MODELS["tracker"],
        "heartbeat_s": _HEARTBEAT_S["tracker"],
        "resident": key,
    }
