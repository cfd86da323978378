"""Who could not be reached tonight: whose family, why, what to do about it, and when nobody is on duty."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.access import visibility
from api.dependencies import ConnectionDep, Staff
from api.pages.rendering import HtmlPage
from api.schemas.common import Number
from core.store.people import contact_channels, tonight
from core.store.people.reach import monthly_tests

router = APIRouter()


@router.get("/offices/{number}/tonight")
def show_tonight(request: Request, viewer: Staff, connection: ConnectionDep, number: Number) -> Response:
    """Show whom nobody could reach within the next 24 hours."""
    office = visibility.office_for(connection, viewer, number)
    page = HtmlPage(request, viewer)
    found = tonight.look(connection, number, page.times.zone, page.now)
    context: dict[str, object] = {
        "office": office,
        "here": f"/offices/{number}/tonight",
        "found": found,
        "dead": contact_channels.dead_of_office(connection, number),
        "is_tested": visibility.centre_for(connection, viewer, number).details.is_tested_monthly,
        "score": monthly_tests.score(connection, number, page.now),
        "unproven": monthly_tests.unproven(connection, number, page.now),
        "gaps": [(page.times.clock_text(began), page.times.clock_text(ended)) for began, ended in found.gaps],
    }
    return page.render("tonight.html", context)
