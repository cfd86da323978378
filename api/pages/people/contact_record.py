"""A contact's record: the form to register one, the form to change it, its channels in order, and the history."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.access import visibility
from api.access.refusals import RefusedError, ThereAlreadyError
from api.access.viewer import Viewer
from api.actions.context import ActionContext
from api.actions.people import contacts as actions
from api.actions.people.contacts import NewChannel
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
from api.schemas.people.records import ChannelIn, ContactIn
from core.credentials.sealed_values import sealer_of
from core.domain.delivery.contact_channel import STAFF_ONLY
from core.domain.delivery.monthly_test import score
from core.domain.people import Channel, DigestRhythm, Language
from core.domain.records.details import ContactDetails
from core.settings import Settings
from core.store.alerts import notices
from core.store.database import Connection
from core.store.people import contact_channels
from core.store.people.records import record_lists, stored_records
from core.store.people.records.stored_records import CONTACT
from core.store.people.watch_changes import Concerned, Watched

router = APIRouter()
_NAMED = (
    FormField("name", is_required=True, is_japanese=True),
    FormField("relation", has_hint=True, is_japanese=True),
)
_OF_FAMILY = (FormField("calls_resident", has_hint=True, is_japanese=True),)
_ORDER = (
    FormField("step", SELECT, is_required=True, has_hint=True),
    FormField("language", SELECT, is_required=True),
)
_ACCOUNT = (FormField("user", SELECT),)
_QUIET = (FormField("quiet_from", "time", has_hint=True), FormField("quiet_until", "time"))
_DIGEST = (FormField("digest", SELECT, has_hint=True),)
_TESTED = (FormField("is_tested_monthly", CHECK),)
_ACTIVE = (FormField("is_active", CHECK),)
_DUTY = (FormField("is_duty_only", CHECK),)
_SELF = (FormField("is_resident", CHECK),)
_CHANNEL = (
    FormField("kind", SELECT, is_required=True),
    FormField("address", is_required=True, has_hint=True),
)
_MOST_STEPS = 9


class ContactTyped(TypedRecord):
    """The form as typed."""

    name: str = ""
    relation: str = ""
    calls_resident: str = ""
    step: str = ""
    language: str = ""
    user: str = ""
    quiet_from: str = ""
    quiet_until: str = ""
    digest: str = ""
    is_tested_monthly: str = ""
    is_active: str = ""
    is_duty_only: str = ""
    is_resident: str = ""
    kind: str = ""
    address: str = ""


Typed = Annotated[ContactTyped, Form()]


@router.get("/residents/{number}/contacts/new")
def new_contact(request: Request, viewer: Staff, connection: ConnectionDep, number: Number) -> Response:
    """Show the form to register a contact of a resident."""
    form = RecordForm(
        {"step": "1", "language": Language.JA.value, "quiet_from": "22:00", "quiet_until": "07:00"}
    )
    return _show_new(request, viewer, connection, Concerned(resident=number), form)


@router.post("/residents/{number}/contacts/new")
def register_contact(
    *,
    request: Request,
    viewer: Staff,
    database: DatabaseDep,
    now: NowDep,
    settings: SettingsDep,
    number: Number,
    typed: Typed,
) -> Response:
    """Register a contact with a first channel, or show the form again with what is wrong."""
    whose = Concerned(resident=number)
    try:
        made, first = _parsed_new(typed, whose, settings)
        with database.transaction() as connection:
            added = actions.add(ActionContext(connection, viewer, now), whose, made, first)
    except ThereAlreadyError as error:
        return RedirectResponse(f"/contacts/{error.number}?said=there_already", 303)
    except FORM_PROBLEMS as error:
        with database.transaction() as connection:
            form = again(_new_fields(whose), typed.texts, 0, error, HtmlPage(request, viewer))
            return _show_new(request, viewer, connection, whose, form)
    return RedirectResponse(f"/contacts/{added.number}?said=contact_added", 303)


@router.get("/offices/{number}/contacts/new")
def new_centre_contact(
    request: Request, viewer: Staff, connection: ConnectionDep, number: Number
) -> Response:
    """Show the form to register a contact of an office's centre."""
    form = RecordForm({"step": "2", "language": Language.JA.value})
    return _show_new(request, viewer, connection, Concerned(office=number), form)


