"""The family page: for a phone, large, and with one thing to press."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response
from markupsafe import Markup

from api.access import visibility
from api.access.viewer import Viewer
from api.dependencies import ConnectionDep, Family
from api.pages.parts.activity_days import load_days
from api.pages.parts.climate import Room, rooms, unknown_line
from api.pages.rendering import HtmlPage
from api.pages.residents.detail import baseline_context, state_name, today_context
from api.views import baseline
from api.views.last_sign import last_sign
from api.wording.alert_reason import why
from api.wording.reason_card import place_name
from core.domain.alert import Alert, Handling, Severity
from core.domain.people import Contact
from core.domain.rules import last_sure_movement
from core.store.alerts import alerts
from core.store.database import Connection
from core.store.people import residents
from core.store.people.residents import ResidentOverview

router = APIRouter()

_DAYS = 8
_MARKS = {
    "as_usual": "ok",
    "different": "different",
    "cannot_tell": "unknown",
    "paused": "paused",
    "please_check": "p2",
    "being_checked": "ok",
}


@dataclass(frozen=True)
class FamilyAlert:
    """An open alert with what the reader can do about it."""

    number: int
    severity: int
    what: str
    holder: str | None
    is_mine: bool
    held_clock: Markup | str


@dataclass(frozen=True)
class Someone:
    """One resident as the family sees them."""

    number: int
    name: str
    called: str
    phone: str
    state: str
    mark: str
    paused_clock: Markup | str
    alerts: list[FamilyAlert]
    last_at: datetime | None
    last_known_by: datetime | None
    last_place: str
    last_sure: datetime | None
    today_chart: object
    today_line: object
    baseline_lines: object
    rooms: list[Room]
    climate_unknown: str
    contacts: list[Contact]


@router.get("/family")
def family(request: Request, viewer: Family, connection: ConnectionDep) -> Response:
    """Show the residents whom the reader is linked to."""
    page = HtmlPage(request, viewer)
    people = [
        _someone(page.in_zone(one.zone), viewer, connection, one)
        for one in residents.overviews(connection, viewer.scope)
    ]
    return page.render("family.html", {"people": people})


def _someone(page: HtmlPage, viewer: Viewer, connection: Connection, one: ResidentOverview) -> Someone:
    contacts = residents.contacts(connection, one.number)
    own = next((contact for contact in contacts if contact.user == viewer.number), None)
    found = [
        alert
        for alert in alerts.open_alerts(connection, page.now, residents=[one.number])
        if alert.severity is not Severity.EQUIPMENT
    ]
    state = state_name(one, page)
    if state == "please_check" and one.worst is Severity.KEEP_AN_EYE:
        # Worth an eye, not a call: the alert itself stands below.
        state = "different"
    if found and all(alert.handling is Handling.CLAIMED for alert in found):
        state = "being_checked"
    mark = "p1" if state == "please_check" and found[0].severity is Severity.EMERGENCY else _MARKS[state]
    days = load_days(connection, one, page.times, _DAYS)
    learned = baseline.learned(connection, one, page.now)
    today = today_context(page, days, learned, prefix=f"day-{one.number}")
    climate = rooms(page, connection, one.number)
    return Someone(
        number=one.number,
        name=one.name,
        called=own.calls_resident if own and own.calls_resident else one.name,
        phone=one.phone,
        state=state,
        mark=mark,
        paused_clock=page.times.clock(one.pause_ends_at) if one.pause_ends_at else "",
        alerts=[
            _alert(connection, alert, page, is_mine=visibility.holds(connection, viewer, alert))
            for alert in found
        ],
        last_at=one.last_life_sign_at,
        last_known_by=residents.life_signs_known_by(connection, [one.home], page.now).get(one.home),
        last_place=place_name(one.last_life_sign_place, page.words),
        last_sure=last_sure_movement(found),
        today_chart=today["today_chart"],
        today_line=today["today_line"],
        baseline_lines=baseline_context(page, learned)["baseline_lines"],
        rooms=climate,
        climate_unknown=unknown_line(page, climate),
        contacts=contacts,
    )


def _alert(connection: Connection, alert: Alert, page: HtmlPage, *, is_mine: bool) -> FamilyAlert:
    is_held = alert.handling is Handling.CLAIMED
    return FamilyAlert(
        number=alert.number,
        severity=int(alert.severity),
        what=why(alert, page.times, last_sign(connection, alert))[0],
        holder=alert.claimed_by if is_held else None,
        is_mine=is_mine,
        held_clock=page.times.clock(alert.claimed_at) if alert.claimed_at else "",
    )
