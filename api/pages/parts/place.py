"""The place of a resident on a page: a rough idea, or map, trail and list behind the location gate."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from api.access import location_gate
from api.access.location_gate import LocationAccess, RevealReason
from api.access.viewer import Viewer
from api.pages.parts.search_area import search_circles, search_lines
from api.pages.rendering import HtmlPage
from core.domain.device import DeviceKind
from core.domain.geodesy import METRES_PER_DEGREE
from core.domain.geofence import Circle, Geofence
from core.settings import Settings
from core.store.database import Connection
from core.store.devices.devices import DeviceOverview
from core.store.people import geofences, residents
from core.store.people.residents import ResidentOverview
from core.store.telemetry import readings
from core.store.telemetry.readings import StoredFix
from core.texts.local_format import clock_time

# Older than this is not where somebody is now.
STALE = timedelta(minutes=30)
_TRAIL = timedelta(hours=24)
_MOST_FIXES = 200


@dataclass(frozen=True)
class FixLine:
    """One line of the list beside the map; `index` is its place on the trail."""

    index: int
    clock: Markup
    accuracy: int | None


@dataclass(frozen=True)
class LastPlace:
    """What the page shows of the place; `map` is empty while the gate is closed."""

    has_tracker: bool
    map: dict[str, object]
    fixes: tuple[FixLine, ...]
    open_line: str
    stale_line: str
    coarse_line: str
    at: datetime | None
    problem: str
    search: tuple[str, ...] = ()
    reasons: tuple[str, ...] = tuple(reason.value for reason in RevealReason)


def load_place(
    page: HtmlPage,
    viewer: Viewer,
    connection: Connection,
    one: ResidentOverview,
    *,
    there: list[DeviceOverview],
    problem: str,
    sought: bool = False,
) -> LastPlace:
    """Return what the viewer may see of the resident's place; a precise look is recorded. Who is `sought` is looked for around it."""
    access = location_gate.recorded_access(connection, viewer, one.number, page.now)
    has_tracker = any(device.kind is DeviceKind.TRACKER for device in there)
    latest = readings.latest_fix(connection, one.number, page.now)
    if not access.is_precise:
        line = _coarse_line(page, connection, one, latest)
        at = latest.time if latest else None
        return LastPlace(
            has_tracker,
            {},
            (),
            "",
            "",
            line,
            at,
            problem,
            tuple(search_lines(page, latest if sought else None)),
        )
    trail = _trail(connection, one.number, page, latest)
    lines = tuple(
        FixLine(index, page.times.clock(fix.time), round(fix.accuracy_m) if fix.accuracy_m else None)
        for index, fix in enumerate(trail)
    )
    stale = ""
    if trail and page.now - trail[-1].time > STALE:
        stale = page.words("place_of.stale", span=page.times.span(page.now - trail[-1].time))
    drawn = draw(page, connection, one.number, geofences.of_resident(connection, one.number))
    drawn["fixes"] = [_point(fix, page) for fix in trail]
    where = trail[-1] if sought and trail else None
    drawn["search"] = search_circles(page, where)
    return LastPlace(
        True,
        drawn,
        lines,
        open_line(page, access),
        stale,
        "",
        None,
        problem,
        tuple(search_lines(page, where)),
    )


def draw(page: HtmlPage, connection: Connection, resident: int, fences: list[Geofence]) -> dict[str, object]:
    """Return the map's data without a trail: home, geofences, tiles and words; only behind the open gate."""
    settings: Settings = page.request.app.state.settings
    home = residents.home_of(connection, resident)
    return {
        "home": {"lat": home.lat, "lon": home.lon} if home.lat is not None else None,
        "geofences": [_shape(fence) for fence in fences],
        "fixes": [],
        "metres_per_degree": METRES_PER_DEGREE,
        "tiles": settings.map_tiles,
        "credit": settings.map_credit,
        "texts": {"zoom_in": page.words("place_of.zoom_in"), "zoom_out": page.words("place_of.zoom_out")},
    }


def open_line(page: HtmlPage, access: LocationAccess) -> str:
    """Say why the place is open, and until when."""
    if access.until is None:
        return page.words("place_of.open_alert")
    until = page.times.local(access.until)
    return page.words("place_of.open_until", clock=clock_time(page.language, until))


def _trail(
    connection: Connection, resident: int, page: HtmlPage, latest: StoredFix | None
) -> list[StoredFix]:
    if latest is None:
        return []
    since = latest.time - _TRAIL
    found = readings.fixes(
        connection, resident, since=since, until=page.now + timedelta(seconds=1), limit=1000
    )
    found = [fix for fix in found if fix.time <= page.now]
    # Many fixes at one place say little: thin them out evenly, the newest always stays.
    step = -(-len(found) // _MOST_FIXES) or 1
    return found[::-1][::step][::-1]


def _coarse_line(
    page: HtmlPage, connection: Connection, one: ResidentOverview, latest: StoredFix | None
) -> str:
    if latest is None:
        return page.words("place_of.no_fix")
    part = timedelta(minutes=30)
    away = readings.away(connection, one.number, latest.time, latest.time + timedelta(seconds=1), part)
    return page.words("place_of.out" if away else "place_of.home")


def _point(fix: StoredFix, page: HtmlPage) -> dict[str, object]:
    age = page.now - fix.time
    text = clock_time(page.language, page.times.local(fix.time))
    if age > STALE:
        text += f" ({page.words('time.ago', span=page.times.span(age))})"
    return {
        "lat": fix.lat,
        "lon": fix.lon,
        "accuracy_m": fix.accuracy_m,
        "is_stale": age > STALE,
        "text": text,
    }


def _shape(fence: Geofence) -> dict[str, object]:
    if isinstance(fence.shape, Circle):
        return {
            "kind": "circle",
            "name": fence.name,
            "lat": fence.shape.lat,
            "lon": fence.shape.lon,
            "radius_m": fence.shape.radius_m,
        }
    return {
        "kind": "polygon",
        "name": fence.name,
        "corners": [list(corner) for corner in fence.shape.corners],
    }
