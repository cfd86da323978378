"""On which of a contact's channels a message goes next. Pure: no clock, no database.

All channels are tried once, in order, before any is tried again; the pause comes after the whole round. What a provider refused
for ever is not tried again for this message.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from core.domain.alert import CALLS_TO_ACT, NotificationKind, Severity
from core.domain.delivery.contact_channel import ContactChannel
from core.domain.delivery.record import DeliveryRecord, DeliveryState
from core.domain.people import Channel

# The least urgent alert that a channel is used for: a telephone does not ring for an empty battery.
LEAST_URGENT = {Channel.VOICE: Severity.CHECK_SOON, Channel.SMS: Severity.KEEP_AN_EYE}
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class ChannelChoice:
    """Which channels a message may still go on, and which is next.

    Attributes
    ----------
    open : tuple of ContactChannel
        Those that may still be tried, in order.
    next : ContactChannel or None
        The one whose turn it is; None if none is left.
    """

    open: tuple[ContactChannel, ...]
    next: ContactChannel | None


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


def choose(
    ordered: Sequence[ContactChannel],
    records: Sequence[DeliveryRecord],
    now: datetime,
    closed: Collection[Channel],
) -> ChannelChoice:
    """Return where a message goes next.

    Parameters
    ----------
    ordered : sequence of ContactChannel
        As `in_order` returned them.
    records : sequence of DeliveryRecord
        What became of the message so far.
    now : datetime
        Decides which provider wants to be left alone still.
    closed : collection of Channel
        Kinds that take nothing at present, such as LINE when the month's messages are used up.
    """
    known = {record.channel: record for record in records}
    left = tuple(one for one in ordered if one.number not in known or known[one.number].is_open)
    for one in left:
        # A sender that died may have sent it; the same key again is then no repeat.
        if one.number in known and known[one.number].state is DeliveryState.TRYING:
            return ChannelChoice(left, one)

    def turn(one: ContactChannel) -> tuple[bool, int, int]:
        record = known.get(one.number)
        wait = record is not None and record.retry_at is not None and record.retry_at > now
        return wait, 0 if record is None else record.attempts, left.index(one)

    ready = [one for one in left if one.kind not in closed]
    return ChannelChoice(left, min(ready, key=turn, default=None))


def is_round_over(choice: ChannelChoice, records: Sequence[DeliveryRecord]) -> bool:
    """Return whether the channel whose turn it is was tried as often as any other."""
    attempts = {record.channel: record.attempts for record in records}
    return choice.next is None or attempts.get(choice.next.number, 0) >= max(attempts.values(), default=0)


def _is_usable(channel: ContactChannel) -> bool:
    # LINE says "accepted" for people who blocked the account: a dead address would swallow the message.
    is_swallowed = channel.kind is Channel.LINE and channel.unreachable_since is not None
    return channel.may_be_used and not is_swallowed
