"""Charts: well-formed, small, distinguished without colour, and safe with any name."""

from collections.abc import Sequence
from datetime import date, timedelta
from xml.etree import ElementTree

from api.charts.actogram import Texts, TypicalDay, actogram
from api.charts.cells import Cell, CellState, ChartDay, moved_cell, runs
from api.charts.day_strip import rhythm
from api.charts.marks import legend

_SVG = "{http://www.w3.org/2000/svg}"
_TEXTS = Texts("28 days", "one row a day")
_NAMES = {name: name for name in ("still", "moved", "away", "blind", "paused", "alert")}


def _day(place: int, cells: Sequence[Cell], **more: object) -> ChartDay:
    day = date(2026, 11, 1) + timedelta(days=place)
    return ChartDay(day, f"{day.month}/{day.day}", tuple(cells), **more)  # pyright: ignore[reportArgumentType]


def _usual_day(place: int) -> ChartDay:
    cells = (
        [Cell(CellState.STILL)] * 13
        + [moved_cell(1 + index % 7, 3) for index in range(30)]
        + [Cell(CellState.STILL)] * 5
    )
    return _day(place, cells)


def _parsed(svg: str) -> ElementTree.Element:
    # The page's HTML gives the namespace; a file on its own has to say it.
    return ElementTree.fromstring(str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))  # noqa: S314


def test_each_look_is_drawn_differently_also_without_colour() -> None:
    looks = [
        Cell(CellState.MOVED, 2),
        Cell(CellState.STILL),
        Cell(CellState.AWAY),
        Cell(CellState.BLIND),
        Cell(CellState.PAUSED),
    ]
    tree = _parsed(
        actogram([_day(0, [cell for cell in looks for _ in range(9)] + [Cell(CellState.AHEAD)] * 3)], _TEXTS)
    )
    boxes = [box for box in tree.findall(f"{_SVG}rect") if box.get("class")]
    assert [box.get("class") for box in boxes] == ["moved-2", "still", "away", "blind", "paused"]
    assert len({box.get("fill") for box in boxes[2:]}) == 3
    patterns = tree.findall(f"{_SVG}defs/{_SVG}pattern")
    assert {pattern.get("id") for pattern in patterns} == {"act-away", "act-blind", "act-paused"}


def test_runs_are_merged_so_that_four_weeks_stay_small() -> None:
    svg = actogram(
        [_usual_day(place) for place in range(28)], _TEXTS, typical=TypicalDay(390, 1290), now_minute=600
    )
    assert len(svg) < 80_000
    assert len(runs([Cell(CellState.STILL)] * 48)) == 1


def test_chart_says_its_title_and_description() -> None:
    tree = _parsed(actogram([_usual_day(0)], _TEXTS))
    assert tree.get("role") == "img"
    assert [tree.findtext(f"{_SVG}title"), tree.findtext(f"{_SVG}desc")] == ["28 days", "one row a day"]


def test_names_are_escaped() -> None:
    texts = Texts('<script>alert("x")</script>', "a & b")
    assert "<script>" not in actogram([_usual_day(0)], texts)
    assert "<script>" not in rhythm([Cell(CellState.STILL)] * 48, texts.title)
    assert "<b>" not in legend(_NAMES | {"moved": "<b>"}, "act", ())


def test_double_plot_shows_each_day_and_the_next() -> None:
    days = [_day(0, [Cell(CellState.STILL)] * 48), _day(1, [Cell(CellState.MOVED, 3)] * 48)]
    tree = _parsed(actogram(days, _TEXTS, double=True))
    boxes = [(box.get("class"), box.get("width")) for box in tree.findall(f"{_SVG}rect")]
    assert boxes == [("still", "336"), ("moved-3", "336"), ("moved-3", "336")]


def test_alerts_stand_at_their_time_of_the_day() -> None:
    tree = _parsed(actogram([_day(0, [Cell(CellState.STILL)] * 48, alerts=(720,))], _TEXTS))
    marks = [path for path in tree.findall(f"{_SVG}path") if path.get("class") == "alert"]
    assert len(marks) == 1
    assert (marks[0].get("d") or "").startswith(f"M{88 + 336}")


def test_no_days_make_an_empty_chart() -> None:
    assert _parsed(actogram([], _TEXTS)).tag == f"{_SVG}svg"


def test_rhythm_is_one_picture_with_one_sentence() -> None:
    cells = (
        [Cell(CellState.STILL)] * 24
        + [Cell(CellState.MOVED, 3)] * 12
        + [Cell(CellState.BLIND)] * 6
        + [Cell(CellState.AHEAD)] * 6
    )
    tree = _parsed(rhythm(cells, "6:00 to 18:00", typical=TypicalDay(360, 1080)))
    assert tree.findtext(f"{_SVG}title") == "6:00 to 18:00"
    assert len([box for box in tree.findall(f"{_SVG}rect") if box.get("class") == "moved-3"]) == 12


def test_legend_explains_rare_looks_only_where_they_occur() -> None:
    assert "paused" not in legend(_NAMES, "act", (CellState.MOVED,))
    assert "paused" in legend(_NAMES, "act", (CellState.PAUSED,))
