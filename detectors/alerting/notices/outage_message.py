"""Lets families know once that their neighbourhood, or the whole ward, is silent, so that nobody can tell how somebody is; and once that it is over."""

from datetime import datetime, timedelta

from core.logs import get_logger
from core.store.alerts import notices
from core.store.alerts.notices import NoticeKind
from core.store.database import Database
from core.store.people.reach import outages
from core.store.people.reach.outages import OutageConcern, OutageOver

# The staff are notified at once; what is over by then nobody at home needs to know (our choice).
LASTING = timedelta(minutes=15)
# And what was over for a shorter time may come back (our choice).
STABLE = timedelta(minutes=10)

_log = get_logger(__name__)


def report(database: Database, now: datetime) -> int:
    """Put the messages about outages that began and ended into the outbox, and return how many; a second process finds nothing to do.

    Whoever sleeps gets the first when their quiet hours end, and none if it is over by then.
    """
    with database.transaction() as connection:
        began = outages.concerned(connection, now, lasting=LASTING)
        for one in began:
            body = {"resident": one.resident, "alert": one.alert, "began_at": one.began_at.isoformat()}
            notices.add(
                connection,
                {one.contact: _awake_at(one, now)},
                NoticeKind.OUTAGE,
                key=one.key,
                body=body,
                now=now,
            )
        ended = outages.over(connection, now, lasting=STABLE)
        outages.end(connection, ended, now)
        for over in ended:
            if not over.is_sent:
                continue
            body = {**over.body, "ended_at": over.cleared_at.isoformat()}
            due = {over.contact: _awake_at(over, now)}
            notices.add(connection, due, NoticeKind.OUTAGE_OVER, key=over.key, body=body, now=now)
    if began or ended:
        _log.info("outage_notified", began=len(began), ended=len(ended))
    return len(began) + len(ended)


def _awake_at(one: OutageConcern | OutageOver, now: datetime) -> datetime:
    quiet = one.quiet_hours
    return (None if quiet is None else quiet.end_after(now, one.zone)) or now
