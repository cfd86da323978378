"""Sends those who chose it how somebody has been, every day or every Monday, in the morning of the home's clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.domain.access_scope import AccessScope
from core.domain.alert import Alert, Severity
from core.domain.people import DigestRhythm
from core.domain.weekly_report import COUNTS_NAME, COUNTS_VERSION, WeeklyReport, weekly_report
from core.logs import get_logger
from core.store.alerts import alerts, notices
from core.store.alerts.notices import NoticeKind
from core.store.database import Connection, Database
from core.store.people import baselines, residents
from core.store.people.reach import preferences
from core.store.people.residents import ResidentOverview
from core.store.telemetry import blind_times, readings
from core.store.telemetry.blind_times import INGEST_BEHIND, BlindTime

# By the clock of the home (our choice).
DUE = time(8)
# Movement is stated to the half hour: more than that nobody needs to know.
_PART = timedelta(minutes=30)
# Shorter stretches without contact are every home's.
_WORTH_SAYING = timedelta(minutes=30)

_log = get_logger(__name__)


@dataclass(frozen=True)
class DigestFacts:
    """What is known of a resident's days.

    Attributes
    ----------
    person : ResidentOverview
        How they are now, as far as it is known.
    first, last : date
        The days, by the clock of the home; the same for one day.
    moved : sequence of datetime
        The beginnings of the half hours in which movement was reported.
    days_moved, days_received : int
        On how many of the days movement was reported, and on how many anything was.
    blind : sequence of (datetime, datetime)
        When nothing could be received.
    alerts : sequence of Alert
        Those about the person that were raised on the days.
    week : WeeklyReport or None
        Of a week: how it compares with the two months before.
    """

    person: ResidentOverview
    first: date
    last: date
    moved: tuple[datetime, ...]
    days_moved: int
    days_received: int
    blind: tuple[tuple[datetime, datetime], ...]
    alerts: tuple[Alert, ...]
    week: WeeklyReport | None

    @property
    def days(self) -> int:
        """How many days it is about."""
        return (self.last - self.first).days + 1


def send_where_due(database: Database, now: datetime) -> int:
    """Put the digests that are due into the outbox, once for each contact and day, and return how many.

    After a stop they are made up for until midnight; a second process finds nothing to do. Whoever sleeps gets it when their quiet hours end.
    """
    with database.transaction() as connection:
        due = preferences.digests_due(connection, now, due=DUE)
        for one in due:
            quiet = one.quiet_hours
            at = (None if quiet is None else quiet.end_after(now, one.zone)) or now
            body = {"resident": one.resident, "rhythm": one.rhythm, "last": one.day.isoformat()}
            key = f"{one.rhythm} {one.day}"
            notices.add(connection, {one.contact: at}, NoticeKind.DIGEST, key=key, body=body, now=now)
    if due:
        _log.info("digests_made", messages=len(due))
    return len(due)


def facts(connection: Connection, body: Mapping[str, Any], now: datetime) -> DigestFacts:
    """Return what is known of the days that a digest is about.

    Raises
    ------
    NotFoundError
        The resident is there no more.
    """
    resident: int = body["resident"]
    person = residents.overview(connection, AccessScope(everything=True), resident)
    last = date.fromisoformat(body["last"])
    is_weekly = body["rhythm"] == DigestRhythm.WEEKLY
    first = last - timedelta(days=6) if is_weekly else last
    since, until = _midnight(first, person.zone), _midnight(last + timedelta(days=1), person.zone)
    bins = readings.rhythm(connection, resident, since, until, _PART)
    found = blind_times.of_resident(connection, resident, since, until)
    raised = alerts.history(connection, residents=[resident], since=since, limit=50)
    return DigestFacts(
        person,
        first,
        last,
        tuple(one.began_at for one in bins if one.life_signs),
        len({one.began_at.astimezone(person.zone).date() for one in bins if one.life_signs}),
        len({one.began_at.astimezone(person.zone).date() for one in bins if one.readings}),
        tuple(_spans(found, since, until)),
        tuple(
            one
            for one in reversed(raised)
            if one.severity is not Severity.EQUIPMENT and since <= one.opened_at < until
        ),
        _week(connection, person, now) if is_weekly else None,
    )


def _week(connection: Connection, person: ResidentOverview, now: datetime) -> WeeklyReport:
    today = now.astimezone(person.zone).date()
    found = baselines.latest(connection, person.number, COUNTS_NAME, COUNTS_VERSION, today)
    return weekly_report([] if found is None else list(found[1]["days"]), today)


def _spans(found: list[BlindTime], since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """Return when nothing could be received within a span, without what only our own lag was; overlapping ones as one."""
    spans: list[tuple[datetime, datetime]] = []
    for one in found:
        if one.cause == INGEST_BEHIND:
            continue
        began, ended = max(one.began_at, since), min(one.ended_at or until, until)
        if spans and began <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], ended))
        else:
            spans.append((began, ended))
    return [(began, ended) for began, ended in spans if ended - began >= _WORTH_SAYING]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
