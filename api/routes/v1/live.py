"""The live stream."""

from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.dependencies import Watcher
from api.http import cookies
from api.views.stream import ChangeFeed, Subscriber

router = APIRouter(tags=["live"])


async def get_subscriber(request: Request, viewer: Watcher) -> AsyncGenerator[Subscriber]:
    """Take a place among the readers before the answer begins, so that a refusal is a proper answer."""
    change_feed: ChangeFeed = request.app.state.change_feed
    with change_feed.subscription(viewer.number) as mine:
        yield mine


SubscriberDep = Annotated[Subscriber, Depends(get_subscriber)]


@router.get("/live", response_class=EventSourceResponse, summary="The stream of changes")
async def live(
    request: Request,
    viewer: Watcher,
    mine: SubscriberDep,
    last_event_id: Annotated[str, Header(max_length=40)] = "",
) -> AsyncGenerator[ServerSentEvent]:
    """Stream server-sent events: `alert` (opened or changed), `status` (every 5 s), `resync` (read everything anew), `signed_out`.

    After a break, `Last-Event-ID` brings what was missed. A reader that receives nothing for 30 s is not up to date.
    """
    change_feed: ChangeFeed = request.app.state.change_feed
    token = cookies.token_of(request) or ""
    number = (
        int(last_event_id)
        if last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 19
        else None
    )
    async for event in change_feed.stream(mine, viewer, token, number):
        yield event
