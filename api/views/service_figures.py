"""The figures of this process and of the whole service, for `/metrics`: read from the database at most every ten seconds."""

import ssl
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from api.views import status
from api.views.readiness import Readiness, readiness
from api.views.stream import ChangeFeed
from core.clock import Clock
from core.domain.access_scope import AccessScope
from core.domain.alert import Severity
from core.domain.escalation.response_times import whole_day
from core.domain.records.retention import FIXES, READINGS
from core.errors import StoreError
from core.monitoring.certificates import expiry_at
from core.monitoring.tally import FigureValue, Tally
from core.settings import Settings
from core.store.database import Connection, Database
from core.store.detection import evaluation_queue
from core.store.ledger import sealing
from core.store.operation import (
    backups,
    delivery_health,
    health,
    response_times,
    retention,
    service_figures,
)
from core.store.operation.outward import canary_flights
from core.store.people import residents, tonight
from core.store.people.agreed import prompts
from core.store.people.personal import erasures
from core.store.people.reach import monthly_tests

_FRESH_S = 10.0
_CERTIFICATE_EVERY_S = 3600.0
_HTTPS_PORT = 443
# An evening's check, and some hours to do the next.
_EVENING = timedelta(hours=36)
_WEEK = timedelta(days=7)
_DAY = timedelta(hours=24)


class ServiceFigures:
    """Gives the figures whenever a monitor asks.

    Parameters
    ----------
    database, settings, clock
        What to look at.
    change_feed : ChangeFeed
        The live streams of this process.
    tally : Tally
        What this process counts.
    """

    def __init__(
        self, database: Database, settings: Settings, clock: Clock, change_feed: ChangeFeed, tally: Tally
    ) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._change_feed = change_feed
        self._tally = tally
        self._lock = threading.Lock()
        self._kept: tuple[float, list[FigureValue]] | None = None
        self._certificate: tuple[float, list[FigureValue]] | None = None

    def samples(self) -> Iterator[FigureValue]:
        """Give the present figures."""
        yield from self._tally.samples()
        yield FigureValue("api_streams", self._change_feed.open_streams)
        yield FigureValue("api_changes_lost", self._change_feed.is_lost)
        with self._lock:
            now = time.monotonic()
            if self._kept is None or now - self._kept[0] > _FRESH_S:
                self._kept = (now, list(self._of_service()))
            if self._certificate is None or now - self._certificate[0] > _CERTIFICATE_EVERY_S:
                # Nobody there is no answer to keep: a process asks itself before it listens.
                shown = list(_of_certificate(self._settings.base_url))
                self._certificate = (now, shown) if shown else None
            found = (*self._kept[1], *(self._certificate[1] if self._certificate else ()))
        yield from found

    def health(self) -> tuple[bool, dict[str, object]]:
        """Return whether the service is ready, and what to do if not."""
        found = readiness(self._database, self._settings, self._clock)
        return found.is_ready, {"state": found.word, "problem": found.next}

    def _of_service(self) -> Iterator[FigureValue]:
        ready = readiness(self._database, self._settings, self._clock)
        yield FigureValue("service_database_up", ready.database)
        yield FigureValue("service_ready", ready.is_ready)
        yield FigureValue("service_blind", ready.word == "blind")
        yield FigureValue("service_mute", ready.database and not ready.messages)
        if not ready.database:
            return
        yield from _of_readiness(ready)
        try:
            with self._database.transaction() as connection:
                found = list(self._of_database(connection))
        except StoreError:
            # It went away between the two looks; the next one says so.
            return
        yield from found

    def _of_database(self, connection: Connection) -> Iterator[FigureValue]:
        now = self._clock.now()
        yield from _of_progress(connection)
        known_since = now - status.silent_after(self._clock.factor)
        counts = residents.counts_in(connection, AccessScope(everything=True), now, known_since)
        for state in ("with_alert", "as_usual", "different", "cannot_tell", "paused"):
            yield FigureValue("service_residents", getattr(counts, state), (state,))
        yield from _of_alerts(connection)
        yield from _of_responses(connection, now)
        for answer, count in prompts.outcomes(connection, now - _DAY).items():
            yield FigureValue("service_prompts", count, (answer,))
        evenings = {one.office: one for one in reversed(tonight.latest(connection, now - _EVENING, None))}
        if evenings:
            yield FigureValue(
                "service_unreachable_residents", sum(one.residents for one in evenings.values())
            )
            yield FigureValue("service_unproven_contacts", sum(one.unproven for one in evenings.values()))
            yield FigureValue("service_duty_gaps", sum(one.gaps for one in evenings.values()))
        tests = monthly_tests.score(connection, None, now)
        yield FigureValue("service_tested_contacts", tests.tested)
        yield FigureValue("service_proven_contacts", tests.proven)
        yield FigureValue("service_dead_channels", delivery_health.dead_channels(connection))
        yield from _of_keeping(connection)
        yield FigureValue("service_kept_seconds", self._settings.quarantine_days * 86400, ("quarantine",))
        for what in (READINGS, FIXES):
            yield FigureValue(
                "service_kept_seconds", self._settings.kept_for.of(what).total_seconds(), (what,)
            )
        kept = retention.state(connection)
        yield FigureValue("service_retention_late", kept.is_late(now))
        yield from _moment("service_last_retention_timestamp_seconds", kept.done_at)
        late = erasures.open_since(connection)
        yield from _moment("service_oldest_open_erasure_timestamp_seconds", late)
        ledger = sealing.state(connection)
        yield FigureValue("service_ledger_unsealed", ledger.waiting)
        yield from _moment("service_ledger_oldest_unsealed_timestamp_seconds", ledger.oldest)


