"""The bytes that devices send, written here by itself: one encoder shared with the reader would hide a shared mistake."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from core.domain import metrics
from simulator.devices.samples import Sample, SimPosition, Value
from simulator.incidents.incident import IncidentKind
from simulator.ward_file import SimDevice

# What a native device may put into one message.
MOST_IN_A_MESSAGE = 500

# Zigbee2MQTT's own names, and what is turned round: there, contact true means closed.
_ZIGBEE = {
    metrics.MOTION.name: "occupancy",
    metrics.PRESENCE.name: "presence",
    metrics.CONTACT_OPEN.name: "contact",
    metrics.POWER_W.name: "power",
    metrics.TEMPERATURE_C.name: "temperature",
    metrics.HUMIDITY_PCT.name: "humidity",
    metrics.BATTERY_PCT.name: "battery",
    metrics.LINK_QUALITY.name: "linkquality",
}


def rfc3339(time_ms: int) -> str:
    """Return a moment as text in UTC, without a fraction where there is none."""
    seconds, rest = divmod(time_ms, 1000)
    text = datetime.fromtimestamp(seconds, UTC).isoformat()[:19]
    return f"{text}.{rest:03}Z" if rest else f"{text}Z"


def native_topic(device: SimDevice, kind: str) -> str:
    """Return the topic of a native device's message: under its gateway's prefix, if it hangs on one."""
    topic = f"mimamori/v1/{device.sender_name}/{kind}"
    return f"gw/{device.gateway_id}/{topic}" if device.gateway_id else topic


def native_readings(seq: int, samples: Iterable[Sample]) -> bytes:
    """Return a native `readings` message."""
    readings = ",".join(
        f'{{"metric":"{item.metric}","value":{_number(item.value)},"time":"{rfc3339(item.time_ms)}"}}'
        for item in samples
    )
    return f'{{"seq":{seq},"readings":[{readings}]}}'.encode()


def native_fixes(seq: int, positions: Iterable[SimPosition]) -> bytes:
    """Return a native `fix` message."""
    fixes = ",".join(
        f'{{"lat":{item.lat!r},"lon":{item.lon!r},"time":"{rfc3339(item.time_ms)}",'
        f'"accuracy_m":{item.accuracy_m!r},"speed_kmh":{item.speed_kmh!r}}}'
        for item in positions
    )
    return f'{{"seq":{seq},"fixes":[{fixes}]}}'.encode()


def native_status(time_ms: int, *, online: bool) -> bytes:
    """Return a native `status` message."""
    return f'{{"online":{_number(online)},"time":"{rfc3339(time_ms)}"}}'.encode()


def zigbee_topic(device: SimDevice) -> str:
    """Return the topic of a device behind Zigbee2MQTT."""
    gateway, _, name = device.sender_name.partition("/")
    return f"gw/{gateway}/zigbee2mqtt/{name}"


def zigbee_state(samples: Sequence[Sample]) -> bytes | None:
    """Return what Zigbee2MQTT publishes for values of one moment; None if it has no word for any."""
    body: dict[str, object] = {}
    for item in samples:
        if item.metric == metrics.SOS.name:
            body["action"] = "emergency"
        elif item.metric == metrics.CONTACT_OPEN.name:
            body["contact"] = not item.value
        elif item.metric in _ZIGBEE:
            body[_ZIGBEE[item.metric]] = item.value
    if not body:
        return None
    body["last_seen"] = rfc3339(samples[0].time_ms)
    return json.dumps(body, separators=(",", ":")).encode()


def zigbee_repeat(samples: Sequence[Sample], habit: IncidentKind) -> bytes | None:
    """Return what Zigbee2MQTT publishes when it says a state again: after a restart without the time at which it was seen."""
    state = zigbee_state(samples)
    if state is None:
        return None
    body: dict[str, object] = json.loads(state)
    if habit is IncidentKind.BRIDGE_RESTARTS:
        del body["last_seen"]
    elif habit is IncidentKind.UPDATE_CHECKS:
        body["update"] = {"installed_version": 587757105, "latest_version": 587757105, "state": "idle"}
        body["update_available"] = False
    return json.dumps(body, separators=(",", ":")).encode()


def zigbee_availability() -> bytes:
    """Return what Zigbee2MQTT keeps on the broker about a device that answered."""
    return b'{"state":"online"}'


def zigbee_bridge(*, online: bool) -> bytes:
    """Return the state that the bridge keeps on the broker."""
    return b'{"state":"online"}' if online else b'{"state":"offline"}'


def owntracks_topic(device: SimDevice) -> str:
    """Return the topic of a phone with OwnTracks."""
    return f"owntracks/{device.sender_name}"


def owntracks_location(position: SimPosition, battery_pct: int) -> bytes:
    """Return a location message of OwnTracks; its times are whole seconds and its distances whole metres."""
    body = {
        "_type": "location",
        "acc": round(position.accuracy_m),
        "batt": battery_pct,
        "conn": "m",
        "lat": position.lat,
        "lon": position.lon,
        "tid": "mm",
        "tst": position.time_ms // 1000,
        "vel": round(position.speed_kmh),
    }
    return json.dumps(body, separators=(",", ":")).encode()


def _number(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)
