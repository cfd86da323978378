"""Where to look for a resident who may be lost: two distances around the last position, in words and on the map."""

from collections.abc import Iterable

from api.pages.rendering import HtmlPage
from core.domain.alert import Alert, Condition, Handling
from core.domain.rules import is_searched_from_last_fix
from core.domain.search_area import search_area
from core.store.telemetry.readings import StoredFix
from core.texts.local_format import decimal


def is_sought(alerts: Iterable[Alert]) -> bool:
    """Return whether one of the alerts says that somebody may have to be looked for, and is not over."""
    return any(
        is_searched_from_last_fix(alert.rule)
        and alert.condition is Condition.ACTIVE
        and alert.handling is not Handling.CLOSED
        for alert in alerts
    )


def search_lines(page: HtmlPage, fix: StoredFix | None) -> list[str]:
    """Say how far from the last position to look, and from when it is; distances show no place, so they need no open gate."""
    if fix is None:
        return []
    age = page.now - fix.time
    area = search_area(age)
    if area is None:
        return [page.words("place_of.search_there", span=page.times.span(age))]
    near, far = (decimal(page.language, one / 1000, 1) for one in (area.half_m, area.most_m))
    words = page.words
    return [
        words("place_of.search", near=near, far=far),
        words("place_of.search_from", span=page.times.span(age)),
    ]


def search_circles(page: HtmlPage, fix: StoredFix | None) -> dict[str, object] | None:
    """Return the two circles for the map, none while the position says where somebody is; only behind the open gate."""
    area = None if fix is None else search_area(page.now - fix.time)
    if fix is None or area is None:
        return None
    words = page.words
    return {
        "lat": fix.lat,
        "lon": fix.lon,
        "circles": [
            {
                "radius_m": round(area.half_m),
                "text": words("place_of.search_half", km=decimal(page.language, area.half_m / 1000, 1)),
            },
            {
                "radius_m": round(area.most_m),
                "text": words("place_of.search_most", km=decimal(page.language, area.most_m / 1000, 1)),
            },
        ],
    }
