"""`mimamori resident export` and `erase`: everything about one person, given out or gone."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from core.errors import ConflictError, InputError
from deploy.cli.connection import work

residents = typer.Typer(
    help="Everything about one resident: give it out, or erase it.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_Number = Annotated[
    int, typer.Argument(min=1, help="The resident's number, as the resident's page shows it.")
]


@residents.command("export")
def export(
    number: _Number,
    to: Annotated[Path, typer.Option(help="Where the file goes: a folder, or a name of its own.")] = Path(),
) -> None:
    """Write everything about a resident into a ZIP: JSON Lines, CSV and a page to read. It stands among the looks at their data.

    Example: [bold]mimamori resident export 12 --to /root/out[/bold]
    """
    from api.actions.people import personal_data
    from api.views.person_archive import archive_name, in_words
    from core.domain.people import Language
    from core.formats.person_archive import archive_of
    from core.settings import load_settings
    from core.store.database import Database

    with work() as at:
        asked = personal_data.export(at.action, number)
        now = at.now
    path = to / archive_name(number, now) if to.is_dir() else to
    settings = load_settings()
    try:
        # About a person: for nobody else to read, and over nothing that is there.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from error
    url = settings.database_url.get_secret_value()
    with os.fdopen(handle, "wb") as file, Database(url, size=1, application="mimamori-command") as database:
        for part in archive_of(asked.whose, asked.tables(database), now, Language.JA, in_words(Language.JA)):
            file.write(part)
    print(path)


@residents.command("erase")
def erase(
    number: _Number,
    name: Annotated[
        str | None,
        typer.Option(help="Their name, so that a slip of the number erases nobody; asked for without it."),
    ] = None,
) -> None:
    """Erase everything about a resident whose watch has ended, and print what proves it. There is no way back.

    Cut off, it goes on where it stopped; so does one that was asked for on the page.

    Example: [bold]mimamori resident erase 12 --name "田中 花子"[/bold]
    """
    from api.access.refusals import RefusedError
    from api.actions.people import personal_data
    from api.http.refusal_texts import worded
    from core.store.people.personal import erasures

    typed = name if name is not None else typer.prompt("the resident's name, to confirm")
    with work() as at:
        asked = erasures.of_resident(at.connection, number)
        if asked is None:
            try:
                asked = personal_data.ask_erasure(at.action, number, typed)
            except RefusedError as error:
                raise InputError(worded(error)[1]) from error
    _work_off()
    _show(asked)


@residents.command("erase-listed")
def erase_listed(
    file: Annotated[Path, typer.Argument(help="A list of erasures: erasures.json of a backup, or a copy.")],
) -> None:
    """Erase again whoever a list names: after a restore by other means than `mimamori restore`, which does it by itself.

    Example: [bold]mimamori resident erase-listed /var/backups/mimamori/mimamori-20261129T180000Z/erasures.json[/bold]
    """
    from core.settings import load_settings
    from core.store.operation import backups
    from deploy.backup.erased import apply_erased, read_erased

    with work() as at:
        now, set_up_at = at.now, backups.origin(at.connection).set_up_at
    listed = read_erased([file], set_up_at)
    if not listed and read_erased([file]):
        raise InputError(f"{file} is the list of another database: its numbers mean somebody else here")
    url = load_settings().database_url.get_secret_value()
    print(f"{apply_erased(url, listed, now)} were erased again")


def _work_off() -> None:
    """Erase whoever waits, here and now."""
    from core.settings import load_settings
    from core.store.database import Database
    from core.store.people.personal import erasures
    from ingest.commands.erasure_worker import work_off
    from ingest.commands.retained_messages import clearing_at

    settings = load_settings()
    url = settings.database_url.get_secret_value()
    with Database(url, size=1, application="mimamori-command") as database:
        queue = database.dedicated_connection()
        try:
            if not erasures.hold(queue):
                raise ConflictError("ingest is erasing at this moment; look at the page of erasures")
            clear, list_file = clearing_at(settings), settings.erasure_list
            work_off(database, queue, settings.make_clock(), clear, lambda: False, list_file)
        finally:
            queue.close()


def _show(asked: int) -> None:
    from core.store.people.personal import erasures

    with work() as at:
        one = erasures.get(at.connection, asked)
    report = one.report
    print(f"erasure {one.number} of resident {one.resident}: {one.state.value}")
    if report is None:
        return
    print(f"deleted: {sum(report.deleted.values())} rows in {len(report.deleted)} tables")
    print(f"searched: {report.searched} columns for {report.identifiers} forms of names and addresses")
    for name, rows in report.kept.items():
        print(
            f"kept: {name} {rows}, by number alone: who looked (security control under the data protection act)"
        )
    for left in report.left_texts:
        print(f"LEFT: {left.table}.{left.column} {left.rows}", file=sys.stderr)
    for name, rows in report.left_rows.items():
        print(f"LEFT: {name} {rows}", file=sys.stderr)
    if report.retained_left:
        print(f"LEFT: {report.retained_left} messages that the broker's rules keep", file=sys.stderr)
    print(f"sha256 {report.sha256}")
    if not report.is_proven:
        raise typer.Exit(1)