@router.post("/offices/{number}/contacts/new")
def register_centre_contact(
    *,
    request: Request,
    viewer: Staff,
    database: DatabaseDep,
    now: NowDep,
    settings: SettingsDep,
    number: Number,
    typed: Typed,
) -> Response:
    """Register a contact of an office's centre, or show the form again with what is wrong."""
    whose = Concerned(office=number)
    try:
        made, first = _parsed_new(typed, whose, settings)
        with database.transaction() as connection:
            added = actions.add(ActionContext(connection, viewer, now), whose, made, first)
    except ThereAlreadyError as error:
        return RedirectResponse(f"/contacts/{error.number}?said=there_already", 303)
    except FORM_PROBLEMS as error:
        with database.transaction() as connection:
            form = again(_new_fields(whose), typed.texts, 0, error, HtmlPage(request, viewer))
            return _show_new(request, viewer, connection, whose, form)
    return RedirectResponse(f"/contacts/{added.number}?said=contact_added", 303)


@router.get("/contacts/{number}")
def show_contact(request: Request, viewer: Staff, connection: ConnectionDep, number: Number) -> Response:
    """Show what is filled in about a contact, to change it."""
    whose = visibility.contact_for(connection, viewer, number)
    found = stored_records.get(connection, CONTACT, number)
    form = RecordForm(typed_of(_fields(whose), found.values), found.version)
    return _show(request, viewer, connection, number, form)


@router.post("/contacts/{number}")
def change_contact(
    *, request: Request, viewer: Staff, database: DatabaseDep, now: NowDep, number: Number, typed: Typed
) -> Response:
    """Change a contact, or show the form again with what is wrong or what somebody else has entered."""
    with database.transaction() as connection:
        whose = visibility.contact_for(connection, viewer, number)
    try:
        made = parsed(_fields(whose), typed.texts, ContactIn)
        with database.transaction() as connection:
            context = ActionContext(connection, viewer, now)
            actions.change(context, number, vars(made.to_details()), version=typed.version)
    except FORM_PROBLEMS as error:
        with database.transaction() as connection:
            page = HtmlPage(request, viewer)
            options = _options(connection, page, whose)
            form = again(_fields(whose), typed.texts, typed.version, error, page, options)
            return _show(request, viewer, connection, number, form)
    return RedirectResponse(f"/contacts/{number}?said=record_saved", 303)


@router.post("/contacts/{number}/undo")
def take_back_contact(
    viewer: Staff,
    connection: ConnectionDep,
    now: NowDep,
    number: Number,
    change: Annotated[int, Form(ge=1, le=2**63 - 1)],
) -> Response:
    """Set the fields of one change as they were before it."""
    actions.take_back(ActionContext(connection, viewer, now), number, change)
    return RedirectResponse(f"/contacts/{number}?said=record_undone", 303)


@router.post("/contacts/{number}/channels")
def add_channel(
    *,
    request: Request,
    viewer: Staff,
    database: DatabaseDep,
    now: NowDep,
    settings: SettingsDep,
    number: Number,
    typed: Typed,
) -> Response:
    """Add a channel after those that a contact has, or show what is wrong with it."""
    try:
        channel = _channel(typed, settings)
        with database.transaction() as connection:
            actions.add_channel(ActionContext(connection, viewer, now), number, channel)
    except FORM_PROBLEMS as error:
        with database.transaction() as connection:
            whose = visibility.contact_for(connection, viewer, number)
            found = stored_records.get(connection, CONTACT, number)
            page = HtmlPage(request, viewer)
            problems = again(_CHANNEL, typed.texts, found.version, error, page).problems
            typed_now = typed_of(_fields(whose), found.values)
            kept = {"kind": typed.kind, "address": typed.address}
            return _show(
                request, viewer, connection, number, RecordForm(typed_now | kept, found.version, problems)
            )
    return RedirectResponse(f"/contacts/{number}?said=channel_saved#channels", 303)


