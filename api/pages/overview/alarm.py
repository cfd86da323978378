"""What every page of the staff shows and rings for: emergencies that nobody has taken, and what else waits for somebody."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request, Response

from api.access import visibility
from api.dependencies import ConnectionDep, Staff
from api.pages.parts.alert_rows import Whose
from api.pages.rendering import HtmlPage
from api.wording.alert_reason import title
from core.domain.alert import Alert, Condition, Handling, Severity
from core.store.operation import delivery_health
from core.store.people import residents
from core.texts.local_format import ordinal

router = APIRouter()

# The newest of them; a band that fills a telephone's screen hides the page on which somebody is at work.
_MOST_ROWS = 4


@dataclass(frozen=True)
class AlarmRow:
    """One emergency that nobody has taken; `is_exhausted`: nobody can be sent a message about it at present."""

    number: int
    title: str
    who: str
    raised_at: datetime
    is_cleared: bool
    holder: str | None
    again: str
    is_exhausted: bool


@router.get("/alarm")
def alarm(request: Request, viewer: Staff, connection: ConnectionDep) -> Response:
    """Return the band of emergencies, with key, level and whether it rings on of all alerts that wait for somebody."""
    page = HtmlPage(request, viewer)
    waiting = [
        one
        for one in visibility.open_alerts_for(connection, viewer, page.now)
        if one.severity < Severity.EQUIPMENT and (one.handling is Handling.OPEN or _called_again(one))
    ]
    emergencies = sorted(
        (one for one in waiting if one.severity is Severity.EMERGENCY), key=lambda one: one.opened_at
    )
    shown = emergencies[-_MOST_ROWS:]
    concerned = [one.resident for one in shown if one.resident is not None]
    exhausted = delivery_health.exhausted_emergencies(connection) if emergencies else frozenset[int]()
    whose = Whose(residents.households(connection, viewer.scope, concerned), page.words)
    return page.render(
        "_alarm.html",
        {
            "emergencies": len(emergencies),
            "exhausted": sum(one.number in exhausted for one in emergencies),
            "waiting": [
                (f"{one.number}.{one.occurrences}", int(one.severity), _rings_on(one)) for one in waiting
            ],
            "rows": [
                AlarmRow(
                    number=one.number,
                    title=title(one.rule, page.words),
                    who=whose.name(one),
                    raised_at=one.raised_at,
                    is_cleared=one.condition is Condition.CLEARED,
                    holder=one.claimed_by if one.handling is Handling.CLAIMED else None,
                    again=ordinal(page.language, one.occurrences) if one.occurrences > 1 else "",
                    is_exhausted=one.number in exhausted,
                )
                for one in shown
            ],
        },
    )


def _called_again(alert: Alert) -> bool:
    """Return whether somebody called for help once more after the claim: its holder may not know."""
    is_later = alert.claimed_at is not None and alert.began_at > alert.claimed_at
    return alert.severity is Severity.EMERGENCY and alert.handling is Handling.CLAIMED and is_later


def _rings_on(alert: Alert) -> bool:
    """Return whether it rings again and again: what has ended, and a further call to somebody who goes, ring once."""
    return alert.handling is Handling.OPEN and alert.condition is Condition.ACTIVE
