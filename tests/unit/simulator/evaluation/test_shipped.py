"""What is said of the settings as they are shipped, and of margins on homes that they were not chosen on."""

import numpy as np
import pytest

from detectors.features.silence_threshold import BUFFER_MIN
from simulator.evaluation.protocol import CollapseTrial, prepare
from simulator.evaluation.report import SetReport, hours_table, shipped_table
from simulator.evaluation.shipped import by_budget, one_margin, other_half
from simulator.evaluation.synthetic import syn40

MARGINS = tuple(sorted(BUFFER_MIN.values()))
HOMES = prepare(syn40(4, 58))
DAYS = [home.test_days for home in HOMES]


def trial(false: int, hours: tuple[float, ...] = ()) -> CollapseTrial:
    return CollapseTrial(false, np.array([60.0, 120.0, 180.0]), hours)


def test_a_setting_has_its_rate_its_worst_home_and_its_nights() -> None:
    # At the margin of `standard` one home has seven false alarms, two of them at night, and the others one each by day.
    rows = [[trial(0)] * 4 for _ in MARGINS]
    rows[MARGINS.index(160.0)] = [trial(7, (2.5, 5.99, 6.0, 9, 12, 15, 20)), *[trial(1, (12.0,))] * 3]
    by_name = {one.setting: one for one in one_margin(MARGINS, rows, HOMES)}
    found = by_name["standard"]
    assert (found.margin_min, found.budget_30d, found.false_alarms) == (160.0, 2.7, 10)
    assert found.false_alarms_30d == pytest.approx(300 / sum(DAYS))
    assert found.worst_30d == pytest.approx(210 / DAYS[0])
    assert found.over_twice == 1
    assert found.at_night == pytest.approx(0.2)
    rings = {hour: count for hour, count in enumerate(found.by_hour) if count}
    assert rings == {2: 1, 5: 1, 6: 1, 9: 1, 12: 4, 15: 1, 20: 1}
    assert found.night_of_40 == pytest.approx(80 / sum(DAYS))
    assert found.between_30d[0] < found.false_alarms_30d < found.between_30d[1]
    assert (found.median_h, found.mean_h) == (2.0, 2.0)
    assert (by_name["quiet"].false_alarms, by_name["quiet"].at_night) == (0, 0.0)


def test_a_margin_is_read_on_the_homes_that_it_was_not_chosen_on() -> None:
    # Two homes have four false alarms where the others have one, at every margin, and fewer the wider it is.
    rows = [[trial(4 * much), trial(4 * much), trial(much), trial(much)] for much in (8, 4, 2)]
    found = other_half((50.0, 100.0, 200.0), rows, HOMES, (10.0,))
    (one,) = found
    assert one.rate == 10
    assert one.between_30d[0] < 10 < one.between_30d[1]
    assert other_half((50.0, 100.0, 200.0), [row[:3] for row in rows], HOMES[:3], (10.0,)) == ()


def test_the_table_names_settings_and_margins_of_other_homes() -> None:
    rows = [[trial(number)] * 4 for number in (9, 4, 1)]
    report = SetReport(
        "made-up",
        4,
        sum(DAYS),
        12,
        (),
        shipped=one_margin(MARGINS, rows, HOMES),
        other_half=other_half(MARGINS, rows, HOMES, (5.0,)),
    )
    table = shipped_table(report)
    assert [row[0] for row in table] == [
        "family, 110 min for all",
        "standard, 160 min for all",
        "quiet, 360 min for all",
        "margin of the other half",
    ]
    assert {len(row) for row in table} == {8}
    assert hours_table(report)[0] == ["family, 110 min for all", *8 * ["0"]]


def test_a_setting_as_shipped_stands_for_its_budget_and_names_no_margin() -> None:
    rows = [[trial(number)] * 4 for number in (1, 4, 9)]
    report = SetReport(
        "made-up", 4, sum(DAYS), 12, (), shipped=by_budget((1.0, 2.7, 5.0), rows, HOMES, "as shipped")
    )
    assert [(one.setting, one.budget_30d, one.false_alarms) for one in report.shipped] == [
        ("family", 5.0, 36),
        ("standard", 2.7, 16),
        ("quiet", 1.0, 4),
    ]
    assert [row[0] for row in shipped_table(report)] == [
        "family, as shipped",
        "standard, as shipped",
        "quiet, as shipped",
    ]
