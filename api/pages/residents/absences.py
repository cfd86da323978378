"""A resident's planned absences: the list, and a form that needs no script."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from api.access import visibility
from api.access.refusals import RefusedError, ThereAlreadyError
from api.access.viewer import Viewer
from api.actions import absences as actions
from api.actions.context import ActionContext
from api.dependencies import ConnectionDep, DatabaseDep, NowDep, Watcher
from api.pages.parts.absence_text import when_text
from api.pages.parts.weekly_hours import ChosenDays
from api.pages.rendering import HtmlPage
from api.schemas.absences import END_BEFORE_BEGIN, NO_END, TOO_LONG, AbsenceIn
from api.schemas.common import Number
from core.domain.planned_absence import Absence, AbsenceKind
from core.store.database import Connection
from core.store.people import planned_absences
from core.store.people.residents import ResidentOverview

router = APIRouter()
# The field beside which a refusal stands, and what it says.
_REFUSALS = {
    "absence_over": ("ended_at", "absence.problem_over"),
    "absence_far_ahead": ("began_at", "absence.problem_began_at"),
    "absences_many": ("kind", "absence.problem_many"),
}
# What is wrong with a span as a whole.
_SPANS = {TOO_LONG: "too_long", NO_END: "no_end", END_BEFORE_BEGIN: "end_before_begin"}


@dataclass(frozen=True)
class AbsenceForm:
    """What is in the form, as typed; times are those of the home's clock."""

    kind: str = ""
    how: str = "once"
    began: str = ""
    ended: str = ""
    start: str = "09:00"
    end: str = "16:00"
    days: frozenset[int] = frozenset()
    note: str = ""

    def parse(self, page: HtmlPage) -> AbsenceIn:
        """Return the absence that was entered; pydantic says which field is wrong."""
        given: dict[str, Any] = {
            "kind": self.kind,
            "began_at": _moment(self.began, page) or "",
            "ended_at": _moment(self.ended, page) if self.ended else None,
            "note": self.note,
        }
        if self.how == "weekly":
            given["hours"] = {"days": self.days, "start": self.start, "end": self.end}
        return AbsenceIn.model_validate(given)


def _typed(
    *,
    kind: Annotated[str, Form()] = "",
    how: Annotated[str, Form()] = "once",
    began: Annotated[str, Form()] = "",
    ended: Annotated[str, Form()] = "",
    start: Annotated[str, Form()] = "",
    end: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    days: ChosenDays,
) -> AbsenceForm:
    return AbsenceForm(kind, how, began.strip(), ended.strip(), start.strip(), end.strip(), days, note)


Typed = Annotated[AbsenceForm, Depends(_typed)]


@dataclass(frozen=True)
class AbsenceLine:
    """One absence of the list."""

    number: int
    kind: str
    when: str
    note: str
    by: str
    is_now: bool
    waiting: str
    may_confirm: bool
    known: str


@router.get("/residents/{number}/absences")
def show_absences(request: Request, viewer: Watcher, connection: ConnectionDep, number: Number) -> Response:
    """Show what is planned for a resident."""
    return _show(request, viewer, connection, number, AbsenceForm(), {})


@router.post("/residents/{number}/absences")
def add_absence(
    *, request: Request, viewer: Watcher, database: DatabaseDep, now: NowDep, number: Number, form: Typed
) -> Response:
    """Plan an absence, or show the form again with what is wrong."""
    with database.transaction() as connection:
        one = visibility.resident_for(connection, viewer, number, now, is_recorded=False)
        page = HtmlPage(request, viewer, one.zone)
        try:
            made = form.parse(page)
            planned = actions.plan(
                ActionContext(connection, viewer, now),
                number,
                kind=made.kind,
                span=(made.began_at, made.ended_at),
                hours=made.to_hours(),
                note=made.note,
            )
        except ThereAlreadyError:
            return RedirectResponse(f"/residents/{number}/absences?said=there_already", 303)
        except ValidationError as error:
            return _show(request, viewer, connection, number, form, _problems(error, page))
        except RefusedError as error:
            field, text = _REFUSALS[error.code]
            return _show(request, viewer, connection, number, form, {field: page.words(text)})
    said = "absence_waits" if planned.is_waiting else "absence_saved"
    return RedirectResponse(f"/residents/{number}/absences?said={said}", 303)


