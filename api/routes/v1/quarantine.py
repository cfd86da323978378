"""For those who run the service: what could not be stored."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.dependencies import Admin, ConnectionDep
from api.schemas.common import BigNumber, Cursor, Limit, Output, ResultPage, from_cursor, to_cursor
from core.domain.quarantine import may_hold_position
from core.store.telemetry import quarantine
from core.store.telemetry.quarantine import Choice, Quarantined

router = APIRouter(tags=["operation"])


class QuarantinedOut(Output):
    """A message that could not be stored as a reading. Its bytes stay in the database: they may hold anything."""

    number: int
    received_at: datetime
    topic: str
    retained: bool
    size_bytes: int
    reason: str = Field(description="Stable code.", examples=["unknown_device"])
    detail: str = Field(description="What a technician should know.")


class QuarantinedMessageOut(QuarantinedOut):
    """One such message with its content, unless it may hold somebody's position."""

    text: str | None = Field(
        description="What the message says; null when it is no text or may hold a position. It may hold anything: show it as text only."
    )
    withheld: bool = Field(
        description="True when the content may hold a position or is no text; `mimamori quarantine show` on the server shows it."
    )


class QuarantineStateOut(Output):
    """How much waits, and how much had to go although nobody had released it."""

    waiting: int
    size_bytes: int
    oldest_at: datetime | None
    reasons: dict[str, int] = Field(description="How many wait for each reason.")
    dropped: int = Field(description="Given up unreleased because they were too old or too many.")
    dropped_at: datetime | None


Reason = Annotated[
    str | None,
    Query(pattern=r"^[a-z0-9_]{1,50}$", description="Only for this reason.", examples=["unknown_device"]),
]


@router.get("/quarantine/state", summary="How much could not be stored")
def describe_quarantine(_viewer: Admin, connection: ConnectionDep) -> QuarantineStateOut:
    """Return how much waits for each reason, and what had to go."""
    found = quarantine.state(connection)
    return QuarantineStateOut(
        waiting=found.waiting,
        size_bytes=found.size_bytes,
        oldest_at=found.oldest_at,
        reasons=quarantine.reasons(connection),
        dropped=found.dropped,
        dropped_at=found.dropped_at,
    )


@router.get("/quarantine/{message}", summary="One message that could not be stored")
def show_quarantined(_viewer: Admin, connection: ConnectionDep, message: BigNumber) -> QuarantinedMessageOut:
    """Return one message with its content. Content that may hold a position is not shown here, not even to an administrator."""
    found = quarantine.get(connection, message)
    withheld = may_hold_position(found.topic, found.payload)
    return QuarantinedMessageOut(
        **_out(found).model_dump(), withheld=withheld, text=None if withheld else found.payload.decode()
    )


@router.get("/quarantine", summary="Messages that could not be stored")
def list_quarantine(
    _viewer: Admin,
    connection: ConnectionDep,
    limit: Limit = 100,
    cursor: Cursor = None,
    reason: Reason = None,
) -> ResultPage[QuarantinedOut]:
    """Return messages not yet released, newest first; `mimamori quarantine release` takes them in again."""
    key = from_cursor(cursor, int)
    found = quarantine.listing(
        connection, Choice(reason=reason), limit=limit + 1, before=None if key is None else key[0]
    )
    shown, is_more = found[:limit], len(found) > limit
    return ResultPage(
        items=[_out(one) for one in shown],
        next_cursor=to_cursor(shown[-1].number) if is_more else None,
    )


def _out(one: Quarantined) -> QuarantinedOut:
    return QuarantinedOut(
        number=one.number,
        received_at=one.received_at,
        topic=one.topic,
        retained=one.retained,
        size_bytes=len(one.payload),
        reason=one.reason,
        detail=one.detail,
    )
