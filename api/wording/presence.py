"""Whether a resident is at home, in words: what is known, since when, and why."""

from api.wording.times import LocalTimes
from core.domain.evidence.presence import Presence, PresenceReason, PresenceState

# Where it can never be known, a row says nothing; the resident's page says why.
_NEVER_KNOWN = frozenset({PresenceReason.NO_DOOR_SENSOR, PresenceReason.SEVERAL_RESIDENTS})


def presence_words(found: Presence, times: LocalTimes) -> str:
    """Return the state and since when: 「外出中(18:32から)」."""
    state = times.words(f"presence.{found.state}")
    if found.since is None or found.state is PresenceState.CANNOT_TELL:
        return state
    return times.words("presence.since", state=state, clock=times.clock_text(found.since))


def presence_why(found: Presence, times: LocalTimes) -> str:
    """Return why: 「18:32に玄関を使ったあと、室内の反応がありません」."""
    if found.reason is PresenceReason.SEEN_INSIDE and found.door_at is None:
        return times.words("presence.why_seen_inside_only")
    door = times.clock_text(found.door_at) if found.door_at else ""
    return times.words(f"presence.why_{found.reason}", door=door)


def presence_note(found: Presence, times: LocalTimes) -> str:
    """Return the same in one short line for a row; nothing where it can never be known."""
    return "" if found.reason in _NEVER_KNOWN else presence_words(found, times)
