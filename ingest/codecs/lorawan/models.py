"""Models of LoRaWAN devices as network servers name them: proposed with what the library knows of them."""

from core.domain.device_proposal import ModelDescription
from core.formats.profile_file import for_model
from ingest.codecs.descriptions.device_classes import classes_of
from ingest.codecs.result import ProposedDevice


def proposed(sender: str, name: str, model: str, address: str = "") -> list[ProposedDevice]:
    """Return a device as its network server names it; none where the server says neither its model nor its permanent address."""
    model = model.strip()
    if not model and not address:
        return []
    known = for_model(model) if model else None
    if known is None:
        return [ProposedDevice(sender, name, model, {}, address)]
    read = [one for one in known.fields if not one.ignored]
    understood = tuple(f"{one.field or one.metric} -> {one.reads_as}" for one in read)
    classes = ({"device_class": word} for word in sorted(classes_of(one.reads_as for one in read)) or [""])
    unread = tuple(one.field for one in known.fields if one.ignored)
    described = ModelDescription(understood, unread, known.fields)
    return [ProposedDevice(sender, name, model, one, address, described) for one in classes]
