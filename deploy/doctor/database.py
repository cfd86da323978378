"""The doctor's look at the database, and at what the other processes left there: how far they are, and what waits."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from core.clock import Clock, SystemClock
from core.settings import Settings
from core.store.database import Connection, Database
from core.store.detection import evaluation_queue
from core.store.edition import edition
from core.store.ledger import sealing, web_login
from core.store.migrate import pending
from core.store.operation import backups, retention
from core.store.operation.health import Clocks, Health, clocks, health
from core.store.operation.stored_time import stored_time
from core.store.people import users
from core.store.people.personal import erasures
from core.store.telemetry import quarantine
from core.store.telemetry.quarantine import State
from deploy.doctor.check import Check, CheckResult
from deploy.doctor.deliveries import delivery_checks
from deploy.doctor.devices import device_checks
from deploy.doctor.keeping import (
    backup_checks,
    erasure_checks,
    ledger_checks,
    retention_checks,
    stored_time_checks,
)
from deploy.doctor.machine import proxy_checks

# Ingest reports a few times a second; a standby takes over within seconds.
_LATE_INGEST = timedelta(seconds=15)
_WRONG_CLOCK_S = 120.0
_SERVER_APART_S = 2.0
_CANARY_SILENCE = timedelta(minutes=5)
_LONG_SILENCE = timedelta(minutes=15)
_WEEK = timedelta(days=7)


def database_checks(settings: Settings, clock: Clock) -> Iterator[Check]:
    """Look at the schema, the clocks, how far the processes are, and what waits for somebody."""
    url = settings.database_url.get_secret_value()
    missing = pending(url)
    if missing:
        yield Check("database", CheckResult.BAD, f"lacks {', '.join(missing)}", "run: mimamori migrate")
        return
    with (
        Database(url, size=1, application="mimamori-doctor") as database,
        database.transaction() as connection,
    ):
        yield Check("database", CheckResult.GOOD, f"{edition(connection).label}, schema up to date")
        state, held = health(connection), quarantine.state(connection)
        canary = evaluation_queue.canary_last_contact(connection)
        times, measured = clocks(connection, _WRONG_CLOCK_S), datetime.now(UTC)
        of_devices = list(device_checks(connection, clock.now()))
        of_deliveries = list(delivery_checks(connection, settings, clock))
        of_stored_time = list(stored_time_checks(stored_time(connection)))
        of_stored_time += _ageing_checks(connection, settings, clock.now())
        kept = backups.state(connection)
        of_proxies = list(
            # Attempts stand in the machine's time, whatever the service's clock says.
            proxy_checks(users.addresses_of_attempts(connection, SystemClock().now() - _WEEK), settings)
        )
    yield from _clock_checks(times, measured)
    yield from _age_checks(state, None if canary is None else canary[0], clock)
    yield from of_stored_time
    # Nobody backs up a demo.
    if settings.environment != "demo":
        yield from backup_checks(kept, clock.now(), is_production=settings.environment == "production")
    yield from _waiting_checks(state, held)
    yield from of_devices
    yield from of_deliveries
    yield from of_proxies


def _ageing_checks(connection: Connection, settings: Settings, now: datetime) -> Iterator[Check]:
    oldest = retention.oldest_kept(connection, settings.kept_for, now, SystemClock().now())
    waiting = retention.parts_over_age(connection, oldest)
    yield from retention_checks(retention.state(connection), waiting, oldest, settings.kept_for, now)
    yield from erasure_checks(erasures.open_since(connection), now)
    is_production = settings.environment == "production"
    yield from ledger_checks(
        sealing.state(connection), web_login.logins_that_may_change(connection) if is_production else [], now
    )


def _age_checks(state: Health, canary_contact_at: datetime | None, clock: Clock) -> Iterator[Check]:
    now, scale = clock.now(), max(1.0, clock.factor)
    yield _age(
        "ingest", _since(state.ingest_watermark, now), _LATE_INGEST * scale, CheckResult.BAD,
        "start it: mimamori ingest; its log says why it stopped",
    )  # fmt: skip
    yield _age(
        "evaluation", _since(state.evaluated_through, now), _LATE_INGEST * scale, CheckResult.BAD,
        "start ingest first, then the detectors: mimamori detect; their log says why they stopped",
    )  # fmt: skip
    yield _age(
        "last message", _since(state.last_received_at, now), _LONG_SILENCE, CheckResult.LOOK,
        "no device had contact of late: look at the broker and the network",
    )  # fmt: skip
    if canary_contact_at is not None:
        yield _age(
            "canary", now - canary_contact_at, _CANARY_SILENCE * scale, CheckResult.LOOK,
            "is it running? mimamori canary ... --every 60; each of its lines says where a message fell",
        )  # fmt: skip


def _waiting_checks(state: Health, held: State) -> Iterator[Check]:
    if state.quarantined:
        yield Check(
            "quarantine", CheckResult.LOOK, f"{held.waiting} messages wait, {held.size_bytes / 2**20:.1f} MB",
            "register their devices or read why: mimamori quarantine list",
        )  # fmt: skip
    if held.dropped and held.dropped_at is not None:
        yield Check(
            "quarantine", CheckResult.LOOK,
            f"{held.dropped} messages had to go unreleased, the last {held.dropped_at.isoformat(timespec='seconds')}",
            "release or look sooner, or let it keep more: MIMAMORI_QUARANTINE_DAYS, _MESSAGES, _MB",
        )  # fmt: skip
    if state.failing_watches:
        yield Check(
            "detectors", CheckResult.BAD, f"a rule fails for {state.failing_watches} residents or wards",
            "read the detectors' log; the other rules go on",
        )  # fmt: skip


def _clock_checks(found: Clocks, now: datetime) -> Iterator[Check]:
    apart = (found.server - now).total_seconds()
    offset = f"{abs(apart):.1f} s {'ahead of' if apart > 0 else 'behind'} this machine's"
    if abs(apart) > _SERVER_APART_S:
        yield Check(
            "database clock", CheckResult.LOOK, offset, "run chrony or systemd-timesyncd on both machines"
        )
    else:
        yield Check("database clock", CheckResult.GOOD, offset)
    if found.wrong and found.worst_skew_s is not None:
        way = "behind" if found.worst_skew_s > 0 else "ahead"
        yield Check(
            "device clocks", CheckResult.LOOK,
            f"{found.wrong} off by more than {_WRONG_CLOCK_S / 60:.0f} minutes, the most {found.worst_device_id}: {abs(found.worst_skew_s):.0f} s {way}",
            "set their time; docs/time.md says what is stored until then",
        )  # fmt: skip


def _age(name: str, age: timedelta | None, limit: timedelta, late: CheckResult, advice: str) -> Check:
    if age is None:
        return Check(name, late, "never", advice)
    found = f"{max(0, age.total_seconds()):.0f} s ago"
    return Check(name, CheckResult.GOOD, found) if age <= limit else Check(name, late, found, advice)


def _since(moment: datetime | None, now: datetime) -> timedelta | None:
    return None if moment is None else now - moment
