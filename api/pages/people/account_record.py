"""The accounts, and one account's record: the form to register and change it, its residents, its invitation, and the history."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import segno
from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup

from api.access import visibility
from api.access.refusals import RefusedError
from api.access.viewer import Viewer
from api.actions.context import ActionContext
from api.actions.people import accounts as actions
from api.actions.people import invitations
from api.actions.people.invitations import InvitationLink
from api.actions.signing_in import second_factor
from api.dependencies import (
    Admin,
    AdminProven,
    ConnectionDep,
    DatabaseDep,
    MachineNowDep,
    NowDep,
    SettingsDep,
    Staff,
    StaffProven,
)
from api.pages.parts.paged_list import paged
from api.pages.people.named_residents import UnsureResidentError, labels, typed_residents
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
from api.schemas.people.accounts import AccountIn
from core.domain.people import Language, Role
from core.settings import Settings
from core.store.database import Connection
from core.store.people import contacts, users
from core.store.people.records import invitations as stored_invitations
from core.store.people.records import record_lists
from core.store.people.watch_changes import Concerned, Watched
from core.texts.search_key import search_key

router = APIRouter()
_OF_FAMILY = (
    FormField("name", is_required=True, is_japanese=True),
    FormField("login", is_required=True, has_hint=True),
    FormField("language", SELECT, is_required=True),
)
_ROLE = (FormField("role", SELECT, is_required=True), FormField("office", SELECT, has_hint=True))
_ACTIVE = (FormField("may_sign_in", CHECK),)
_RESIDENTS = (FormField("residents", is_required=True, has_hint=True),)
# An administrator leaves it empty for staff.
_RESIDENTS_OPTIONAL = (FormField("residents", has_hint=True),)


class AccountTyped(TypedRecord):
    """The form as typed; `residents` are names or numbers with commas between."""

    name: str = ""
    login: str = ""
    language: str = Language.JA.value
    role: str = Role.FAMILY.value
    office: str = ""
    may_sign_in: str = ""
    residents: str = ""


Typed = Annotated[AccountTyped, Form()]


@router.get("/admin/users")
def list_users(
    request: Request,
    viewer: Admin,
    connection: ConnectionDep,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """Show everybody who can sign in."""
    return _list(request, viewer, connection, "", page)


@router.post("/admin/users")
def search_users(
    *,
    request: Request,
    viewer: Admin,
    connection: ConnectionDep,
    q: Annotated[str, Form()] = "",
    page: Annotated[int, Form(ge=1, le=100_000)] = 1,
) -> Response:
    """Show those that match a search; names stay out of addresses."""
    return _list(request, viewer, connection, q, page)


@router.get("/accounts/new")
def new_account(
    request: Request,
    viewer: Staff,
    connection: ConnectionDep,
    resident: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Response:
    """Show the form to register an account, of a resident's family if one is named."""
    typed = {"language": Language.JA.value, "residents": ""}
    if resident is not None:
        named = record_lists.residents_by_name(connection, viewer.scope)
        words = HtmlPage(request, viewer).words
        typed["residents"] = labels(
            ((one.number, one.name) for one in named if one.number == resident), words
        )
    typed["role"] = Role.FAMILY.value if resident is not None else Role.CARE.value
    return _show_new(request, viewer, connection, RecordForm(typed))


@router.post("/accounts/new")
def register_account(
    *, request: Request, viewer: Staff, database: DatabaseDep, now: NowDep, typed: Typed
) -> Response:
    """Register an account, or show the form again with what is wrong."""
    fields = _new_fields(viewer)
    words = HtmlPage(request, viewer).words
    try:
        made = parsed([one for one in fields if one not in _RESIDENTS_OPTIONAL], typed.texts, AccountIn)
        with database.transaction() as connection:
            linked = typed_residents(connection, viewer, typed.residents, words, field="residents")
            added = actions.add(ActionContext(connection, viewer, now), made.to_details(), frozenset(linked))
    except FORM_PROBLEMS as error:
        with database.transaction() as connection:
            form = again(fields, _named(typed.texts, error), 0, error, HtmlPage(request, viewer))
            return _show_new(request, viewer, connection, form)
    return RedirectResponse(f"/accounts/{added.number}?said=account_added", 303)


@router.get("/accounts/{number}")
def show_account(
    request: Request, viewer: Staff, connection: ConnectionDep, machine_now: MachineNowDep, number: Number
) -> Response:
    """Show what is filled in about an account, to change it."""
    found = visibility.account_for(connection, viewer, number)
    form = RecordForm(_typed_now(found.values), found.version)
    return _Shown(request, viewer, machine_now).page(connection, number, form)


