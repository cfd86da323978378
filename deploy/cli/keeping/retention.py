"""`mimamori retention`: lets go what is too old, and shows and checks the record of what went."""

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import ConflictError
from deploy.cli.connection import work

if TYPE_CHECKING:
    from core.domain.records.retention import RetentionRun

retention = typer.Typer(
    help="Raw readings and positions that are too old: let them go, and see what went.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@retention.command("run")
def run() -> None:
    """Let go now what is older than MIMAMORI_READING_DAYS and MIMAMORI_FIX_DAYS; ingest does it once a day. There is no way back.

    Cut off, it goes on where it stopped.

    Example: [bold]mimamori retention run[/bold]
    """
    from core.settings import load_settings
    from core.store.database import Database
    from ingest.commands.retention_worker import work_off

    settings = load_settings()
    url = settings.database_url.get_secret_value()
    with (
        Database(url, size=1, application="mimamori-command") as database,
        closing(database.dedicated_connection()) as queue,
    ):
        done = work_off(settings, database, queue, lambda: False)
    if done is None:
        raise ConflictError("ingest is at it at this moment; look at `mimamori retention report`")
    _show(done)


@retention.command("report")
def report(
    latest: Annotated[int, typer.Option(help="How many runs, the newest last.", min=1)] = 10,
) -> None:
    """Show what went, from when to when and how much, and what goes next.

    Example: [bold]mimamori retention report --latest 30[/bold]
    """
    from core.clock import SystemClock
    from core.store.operation import retention as store

    with work() as at:
        runs = store.runs(at.connection, latest)
        next_at = store.state(at.connection).due_at
        before = store.oldest_kept(at.connection, at.settings.kept_for, at.now, SystemClock().now())
        waiting = store.parts_over_age(at.connection, before)
    for one in reversed(runs):
        _show(one)
    print(f"next run: {next_at.isoformat(timespec='minutes')}")
    for what, moment in before.items():
        print(
            f"{what}: {waiting[what]} parts of a week are older than {moment.isoformat(timespec='minutes')}"
        )


@retention.command("verify")
def verify() -> None:
    """Check the seals of all runs. Ends with exit code 1 if a record was changed or taken out.

    Example: [bold]mimamori retention verify[/bold]
    """
    from core.credentials.report_seals import NO_KEY, ReportSealer
    from core.credentials.sealed_values import keys_of
    from core.store.operation import retention as store

    with work() as at:
        runs = [one for one in store.runs(at.connection) if one.seal is not None]
        sealer = ReportSealer(keys_of(at.settings.secret_keys))
    wrong = store.faults(runs, sealer)
    for number, why in wrong.items():
        print(f"run {number}: {why}", file=sys.stderr)
    unsigned = sum(one.key_number == NO_KEY for one in runs)
    print(f"{len(runs)} runs, {len(runs) - unsigned} signed, {unsigned} with a plain sum, {len(wrong)} wrong")
    if runs:
        print(f"last seal: {runs[0].seal}; the log of ingest has it too (retention_done)")
    if wrong:
        raise typer.Exit(1)


def _show(one: "RetentionRun") -> None:
    ended = "not finished" if one.done_at is None else one.done_at.isoformat(timespec="minutes")
    left = f", {one.parts_left} parts left for the next run" if one.parts_left else ""
    print(
        f"run {one.number}, {ended}: readings kept {one.kept_for.reading_days} days, positions {one.kept_for.fix_days}{left}"
    )
    for part in one.dropped:
        print(
            f"  {part.what} {part.since.date().isoformat()} to {part.until.date().isoformat()}: {part.rows} rows,"
            f" {part.bytes / 2**20:.1f} MB; {part.evidence} set apart for alerts"
        )
    if one.seal is not None:
        print(f"  seal {one.seal}{'' if one.key_number else ' (not signed: MIMAMORI_SECRET_KEYS is empty)'}")
