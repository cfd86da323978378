"""Suppression: a finding is not raised while an alert for the same cause is open."""

from datetime import datetime

from detectors.features.window import Window, moment
from detectors.rules.base import Rule


def is_suppressed(alarm: Rule | None, window: Window, tick: float, until: datetime) -> bool:
    """Return whether another rule's alarm was open at a moment (Unix seconds), as far as is known at `until`.

    It is evaluated from the same window, so the answer is the same whoever looks, and when. Late data that withdraw the alarm bring back what
    was not raised beside it.
    """
    if alarm is None:
        return False
    at = moment(tick)
    return any(
        one.raised_at <= at and (one.cleared_at is None or one.cleared_at > at)
        for one in alarm.evaluate(window, at, until).findings
    )
