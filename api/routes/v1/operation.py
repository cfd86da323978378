"""For those who run the service: what could not be stored."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field

from api.deps import Admin, ConnectionDep
from api.schemas.common import Cursor, Limit, Output, Page, from_cursor, to_cursor
from core.store import quarantine

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


@router.get("/quarantine", summary="Messages that could not be stored")
def list_quarantine(
    _viewer: Admin, connection: ConnectionDep, limit: Limit = 100, cursor: Cursor = None
) -> Page[QuarantinedOut]:
    """Return messages not yet released, newest first; `mimamori decode` and the runbook say what to do with them."""
    key = from_cursor(cursor, int)
    found = quarantine.listing(connection, limit=limit + 1, before=None if key is None else key[0])
    shown, is_more = found[:limit], len(found) > limit
    return Page(
        items=[
            QuarantinedOut(
                number=one.number,
                received_at=one.received_at,
                topic=one.topic,
                retained=one.retained,
                size_bytes=len(one.payload),
                reason=one.reason,
                detail=one.detail,
            )
            for one in shown
        ],
        next_cursor=to_cursor(shown[-1].number) if is_more else None,
    )
