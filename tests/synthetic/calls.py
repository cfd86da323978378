"""How well calls for help are raised: each of them within a minute of being received, and nobody called for nothing or twice for one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from tests.synthetic.call_home import CallHome, TrueCall

IN_TIME = timedelta(minutes=1)
# Presses of one button this close are one call, by the rule's documented meaning; so are all reports of a detector about one thing.
ONE_CALL = timedelta(minutes=2)
# What a detector goes on saying this long after its alert was closed may be raised again.
RAISED_AGAIN_AFTER = timedelta(minutes=30)
GROUPS = {"sos": ("sos",), "fall": ("fall",), "other detectors": ("smoke", "water_leak")}


@dataclass
class RaisedCall:
    """An alert about a home: when it was opened and closed, and when those who knew were notified of a further call."""

    rule: str
    opened_at: datetime
    closed_at: datetime | None = None
    again: list[datetime] = field(default_factory=list[datetime])


@dataclass(frozen=True)
class CallScore:
    """How calls were raised.

    Attributes
    ----------
    calls, raised : int
        Presses and things that detectors found, and those about which an alert was open within a minute of being received.
    false_alerts : int
        Alerts opened although nobody called.
    repeats : int
        Alerts and further messages about a call that had been raised.
    p95_s, longest_s : float
        Seconds from receiving a call to raising it, where no alert was open yet.
    """

    calls: int
    raised: int
    false_alerts: int
    repeats: int
    p95_s: float
    longest_s: float
    days: float

    @property
    def recall(self) -> float:
        """The share that was raised."""
        return self.raised / self.calls if self.calls else 1.0

    @property
    def false_30d(self) -> float:
        """False alerts in 30 home-days."""
        return 30 * self.false_alerts / self.days

    @property
    def repeats_30d(self) -> float:
        """Repeats in 30 home-days."""
        return 30 * self.repeats / self.days


@dataclass(frozen=True)
class Misjudged:
    """One call that was not raised, or one message too many."""

    home: int
    what: str
    rule: str
    at: datetime
    case: str


def score_calls(
    homes: Sequence[CallHome], raised: Mapping[int, Sequence[RaisedCall]], days: float
) -> tuple[dict[str, CallScore], list[Misjudged]]:
    """Return how the calls of homes were raised, by group, and everything that went wrong, one by one."""
    found: dict[str, CallScore] = {}
    wrong: list[Misjudged] = []
    for group, rules in GROUPS.items():
        mine = [_Evaluated(home, raised[home.number], rule) for home in homes for rule in rules]
        waits = [wait for one in mine for wait in one.waits]
        counted = [one for each in mine for one in each.wrong]
        wrong += counted
        calls = sum(len(one.calls) for one in mine)
        found[group] = CallScore(
            calls=calls,
            raised=calls - sum(one.what == "missed" for one in counted),
            false_alerts=sum(one.what == "false" for one in counted),
            repeats=sum(one.what == "repeat" for one in counted),
            p95_s=float(np.percentile(waits, 95)) if waits else 0.0,
            longest_s=max(waits, default=0.0),
            days=days * len(homes),
        )
    return found, wrong


class _Evaluated:
    """The calls of one kind in one home, against what was raised."""

    def __init__(self, home: CallHome, raised: Sequence[RaisedCall], rule: str) -> None:
        self.calls = [one for one in home.calls if one.rule == rule]
        self._alerts = [one for one in raised if one.rule == rule]
        self._home, self._rule = home.number, rule
        self.waits: list[float] = []
        self.wrong: list[Misjudged] = []
        for call in self.calls:
            self._look_for(call)
        for alert in self._alerts:
            self._justify(alert.opened_at, opened=alert)
            for at in alert.again:
                self._justify(at, opened=None)

    def _look_for(self, call: TrueCall) -> None:
        """Count a call that nobody was notified of within a minute of being received."""
        open_then = [
            one
            for one in self._alerts
            if one.opened_at <= call.arrived_at + IN_TIME
            and (one.closed_at is None or one.closed_at > call.arrived_at)
        ]
        if not open_then:
            self._note("missed", call.arrived_at, call.case)
            return
        wait = min((one.opened_at - call.arrived_at).total_seconds() for one in open_then)
        if wait >= 0:
            self.waits.append(wait)

    def _justify(self, at: datetime, opened: RaisedCall | None) -> None:
        """Count a message that no call asks for, or only one that was raised before."""
        received = [one for one in self.calls if at - IN_TIME <= one.arrived_at <= at]
        if received and (opened is not None or any(self._is_first(one) for one in received)):
            return
        lasting = [one for one in self.calls if one.arrived_at <= at <= one.ended_at + IN_TIME]
        if opened is not None and lasting and self._was_closed_long_before(at):
            return
        before = [one for one in self.calls if one.arrived_at <= at]
        case = before[-1].case if before else ""
        self._note("repeat" if received or lasting else "false", at, case)

    def _is_first(self, call: TrueCall) -> bool:
        """Return whether it is the first of its presses to be in contact; a detector reports each thing by itself."""
        return not any(
            one is not call
            and one.caller == call.caller
            and one.arrived_at <= call.arrived_at
            and abs(one.made_at - call.made_at) <= ONE_CALL
            for one in self.calls
        )

    def _was_closed_long_before(self, at: datetime) -> bool:
        closed = [one.closed_at for one in self._alerts if one.closed_at is not None and one.closed_at <= at]
        return bool(closed) and at - max(closed) >= RAISED_AGAIN_AFTER

    def _note(self, what: str, at: datetime, case: str) -> None:
        self.wrong.append(Misjudged(self._home, what, self._rule, at, case))
