"""When a sensor is raised as stuck, and when it is not."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from numpy.typing import NDArray

from core.domain.alert import Finding, Severity, Subject
from core.domain.device import DeviceKind
from detectors.features.chatter import CONTACTS_IN_HOUR, chatters, spells
from detectors.features.stuck_patterns import Floats, ReportedMetric, Sensor
from detectors.rules.base import Evaluation
from detectors.rules.device_stuck import evaluate_sensors

ZONE = ZoneInfo("Asia/Tokyo")
BEGIN = datetime(2026, 5, 1, tzinfo=ZONE)
HOUR_S, DAY_S = 3600.0, 86_400.0
DAYS = 20


def times(*, every_s: float, first_day: float = 0.0, last_day: float = DAYS, by_day: bool = False) -> Floats:
    """Return moments from BEGIN on; `by_day` leaves out the nights from 22 to 7 o'clock."""
    after = np.arange(first_day * DAY_S, last_day * DAY_S, every_s)
    hour = after % DAY_S / HOUR_S
    return BEGIN.timestamp() + (after[(hour >= 7) & (hour < 22)] if by_day else after)


def lively(number: int, every_s: float = 1500.0) -> Sensor:
    """Return a motion sensor of a room where somebody is about each day."""
    jitter = np.random.default_rng(number).uniform(0, 600, len(times(every_s=every_s, by_day=True)))
    seen = times(every_s=every_s, by_day=True) + jitter
    return Sensor(number, DeviceKind.MOTION, "hall", (ReportedMetric("motion", seen, np.ones(len(seen))),))


def evaluated(*sensors: Sensor, days: float = DAYS) -> Evaluation:
    span = (BEGIN, BEGIN + timedelta(days=days))
    return evaluate_sensors(sensors, ZONE, span, watched_from=BEGIN, raised_from=BEGIN)


def found(*sensors: Sensor, days: float = DAYS) -> list[tuple[str, Subject, float, float | None]]:
    """Return causes, subjects, and days after BEGIN of what was raised and of its end."""
    return [
        (
            str(one.reason["cause"]),
            one.subject,
            day(one.raised_at),
            None if one.cleared_at is None else day(one.cleared_at),
        )
        for one in evaluated(*sensors, days=days).findings
    ]


def day(moment: datetime) -> float:
    return round((moment - BEGIN).total_seconds() / DAY_S, 3)


def motion(number: int, time: Floats, metric: str = "motion", kind: DeviceKind = DeviceKind.MOTION) -> Sensor:
    return Sensor(number, kind, "kitchen", (ReportedMetric(metric, time, np.ones(len(time))),))


def test_people_about_all_day_are_no_fault():
    assert found(lively(1), lively(2), lively(3)) == []


def test_a_sensor_that_fires_like_a_clock_is_raised_once_and_ends_when_it_is_calm():
    usual = lively(1).reported[0].time
    fault = times(every_s=180.0, first_day=12.0, last_day=14.5)
    sensor = motion(1, np.sort(np.concatenate([usual, fault])))
    ((cause, subject, raised, cleared),) = found(sensor, lively(2), lively(3))
    assert (cause, subject) == ("chatter", Subject.of_device(1))
    # Two hours until it is not believed, six more until it is raised, at the next check.
    assert raised == pytest.approx(12 + 10.5 / 24, abs=0.001)
    assert cleared is not None
    assert 14.5 <= cleared <= 14.7
    (finding,) = evaluated(sensor, lively(2), lively(3)).findings
    assert finding.severity is Severity.EQUIPMENT


def resting(rest_s: float, spans_h: list[tuple[float, float]], days: int = DAYS) -> NDArray[np.float64]:
    """Return the signs of a sensor that rests for a while, and up to 1.5 s more, after each one while somebody moves before it."""
    random = np.random.default_rng(4)
    parts = [
        BEGIN.timestamp() + day * DAY_S + 3600 * begin + np.cumsum(rest_s + random.uniform(0, 1.5, count))
        for day in range(days)
        for begin, end in spans_h
        for count in [int(3600 * (end - begin) / (rest_s + 0.75))]
    ]
    return np.concatenate(parts)


@pytest.mark.parametrize("rest_s", [30.0, 60.0, 120.0])
def test_a_sensor_that_rests_after_each_sign_is_no_clock_while_somebody_moves(rest_s: float):
    time = resting(rest_s, [(7, 8.5), (12, 14.5), (18, 22)])
    assert not chatters(time)[time > BEGIN.timestamp() + DAY_S].any()
    assert found(motion(1, time), lively(2), lively(3)) == []


