"""How soon alerts were answered is shown by hours only where it says of nobody who it was."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from core.domain.escalation.response_times import AnsweredAlert, ResponseStep, response_times, whole_day

_UTC = ZoneInfo("UTC")


def _alert(resident: int, hour: int, minutes: float | None = 1) -> AnsweredAlert:
    opened = datetime(2026, 8, 1, hour, 10, tzinfo=UTC)
    claimed = None if minutes is None else opened + timedelta(minutes=minutes)
    return AnsweredAlert(resident, opened, opened, None, claimed, None, None)


def test_neighbouring_hours_stand_together_until_ten_residents_are_among_them() -> None:
    found = [_alert(one, 3) for one in range(6)] + [_alert(one, 9) for one in range(4, 10)]
    found += [_alert(one, 14) for one in range(12)] + [_alert(1, 22)]
    spans = response_times(found, _UTC)
    assert [(one.first, one.until, one.alerts) for one in spans] == [(0, 10, 12), (10, 24, 13)]
    # No alert is left out, so no two figures can be subtracted from each other.
    assert sum(one.alerts for one in spans) == len(found)


def test_of_fewer_than_ten_residents_nothing_is_shown_however_many_alerts_they_had() -> None:
    found = [_alert(one % 9, one % 24) for one in range(200)]
    assert response_times(found, _UTC) == []
    assert whole_day(found) == ()


def test_a_step_that_few_residents_alerts_reached_is_not_shown() -> None:
    found = [_alert(one, 8, minutes=None if one < 3 else one) for one in range(12)]
    (span,) = response_times(found, _UTC)
    assert [one.step for one in span.steps] == [ResponseStep.ACCEPTED]
    found = [_alert(one, 8, minutes=one) for one in range(20)]
    (span,) = response_times(found, _UTC)
    claimed = span.steps[1]
    assert (claimed.step, claimed.alerts) == (ResponseStep.CLAIMED, 20)
    assert (claimed.half, claimed.most) == (timedelta(minutes=9.5), timedelta(minutes=17))


def test_of_ten_alerts_the_longest_is_not_shown_for_it_is_that_of_one_person() -> None:
    (step,) = [
        one
        for one in whole_day([_alert(one, 8, minutes=one) for one in range(10)])
        if one.step is ResponseStep.CLAIMED
    ]
    assert (step.alerts, step.most) == (10, timedelta(minutes=8))


def test_the_hour_is_that_of_the_clock_on_the_wall() -> None:
    found = [_alert(one, 18) for one in range(10)] + [_alert(one, 1) for one in range(10)]
    spans = response_times(found, ZoneInfo("Asia/Tokyo"))
    assert [(one.first, one.until) for one in spans] == [(0, 4), (4, 24)]
