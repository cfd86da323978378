"""A resident's quiet limits: the list, and a form that needs no script."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from api.access import visibility
from api.access.refusals import RefusedError, ThereAlreadyError
from api.access.viewer import Viewer
from api.actions.context import ActionContext
from api.actions.people import quiet_limits as actions
from api.dependencies import ConnectionDep, DatabaseDep, NowDep, Watcher
from api.pages.parts.watch_record import watch_record
from api.pages.parts.weekly_hours import ChosenDays, hours_text
from api.pages.rendering import HtmlPage
from api.schemas.common import Number
from api.schemas.geofences import to_hours
from api.schemas.quiet_limits import QuietLimitIn
from api.wording.reason_card import looked_at
from core.domain.agreed.quiet_limit import QuietLimit
from core.domain.geofence import daily_times
from core.store.database import Connection
from core.store.people.agreed import quiet_limits

router = APIRouter()
# The field beside which a refusal stands, and what it says.
_REFUSALS = {
    "limit_length": ("quiet_min", "quiet_min"),
    "limit_longer_than_hours": ("quiet_min", "longer"),
    "limit_overlaps": ("hours", "overlap"),
    "limit_no_such_place": ("target", "target"),
    "limit_no_such_device": ("target", "target"),
    "limits_many": ("target", "many"),
}
_ROOM, _DEVICE = "room:", "device:"


@dataclass(frozen=True)
class QuietLimitForm:
    """What is in the form, as typed; `target` is empty for the whole home, else `room:` or `device:` and which."""

    target: str = ""
    hours_long: str = "4"
    start: str = "06:00"
    end: str = "11:00"
    days: frozenset[int] = field(default_factory=lambda: frozenset(range(7)))

    def parse(self) -> QuietLimitIn:
        """Return the limit that was entered; pydantic says which field is wrong."""
        given: dict[str, Any] = {
            "quiet_min": _minutes(self.hours_long),
            "hours": {"days": self.days, "start": self.start, "end": self.end},
        }
        if self.target.startswith(_ROOM):
            given["place"] = self.target.removeprefix(_ROOM)
        elif self.target:
            given["device"] = self.target.removeprefix(_DEVICE)
        return QuietLimitIn.model_validate(given)


def _typed(
    *,
    target: Annotated[str, Form()] = "",
    hours_long: Annotated[str, Form()] = "",
    start: Annotated[str, Form()] = "",
    end: Annotated[str, Form()] = "",
    days: ChosenDays,
) -> QuietLimitForm:
    return QuietLimitForm(target, hours_long.strip(), start.strip(), end.strip(), days)


Typed = Annotated[QuietLimitForm, Depends(_typed)]


@dataclass(frozen=True)
class QuietLimitLine:
    """One limit of the list; `is_gone` where no device is left that it looks at."""

    number: int
    what: str
    hours: str
    is_gone: bool


@router.get("/residents/{number}/quiet-limits")
def show_quiet_limits(
    request: Request, viewer: Watcher, connection: ConnectionDep, number: Number
) -> Response:
    """Show the quiet limits of a resident."""
    return _show(request, viewer, connection, number, QuietLimitForm(), {})


@router.post("/residents/{number}/quiet-limits")
def add_quiet_limit(
    *, request: Request, viewer: Watcher, database: DatabaseDep, now: NowDep, number: Number, form: Typed
) -> Response:
    """Set a new limit, or show the form again with what is wrong."""
    page = HtmlPage(request, viewer)
    with database.transaction() as connection:
        try:
            made = form.parse()
            saved = actions.add(
                ActionContext(connection, viewer, now),
                number,
                place=made.place,
                device=made.device,
                quiet_min=made.quiet_min,
                hours=to_hours(made.hours),
            )
        except ThereAlreadyError:
            return RedirectResponse(f"/residents/{number}/quiet-limits?said=there_already", 303)
        except ValidationError as error:
            return _show(request, viewer, connection, number, form, _problems(error, page))
        except RefusedError as error:
            place, text = _REFUSALS[error.code]
            problems = {place: page.words(f"quiet_limit.problem_{text}")}
            return _show(request, viewer, connection, number, form, problems)
        one = visibility.resident_for(connection, viewer, number, now, is_recorded=False)
    said = "limit_saved" if _counts_now(saved, one.zone, now) else "limit_saved_later"
    return RedirectResponse(f"/residents/{number}/quiet-limits?said={said}", 303)


def _counts_now(limit: QuietLimit, zone: ZoneInfo, now: datetime) -> bool:
    """Return whether a new limit can still be reached before the hours end that hold now; each day's count for themselves."""
    needed = timedelta(minutes=limit.quiet_min)
    return any(
        began <= now and now + needed <= ended for began, ended in daily_times(limit.hours, zone, now, now)
    )


@router.post("/residents/{number}/quiet-limits/{limit}/remove")
def remove_quiet_limit(
    viewer: Watcher, connection: ConnectionDep, now: NowDep, number: Number, limit: Number
) -> Response:
    """End a limit."""
    actions.remove(ActionContext(connection, viewer, now), limit, resident=number)
    return RedirectResponse(f"/residents/{number}/quiet-limits?said=limit_removed", 303)


def _show(
    request: Request,
    viewer: Viewer,
    connection: Connection,
    number: int,
    form: QuietLimitForm,
    problems: dict[str, str],
) -> Response:
    one = visibility.resident_for(connection, viewer, number, HtmlPage(request, viewer).now)
    page = HtmlPage(request, viewer, one.zone)
    there = actions.watched_devices(ActionContext(connection, viewer, page.now), number)
    words = page.words
    context: dict[str, object] = {
        "one": one,
        "here": f"/residents/{number}/quiet-limits",
        "limits": [_line(limit, page) for limit in quiet_limits.of_residents(connection, [number])],
        "changes": watch_record(page, connection, number),
        "may_change": viewer.is_staff,
        "rooms": {
            f"{_ROOM}{place}": looked_at("", place, words) for place in sorted({d.place for d in there})
        },
        "devices": {f"{_DEVICE}{d.number}": looked_at(d.kind.value, d.place, words) for d in there},
        "form": form,
        "problems": problems,
    }
    return page.render("quiet_limits.html", context, status=422 if problems else 200)


def _line(limit: QuietLimit, page: HtmlPage) -> QuietLimitLine:
    where = looked_at(limit.kind, limit.place, page.words)
    span = page.times.length(timedelta(minutes=limit.quiet_min))
    return QuietLimitLine(
        limit.number,
        page.words("quiet_limit.line", what=where, span=span),
        hours_text(limit.hours, page),
        limit.watched_since is None,
    )


def _minutes(typed: str) -> str | int:
    """Return how many minutes a number of hours is; what is no number as it is, which is refused."""
    try:
        return round(float(typed.replace(",", ".")) * 60)
    except (ValueError, OverflowError):
        return typed


def _problems(error: ValidationError, page: HtmlPage) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in error.errors():
        place = [str(part) for part in item["loc"]]
        name = "days" if "days" in place else place[0] if place else "target"
        name = name if name in {"days", "hours", "quiet_min"} else "target"
        found[name] = page.words(f"quiet_limit.problem_{name}")
    return found