@router.post("/accounts/{number}")
def change_account(
    *,
    request: Request,
    viewer: Staff,
    database: DatabaseDep,
    now: NowDep,
    machine_now: MachineNowDep,
    number: Number,
    typed: Typed,
) -> Response:
    """Change an account, or show the form again with what is wrong or what somebody else has entered."""
    fields = _fields(viewer)
    try:
        made = parsed([one for one in fields if one not in _ACTIVE], typed.texts, AccountIn)
        changes = made.model_dump(exclude={"is_active"}) | {"is_active": typed.may_sign_in == "on"}
        with database.transaction() as connection:
            context = ActionContext(connection, viewer, now)
            actions.change(context, number, changes, version=typed.version, machine_now=machine_now)
    except FORM_PROBLEMS as error:
        with database.transaction() as connection:
            page = HtmlPage(request, viewer)
            options = _options(connection, page)
            form = again(fields, typed.texts, typed.version, error, page, options)
            return _Shown(request, viewer, machine_now).page(connection, number, form)
    return RedirectResponse(f"/accounts/{number}?said=record_saved", 303)


@router.post("/accounts/{number}/undo")
def take_back_account(
    *,
    viewer: Staff,
    connection: ConnectionDep,
    now: NowDep,
    machine_now: MachineNowDep,
    number: Number,
    change: Annotated[int, Form(ge=1, le=2**63 - 1)],
) -> Response:
    """Set the fields of one change as they were before it."""
    context = ActionContext(connection, viewer, now)
    actions.take_back(context, number, change, machine_now=machine_now)
    return RedirectResponse(f"/accounts/{number}?said=record_undone", 303)


@router.post("/accounts/{number}/residents")
def set_residents(
    *,
    request: Request,
    viewer: Staff,
    database: DatabaseDep,
    now: NowDep,
    machine_now: MachineNowDep,
    number: Number,
    typed: Typed,
) -> Response:
    """Let a family's account see exactly these residents, or say what is wrong."""
    with database.transaction() as connection:
        found = visibility.account_for(connection, viewer, number)
    try:
        with database.transaction() as connection:
            words = HtmlPage(request, viewer).words
            linked = typed_residents(connection, viewer, typed.residents, words, field="residents")
            actions.link(ActionContext(connection, viewer, now), number, frozenset(linked))
    except RefusedError as error:
        with database.transaction() as connection:
            problems = again((), {}, 0, error, HtmlPage(request, viewer)).problems
            kept = _typed_now(found.values) | {"residents": _named(typed.texts, error)["residents"]}
            form = RecordForm(kept, found.version, problems)
            return _Shown(request, viewer, machine_now).page(connection, number, form)
    return RedirectResponse(f"/accounts/{number}?said=record_saved", 303)


@router.post("/accounts/{number}/invitation")
def invite(
    *,
    request: Request,
    viewer: StaffProven,
    connection: ConnectionDep,
    now: NowDep,
    machine_now: MachineNowDep,
    settings: SettingsDep,
    number: Number,
) -> Response:
    """Make a one-time link and show it with its QR code, which nobody can show again."""
    context = ActionContext(connection, viewer, now)
    made = invitations.invite(context, number, machine_now=machine_now)
    found = visibility.account_for(connection, viewer, number)
    form = RecordForm(_typed_now(found.values), found.version)
    return _Shown(request, viewer, machine_now).page(connection, number, form, made=made, settings=settings)


@router.post("/accounts/{number}/second-factor/removal")
def switch_second_factor_off(
    viewer: AdminProven, connection: ConnectionDep, now: NowDep, number: Number
) -> Response:
    """Let somebody who lost the phone and the recovery codes sign in with the password alone."""
    second_factor.switch_off(ActionContext(connection, viewer, now), number)
    return RedirectResponse(f"/accounts/{number}?said=second_off", 303)


