"""One file per sender's format; a codec is a pure function from topic and bytes to what the message says."""

from collections.abc import Callable

from ingest.codecs import (
    chirpstack,
    esphome,
    homeassistant,
    homie,
    native,
    owntracks,
    shelly,
    tasmota,
    the_things_stack,
    traccar,
    zigbee2mqtt,
)
from ingest.codecs.result import Decoded, Measured, Rejected
from ingest.mqtt.topics import Source, source_of

Codec = Callable[[Source, bytes], Decoded | Rejected]

CODECS: dict[str, Codec] = {
    "native": native.decode,
    "owntracks": owntracks.decode,
    "zigbee2mqtt": zigbee2mqtt.decode,
    "tasmota": tasmota.decode,
    "shelly": shelly.decode,
    "the_things_stack": the_things_stack.decode,
    "chirpstack": chirpstack.decode,
    "traccar": traccar.decode,
    "homeassistant": homeassistant.decode,
    "esphome": esphome.decode,
    "homie": homie.decode,
}


def decode(topic: str, payload: bytes) -> Decoded | Rejected:
    """Return what a message says, or why it is not understood; never raises."""
    source = source_of(topic)
    codec = CODECS.get(source.codec) if source else None
    if source is None or codec is None:
        return Rejected("unknown_topic", "no sender format that we know uses this topic; see docs/senders.md")
    try:
        return _alive(codec(source, payload))
    except Exception as error:  # noqa: BLE001 - a fence: a mistake in one codec must not stop the ward
        return Rejected("codec_failed", f"the {source.codec} codec failed with {type(error).__name__}")


def _alive(result: Decoded | Rejected) -> Decoded | Rejected:
    """Keep at least the contact of a device whose message holds nothing else that we know."""
    if isinstance(result, Rejected) or not result.sender:
        return result
    says_more = (
        result.readings or result.fixes or result.notes or result.refused or result.last_seq is not None
    )
    if not says_more:
        result.readings = [Measured("heartbeat", value=True)]
    return result
