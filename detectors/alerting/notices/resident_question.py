"""Asks a resident whether all is well, ahead of the line at which others are notified of a silence."""

from datetime import datetime
from zoneinfo import ZoneInfo

from core.domain.agreed.prompt import AskedFirst
from core.logs import get_logger
from core.store.alerts import notices
from core.store.alerts.notices import NoticeKind
from core.store.database import Connection
from core.store.people.agreed import prompts
from detectors.features.prompt_time import ask_at
from detectors.rules.base import ComingAlarm

_log = get_logger(__name__)


def ask_where_due(
    connection: Connection,
    asked: AskedFirst,
    rule: str,
    coming: ComingAlarm,
    zone: ZoneInfo,
    *,
    until: datetime,
    now: datetime,
) -> datetime | None:
    """Put the question into the outbox if its time has come, once for each silence, and return when it will come.

    Parameters
    ----------
    connection : Connection
        Inside the transaction that evaluates the resident.
    asked : AskedFirst
        The resident, who can be reached.
    rule, coming
        What is about to be raised.
    zone : ZoneInfo
        The home's.
    until, now : datetime
        Up to where was evaluated, and the service's time.
    """
    if asked.asked_lately and prompts.carry(
        connection, asked.resident, rule, coming.began_at, coming.alarm_at
    ):
        return None
    at = ask_at(coming.alarm_at, zone)
    if at is None or at > until:
        return at
    if max(until, now) >= coming.alarm_at or asked.asked_lately >= asked.most_in_a_week:
        return None
    prompt = prompts.add(connection, asked, rule, coming.began_at, coming.alarm_at, now)
    if prompt is None:
        return None
    body = {"resident": asked.resident, "prompt": prompt}
    notices.add(connection, {asked.contact: now}, NoticeKind.PROMPT, key=str(prompt), body=body, now=now)
    _log.info("resident_asked", resident=asked.resident, prompt=prompt, rule=rule)
    return None
