"""Events for other programs that did not arrive: which, why, and a button that sends one again."""

from collections import defaultdict
from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api.actions.context import ActionContext
from api.actions.offices import webhook_events as actions
from api.dependencies import ConnectionDep, NowDep, Staff
from api.pages.parts.delivery_lines import reason_of
from api.pages.rendering import HtmlPage
from api.schemas.common import BigNumber
from api.wording.alert_reason import title
from core.store.alerts import webhook_redeliveries
from core.store.alerts.webhook_redeliveries import Redelivery

router = APIRouter()


@router.get("/webhook-events")
def show_failed_events(request: Request, viewer: Staff, connection: ConnectionDep, now: NowDep) -> Response:
    """Show the events of the last 30 days that were not taken when they were due."""
    page = HtmlPage(request, viewer)
    found = actions.failed(ActionContext(connection, viewer, now))
    history: defaultdict[int, list[Redelivery]] = defaultdict(list)
    for one in webhook_redeliveries.history(connection, [event.number for event in found]):
        history[one.delivery].append(one)
    context: dict[str, object] = {
        "days": actions.SHOWN.days,
        "events": [(one, title(one.rule, page.words), history[one.number]) for one in found],
        "reason_of": partial(reason_of, page=page),
    }
    return page.render("webhook_events.html", context)


@router.post("/webhook-events/{number}/redelivery")
def send_again(viewer: Staff, number: BigNumber, connection: ConnectionDep, now: NowDep) -> Response:
    """Have one sent once more."""
    actions.send_again(ActionContext(connection, viewer, now), number)
    return RedirectResponse("/webhook-events?said=event_sent_again", 303)
