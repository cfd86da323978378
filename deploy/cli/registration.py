"""Commands that register wards and users."""

import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from core.domain.people import Language, Role
from core.errors import InputError
from deploy.cli.connection import work

if TYPE_CHECKING:
    from core.settings import Settings

users = typer.Typer(
    help="Who signs in to the pages.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
# Somebody at the machine.
_OPERATOR = 0
_Login = Annotated[str, typer.Argument(help="What the person types to sign in.")]
_FromInput = Annotated[
    bool,
    typer.Option("--password-stdin", help="Read the password from standard input instead of making one."),
]


def register(
    file: Annotated[Path, typer.Argument(help="Ward file (JSON).")],
    passwords: Annotated[
        Path | None,
        typer.Option(
            help="Write the new users' passwords to this file, readable for you only, not to the screen."
        ),
    ] = None,
    *,
    correct: Annotated[
        bool, typer.Option(help="Change what is there already to what the file states, with its history.")
    ] = False,
) -> None:
    """Register offices, homes, residents, contacts, geofences, devices and users from a ward file.

    All or nothing; running it twice changes nothing. What is there already and is otherwise in the file is listed, and stays as
    it is without --correct. New users get random passwords, shown once.

    Example: [bold]mimamori register ward.json --passwords passwords.txt[/bold]
    """
    from core.credentials.passwords import hash_password
    from core.credentials.sealed_values import sealer_of
    from core.formats.ward_file import read_ward
    from core.store.devices.ward_registration import register_ward

    ward = read_ward(file)
    made: dict[str, str] = {}

    def new_password(login: str) -> str:
        made[login] = secrets.token_urlsafe(12)
        return hash_password(made[login])

    # The file for passwords is opened first: a password that cannot be handed over must not be set.
    handle = _private_file(passwords) if passwords is not None else None
    with work() as at, Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("registering", total=ward.size)
        result = register_ward(
            at.connection,
            ward,
            now=at.now,
            default_zone=at.settings.time_zone,
            new_password=new_password,
            sealer=sealer_of(at.settings.secret_keys),
            on_progress=lambda: progress.advance(task),
            corrects=correct,
        )
    lines = "".join(f"{login}\t{password}\n" for login, password in made.items())
    if handle is not None:
        with os.fdopen(handle, "a", encoding="utf-8") as written:
            written.write(lines)
    elif lines:
        print("Passwords of the new users, shown only now:")
        print(lines, end="")
    added = ", ".join(f"{count} {what}" for what, count in result.added.items() if count)
    print(f"Registered: {added or 'nothing new'}")
    for one in result.corrections:
        left = " (not by a file: change it on its page or by its command)" if one.is_left else ""
        print(f"{one.where}.{one.name}: {one.before or '(nothing)'} -> {one.after}{left}")
    changeable = sum(not one.is_left for one in result.corrections)
    if changeable and correct:
        print(f"Corrected: {changeable} fields")
    elif changeable:
        print(f"NOT changed: {changeable} fields are otherwise in the file; to change them: --correct")


@users.command("add")
def add_user(
    login: _Login,
    *,
    name: Annotated[str, typer.Option(help="The person's name, shown to colleagues.")],
    role: Annotated[
        Role,
        typer.Option(
            help="admin sees everything, care their office, family their own; technician the devices of an office, official figures only, tester the simulated ward."
        ),
    ],
    office: Annotated[str | None, typer.Option(help="Office of care staff or a technician, by name.")] = None,
    resident: Annotated[
        list[int] | None, typer.Option(help="Resident a family user may see; repeatable.")
    ] = None,
    language: Annotated[Language, typer.Option(help="Language of the pages.")] = Language.JA,
    password_stdin: _FromInput = False,
) -> None:
    """Let somebody sign in.

    Example: [bold]mimamori user add sato --name 佐藤 --role care --office 中央センター[/bold]
    """
    from core.credentials.passwords import hash_password
    from core.store.people import residents
    from core.store.people import users as store

    if role.has_office != (office is not None):
        raise InputError(
            "--office goes with --role care and technician: these belong to an office, others do not"
        )
    if resident and role is not Role.FAMILY:
        raise InputError("--resident goes with --role family; the others see residents by their office")
    password = _password(password_stdin)
    with work() as at:
        _refuse_guessed(at.settings, password, login, name)
        user = store.add(
            at.connection,
            login=login,
            name=name,
            role=role,
            office=store.office_named(at.connection, office) if office else None,
            language=language,
            password_hash=hash_password(password),
            now=at.now,
        )
        for number in resident or []:
            residents.get(at.connection, number)
            store.link_family(at.connection, user.number, number)
    _show_password(login, password, password_stdin)


@users.command("list")
def list_users() -> None:
    """Show everybody who can sign in.

    Example: [bold]mimamori user list[/bold]
    """
    from core.store.people import users as store

    with work() as at:
        everybody = store.list_all(at.connection)
    table = Table()
    for name in ("login", "name", "role", "office", "language", "may sign in"):
        # Folded rather than cut off: a login has no spaces to break at, and is what other commands ask for.
        table.add_column(name, overflow="fold")
    for user in everybody:
        table.add_row(
            user.login,
            user.name,
            user.role,
            str(user.office or ""),
            user.language,
            "yes" if user.is_active else "no",
        )
    Console().print(table)


@users.command("password")
def set_password(login: _Login, password_stdin: _FromInput = False) -> None:
    """Give somebody a new password and sign them out everywhere.

    Example: [bold]mimamori user password hanako[/bold]
    """
    from core.credentials.passwords import hash_password
    from core.store.people import users as store

    password = _password(password_stdin)
    with work() as at:
        _refuse_guessed(at.settings, password, login)
        store.set_password(
            at.connection, store.by_login(at.connection, login).number, hash_password(password)
        )
    _show_password(login, password, password_stdin)


@users.command("disable")
def disable(login: _Login) -> None:
    """Keep somebody out from now on; what they did stays on record.

    Example: [bold]mimamori user disable hanako[/bold]
    """
    from core.store.people import contacts
    from core.store.people import users as store

    with work() as at:
        user = store.by_login(at.connection, login)
        store.disable(at.connection, user.number)
        contacts_left = [one for one in contacts.listing(at.connection, user=user.number) if one.is_active]
    print(f"{login} cannot sign in any more")
    for one in contacts_left:
        print(
            f"still notified by {one.channel} about {one.about}; to stop that: mimamori contact disable {one.number}"
        )


@users.command("enable")
def enable(login: _Login) -> None:
    """Let somebody in again.

    Example: [bold]mimamori user enable hanako[/bold]
    """
    from core.store.people import users as store

    with work() as at:
        store.enable(at.connection, store.by_login(at.connection, login).number)
    print(f"{login} can sign in again")


@users.command("second-factor-off")
def second_factor_off(login: _Login) -> None:
    """Ask somebody for no code any more, and sign them out everywhere; then the password alone is enough.

    For whoever lost both the telephone and the recovery codes, when no administrator can do it on the page of the account.

    Example: [bold]mimamori user second-factor-off hanako[/bold]
    """
    from core.store.people import users as store
    from core.store.people.signing_in import second_factors

    with work() as at:
        user = store.by_login(at.connection, login).number
        if not second_factors.switch_off(at.connection, user, by=_OPERATOR, now=at.now):
            raise InputError(f"{login} has no second factor")
        store.end_sessions(at.connection, user)
    print(f"{login} is signed out everywhere, and signs in with the password alone")


def _password(from_input: bool) -> str:
    if not from_input:
        return secrets.token_urlsafe(12)
    return sys.stdin.readline().rstrip("\r\n")


def _refuse_guessed(settings: "Settings", password: str, *own: str) -> None:
    from core.credentials.breached_passwords import BreachedPasswords

    if password and not any(letter.isalpha() for letter in password):
        raise InputError("a password of digits and signs alone is not accepted; put letters into it")
    if BreachedPasswords(settings.breached_passwords_file).holds(password, own):
        raise InputError("this password is known from a breach or easily guessed; choose another")


def _show_password(login: str, password: str, from_input: bool) -> None:
    if from_input:
        print(f"{login} can sign in with that password")
    else:
        print(f"{login} can sign in with this password, shown only now: {password}")


def _private_file(path: Path) -> int:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.fchmod(handle, 0o600)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from error
    return handle
