"""The list of alerts, one alert's page, and the forms on it; each form answers with a redirect to the page."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.access import visibility
from api.access.refusals import RefusedError
from api.access.viewer import Viewer
from api.actions import alerts as actions
from api.actions.context import ActionContext
from api.dependencies import ConnectionDep, DatabaseDep, NowDep, Staff, Watcher
from api.pages.alerts.detail import Draft, alert_context
from api.pages.parts.alert_rows import Whose
from api.pages.rendering import HtmlPage
from api.schemas.common import BigNumber
from api.wording.alert_reason import title
from core.domain.alert import Alert, Handling, Outcome, Progress, Severity
from core.errors import ConflictError
from core.store.alerts import alerts
from core.store.database import Connection, Database
from core.store.people import residents

router = APIRouter()

_PAGE = 50
_PROBLEMS = {
    "minutes_out_of_range": "alert.problem_minutes",
    "emergency_put_off": "alert.problem_emergency",
    "no_such_colleague": "alert.problem_colleague",
    "note_empty": "alert.note_empty",
    "note_too_long": "alert.problem_long",
    "note_unstorable": "alert.problem_long",
    "outcome_needs_note": "alert.problem_note",
}


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    alert: Alert
    title: str
    who: str


@router.get("/alerts")
def list_alerts(
    request: Request,
    viewer: Watcher,
    connection: ConnectionDep,
    handling: str = "",
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Response:
    """Show past and present alerts, newest first."""
    page = HtmlPage(request, viewer)
    offices, only = visibility.alert_limits(connection, viewer)
    chosen = Handling(handling) if handling in set(Handling) else None
    found = alerts.history(
        connection, offices=offices, residents=only, handling=chosen, before=before, limit=_PAGE + 1
    )
    whose = Whose(residents.overviews(connection, viewer.scope), page.words)
    rows = [
        Row(one, title(one.rule, page.words), whose.name(one))
        for one in found[:_PAGE]
        if viewer.is_staff or one.severity is not Severity.EQUIPMENT
    ]
    more = found[_PAGE - 1].number if len(found) > _PAGE else None
    return page.render(
        "alerts.html", {"rows": rows, "more": more, "handling": chosen.value if chosen else ""}
    )


@router.get("/alerts/{number}")
def show_alert(request: Request, viewer: Watcher, connection: ConnectionDep, number: BigNumber) -> Response:
    """Show one alert."""
    return _show(request=request, viewer=viewer, connection=connection, number=number, draft=Draft())


@router.post("/alerts/{number}/claim")
def claim(
    *,
    viewer: Watcher,
    database: DatabaseDep,
    now: NowDep,
    number: BigNumber,
    take_over: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "",  # noqa: A002 - the field's name
) -> Response:
    """Take the alert on. Who holds it already is shown, not an error."""
    try:
        with database.transaction() as connection:
            actions.claim(ActionContext(connection, viewer, now), number, take_over=bool(take_over))
    except ConflictError:
        return _back(number)
    return _back(number, "claimed", next)


@router.post("/alerts/{number}/progress")
def report_progress(
    *,
    request: Request,
    viewer: Watcher,
    database: DatabaseDep,
    now: NowDep,
    number: BigNumber,
    progress: Annotated[str, Form()] = "",
    minutes: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "",  # noqa: A002
) -> Response:
    """Say how it goes, so that the claim holds on; who holds it otherwise is shown, not an error."""
    chosen = Progress(progress) if progress in set(Progress) else Progress.STILL
    try:
        with database.transaction() as connection:
            actions.report_progress(
                ActionContext(connection, viewer, now),
                number,
                chosen,
                minutes=int(minutes) if minutes.isascii() and minutes.isdigit() else None,
                note=note,
            )
    except ConflictError:
        return _back(number)
    except RefusedError as error:
        return _again(request, viewer, database, number, _draft(request, viewer, error, note))
    return _back(number, "prolonged", next)


@router.post("/alerts/{number}/assign")
def assign(
    *,
    request: Request,
    viewer: Staff,
    database: DatabaseDep,
    now: NowDep,
    number: BigNumber,
    user: Annotated[int, Form()] = 0,
) -> Response:
    """Give the alert to a colleague."""
    try:
        with database.transaction() as connection:
            actions.assign(ActionContext(connection, viewer, now), number, user=user)
    except ConflictError:
        return _back(number)
    except RefusedError as error:
        return _again(request, viewer, database, number, _draft(request, viewer, error, ""))
    return _back(number, "assigned")


@router.post("/alerts/{number}/outcome")
def correct_outcome(
    *,
    request: Request,
    viewer: Staff,
    database: DatabaseDep,
    now: NowDep,
    number: BigNumber,
    outcome: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
) -> Response:
    """Correct how a closed alert ended."""
    if outcome not in set(Outcome):
        problem = HtmlPage(request, viewer).words("alert.problem_outcome")
        return _again(request, viewer, database, number, Draft(problem, "", note))
    try:
        with database.transaction() as connection:
            actions.correct_outcome(
                ActionContext(connection, viewer, now), number, outcome=Outcome(outcome), note=note
            )
    except ConflictError:
        return _back(number)
    except RefusedError as error:
        return _again(request, viewer, database, number, _draft(request, viewer, error, note))
    return _back(number, "corrected")


@router.post("/alerts/{number}/reopen")
def reopen(
    *,
    request: Request,
    viewer: Staff,
    database: DatabaseDep,
    now: NowDep,
    number: BigNumber,
    note: Annotated[str, Form()] = "",
) -> Response:
    """Put a closed alert back into the queue."""
    try:
        with database.transaction() as connection:
            actions.reopen(ActionContext(connection, viewer, now), number, note=note)
    except ConflictError:
        problem = HtmlPage(request, viewer).words("alert.problem_newer")
        return _again(request, viewer, database, number, Draft(problem, "", note))
    except RefusedError as error:
        return _again(request, viewer, database, number, _draft(request, viewer, error, note))
    return _back(number, "reopened")


@router.post("/alerts/{number}/release")
def release(viewer: Watcher, database: DatabaseDep, now: NowDep, number: BigNumber) -> Response:
    """Give the alert back to the queue. That it is closed already is shown, not an error."""
    try:
        with database.transaction() as connection:
            actions.release(ActionContext(connection, viewer, now), number)
    except ConflictError:
        return _back(number)
    return _back(number, "released")


@router.post("/alerts/{number}/close")
def close(
    *,
    request: Request,
    viewer: Watcher,
    database: DatabaseDep,
    now: NowDep,
    number: BigNumber,
    outcome: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    version: Annotated[int | None, Form()] = None,
    next: Annotated[str, Form()] = "",  # noqa: A002
) -> Response:
    """End the alert with its outcome; what cannot be taken comes back with what was entered."""
    words = HtmlPage(request, viewer).words
    if outcome not in set(Outcome):
        return _again(request, viewer, database, number, Draft(words("alert.problem_outcome"), "", note))
    try:
        with database.transaction() as connection:
            context = ActionContext(connection, viewer, now)
            actions.close(context, number, outcome=Outcome(outcome), note=note, version=version)
    except ConflictError:
        draft = Draft(words("alert.problem_changed"), outcome, note)
    except RefusedError as error:
        draft = Draft(words(_PROBLEMS[error.code]), outcome, note)
    else:
        return _back(number, "closed", next)
    return _again(request, viewer, database, number, draft)


@router.post("/alerts/{number}/note")
def add_note(
    *,
    request: Request,
    viewer: Watcher,
    database: DatabaseDep,
    now: NowDep,
    number: BigNumber,
    note: Annotated[str, Form()] = "",
) -> Response:
    """Write a note into the alert's history."""
    try:
        with database.transaction() as connection:
            actions.add_note(ActionContext(connection, viewer, now), number, note)
    except RefusedError as error:
        problem = HtmlPage(request, viewer).words(_PROBLEMS[error.code])
        return _again(request, viewer, database, number, Draft(problem))
    return _back(number, "noted")


def _draft(request: Request, viewer: Viewer, error: RefusedError, note: str) -> Draft:
    return Draft(HtmlPage(request, viewer).words(_PROBLEMS[error.code], **error.values), "", note)


def _again(request: Request, viewer: Viewer, database: Database, number: int, draft: Draft) -> Response:
    with database.transaction() as connection:
        return _show(
            request=request, viewer=viewer, connection=connection, number=number, draft=draft, status=422
        )


def _show(
    *, request: Request, viewer: Viewer, connection: Connection, number: int, draft: Draft, status: int = 200
) -> Response:
    page = HtmlPage(request, viewer)
    found = visibility.alert_for(connection, viewer, number)
    if found.resident is not None:
        visibility.resident_for(connection, viewer, found.resident, page.now)
    return page.render("alert.html", alert_context(page, viewer, connection, found, draft), status=status)


def _back(number: BigNumber, said: str = "", next_page: str = "") -> RedirectResponse:
    address = f"/{next_page}" if next_page in {"family", "board"} else f"/alerts/{number}"
    return RedirectResponse(address + (f"?said={said}" if said else ""), 303)
