"""`mimamori backup`, `restore` and `restore-check`."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from core.errors import SettingsError

if TYPE_CHECKING:
    from deploy.backup.manifest import Begin, Manifest

_Backup = Annotated[Path, typer.Argument(help="The folder of one backup, as `mimamori backup` printed it.")]


def backup(
    folder: Annotated[Path, typer.Argument(help="Where backups go; each gets a folder of its own in it.")],
    keep: Annotated[
        int | None,
        typer.Option(
            help="Remove older ones in it afterwards, all but this many; never one that holds much more than this.",
            min=1,
        ),
    ] = None,
) -> None:
    """Back up the whole database, with a list of what it holds. Needs the login that owns the database.

    The service goes on meanwhile. What it prints last is the folder to restore from.

    Example: [bold]mimamori backup /var/backups/mimamori --keep 14[/bold]
    """
    from core.settings import load_settings
    from deploy.backup.making import make_backup
    from deploy.backup.removing import remove_old

    settings = load_settings()
    with _bars() as begin:
        made, manifest = make_backup(
            settings.database_url.get_secret_value(), folder, settings.make_clock().now(), begin
        )
    if keep is not None:
        removal = remove_old(folder, keep)
        for old in removal.removed:
            print(f"removed {old}")
        for old, reason in removal.held:
            print(f"kept {old}: {reason}", file=sys.stderr)
        if removal.held:
            print(
                "A database may have been lost and set up anew: docs/runbook.md#backup-and-restore. If these are of no"
                " use, remove them by hand",
                file=sys.stderr,
            )
    print(f"{_held(manifest)}, {manifest.size / 2**20:.1f} MB")
    print(made)


def restore(folder: _Backup) -> None:
    """Restore a backup into an empty database and compare every table with what was backed up. Needs a superuser.

    Ends with an exit code other than 0, and says what is missing, unless everything came back. Whoever was erased since is erased
    again: by the lists beside the backups, and that of MIMAMORI_ERASURE_LIST.

    Example: [bold]MIMAMORI_DATABASE_URL=postgresql://postgres@host/mimamori mimamori restore BACKUP[/bold]
    """
    from core.settings import load_settings
    from deploy.backup.erased import apply_erased, lists_beside, read_erased
    from deploy.backup.restoring import restore as bring_back

    settings = load_settings()
    with _bars() as begin:
        manifest, is_new_owner = bring_back(
            settings.database_url.get_secret_value(), folder, settings.make_clock().now(), begin
        )
    print(f"restored, and compared: {_held(manifest)}")
    listed = read_erased(lists_beside(folder, settings.erasure_list), manifest.origin.set_up_at)
    url = settings.database_url.get_secret_value()
    again = apply_erased(url, listed, settings.make_clock().now(), manifest.origin.owner)
    if listed:
        print(f"erased again: {again} of {len(listed)} residents that the lists of erasures name")
    if is_new_owner:
        print(
            f"the login {manifest.origin.owner} was made; set its password: \\password {manifest.origin.owner} in psql"
        )
    print("next: mimamori migrate, start the processes, mimamori doctor")


def restore_check(
    folder: _Backup,
    *,
    here: Annotated[
        bool,
        typer.Option(
            "--here", help="Restore nothing: compare the database as it is, however it was restored."
        ),
    ] = False,
) -> None:
    """Prove a backup: restore it into a database of its own, compare every table, drop it, and note the proof.

    The server is that of MIMAMORI_RESTORE_CHECK_URL, best another than the service's. `mimamori doctor` says how old the
    last proof is. Ends with an exit code other than 0 unless everything came back.

    Example: [bold]mimamori restore-check /var/backups/mimamori/mimamori-20261129T180000Z[/bold]
    """
    from core.settings import load_settings
    from deploy.backup.restoring import compare, prove

    settings = load_settings()
    url, scratch = (one.get_secret_value() for one in (settings.database_url, settings.restore_check_url))
    if not here and not scratch:
        raise SettingsError(
            "MIMAMORI_RESTORE_CHECK_URL: set it to a superuser's URL of a server on which the backup may be tried, best"
            " another than the service's; --here compares the service's database itself"
        )
    with _bars() as begin:
        if here:
            manifest = compare(url, folder, begin)
        else:
            manifest = prove(url, scratch, folder, settings.make_clock().now(), begin)
    print(f"{'nothing is missing' if here else 'proven: restored and compared'}: {_held(manifest)}")


def _held(manifest: "Manifest") -> str:
    holds = manifest.holds
    newest = holds.newest_reading.isoformat(timespec="seconds") if holds.newest_reading else "none"
    return (
        f"{holds.row_count} rows in {len(holds.rows)} tables, {sum(holds.chunks.values())} chunks,"
        f" {holds.open_alerts} open alerts, newest reading {newest}"
    )


@contextmanager
def _bars() -> Generator["Begin"]:
    """Show a bar for each piece of work, on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:

        def begin(label: str, total: int) -> Callable[[int], None]:
            task = progress.add_task(label, total=total)
            return lambda done: progress.advance(task, done)

        yield begin
