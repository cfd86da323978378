"""SOS: somebody pressed an emergency button, or a detector of falls, smoke, gas or water calls. Never filtered, delayed or doubted."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.alert import Finding, Severity
from detectors.rules.judgement import Judgement, Press, Window

NAME = "sos"
VERSION = 1
# Water on the floor is a matter of the next hour, not of the next minute (our choice).
_SEVERITY = {"water_leak": Severity.CHECK_SOON}
# Somebody in need presses again and again: presses of one button this close are one call (our choice).
ONE_CALL = timedelta(minutes=2)
# A button whose clock says it was pressed longer ago, or later than we heard of it, has a wrong clock: our own time counts.
LONGEST_DELAY = timedelta(hours=24)


@dataclass(frozen=True)
class SosCall:
    """Rule D12: every press of an emergency button is raised, even one from the future or far past of a wrong clock.

    Presses of one button within two minutes of each other are one call, unless a person closed it in between. A call has no end of
    its own: it stays active until a person closes it. A press sent twice (same device, number and time) is one press.
    A detector that noticed a fall, smoke, gas, carbon monoxide or water is told like a press: whoever lies on the floor may not reach
    a button, and smoke asks nobody's leave.

    Parameters
    ----------
    name : str
        Which kind of call, one of `core.domain.metric.CALLS`.
    """

    name: str = NAME

    def judge(self, window: Window, since: datetime, until: datetime) -> Judgement:  # noqa: ARG002 - a press is never too early
        """Judge the span (since, until], and every press known by now even if its time is after `until`."""
        known = (press for press in window.presses if press.received_at > window.watched_from)
        # Of a press that was sent twice the first to be heard counts, in whatever order they are given.
        latest_first = sorted(known, key=lambda press: press.received_at, reverse=True)
        presses = {(press.device, press.seq, press.time): press for press in latest_first}.values()
        heard = sorted(
            (pressed_at(press, window.watched_from), press.device, press.seq, press) for press in presses
        )
        findings: list[Finding] = []
        for device in sorted({press.device for press in presses}):
            before: tuple[datetime, Press] | None = None
            for moment, press in ((one[0], one[3]) for one in heard if one[1] == device):
                if before is None or not _is_same_call(before, (moment, press), window):
                    findings.append(_finding(self.name, window.resident, moment, press))
                before = moment, press
        findings.sort(key=lambda finding: finding.raised_at)
        # From `since` itself on: a press whose clock is ahead may be heard at the very moment up to which was judged.
        return Judgement(tuple(one for one in findings if one.raised_at >= since), None, can_tell=True)


def pressed_at(press: Press, watched_from: datetime) -> datetime:
    """Return when a button was pressed, as far as its clock can be believed."""
    earliest = max(press.received_at - LONGEST_DELAY, watched_from)
    return press.time if earliest < press.time <= press.received_at else press.received_at


def _is_same_call(before: tuple[datetime, Press], press: tuple[datetime, Press], window: Window) -> bool:
    was_closed = any(before[1].received_at < closed < press[1].received_at for closed in window.closed_calls)
    return press[0] - before[0] <= ONE_CALL and not was_closed


def _finding(rule: str, resident: int, began_at: datetime, press: Press) -> Finding:
    return Finding(
        rule=rule,
        subject=f"resident:{resident}",
        severity=_SEVERITY.get(rule, Severity.EMERGENCY),
        began_at=began_at,
        raised_at=began_at,
        cleared_at=None,
        reason={
            "rule_version": VERSION,
            "device": press.device,
            "place": press.place,
            "pressed_at": press.time.isoformat(),
            "received_at": press.received_at.isoformat(),
            "ruled_out": [],
            "confidence": "high",
        },
    )
