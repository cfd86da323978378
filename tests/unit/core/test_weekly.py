"""A week against the two months before: what is said, and what is not."""

from datetime import date, timedelta

import numpy as np
import pytest

from core.domain.weekly_report import COUNTS_NAME, COUNTS_VERSION, Change, Row, WeeklyReport, weekly_report
from detectors.rules import decline

# A Wednesday; the last whole week is Monday 9 to Sunday 15 November.
TODAY = date(2026, 11, 18)
FIRST, LAST = date(2026, 11, 9), date(2026, 11, 15)


def rows(
    *, week: Row = (40.0, 3.0, 2.0), before: Row = (40.0, 3.0, 2.0), days: int = 90
) -> list[list[float | None]]:
    """Return a row for each day before today; the days of the last week have the values of `week`."""
    found: list[list[float | None]] = []
    for back in range(days, 0, -1):
        day = TODAY - timedelta(days=back)
        found.append([day.toordinal(), *(week if FIRST <= day <= LAST else before)])
    return found


def changes(report: WeeklyReport) -> list[Change]:
    return [one.change for one in report.counts]


def test_the_report_is_about_the_last_whole_week():
    report = weekly_report(rows(), TODAY)
    assert (report.first, report.last) == (FIRST, LAST)
    assert changes(report) == [Change.AS_USUAL] * 3
    assert weekly_report(rows(), date(2026, 11, 16)).last == LAST
    assert weekly_report(rows(), date(2026, 11, 15)).last == LAST - timedelta(days=7)


def test_less_movement_and_more_nights_are_raised_with_their_figures():
    report = weekly_report(rows(week=(25.0, 3.0, 7.0)), TODAY)
    assert changes(report) == [Change.LESS, Change.AS_USUAL, Change.MORE]
    quarters = report.counts[0]
    assert (quarters.mean, quarters.days, quarters.before, quarters.days_before) == (25.0, 7, 40.0, 56)


def test_days_that_could_not_be_observed_are_never_less():
    raised = rows(week=(None, None, None))
    assert changes(weekly_report(raised, TODAY)) == [Change.CANNOT_TELL] * 3
    # With three days known a week still says nothing, with four it does.
    for known, change in ((3, Change.CANNOT_TELL), (4, Change.LESS)):
        part = rows(week=(20.0, 3.0, 2.0))
        for row in [one for one in part if one[0] is not None and one[0] >= FIRST.toordinal() + known]:
            row[1:] = [None, None, None]
        assert weekly_report(part, TODAY).counts[0].change is change


def test_a_newcomer_cannot_be_compared_yet():
    report = weekly_report(rows(days=30), TODAY)
    assert changes(report) == [Change.CANNOT_TELL] * 3
    assert report.counts[0].mean == 40.0
    # What there is can be seen, from a week of days on.
    assert (report.counts[0].before, report.counts[0].days_before) == (40.0, 14)
    assert weekly_report(rows(days=20), TODAY).counts[0].before is None
    assert changes(weekly_report([], TODAY)) == [Change.CANNOT_TELL] * 3


def test_what_changes_slowly_is_not_compared_with_itself():
    # The week before the report's is as low as it, and still the report says less.
    sinking = rows(week=(30.0, 3.0, 2.0))
    for row in sinking:
        if row[0] is not None and FIRST.toordinal() - 7 <= row[0] < FIRST.toordinal():
            row[1] = 30.0
    assert weekly_report(sinking, TODAY).counts[0].before == 40.0


@pytest.mark.parametrize("means", [(40.0, 3.0, 2.0), (15.0, 0.4, 0.2), (60.0, 8.0, 6.0)])
def test_steady_people_seldom_have_a_word_and_a_step_nearly_always(means: tuple[float, float, float]):
    random = np.random.default_rng(0)
    false = found = 0
    for _ in range(300):
        drawn = random.poisson(means, (90, 3)).astype(float)
        raised = [[TODAY.toordinal() - 90 + day, *drawn[day].tolist()] for day in range(90)]
        false += any(one is not Change.AS_USUAL for one in changes(weekly_report(raised, TODAY)))
        for row in raised:
            if FIRST.toordinal() <= row[0] <= LAST.toordinal():
                row[1] = float(random.poisson(0.5 * means[0]))
        found += weekly_report(raised, TODAY).counts[0].change is Change.LESS
    assert false / 300 <= 0.06
    assert found / 300 >= 0.97


def test_the_counts_are_read_as_the_rule_keeps_them():
    assert (COUNTS_NAME, COUNTS_VERSION) == (decline.NAME, decline.VERSION)
    assert tuple(decline.WORSE) == tuple(one.name for one in weekly_report([], TODAY).counts)
