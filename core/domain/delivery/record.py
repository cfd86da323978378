"""What is known of one message on one channel: planned, accepted by the provider, arrived, read, answered, or why not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.domain.people import Channel


class DeliveryState(StrEnum):
    """How a delivery stands. `accepted` is the provider's word and no more: whether it arrived, its receipt says."""

    WAITING = "waiting"
    """To be tried, or tried again."""
    TRYING = "trying"
    """An attempt has begun; if its sender died, nobody knows how it ended."""
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    """It may have been accepted: the connection broke, twice. Not tried again."""
    FAILED = "failed"
    """Refused for ever, or a receipt says that it did not arrive."""


@dataclass(frozen=True)
class DeliveryRecord:
    """One message on one channel.

    Attributes
    ----------
    number, notification : int
        Its own number, and of which message.
    channel : int or None
        The contact's channel; None when it was removed since.
    kind : Channel
        Its kind, and of which
    state : DeliveryState
        How it stands.
    request_key : str
        UUID, the same for every attempt, so that a provider that knows such keys accepts only one.
    attempts : int
        How often it was tried.
    planned_at, accepted_at, arrived_at, read_at, answered_at, failed_at : datetime or None
        What is known; None: not known. Receipts exist for short messages and calls only, `read_at` for none of the present
        providers but by opening the answer page, `answered_at` by a button or key.
    provider_id : str or None
        What the provider calls it.
    parts : int or None
        Short messages: into how many it was cut.
    retry_at : datetime or None
        Before this the provider wants no further attempt.
    error : str or None
        Why the last attempt failed, as a code.
    """

    number: int
    notification: int
    channel: int | None
    kind: Channel
    state: DeliveryState
    request_key: str
    attempts: int
    planned_at: datetime
    accepted_at: datetime | None
    arrived_at: datetime | None
    read_at: datetime | None
    answered_at: datetime | None
    failed_at: datetime | None
    provider_id: str | None
    parts: int | None
    retry_at: datetime | None
    error: str | None

    @property
    def is_open(self) -> bool:
        """Whether this channel may still be tried for this message."""
        return self.state in {DeliveryState.WAITING, DeliveryState.TRYING}


class DeliveryResult(StrEnum):
    """What is known after an attempt: refused is final, failed may succeed later, unknown may have arrived."""

    DELIVERED = "delivered"
    FAILED = "failed"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Attempt:
    """How one attempt ended.

    Attributes
    ----------
    arrival : DeliveryResult
        What is known of it.
    error : str or None
        A code for staff and logs, without address or content.
    provider_id : str or None
        What the provider calls an accepted message.
    retry_after : timedelta or None
        How long the provider wants to be left alone.
    parts : int or None
        Into how many parts a short message was cut.
    is_dead : bool
        Whether the address itself is dead, for this and every later message.
    """

    arrival: DeliveryResult
    error: str | None = None
    provider_id: str | None = None
    retry_after: timedelta | None = None
    parts: int | None = None
    is_dead: bool = False
