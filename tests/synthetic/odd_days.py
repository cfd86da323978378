"""Days that are not like others, and how many false inactivity alerts they give against the same days as they were.

Made-up homes of SYN-40. Nothing of what is put in is an emergency: somebody sleeps in, has a long nap or a guest, the gateway is dark for half a
day, the clocks are changed, somebody travels for five days. Each home has one such day at a time, after eight weeks or more have taught. New homes
are evaluated from their first day.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from core.domain.device import DeviceKind
from core.domain.planned_absence import AbsenceKind
from detectors.features.local_time import midnight
from detectors.features.silence_threshold import SilenceBaseline, learn
from detectors.features.window import (
    LIFE_KINDS,
    Blind,
    LifeSigns,
    PlannedAbsence,
    Window,
    life_signs,
    moment,
    no_track,
)
from detectors.rules import absence_not_taken
from detectors.rules.inactivity import Inactivity
from simulator.evaluation.protocol import DAY_S, Floats
from simulator.evaluation.synthetic import syn40

UTC_ZONE, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
# The nights of 23 and of 25 hours, and the days before and after them.
CHANGES = {"23-hour day": date(2026, 3, 29), "25-hour day": date(2026, 10, 25)}
FIRST_TESTED, TESTED_EVERY, DAYS = 60, 7, 100
NEW_DAYS = 28
_HOUR = 3600.0
# A dark gateway is known to be dark after this time, as live.
_KNOWN_AFTER_S = 900.0
# What the rule looks at before a day, and for how long after it alerts are counted.
_BACK_DAYS, _AFTER_S = 6, 36 * _HOUR
_TRAVEL_DAYS = 5
_GUEST_MOVES_S = 150.0
_GUEST_ROOMS = ("lounge", "kitchen", "bathroom")

Sign = tuple[float, DeviceKind, str]


@dataclass(frozen=True)
class OddDays:
    """How often somebody would be alarmed about for nothing.

    Attributes
    ----------
    trials : int
        How many such days there were.
    alerts, usually : int
        Inactivity alerts on them and in the day and a half after, and about the same time as it was without.
    days : float
        How much time that is.
    """

    trials: int
    alerts: int
    usually: int
    days: float

    @property
    def more(self) -> float:
        """How many alerts more each such day gives."""
        return (self.alerts - self.usually) / self.trials


@dataclass(frozen=True)
class _Day:
    """A home's signs round a day, that day's first midnight (Unix seconds), and what else the rule is given."""

    signs: list[Sign]
    midnight: float
    lasts_s: float = 0.0
    blind: tuple[Blind, ...] = ()
    planned: tuple[PlannedAbsence, ...] = ()


Change = Callable[[_Day, np.random.Generator], _Day]


def score_odd_days(homes: int = 40) -> dict[str, OddDays]:
    """Let each home have each kind of day, and count."""
    counts = {kind: np.zeros(2, np.int64) for kind in (*_KINDS, *CHANGES)}
    spans = dict.fromkeys(counts, 0.0)
    trials = 0
    for seed, recording in enumerate(syn40(homes, DAYS)):
        signs = recording.signs
        first = float(np.floor(signs.time[0] / DAY_S)) * DAY_S
        for number in range(FIRST_TESTED, DAYS - _TRAVEL_DAYS - 4, TESTED_EVERY):
            trials += 1
            at = first + number * DAY_S
            usual = learn(signs, UTC_ZONE, (), moment(at) - timedelta(hours=2))
            plain = _Day(_rows(signs, at), at)
            for place, (kind, change) in enumerate(_KINDS.items()):
                odd = change(plain, np.random.default_rng((seed, number, place)))
                spans[kind] += (odd.lasts_s + _AFTER_S) / DAY_S
                counts[kind] += _alerts(odd, usual), _alerts(plain, usual, odd.lasts_s)
            before = _alerts(plain, usual)
            for kind, day in CHANGES.items():
                counts[kind] += _alerts_on_change(signs, at, day), before
                spans[kind] += _AFTER_S / DAY_S
    return {
        kind: OddDays(trials, int(alerts), int(usually), spans[kind])
        for kind, (alerts, usually) in counts.items()
    }


def score_new_homes(homes: int = 40) -> dict[str, OddDays]:
    """Evaluate homes from the day of their first contact, with what each day knows; by the first week and the three after it."""
    counts = {"first week": 0, "second to fourth week": 0, "four weeks, known": 0}
    for recording in syn40(homes, NEW_DAYS + FIRST_TESTED):
        signs = recording.signs
        first = float(np.floor(signs.time[0] / DAY_S)) * DAY_S
        new = [_raised(signs, first, NEW_DAYS, _learned_from(signs, first))]
        counts["first week"] += sum(one < first + 7 * DAY_S for one in new[0])
        counts["second to fourth week"] += sum(one >= first + 7 * DAY_S for one in new[0])
        later = first + FIRST_TESTED * DAY_S
        known = learn(signs, UTC_ZONE, (), moment(later) - timedelta(hours=2))
        counts["four weeks, known"] += len(_raised(signs, later, NEW_DAYS, lambda _, known=known: known))
    days = {"first week": 7.0, "second to fourth week": NEW_DAYS - 7.0, "four weeks, known": NEW_DAYS}
    return {kind: OddDays(homes, count, 0, days[kind] * homes) for kind, count in counts.items()}


def _learned_from(signs: LifeSigns, first: float) -> Callable[[date], SilenceBaseline]:
    @cache
    def baseline_on(day: date) -> SilenceBaseline:
        known = signs.time >= first
        received = LifeSigns(signs.time[known], signs.kind[known], signs.place[known], signs.places)
        return learn(received, UTC_ZONE, (), midnight(UTC_ZONE, day) - timedelta(hours=2))

    return baseline_on


def _raised(
    signs: LifeSigns, first: float, days: int, baseline_on: Callable[[date], SilenceBaseline]
) -> list[float]:
    since = moment(first)
    window = Window(1, UTC_ZONE, since, signs, no_track(), (), (), (), ())
    found = Inactivity(baseline_on).evaluate(window, since, since + timedelta(days=days)).findings
    return [one.raised_at.timestamp() for one in found]


def _rows(signs: LifeSigns, at: float) -> list[Sign]:
    near = np.flatnonzero(
        (signs.time >= at - _BACK_DAYS * DAY_S) & (signs.time < at + (_TRAVEL_DAYS + 3) * DAY_S)
    )
    return [
        (float(signs.time[one]), LIFE_KINDS[int(signs.kind[one])], signs.places[int(signs.place[one])])
        for one in near
    ]


def _alerts(
    day: _Day, usual: SilenceBaseline, lasts_s: float | None = None, zone: ZoneInfo = UTC_ZONE
) -> int:
    """Count the alerts raised on a day and until the time after it is over."""
    since = moment(day.midnight)
    until = since + timedelta(seconds=(day.lasts_s if lasts_s is None else lasts_s) + _AFTER_S)
    signs = life_signs(day.signs)
    window = Window(
        resident=1,
        zone=zone,
        watched_from=since - timedelta(days=_BACK_DAYS),
        life_signs=signs,
        track=no_track(),
        presses=(),
        blind=day.blind,
        pauses=absence_not_taken.pauses(day.planned, signs, until, has_door=True, away=()),
        geofences=(),
    )
    found = Inactivity(lambda _: usual).evaluate(window, since, until).findings
    return sum(since < one.raised_at <= until for one in found)


def _alerts_on_change(signs: LifeSigns, at: float, day: date) -> int:
    """Count the same where the clocks are changed: people live by the clock on the wall, and taught by it."""
    moved = LifeSigns(_on_the_wall(signs.time, at, day), signs.kind, signs.place, signs.places)
    begins = midnight(BERLIN, day)
    usual = learn(moved, BERLIN, (), begins - timedelta(hours=2))
    return _alerts(_Day(_rows(moved, begins.timestamp()), begins.timestamp()), usual, zone=BERLIN)


def _on_the_wall(time: Floats, at: float, day: date) -> Floats:
    """Return when it is so late on the wall in Berlin, if the midnight `at` is that of a day on which the clocks are changed."""
    wall = time - at
    begins = datetime(day.year, day.month, day.day, tzinfo=BERLIN)
    after = datetime(day.year, day.month, day.day, 12, tzinfo=BERLIN)
    lost_s = 12 * _HOUR - (after.timestamp() - begins.timestamp())
    # Forward at two o'clock, back at three.
    changed = wall >= (2 if lost_s > 0 else 3) * _HOUR
    return begins.timestamp() + wall - np.where(changed, lost_s, 0.0)


def _suppressed(signs: Sequence[Sign], began: float, ended: float) -> list[Sign]:
    return [one for one in signs if not began <= one[0] < ended]


def _sleeps_in(day: _Day, random: np.random.Generator) -> _Day:
    up = min((time for time, _, _ in day.signs if time >= day.midnight + 4 * _HOUR), default=0.0)
    late = up + 2 * _HOUR
    signs = [*_suppressed(day.signs, up, late), (late, DeviceKind.MOTION, "bedroom")]
    return _Day(signs, day.midnight)


def _long_nap(day: _Day, random: np.random.Generator) -> _Day:
    began = day.midnight + random.uniform(12.5, 14.5) * _HOUR
    ended = began + random.uniform(2.5, 3.5) * _HOUR
    nap: list[Sign] = [(one, DeviceKind.MOTION, "lounge") for one in (began, ended)]
    return _Day([*_suppressed(day.signs, began, ended), *nap], day.midnight)


def _visitor(day: _Day, random: np.random.Generator) -> _Day:
    began = day.midnight + random.uniform(12, 15) * _HOUR
    ended = began + random.uniform(3, 5) * _HOUR
    doors: list[Sign] = [(one, DeviceKind.DOOR, "front-door") for one in (began, ended)]
    moments = random.uniform(began, ended, random.poisson((ended - began) / _GUEST_MOVES_S)).tolist()
    rooms = random.choice(_GUEST_ROOMS, len(moments)).tolist()
    guest = [(at, DeviceKind.MOTION, room) for at, room in zip(moments, rooms, strict=True)]
    return _Day([*day.signs, *doors, *guest], day.midnight)


def _gateway_dark(day: _Day, random: np.random.Generator) -> _Day:
    """Lose half a day, from any hour on."""
    began = day.midnight + random.uniform(0, 24) * _HOUR
    ended = began + 12 * _HOUR
    received = max((time for time, _, _ in day.signs if time < began), default=began)
    blind = Blind(moment(received), moment(ended), moment(min(began + _KNOWN_AFTER_S, ended)))
    return _Day(_suppressed(day.signs, began, ended), day.midnight, ended - day.midnight - DAY_S, (blind,))


def _travels(day: _Day, random: np.random.Generator) -> _Day:
    leaves = day.midnight + random.uniform(9, 11) * _HOUR
    returns = day.midnight + _TRAVEL_DAYS * DAY_S + random.uniform(13, 18) * _HOUR
    door: list[Sign] = [(one, DeviceKind.DOOR, "front-door") for one in (leaves, returns)]
    back: list[Sign] = [(returns + wait, DeviceKind.MOTION, "hallway") for wait in (40.0, 90.0)]
    return _Day([*_suppressed(day.signs, leaves, returns), *door, *back], day.midnight, _TRAVEL_DAYS * DAY_S)


def _travels_as_planned(day: _Day, random: np.random.Generator) -> _Day:
    away = _travels(day, random)
    span = (
        moment(day.midnight + 8 * _HOUR),
        moment(day.midnight + _TRAVEL_DAYS * DAY_S + 20 * _HOUR),
    )
    planned = PlannedAbsence(1, AbsenceKind.TRAVEL, *span)
    return _Day(away.signs, away.midnight, away.lasts_s, planned=(planned,))


_KINDS: dict[str, Change] = {
    "sleeps in for two hours": _sleeps_in,
    "long nap": _long_nap,
    "visitor": _visitor,
    "gateway dark for 12 h": _gateway_dark,
    "travels for five days, planned": _travels_as_planned,
    "travels for five days, unplanned": _travels,
}
