"""A contact's own page, by the link in a message: quiet hours, language, order of channels, tests, digest, and how somebody is now."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ValidationError

from api.actions.answer_links import AnswerLimits, LinkVisit
from api.actions.people import preferences as actions
from api.actions.people.contact_links import ContactLinkState
from api.actions.people.preferences import PreferencesPage
from api.dependencies import Anybody, ConnectionDep, DatabaseDep, MachineNowDep, NowDep
from api.http import cookies
from api.pages.rendering import HtmlPage
from api.pages.residents.detail import state_name
from api.schemas.people.preferences import PreferencesIn
from core.domain.delivery.contact_channel import shown_to_owner
from core.domain.people import DigestRhythm, Language
from core.domain.rules import last_sure_movement
from core.store.alerts import alerts
from core.store.database import Connection
from core.store.people import residents
from core.store.people.records.stored_records import StaleRecordError

router = APIRouter()


class PreferencesTyped(BaseModel):
    """The form as typed."""

    language: str = ""
    quiet_from: str = ""
    quiet_until: str = ""
    is_tested_monthly: str = ""
    digest: str = DigestRhythm.NEVER.value
    version: int = 0


@router.get("/c/{token}/settings")
def show_preferences(
    *,
    request: Request,
    _viewer: Anybody,
    connection: ConnectionDep,
    now: NowDep,
    machine_now: MachineNowDep,
    token: str,
) -> Response:
    """Show what the contact has chosen; looking changes nothing."""
    found = actions.open_page(connection, _limits(request), token, _visit(request, now, machine_now))
    return _render(request, token, found)


@router.post("/c/{token}/settings")
def change_preferences(
    *,
    request: Request,
    _viewer: Anybody,
    database: DatabaseDep,
    now: NowDep,
    machine_now: MachineNowDep,
    token: str,
    typed: Annotated[PreferencesTyped, Form()],
) -> Response:
    """Keep what the contact chooses; what cannot be used, or was changed by somebody else meanwhile, changes nothing."""
    try:
        is_tested = typed.is_tested_monthly == "on"
        given = PreferencesIn.model_validate(
            typed.model_dump(exclude={"version"}) | {"is_tested_monthly": is_tested}
        )
        with database.transaction() as connection:
            actions.change(
                connection,
                _limits(request),
                token,
                _visit(request, now, machine_now),
                changes=given.changes,
                version=typed.version,
            )
    except ValidationError:
        return _back(token, "preferences_wrong")
    except StaleRecordError:
        return _back(token, "preferences_stale")
    return _back(token, "preferences_saved")


@router.post("/c/{token}/settings/first")
def put_own_channel_first(
    *,
    request: Request,
    _viewer: Anybody,
    database: DatabaseDep,
    now: NowDep,
    machine_now: MachineNowDep,
    token: str,
    channel: Annotated[int, Form(ge=1, le=2**31 - 1)],
) -> Response:
    """Let one of the contact's channels be tried first."""
    with database.transaction() as connection:
        actions.put_first(connection, _limits(request), token, _visit(request, now, machine_now), channel)
    return _back(token, "preferences_saved")


@router.post("/c/{token}/settings/now")
def ask_how_they_are(
    *,
    request: Request,
    _viewer: Anybody,
    connection: ConnectionDep,
    now: NowDep,
    machine_now: MachineNowDep,
    token: str,
) -> Response:
    """Show how the resident is now, as far as it is known."""
    found = actions.ask_now(connection, _limits(request), token, _visit(request, now, machine_now))
    return _render(request, token, found, connection)


@router.post("/c/{token}/settings/end")
def end_own_links(
    *,
    request: Request,
    _viewer: Anybody,
    database: DatabaseDep,
    now: NowDep,
    machine_now: MachineNowDep,
    token: str,
) -> Response:
    """End all links to this page."""
    with database.transaction() as connection:
        actions.end_links(connection, _limits(request), token, _visit(request, now, machine_now))
    return _back(token, "")


def _render(
    request: Request, token: str, found: PreferencesPage | None, connection: Connection | None = None
) -> Response:
    """Return the page; with a connection it says how the resident is now."""
    if found is None:
        state = ContactLinkState.ENDED.value
        return HtmlPage(request, None).render("contact_link.html", {"state": state, "live": False})
    person, details = found.person, found.record.details
    page = HtmlPage(request, None, person.zone, found.contact.language)
    words = page.words
    address = f"/c/{token}/settings"
    context: dict[str, object] = {
        "live": False,
        "address": address,
        "contact_name": details.name,
        "called": details.calls_resident or person.name,
        "version": found.record.version,
        "details": details,
        "languages": [(one.value, words(f"language.{one.value}")) for one in Language],
        "digests": [(one.value, words(f"digest_rhythm.{one.value}")) for one in DigestRhythm],
        "channels": [(one, shown_to_owner(one)) for one in found.channels],
        "office_phone": person.office_phone,
        "status": None if connection is None else _status(page, found, connection),
    }
    return page.render("preferences.html", context)


def _status(page: HtmlPage, found: PreferencesPage, connection: Connection) -> dict[str, object]:
    person = found.person
    state = state_name(person, page)
    raised = alerts.open_alerts(connection, page.now, residents=[person.number])
    return {
        "state": state,
        "alerts": person.open_alerts,
        "last_at": person.last_life_sign_at,
        "last_known_by": residents.life_signs_known_by(connection, [person.home], page.now).get(person.home),
        "last_sure": last_sure_movement(raised),
        "received_at": person.last_received_at,
    }


def _back(token: str, said: str) -> Response:
    return RedirectResponse(f"/c/{token}/settings" + (f"?said={said}" if said else ""), 303)


def _visit(request: Request, now: NowDep, machine_now: MachineNowDep) -> LinkVisit:
    return LinkVisit(cookies.peer_of(request), now, machine_now)


def _limits(request: Request) -> AnswerLimits:
    limits: AnswerLimits = request.app.state.answer_limits
    return limits
