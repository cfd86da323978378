"""What a Tasmota announces of itself: `tasmota/discovery/{mac}/config`, retained.

Format: https://github.com/arendst/Tasmota/issues/9267; `rl` are its relays, `swc` its inputs with their mode, `btn` its buttons. The
message beside it, `.../sensors`, names no topic, so it cannot be said whose it is.
"""

from collections.abc import Callable, Iterator

import msgspec

from core.domain.device_proposal import ModelDescription
from ingest.codecs.descriptions.device_classes import classes_of
from ingest.codecs.parsing.json_fields import JsonObject, inner, items, number_of, text_of
from ingest.codecs.result import Decoded, ProposedDevice, Rejected
from ingest.mqtt.topics import Source, source_of

_NO_INPUT = -1
_Read = Callable[[Source, bytes], Decoded | Rejected]


def proposed(source: Source, body: JsonObject, read: _Read) -> list[ProposedDevice]:
    """Return the device as its messages will come, with what is read of them; none where they will not be understood.

    Parameters
    ----------
    source : Source
        Of the announcement.
    body : mapping
        The announcement.
    read : callable
        The codec of a Tasmota.
    """
    of = _source_of(source, body)
    if of is None:
        return []
    understood: list[str] = []
    unread: list[str] = []
    sender, metrics = "", set[str]()
    for name, message in _messages(body):
        result = read(of, msgspec.json.encode(message))
        if isinstance(result, Rejected):
            return []
        sender = result.sender
        said = sorted({one.metric for one in result.readings})
        metrics.update(said)
        if said:
            understood.append(f"{name} -> {', '.join(said)}")
        elif name:
            unread.append(name)
    # A Tasmota can be given another topic; its announcement stays under its address.
    address = text_of(body.get("mac")).lower()
    model, called = text_of(body.get("md")), text_of(body.get("dn"))
    described = ModelDescription(tuple(understood), tuple(unread))
    return [
        ProposedDevice(
            *(sender, called or text_of(body.get("t")), model, {"device_class": word}, address),
            described=described,
        )
        for word in sorted(classes_of(metrics)) or [""]
    ]


def _source_of(source: Source, body: JsonObject) -> Source | None:
    prefixes, topic = items(body.get("tp")), text_of(body.get("t"))
    if len(prefixes) < 3 or not topic:
        return None
    full = text_of(body.get("ft")).replace("%prefix%", text_of(prefixes[2])).replace("%topic%", topic)
    prefix = f"gw/{source.gateway_id}/" if source.gateway_id else ""
    found = source_of(("" if prefix and full.startswith(prefix) else prefix) + full.rstrip("/") + "/RESULT")
    return found if found is not None and found.codec == "tasmota" else None


def _messages(body: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """Give what it can send, each with its name; the first says only how it is called."""
    yield "", {}
    relays = [place for place, kind in enumerate(items(body.get("rl")), 1) if number_of(kind)]
    for place in relays:
        # One relay alone has no number.
        name = f"POWER{place}" if len(relays) > 1 else "POWER"
        yield name, {name: "ON"}
    for place, mode in enumerate(items(body.get("swc")), 1):
        if number_of(mode) not in {None, _NO_INPUT}:
            yield f"Switch{place}", {f"Switch{place}": {"Action": "ON"}}
    # Without this option a button only switches.
    if number_of(inner(body, "so").get("73")):
        for place, kind in enumerate(items(body.get("btn")), 1):
            if number_of(kind):
                yield f"Button{place}", {f"Button{place}": {"Action": "SINGLE"}}