def test_a_sensor_that_never_rests_before_somebody_is_raised_all_the_same():
    time = resting(60.0, [(7, 8.5), (12, 14.5), (18, 22)])
    fault = times(every_s=60.0, first_day=12.0, last_day=14.0)
    sensor = motion(1, np.sort(np.concatenate([time[time < BEGIN.timestamp() + 12 * DAY_S], fault])))
    ((cause, _, raised, _),) = found(sensor, lively(2), lively(3))
    assert cause == "chatter"
    assert raised <= 12.75


def test_chatter_at_random_is_raised_within_a_day():
    fault = BEGIN.timestamp() + 12 * DAY_S + np.cumsum(np.random.default_rng(0).exponential(120, 3000))
    sensor = motion(1, np.sort(np.concatenate([lively(1).reported[0].time, fault])))
    ((cause, _, raised, _),) = found(sensor, lively(2), lively(3))
    assert cause == "chatter"
    assert raised < 13


def test_a_sensor_that_is_silent_while_others_live_is_mute():
    time = lively(1).reported[0].time
    silent = motion(
        1, time[(time < BEGIN.timestamp() + 12 * DAY_S) | (time > BEGIN.timestamp() + 16 * DAY_S)]
    )
    ((cause, subject, raised, cleared),) = found(silent, lively(2), lively(3))
    assert (cause, subject) == ("mute", Subject.of_device(1))
    assert 13.4 <= raised <= 13.8
    assert cleared is not None
    assert cleared == pytest.approx(16.3, abs=0.1)


def test_a_home_where_nobody_is_has_no_mute_sensors():
    gone = BEGIN.timestamp() + 12 * DAY_S
    sensors = [motion(one, (time := lively(one).reported[0].time)[time < gone]) for one in (1, 2, 3)]
    assert found(*sensors) == []


def test_a_sensor_with_a_heartbeat_is_mute_only_while_it_is_in_contact():
    time = lively(1).reported[0].time
    time = time[time < BEGIN.timestamp() + 12 * DAY_S]
    of_motion = ReportedMetric("motion", time, np.ones(len(time)))
    unobserved = Sensor(1, DeviceKind.MOTION, "kitchen", (of_motion,), has_heartbeat=True)
    assert found(unobserved, lively(2), lively(3)) == []
    link = times(every_s=6 * HOUR_S)
    received = Sensor(
        1,
        DeviceKind.MOTION,
        "kitchen",
        (of_motion, ReportedMetric("link_quality", link, np.full(len(link), 90.0))),
        True,
    )
    assert [one[0] for one in found(received, lively(2), lively(3))] == ["mute"]


def test_a_door_that_nobody_opens_for_two_days_is_not_mute():
    time = lively(1, 7000.0).reported[0].time
    before = time[time < BEGIN.timestamp() + 15 * DAY_S]
    door = Sensor(
        1, DeviceKind.DOOR, "front_door", (ReportedMetric("contact_used", before, np.ones(len(before))),)
    )
    assert found(door, lively(2), lively(3), days=17) == []
    assert [one[0] for one in found(door, lively(2), lively(3))] == ["mute"]


def fridge(open_for_h: float) -> Sensor:
    """Return a fridge that is opened for a minute now and then, and on the twelfth day for longer."""
    opened = times(every_s=4 * HOUR_S, by_day=True)
    late = opened == opened[opened >= BEGIN.timestamp() + 12 * DAY_S][0]
    closed = opened + np.where(late, open_for_h * HOUR_S, 60.0)
    kept = np.concatenate([[True], opened[1:] >= np.maximum.accumulate(closed)[:-1]])
    opened, closed = opened[kept], closed[kept]
    time = np.stack([opened, closed], axis=1).ravel()
    return Sensor(
        1,
        DeviceKind.FRIDGE,
        "fridge",
        (ReportedMetric("contact_open", time, np.tile([1.0, 0.0], len(opened))),),
    )


def test_a_fridge_that_stays_open_is_raised_after_half_a_day():
    assert found(fridge(8.0), lively(2)) == []
    ((cause, _, raised, cleared),) = found(fridge(40.0), lively(2))
    assert cause == "lasting"
    assert 12.8 <= raised <= 13.1
    assert cleared == pytest.approx(12 + (7 + 1 + 40) / 24, abs=0.1)


