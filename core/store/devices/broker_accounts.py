"""Who signs in to the broker, and the one-use codes for which devices get their credentials.

Only hashes are kept: of a password in the form that the broker compares with, of a code as SHA-256.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import kwargs_row

from core.domain.broker_account import ACCOUNT_NAME, AccountKind, BrokerAccount, is_service
from core.errors import ConflictError, InputError, NotFoundError
from core.store.database import Connection
from core.store.queries import load

_ACCOUNTS = load("devices/broker_accounts")


@dataclass(frozen=True)
class Standing:
    """How an account stands.

    Attributes
    ----------
    name : str
        What it signs in as.
    kind : AccountKind
        What it is.
    is_let_in : bool
        Whether it has a credential.
    issued_at : datetime or None
        When the last credential was handed out.
    revoked_at : datetime or None
        When it was taken away, if it was.
    revoked_by : str
        Who took it away; empty where that was done at the machine, or nobody did.
    code_until : datetime or None
        Until when a code waits to be used.
    version : int
        How often its credential or code has changed.
    """

    name: str
    kind: AccountKind
    is_let_in: bool
    issued_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str
    code_until: datetime | None
    version: int


@dataclass(frozen=True)
class MadeCode:
    """A code that was made for an account, and what became of it; `who` is empty where it was made at the machine."""

    made_at: datetime
    who: str
    expires_at: datetime
    used_at: datetime | None
    withdrawn_at: datetime | None


def ensure(connection: Connection, account: BrokerAccount) -> None:
    """Make an account, unless it is there; without a credential it opens nothing. It is held until the transaction ends.

    Raises
    ------
    InputError
        The name cannot be one level of a topic, or is kept for the service.
    ConflictError
        The name belongs to something of another kind.
    """
    if not ACCOUNT_NAME.match(account.name):
        raise InputError(
            f"{account.name!r} cannot be a broker name: use 1 to 64 letters, digits, dots, hyphens or underscores, the"
            " first a letter or digit"
        )
    if is_service(account.name):
        raise InputError(f"the name {account.name} is kept for the service itself; choose another")
    values = {"name": account.name, "kind": account.kind}
    if account.kind is not AccountKind.DEVICE and (
        connection.execute(_ACCOUNTS["native_device"], values).fetchone() is not None
    ):
        raise ConflictError(
            f"{account.name} is the id of a native device; choose another name for the {account.kind}"
        )
    connection.execute(_ACCOUNTS["add_account"], values)
    row = connection.execute(_ACCOUNTS["account"], values).fetchone()
    if row is not None and row[0] != account.kind:
        raise ConflictError(
            f"{account.name} signs in to the broker as a {row[0]}, so it cannot be the name of a {account.kind} too;"
            " choose another"
        )


def refuse_taken_name(connection: Connection, account: BrokerAccount) -> None:
    """Refuse a new device whose name somebody else signs in with, or that the service keeps for itself.

    Raises
    ------
    InputError
        The name is kept for the service.
    ConflictError
        The name belongs to something of another kind.
    """
    if is_service(account.name):
        raise InputError(f"the name {account.name} is kept for the service itself; choose another")
    row = connection.execute(_ACCOUNTS["account"], {"name": account.name}).fetchone()
    if row is not None and row[0] != account.kind:
        raise ConflictError(f"a {row[0]} signs in to the broker as {account.name}; choose another id")


def issue(connection: Connection, name: str, password_hash: str, now: datetime) -> None:
    """Give an account a new credential: the former one and any open code end.

    Raises
    ------
    NotFoundError
        There is no such account.
    """
    values = {"name": name, "password_hash": password_hash, "now": now}
    if connection.execute(_ACCOUNTS["issue"], values).fetchone() is None:
        raise NotFoundError(_no_account(name))
    connection.execute(_ACCOUNTS["withdraw_codes"], values)
    connection.execute(_ACCOUNTS["announce_accounts"])


def revoke(connection: Connection, name: str, now: datetime, *, user: int | None) -> None:
    """Take an account's credential away, and its open code; who is connected with it is cut off. `user` asked for it.

    Raises
    ------
    NotFoundError
        There is no such account.
    """
    values = {"name": name, "now": now, "user": user}
    if connection.execute(_ACCOUNTS["revoke"], values).fetchone() is None:
        raise NotFoundError(_no_account(name))
    connection.execute(_ACCOUNTS["withdraw_codes"], values)
    connection.execute(_ACCOUNTS["announce_accounts"])


def add_code(
    connection: Connection,
    name: str,
    code_hash: bytes,
    *,
    now: datetime,
    expires_at: datetime,
    user: int | None,
) -> None:
    """Keep a new code for an account, in place of an open one; the credential stays good until the code is used."""
    values = {"name": name, "code_hash": code_hash, "now": now, "expires_at": expires_at, "user": user}
    connection.execute(_ACCOUNTS["withdraw_codes"], values)
    connection.execute(_ACCOUNTS["add_code"], values)
    connection.execute(_ACCOUNTS["count_code"], values)


def use_code(connection: Connection, code_hash: bytes, now: datetime) -> BrokerAccount | None:
    """Use a code up and return whose it is; None if it is unknown, used, withdrawn or too old."""
    values = {"code_hash": code_hash, "now": now}
    # Of two at once the second waits here for the first, and then finds the code used.
    connection.execute(_ACCOUNTS["account_of_code"], values)
    cursor = connection.cursor(row_factory=kwargs_row(_account))
    return cursor.execute(_ACCOUNTS["use_code"], values).fetchone()


def standings(connection: Connection, now: datetime) -> dict[str, Standing]:
    """Return how all accounts stand, by name."""
    cursor = connection.cursor(row_factory=kwargs_row(_standing))
    return {one.name: one for one in cursor.execute(_ACCOUNTS["standings"], {"name": None, "now": now})}


def standing(connection: Connection, name: str, now: datetime) -> Standing | None:
    """Return how one account stands; None if it was never made."""
    cursor = connection.cursor(row_factory=kwargs_row(_standing))
    return cursor.execute(_ACCOUNTS["standings"], {"name": name, "now": now}).fetchone()


def codes(connection: Connection, name: str, limit: int) -> list[MadeCode]:
    """Return the latest codes of an account, the newest first; of the codes themselves nobody keeps the text."""
    cursor = connection.cursor(row_factory=kwargs_row(MadeCode))
    return cursor.execute(_ACCOUNTS["codes"], {"name": name, "limit": limit}).fetchall()


def password_hashes(connection: Connection) -> dict[str, str | None]:
    """Return what the broker must know: the hash of each account, None for those that may not come in."""
    return dict(connection.execute(_ACCOUNTS["password_hashes"]).fetchall())


def _standing(*, kind: str, **columns: Any) -> Standing:
    return Standing(kind=AccountKind(kind), **columns)


def _no_account(name: str) -> str:
    return f"nobody signs in to the broker as {name}; `mimamori device list` shows who does"


def _account(*, name: str, kind: str) -> BrokerAccount:
    return BrokerAccount(name, AccountKind(kind))