def _of_readiness(ready: Readiness) -> Iterator[FigureValue]:
    yield FigureValue("service_failing_watches", ready.failing_watches)
    yield FigureValue("service_unreachable_offices", ready.unreachable_offices)
    yield FigureValue("service_unnotified_emergencies", ready.unnotified_emergencies)
    yield FigureValue("service_exhausted_emergencies", ready.exhausted_emergencies)
    yield FigureValue("service_overdue_messages", ready.overdue_messages)
    yield FigureValue("service_unplanned_events", ready.unplanned_events)


def _of_progress(connection: Connection) -> Iterator[FigureValue]:
    found = health.health(connection)
    yield from _moment("service_ingest_watermark_timestamp_seconds", found.ingest_watermark)
    yield from _moment("service_ingest_reported_timestamp_seconds", found.ingest_reported_at)
    yield from _moment("service_evaluated_through_timestamp_seconds", found.evaluated_through)
    yield from _moment("service_most_overdue_timestamp_seconds", found.all_evaluated_through)
    yield from _moment("service_last_received_timestamp_seconds", found.last_received_at)
    canary = evaluation_queue.canary_last_contact(connection)
    yield from _moment("service_canary_last_contact_timestamp_seconds", canary[0] if canary else None)
    flights = canary_flights.state(connection)
    yield from _moment("service_canary_call_delivered_timestamp_seconds", flights.accepted_at)
    if flights.took is not None:
        yield FigureValue("service_canary_call_seconds", flights.took.total_seconds())
    yield FigureValue("service_quarantined", found.quarantined)
    watched, blind = service_figures.homes(connection)
    yield FigureValue("service_homes", watched)
    yield FigureValue("service_blind_homes", blind)


def _of_alerts(connection: Connection) -> Iterator[FigureValue]:
    for severity, count in service_figures.open_alerts(connection).items():
        yield FigureValue("service_open_alerts", count, (str(severity),))
    found = service_figures.emergencies(connection)
    yield FigureValue("service_unclaimed_emergencies", found.unclaimed)
    yield from _moment("service_oldest_unclaimed_emergency_timestamp_seconds", found.oldest)
    yield FigureValue("service_ended_escalations", found.ended_escalations)


def _of_responses(connection: Connection, now: datetime) -> Iterator[FigureValue]:
    for severity in (Severity.EMERGENCY, Severity.CHECK_SOON, Severity.KEEP_AN_EYE):
        found = response_times.answered(connection, None, now - _WEEK, now, (severity, severity))
        for one in whole_day(found):
            labels = (str(severity.value), one.step.value)
            yield FigureValue("service_response_seconds", one.half.total_seconds(), labels)


def _of_keeping(connection: Connection) -> Iterator[FigureValue]:
    for what, moment in service_figures.oldest(connection).items():
        yield FigureValue("service_oldest_timestamp_seconds", moment.timestamp(), (what,))
    kept = backups.state(connection)
    yield from _moment("service_last_backup_timestamp_seconds", kept.made_at)
    yield from _moment("service_last_proven_restore_timestamp_seconds", kept.proven_at)
    if kept.is_archiving:
        yield FigureValue("service_archive_failing", kept.is_archive_failing)
    size = service_figures.database_size(connection)
    yield FigureValue("service_database_bytes", size.bytes)
    yield FigureValue("service_replicas", size.replicas)
    if size.lag_bytes is not None:
        yield FigureValue("service_replication_lag_bytes", size.lag_bytes)


def _of_certificate(base_url: str) -> Iterator[FigureValue]:
    parts = urlsplit(base_url)
    if parts.scheme != "https" or parts.hostname is None:
        return
    try:
        ends = expiry_at(parts.hostname, parts.port or _HTTPS_PORT, ssl.create_default_context())
    except ssl.SSLCertVerificationError:
        yield FigureValue("service_web_certificate_trusted", 0)
        return
    if ends is not None:
        yield FigureValue("service_web_certificate_trusted", 1)
        yield FigureValue("service_web_certificate_expiry_timestamp_seconds", ends.timestamp())


def _moment(name: str, at: datetime | None) -> Iterator[FigureValue]:
    if at is not None:
        yield FigureValue(name, at.timestamp())
