"""In which order the channels of a contact are tried for a message. Pure: no clock, no database."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from core.domain.alert import CALLS_TO_ACT, NotificationKind, Severity
from core.domain.delivery.contact_channel import ContactChannel
from core.domain.people import Channel

# The least urgent alert that a channel is used for: a telephone does not ring for an empty battery.
LEAST_URGENT = {Channel.VOICE: Severity.CHECK_SOON, Channel.SMS: Severity.KEEP_AN_EYE}
_NEVER = datetime.min.replace(tzinfo=UTC)


def suits(channel: Channel, kind: NotificationKind, severity: Severity) -> bool:
    """Return whether messages of this kind and urgency go on a channel."""
    if channel is Channel.VOICE and kind not in CALLS_TO_ACT:
        return False
    return severity <= LEAST_URGENT.get(channel, Severity.EQUIPMENT)


def in_order(
    channels: Sequence[ContactChannel],
    kind: NotificationKind,
    severity: Severity,
    last_used: Mapping[int, datetime],
) -> list[ContactChannel]:
    """Return the channels on which a message may go, the best first.

    Those that are known to be dead come last, before them those that nobody confirmed. An emergency that nobody has answered
    goes first on the channel that was used longest ago: who sleeps through one bell may wake at another.
    """
    found = [one for one in channels if _is_usable(one) and suits(one.kind, kind, severity)]

    def order(one: ContactChannel) -> tuple[bool, bool, datetime, int]:
        turns = severity is Severity.EMERGENCY and kind in CALLS_TO_ACT
        used_at = last_used.get(one.number, _NEVER) if turns else _NEVER
        return one.unreachable_since is not None, one.confirmed_at is None, used_at, one.place

    return sorted(found, key=order)


def _is_usable(channel: ContactChannel) -> bool:
    # LINE says "accepted" for people who blocked the account: a dead address would swallow the message.
    is_swallowed = channel.kind is Channel.LINE and channel.unreachable_since is not None
    return channel.may_be_used and not is_swallowed
