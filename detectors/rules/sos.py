"""SOS: somebody pressed an emergency button. Never filtered, delayed or doubted."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.alert import Finding, Severity
from detectors.rules.judgement import Judgement, Press, Window

NAME = "sos"
VERSION = 1
# Somebody in need presses again and again: presses of one button this close are one call (our choice).
ONE_CALL = timedelta(minutes=2)
# A button whose clock says it was pressed longer ago, or later than we heard of it, has a wrong clock: our own time counts.
LONGEST_DELAY = timedelta(hours=48)


@dataclass(frozen=True)
class SosCall:
    """Rule D12: every press of an emergency button is raised, even one from the future or far past of a wrong clock.

    Presses of one button within two minutes of each other are one call, unless a person closed it in between. A call has no end of
    its own: it stays active until a person closes it. A press sent twice (same device, number and time) is one press.
    """

    name: str = NAME

    def judge(self, window: Window, since: datetime, until: datetime) -> Judgement:  # noqa: ARG002 - a press is never too early
        """Judge the span (since, until], and every press known by now even if its time is after `until`."""
        presses = sorted(
            {(press.device, press.seq, press.time): press for press in window.presses}.values(),
            key=lambda press: (pressed_at(press), press.device, press.seq),
        )
        findings: list[Finding] = []
        for device in dict.fromkeys(press.device for press in presses):
            call: list[Press] = []
            for press in (one for one in presses if one.device == device):
                if call and not _is_same_call(call[-1], press, window):
                    findings.append(_finding(window.resident, call))
                    call = []
                call.append(press)
            findings.append(_finding(window.resident, call))
        findings.sort(key=lambda finding: finding.raised_at)
        fresh = (finding for finding in findings if finding.raised_at > max(since, window.watched_from))
        return Judgement(tuple(fresh), None, can_tell=True)


def pressed_at(press: Press) -> datetime:
    """Return when a button was pressed, as far as its clock can be believed."""
    if press.received_at - LONGEST_DELAY <= press.time <= press.received_at:
        return press.time
    return press.received_at


def _is_same_call(before: Press, press: Press, window: Window) -> bool:
    was_closed = any(before.received_at < closed < press.received_at for closed in window.closed_calls)
    return pressed_at(press) - pressed_at(before) <= ONE_CALL and not was_closed


def _finding(resident: int, call: list[Press]) -> Finding:
    began_at = pressed_at(call[0])
    return Finding(
        rule=NAME,
        subject=f"resident:{resident}",
        severity=Severity.EMERGENCY,
        began_at=began_at,
        raised_at=began_at,
        cleared_at=None,
        reason={
            "rule_version": VERSION,
            "device": call[0].device,
            "place": call[0].place,
            "pressed_at": call[0].time.isoformat(),
            "received_at": call[0].received_at.isoformat(),
            "ruled_out": [],
            "confidence": "high",
        },
    )
