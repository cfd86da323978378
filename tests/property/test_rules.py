"""The same data give the same findings, however they come: at once, live, in any order, and more than once."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.alert import Finding, Subject
from core.domain.device import DeviceKind
from core.domain.geofence import ALWAYS, Circle, Geofence, Hours
from core.domain.sensitivity import Sensitivity
from detectors.features.silence_profile import ThresholdCurve
from detectors.features.silence_threshold import SilenceBaseline, learn, threshold_from
from detectors.features.window import Blind, Interval, Press, Window, life_signs, no_track
from detectors.rules.base import Evaluation, Rule
from detectors.rules.emergency_call import SosCall
from detectors.rules.geofence_exit import GeofenceExit
from detectors.rules.inactivity import Inactivity
from detectors.rules.ward_silent import WardSilence, known_at
from detectors.windows.series import track

ZONE = ZoneInfo("Europe/London")
# Two days around the night in which the clock is put back.
BEGIN = datetime(2026, 10, 24, 6, tzinfo=UTC)
MINUTES = 48 * 60
END = BEGIN + timedelta(minutes=MINUTES)
KINDS = (DeviceKind.MOTION, DeviceKind.MOTION, DeviceKind.MOTION, DeviceKind.DOOR, DeviceKind.BED)

# The machine may be busy with other tests.
UNHURRIED = settings(deadline=None, max_examples=60)

minutes = st.integers(0, MINUTES)
sign = st.tuples(minutes, st.sampled_from(KINDS), st.sampled_from(["hall", "kitchen"]))
signs = st.lists(sign, max_size=60)
spans = st.lists(st.tuples(minutes, st.integers(1, 600)), max_size=2)
looks = st.lists(minutes, max_size=12)


def at(minute: float) -> datetime:
    return BEGIN + timedelta(minutes=minute)


def baseline_on(_day: date) -> SilenceBaseline:
    clock = np.arange(288) / 12
    at_home = np.where((clock > 7) & (clock < 22), 60.0, 240.0)
    return SilenceBaseline(40, ThresholdCurve(at_home, at_home + 120))


def window(rows: list[tuple[int, DeviceKind, str]], *, until: datetime = END, **more: object) -> Window:
    series = life_signs(
        (at(minute).timestamp(), kind, place) for minute, kind, place in rows if at(minute) <= until
    )
    given_values = {"blind": (), "pauses": (), "presses": (), "geofences": (), "track": no_track(), **more}
    return Window(resident=1, zone=ZONE, watched_from=BEGIN, life_signs=series, **given_values)  # pyright: ignore[reportArgumentType]


def known(evaluated: Evaluation) -> dict[tuple[Subject, datetime], tuple[datetime, datetime | None]]:
    return {(one.subject, one.began_at): (one.raised_at, one.cleared_at) for one in evaluated.findings}


def live(
    rule: Rule, made: dict[datetime, Window]
) -> dict[tuple[Subject, datetime], tuple[datetime, datetime | None]]:
    """Evaluate span by span, each with what was known then; return each episode as it was last seen."""
    seen: dict[tuple[Subject, datetime], tuple[datetime, datetime | None]] = {}
    since = BEGIN
    for until, seen_window in sorted(made.items(), key=lambda one: one[0]):
        seen |= known(rule.evaluate(seen_window, since, until))
        since = until
    return seen


def blind_by(found: list[tuple[int, int]], until: datetime) -> list[Blind]:
    """Return blind times as they are known at a moment."""
    return [
        Blind(at(minute), at(minute + length) if at(minute + length) <= until else None, at(minute))
        for minute, length in found
        if at(minute) <= until
    ]


@given(signs, looks, spans, spans)
@UNHURRIED
def test_inactivity_is_the_same_live_and_afterwards(
    rows: list[tuple[int, DeviceKind, str]],
    when: list[int],
    blind: list[tuple[int, int]],
    away: list[tuple[int, int]],
) -> None:
    rule = Inactivity(baseline_on)
    pauses = [Interval(at(minute), at(minute + length)) for minute, length in away]
    moments = [*sorted({at(minute) for minute in when} - {BEGIN}), END]
    made = {
        until: window(rows, until=until, blind=blind_by(blind, until), pauses=pauses) for until in moments
    }
    assert live(rule, made) == known(rule.evaluate(made[END], BEGIN, END))


singles = st.lists(st.integers(1, 95), max_size=40, unique=True)


@given(singles, st.integers(0, 26 * 60), st.booleans())
@UNHURRIED
def test_uncertain_signs_put_an_alarm_off_no_longer_than_the_bound_and_never_bring_it_forward(
    when: list[int], fell: int, at_the_door: bool
) -> None:
    rule = Inactivity(baseline_on)
    last = [(fell, KINDS[3 if at_the_door else 0], "hall"), (fell + 1, KINDS[0], "hall")]
    # Each is alone for fifteen minutes, as a curtain in front of a sensor may move.
    stirs = [(fell + 1 + 15 * one, KINDS[0], "kitchen") for one in when if fell + 1 + 15 * one <= MINUTES]
    (without,) = rule.evaluate(window(last), BEGIN, END).findings
    (found,) = rule.evaluate(window([*last, *stirs]), BEGIN, END).findings
    base = at(fell + 1).timestamp()
    limits = threshold_from(
        baseline_on(BEGIN.date()), Sensitivity.STANDARD, ZONE, base, place="hall", sure_only=True
    )
    bound = at(fell + 1) + timedelta(minutes=float(limits.age_min[np.argmax(limits.passed)]))
    latest = max(without.raised_at, bound) + timedelta(minutes=10)
    assert without.raised_at <= found.raised_at <= latest
    # Nor do they end it, or hide when somebody was surely seen last.
    assert (found.began_at, found.cleared_at) == (without.began_at, None)


@given(signs, st.randoms(use_true_random=False))
@UNHURRIED
def test_order_and_repeats_change_nothing(rows: list[tuple[int, DeviceKind, str]], random: object) -> None:
    rule = Inactivity(baseline_on)
    again = rows + rows[: len(rows) // 2]
    random.shuffle(again)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    assert rule.evaluate(window(again), BEGIN, END) == rule.evaluate(window(rows), BEGIN, END)


@given(signs)
@UNHURRIED
def test_the_answer_does_not_change_before_the_moment_it_names(
    rows: list[tuple[int, DeviceKind, str]],
) -> None:
    rule = Inactivity(baseline_on)
    until = at(24 * 60)
    now = rule.evaluate(window(rows, until=until), BEGIN, until)
    due = now.due_at or END
    assert due > until
    later = max(until, min(due, END) - timedelta(seconds=1))
    again = rule.evaluate(window(rows, until=until), BEGIN, later)
    assert (known(again), again.can_tell, again.is_different) == (known(now), now.can_tell, now.is_different)


@given(signs, minutes)
@UNHURRIED
def test_nothing_is_raised_after_the_ward_was_last_in_contact(
    rows: list[tuple[int, DeviceKind, str]], received: int
) -> None:
    rule = Inactivity(baseline_on)
    held = rule.evaluate(window(rows, undecided_from=at(received)), BEGIN, END)
    free = rule.evaluate(window(rows), BEGIN, END)
    # What was raised up to then stays as it is; the rest waits, whether or not anything was received again.
    assert known(held) == {name: one for name, one in known(free).items() if one[0] <= at(received)}


fix = st.tuples(
    minutes, st.sampled_from([0.0, 0.001, 0.004, 0.02]), st.sampled_from([5.0, 40.0, 300.0, 900.0, np.nan])
)
shapes = st.sampled_from(
    [
        ALWAYS,
        Hours(frozenset({5, 6}), datetime.min.time().replace(hour=22), datetime.min.time().replace(hour=6)),
    ]
)


def tracked(rows: list[tuple[int, float, float]], hours: Hours, until: datetime) -> Window:
    fixes = sorted(
        (at(minute).timestamp(), 51.5 + north, 0.0, accuracy)
        for minute, north, accuracy in rows
        if at(minute) <= until
    )
    fence = Geofence(3, 1, "home", Circle(51.5, 0.0, 150.0), hours)
    return window([], track=track(fixes), geofences=(fence,))


@given(st.lists(fix, max_size=80, unique_by=lambda one: one[0]), shapes, looks)
@UNHURRIED
def test_geofence_exits_are_the_same_live_and_afterwards(
    rows: list[tuple[int, float, float]], hours: Hours, when: list[int]
) -> None:
    rule = GeofenceExit()
    moments = [*sorted({at(minute) for minute in when} - {BEGIN}), END]
    made = {until: tracked(rows, hours, until) for until in moments}
    assert live(rule, made) == known(rule.evaluate(made[END], BEGIN, END))


def pressed(device: int, minute: int, wrong: int, seq: int) -> Press:
    return Press(device, "", at(minute + wrong), at(minute), seq)


press = st.builds(pressed, st.integers(1, 2), minutes, st.integers(-5000, 5000), st.integers(1, 50))


@given(st.lists(press, max_size=12))
@UNHURRIED
def test_every_press_belongs_to_a_call(presses: list[Press]) -> None:
    calls = SosCall().evaluate(window([], presses=presses), BEGIN, END).findings
    for one in presses:
        if one.received_at > BEGIN:
            assert any(
                call.began_at <= one.received_at for call in calls if call.reason["device"] == one.device
            )
    # Raised when it was received, or up to a day before, but never later.
    assert all(BEGIN < call.raised_at <= END for call in calls)
    again = SosCall().evaluate(window([], presses=presses[::-1] * 2), BEGIN, END).findings
    assert again == calls


@given(st.lists(sign, min_size=1, max_size=200))
@UNHURRIED
def test_what_was_learned_is_kept_exactly(rows: list[tuple[int, DeviceKind, str]]) -> None:
    found = learn(window(rows).life_signs, ZONE, (), END)
    again = SilenceBaseline.from_json(found.to_json())
    assert again.days == found.days
    assert np.array_equal(again.line.at_home, found.line.at_home)
    assert np.array_equal(again.line.outings, found.line.outings)
    assert (again.sure is None, again.distrusted, again.singles) == (
        found.sure is None,
        found.distrusted,
        found.singles,
    )
    if found.sure is not None and again.sure is not None:
        assert np.array_equal(again.sure.at_home, found.sure.at_home)
    assert np.all(found.line.at_home >= 0)
    assert np.all(found.line.at_home <= 24 * 60)


@given(minutes, st.integers(0, 40))
@UNHURRIED
def test_an_outage_is_known_between_the_limit_by_day_and_by_night(minute: int, homes: int) -> None:
    known = known_at(WardSilence(at(minute), None, homes), ZONE)
    if homes < 10:
        assert known is None
    else:
        day, night = (15, 60) if homes >= 20 else (30, 120)
        assert known is not None
        assert timedelta(minutes=day) <= known - at(minute) <= timedelta(minutes=night)


def test_findings_are_the_type_that_alerts_are_made_of() -> None:
    found = SosCall().evaluate(window([], presses=[Press(1, "", at(1), at(1), 1)]), BEGIN, END).findings
    assert [type(one) for one in found] == [Finding]