class _Shown:
    """Shows one account's page to somebody, at a moment of the machine's time."""

    def __init__(self, request: Request, viewer: Viewer, machine_now: datetime) -> None:
        self._viewer = viewer
        self._machine_now = machine_now
        self._page = HtmlPage(request, viewer)

    def page(
        self,
        connection: Connection,
        number: int,
        form: RecordForm,
        *,
        made: InvitationLink | None = None,
        settings: Settings | None = None,
    ) -> Response:
        page, words = self._page, self._page.words
        found = visibility.account_for(connection, self._viewer, number)
        is_admin = self._viewer.role is Role.ADMIN
        linked = record_lists.family_of(connection, number)
        typed = dict(form.typed)
        typed.setdefault("residents", labels(((one.number, one.name) for one in linked), words))
        address = "" if made is None or settings is None else made.address(settings.base_url)
        latest = stored_invitations.latest(connection, number)
        context: dict[str, object] = {
            "title": found.details.name,
            "intro": words("record.account_intro"),
            "crumb": "/admin/users" if is_admin else "/residents",
            "crumb_text": words("user.title" if is_admin else "nav.residents"),
            "here": f"/accounts/{number}",
            "fields": shown(_fields(self._viewer), form, words, _options(connection, page)),
            "residents_field": shown(_RESIDENTS, RecordForm(typed), words)[0],
            "form": form,
            "problems": form.problems,
            "account": found.details,
            "linked": linked,
            "latest": latest,
            "has_second": second_factor.standing(connection, number).is_on,
            "is_open": latest is not None and latest.is_open(self._machine_now),
            "address": address,
            "qr": _qr(address) if address else "",
            "notified": [one for one in contacts.listing(connection, user=number) if one.is_active],
            "history": record_history(
                page, connection, Concerned(account=number), Watched.ACCOUNT, found.values
            ),
        }
        status = 409 if form.differences else 422 if form.problems else 200
        return page.render("account_record.html", context, status=status)


def _named(typed: Mapping[str, str], error: Exception) -> dict[str, str]:
    """Return what was typed, with residents by name and number where they have to be looked at."""
    text = error.text if isinstance(error, UnsureResidentError) else typed["residents"]
    return {**typed, "residents": text}


def _qr(address: str) -> Markup:
    """Return the QR code of our own address as SVG."""
    drawn = segno.make(address, error="m", micro=False).svg_inline(
        border=4, omitsize=True, svgclass="qr", lineclass=None
    )
    return Markup(drawn)  # noqa: S704 - drawn by segno, without text


def _new_fields(viewer: Viewer) -> tuple[FormField, ...]:
    return (*_OF_FAMILY, *(_ROLE if viewer.role is Role.ADMIN else ()), *_RESIDENTS_OPTIONAL)


def _fields(viewer: Viewer) -> tuple[FormField, ...]:
    return (*_OF_FAMILY, *(_ROLE if viewer.role is Role.ADMIN else ()), *_ACTIVE)


def _typed_now(values: Mapping[str, Any]) -> dict[str, str]:
    """Return an account's values as the form holds them."""
    typed = typed_of((*_OF_FAMILY, *_ROLE), values)
    return typed | {"may_sign_in": "on" if values.get("is_active") else ""}


def _options(connection: Connection, page: HtmlPage) -> dict[str, Options]:
    words = page.words
    offices = [(str(one.number), one.name) for one in record_lists.offices(connection) if one.is_active]
    return {
        "language": [(one.value, words(f"language.{one.value}")) for one in Language],
        "role": [(one.value, words(f"role.{one.value}")) for one in Role],
        "office": [("", words("record.no_office")), *offices],
    }


def _list(request: Request, viewer: Viewer, connection: Connection, q: str, number: int) -> Response:
    wanted = search_key(q)
    found = [
        one
        for one in users.list_all(connection)
        if not wanted or wanted in search_key(one.name) or wanted in search_key(one.login)
    ]
    context: dict[str, object] = {
        "here": "/admin/users",
        "q": q,
        "list": paged(found, number),
        "offices": {one.number: one.name for one in record_lists.offices(connection)},
    }
    return HtmlPage(request, viewer).render("users.html", context)


def _show_new(request: Request, viewer: Viewer, connection: Connection, form: RecordForm) -> Response:
    page = HtmlPage(request, viewer)
    context: dict[str, object] = {
        "title": page.words("record.account_new"),
        "intro": page.words("record.account_new_intro"),
        "crumb": "/admin/users" if viewer.role is Role.ADMIN else "/residents",
        "crumb_text": page.words("user.title" if viewer.role is Role.ADMIN else "nav.residents"),
        "here": "/accounts/new",
        "fields": shown(_new_fields(viewer), form, page.words, _options(connection, page)),
        "form": form,
        "problems": form.problems,
        "history": None,
    }
    return page.render("record.html", context, status=422 if form.problems else 200)