@router.post("/contacts/{number}/channels/{channel}/first")
def put_channel_first(
    viewer: Staff, connection: ConnectionDep, now: NowDep, number: Number, channel: Number
) -> Response:
    """Let a channel be tried before the others."""
    actions.put_channel_first(ActionContext(connection, viewer, now), number, channel)
    return RedirectResponse(f"/contacts/{number}?said=channel_saved#channels", 303)


@router.post("/contacts/{number}/channels/{channel}/confirm")
def confirm_channel(
    viewer: Staff, connection: ConnectionDep, now: NowDep, number: Number, channel: Number
) -> Response:
    """Note that the viewer made sure that it reaches the right person."""
    actions.confirm_channel(ActionContext(connection, viewer, now), number, channel)
    return RedirectResponse(f"/contacts/{number}?said=channel_saved#channels", 303)


@router.post("/contacts/{number}/channels/{channel}/test")
def test_channel(
    viewer: Staff, connection: ConnectionDep, now: NowDep, number: Number, channel: Number
) -> Response:
    """Send a test on one channel."""
    try:
        actions.test_channel(ActionContext(connection, viewer, now), number, channel)
    except RefusedError as error:
        return RedirectResponse(f"/contacts/{number}?said={error.code}#channels", 303)
    return RedirectResponse(f"/contacts/{number}?said=channel_tested#channels", 303)


@router.post("/contacts/{number}/preferences-link")
def send_preferences_link(viewer: Staff, connection: ConnectionDep, now: NowDep, number: Number) -> Response:
    """Send a contact the link to their own page."""
    try:
        actions.send_preferences(ActionContext(connection, viewer, now), number)
    except RefusedError as error:
        return RedirectResponse(f"/contacts/{number}?said={error.code}#channels", 303)
    return RedirectResponse(f"/contacts/{number}?said=preferences_sent#channels", 303)


@router.post("/contacts/{number}/preferences-link/end")
def end_preferences_links(viewer: Staff, connection: ConnectionDep, now: NowDep, number: Number) -> Response:
    """End the links to a contact's own page."""
    actions.end_preferences(ActionContext(connection, viewer, now), number)
    return RedirectResponse(f"/contacts/{number}?said=preferences_ended#channels", 303)


@router.post("/contacts/{number}/channels/{channel}/remove")
def remove_channel(
    viewer: Staff, connection: ConnectionDep, now: NowDep, number: Number, channel: Number
) -> Response:
    """Forget a channel."""
    actions.remove_channel(ActionContext(connection, viewer, now), number, channel)
    return RedirectResponse(f"/contacts/{number}?said=channel_removed#channels", 303)


def _fields(whose: Concerned) -> tuple[FormField, ...]:
    if whose.resident is None:
        return (*_NAMED, *_ORDER, *_ACCOUNT, *_DUTY, *_TESTED, *_ACTIVE)
    return (*_NAMED, *_OF_FAMILY, *_ORDER, *_ACCOUNT, *_QUIET, *_DIGEST, *_TESTED, *_ACTIVE)


def _new_fields(whose: Concerned) -> tuple[FormField, ...]:
    asked = () if whose.resident is None else _SELF
    fields = (*_fields(whose)[:2], *asked, *_CHANNEL, *_fields(whose)[2:])
    # Whoever is new is notified, and tested; summaries they choose themselves.
    later = (*_DIGEST, *_TESTED, *_ACTIVE)
    return tuple(one for one in fields if one not in later)


