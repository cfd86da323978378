"""A resident's geofences: the list, and a form that works with numbers alone; the map only helps."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from api.access import location_gate, visibility
from api.access.location_gate import RevealReason
from api.access.refusals import RefusedError, ThereAlreadyError
from api.access.viewer import Viewer
from api.actions import geofences as actions
from api.actions.context import ActionContext
from api.dependencies import ConnectionDep, DatabaseDep, NowDep, Watcher
from api.pages.parts.place import draw, open_line
from api.pages.parts.watch_record import watch_record
from api.pages.parts.weekly_hours import ChosenDays, hours_text
from api.pages.rendering import HtmlPage
from api.schemas.common import Number
from api.schemas.geofences import GeofenceIn, to_hours
from core.domain.geofence import Circle, Geofence
from core.store.database import Connection
from core.store.people import geofences, residents
from core.store.people.residents import ResidentOverview

router = APIRouter()

_RADIUS_M = "500"


@dataclass(frozen=True)
class ZoneForm:
    """What is in the form, as typed."""

    name: str = ""
    kind: str = "circle"
    lat: str = ""
    lon: str = ""
    radius_m: str = _RADIUS_M
    corners: str = ""
    start: str = "00:00"
    end: str = "00:00"
    days: frozenset[int] = field(default_factory=lambda: frozenset(range(7)))

    def parse(self) -> GeofenceIn:
        """Return the geofence that was entered; pydantic says which field is wrong."""
        shape: dict[str, Any] = {
            "kind": "circle",
            "lat": self.lat,
            "lon": self.lon,
            "radius_m": self.radius_m,
        }
        if self.kind == "polygon":
            lines = [line.split(",") for line in self.corners.splitlines() if line.strip()]
            shape = {"kind": "polygon", "corners": lines}
        hours = {"days": self.days, "start": self.start, "end": self.end}
        return GeofenceIn.model_validate({"name": self.name, "shape": shape, "hours": hours})


def _typed(
    *,
    name: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = "circle",
    lat: Annotated[str, Form()] = "",
    lon: Annotated[str, Form()] = "",
    radius_m: Annotated[str, Form()] = "",
    corners: Annotated[str, Form()] = "",
    start: Annotated[str, Form()] = "",
    end: Annotated[str, Form()] = "",
    days: ChosenDays,
) -> ZoneForm:
    return ZoneForm(name, kind, lat.strip(), lon.strip(), radius_m.strip(), corners, start, end, days)


Typed = Annotated[ZoneForm, Depends(_typed)]


@dataclass(frozen=True)
class ZoneLine:
    """One geofence of the list."""

    number: int
    name: str
    shape: str
    hours: str
    radius_m: int | None
    start: str
    end: str
    days: frozenset[int]


@router.get("/residents/{number}/zones")
def show_zones(request: Request, viewer: Watcher, connection: ConnectionDep, number: Number) -> Response:
    """Show the geofences of a resident."""
    return _show(request, viewer, connection, number)


@router.post("/residents/{number}/zones")
def add_zone(
    *, request: Request, viewer: Watcher, database: DatabaseDep, now: NowDep, number: Number, form: Typed
) -> Response:
    """Draw a new geofence, or show the form again with what is wrong."""
    page = HtmlPage(request, viewer)
    with database.transaction() as connection:
        try:
            made = form.parse()
            actions.add(
                ActionContext(connection, viewer, now),
                number,
                name=made.name,
                shape=made.to_shape(),
                hours=to_hours(made.hours),
            )
        except ThereAlreadyError:
            return RedirectResponse(f"/residents/{number}/zones?said=there_already", 303)
        except ValidationError as error:
            return _show(request, viewer, connection, number, form, _problems(error, page))
        except RefusedError:
            problems = {"name": page.words("zone.problem_many")}
            return _show(request, viewer, connection, number, form, problems)
    return RedirectResponse(f"/residents/{number}/zones?said=zone_saved", 303)


@router.post("/residents/{number}/zones/{zone}")
def change_zone(
    *,
    request: Request,
    viewer: Watcher,
    database: DatabaseDep,
    now: NowDep,
    number: Number,
    zone: Number,
    form: Typed,
) -> Response:
    """Change name, radius and hours of a geofence; where it lies stays, since the form does not show it."""
    page = HtmlPage(request, viewer)
    with database.transaction() as connection:
        found = visibility.geofence_for(connection, viewer, zone)
        try:
            made = _as_it_lies(form, found).parse()
            actions.change(
                ActionContext(connection, viewer, now),
                zone,
                resident=number,
                name=made.name,
                shape=made.to_shape(),
                hours=to_hours(made.hours),
            )
        except ValidationError as error:
            return _show(request, viewer, connection, number, None, _problems(error, page))
    return RedirectResponse(f"/residents/{number}/zones?said=zone_saved", 303)


@router.post("/residents/{number}/zones/{zone}/restore")
def restore_zone(
    viewer: Watcher, connection: ConnectionDep, now: NowDep, number: Number, zone: Number
) -> Response:
    """Undo a removal, within a day."""
    actions.restore(ActionContext(connection, viewer, now), zone, resident=number)
    return RedirectResponse(f"/residents/{number}/zones?said=zone_restored", 303)


@router.post("/residents/{number}/zones/{zone}/remove")
def remove_zone(
    viewer: Watcher, connection: ConnectionDep, now: NowDep, number: Number, zone: Number
) -> Response:
    """End a geofence."""
    actions.remove(ActionContext(connection, viewer, now), zone, resident=number)
    return RedirectResponse(f"/residents/{number}/zones?said=zone_removed", 303)


def _show(
    request: Request,
    viewer: Viewer,
    connection: Connection,
    number: int,
    form: ZoneForm | None = None,
    problems: dict[str, str] | None = None,
) -> Response:
    one: ResidentOverview = visibility.resident_for(connection, viewer, number, HtmlPage(request, viewer).now)
    page = HtmlPage(request, viewer, one.zone)
    access = location_gate.recorded_access(connection, viewer, number, page.now)
    fences = geofences.of_resident(connection, number)
    drawn = draw(page, connection, number, fences if access.is_precise else [])
    if not access.is_precise:
        drawn["home"] = None
    if form is None:
        home = residents.home_of(connection, number) if access.is_precise else None
        form = ZoneForm(
            lat=f"{home.lat:.6f}" if home and home.lat is not None else "",
            lon=f"{home.lon:.6f}" if home and home.lon is not None else "",
        )
    context: dict[str, object] = {
        "one": one,
        "here": f"/residents/{number}/zones",
        "zones": [_line(fence, page) for fence in fences],
        "removed": [
            _line(fence, page)
            for fence in geofences.removed_since(connection, number, page.now - actions.UNDO_WITHIN)
        ]
        if viewer.is_staff
        else [],
        "changes": watch_record(page, connection, number),
        "may_change": viewer.is_staff,
        "is_precise": access.is_precise,
        "open_line": open_line(page, access) if access.is_precise else "",
        "reasons": [reason.value for reason in RevealReason],
        "form": form,
        "problems": problems or {},
        "map_data": drawn,
    }
    return page.render("zones.html", context, status=422 if problems else 200)


def _line(fence: Geofence, page: HtmlPage) -> ZoneLine:
    words = page.words
    if isinstance(fence.shape, Circle):
        shape = words("zone.circle_of", n=round(fence.shape.radius_m))
    else:
        shape = words("zone.polygon_of", n=len(fence.shape.corners))
    return ZoneLine(
        number=fence.number,
        name=fence.name,
        shape=shape,
        hours=hours_text(fence.hours, page),
        radius_m=round(fence.shape.radius_m) if isinstance(fence.shape, Circle) else None,
        start=f"{fence.hours.start:%H:%M}",
        end=f"{fence.hours.end:%H:%M}",
        days=fence.hours.days,
    )


def _as_it_lies(form: ZoneForm, fence: Geofence) -> ZoneForm:
    """Return what was typed, with the place that the geofence has."""
    if isinstance(fence.shape, Circle):
        return replace(form, kind="circle", lat=str(fence.shape.lat), lon=str(fence.shape.lon))
    return replace(
        form, kind="polygon", corners="\n".join(f"{lat},{lon}" for lat, lon in fence.shape.corners)
    )


def _problems(error: ValidationError, page: HtmlPage) -> dict[str, str]:
    """Return the problem of each field, in words; the first part of a shape's path is its kind."""
    found: dict[str, str] = {}
    for item in error.errors():
        place = [str(part) for part in item["loc"] if part not in {"circle", "polygon", "shape"}]
        name = "days" if "days" in place else place[0] if place else "name"
        entry = {"radius_m": "radius"}.get(name, name)
        found[name] = page.words(f"zone.problem_{entry}")
    return found
