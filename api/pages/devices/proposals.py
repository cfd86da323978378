"""Devices that describe themselves: what each can say and what of it is read, and a form to register it."""

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.access.refusals import RefusedError
from api.access.viewer import Viewer
from api.actions import devices as actions
from api.actions.context import ActionContext
from api.actions.devices import WayToRead
from api.dependencies import Admin, ConnectionDep, DatabaseDep, Fitter, NowDep
from api.pages.devices.placement import whereabouts
from api.pages.parts.place_names import offered_places, place_of
from api.pages.people.named_residents import UnsureResidentError
from api.pages.rendering import HtmlPage
from api.schemas.common import Number
from api.views.device_profile import choices_for
from core.domain.device import DEVICE_ID, DeviceKind
from core.domain.device_proposal import DeviceProposal
from core.domain.evidence.device_profile import FieldMeaning
from core.errors import ConflictError, NotFoundError
from core.store.database import Connection
from core.store.devices import proposals, unread_fields

router = APIRouter()
_MOST_SHOWN = 200
_KINDS = [kind.value for kind in DeviceKind if kind is not DeviceKind.CANARY]


@dataclass(frozen=True)
class RegistrationForm:
    """What is in the form, as typed."""

    device_id: str = ""
    home: str = ""
    resident: str = ""
    place: str = ""
    kind: str = ""
    profile: str = ""
    meaning: str = FieldMeaning.AS_MEASURED.value

    @property
    def problem(self) -> str:
        """The field that cannot be used as it was typed; empty where all can."""
        if not DEVICE_ID.match(self.device_id):
            return "device_id"
        return "home" if bool(self.home) is bool(self.resident) else ""

    @property
    def reading(self) -> WayToRead:
        """How its messages are read."""
        meaning = FieldMeaning(self.meaning)
        return WayToRead(
            self.profile or None, meaning=None if meaning is FieldMeaning.AS_MEASURED else meaning
        )


def _typed(
    *,
    device_id: Annotated[str, Form(max_length=64)] = "",
    home: Annotated[str, Form(max_length=100)] = "",
    resident: Annotated[str, Form(max_length=130, pattern=r"^[^\x00]*$")] = "",
    place: Annotated[str, Form(max_length=100, pattern=r"^[^\x00]*$")] = "",
    kind: Annotated[DeviceKind, Form()],
    profile: Annotated[str, Form(max_length=64)] = "",
    meaning: Annotated[FieldMeaning, Form()] = FieldMeaning.AS_MEASURED,
) -> RegistrationForm:
    return RegistrationForm(
        device_id.strip(), home.strip(), resident.strip(), place_of(place), kind.value, profile, meaning.value
    )


Typed = Annotated[RegistrationForm, Depends(_typed)]


@router.get("/proposals")
def list_proposals(request: Request, viewer: Fitter, connection: ConnectionDep) -> Response:
    """Show what describes itself and nobody has registered or dismissed."""
    found = proposals.waiting(connection)
    return HtmlPage(request, viewer).render(
        "proposals.html",
        {
            "found": found[:_MOST_SHOWN],
            "more": max(0, len(found) - _MOST_SHOWN),
            "strangers": proposals.strangers(connection),
        },
    )


@router.post("/proposals")
def propose_sender(
    viewer: Fitter,
    connection: ConnectionDep,
    now: NowDep,
    sender: Annotated[str, Form(max_length=200, pattern=r"^[^\x00]+$")],
) -> Response:
    """Let a sender that nobody registered wait as a proposal, and lead to it."""
    number = actions.propose_sender(ActionContext(connection, viewer, now), sender)
    return RedirectResponse(f"/proposals/{number}", 303)


@router.get("/proposals/{number}")
def show_proposal(request: Request, viewer: Fitter, connection: ConnectionDep, number: Number) -> Response:
    """Show what one can say, and the form."""
    one = proposals.get(connection, number)
    form = RegistrationForm(one.device_id or "", kind=one.kind.value)
    return _show(HtmlPage(request, viewer), connection, one, form, {})


@router.post("/proposals/{number}/accept")
def accept_proposal(
    *, request: Request, viewer: Fitter, database: DatabaseDep, now: NowDep, number: Number, form: Typed
) -> Response:
    """Register it, or show the form again with what is wrong."""
    if form.problem:
        return _again(request, viewer, database, number, form, form.problem)
    words = HtmlPage(request, viewer).words
    try:
        with database.transaction() as connection:
            there = whereabouts(connection, viewer, words, home=form.home, resident=form.resident)
            actions.accept_proposal(
                ActionContext(connection, viewer, now),
                number,
                there,
                device_id=form.device_id,
                kind=DeviceKind(form.kind),
                place=form.place,
                reading=form.reading,
            )
    except RefusedError as error:
        if isinstance(error, UnsureResidentError):
            form = replace(form, resident=error.text)
        with database.transaction() as connection:
            one = proposals.get(connection, number)
            problems = {error.field: words(f"refused.{error.code}", **error.values)}
            return _show(HtmlPage(request, viewer), connection, one, form, problems)
    except ConflictError:
        return _again(request, viewer, database, number, form, "device_id")
    except NotFoundError:
        return _again(request, viewer, database, number, form, "home")
    return RedirectResponse(f"/devices/{form.device_id}?said=device_registered", 303)


@router.post("/proposals/{number}/dismiss")
def dismiss_proposal(viewer: Admin, connection: ConnectionDep, now: NowDep, number: Number) -> Response:
    """Propose it no more."""
    actions.dismiss_proposal(ActionContext(connection, viewer, now), number)
    return RedirectResponse("/proposals?said=proposal_dismissed", 303)


def _again(
    request: Request, viewer: Viewer, database: DatabaseDep, number: int, form: RegistrationForm, field: str
) -> Response:
    page = HtmlPage(request, viewer)
    with database.transaction() as connection:
        one = proposals.get(connection, number)
        return _show(page, connection, one, form, {field: page.words(f"proposal.problem_{field}")})


def _show(
    page: HtmlPage,
    connection: Connection,
    one: DeviceProposal,
    form: RegistrationForm,
    problems: dict[str, str],
) -> Response:
    came = unread_fields.of_device(connection, one.sender)
    context: dict[str, object] = {
        "one": one,
        "unread": list(dict.fromkeys([*one.described.unread, *(field.field for field in came)])),
        "choices": choices_for(connection, one.model, {one.pulse_profile}),
        "meanings": list(FieldMeaning),
        "kinds": _KINDS,
        "places": offered_places(page.words),
        "form": form,
        "problems": problems,
    }
    return page.render("proposal.html", context, status=422 if problems else 200)
