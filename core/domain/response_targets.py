"""How soon an alert must be claimed, and how long a claim holds: what the board, the answer page and the escalation agree on."""

from datetime import datetime, timedelta

from core.domain.alert import Alert, Condition, Handling, Progress, Severity

# How long an alert may stay unclaimed: one minute, ten minutes, this shift, the next working day.
CLAIM_TARGET = {
    Severity.EMERGENCY: timedelta(seconds=60),
    Severity.CHECK_SOON: timedelta(minutes=10),
    Severity.KEEP_AN_EYE: timedelta(hours=8),
    Severity.EQUIPMENT: timedelta(hours=24),
}

# A claim without an outcome expires after this, so that nobody relies on somebody who fell silent.
CLAIM_LASTS = {
    Severity.EMERGENCY: timedelta(minutes=10),
    Severity.CHECK_SOON: timedelta(minutes=30),
    Severity.KEEP_AN_EYE: timedelta(hours=8),
    Severity.EQUIPMENT: timedelta(hours=72),
}


# How long a claim holds after its holder said so: still on it; on site; on the way, after the time of arrival.
STILL_LASTS = timedelta(minutes=30)
ON_SITE_LASTS = timedelta(minutes=60)
ARRIVAL_GRACE = timedelta(minutes=10)


def claim_until(alert: Alert, progress: Progress, now: datetime, within: timedelta | None) -> datetime:
    """Return until when a claim holds after what its holder reported; never shorter than before, unless it is put off to a time.

    Parameters
    ----------
    alert : Alert
        As it is claimed.
    progress : Progress
        What was reported.
    now : datetime
        When.
    within : timedelta or None
        In how long the holder arrives or looks again; needed for `on_the_way` and `later`.
    """
    if progress is Progress.LATER:
        return now + (within or timedelta())
    lasts = {
        Progress.STILL: STILL_LASTS,
        Progress.ON_SITE: ON_SITE_LASTS,
        Progress.ON_THE_WAY: (within or timedelta()) + ARRIVAL_GRACE,
    }[progress]
    return max(now + lasts, alert.claim_expires_at or now)


def target_at(alert: Alert) -> datetime:
    """Return the moment by which somebody should have claimed the alert."""
    return alert.opened_at + CLAIM_TARGET[alert.severity]


def overdue(alert: Alert, now: datetime) -> timedelta | None:
    """Return for how long nobody has claimed the alert past its target; None while there is time, and once somebody has."""
    if alert.handling is not Handling.OPEN or now <= target_at(alert):
        return None
    return now - target_at(alert)


def board_order(alert: Alert, now: datetime) -> tuple[bool, int, bool, bool, datetime, int]:
    """Return the sort key of the care board: what holds before what ended, level, unclaimed first, past its target first, oldest first."""
    is_claimed = alert.handling is Handling.CLAIMED
    is_within_target = is_claimed or target_at(alert) > now
    has_ended = alert.condition is Condition.CLEARED
    return (has_ended, alert.severity, is_claimed, is_within_target, alert.opened_at, alert.number)