@router.post("/residents/{number}/absences/{absence}/confirm")
def confirm_absence(
    viewer: Watcher, connection: ConnectionDep, now: NowDep, number: Number, absence: Number
) -> Response:
    """Let an absence hold that somebody else planned."""
    try:
        actions.confirm(ActionContext(connection, viewer, now), absence, resident=number)
    except RefusedError as error:
        return RedirectResponse(f"/residents/{number}/absences?said={error.code}", 303)
    return RedirectResponse(f"/residents/{number}/absences?said=absence_confirmed", 303)


@router.post("/residents/{number}/absences/{absence}/still")
def keep_absence(
    viewer: Watcher, connection: ConnectionDep, now: NowDep, number: Number, absence: Number
) -> Response:
    """Say that a stay in hospital goes on."""
    try:
        actions.still(ActionContext(connection, viewer, now), absence, resident=number)
    except RefusedError as error:
        return RedirectResponse(f"/residents/{number}/absences?said={error.code}", 303)
    return RedirectResponse(f"/residents/{number}/absences?said=absence_still", 303)


@router.post("/residents/{number}/absences/{absence}/end")
def end_absence(
    viewer: Watcher, connection: ConnectionDep, now: NowDep, number: Number, absence: Number
) -> Response:
    """End an absence, or take it back."""
    actions.end(ActionContext(connection, viewer, now), absence, resident=number)
    return RedirectResponse(f"/residents/{number}/absences?said=absence_ended", 303)


def _show(
    request: Request,
    viewer: Viewer,
    connection: Connection,
    number: int,
    form: AbsenceForm,
    problems: dict[str, str],
) -> Response:
    one: ResidentOverview = visibility.resident_for(connection, viewer, number, HtmlPage(request, viewer).now)
    page = HtmlPage(request, viewer, one.zone)
    planned = [
        absence
        for absence in planned_absences.of_resident(
            connection, number, page.now, page.now + actions.SHOWN_AHEAD
        )
        if absence.cancelled_at is None
    ]
    context: dict[str, object] = {
        "one": one,
        "here": f"/residents/{number}/absences",
        "planned": [_line(absence, page, one) for absence in planned],
        "kinds": [kind.value for kind in AbsenceKind],
        "form": form,
        "problems": problems,
    }
    return page.render("absences.html", context, status=422 if problems else 200)


def _line(absence: Absence, page: HtmlPage, one: ResidentOverview) -> AbsenceLine:
    words = page.words
    spans = planned_absences.spans(absence, one.zone, page.now, page.now)
    return AbsenceLine(
        absence.number,
        words(f"absence.{absence.kind.value}"),
        when_text(absence, page),
        absence.note,
        words("absence.by", who=absence.created_by) if absence.created_by else "",
        is_now=any(began <= page.now < ended for began, ended in spans),
        waiting=_waiting(absence, page),
        may_confirm=absence.is_waiting
        and page.now < absence.expires_at
        and (page.viewer is not None and absence.created_by_user != page.viewer.number),
        known=_known(absence, page),
    )


def _known(absence: Absence, page: HtmlPage) -> str:
    """Return when a stay without an end was last known to go on; empty for all others, and before it begins."""
    if not absence.has_no_end or absence.is_waiting or absence.began_at > page.now:
        return ""
    return page.words("absence.known_at", clock=page.times.clock_text(absence.known_at))


def _waiting(absence: Absence, page: HtmlPage) -> str:
    """Return what an absence waits for, or who confirmed it; empty where nobody has to."""
    if not absence.needs_second:
        return ""
    if absence.confirmed_at is not None:
        who, clock = absence.confirmed_by or "", page.times.clock_text(absence.confirmed_at)
        return page.words("absence.confirmed", who=who, clock=clock) if who else ""
    name = "waits" if page.now < absence.expires_at else "expired"
    return page.words(f"absence.{name}", until=page.times.clock_text(absence.expires_at))


def _moment(text: str, page: HtmlPage) -> datetime | None:
    """Return a moment typed into a field for date and time, on the home's clock; None where it is none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=page.times.zone)
    except ValueError:
        return None


def _problems(error: ValidationError, page: HtmlPage) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in error.errors():
        name = "days" if "days" in item["loc"] else str(item["loc"][0]) if item["loc"] else "ended_at"
        found[name] = page.words(f"absence.problem_{_SPANS.get(item['type'], name)}")
    return found
