"""`mimamori doctor`: looks at everything the service stands on and says what to do."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.errors import MimamoriError
from deploy.cli.quarantine import printable
from deploy.doctor.check import Check, CheckResult

if TYPE_CHECKING:
    from core.settings import Settings

_STYLE = {CheckResult.GOOD: "green", CheckResult.LOOK: "yellow", CheckResult.BAD: "bold red"}


def doctor(
    *,
    listen: Annotated[
        float,
        typer.Option(
            help="Listen so many seconds at the broker, for topics that no filter of ingest names.", min=0
        ),
    ] = 0,
) -> None:
    """Check settings, clock, disk, database, broker and ingest, and say what to do.

    Ends with exit code 1 when something is bad, so it can be used by monitoring.

    Example: [bold]mimamori doctor[/bold]
    """
    from core.settings import load_settings

    try:
        settings = load_settings()
        checks = [Check("settings", CheckResult.GOOD, f"environment {settings.environment}")]
        checks += all_checks(settings, listen)
    except MimamoriError as error:
        checks = [Check("settings", CheckResult.BAD, str(error), "set them as docs/runbook.md says")]
    table = Table()
    for name in ("check", "", "found", "what to do"):
        # Folded rather than cut off: times, senders and paths have no spaces to break at.
        table.add_column(name, overflow="fold")
    for check in checks:
        table.add_row(
            check.name,
            f"[{_STYLE[check.verdict]}]{check.verdict}[/]",
            Text(printable(check.found)),
            Text(printable(check.advice)),
        )
    Console().print(table)
    if any(check.verdict is CheckResult.BAD for check in checks):
        raise typer.Exit(1)


def all_checks(settings: "Settings", listen_s: float) -> list[Check]:
    """Return all checks but that of the settings; one that fails in an unforeseen way does not hide the others."""
    from deploy.doctor.broker import broker_checks
    from deploy.doctor.database import database_checks
    from deploy.doctor.machine import clock_checks, disk_checks

    clock = settings.make_clock()
    found: list[Check] = []
    looks: list[tuple[str, Callable[[], Iterator[Check]]]] = [
        ("clock", lambda: clock_checks(settings, clock)),
        ("disk", disk_checks),
        ("database", lambda: database_checks(settings, clock)),
        ("broker", lambda: broker_checks(settings, listen_s)),
    ]
    for name, look in looks:
        try:
            found += look()
        except (MimamoriError, OSError) as error:
            found.append(Check(name, CheckResult.BAD, str(error)))
    return found
