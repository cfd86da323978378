"""A simulated ward seen by its testers: what really happens there, and how the alerts compare with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.domain.rules import RULES

# A rule may name a moment a little before the event began (the last sign of life), and people are notified a while after it ended.
_EARLY = timedelta(minutes=15)
_LATER = timedelta(hours=6)


class Injectable(StrEnum):
    """What a tester can make happen at once; the simulator knows more kinds, which need a day's plan."""

    SOS = "sos"
    COLLAPSE = "collapse"
    BATHROOM_FALL = "bathroom_fall"
    LEAVES_AREA = "leaves_area"
    WANDERS = "wanders"
    KETTLE_LEFT_ON = "kettle_left_on"
    ROOM_HOT = "room_hot"
    ROOM_COLD = "room_cold"
    GATEWAY_DIES = "gateway_dies"
    LINE_CUT = "line_cut"
    VISITOR = "visitor"


@dataclass(frozen=True)
class SimulatedEvent:
    """One thing that really happens in a simulated ward.

    Attributes
    ----------
    kind : str
        The simulator's word for it, for example `collapse`.
    home : int or None
        Where; None for the whole ward.
    raises : tuple of str
        The rules of which one should raise it; none: nobody should be disturbed.
    due_at : datetime or None
        Until when an alert should be raised.
    is_injected : bool
        Whether a tester made it happen.
    """

    number: int
    kind: str
    home: int | None
    began_at: datetime
    ended_at: datetime
    raises: tuple[str, ...]
    due_at: datetime | None
    is_injected: bool


@dataclass(frozen=True)
class RaisedAlert:
    """An alert as it was raised; `home` is None for one about the ward.

    `raised_at` is when what was found passed its limit, in the time of the data. `notified_at` is when the first message asking somebody to
    act was taken by its provider, or, of equipment, about which nobody is asked at once, when it came on the board; None: not yet.
    """

    number: int
    rule: str
    home: int | None
    raised_at: datetime
    notified_at: datetime | None = None


class Verdict(StrEnum):
    """How the alerts about an event came."""

    RAISED = "told"  # the word of the JSON interface
    LATE = "late"
    MISSED = "missed"
    WAITING = "waiting"
    """No alert is raised yet, and there is still time."""
    NOT_DUE = "not_due"
    """Nobody should be disturbed because of it."""


@dataclass(frozen=True)
class Expectation:
    """An event with the alert that was raised for it first, or of which people were notified first, and how long that took."""

    event: SimulatedEvent
    verdict: Verdict
    alert: RaisedAlert | None
    delay: timedelta | None


@dataclass(frozen=True)
class Comparison:
    """What was expected against what was got; false alerts belong to nothing that happens."""

    expectations: tuple[Expectation, ...]
    false_alerts: tuple[RaisedAlert, ...]


def compare(
    events: Sequence[SimulatedEvent],
    alerts: Sequence[RaisedAlert],
    now: datetime,
    *,
    by_delivery: bool = False,
) -> Comparison:
    """Compare what really happened with what was raised up to `now`.

    `by_delivery`: an event counts from when people were notified of it, after it began; what was raised and not sent is missed. Without
    it, where no messages are sent, it counts from when it was raised.

    An alert of another rule about a home where something does happen is neither what was expected nor false; about the ward, the same.
    But when the whole ward is silent an alert about each home is false, and so is one about the ward when somebody falls. One about a
    battery never is, since batteries run down by themselves.
    """
    in_order = sorted(alerts, key=lambda alert: alert.raised_at)
    expected = _expectation_by_delivery if by_delivery else _expectation
    expectations = tuple(expected(event, in_order, now) for event in events)
    false = tuple(
        alert
        for alert in in_order
        if not _is_ordinary(alert) and not any(_belongs(alert, event) for event in events)
    )
    return Comparison(expectations, false)


def _expectation(event: SimulatedEvent, alerts: Sequence[RaisedAlert], now: datetime) -> Expectation:
    if event.due_at is None:
        return Expectation(event, Verdict.NOT_DUE, None, None)
    first = next((alert for alert in alerts if alert.rule in event.raises and _belongs(alert, event)), None)
    if first is None:
        return Expectation(event, Verdict.WAITING if now < event.due_at else Verdict.MISSED, None, None)
    verdict = Verdict.RAISED if first.raised_at <= event.due_at else Verdict.LATE
    return Expectation(event, verdict, first, max(first.raised_at - event.began_at, timedelta(0)))


def _expectation_by_delivery(
    event: SimulatedEvent, alerts: Sequence[RaisedAlert], now: datetime
) -> Expectation:
    if event.due_at is None:
        return Expectation(event, Verdict.NOT_DUE, None, None)
    theirs = [alert for alert in alerts if alert.rule in event.raises and _belongs(alert, event)]
    # A message that left before it began was about something else.
    sent = [
        (alert.notified_at, alert)
        for alert in theirs
        if alert.notified_at is not None and alert.notified_at >= event.began_at
    ]
    if not sent:
        verdict = Verdict.WAITING if now < event.due_at else Verdict.MISSED
        return Expectation(event, verdict, theirs[0] if theirs else None, None)
    notified_at, first = min(sent, key=lambda one: one[0])
    verdict = Verdict.RAISED if notified_at <= event.due_at else Verdict.LATE
    return Expectation(event, verdict, first, notified_at - event.began_at)


def _is_ordinary(alert: RaisedAlert) -> bool:
    return alert.rule in RULES and RULES[alert.rule].is_ordinary


def _belongs(alert: RaisedAlert, event: SimulatedEvent) -> bool:
    if event.due_at is None:
        return False
    is_there = alert.home == event.home
    # Of two homes one is another; but one alert about the ward may stand for many homes.
    is_expected = (alert.home is None or event.home is None) and alert.rule in event.raises
    until = max(event.ended_at, event.due_at) + _LATER
    return (is_there or is_expected) and event.began_at - _EARLY <= alert.raised_at <= until
