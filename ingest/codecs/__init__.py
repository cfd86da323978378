"""One file per sender's format; a codec is a pure function from topic and bytes to what the message says."""

from collections.abc import Callable

from core.domain.evidence.device_profile import DeviceProfile
from ingest.codecs import (
    chirpstack,
    esphome,
    homeassistant,
    homie,
    meshtastic,
    native,
    owntracks,
    rtl_433,
    shelly,
    tasmota,
    teltonika,
    the_things_stack,
    theengs,
    traccar,
    zigbee2mqtt,
)
from ingest.codecs.profile_reader import decode_by_profile, with_meanings
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
    "rtl_433": rtl_433.decode,
    "theengs": theengs.decode,
    "meshtastic": meshtastic.decode,
    "teltonika": teltonika.decode,
}


def decode(topic: str, payload: bytes, profile: DeviceProfile | None = None) -> Decoded | Rejected:
    """Return what a message says, or why it is not understood; never raises.

    Parameters
    ----------
    topic, payload
        As they came.
    profile : DeviceProfile, optional
        Of the device that sent it; None: every field means what its name says.
    """
    source = source_of(topic)
    codec = CODECS.get(source.codec) if source else None
    if source is None or codec is None:
        return Rejected("unknown_topic", "no sender format that we know uses this topic; see docs/senders.md")
    try:
        if profile is None:
            return _alive(codec(source, payload))
        return _alive(decode_by_profile(codec, source, payload, profile))
    except Exception as error:  # noqa: BLE001 - a fence: a mistake in one codec must not stop the ward
        return Rejected("codec_failed", f"the {source.codec} codec failed with {type(error).__name__}")


def reread(topic: str, payload: bytes, result: Decoded, profile: DeviceProfile) -> Decoded:
    """Return what a message says by the profile of the device that sent it, given what it says without."""
    if profile.named_fields:
        again = decode(topic, payload, profile)
    else:
        again = _alive(with_meanings(result, profile)) if profile.changed_readings else result
    return result if isinstance(again, Rejected) else again


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
