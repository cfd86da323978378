"""What every page of the staff shows and rings for: emergencies that nobody has taken, and what else waits for somebody."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request, Response

from api.access import visibility
from api.dependencies import ConnectionDep, Staff
from api.pages.parts.alert_rows import Whose
from api.pages.rendering import HtmlPage
from api.wording.alert_reason import title
from core.domain.alert import Condition, Handling, Severity
from core.store.people import residents

router = APIRouter()

# The newest of them; a band that fills a telephone's screen hides the page on which somebody is at work.
_MOST_ROWS = 4


@dataclass(frozen=True)
class AlarmRow:
    """One emergency that nobody has taken."""

    number: int
    title: str
    who: str
    raised_at: datetime
    is_cleared: bool


@router.get("/alarm")
def alarm(request: Request, viewer: Staff, connection: ConnectionDep) -> Response:
    """Return the band of emergencies, with the number, level and condition of all alerts that nobody has taken."""
    page = HtmlPage(request, viewer)
    waiting = [
        one
        for one in visibility.open_alerts_for(connection, viewer, page.now)
        if one.handling is Handling.OPEN and one.severity < Severity.EQUIPMENT
    ]
    emergencies = sorted(
        (one for one in waiting if one.severity is Severity.EMERGENCY), key=lambda one: one.opened_at
    )
    shown = emergencies[-_MOST_ROWS:]
    concerned = [one.resident for one in shown if one.resident is not None]
    whose = Whose(residents.households(connection, viewer.scope, concerned), page.words)
    return page.render(
        "_alarm.html",
        {
            "emergencies": len(emergencies),
            "waiting": [
                (one.number, int(one.severity), one.condition is Condition.ACTIVE) for one in waiting
            ],
            "rows": [
                AlarmRow(
                    number=one.number,
                    title=title(one.rule, page.words),
                    who=whose.name(one),
                    raised_at=one.raised_at,
                    is_cleared=one.condition is Condition.CLEARED,
                )
                for one in shown
            ],
        },
    )
