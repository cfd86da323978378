"""The doctor's look at what is kept: whether all that was stored is there, and whether it would come back."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from core.domain.records.ledger import LedgerState
from core.domain.records.retention import KeptFor, RetentionState
from core.store.operation.backups import BackupState
from core.store.operation.stored_time import StoredTime
from deploy.doctor.check import Check, CheckResult

# One a night, and a morning to notice that there was none.
_OLD_BACKUP = timedelta(hours=36)
# One a month, and some days.
_OLD_PROOF = timedelta(days=35)
# It takes minutes, and a broker that is away is looked after within a day.
_OPEN_ERASURE = timedelta(days=1)
# It takes a second; after an upgrade what was written before is sealed at a thousand rows a second.
_UNSEALED = timedelta(minutes=15)
# Evaluation is seconds behind; days are a fault.
_HELD_BACK = timedelta(days=1)
_RESTORE = "stop the service and restore the last backup: docs/runbook.md#backup-and-restore"


def stored_time_checks(found: StoredTime) -> Iterator[Check]:
    """Look whether hypertables, chunks, or time are missing."""
    lost: list[str] = [f"{name} is no hypertable" for name in found.lost_hypertables]
    lost += [
        f"{missing} of {known} chunks of {name} are not there"
        for name, (missing, known) in found.lost_chunks.items()
    ]
    if found.orphaned_values and found.orphaned_until is not None:
        lost.append(
            f"of {found.orphaned_values} latest values no reading is stored, the newest of {_day(found.orphaned_until)}"
        )
    if lost:
        yield Check("stored readings", CheckResult.BAD, "; ".join(lost), _RESTORE)
    for since, until in found.holes:
        yield Check(
            "stored readings", CheckResult.LOOK,
            f"none from {_day(since)} to {_day(until)}, though there are some before and after",
            "if the service ran then, they were lost: a backup of that time has them",
        )  # fmt: skip
    if not lost and not found.holes:
        yield Check("stored readings", CheckResult.GOOD, "all chunks are there, without a hole")


def backup_checks(state: BackupState, now: datetime, *, is_production: bool) -> Iterator[Check]:
    """Look how old the last backup is, and the last proof that one comes back."""
    late = CheckResult.BAD if is_production else CheckResult.LOOK
    yield _age(
        "backup", state.made_at, now, _OLD_BACKUP, late,
        "mimamori backup FOLDER every night; docs/runbook.md#backup-and-restore",
    )  # fmt: skip
    yield _age(
        "proven restore", state.proven_at, now, _OLD_PROOF, CheckResult.LOOK,
        "mimamori restore-check BACKUP every month: only what was restored once is known to come back",
    )  # fmt: skip
    if not state.is_archiving:
        return
    if state.is_archive_failing and state.archive_failed_at is not None:
        yield Check(
            "archive", CheckResult.BAD,
            f"the write-ahead log is not archived; last failure {state.archive_failed_at.isoformat(timespec='seconds')}",
            "read PostgreSQL's log, and: pgbackrest --stanza=mimamori check",
        )  # fmt: skip
    else:
        at = "nothing yet" if state.archived_at is None else state.archived_at.isoformat(timespec="seconds")
        yield Check("archive", CheckResult.GOOD, f"the write-ahead log is archived, last: {at}")


def retention_checks(
    state: RetentionState,
    waiting: Mapping[str, int],
    oldest: Mapping[str, datetime],
    kept_for: KeptFor,
    now: datetime,
) -> Iterator[Check]:
    """Look whether what is too old went in time."""
    parts = ", ".join(f"{count} weeks of {what}s" for what, count in waiting.items() if count)
    if state.is_late(now):
        last = "never" if state.done_at is None else f"last {_day(state.done_at)}"
        yield Check(
            "retention", CheckResult.BAD, f"overdue since {_day(state.due_at)} ({last}); too old: {parts or 'nothing'}",
            "read ingest's log (retention_waits, asked_work_not_done), or: mimamori retention run",
        )  # fmt: skip
    elif state.parts_left:
        yield Check(
            "retention", CheckResult.LOOK, f"{state.parts_left} weeks could not go yet",
            "it goes on every hour; a long query or a backup that reads them holds them",
        )  # fmt: skip
    elif state.done_at is None and parts:
        yield Check(
            "retention", CheckResult.LOOK, f"{parts} go for good on {_day(state.due_at)}",
            "set MIMAMORI_READING_DAYS and MIMAMORI_FIX_DAYS before, if they must stay",
        )  # fmt: skip
    else:
        last = "first" if state.done_at is None else f"last {_day(state.done_at)}, next"
        yield Check("retention", CheckResult.GOOD, f"{last} {_day(state.due_at)}")
    for what, moment in oldest.items():
        if now - moment > _HELD_BACK + kept_for.of(what):
            yield Check(
                "retention", CheckResult.LOOK, f"{what}s are kept from {_day(moment)} on, since somebody has yet to be evaluated",
                "the detectors' log says whose evaluation stands still",
            )  # fmt: skip


def erasure_checks(open_since: datetime | None, now: datetime) -> Iterator[Check]:
    """Look whether somebody waits to be erased for too long; nothing is said while nobody does."""
    if open_since is None:
        return
    hours = (now - open_since).total_seconds() / 3600
    yield Check(
        "erasure", CheckResult.LOOK if now - open_since <= _OPEN_ERASURE else CheckResult.BAD,
        f"one that was asked for {hours:.0f} hours ago is not finished",
        "ingest does it within minutes, and needs the broker: its log says what it waits for (erasure_waits)",
    )  # fmt: skip


def ledger_checks(state: LedgerState, may_change: Sequence[str], now: datetime) -> Iterator[Check]:
    """Look whether what is written down of who looked and who changed what is sealed, and whether pages could change it."""
    if may_change:
        yield Check(
            "ledger", CheckResult.LOOK, f"mimamori api signs in as {', '.join(may_change)}, which may change and delete looks and changes",
            "give it a login of its own: mimamori web-login; docs/runbook.md",
        )  # fmt: skip
    if state.oldest is not None and now - state.oldest > _UNSEALED:
        yield Check(
            "ledger", CheckResult.BAD, f"{state.waiting} rows wait for their seal, the oldest of {_day(state.oldest)}",
            "ingest seals them; its log says what it waits for (ledger_waits). Right after an upgrade it takes a while",
        )  # fmt: skip
        return
    yield Check(
        "ledger",
        CheckResult.GOOD,
        f"{state.head} entries sealed, {state.waiting} wait; whole? mimamori ledger verify",
    )


def _age(
    name: str, at: datetime | None, now: datetime, limit: timedelta, late: CheckResult, advice: str
) -> Check:
    if at is None:
        return Check(name, late, "never", advice)
    hours = max(0.0, (now - at).total_seconds() / 3600)
    found = f"{hours:.0f} hours ago" if hours < 72 else f"{hours / 24:.0f} days ago"
    return Check(
        name, CheckResult.GOOD if now - at <= limit else late, found, "" if now - at <= limit else advice
    )


def _day(at: datetime) -> str:
    return at.date().isoformat()
