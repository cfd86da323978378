"""Which devices are fitted in a home of a made-up ward, and how each of them sends."""

import numpy as np

from core.domain.device import DeviceKind

# Homes that show off-the-shelf senders: all sensors of the second home, the phone of the fourth.
_ZIGBEE_HOME = 2
_PHONE_HOME = 4
_HEARTBEAT_S = {
    DeviceKind.CLIMATE: 1800,
    DeviceKind.PLUG: 3600,
    DeviceKind.GATEWAY: 300,
    DeviceKind.TRACKER: 300,
}
_BATTERY_HEARTBEAT_S = 21_600
_MODELS = {
    DeviceKind.MOTION: "MM-M1",
    DeviceKind.DOOR: "MM-D1",
    DeviceKind.FRIDGE: "MM-D1",
    DeviceKind.BED: "MM-B1",
    DeviceKind.PLUG: "MM-P1",
    DeviceKind.CLIMATE: "MM-C1",
    DeviceKind.BUTTON: "MM-S1",
    DeviceKind.TRACKER: "MM-T1",
    DeviceKind.GATEWAY: "MM-G1",
}
_ZIGBEE_MODELS = {
    DeviceKind.MOTION: "Aqara RTCGQ11LM",
    DeviceKind.DOOR: "Aqara MCCGQ11LM",
    DeviceKind.FRIDGE: "Aqara MCCGQ11LM",
    DeviceKind.PLUG: "Tuya TS011F_plug_1",
    DeviceKind.CLIMATE: "Aqara WSDCGQ11LM",
    DeviceKind.BUTTON: "Tuya TS0215A_sos",
    DeviceKind.GATEWAY: "Zigbee2MQTT",
}
Json = dict[str, object]


def devices_of(number: int, key: str, draw: np.random.Generator, *, has_tracker: bool) -> list[Json]:
    """Return the devices of a home and of who lives there, whose key in the ward file is given."""
    zigbee = number == _ZIGBEE_HOME
    gateway = f"g{number:03}"
    fitted = [
        (DeviceKind.MOTION, "bedroom"),
        (DeviceKind.MOTION, "living_room"),
        (DeviceKind.MOTION, "kitchen"),
        (DeviceKind.MOTION, "hallway"),
        (DeviceKind.MOTION, "toilet"),
        (DeviceKind.DOOR, "front_door"),
        (DeviceKind.FRIDGE, "fridge"),
        (DeviceKind.PLUG, "kettle"),
        (DeviceKind.CLIMATE, "living_room"),
        (DeviceKind.CLIMATE, "bedroom"),
        (DeviceKind.BUTTON, "sos"),
    ]
    if not zigbee and draw.random() < 0.5:
        fitted.append((DeviceKind.BED, "bed"))
    devices = [_device(DeviceKind.GATEWAY, "", gateway, gateway, None, zigbee=zigbee)]
    for kind, place in fitted:
        label = place.replace("_", "-") + ("-climate" if kind is DeviceKind.CLIMATE else "")
        owner = key if kind in {DeviceKind.BED, DeviceKind.BUTTON} else None
        devices.append(_device(kind, place, f"h{number:03}-{label}", gateway, owner, zigbee=zigbee))
    if has_tracker:
        devices.append(_tracker(number, key))
    return devices


def _device(
    kind: DeviceKind, place: str, device_id: str, gateway: str, owner: str | None, *, zigbee: bool
) -> Json:
    device: Json = {
        "device_id": device_id,
        "sender": f"native:{device_id}",
        "kind": kind,
        "place": place,
        "model": _MODELS[kind],
        "heartbeat_s": _HEARTBEAT_S.get(kind, _BATTERY_HEARTBEAT_S),
    }
    if zigbee:
        name = "bridge" if kind is DeviceKind.GATEWAY else f"{place}_{kind}"
        device |= {"sender": f"zigbee2mqtt:{gateway}/{name}", "model": _ZIGBEE_MODELS[kind]}
        if kind is DeviceKind.GATEWAY:
            # The bridge reports its state when that changes and is otherwise quiet.
            del device["heartbeat_s"]
    # A native gateway signs in with its own name; what hangs on it publishes under its prefix.
    if zigbee or kind is not DeviceKind.GATEWAY:
        device["gateway_id"] = gateway
    if owner is not None:
        device["resident"] = owner
    return device


def _tracker(number: int, key: str) -> Json:
    if number == _PHONE_HOME:
        return {
            "device_id": f"h{number:03}-phone",
            "sender": f"owntracks:{key}/phone",
            "kind": DeviceKind.TRACKER,
            "model": "OwnTracks",
            "resident": key,
        }
    device_id = f"h{number:03}-tracker"
    return {
        "device_id": device_id,
        "sender": f"native:{device_id}",
        "kind": DeviceKind.TRACKER,
        "model": _MODELS[DeviceKind.TRACKER],
        "heartbeat_s": _HEARTBEAT_S[DeviceKind.TRACKER],
        "resident": key,
    }
