"""Which codec understands a topic, and under which gateway's prefix it came."""

import re
from dataclasses import dataclass

from core.text_cache import TextCache

GATEWAY_PREFIX = "gw/"
"""How the topics of what comes through a gateway begin: `gw/{gateway_id}/...`."""
PUBLISHED = "out"
"""In place of a device's id: what `mimamori mqtt-out` publishes is below `mimamori/v1/out/`."""
LONGEST_SENDER = 200
"""Names may come from a payload, and no table can hold one of any length (our choice)."""


def command_topic(name: str) -> str:
    """Return the topic on which a native device, or ingest itself, receives commands."""
    return f"mimamori/v1/{name}/command"


_FIRST_LEVEL = {
    "owntracks": "owntracks",
    "zigbee2mqtt": "zigbee2mqtt",
    "tele": "tasmota",
    "stat": "tasmota",
    "cmnd": "tasmota",
    "tasmota": "tasmota",
    "shellies": "shelly",
    "v3": "the_things_stack",
    "application": "chirpstack",
    "homeassistant": "homeassistant",
    "positions": "traccar",
    "events": "traccar",
    "traccar": "traccar",
    "esphome": "esphome",
    "homie": "homie",
    "rtl_433": "rtl_433",
    "msh": "meshtastic",
}
_SHELLY_SECOND = {"status", "events", "online", "rpc", "command", "debug", "announce"}
_TASMOTA_SECOND = {"tele", "stat", "cmnd"}
# Its topics are {node}/{component}/{object id}/state.
ESPHOME_COMPONENTS = {
    *("binary_sensor", "sensor", "text_sensor", "switch", "light", "fan", "event", "climate", "cover", "lock", "valve"),
    *("number", "select", "text", "button", "update", "alarm_control_panel", "date", "time", "datetime"),
}  # fmt: skip
_IMEI = re.compile(r"\d{15}\Z")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a message came from, read from its topic alone.

    Attributes
    ----------
    codec : str
        The codec that understands the topic.
    gateway_id : str
        The gateway under whose prefix it came; empty for a bare topic.
    parts : tuple of str
        The levels of the topic below the gateway's prefix.
    """

    codec: str
    gateway_id: str
    parts: tuple[str, ...]

    def sender(self, name: str) -> str:
        """Return the name under which a device of this source is registered; one that no table can hold is changed."""
        sender = f"{self.codec}:{self.gateway_id}/{name}"
        if len(sender) > LONGEST_SENDER:
            sender = sender[: LONGEST_SENDER - 1] + "…"
        return sender.replace("\0", "\N{SYMBOL FOR NULL}")


def source_of(topic: str) -> Source | None:
    """Return where a message on `topic` comes from; None if no codec knows the topic.

    Examples
    --------
    >>> source_of("gw/g12/zigbee2mqtt/hallway_motion")
    Source(codec='zigbee2mqtt', gateway_id='g12', parts=('zigbee2mqtt', 'hallway_motion'))
    >>> source_of("mimamori/v1/hall-1/readings").codec, source_of("weather/tokyo")
    ('native', None)
    """
    return _SOURCES[topic]


def _source_of(topic: str) -> Source | None:
    parts = tuple(topic.split("/"))
    gateway_id = ""
    if parts[0] == "gw" and len(parts) > 2 and parts[1]:
        gateway_id, parts = parts[1], parts[2:]
    codec = _codec_of(parts)
    return None if codec is None else Source(codec, gateway_id, parts)


_SOURCES = TextCache(_source_of, most=100_000)


def _codec_of(parts: tuple[str, ...]) -> str | None:
    if parts[:2] == ("mimamori", "v1"):
        return "native"
    first = _FIRST_LEVEL.get(parts[0])
    if first is not None:
        return first
    return _by_later_levels(parts[0], *parts[1:3], count=len(parts))


def _by_later_levels(first: str, second: str = "", third: str = "", *, count: int) -> str | None:
    """Return the codec of a topic that begins with a name which its owner chose."""
    if (count > 3 and second in ESPHOME_COMPONENTS) or (count == 2 and second == "status"):
        return "esphome"
    if count == 2 and second == "data" and _IMEI.match(first):
        return "teltonika"
    if first == "home" or third.endswith("toMQTT"):
        return "theengs"
    # Second-generation Shellys and some Tasmotas put their own name first.
    if second in _SHELLY_SECOND:
        return "shelly"
    return "tasmota" if second in _TASMOTA_SECOND else None
