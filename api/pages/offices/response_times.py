"""How soon people answered the alerts of an office, by hour of the day."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.access import visibility
from api.dependencies import ConnectionDep, Staff
from api.pages.rendering import HtmlPage
from api.schemas.common import Number
from api.views.response_times import SHOWN, response_of
from core.domain.escalation.response_times import LEAST_PEOPLE, ResponseStep

router = APIRouter()


@router.get("/offices/{number}/response-times")
def show_response_times(
    request: Request, viewer: Staff, connection: ConnectionDep, number: Number
) -> Response:
    """Show how soon alerts of the last 90 days were sent, claimed, reached on site and closed."""
    office = visibility.office_for(connection, viewer, number)
    page = HtmlPage(request, viewer)
    found = response_of(connection, number, page.now, page.times.zone)
    context: dict[str, object] = {
        "office": office,
        "days": SHOWN.days,
        "least": LEAST_PEOPLE,
        "steps": list(ResponseStep),
        "tables": [("emergencies", found.emergencies), ("others", found.others)],
    }
    return page.render("response_times.html", context)
