"""When a resident is asked before anybody else is notified of a silence: ahead of the line, so that no alert waits for the answer.

The question has a line of its own, `LEAD` before that of the alert, chosen by how often people would be asked (docs/evaluation.md). It is
never put at night: what is found then is not urgent enough to wake somebody who sleeps, and who wakes and moves has answered.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# This long before the line; measured: docs/evaluation.md.
LEAD = timedelta(minutes=30)
# Who is asked later than this before the line has hardly time to answer (our choice).
LEAST_LEAD = timedelta(minutes=10)
# By the clock of the home (our choice).
ASKED_FROM, ASKED_UNTIL = time(7), time(21)


def ask_at(alarm_at: datetime, zone: ZoneInfo, lead: timedelta = LEAD) -> datetime | None:
    """Return when a resident is asked about a silence that reaches its line at `alarm_at`; None: not at all.

    What would be asked at night is asked in the morning, if that is early enough before the line.

    Examples
    --------
    >>> tokyo = ZoneInfo("Asia/Tokyo")
    >>> ask_at(datetime.fromisoformat("2026-05-01T11:00+09:00"), tokyo).astimezone(tokyo).strftime("%H:%M")
    '10:30'
    >>> ask_at(datetime.fromisoformat("2026-05-01T07:20+09:00"), tokyo).astimezone(tokyo).strftime("%H:%M")
    '07:00'
    >>> ask_at(datetime.fromisoformat("2026-05-01T03:00+09:00"), tokyo) is None
    True
    """
    local = (alarm_at - lead).astimezone(zone)
    if local.time() >= ASKED_UNTIL:
        at = _morning(local.date() + timedelta(days=1), zone)
    elif local.time() < ASKED_FROM:
        at = _morning(local.date(), zone)
    else:
        at = alarm_at - lead
    return at if alarm_at - at >= min(lead, LEAST_LEAD) else None


def _morning(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, ASKED_FROM, zone).astimezone(UTC)
