"""What a message of a tracker says about where it is."""

from dataclasses import dataclass, field

from ingest.codecs.result import Position


@dataclass(slots=True)
class TrackerPlace:
    """What a message says about where the device is.

    Attributes
    ----------
    position : Position or None
        The place; None where there is none, or none that is fresh and certain.
    is_doubtful : bool
        The message says that its place is no fix: failed, invalid, approximate or an older one.
    used : set of str
        The fields, by their paths, that this was read from.
    """

    position: Position | None = None
    is_doubtful: bool = False
    used: set[str] = field(default_factory=set[str])
