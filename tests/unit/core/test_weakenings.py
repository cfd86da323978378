"""Which changes of an area ask less of whoever lives there."""

import pytest

from core.store.people import weakenings
from core.store.people.watch_changes import Watched

_ALWAYS = {"days": [0, 1, 2, 3, 4, 5, 6], "start": "00:00", "end": "00:00"}
_NIGHTS = {"days": [6], "start": "22:00", "end": "06:00"}
_CIRCLE = {"kind": "circle", "lat": 35.65, "lon": 139.79, "radius_m": 300}
# Some 450 by 550 metres.
_SQUARE = {
    "kind": "polygon",
    "corners": [[35.648, 139.787], [35.652, 139.787], [35.652, 139.793], [35.648, 139.793]],
}
_LESS = {"kind": "polygon", "corners": [[35.648, 139.787], [35.652, 139.787], [35.652, 139.793]]}


def _moved(metres: float, radius_m: float) -> dict[str, object]:
    return {**_CIRCLE, "lat": 35.65 + metres / 111_195, "radius_m": radius_m}


@pytest.mark.parametrize(
    ("before", "after", "is_weaker"),
    [
        pytest.param(_CIRCLE, _moved(0, 301.5), True, id="a little larger"),
        pytest.param(_CIRCLE, _moved(0, 299), False, id="smaller"),
        pytest.param(_CIRCLE, _moved(100, 300), True, id="moved"),
        pytest.param(_CIRCLE, _moved(100, 195), False, id="moved and inside the old one"),
        pytest.param(_SQUARE, _LESS, False, id="a corner less"),
        pytest.param(_LESS, _SQUARE, True, id="a corner more"),
        pytest.param(_SQUARE, _moved(0, 200), False, id="a circle inside a square"),
        pytest.param(_SQUARE, _CIRCLE, True, id="a circle that leaves the square"),
        pytest.param(_CIRCLE, _SQUARE, True, id="a square whose corners leave the circle"),
    ],
)
def test_an_area_is_weaker_where_it_holds_places_that_the_old_one_did_not(
    before: dict[str, object], after: dict[str, object], is_weaker: bool
) -> None:
    was, is_now = ({"shape": shape, "hours": _ALWAYS} for shape in (before, after))
    assert weakenings.weakens(Watched.GEOFENCE, was, is_now) is is_weaker


@pytest.mark.parametrize(
    ("after", "is_weaker"),
    [
        ({"days": [6], "start": "21:00", "end": "06:00"}, False),
        ({"days": [6, 0], "start": "22:00", "end": "06:00"}, False),
        (_ALWAYS, False),
        ({"days": [6], "start": "22:00", "end": "05:59"}, True),
        ({"days": [0], "start": "22:00", "end": "06:00"}, True),
    ],
)
def test_hours_are_weaker_where_one_is_missing_also_past_the_end_of_the_week(
    after: dict[str, object], is_weaker: bool
) -> None:
    was, is_now = ({"shape": _CIRCLE, "hours": hours} for hours in (_NIGHTS, after))
    assert weakenings.weakens(Watched.GEOFENCE, was, is_now) is is_weaker


def test_records_of_people_are_no_change_of_the_watch() -> None:
    assert not weakenings.weakens(Watched.CONTACT, {"name": "a"}, None)
