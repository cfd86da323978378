"""Home Assistant discovery: `homeassistant/{component}/[{node}/]{object}/config` describes a sensor, never a reading.

Format: https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery, with its abbreviations and its device form.
"""

from collections.abc import Callable
from typing import cast

from core.domain.device_proposal import NOT_DESCRIBED, ModelDescription
from ingest.codecs import esphome, tasmota, theengs
from ingest.codecs.descriptions.entities import Read, described
from ingest.codecs.parsing.json_fields import JsonObject, inner, json_object, text_of
from ingest.codecs.result import Decoded, ProposedDevice, Rejected, nothing
from ingest.codecs.theengs import address_of
from ingest.codecs.zigbee.exposed_values import ATTRIBUTES
from ingest.mqtt.topics import Source, source_of

_LONG = {
    "stat_t": "state_topic",
    "t": "topic",
    "json_attr_t": "json_attributes_topic",
    "dev_cla": "device_class",
    "uniq_id": "unique_id",
    "obj_id": "object_id",
    "dev": "device",
    "cmps": "components",
    "unit_of_meas": "unit_of_measurement",
    "val_tpl": "value_template",
    "pl_on": "payload_on",
    "pl_off": "payload_off",
    "off_dly": "off_delay",
    "evt_typ": "event_types",
    "mf": "manufacturer",
    "mdl": "model",
    "mdl_id": "model_id",
    "p": "platform",
}
# Zigbee2MQTT's own description says more of its devices.
_READ: dict[str, Read] = {
    "esphome": esphome.decode,
    "tasmota": tasmota.decode,
    "theengs": theengs.decode,
}
_PUBLISHED = "mimamori-"
_KEPT = ("state_topic", "device_class", "unique_id", "unit_of_measurement", "object_id")


def decode(source: Source, payload: bytes) -> Decoded | Rejected:
    """Decode one discovery message."""
    if _is_of_no_device(source, payload):
        return nothing("homeassistant")
    body = json_object(payload)
    if isinstance(body, Rejected):
        return body
    body = _spelled_out(body)
    components = [
        _spelled_out(cast("JsonObject", entry))
        for entry in inner(body, "components").values()
        if isinstance(entry, dict)
    ]
    base = text_of(body.get("~"))
    entries = components or [body]
    known = [_discovery(entry, base, text_of(body.get("state_topic"))) for entry in entries]
    found = [kept for kept in known if kept]
    if not found:
        return nothing("homeassistant")
    device = _spelled_out(inner(body, "device"))
    model = f"{text_of(device.get('manufacturer'))} {text_of(device.get('model_id') or device.get('model'))}".strip()
    name = text_of(device.get("name")) or text_of(body.get("name"))
    proposals = [
        ProposedDevice(_sender(of), name, model, kept, described=_described(source, entry, of))
        for entry, kept in zip(entries, known, strict=True)
        if kept
        for of in [_source_of(source, kept)]
    ]
    return Decoded(sender="", name=name, notes={"discovery": found[0]}, proposals=proposals)


def _is_of_no_device(source: Source, payload: bytes) -> bool:
    """Return whether it is homeassistant/status, an empty message, which removes what was described, or what `mimamori mqtt-out` says of residents."""
    if source.parts[-1] != "config" or not payload:
        return True
    return source.parts[1] == "device" and source.parts[2].startswith(_PUBLISHED)


def _spelled_out(body: JsonObject) -> JsonObject:
    return {_LONG.get(key, key): value for key, value in body.items()}


def _discovery(entry: JsonObject, base: str, shared_topic: str) -> dict[str, object]:
    kept: dict[str, object] = {key: text_of(entry[key]) for key in _KEPT if text_of(entry.get(key))}
    # A button's trigger and a tracker have a topic of another name.
    own = ("state_topic", "topic", "json_attributes_topic")
    topic = next((text_of(entry[name]) for name in own if text_of(entry.get(name))), shared_topic)
    if topic and base:
        topic = base + topic[1:] if topic.startswith("~") else topic
        topic = topic[:-1] + base if topic.endswith("~") else topic
    if topic:
        kept["state_topic"] = topic
    return kept if "unique_id" in kept or "state_topic" in kept else {}


def _source_of(source: Source, kept: dict[str, object]) -> Source | None:
    """Return where the messages of an entity come from, under the same gateway."""
    topic = text_of(kept.get("state_topic"))
    prefix = f"gw/{source.gateway_id}/" if source.gateway_id else ""
    # A sender that is set to publish under the prefix says it here too; one behind a bridge of brokers does not.
    return source_of(topic if prefix and topic.startswith(prefix) else prefix + topic)


def _described(source: Source, entry: JsonObject, of: Source | None) -> ModelDescription:
    read = None if of is None else _READ.get(of.codec)
    if of is None or read is None:
        return NOT_DESCRIBED
    # One entity has its component in the topic, several in one message each their own.
    component = text_of(entry.get("platform")) or source.parts[1]
    return described(component, entry, of, read)


def _sender(known: Source | None) -> str:
    """Name the device as its readings will."""
    name_of = _NAMES.get(known.codec) if known else None
    name = name_of(known.parts) if known and name_of and len(known.parts) > 1 else ""
    if known is None or not name:
        return ""
    if known.codec == "native":
        return f"native:{name}"
    # As `owntracks.decode` does: without a gateway there is no slash in front.
    return f"owntracks:{name}" if known.codec == "owntracks" and not known.gateway_id else known.sender(name)


def _zigbee_name(parts: tuple[str, ...]) -> str:
    # A button's trigger is one value of the device: zigbee2mqtt/{friendly name}/action.
    is_value = len(parts) > 2 and parts[-1] in ATTRIBUTES
    return "/".join(parts[1:-1] if is_value else parts[1:])


def _tasmota_name(parts: tuple[str, ...]) -> str:
    place = next((index for index, part in enumerate(parts) if part in {"tele", "stat", "cmnd"}), None)
    return "" if place is None or len(parts) < 3 else "/".join(parts[:place] + parts[place + 1 : -1])


_NAMES: dict[str, Callable[[tuple[str, ...]], str]] = {
    "native": lambda parts: parts[2] if len(parts) == 4 else "",
    "owntracks": lambda parts: "/".join(parts[1:3]) if len(parts) > 2 else "",
    "zigbee2mqtt": _zigbee_name,
    "tasmota": _tasmota_name,
    "shelly": lambda parts: parts[1] if parts[0] == "shellies" else parts[0],
    "the_things_stack": lambda parts: f"{parts[1]}/{parts[3]}" if len(parts) > 3 else "",
    "chirpstack": lambda parts: parts[3] if len(parts) > 3 else "",
    "esphome": lambda parts: parts[0],
    "theengs": lambda parts: address_of(parts[-1]),
}
