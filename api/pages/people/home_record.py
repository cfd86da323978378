"""The list of homes, and a home's record: the form to change it, and the history. Where it stands is entered, never shown."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.access import visibility
from api.access.viewer import Viewer
from api.actions.context import ActionContext
from api.actions.people import homes as actions
from api.dependencies import ConnectionDep, DatabaseDep, NowDep, Staff
from api.pages.parts.paged_list import paged
from api.pages.people.record_form import (
    FORM_PROBLEMS,
    FormField,
    RecordForm,
    TypedRecord,
    again,
    parsed,
    shown,
    typed_of,
)
from api.pages.people.record_history import record_history
from api.pages.rendering import HtmlPage
from api.schemas.common import Number
from api.schemas.people.records import HomeIn
from core.store.database import Connection
from core.store.people.records import record_lists
from core.store.people.records.stored_records import StaleRecordError
from core.store.people.watch_changes import Concerned, Watched
from core.texts.search_key import search_key

router = APIRouter()
_NAMED = (
    FormField("name", is_required=True, has_hint=True, is_japanese=True),
    FormField("area", has_hint=True, is_japanese=True),
    FormField("time_zone", is_required=True),
)
_FIELDS = (*_NAMED, FormField("lat", "decimal", has_hint=True), FormField("lon", "decimal"))


class HomeTyped(TypedRecord):
    """The form as typed; an empty place stays as it is."""

    name: str = ""
    area: str = ""
    time_zone: str = ""
    lat: str = ""
    lon: str = ""


Typed = Annotated[HomeTyped, Form()]


@router.get("/homes")
def list_homes(
    request: Request,
    viewer: Staff,
    connection: ConnectionDep,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """Show the homes that the viewer may change."""
    return _list(request, viewer, connection, "", page)


@router.post("/homes")
def search_homes(
    *,
    request: Request,
    viewer: Staff,
    connection: ConnectionDep,
    q: Annotated[str, Form()] = "",
    page: Annotated[int, Form(ge=1, le=100_000)] = 1,
) -> Response:
    """Show those that match a search; a home's name may be a person's, so it stays out of addresses."""
    return _list(request, viewer, connection, q, page)


@router.get("/homes/{number}")
def show_home(request: Request, viewer: Staff, connection: ConnectionDep, number: Number) -> Response:
    """Show what is filled in about a home, to change it."""
    found = visibility.home_for(connection, viewer, number)
    form = RecordForm(typed_of(_NAMED, found.values), found.version)
    return _show(request, viewer, connection, number, form)


@router.post("/homes/{number}")
def change_home(
    *, request: Request, viewer: Staff, database: DatabaseDep, now: NowDep, number: Number, typed: Typed
) -> Response:
    """Change a home, or show the form again with what is wrong or what somebody else has entered."""
    try:
        made = parsed(_FIELDS, typed.texts, HomeIn)
        # An empty place is no removal: the form does not show what it is.
        changes = made.model_dump(exclude_none=True)
        with database.transaction() as connection:
            actions.change(ActionContext(connection, viewer, now), number, changes, version=typed.version)
    except FORM_PROBLEMS as error:
        with database.transaction() as connection:
            visibility.home_for(connection, viewer, number)
            # What somebody else has entered is shown without the place.
            fields = _NAMED if isinstance(error, StaleRecordError) else _FIELDS
            form = again(fields, typed.texts, typed.version, error, HtmlPage(request, viewer))
            return _show(request, viewer, connection, number, form)
    return RedirectResponse(f"/homes/{number}?said=record_saved", 303)


@router.post("/homes/{number}/undo")
def take_back_home(
    viewer: Staff,
    connection: ConnectionDep,
    now: NowDep,
    number: Number,
    change: Annotated[int, Form(ge=1, le=2**63 - 1)],
) -> Response:
    """Set the fields of one change as they were before it."""
    actions.take_back(ActionContext(connection, viewer, now), number, change)
    return RedirectResponse(f"/homes/{number}?said=record_undone", 303)


def _list(request: Request, viewer: Viewer, connection: Connection, q: str, number: int) -> Response:
    wanted = search_key(q)
    found = [
        one
        for one in record_lists.homes(connection, viewer.scope)
        if not wanted or wanted in search_key(one.name) or wanted in search_key(one.area)
    ]
    context: dict[str, object] = {"here": "/homes", "q": q, "list": paged(found, number)}
    return HtmlPage(request, viewer).render("homes.html", context)


def _show(
    request: Request, viewer: Viewer, connection: Connection, number: int, form: RecordForm
) -> Response:
    found = visibility.home_for(connection, viewer, number)
    page = HtmlPage(request, viewer)
    where = "record.position_given" if found.details.lat is not None else "record.empty"
    context: dict[str, object] = {
        "title": page.words("record.home_title"),
        "intro": page.words("record.home_intro", position=page.words(where)),
        "crumb": "/homes",
        "crumb_text": page.words("record.homes"),
        "here": f"/homes/{number}",
        "fields": shown(_FIELDS, form, page.words),
        "form": form,
        "problems": form.problems,
        "history": record_history(page, connection, Concerned(home=number), Watched.HOME, found.values),
    }
    return page.render(
        "record.html", context, status=409 if form.differences else 422 if form.problems else 200
    )
