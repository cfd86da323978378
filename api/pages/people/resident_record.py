"""A resident's record: the form to register one, the form to change it, the end of the watch, and the history."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import TypeAdapter, ValidationError

from api.access import visibility
from api.access.refusals import RefusedError, ThereAlreadyError
from api.access.viewer import Viewer
from api.actions.context import ActionContext
from api.actions.people import residents as actions
from api.actions.people.residents import HomeWanted
from api.dependencies import ConnectionDep, DatabaseDep, NowDep, SettingsDep, Staff
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
from api.schemas.people.records import ResidentIn, ResidentNew
from core.domain.people import Role
from core.domain.records.details import EndReason
from core.store.database import Connection
from core.store.people.records import record_lists, stored_records
from core.store.people.records.stored_records import RESIDENT, StaleRecordError
from core.store.people.watch_changes import Concerned, Watched

router = APIRouter()
_FIELDS = (
    FormField("name", is_required=True, is_japanese=True),
    FormField("kana", has_hint=True, is_japanese=True),
    FormField("born_on", "date"),
    FormField("phone", "tel"),
    FormField("office", SELECT, is_required=True),
    FormField("alert_on_night_exit", CHECK),
)
_OF_A_NEW_HOME = (
    FormField("home", is_required=True, has_hint=True, is_japanese=True),
    FormField("area", has_hint=True, is_japanese=True),
)
_NEW_FIELDS = (*_FIELDS[:4], *_OF_A_NEW_HOME, *_FIELDS[4:])
_NUMBER = TypeAdapter(int)


class ResidentTyped(TypedRecord):
    """The form as typed."""

    name: str = ""
    kana: str = ""
    born_on: str = ""
    phone: str = ""
    office: str = ""
    alert_on_night_exit: str = ""
    home: str = ""
    area: str = ""


Typed = Annotated[ResidentTyped, Form()]


@router.get("/residents/new")
def new_resident(request: Request, viewer: Staff, connection: ConnectionDep) -> Response:
    """Show the form to register a resident."""
    office = viewer.user.office
    return _show_new(request, viewer, connection, RecordForm({"office": str(office) if office else ""}))


@router.post("/residents/new")
def register_resident(
    *,
    request: Request,
    viewer: Staff,
    database: DatabaseDep,
    now: NowDep,
    settings: SettingsDep,
    typed: Typed,
) -> Response:
    """Register a resident, or show the form again with what is wrong."""
    try:
        made = parsed(_NEW_FIELDS, typed.texts, ResidentNew)
        with database.transaction() as connection:
            added = actions.add(
                ActionContext(connection, viewer, now),
                made.to_details(),
                HomeWanted(made.home, made.area, settings.time_zone),
            )
    except ThereAlreadyError as error:
        return RedirectResponse(f"/residents/{error.number}/record?said=there_already", 303)
    except FORM_PROBLEMS as error:
        with database.transaction() as connection:
            form = again(_NEW_FIELDS, typed.texts, 0, error, HtmlPage(request, viewer))
            return _show_new(request, viewer, connection, form)
    return RedirectResponse(f"/residents/{added.number}/record?said=resident_added", 303)


@router.get("/residents/{number}/record")
def show_record(request: Request, viewer: Staff, connection: ConnectionDep, number: Number) -> Response:
    """Show what is filled in about a resident, to change it."""
    visibility.resident_for(connection, viewer, number, HtmlPage(request, viewer).now)
    found = stored_records.get(connection, RESIDENT, number)
    form = RecordForm(typed_of(_FIELDS, found.values), found.version)
    return _show(request, viewer, connection, number, form)


@router.post("/residents/{number}/record")
def change_record(
    *, request: Request, viewer: Staff, database: DatabaseDep, now: NowDep, number: Number, typed: Typed
) -> Response:
    """Change a resident, or show the form again with what is wrong or what somebody else has entered."""
    try:
        made = parsed(_FIELDS, typed.texts, ResidentIn)
        with database.transaction() as connection:
            context = ActionContext(connection, viewer, now)
            actions.change(context, number, vars(made.to_details()), version=typed.version)
    except FORM_PROBLEMS as error:
        with database.transaction() as connection:
            page = HtmlPage(request, viewer)
            visibility.resident_for(connection, viewer, number, page.now)
            options = _options(connection, viewer)
            form = again(_FIELDS, typed.texts, typed.version, error, page, options)
            return _show(request, viewer, connection, number, form)
    return RedirectResponse(f"/residents/{number}/record?said=record_saved", 303)


@router.post("/residents/{number}/record/undo")
def take_back_change(
    viewer: Staff,
    connection: ConnectionDep,
    now: NowDep,
    number: Number,
    change: Annotated[int, Form(ge=1, le=2**63 - 1)],
) -> Response:
    """Set the fields of one change as they were before it."""
    actions.take_back(ActionContext(connection, viewer, now), number, change)
    return RedirectResponse(f"/residents/{number}/record?said=record_undone", 303)


@router.post("/residents/{number}/end")
def end_watch(
    *,
    request: Request,
    viewer: Staff,
    database: DatabaseDep,
    now: NowDep,
    number: Number,
    reason: Annotated[str, Form()] = "",
    version: Annotated[int, Form()] = 0,
) -> Response:
    """End the watch over a resident, or say why it cannot be."""
    page = HtmlPage(request, viewer)
    words = page.words
    try:
        why = TypeAdapter(EndReason).validate_python(reason)
        with database.transaction() as connection:
            note = words("end_reason.note", reason=words(f"end_reason.{why.value}"))
            context = ActionContext(connection, viewer, now)
            actions.end(context, number, reason=why, note=note, version=version)
    except (ValidationError, StaleRecordError, RefusedError) as error:
        if isinstance(error, RefusedError):
            key = f"refused.{error.code}"
        else:
            is_stale = isinstance(error, StaleRecordError)
            key = "record_problem.stale_end" if is_stale else "record_problem.end_reason"
        with database.transaction() as connection:
            return _show_refused(request, viewer, connection, number, {"reason": words(key)})
    return RedirectResponse(f"/residents/{number}/record?said=watch_ended", 303)


@router.post("/residents/{number}/resume")
def resume_watch(
    *, request: Request, viewer: Staff, database: DatabaseDep, now: NowDep, number: Number
) -> Response:
    """Watch a resident again, or say why it cannot be."""
    try:
        with database.transaction() as connection:
            actions.resume(ActionContext(connection, viewer, now), number)
    except RefusedError as error:
        with database.transaction() as connection:
            problems = {error.field: HtmlPage(request, viewer).words(f"refused.{error.code}")}
            return _show_refused(request, viewer, connection, number, problems)
    return RedirectResponse(f"/residents/{number}/record?said=watch_resumed", 303)


def _options(connection: Connection, viewer: Viewer) -> dict[str, Options]:
    offices = [
        (str(one.number), one.name)
        for one in record_lists.offices(connection)
        if one.is_active and one.is_care and (viewer.role is Role.ADMIN or one.number == viewer.user.office)
    ]
    return {"office": offices}


def _show_new(request: Request, viewer: Viewer, connection: Connection, form: RecordForm) -> Response:
    page = HtmlPage(request, viewer)
    context: dict[str, object] = {
        "title": page.words("record.resident_new"),
        "intro": page.words("record.resident_new_intro"),
        "crumb": "/residents",
        "crumb_text": page.words("nav.residents"),
        "here": "/residents/new",
        "fields": shown(_NEW_FIELDS, form, page.words, _options(connection, viewer)),
        "form": form,
        "problems": form.problems,
        "history": None,
    }
    return page.render("record.html", context, status=422 if form.problems else 200)


def _show_refused(
    request: Request, viewer: Viewer, connection: Connection, number: int, problems: dict[str, str]
) -> Response:
    visibility.resident_for(connection, viewer, number, HtmlPage(request, viewer).now)
    found = stored_records.get(connection, RESIDENT, number)
    form = RecordForm(typed_of(_FIELDS, found.values), found.version, problems)
    return _show(request, viewer, connection, number, form)


def _show(
    request: Request, viewer: Viewer, connection: Connection, number: int, form: RecordForm
) -> Response:
    one = visibility.resident_for(
        connection, viewer, number, HtmlPage(request, viewer).now, is_recorded=False
    )
    page = HtmlPage(request, viewer, one.zone)
    present = stored_records.get(connection, RESIDENT, number).values
    history = record_history(page, connection, Concerned(resident=number), Watched.RESIDENT, present)
    context: dict[str, object] = {
        "one": one,
        "title": page.words("record.resident_title"),
        "intro": page.words("record.resident_intro"),
        "crumb": f"/residents/{number}",
        "crumb_text": one.name,
        "here": f"/residents/{number}/record",
        "fields": shown(_FIELDS, form, page.words, _options(connection, viewer)),
        "form": form,
        "problems": form.problems,
        "history": history,
        "contacts": record_lists.contacts(connection, resident=number),
        "family": record_lists.family_accounts(connection, number),
        "may_change_home": record_lists.may_change_home(connection, viewer.scope, one.home),
        "reasons": list(EndReason),
    }
    status = 409 if form.differences else 422 if form.problems else 200
    return page.render("resident_record.html", context, status=status)
