"""The rules about life at home find the same in the same data, live or afterwards, whenever somebody looks."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.agreed.quiet_limit import QuietLimit
from core.domain.device import DeviceKind
from core.domain.geodesy import METRES_PER_DEGREE
from core.domain.geofence import Hours
from core.domain.metrics import PRESENCE
from core.domain.planned_absence import AbsenceKind
from core.domain.rhythm import Appliance, Habit, Rhythm, Spans, Stillness
from core.store.telemetry.occupancies import OccupancyChanges
from detectors.features import presence
from detectors.features.daily_rhythm import TrainingData
from detectors.features.daily_rhythm import learn as learn_rhythm
from detectors.features.silence_profile import ThresholdCurve
from detectors.features.silence_threshold import SilenceBaseline, learn
from detectors.features.window import (
    Blind,
    Interval,
    PlannedAbsence,
    Power,
    RoomSeries,
    Track,
    Window,
    life_signs,
    moment,
)
from detectors.rules import absence_not_taken
from detectors.rules.absence_not_taken import AbsenceNotTaken
from detectors.rules.appliance import ApplianceLeftOn, ApplianceUnused
from detectors.rules.base import Evaluation, Rule
from detectors.rules.bathroom_stay import BathroomStay
from detectors.rules.cold import Cold
from detectors.rules.heat import Heat
from detectors.rules.inactivity import Inactivity
from detectors.rules.late_morning import LateMorning
from detectors.rules.night_exit import NightExit
from detectors.rules.not_returned import NotReturned
from detectors.rules.quiet_too_long import QuietTooLong
from detectors.rules.restless_night import RestlessNight
from detectors.rules.stillness import UnusualStillness
from detectors.windows.series import occupancy_series

ZONE = ZoneInfo("Europe/London")
# Two days around the night in which the clock is put back.
BEGIN = datetime(2026, 10, 24, 3, tzinfo=UTC)
MINUTES = 54 * 60
END = BEGIN + timedelta(minutes=MINUTES)
HOME = (51.5, 0.0)
RHYTHM = Rhythm(
    days=28,
    up=Habit(400.0, 12.0, 28),
    night_visits=30,
    nights=28,
    last_nights=(1, 1, 9, 1),
    outings={"weekday": Spans(12, 120.0, 180.0), "weekend": Spans(3, 90.0, 90.0)},
    stays={"day": Spans(200, 22.0, 30.0), "night": Spans(60, 12.0, 20.0)},
    stay_days=28,
    still_times={"8.presence": Stillness(28, 90, 8.0)},
    appliances={"7": Appliance(Habit(420.0, 10.0, 28), 28, Spans(80, 8.0, 12.0))},
    rooms_c={"living_room": (18.0,) * 24},
    has_door=True,
    night_exits=Spans(6, 20.0, 15.0),
)


def at(minute: float) -> datetime:
    return BEGIN + timedelta(minutes=minute)


def rhythm_on(_day: date) -> Rhythm:
    return RHYTHM


def baseline_on(_day: date) -> SilenceBaseline:
    return SilenceBaseline(40, ThresholdCurve(np.full(288, 150.0), np.full(288, 200.0)))


EVERY_DAY = frozenset(range(7))
# Over midnight, all day, and about rooms: what one of them says goes on while another holds.
LIMITS = (
    QuietLimit(1, 1, "kitchen", None, "", 120, Hours(EVERY_DAY, time(22), time(6))),
    QuietLimit(2, 1, "", None, "", 90, Hours(EVERY_DAY, time(0), time(0))),
    QuietLimit(3, 1, "bathroom", None, "", 300, Hours(frozenset({5, 6}), time(6), time(11, 30)), at(600)),
)

RULES: list[Callable[[], Rule]] = [
    lambda: LateMorning(rhythm_on, Inactivity(baseline_on)),
    lambda: RestlessNight(rhythm_on),
    lambda: BathroomStay(
        rhythm_on, Inactivity(baseline_on), UnusualStillness(rhythm_on, Inactivity(baseline_on))
    ),
    lambda: UnusualStillness(rhythm_on, Inactivity(baseline_on)),
    lambda: ApplianceUnused(rhythm_on),
    lambda: ApplianceLeftOn(rhythm_on),
    Heat,
    lambda: Cold(rhythm_on),
    lambda: NotReturned(rhythm_on),
    lambda: NightExit(rhythm_on),
    AbsenceNotTaken,
    lambda: Inactivity(baseline_on),
    lambda: QuietTooLong(LIMITS),
]
# What a thermometer or a plug says does not depend on what else is in contact.
OF_ABSENCE = [
    rule for rule in RULES if rule().name not in {"heat", "cold", "appliance_left_on", "absence_not_taken"}
]

minutes = st.integers(0, MINUTES)
kinds = st.sampled_from([DeviceKind.MOTION, DeviceKind.MOTION, DeviceKind.MOTION, DeviceKind.DOOR])
signs = st.lists(st.tuples(minutes, kinds, st.sampled_from(["bathroom", "kitchen", "hall"])), max_size=70)
levels = st.lists(st.tuples(minutes, st.sampled_from([5.0, 11.0, 20.0, 33.0, 38.0])), max_size=60)
presence_said = st.lists(st.tuples(minutes, st.booleans()), max_size=30)
watts = st.lists(st.tuples(minutes, st.sampled_from([0.0, 1100.0])), max_size=30)
fixes = st.lists(st.tuples(minutes, st.sampled_from([0.0, 80.0, 900.0])), max_size=60)
spans = st.lists(st.tuples(minutes, st.integers(30, 600)), max_size=2)
plans = st.lists(
    st.tuples(minutes, st.integers(60, 900), st.sampled_from([AbsenceKind.DAY_SERVICE, AbsenceKind.TRAVEL])),
    max_size=1,
)
Rows = list[tuple[int, float]]


class Home:
    """All that happened; `window` is what of it was known at a moment."""

    def __init__(self, draw: st.DataObject) -> None:
        self.signs = draw.draw(signs, "life signs")
        self.levels: Rows = draw.draw(levels, "temperatures")
        self.watts: Rows = draw.draw(watts, "watts")
        self.presence = draw.draw(presence_said, "presence")
        self.fixes: Rows = draw.draw(fixes, "fixes")
        self.blind = draw.draw(spans, "blind")
        # A tracker and a plan together: which of the two is known first may change what the pause is.
        self.plans = [] if self.fixes else draw.draw(plans, "plans")

    def window(self, until: datetime) -> Window:
        seen = life_signs(
            (at(minute).timestamp(), kind, "front_door" if kind is DeviceKind.DOOR else place)
            for minute, kind, place in self.signs
            if at(minute) <= until
        )
        rooms, power, track = (self._rows(rows, until) for rows in (self.levels, self.watts, self.fixes))
        lat = HOME[0] + track[:, 1] / METRES_PER_DEGREE
        way = Track(track[:, 0], lat, np.full(len(lat), HOME[1]), np.full(len(lat), 10.0))
        planned = [
            PlannedAbsence(number, kind, at(minute), at(minute + length))
            for number, (minute, length, kind) in enumerate(self.plans)
        ]
        away = presence.away(way, HOME, seen)
        there = sorted({minute: said for minute, said in self.presence if at(minute) <= until}.items())
        changed = [
            one for number, one in enumerate(there) if one[1] is not (number > 0 and there[number - 1][1])
        ]
        times, said = [at(minute).timestamp() for minute, _ in changed], [one for _, one in changed]
        radar = OccupancyChanges(8, PRESENCE.number, "", "bathroom", times, said)
        blind = [
            Blind(at(minute), at(minute + length) if at(minute + length) <= until else None, at(minute))
            for minute, length in self.blind
            if at(minute) <= until
        ]
        return Window(
            resident=1,
            zone=ZONE,
            watched_from=BEGIN,
            life_signs=seen,
            track=way,
            presses=(),
            blind=blind,
            pauses=absence_not_taken.pauses(planned, seen, until, has_door=True, away=away),
            geofences=(),
            rooms=[RoomSeries("living_room", rooms[:, 0], rooms[:, 1], np.full(len(rooms), 60.0))],
            power=[Power(7, "kitchen", power[:, 0], power[:, 1])],
            occupancies=occupancy_series([radar]),
            absences=planned,
            away=away,
        )

    def _rows(self, rows: Rows, until: datetime):
        known = {at(minute).timestamp(): value for minute, value in rows if at(minute) <= until}
        return np.array(sorted(known.items()), np.float64).reshape(-1, 2)


def known(evaluated: Evaluation) -> dict[tuple[str, datetime], tuple[datetime, datetime | None]]:
    return {(one.rule, one.began_at): (one.raised_at, one.cleared_at) for one in evaluated.findings}


@pytest.mark.parametrize("make", RULES, ids=[rule().name for rule in RULES])
@given(st.data())
@settings(deadline=None, max_examples=25)
def test_the_same_is_found_live_and_afterwards(make: Callable[[], Rule], data: st.DataObject) -> None:
    home = Home(data)
    looks = {at(minute) for minute in data.draw(st.lists(minutes, max_size=15), "looks")}
    rule, since = make(), BEGIN
    live: dict[tuple[str, datetime], tuple[datetime, datetime | None]] = {}
    for until in sorted((looks - {BEGIN}) | {END}):
        live |= known(rule.evaluate(home.window(until), since, until))
        since = until
    assert live == known(rule.evaluate(home.window(END), BEGIN, END))


@pytest.mark.parametrize("make", OF_ABSENCE, ids=[rule().name for rule in OF_ABSENCE])
@given(st.data())
@settings(deadline=None, max_examples=10)
def test_nothing_is_raised_while_the_home_is_out_of_contact_or_an_absence_is_planned(
    make: Callable[[], Rule], data: st.DataObject
) -> None:
    window = replace(
        Home(data).window(END), pauses=(Interval(BEGIN - timedelta(days=1), END + timedelta(days=1)),)
    )
    assert make().evaluate(window, BEGIN, END).findings == ()


@given(signs, levels, watts)
@settings(deadline=None, max_examples=40)
def test_a_rhythm_is_kept_exactly(
    rows: list[tuple[int, DeviceKind, str]], temperatures: Rows, used: Rows
) -> None:
    seen = life_signs((at(minute).timestamp(), kind, place) for minute, kind, place in rows)
    rooms, power = (
        np.array(sorted({at(one).timestamp(): value for one, value in found}.items()), np.float64).reshape(
            -1, 2
        )
        for found in (temperatures, used)
    )
    past = TrainingData(
        seen,
        [Power(7, "kitchen", power[:, 0], power[:, 1])],
        [RoomSeries("living_room", rooms[:, 0], rooms[:, 1], np.full(len(rooms), 50.0))],
        (),
        END.timestamp(),
    )
    found = learn_rhythm(past, ZONE)
    assert Rhythm.from_json(found.to_json()) == found
    excluded = learn_rhythm(replace(past, excluded=((BEGIN.timestamp() - 86_400, END.timestamp()),)), ZONE)
    assert (excluded.days, excluded.nights_out, excluded.outings) == (0, 0, {})
    assert learn(seen, ZONE, (), moment(END.timestamp())).days >= 0
