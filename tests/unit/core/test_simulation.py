"""What was expected against what was got: raised, late, missed, still waiting, and false alerts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.domain.simulation import Injectable, RaisedAlert, SimulatedEvent, Verdict, compare
from simulator.incidents.kinds import KINDS

NINE = datetime(2026, 8, 3, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def event(home: int | None = 1, *, raises: tuple[str, ...] = ("inactivity",)) -> SimulatedEvent:
    due_at = NINE + 3 * HOUR if raises else None
    return SimulatedEvent(1, "collapse", home, NINE, NINE + 5 * HOUR, raises, due_at, False)


def alert(at: datetime, rule: str = "inactivity", home: int | None = 1) -> RaisedAlert:
    return RaisedAlert(7, rule, home, at)


def verdict(raised: list[RaisedAlert], now: datetime, of: SimulatedEvent | None = None) -> Verdict:
    (one,) = compare([of or event()], raised, now).expectations
    return one.verdict


def test_an_event_is_raised_by_the_first_alert_of_a_rule_that_should_raise_it():
    later = [alert(NINE + 2.5 * HOUR), alert(NINE + 2 * HOUR), alert(NINE + HOUR, "sos")]
    compared = compare([event()], later, NINE + 4 * HOUR)
    (one,) = compared.expectations
    assert (one.verdict, one.delay) == (Verdict.RAISED, 2 * HOUR)
    assert compared.false_alerts == ()


def test_an_alert_after_the_time_is_late_and_none_is_waited_for_and_then_missed():
    assert verdict([alert(NINE + 4 * HOUR)], NINE + 5 * HOUR) is Verdict.LATE
    assert verdict([], NINE + 2 * HOUR) is Verdict.WAITING
    assert verdict([], NINE + 3 * HOUR) is Verdict.MISSED
    assert verdict([alert(NINE + HOUR, "heat")], NINE + 4 * HOUR) is Verdict.MISSED


def test_an_alert_about_another_home_or_another_time_is_false():
    other, early = alert(NINE + HOUR, home=2), alert(NINE - HOUR)
    compared = compare([event()], [other, early], NINE + 4 * HOUR)
    assert set(compared.false_alerts) == {other, early}
    assert compared.expectations[0].verdict is Verdict.MISSED


def test_a_battery_that_runs_down_by_itself_is_no_false_alert():
    compared = compare([], [alert(NINE, "battery"), alert(NINE, "device_silent")], NINE)
    assert [one.rule for one in compared.false_alerts] == ["device_silent"]


def test_nobody_should_be_disturbed_by_what_is_harmless():
    guest = event(raises=())
    compared = compare([guest], [alert(NINE + HOUR)], NINE + 4 * HOUR)
    assert compared.expectations[0].verdict is Verdict.NOT_DUE
    assert len(compared.false_alerts) == 1


def test_an_alert_about_the_ward_counts_for_each_home():
    dark = event(raises=("home_silent", "ward_silent"))
    assert verdict([alert(NINE + HOUR, "ward_silent", None)], NINE + 4 * HOUR, dark) is Verdict.RAISED
    whole = event(None, raises=("ward_silent",))
    assert verdict([alert(NINE + HOUR, "ward_silent", None)], NINE + 4 * HOUR, whole) is Verdict.RAISED


def test_when_the_whole_ward_is_silent_an_alert_about_each_home_is_one_too_many():
    whole = event(None, raises=("ward_silent",))
    raised = [alert(NINE + HOUR, "ward_silent", None), alert(NINE + HOUR, "home_silent", 3)]
    compared = compare([whole], raised, NINE + 4 * HOUR)
    assert compared.expectations[0].verdict is Verdict.RAISED
    assert [one.rule for one in compared.false_alerts] == ["home_silent"]


def test_the_fall_of_one_person_does_not_excuse_an_alert_about_the_ward():
    compared = compare([event()], [alert(NINE + HOUR, "ward_silent", None)], NINE + 2 * HOUR)
    assert [one.rule for one in compared.false_alerts] == ["ward_silent"]


def test_by_delivery_an_event_counts_from_when_people_were_notified_after_it_began():
    def by_delivery(
        *raised: RaisedAlert, now: datetime = NINE + 5 * HOUR
    ) -> tuple[Verdict, timedelta | None]:
        (one,) = compare([event()], raised, now, by_delivery=True).expectations
        return one.verdict, one.delay

    dated = alert(NINE + 2.5 * HOUR)
    assert by_delivery(replace(dated, notified_at=NINE + 2.75 * HOUR)) == (Verdict.RAISED, 2.75 * HOUR)
    # In time by its data, and too late for who lies there.
    assert by_delivery(replace(dated, notified_at=NINE + 3.25 * HOUR)) == (Verdict.LATE, 3.25 * HOUR)
    assert by_delivery(dated) == (Verdict.MISSED, None)
    assert by_delivery(dated, now=NINE + 2 * HOUR) == (Verdict.WAITING, None)
    # What left before it began was about something else.
    early = alert(NINE - timedelta(minutes=5))
    assert by_delivery(replace(early, notified_at=NINE - timedelta(minutes=4))) == (Verdict.MISSED, None)
    again = replace(dated, notified_at=NINE + 2.5 * HOUR)
    assert by_delivery(replace(early, notified_at=NINE - HOUR), again) == (Verdict.RAISED, 2.5 * HOUR)


def test_a_delay_is_never_less_than_nothing():
    (one,) = compare([event()], [alert(NINE - timedelta(minutes=5))], NINE + HOUR).expectations
    assert one.delay == timedelta(0)


def test_the_simulator_knows_all_that_can_be_asked_for():
    assert {kind.value for kind in Injectable} <= {kind.value for kind in KINDS}
