"""SOS: somebody pressed an emergency button, or a detector of falls, smoke, gas or water calls. Never filtered, delayed or doubted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain import reasons
from core.domain.alert import Finding, Subject
from core.domain.reason_card import Confidence, as_json
from core.domain.rules import RULES, SOS
from detectors.features.window import Press, Window
from detectors.rules.base import Evaluation

NAME = SOS.name
# Somebody in need presses again and again: presses of one button this close are one call (our choice).
ONE_CALL = timedelta(minutes=2)
# A detector that says when it is over, and did not, repeats itself: reports this close are one call (our choice; leak sensors report each
# 20 minutes or so). Closed, it may go on for this long before it is raised again.
GOES_ON = timedelta(hours=2)
RAISED_AGAIN_AFTER = timedelta(minutes=30)
# A button whose clock says it was pressed longer ago, or later than we received it, has a wrong clock: our own time counts.
LONGEST_DELAY = timedelta(hours=24)


@dataclass(frozen=True)
class SosCall:
    """Every press of an emergency button is raised, even one from the future or far past of a wrong clock.

    Presses of one button within two minutes of each other are one call, unless a person closed it in between. A call has no end of
    its own: it stays active until a person closes it. A press sent twice (same device, number and time) is one press.
    A detector that noticed a fall, smoke, gas, carbon monoxide or water is raised like a press: whoever lies on the floor may not reach
    a button, and smoke asks nobody's leave. But nobody presses it again and again: one that also says when all is well, and has not said so
    since, repeats itself, and is one call until it does. If people closed that call half an hour ago and it goes on, it is raised again.

    Parameters
    ----------
    name : str
        Which kind of call, one of `core.domain.metrics.CALLS`.
    """

    name: str = NAME

    def evaluate(self, window: Window, since: datetime, until: datetime) -> Evaluation:  # noqa: ARG002 - a press is never too early
        """Evaluate the span (since, until], and every press known by now even if its time is after `until`."""
        known = (press for press in window.presses if press.received_at > window.watched_from)
        # Of a press that was sent twice the first to be in contact counts, in whatever order they are given.
        latest_first = sorted(known, key=lambda press: press.received_at, reverse=True)
        presses = {(press.device, press.seq, press.time): press for press in latest_first}.values()
        calls = sorted(
            (pressed_at(press, window.watched_from), press.device, press.seq, press) for press in presses
        )
        findings: list[Finding] = []
        for device in sorted({press.device for press in presses}):
            own = [(one[0], one[3]) for one in calls if one[1] == device]
            findings += [
                _finding(self.name, window.resident, *one)
                for one in self._beginnings(own, window.closed_calls)
            ]
        findings.sort(key=lambda finding: finding.raised_at)
        # From `since` itself on: a press whose clock is ahead may be in contact at the very moment up to which was evaluated.
        return Evaluation(tuple(one for one in findings if one.raised_at >= since), None, can_tell=True)

    def _beginnings(
        self, own: Sequence[tuple[datetime, Press]], closings: Sequence[datetime]
    ) -> Iterator[tuple[datetime, Press]]:
        """Give the first press of each call of one device."""
        before = first = None
        says_when_over = False
        for one in own:
            says_when_over |= self.name != NAME and one[1].calm_at is not None
            if before is None or first is None:
                is_same = False
            elif says_when_over and _goes_on(before, one):
                is_same = not _is_due_again(first[1], one[1], closings)
            else:
                is_same = _is_same_call(before, one, closings)
            if not is_same:
                first = one
                yield one
            before = one


def pressed_at(press: Press, watched_from: datetime) -> datetime:
    """Return when a button was pressed, as far as its clock can be believed."""
    earliest = max(press.received_at - LONGEST_DELAY, watched_from)
    return press.time if earliest < press.time <= press.received_at else press.received_at


def _is_same_call(
    before: tuple[datetime, Press], press: tuple[datetime, Press], closings: Sequence[datetime]
) -> bool:
    was_closed = any(before[1].received_at < closed < press[1].received_at for closed in closings)
    return press[0] - before[0] <= ONE_CALL and not was_closed


def _goes_on(before: tuple[datetime, Press], press: tuple[datetime, Press]) -> bool:
    """Return whether a detector says again what it said before, without having said in between that it is over."""
    is_over = press[1].calm_at is not None and press[1].calm_at > before[1].time
    return press[0] - before[0] <= GOES_ON and not is_over


def _is_due_again(first: Press, press: Press, closings: Sequence[datetime]) -> bool:
    """Return whether people closed a call so long ago that it may be raised again, because it goes on."""
    closed = max((one for one in closings if first.received_at < one < press.received_at), default=None)
    return closed is not None and press.received_at - closed >= RAISED_AGAIN_AFTER


def _finding(rule: str, resident: int, began_at: datetime, press: Press) -> Finding:
    return Finding(
        rule=rule,
        subject=Subject.of_resident(resident),
        severity=RULES[rule].highest,
        began_at=began_at,
        raised_at=began_at,
        cleared_at=None,
        reason=as_json(
            reasons.CallReason(
                rule_version=RULES[rule].version,
                device=press.device,
                place=press.place,
                pressed_at=press.time,
                received_at=press.received_at,
                ruled_out=(),
                confidence=Confidence.HIGH,
            )
        ),
    )
