"""Models of LoRaWAN devices as network servers name them: proposed with what the library knows of them."""

from collections.abc import Sequence

from core.domain.device_proposal import ModelDescription
from core.formats.profile_file import for_model
from core.text_cache import TextCache
from ingest.codecs.descriptions.device_classes import classes_of
from ingest.codecs.result import ProposedDevice


def proposed(sender: str, name: str, model: str, address: str = "") -> Sequence[ProposedDevice]:
    """Return a device as its network server names it; none where the server says neither its model nor its permanent address."""
    if not address and (not model or model.isspace()):
        return ()
    # Every uplink says the same again.
    return _PROPOSED[sender, name, model.strip(), address]


def _proposed(said: tuple[str, ...]) -> Sequence[ProposedDevice]:
    sender, name, model, address = said
    known = for_model(model) if model else None
    if known is None:
        return (ProposedDevice(sender, name, model, {}, address),)
    read = [one for one in known.fields if not one.ignored]
    understood = tuple(f"{one.field or one.metric} -> {one.reads_as}" for one in read)
    classes = ({"device_class": word} for word in sorted(classes_of(one.reads_as for one in read)) or [""])
    unread = tuple(one.field for one in known.fields if one.ignored)
    described = ModelDescription(understood, unread, known.fields)
    return tuple(ProposedDevice(sender, name, model, one, address, described) for one in classes)


_PROPOSED = TextCache[tuple[str, ...], Sequence[ProposedDevice]](_proposed, longest=600)