def _parsed_new(
    typed: ContactTyped, whose: Concerned, settings: Settings
) -> tuple[ContactDetails, NewChannel]:
    fields = tuple(one for one in _new_fields(whose) if one not in _CHANNEL)
    made = parsed(fields, typed.texts, ContactIn)
    return made.to_details(), _channel(typed, settings)


def _channel(typed: ContactTyped, settings: Settings) -> NewChannel:
    made = parsed(_CHANNEL, typed.texts, ChannelIn)
    return NewChannel(made.kind, made.address, sealer=sealer_of(settings.secret_keys))


def _options(connection: Connection, page: HtmlPage, whose: Concerned) -> dict[str, Options]:
    words = page.words
    accounts = record_lists.accounts_for_contact(connection, resident=whose.resident, office=whose.office)
    kinds = [
        kind
        for kind in Channel
        if kind is not Channel.LINE and (whose.resident is None or kind not in STAFF_ONLY)
    ]
    return {
        "step": [(str(n), words("resident.step", n=n)) for n in range(1, _MOST_STEPS + 1)],
        "language": [(one.value, words(f"language.{one.value}")) for one in Language],
        "digest": [(one.value, words(f"digest_rhythm.{one.value}")) for one in DigestRhythm],
        "user": [("", words("record.no_account")), *((str(n), name) for n, name in accounts.items())],
        "kind": [(kind.value, words(f"channel.{kind.value}")) for kind in kinds],
    }


def _show_new(
    request: Request, viewer: Viewer, connection: Connection, whose: Concerned, form: RecordForm
) -> Response:
    page = HtmlPage(request, viewer)
    crumb, name = _owner(connection, viewer, whose, page)
    context: dict[str, object] = {
        "title": page.words("record.contact_new"),
        "intro": page.words("record.contact_intro"),
        "crumb": crumb,
        "crumb_text": name,
        "here": f"{crumb.removesuffix('/record')}/contacts/new",
        "fields": shown(_new_fields(whose), form, page.words, _options(connection, page, whose)),
        "form": form,
        "problems": form.problems,
        "history": None,
    }
    return page.render("record.html", context, status=422 if form.problems else 200)


def _owner(connection: Connection, viewer: Viewer, whose: Concerned, page: HtmlPage) -> tuple[str, str]:
    """Return the page of the resident or office whose contact it is, and the name."""
    if whose.resident is None:
        office = visibility.centre_for(connection, viewer, whose.office)
        return f"/offices/{office.number}/record", office.details.name
    one = visibility.resident_for(connection, viewer, whose.resident, page.now)
    return f"/residents/{one.number}", one.name


def _show(
    request: Request, viewer: Viewer, connection: Connection, number: int, form: RecordForm
) -> Response:
    page = HtmlPage(request, viewer)
    whose = visibility.contact_for(connection, viewer, number)
    crumb, name = _owner(connection, viewer, whose, page)
    options = _options(connection, page, whose)
    channels = contact_channels.of_contact(connection, number)
    details = stored_records.get(connection, CONTACT, number).details
    context: dict[str, object] = {
        "title": page.words("record.contact_title"),
        "intro": page.words("record.contact_intro"),
        "crumb": crumb,
        "crumb_text": name,
        "here": f"/contacts/{number}",
        "fields": shown(_fields(whose), form, page.words, options),
        "form": form,
        "problems": form.problems,
        "channels": channels,
        "is_family": whose.resident is not None and not details.is_resident,
        "score": score([one.proven_at for one in channels if one.tested_at or one.proven_at], page.now),
        "is_resident": details.is_resident,
        "tests": notices.channel_tests(connection, number),
        "channel_fields": shown(_CHANNEL, form, page.words, options),
        "history": record_history(
            page,
            connection,
            Concerned(contact=number),
            Watched.CONTACT,
            stored_records.get(connection, CONTACT, number).values,
        ),
    }
    status = 409 if form.differences else 422 if form.problems else 200
    return page.render("contact_record.html", context, status=status)
