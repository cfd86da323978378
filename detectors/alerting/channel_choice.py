"""On which of a contact's channels a message goes next. Pure: no clock, no database.

All channels are tried once, in order, before any is tried again; the pause comes after the whole round. What a provider refused
for ever is not tried again for this message.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.domain.delivery.contact_channel import ContactChannel
from core.domain.delivery.record import DeliveryRecord, DeliveryState
from core.domain.people import Channel


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
