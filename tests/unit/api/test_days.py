"""From what was received to the cells of a chart: five looks, each for its own reason."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from api.charts.cells import Cell, CellState, ChartDay, figures
from api.locale import words_of
from api.pages.parts.activity_days import ChartFacts, arrange
from api.wording.times import LocalTimes
from core.domain.alert import Subject
from core.domain.people import Language
from core.store.telemetry.blind_times import BlindTime
from core.store.telemetry.readings import ActivityBin

_TOKYO = ZoneInfo("Asia/Tokyo")
_DAY = date(2026, 11, 23)
_HOUR = timedelta(hours=1)


def _at(hour: float, zone: ZoneInfo = _TOKYO, day: date = _DAY) -> datetime:
    return (datetime.combine(day, datetime.min.time(), zone) + hour * _HOUR).astimezone(UTC)


def _moments(now: datetime, zone: ZoneInfo = _TOKYO) -> LocalTimes:
    return LocalTimes(now, zone, words_of(Language.JA))


def _span(
    *hours: float, moved: frozenset[float] = frozenset(), silence: timedelta | None = None
) -> ChartFacts:
    parts = [ActivityBin(_at(hour), 3 if hour in moved else 0, 5) for hour in hours]
    return ChartFacts(parts, (), (), (), silence)


def _cells(span: ChartFacts, now: datetime) -> tuple[Cell, ...]:
    return arrange(span, [], _moments(now), _DAY, _DAY)[0].cells


def test_what_was_received_without_a_life_sign_is_still() -> None:
    cells = _cells(_span(0, 0.5, moved=frozenset({0})), _at(1))
    assert [cell.state for cell in cells[:3]] == [CellState.MOVED, CellState.STILL, CellState.AHEAD]


def test_silence_is_no_data_where_a_healthy_home_would_have_spoken() -> None:
    quiet_home = _span(0, 6, silence=timedelta(minutes=30))
    assert _cells(quiet_home, _at(7))[6].state is CellState.BLIND
    # Sensors that speak only when something happens cannot be distinguished from a quiet night.
    assert _cells(_span(0, 6), _at(7))[6].state is CellState.STILL


def test_recorded_blind_time_is_no_data_and_a_pause_is_a_pause() -> None:
    base = _span(0, 12, moved=frozenset({0}))
    blind = ChartFacts(
        base.parts, (), [BlindTime(Subject.of_home(1), _at(2), _at(4), _at(3), "home_silent")], (), None
    )
    assert {cell.state for cell in _cells(blind, _at(12))[4:8]} == {CellState.BLIND}
    paused = ChartFacts(base.parts, (), (), [(_at(2), _at(4))], None)
    assert {cell.state for cell in _cells(paused, _at(12))[4:8]} == {CellState.PAUSED}


def test_away_gives_way_to_a_life_sign_at_home() -> None:
    base = _span(0, 10, moved=frozenset({0, 10}))
    cells = _cells(ChartFacts(base.parts, [_at(9.5), _at(10)], (), (), None), _at(12))
    assert [cell.state for cell in cells[19:21]] == [CellState.AWAY, CellState.MOVED]


def test_day_begins_at_midnight_of_the_home_and_nothing_is_drawn_before_the_first_reading() -> None:
    span = _span(9, moved=frozenset({9}))
    days = arrange(span, [_at(9.25)], _moments(_at(10)), _DAY - timedelta(days=1), _DAY)
    assert {cell.state for cell in days[0].cells} == {CellState.AHEAD}
    assert days[1].cells[18].state is CellState.MOVED
    assert days[1].alerts == (9 * 60 + 15,)
    assert days[1].is_today


def test_days_of_clock_changes_have_48_cells() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for day in (date(2026, 3, 29), date(2026, 10, 25)):
        parts = [ActivityBin(_at(half / 2, berlin, day), 1, 1) for half in range(46)]
        times = _moments(_at(30, berlin, day), berlin)
        (made,) = arrange(ChartFacts(parts, (), (), (), None), [], times, day, day)
        assert len(made.cells) == 48


def test_figures_of_a_day_without_movement_are_empty() -> None:
    found = figures(ChartDay(_DAY, "", (Cell(CellState.BLIND),) * 48))
    assert (found.first_moved, found.last_moved, found.blind_minutes) == (None, None, 1440)


def test_the_first_movement_of_a_day_is_after_the_night_not_on_the_way_to_the_bathroom() -> None:
    cells = [Cell(CellState.STILL)] * 48
    cells[8] = cells[9] = cells[14] = Cell(CellState.MOVED, 1)
    found = figures(ChartDay(_DAY, "", tuple(cells)))
    assert (found.first_moved, found.night_minutes) == (7 * 60, 60)
    at_four = figures(ChartDay(_DAY, "", tuple(cells[:14])))
    assert (at_four.first_moved, at_four.night_minutes) == (None, 60)
