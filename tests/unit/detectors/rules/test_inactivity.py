"""How long a silence may last: learning, warm-up and words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from core.domain.device import DeviceKind
from detectors.features.silence_profile import ThresholdCurve, certain, silences
from detectors.features.silence_threshold import Sensitivity, SilenceBaseline, learn, threshold_from
from detectors.features.window import Blind, Interval, SaidSafe, Window, life_signs, moment, no_track
from detectors.rules.inactivity import Inactivity

UTC_ZONE = ZoneInfo("UTC")
DAY = datetime(2026, 7, 1, tzinfo=UTC)
FLAT = ThresholdCurve(np.full(288, 60.0), np.full(288, 60.0))


def limit_min(
    usual: SilenceBaseline, sensitivity: Sensitivity, clock: float = 12.0, *, after_door: bool = False
) -> float:
    """Return the age at which a silence that begins at a time of day is too long."""
    base = (DAY + timedelta(hours=clock)).timestamp()
    limits = threshold_from(usual, sensitivity, UTC_ZONE, base, after_door=after_door)
    return float(limits.age_min[np.argmax(limits.passed)])


@pytest.mark.parametrize(
    ("sensitivity", "expected"),
    [(Sensitivity.FAMILY, 115), (Sensitivity.STANDARD, 145), (Sensitivity.QUIET, 245)],
)
def test_words_say_how_long_beyond_the_usual(sensitivity: Sensitivity, expected: float):
    assert limit_min(SilenceBaseline(40, FLAT), sensitivity) == expected


def test_after_the_door_the_longest_outing_of_that_time_and_a_margin_count():
    morning = np.where(np.arange(288) < 144, 240.0, 0.0)
    usual = SilenceBaseline(40, ThresholdCurve(np.full(288, 60.0), morning))
    assert limit_min(usual, Sensitivity.STANDARD, clock=9.0, after_door=True) == 405
    # In the evening they never go out: the margin alone, and never less than at home.
    assert limit_min(usual, Sensitivity.STANDARD, clock=19.0, after_door=True) == 165
    asleep = SilenceBaseline(40, ThresholdCurve(np.full(288, 480.0), morning))
    at_home = limit_min(asleep, Sensitivity.STANDARD, clock=19.0)
    assert limit_min(asleep, Sensitivity.STANDARD, clock=19.0, after_door=True) == at_home > 480


def test_the_first_week_is_a_timer_that_counts_eight_hours_by_day_and_twelve_in_all():
    assert limit_min(SilenceBaseline(0, FLAT), Sensitivity.STANDARD, clock=8) == 485
    # From 20:00 on, two hours count until 22:00, then none until 7:00: the twelve hours are over first.
    assert limit_min(SilenceBaseline(6, FLAT), Sensitivity.STANDARD, clock=20) == 725


def test_the_margin_narrows_until_the_fourth_week():
    found = [limit_min(SilenceBaseline(days, FLAT), Sensitivity.STANDARD) for days in (7, 14, 21, 27, 28)]
    assert found == sorted(found, reverse=True)
    assert (found[0], found[-1]) == (205, 145)


def test_no_silence_may_last_longer_than_a_day():
    endless = ThresholdCurve(np.full(288, 5000.0), np.full(288, 5000.0))
    assert limit_min(SilenceBaseline(40, endless), Sensitivity.STANDARD) == 1440


def test_a_night_of_25_hours_gives_an_hour_more_and_one_of_23_hours_nothing_less():
    berlin = ZoneInfo("Europe/Berlin")
    evenings = [datetime(2026, month, day, 22, tzinfo=berlin) for month, day in ((10, 24), (3, 28), (6, 10))]
    # Usually silent from ten in the evening until seven.
    line = ThresholdCurve(np.full(288, 540.0), np.full(288, 540.0))
    patient = [
        threshold_from(SilenceBaseline(40, line), Sensitivity.STANDARD, berlin, evening.timestamp())
        for evening in evenings
    ]
    autumn, spring, summer = (float(one.age_min[np.argmax(one.passed)]) for one in patient)
    assert autumn == summer + 60
    assert spring == summer


def test_a_room_in_which_nobody_stays_long_shortens_the_silence():
    line = ThresholdCurve(np.full(288, 360.0), np.full(288, 60.0), {"kitchen": np.full(288, 60.0)})
    base = (DAY + timedelta(hours=12)).timestamp()
    patient = {
        place: threshold_from(SilenceBaseline(40, line), Sensitivity.STANDARD, UTC_ZONE, base, place=place)
        for place in (None, "bedroom", "kitchen")
    }
    usual = {
        place: float(one.longest_min[0]) for place, one in patient.items() if one.longest_min is not None
    }
    # A place that was never the last one before says nothing.
    assert usual == {None: 360.0, "bedroom": 360.0, "kitchen": 0.7 * 360 + 0.3 * 60}


def test_the_margin_is_widest_for_silences_of_four_to_five_hours():
    margins = [
        limit_min(
            SilenceBaseline(40, ThresholdCurve(np.full(288, usual), np.zeros(288))), Sensitivity.STANDARD
        )
        - usual
        for usual in (30.0, 240.0, 300.0, 540.0)
    ]
    assert margins == [85, 165, 165, 85]


def test_a_silence_that_was_usual_until_now_may_go_on_when_the_line_drops():
    # Nine hours are usual until seven, half an hour after it: who has been silent since ten has slept in.
    clock = np.arange(288) / 12
    line = ThresholdCurve(np.where((clock < 7) | (clock > 21), 540.0, 30.0), np.zeros(288))
    in_bed = limit_min(SilenceBaseline(40, line), Sensitivity.STANDARD, clock=22.0)
    assert 540 < in_bed < 600
    # Who was up at half past six has not.
    assert limit_min(SilenceBaseline(40, line), Sensitivity.STANDARD, clock=6.5) < 120


def regular(days: int, hours: list[float]) -> list[tuple[float, DeviceKind, str]]:
    return [
        ((DAY + timedelta(days=day, hours=hour, seconds=wait)).timestamp(), DeviceKind.MOTION, "hall")
        for day in range(days)
        for hour in hours
        for wait in (0, 20)
    ]


def test_the_line_is_the_longest_age_at_each_time_of_day():
    usual = learn(life_signs(regular(30, [8, 12, 20])), UTC_ZONE, (), DAY + timedelta(days=30))
    line = usual.line.at_home
    assert usual.days == 29
    # Just before noon nobody has moved for four hours.
    assert line[12 * 12 - 1] > 140
    # The longest is the night, just before eight in the morning; smoothing moves it a little ahead.
    assert 6.5 * 12 <= int(line.argmax()) < 8 * 12
    assert line[12 * 12 + 12] < line[12 * 12 - 12]
    assert np.all(usual.line.outings < 1)


def test_from_midnight_to_six_who_was_seen_last_in_bed_is_given_half_a_margin_more():
    usual = SilenceBaseline(40, FLAT)
    in_bed, elsewhere = (usual.limit(160.0, place).allowed_min for place in ("bedroom", "kitchen"))
    assert (in_bed - elsewhere).tolist() == [80.0] * 72 + [0.0] * 216
    # Nobody knows where somebody is after a time out of contact.
    assert usual.limit(160.0, None).allowed_min.tolist() == elsewhere.tolist()


def test_one_evening_out_over_night_makes_the_next_one_usual_and_no_other_hour():
    def out(day: int) -> list[tuple[float, DeviceKind, str]]:
        begin = DAY + timedelta(days=day, hours=18.5)
        return [
            (one.timestamp(), DeviceKind.DOOR, "front_door")
            for one in (begin, begin + timedelta(hours=12.75))
        ]

    days = regular(30, [8, 10, 12, 14, 16, 18])
    rows = [one for one in days if not DAY.timestamp() <= one[0] - 20 * 86_400 < DAY.timestamp() + 6 * 3600]
    usual = learn(life_signs([*rows, *out(20)]), UTC_ZONE, (), DAY + timedelta(days=30))
    longest = usual.line.outings
    assert (longest[int(18.5 * 12)], longest[17 * 12], longest[20 * 12]) == (765, 765, 765)
    assert longest[12 * 12] < 1
    margin_min = usual.margin_min(Sensitivity.STANDARD)
    assert margin_min >= 160
    # Who comes back at a quarter past seven is not raised, nor two hours later; before it was usual the night's line held.
    assert limit_min(usual, Sensitivity.STANDARD, clock=18.5, after_door=True) == 765 + margin_min + 5
    never = learn(life_signs(rows), UTC_ZONE, (), DAY + timedelta(days=30))
    assert limit_min(never, Sensitivity.STANDARD, clock=18.5, after_door=True) == 815


def test_excluded_time_teaches_nothing():
    rows = regular(30, [8, 12, 20])
    # On one day nothing is received after breakfast.
    day_10 = (DAY + timedelta(days=10)).timestamp()
    without = [one for one in rows if not day_10 + 9 * 3600 <= one[0] < day_10 + 86_400]
    excluded = [(day_10 + 10 * 3600, day_10 + 23 * 3600)]
    taught = learn(life_signs(without), UTC_ZONE, (), DAY + timedelta(days=30))
    spared = learn(life_signs(without), UTC_ZONE, excluded, DAY + timedelta(days=30))
    usual = learn(life_signs(rows), UTC_ZONE, (), DAY + timedelta(days=30))
    assert taught.line.at_home[12 * 12 + 6] > usual.line.at_home[12 * 12 + 6]
    assert spared.line.at_home[12 * 12 + 6] <= usual.line.at_home[12 * 12 + 6]
    assert spared.days == usual.days - 1


def test_nothing_is_learned_from_nothing():
    assert learn(life_signs([]), UTC_ZONE, (), DAY).days == 0
    assert learn(life_signs(regular(1, [8])), UTC_ZONE, (), DAY + timedelta(days=1)).days == 0


def test_a_silence_that_begins_at_the_door_may_be_an_outing():
    rows = [
        (0.0, DeviceKind.MOTION, "hall"),
        (60.0, DeviceKind.DOOR, "front_door"),
        (70.0, DeviceKind.MOTION, "hall"),
        (150.0, DeviceKind.MOTION, "hall"),
    ]
    signs = life_signs(rows)
    found = silences(signs, certain(signs))
    assert found.after_door.tolist() == [False, True, True, False]


def test_the_reason_says_since_when_and_how_long_is_usual():
    rows = regular(1, [9])
    window = Window(1, UTC_ZONE, DAY, life_signs(rows), no_track(), (), (), (), ())
    evaluated = Inactivity(lambda _day: SilenceBaseline(40, FLAT)).evaluate(
        window, DAY, DAY + timedelta(hours=15)
    )
    (found,) = evaluated.findings
    last = moment(rows[-1][0])
    assert found.reason["last_life_sign"] == {"time": last.isoformat(), "kind": "motion", "place": "hall"}
    # No hour by which there is usually movement: the rule knows only how long silences last.
    assert found.reason["usual"] == {"days": 40, "longest_min": 60}
    assert found.reason["silent_min"] == 145
    assert found.reason["confidence"] == "high"


def test_the_longest_usual_silence_is_that_of_the_moment_of_the_alarm():
    # From seven until five minutes after the alarm of 8:25 silences last an hour at most, at any other time five.
    curve = np.where((np.arange(288) >= 84) & (np.arange(288) < 102), 60.0, 300.0)
    usual = SilenceBaseline(40, ThresholdCurve(curve, curve))
    window = Window(1, UTC_ZONE, DAY, life_signs(regular(1, [6])), no_track(), (), (), (), ())
    (found,) = Inactivity(lambda _day: usual).evaluate(window, DAY, DAY + timedelta(hours=10)).findings
    assert found.raised_at == DAY + timedelta(hours=8, minutes=25, seconds=20)
    assert found.reason["usual"] == {"days": 40, "longest_min": 60}


@pytest.mark.parametrize(
    ("days", "door", "blind", "expected"),
    [
        (6, False, False, "low"),
        (7, False, False, "medium"),
        (27, False, False, "medium"),
        (28, False, False, "high"),
        (28, True, False, "medium"),
        (28, False, True, "medium"),
    ],
)
def test_how_sure_an_alarm_is_goes_by_what_is_known(days: int, *, door: bool, blind: bool, expected: str):
    kind = DeviceKind.DOOR if door else DeviceKind.MOTION
    rows = [(at, kind, place) for at, _, place in regular(1, [9])]
    nine = DAY + timedelta(hours=9)
    gap = Blind(nine + timedelta(minutes=5), nine + timedelta(minutes=10), nine + timedelta(minutes=10))
    window = Window(1, UTC_ZONE, DAY, life_signs(rows), no_track(), (), (gap,) if blind else (), (), ())
    rule = Inactivity(lambda _day: SilenceBaseline(days, FLAT))
    (found,) = rule.evaluate(window, DAY, DAY + timedelta(hours=23)).findings
    assert found.reason["confidence"] == expected


def said_safe(
    *hours: float, until: float, closed: tuple[float, ...] = ()
) -> list[tuple[float, float | None]]:
    """Return by hours after midnight when silences were raised as beginning, and when they ended."""
    signs = life_signs([one for hour in hours for one in regular(1, [hour])])
    closings: list[SaidSafe] = []
    began = signs.time[-1] if len(hours) == 1 else signs.time[1]
    for hour in closed:
        said_at = DAY + timedelta(hours=hour)
        closings.append(SaidSafe(moment(float(began)), said_at))
        began = said_at.timestamp()
    window = Window(1, UTC_ZONE, DAY, signs, no_track(), (), (), (), (), said_safe=closings)
    rule = Inactivity(lambda _day: SilenceBaseline(40, FLAT))
    found = rule.evaluate(window, DAY, DAY + timedelta(hours=until)).findings

    def clock(at: datetime) -> float:
        return round((at - DAY).total_seconds() / 3600, 2)

    return [(clock(one.began_at), None if one.cleared_at is None else clock(one.cleared_at)) for one in found]


def test_a_silence_that_goes_on_after_people_said_that_all_is_well_is_raised_again_after_as_long_as_before():
    assert said_safe(9, until=12) == [(9.01, None)]
    # Raised at 11:26; closed at 12:00; two hours and 25 minutes later nothing has moved yet.
    assert said_safe(9, until=14.4, closed=(12,)) == [(9.01, 12.0)]
    assert said_safe(9, until=14.5, closed=(12,)) == [(9.01, 12.0), (12.0, None)]
    # And once more, if that is closed in the same way.
    assert said_safe(9, until=18, closed=(12, 15)) == [(9.01, 12.0), (12.0, 15.0), (15.0, None)]


def test_a_life_sign_after_people_said_that_all_is_well_ends_it():
    assert said_safe(9, 13, until=14.9, closed=(12,)) == [(9.01, 12.0)]
    # It ends what was raised again, too.
    assert said_safe(9, 15, until=15.5, closed=(12,)) == [(9.01, 12.0), (12.0, 15.0)]


def test_what_people_closed_after_its_end_gives_the_next_silence_no_more_time():
    assert said_safe(9, 13, until=16, closed=(13.5,)) == said_safe(9, 13, until=16)


def test_saying_that_all_is_well_while_nothing_is_received_does_not_end_the_watch_either():
    signs = life_signs(regular(1, [9]))
    blind = [Blind(DAY + timedelta(hours=11.5), DAY + timedelta(hours=13), DAY + timedelta(hours=11.6))]
    closing = SaidSafe(moment(float(signs.time[-1])), DAY + timedelta(hours=12))
    window = Window(1, UTC_ZONE, DAY, signs, no_track(), (), blind, (), (), said_safe=[closing])
    found = Inactivity(lambda _day: SilenceBaseline(40, FLAT)).evaluate(
        window, DAY, DAY + timedelta(hours=18)
    )
    assert [one.began_at for one in found.findings][-1] == DAY + timedelta(hours=12)


def test_a_home_of_single_signs_is_known_by_them():
    # From eight to noon one motion an hour; before, after and in the evening always two.
    rows = [*regular(30, [7.9, 12.1, 20]), *[one for one in regular(30, [9, 10, 11]) if one[0] % 60 == 0]]
    usual = learn(life_signs(rows), UTC_ZONE, (), DAY + timedelta(days=30))
    assert usual.sure is not None
    noon = 12 * 12 - 1
    # Between all signs an hour is usual; between sure ones the whole morning.
    assert usual.line.at_home[noon - 6] < 70
    assert usual.sure.at_home[noon - 6] > 150


def test_a_sensor_with_many_single_signs_is_not_trusted_with_them():
    rows = regular(30, [8, 12, 20])
    # A curtain moves eight times a day, mostly at night, until it is tied up.
    curtain = [
        ((DAY + timedelta(days=day, hours=hour)).timestamp(), DeviceKind.MOTION, "lounge")
        for day in range(30)
        for hour in (0, 1, 2, 3, 4, 5, 10, 15)
    ]
    alone = learn(life_signs(rows), UTC_ZONE, (), DAY + timedelta(days=30))
    usual = learn(life_signs([*rows, *curtain]), UTC_ZONE, (), DAY + timedelta(days=30))
    assert usual.distrusted == {"lounge"}
    # The night stays as long as it is, though the curtain cut it short.
    assert np.abs(usual.line.at_home - alone.line.at_home).max() <= 1
    rare = learn(life_signs([*rows, *curtain[::2]]), UTC_ZONE, (), DAY + timedelta(days=30))
    assert rare.distrusted == frozenset()
    assert rare.line.at_home.max() < alone.line.at_home.max() - 120


def test_where_single_signs_are_usual_no_sensor_is_distrusted_and_they_may_put_an_alarm_off_for_longer():
    # Two sensors that take turns to notice somebody every half an hour or so, alone; both only in the morning.
    rows = [
        ((DAY + timedelta(days=day, minutes=7 * 60 + wait)).timestamp(), DeviceKind.MOTION, place)
        for day in range(30)
        for number, place in enumerate(("kitchen", "lounge") * 12)
        for wait in (1 if number == 1 else 35 * number,)
    ]
    sparse = learn(life_signs(rows), UTC_ZONE, (), DAY + timedelta(days=30))
    assert sparse.distrusted == frozenset()
    assert sparse.singles > 0.8
    # A home whose signs mostly come in pairs, with the same two sensors: as before.
    dense = learn(
        life_signs([*regular(30, [one / 2 for one in range(14, 46)]), *rows[::24]]),
        UTC_ZONE,
        (),
        DAY + timedelta(days=30),
    )
    assert dense.singles < 0.05
    since_sure, before = (
        one.limit(160.0, "kitchen", sure_only=True).allowed_min
        for one in (sparse, replace(sparse, singles=dense.singles))
    )
    assert np.all(since_sure > before + 60)


def test_single_signs_of_a_sensor_that_is_not_trusted_put_nothing_off():
    rows = [*regular(1, [9]), *[((DAY + timedelta(hours=9.5)).timestamp(), DeviceKind.MOTION, "lounge")]]
    window = Window(1, UTC_ZONE, DAY, life_signs(rows), no_track(), (), (), (), ())
    for distrusted, minutes in ((frozenset[str](), 175), (frozenset({"lounge"}), 145 + 20 / 60)):
        usual = SilenceBaseline(40, FLAT, distrusted=distrusted)
        (found,) = (
            Inactivity(lambda _day, usual=usual: usual)
            .evaluate(window, DAY, DAY + timedelta(days=1))
            .findings
        )
        assert found.raised_at == DAY + timedelta(hours=9, minutes=minutes)


def test_the_reason_names_uncertain_signs():
    rows = [*regular(1, [9]), *[((DAY + timedelta(hours=11)).timestamp(), DeviceKind.MOTION, "kitchen")]]
    window = Window(1, UTC_ZONE, DAY, life_signs(rows), no_track(), (), (), (), ())
    (found,) = (
        Inactivity(lambda _day: SilenceBaseline(40, FLAT))
        .evaluate(window, DAY, DAY + timedelta(hours=20))
        .findings
    )
    assert found.began_at == DAY + timedelta(hours=9, seconds=20)
    assert found.reason["uncertain_signs"] == {
        "count": 1,
        "last": {"time": "2026-07-01T11:00:00+00:00", "place": "kitchen"},
        "counted_since": found.began_at.isoformat(),
    }
    # The count since eleven is due at 13:25; but since nine no more than an hour and 1.75 margins of 80 minutes are given.
    assert found.raised_at == DAY + timedelta(hours=12, minutes=25, seconds=20)
    # Without the bound it would be the count since the single sign.
    early = [*regular(1, [9]), *[((DAY + timedelta(hours=9.5)).timestamp(), DeviceKind.MOTION, "kitchen")]]
    window = Window(1, UTC_ZONE, DAY, life_signs(early), no_track(), (), (), (), ())
    (found,) = (
        Inactivity(lambda _day: SilenceBaseline(40, FLAT))
        .evaluate(window, DAY, DAY + timedelta(hours=20))
        .findings
    )
    assert found.raised_at == DAY + timedelta(hours=11, minutes=55)
    assert found.reason["silent_min"] == 145


def test_a_little_different_comes_half_an_hour_before_the_alarm():
    window = Window(1, UTC_ZONE, DAY, life_signs(regular(1, [9])), no_track(), (), (), (), ())
    rule = Inactivity(lambda _day: SilenceBaseline(40, FLAT))
    alarm_at = DAY + timedelta(hours=9, minutes=145, seconds=20)
    notice_at = alarm_at - timedelta(minutes=30)
    before = rule.evaluate(window, DAY, notice_at - timedelta(seconds=1))
    assert (before.is_different, before.due_at) == (False, notice_at)
    after = rule.evaluate(window, DAY, notice_at)
    assert (after.is_different, after.due_at, after.findings) == (True, alarm_at, ())


def test_nothing_is_different_while_the_watch_is_paused():
    pause = Interval(DAY + timedelta(hours=10), None)
    window = Window(1, UTC_ZONE, DAY, life_signs(regular(1, [9])), no_track(), (), (), (pause,), ())
    rule = Inactivity(lambda _day: SilenceBaseline(40, FLAT))
    found = rule.evaluate(window, DAY, DAY + timedelta(hours=20))
    assert (found.findings, found.is_different) == ((), False)


def test_without_any_life_sign_nobody_can_tell():
    window = Window(1, UTC_ZONE, DAY, life_signs([]), no_track(), (), (), (), ())
    evaluated = Inactivity(lambda _day: SilenceBaseline(40, FLAT)).evaluate(
        window, DAY, DAY + timedelta(days=3)
    )
    assert (evaluated.findings, evaluated.can_tell) == ((), False)


def test_nobody_can_tell_after_blind_time_until_the_next_life_sign():
    noon = DAY + timedelta(hours=12)
    blind = Blind(noon, noon + timedelta(hours=1), noon)
    rows = regular(1, [11.5])
    until = noon + timedelta(hours=1, minutes=30)
    rule = Inactivity(lambda _day: SilenceBaseline(40, FLAT))
    silent = Window(1, UTC_ZONE, DAY, life_signs(rows), no_track(), (), (blind,), (), ())
    assert not rule.evaluate(silent, DAY, until).can_tell
    # Also at the very moment at which nothing comes any more.
    assert rule.evaluate(silent, DAY, noon - timedelta(seconds=1)).can_tell
    assert not rule.evaluate(silent, DAY, noon).can_tell
    moved = Window(
        1, UTC_ZONE, DAY, life_signs([*rows, *regular(1, [13.2])]), no_track(), (), (blind,), (), ()
    )
    assert rule.evaluate(moved, DAY, until).can_tell


def test_inactivity_is_due_when_a_planned_absence_begins_and_when_it_ends_though_nothing_else_happens():
    def due(minute: float, *pauses: Interval) -> datetime | None:
        now = DAY + timedelta(minutes=minute)
        window = Window(
            resident=1,
            zone=UTC_ZONE,
            watched_from=DAY - timedelta(days=1),
            life_signs=life_signs([(DAY.timestamp(), DeviceKind.BED, "bedroom")]),
            track=no_track(),
            presses=(),
            blind=(),
            pauses=pauses,
            geofences=(),
        )
        return (
            Inactivity(lambda _: SilenceBaseline(40, FLAT))
            .evaluate(window, now - timedelta(minutes=1), now)
            .due_at
        )

    begins, ends = DAY + timedelta(minutes=20), DAY + timedelta(minutes=50)
    assert due(10, Interval(begins, ends)) == begins
    assert due(30, Interval(begins, ends)) == ends
    # What happens at this very moment is evaluated now, and not again for ever.
    assert due(20, Interval(begins, ends)) == ends
    assert due(50, Interval(begins, ends)) != ends
    assert due(10, Interval(begins, None)) == begins
    assert due(30, Interval(begins, None)) is None


def test_a_silence_that_ended_before_the_span_raises_nothing_in_it():
    morning = DAY + timedelta(hours=8)
    minutes = [*range(0, 60, 5), *range(360, 660, 5)]
    signs = life_signs(
        [((morning + timedelta(minutes=one)).timestamp(), DeviceKind.MOTION, "kitchen") for one in minutes]
    )
    window = Window(1, UTC_ZONE, DAY, signs, no_track(), (), (), (), ())
    rule = Inactivity(lambda _: SilenceBaseline(28, FLAT))
    ended = morning + timedelta(minutes=360)

    assert len(rule.evaluate(window, morning, ended).findings) == 1
    assert rule.evaluate(window, ended + timedelta(hours=4), ended + timedelta(hours=5)).findings == ()


@pytest.mark.parametrize(
    ("before", "is_reported"), [(timedelta(microseconds=1), True), (timedelta(0), False)]
)
@pytest.mark.parametrize("ends_by", ["life sign", "planned absence"])
def test_an_alarm_that_ended_up_to_three_hours_before_the_span_is_still_reported_and_none_of_earlier(
    ends_by: str, before: timedelta, *, is_reported: bool
) -> None:
    ended = DAY + timedelta(hours=15)
    moved = [(ended.timestamp(), DeviceKind.BED, "bedroom")] if ends_by == "life sign" else []
    away = (Interval(ended, None),) if ends_by == "planned absence" else ()
    signs = life_signs([*regular(1, [9]), *moved])
    window = Window(1, UTC_ZONE, DAY, signs, no_track(), (), (), away, ())
    since = ended + timedelta(hours=3) - before
    evaluated = Inactivity(lambda _: SilenceBaseline(28, FLAT)).evaluate(
        window, since, since + timedelta(minutes=1)
    )

    # The silence since then is another one.
    found = [one.cleared_at for one in evaluated.findings if one.began_at < ended]
    assert found == [ended] * is_reported


def test_a_home_is_said_to_be_different_while_its_alarm_lasts_and_no_longer() -> None:
    rows = [*regular(1, [9]), ((DAY + timedelta(hours=13)).timestamp(), DeviceKind.BED, "bedroom")]
    rule = Inactivity(lambda _: SilenceBaseline(28, FLAT))

    def seen(hours: float, *blind: Blind) -> tuple[int, bool, bool]:
        until = DAY + timedelta(hours=hours)
        window = Window(1, UTC_ZONE, DAY, life_signs(rows), no_track(), (), blind, (), ())
        found = rule.evaluate(window, DAY, until)
        return len(found.findings), found.is_different, found.can_tell

    # Whoever was raised stays so when the line breaks afterwards: that is known.
    assert (
        seen(12)
        == seen(12.5, Blind(DAY + timedelta(hours=12), None, DAY + timedelta(hours=12)))
        == (1, True, True)
    )
    assert seen(13.5) == (1, False, True)
