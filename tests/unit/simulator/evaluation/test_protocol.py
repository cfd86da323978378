"""Protocol P on homes small enough to count by hand."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from simulator.evaluation.baselines import FixedTimer
from simulator.evaluation.curve import Point, curve, read_off
from simulator.evaluation.homes import EvaluatedRecording, kind_of, life_signs_of
from simulator.evaluation.protocol import DAY_S, collapses, prepare, run
from simulator.evaluation.report import SetReport, picture, table, write
from simulator.evaluation.synthetic import syn40
from simulator.evaluation.threshold_crossing import first_passing_min

HOUR_S = 3600.0


def recording(events: Sequence[tuple[float, str]], name: str = "a") -> EvaluatedRecording:
    places = [place for _, place in events]
    time = np.array([time for time, _ in events], np.float64)
    return EvaluatedRecording(name, life_signs_of(time, places, [kind_of(place) for place in places]))


def regular_home(days: int = 50, every_h: float = 2.0, name: str = "a") -> EvaluatedRecording:
    """A home with two life signs a minute apart every two hours."""
    times = np.arange(0, days * DAY_S, every_h * HOUR_S)
    return recording([(time + after, "kitchen") for time in times.tolist() for after in (0.0, 60.0)], name)


def test_the_first_four_weeks_only_teach() -> None:
    (home,) = prepare([regular_home()])
    assert home.first_midnight == 0
    assert home.learned_at.tolist() == [28 * DAY_S + week * 7 * DAY_S for week in range(4)]
    assert home.is_test.sum() == (home.began >= 28 * DAY_S).sum()
    assert home.at.week[home.began < 28 * DAY_S].max() == 0


def test_short_recordings_are_left_out() -> None:
    assert prepare([regular_home(41)]) == []


def test_an_outage_is_neither_learned_nor_counted() -> None:
    outage = (30 * DAY_S, 31 * DAY_S)
    (home,) = prepare([regular_home()], [outage])
    (whole,) = prepare([regular_home()])
    assert whole.test_days - home.test_days == pytest.approx(1.0)
    assert not home.is_test[home.is_blind].any()
    assert home.is_blind.sum() == 2 * 12


def test_a_long_silence_between_two_door_events_is_an_outing() -> None:
    events = [
        (0.0, "front-door"),
        (3 * HOUR_S, "front-door"),
        (4 * HOUR_S, "kitchen"),
        (50 * DAY_S, "kitchen"),
    ]
    (home,) = prepare([recording(events)])
    assert home.is_outing.tolist() == [True, False, False]


def test_false_alarms_and_hours_to_alarm_are_those_of_the_fixed_timer() -> None:
    homes = prepare([regular_home()])
    injected = collapses(homes)
    timer = FixedTimer(settings=(60.0, 118.0, 119.5))
    by_setting = [row[0] for row in run(timer, homes, injected)]
    # Every silence but the minutes between two life signs lasts 119 minutes.
    silences = int((home_lengths := homes[0].length_min[homes[0].is_test]).size - (home_lengths < 2).sum())
    assert [one.false_alarms for one in by_setting] == [silences, silences, 0]
    # A collapse is anywhere in a silence, so the alarm is up before it half of the time, or on average an hour after it.
    hours = by_setting[2].to_alarm_min / 60
    assert np.isnan(by_setting[0].to_alarm_min).mean() == pytest.approx(0.5, abs=0.02)
    assert float(np.nanmean(hours)) == pytest.approx(1.0, abs=0.02)


def test_the_first_crossing_is_found_for_every_beginning() -> None:
    random = np.random.default_rng(0)
    allowed = random.uniform(0, 900, (5, 288))
    found = first_passing_min(allowed)
    for row in range(5):
        for began in range(0, 288, 7):
            steps = (k for k in range(1, 289) if 5 * k > allowed[row, (began + k) % 288])
            assert found[row, began] == 5 * next(steps, 288)


def point(setting: float, rate: float, hours: float) -> Point:
    return Point(setting, 0, rate, hours, hours + 1, hours + 2, 0, 0, 0, 0)


def test_hours_are_read_off_over_the_logarithm_of_the_rate() -> None:
    points = [point(60, 8.0, 2.0), point(120, 2.0, 4.0)]
    # 4 lies in the middle between 2 and 8 on a logarithmic scale.
    reading = read_off(points, 4.0)
    assert reading is not None
    assert (reading.median_h, reading.mean_h, reading.p95_h) == pytest.approx((3.0, 4.0, 5.0))
    # Nothing is said about rates that no setting reached.
    assert read_off(points, 1.0) is None
    assert read_off(points, 10.0) is None


def test_intervals_are_drawn_over_homes() -> None:
    homes = prepare(syn40(4))
    timer = FixedTimer()
    result = curve(timer.name, timer.settings, run(timer, homes, collapses(homes)), homes, resamples=50)
    reading = result.at(2.7)
    assert reading is not None
    assert reading.mean_between_h is not None
    low, high = reading.mean_between_h
    assert low <= reading.mean_h <= high


def test_the_made_up_homes_are_the_same_every_time_and_of_the_size_that_was_published() -> None:
    first, again = syn40(2), syn40(2)
    assert [one.signs.time.tolist() for one in first] == [one.signs.time.tolist() for one in again]
    homes = prepare(first)
    assert [round(home.test_days) for home in homes] == [61, 61]
    per_day = len(first[0].signs.time) / 90
    assert 40 < per_day < 200


def test_the_report_holds_a_table_and_a_picture(tmp_path: Path) -> None:
    homes = prepare(syn40(2))
    timer = FixedTimer()
    injected = collapses(homes)
    result = curve("fixed <timer>", timer.settings, run(timer, homes, injected), homes, resamples=0)
    report = SetReport(
        "made-up", len(homes), sum(one.test_days for one in homes), len(injected[0].silence), [result]
    )
    assert table(report, (2.7,))[0][1].count("/") == 2
    assert "fixed &lt;timer&gt;" in picture(report)
    assert [path.name for path in write([report], tmp_path)] == ["evaluation.json", "made-up.svg"]
