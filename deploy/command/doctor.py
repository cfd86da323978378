"""`mimamori doctor`: looks at everything the service stands on and says what to do."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from core.errors import MimamoriError

if TYPE_CHECKING:
    from core.clock import Clock
    from core.settings import Settings
    from core.store.health import Clocks

_LOW_DISK_B = 2 * 2**30
# Ingest reports a few times a second; a standby takes over within seconds.
_LATE_INGEST = timedelta(seconds=15)
_WRONG_CLOCK_S = 120.0
_SERVER_APART_S = 2.0
_CANARY_SILENCE = timedelta(minutes=5)
_LONG_SILENCE = timedelta(minutes=15)


class Verdict(StrEnum):
    """How a check came out."""

    GOOD = "good"
    LOOK = "look"
    BAD = "bad"


_STYLE = {Verdict.GOOD: "green", Verdict.LOOK: "yellow", Verdict.BAD: "bold red"}


@dataclass(frozen=True)
class Check:
    """What was looked at, how it is, and what to do about it."""

    name: str
    verdict: Verdict
    found: str
    advice: str = ""


def doctor() -> None:
    """Check settings, clock, disk, database, broker and ingest, and say what to do.

    Ends with exit code 1 when something is bad, so it can be used by monitoring.

    Example: [bold]mimamori doctor[/bold]
    """
    from core.settings import load_settings

    try:
        settings = load_settings()
        checks = [Check("settings", Verdict.GOOD, f"environment {settings.environment}")]
        checks += all_checks(settings)
    except MimamoriError as error:
        checks = [Check("settings", Verdict.BAD, str(error), "set them as docs/runbook.md says")]
    table = Table("check", "", "found", "what to do")
    for check in checks:
        table.add_row(check.name, f"[{_STYLE[check.verdict]}]{check.verdict}[/]", check.found, check.advice)
    Console().print(table)
    if any(check.verdict is Verdict.BAD for check in checks):
        raise typer.Exit(1)


def all_checks(settings: "Settings") -> list[Check]:
    """Return all checks but that of the settings; one that fails in an unforeseen way does not hide the others."""
    from deploy.command import doctor_broker

    clock = settings.make_clock()
    found: list[Check] = []
    looks: list[tuple[str, Callable[[], Iterator[Check]]]] = [
        ("clock", lambda: _clock(settings, clock)),
        ("disk", _disk),
        ("database", lambda: _database(settings, clock)),
        ("broker", lambda: doctor_broker.checks(settings)),
    ]
    for name, look in looks:
        try:
            found += look()
        except (MimamoriError, OSError) as error:
            found.append(Check(name, Verdict.BAD, str(error)))
    return found


def _clock(settings: "Settings", clock: "Clock") -> Iterator[Check]:
    now = clock.now().isoformat(timespec="seconds")
    if settings.clock:
        yield Check("clock", Verdict.GOOD, f"{now}, {clock.factor:g} times as fast (not for production)")
        return
    answer = ""
    if shutil.which("timedatectl"):
        answer = subprocess.run(
            ["timedatectl", "show", "--property", "NTPSynchronized", "--value"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout.strip()
    if answer == "yes":
        yield Check("clock", Verdict.GOOD, f"{now}, kept right by a time server")
    else:
        yield Check(
            "clock",
            Verdict.LOOK,
            f"{now}; whether a time server keeps it right cannot be told",
            "a wrong clock makes late alerts: run chrony or systemd-timesyncd",
        )


def _disk() -> Iterator[Check]:
    for folder in {Path("/"), Path.cwd()}:
        usage = shutil.disk_usage(folder)
        found = f"{folder}: {usage.free / 2**30:.1f} GB of {usage.total / 2**30:.0f} GB free"
        if usage.free < _LOW_DISK_B:
            yield Check("disk", Verdict.BAD, found, "make room; a full disk stops the database")
        else:
            yield Check("disk", Verdict.GOOD, found)


def _database(settings: "Settings", clock: "Clock") -> Iterator[Check]:
    from core.store import judging, quarantine
    from core.store.database import Database
    from core.store.edition import edition
    from core.store.health import clocks, health
    from core.store.migrate import pending

    url = settings.database_url.get_secret_value()
    missing = pending(url)
    if missing:
        yield Check("database", Verdict.BAD, f"lacks {', '.join(missing)}", "run: mimamori migrate")
        return
    with (
        Database(url, size=1, application="mimamori-doctor") as database,
        database.transaction() as connection,
    ):
        yield Check("database", Verdict.GOOD, f"{edition(connection).label}, schema up to date")
        state = health(connection)
        held = quarantine.state(connection)
        canary = judging.canary_heard(connection)
        times = clocks(connection, _WRONG_CLOCK_S)
        measured = datetime.now(UTC)
    yield from _clocks(times, measured)
    now = clock.now()
    yield _age(
        "ingest", _since(state.ingest_complete_through, now), _LATE_INGEST * max(1.0, clock.factor), Verdict.BAD,
        "start it: mimamori ingest; its log says why it stopped",
    )  # fmt: skip
    yield _age(
        "judging", _since(state.judged_through, now), _LATE_INGEST * max(1.0, clock.factor), Verdict.BAD,
        "start ingest first, then the detectors: mimamori detect; their log says why they stopped",
    )  # fmt: skip
    yield _age(
        "last message", _since(state.last_received_at, now), _LONG_SILENCE, Verdict.LOOK,
        "no device was heard of late: look at the broker and the network",
    )  # fmt: skip
    if canary is not None:
        yield _age(
            "canary", _since(canary[0], now), _CANARY_SILENCE * max(1.0, clock.factor), Verdict.LOOK,
            "is it running? mimamori canary ... --every 60; each of its lines says where a message fell",
        )  # fmt: skip
    if state.quarantined:
        yield Check(
            "quarantine", Verdict.LOOK, f"{held.waiting} messages wait, {held.size_bytes / 2**20:.1f} MB",
            "register their devices or read why: mimamori quarantine list",
        )  # fmt: skip
    if held.dropped and held.dropped_at is not None:
        yield Check(
            "quarantine", Verdict.LOOK,
            f"{held.dropped} messages had to go unreleased, the last {held.dropped_at.isoformat(timespec='seconds')}",
            "release or look sooner, or let it keep more: MIMAMORI_QUARANTINE_DAYS, _MESSAGES, _MB",
        )  # fmt: skip
    if state.failing_watches:
        yield Check(
            "detectors", Verdict.BAD, f"a rule fails for {state.failing_watches} residents or wards",
            "read the detectors' log; the other rules go on",
        )  # fmt: skip


def _clocks(found: "Clocks", now: datetime) -> Iterator[Check]:
    apart = (found.server - now).total_seconds()
    told = f"{abs(apart):.1f} s {'ahead of' if apart > 0 else 'behind'} this machine's"
    if abs(apart) > _SERVER_APART_S:
        yield Check("database clock", Verdict.LOOK, told, "run chrony or systemd-timesyncd on both machines")
    else:
        yield Check("database clock", Verdict.GOOD, told)
    if found.wrong and found.worst_skew_s is not None:
        way = "behind" if found.worst_skew_s > 0 else "ahead"
        yield Check(
            "device clocks", Verdict.LOOK,
            f"{found.wrong} off by more than {_WRONG_CLOCK_S / 60:.0f} minutes, the most {found.worst_device_id}: {abs(found.worst_skew_s):.0f} s {way}",
            "set their time; docs/time.md says what is stored until then",
        )  # fmt: skip


def _age(name: str, age: timedelta | None, limit: timedelta, late: Verdict, advice: str) -> Check:
    if age is None:
        return Check(name, late, "never", advice)
    found = f"{max(0, age.total_seconds()):.0f} s ago"
    return Check(name, Verdict.GOOD, found) if age <= limit else Check(name, late, found, advice)


def _since(moment: datetime | None, now: datetime) -> timedelta | None:
    return None if moment is None else now - moment
