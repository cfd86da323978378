"""An office's record: the form to register and change it, its centre's contacts, and the history."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import TypeAdapter

from api.access import visibility
from api.access.viewer import Viewer
from api.actions.context import ActionContext
from api.actions.people import offices as actions
from api.dependencies import Admin, ConnectionDep, DatabaseDep, NowDep, Staff
from api.pages.people.record_form import (
    CHECK,
    FORM_PROBLEMS,
    SELECT,
    FormField,
    Options,
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
from api.schemas.people.accounts import OfficeIn
from core.domain.people import OfficeRole, Role
from core.store.database import Connection
from core.store.people.records import record_lists
from core.store.people.watch_changes import Concerned, Watched

router = APIRouter()
_NEW_FIELDS = (FormField("name", is_required=True, is_japanese=True), FormField("phone", "tel"))
_TESTED = FormField("is_tested_monthly", CHECK)
_FIELDS = (*_NEW_FIELDS, _TESTED, FormField("office_open", CHECK))
_ROLE = (FormField("office_role", SELECT, is_required=True, has_hint=True),)


class OfficeTyped(TypedRecord):
    """The form as typed."""

    name: str = ""
    phone: str = ""
    office_open: str = ""
    is_tested_monthly: str = ""
    office_role: str = OfficeRole.CARE.value


Typed = Annotated[OfficeTyped, Form()]


@router.get("/offices/new")
def new_office(request: Request, viewer: Admin) -> Response:
    """Show the form to register an office."""
    return _show_new(request, viewer, RecordForm({"office_role": OfficeRole.CARE.value}))


@router.post("/offices/new")
def register_office(
    *, request: Request, viewer: Admin, database: DatabaseDep, now: NowDep, typed: Typed
) -> Response:
    """Register an office, or show the form again with what is wrong."""
    try:
        role = TypeAdapter(OfficeRole).validate_python(typed.office_role)
        made = parsed(_NEW_FIELDS, typed.texts, OfficeIn).model_copy(update={"role": role})
        with database.transaction() as connection:
            added = actions.add(ActionContext(connection, viewer, now), made.to_details())
    except FORM_PROBLEMS as error:
        form = again((*_NEW_FIELDS, *_ROLE), typed.texts, 0, error, HtmlPage(request, viewer))
        return _show_new(request, viewer, form)
    return RedirectResponse(f"/offices/{added.number}/record?said=office_added", 303)


@router.get("/offices/{number}/record")
def show_office(request: Request, viewer: Staff, connection: ConnectionDep, number: Number) -> Response:
    """Show what is filled in about an office, and its centre's contacts; staff see their own."""
    found = visibility.centre_for(connection, viewer, number)
    typed = typed_of((*_NEW_FIELDS, _TESTED), found.values) | {
        "office_open": "on" if found.details.is_active else ""
    }
    form = RecordForm(typed, found.version)
    return _show(request, viewer, connection, number, form)


@router.post("/offices/{number}/record")
def change_office(
    *, request: Request, viewer: Admin, database: DatabaseDep, now: NowDep, number: Number, typed: Typed
) -> Response:
    """Change an office, or show the form again with what is wrong or what somebody else has entered."""
    try:
        made = parsed((*_NEW_FIELDS, _TESTED), typed.texts, OfficeIn)
        changes = made.model_dump(exclude={"role"}) | {"is_active": typed.office_open == "on"}
        with database.transaction() as connection:
            actions.change(ActionContext(connection, viewer, now), number, changes, version=typed.version)
    except FORM_PROBLEMS as error:
        with database.transaction() as connection:
            form = again(_FIELDS, typed.texts, typed.version, error, HtmlPage(request, viewer))
            return _show(request, viewer, connection, number, form)
    return RedirectResponse(f"/offices/{number}/record?said=record_saved", 303)


@router.post("/offices/{number}/record/undo")
def take_back_office(
    viewer: Admin,
    connection: ConnectionDep,
    now: NowDep,
    number: Number,
    change: Annotated[int, Form(ge=1, le=2**63 - 1)],
) -> Response:
    """Set the fields of one change as they were before it."""
    actions.take_back(ActionContext(connection, viewer, now), number, change)
    return RedirectResponse(f"/offices/{number}/record?said=record_undone", 303)


def _show_new(request: Request, viewer: Viewer, form: RecordForm) -> Response:
    page = HtmlPage(request, viewer)
    context: dict[str, object] = {
        "title": page.words("record.office_new"),
        "intro": page.words("record.office_intro"),
        "crumb": "/offices",
        "crumb_text": page.words("nav.offices"),
        "here": "/offices/new",
        "fields": shown((*_NEW_FIELDS, *_ROLE), form, page.words, _roles(page)),
        "form": form,
        "problems": form.problems,
        "history": None,
    }
    return page.render("record.html", context, status=422 if form.problems else 200)


def _roles(page: HtmlPage) -> dict[str, Options]:
    return {"office_role": [(one.value, page.words(f"office.{one.value}")) for one in OfficeRole]}


def _show(
    request: Request, viewer: Viewer, connection: Connection, number: int, form: RecordForm
) -> Response:
    found = visibility.centre_for(connection, viewer, number)
    page = HtmlPage(request, viewer)
    is_admin = viewer.role is Role.ADMIN
    context: dict[str, object] = {
        "title": page.words("record.office_title"),
        "intro": page.words("record.office_intro"),
        "crumb": f"/offices/{number}",
        "crumb_text": found.details.name,
        "here": f"/offices/{number}/record",
        "fields": shown(_FIELDS, form, page.words) if is_admin else [],
        "form": form,
        "problems": form.problems,
        "contacts": record_lists.contacts(connection, office=number),
        "number": number,
        "history": record_history(page, connection, Concerned(office=number), Watched.OFFICE, found.values)
        if is_admin
        else None,
    }
    status = 409 if form.differences else 422 if form.problems else 200
    return page.render("office_record.html", context, status=status)
