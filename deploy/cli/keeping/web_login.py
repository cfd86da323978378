"""`mimamori web-login`: a login for the web process that adds to the ledger and cannot change it."""

from pathlib import Path
from typing import Annotated

import typer

from core.errors import InputError
from deploy.cli.connection import work


def web_login(
    name: Annotated[str, typer.Argument(help="The login, such as mimamori_web.")],
    *,
    password_file: Annotated[
        Path | None,
        typer.Option(help="Holds its password; asked for without it.", exists=True, dir_okay=False),
    ] = None,
) -> None:
    """Make a login of the database for `mimamori api` that may add looks and changes, and never change or delete one.

    Run it with MIMAMORI_DATABASE_URL of a login that may make others, and give the new one to the web process alone. Safe to run
    again: after an upgrade it gives the login the same rights to what is new.

    Example: [bold]mimamori web-login mimamori_web --password-file /etc/mimamori/web_password[/bold]
    """
    from core.store.ledger import web_login as store

    if password_file is None:
        password = typer.prompt("its password", hide_input=True)
    else:
        password = password_file.read_text(encoding="utf-8").strip()
    if not password:
        raise InputError("the password is empty")
    with work() as at:
        is_new = store.set_up(at.connection, name, password)
    print(f"the login {name} {'was made' if is_new else 'is up to date'}; give its URL to mimamori api alone")
