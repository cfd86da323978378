"""What became of each message about an alert on each channel, whole: planned, taken by its service, arrived, read, answered, or why not."""

from collections import defaultdict
from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.access import visibility
from api.dependencies import ConnectionDep, Staff
from api.pages.parts.delivery_lines import reason_of
from api.pages.rendering import HtmlPage
from api.schemas.common import BigNumber
from api.wording.alert_reason import title
from core.domain.delivery.record import DeliveryRecord
from core.store.alerts import deliveries, notifications

router = APIRouter()


@router.get("/alerts/{number}/deliveries")
def show_deliveries(
    request: Request, viewer: Staff, connection: ConnectionDep, number: BigNumber
) -> Response:
    """Show every message and what is known of it on each channel; nothing else is said."""
    alert = visibility.alert_for(connection, viewer, number)
    page = HtmlPage(request, viewer)
    records: defaultdict[int, list[DeliveryRecord]] = defaultdict(list)
    for one in deliveries.of_alert(connection, number):
        records[one.notification].append(one)
    context: dict[str, object] = {
        "alert": alert,
        "name": title(alert.rule, page.words),
        "messages": [(one, records[one.number]) for one in notifications.of_alert(connection, number)],
        "times": ("accepted", "arrived", "read", "answered", "failed"),
        "reason_of": partial(reason_of, page=page),
    }
    return page.render("deliveries.html", context)
