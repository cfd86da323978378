"""What a field measures whose name no decoder is known by, by all of its words: with one word more, and it stays unread.

Decoders are written anew for each model, so the same thing has many names: `door_state`, `DoorState`, `DoorWindow`. What a word alone
leaves open, such as whether a reed contact that says 1 is open, only the model's profile can say.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ingest.codecs.parsing.word_parts import word_parts

_STATE = frozenset({"state", "status", "event"})
_DETECTED = _STATE | {"detected"}
_ROOM = frozenset({"ambient", "air", "room", "indoor"})
_OPEN = {"open": True, "opened": True, "close": False, "closed": False}
_SEEN = {
    **dict.fromkeys(("motion detected", "detected", "motion", "trigger", "triggered", "occupied"), True),
    **dict.fromkeys(
        ("motion not detected", "not detected", "no motion", "none", "normal", "idle", "vacant"), False
    ),
}
_TAMPERED = {
    **dict.fromkeys(("open", "opened", "triggered", "tampered", "detected", "removed", "alarm"), True),
    **dict.fromkeys(("close", "closed", "normal", "ok", "none", "not detected", "installed"), False),
}


@dataclass(frozen=True, slots=True)
class Meant:
    """What a field of a name measures.

    Attributes
    ----------
    metric : str
        A name of the registry.
    words : mapping or None
        Which words are true and false; None: it is a number.
    takes_plain : bool
        Whether a bare truth or count says it, too: 1 is open only where the name says so.
    is_of_room : bool
        Whether it is of a room, and not of the tracker that says it beside its place.
    """

    metric: str
    words: Mapping[str, bool] | None = None
    takes_plain: bool = True
    is_of_room: bool = True


# Some word of the first, and no other than of both.
_MEANT = (
    (frozenset({"temperature", "temp"}), _ROOM | {"celsius", "c"}, Meant("temperature_c")),
    (frozenset({"humidity"}), _ROOM | {"relative"}, Meant("humidity_pct")),
    (frozenset({"illuminance", "lux"}), _ROOM | {"light"}, Meant("illuminance_lx")),
    (frozenset({"co2"}), _ROOM | {"concentration", "ppm"}, Meant("co2_ppm")),
    (frozenset({"pir"}), _DETECTED | {"motion"}, Meant("motion", _SEEN)),
    (frozenset({"occupancy", "occupied", "occupy"}), _DETECTED, Meant("presence", _SEEN)),
    (frozenset({"door", "window", "reed", "contact"}), _STATE, Meant("contact_open", _OPEN, takes_plain=False)),
    (frozenset({"tamper", "tampered", "disassembled"}), _DETECTED | {"alarm", "box", "is"}, Meant("tamper", _TAMPERED, is_of_room=False)),
)  # fmt: skip
_WHOLE = {
    frozenset({"motion", "detected"}): Meant("motion", _SEEN),
    frozenset({"motion", "event"}): Meant("motion", _SEEN),
    frozenset({"motion", "event", "state"}): Meant("motion", _SEEN),
    frozenset({"presence", "detected"}): Meant("presence", _SEEN),
    frozenset({"presence", "status"}): Meant("presence", _SEEN),
    frozenset({"presence", "state"}): Meant("presence", _SEEN),
    frozenset({"bed", "occupied"}): Meant("bed_occupied", _SEEN),
    frozenset({"bed", "occupancy"}): Meant("bed_occupied", _SEEN),
    frozenset({"open"}): Meant("contact_open", _OPEN),
    frozenset({"is", "open"}): Meant("contact_open", _OPEN),
    frozenset({"door", "open"}): Meant("contact_open", _OPEN),
    frozenset({"door", "open", "status"}): Meant("contact_open", _OPEN),
    frozenset({"door", "is", "open"}): Meant("contact_open", _OPEN),
    frozenset({"window", "open"}): Meant("contact_open", _OPEN),
    frozenset({"steps"}): Meant("steps_count", is_of_room=False),
    frozenset({"step", "count"}): Meant("steps_count", is_of_room=False),
}  # fmt: skip


def meant_by(name: str) -> Meant | None:
    """Return what a field measures by its name; None where that is not certain.

    Examples
    --------
    >>> [found and found.metric for found in map(meant_by, ("door_state", "relativeHumidity", "boxTamper", "lux", "open"))]
    ['contact_open', 'humidity_pct', 'tamper', 'illuminance_lx', 'contact_open']
    >>> [meant_by(name) for name in ("temperatureMax", "door_open_times", "pirTriggerCount", "luxStatus", "sensorTemperature")]
    [None, None, None, None, None]
    """
    parts = frozenset(word_parts(name))
    for core, beside, meant in _MEANT:
        if core & parts and parts <= core | beside:
            return None if meant.words is None and parts & _STATE else meant
    return _WHOLE.get(parts)
