"""Whether a resident is at home, as far as the entrance door, the sensors inside and a tracker prove it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PresenceState(StrEnum):
    """At home, out, or nobody can tell."""

    IN = "in"
    OUT = "out"
    CANNOT_TELL = "cannot_tell"


class PresenceReason(StrEnum):
    """Why: the first is of `in`, the next two are of `out`, all others are why nobody can tell.

    Attributes
    ----------
    SEEN_INSIDE
        The last sure life sign is from inside, and the door has not been used since.
    NOTHING_INSIDE
        The door, and nothing from inside since.
    TRACKER_AWAY
        The tracker is far from home.
    JUST_USED
        The door, too short a time ago.
    ONE_SIGN
        The door, and a single movement inside that nothing confirms.
    SEVERAL_MOVED
        The door, after more than one person had moved about.
    QUIET_BEFORE
        The door, after a home that was quiet already: somebody came, or looked out.
    RETURNS_UNSEEN
        The door, in a home where that quiet does not end at the door at this hour as a rule.
    LONG
        Nothing for more than a day: what was true then need not be true now.
    SEVERAL_RESIDENTS
        More than one person lives there.
    NO_DOOR_SENSOR, DOOR_SILENT
        There is no sensor at the door, or it was out of contact or not to be trusted since the last sure life sign.
    HOME_SILENT
        The home was out of contact since then.
    NO_SIGN
        There is no sure life sign.
    NOT_EVALUATED
        Nobody has looked yet, or it failed.
    """

    SEEN_INSIDE = "seen_inside"
    NOTHING_INSIDE = "nothing_inside"
    TRACKER_AWAY = "tracker_away"
    JUST_USED = "just_used"
    ONE_SIGN = "one_sign"
    SEVERAL_MOVED = "several_moved"
    QUIET_BEFORE = "quiet_before"
    RETURNS_UNSEEN = "returns_unseen"
    LONG = "long"
    SEVERAL_RESIDENTS = "several_residents"
    NO_DOOR_SENSOR = "no_door_sensor"
    DOOR_SILENT = "door_silent"
    HOME_SILENT = "home_silent"
    NO_SIGN = "no_sign"
    NOT_EVALUATED = "not_evaluated"


@dataclass(frozen=True)
class Presence:
    """Whether a resident is at home.

    Attributes
    ----------
    since : datetime or None
        In: the first sure life sign inside after the last use of the door. Out: when the door was used. None where nobody knows.
    door_at : datetime or None
        The last use of the door, as far as it is known.
    """

    state: PresenceState
    reason: PresenceReason
    since: datetime | None = None
    door_at: datetime | None = None


UNKNOWN_PRESENCE = Presence(PresenceState.CANNOT_TELL, PresenceReason.NOT_EVALUATED)