def test_a_bed_that_is_left_is_no_fault_and_one_that_is_never_left_is():
    def bed(last_day: float) -> Sensor:
        into, out = times(every_s=DAY_S) + 22 * HOUR_S, times(every_s=DAY_S) + 31 * HOUR_S
        keeps = out < BEGIN.timestamp() + last_day * DAY_S
        time = np.concatenate([into, out[keeps]])
        value = np.concatenate([np.ones(len(into)), np.zeros(int(keeps.sum()))])
        order = np.argsort(time)
        alerts_raised = ReportedMetric("bed_occupied", time[order], value[order])
        return Sensor(1, DeviceKind.BED, "bed", (alerts_raised,))

    assert found(bed(30), lively(2)) == []
    assert [one[0] for one in found(bed(12), lively(2))] == ["lasting"]


@pytest.mark.parametrize(("step", "alerts_raised"), [(0.0, ["frozen"]), (0.1, [])])
def test_a_temperature_that_does_not_move_by_a_digit_is_raised(step: float, alerts_raised: list[str]):
    time = times(every_s=1800.0)
    value: Floats = np.asarray(20 + 2 * np.sin((time - BEGIN.timestamp()) / DAY_S * 2 * np.pi), np.float64)
    value = value.round(1)
    frozen = (time > BEGIN.timestamp() + 12 * DAY_S) & (time < BEGIN.timestamp() + 14 * DAY_S)
    value[frozen] = 21.0 + step * (np.arange(int(frozen.sum())) % 2)
    sensor = Sensor(1, DeviceKind.CLIMATE, "bedroom", (ReportedMetric("temperature_c", time, value),))
    assert [one[0] for one in found(sensor, lively(2))] == alerts_raised


def test_a_coarse_thermometer_that_often_stands_still_is_no_fault():
    time = times(every_s=1800.0)
    value = np.round(20 + 0.7 * np.sin((time - BEGIN.timestamp()) / (4 * DAY_S) * 2 * np.pi))
    sensor = Sensor(1, DeviceKind.CLIMATE, "bedroom", (ReportedMetric("temperature_c", time, value),))
    assert found(sensor, lively(2)) == []


def test_what_is_raised_does_not_depend_on_when_it_is_evaluated():
    fault = times(every_s=180.0, first_day=12.0, last_day=14.5)
    sensors = (motion(1, np.sort(np.concatenate([lively(1).reported[0].time, fault]))), lively(2), lively(3))

    def known(finding: Finding) -> tuple[datetime, datetime]:
        return finding.began_at, finding.raised_at

    whole = {known(one) for one in evaluated(*sensors).findings}
    pieces: set[tuple[datetime, datetime]] = set()
    for number in range(DAYS * 4):
        span = (BEGIN + timedelta(hours=6 * number), BEGIN + timedelta(hours=6 * number + 6))
        found_then = evaluate_sensors(sensors, ZONE, span, watched_from=BEGIN, raised_from=BEGIN)
        pieces |= {known(one) for one in found_then.findings}
    assert pieces == whole


def test_nothing_is_raised_before_watching_begins():
    fault = times(every_s=180.0, first_day=12.0, last_day=20)
    sensor = motion(1, np.sort(np.concatenate([lively(1).reported[0].time, fault])))
    span = (BEGIN, BEGIN + timedelta(days=DAYS))
    late = evaluate_sensors(
        [sensor, lively(2)], ZONE, span, watched_from=BEGIN + timedelta(days=13), raised_from=BEGIN
    )
    assert late.findings == ()


def test_a_contact_that_opens_two_times_a_minute_is_not_believed_after_an_hour():
    loose = np.arange(0.0, 3 * HOUR_S, 25.0) + np.random.default_rng(0).uniform(0, 12, 432)
    flags = chatters(np.sort(loose), is_contact=True)
    assert int(np.argmax(flags)) == CONTACTS_IN_HOUR
    assert not chatters(np.sort(loose)).any()


@pytest.mark.parametrize(("hold_s", "is_even"), [(None, True), (60.0, False), (63.0, True)])
def test_a_sensor_that_is_made_to_report_every_minute_is_not_too_even(
    hold_s: float | None, is_even: bool
) -> None:
    # A minute and up to one and a half seconds, as long as somebody moves.
    moves = np.cumsum(60.0 + np.random.default_rng(3).uniform(0.0, 1.5, 150))
    assert bool(chatters(moves, hold_s=hold_s).any()) is is_even
    # Without end it chatters all the same.
    assert chatters(np.arange(0.0, 86_400.0, 60.0), hold_s=60.0).any()


def test_spells_say_when_chatter_began_ended_and_whether_it_is_over():
    time = np.arange(6.0)
    flags = np.array([False, True, True, False, True, True])
    assert spells(time, flags) == [(1.0, 2.0, 3.0), (4.0, 5.0, None)]
    assert spells(time[:0], flags[:0]) == []
