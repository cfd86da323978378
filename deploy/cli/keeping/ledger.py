"""`mimamori ledger`: checks that nobody changed the record of who looked and who changed what, and lets its oldest entries go."""

import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import InputError
from deploy.cli.connection import work

if TYPE_CHECKING:
    from core.domain.records.ledger import LedgerCheck

ledger = typer.Typer(
    help="Who looked at whose data and who changed what: check that nothing was changed or taken out.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
# Whoever looks into misuse asks within a year at least.
_LEAST_KEPT = timedelta(days=365)


@ledger.command("verify")
def verify(
    *,
    against: Annotated[
        str | None,
        typer.Option(help="A seal that was written down at an earlier check, as number:seal."),
    ] = None,
) -> None:
    """Check each seal, and each row against its seal. Ends with exit code 1 and the first broken entry if one was changed or taken out.

    Whoever owns the database can write the whole ledger anew; only a seal that was written down elsewhere shows that. So write the
    last one down, outside of this machine, and compare with it later.

    Example: [bold]mimamori ledger verify --against 120:9f86d081884c7d65…[/bold]
    """
    from core.domain.records.ledger import anchor_of
    from core.settings import load_settings
    from core.store.database import Database
    from core.store.ledger import checking, sealing

    anchor = None if against is None else anchor_of(against)
    settings = load_settings()
    with Database(
        settings.database_url.get_secret_value(), size=1, application="mimamori-command"
    ) as database:
        found = checking.check(database, anchor)
        with database.transaction() as connection:
            waiting = sealing.state(connection).waiting
    _show(found)
    if waiting:
        print(
            f"{waiting} rows wait for their seal, so nothing is proven of them; ingest seals them within seconds"
        )
    if found.broken is not None:
        print(str(found.broken), file=sys.stderr)
        raise typer.Exit(1)
    if anchor is not None:
        print(f"entry {anchor.number} has the seal that was written down")
    if found.head is not None:
        print(f"last seal: {found.head}")


@ledger.command("cut")
def cut(
    *,
    before: Annotated[
        datetime,
        typer.Option(formats=["%Y-%m-%d"], help="Entries of before this day go, with their rows (UTC)."),
    ],
) -> None:
    """Let the oldest entries go for good, with who looked and what was changed then. At least the last 365 days stay.

    The seal of the last one that went is kept, so that what remains can be checked.

    Example: [bold]mimamori ledger cut --before 2021-04-01[/bold]
    """
    from core.store.ledger import cutting

    moment = before.replace(tzinfo=UTC)
    entries = rows = 0
    while True:
        with work() as at:
            if moment > at.now - _LEAST_KEPT:
                raise InputError("--before: at least the last 365 days stay")
            gone = cutting.cut(at.connection, moment, at.now)
        if gone is None:
            break
        entries, rows = entries + gone.entries, rows + gone.rows
    print(f"{entries} entries went, and {rows} rows with them")


def _show(found: "LedgerCheck") -> None:
    print(f"{found.entries} entries checked, from number {found.first} on")
    for cut_off in found.cuts:
        print(
            f"  {cut_off.entries} up to number {cut_off.through} went on {cut_off.at.date().isoformat()}, since they were of"
            f" before {cut_off.before.date().isoformat()}"
        )
    for erasure, rows in sorted(found.erased.items()):
        print(f"  erasure {erasure} took away {rows} rows, or words in them")
    if found.left_out:
        print(f"  {found.left_out} rows went with simulated homes")
