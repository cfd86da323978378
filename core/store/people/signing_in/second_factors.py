"""The second proof of who signs in: the secret of an app, encrypted, codes for the day the phone is lost, and whose code is awaited."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from core.credentials.sealed_values import Sealer
from core.errors import ConflictError
from core.store.database import Connection
from core.store.people import watch_changes
from core.store.people.watch_changes import Concerned, Watched
from core.store.queries import load

_FACTORS = load("people/second_factors")


@dataclass(frozen=True)
class SecondFactor:
    """What proves a user besides the password; before it is confirmed nobody asks for it."""

    sealed: bytes
    confirmed_at: datetime | None
    used_step: int


def place(user: int) -> str:
    """Return the place that a user's secret is sealed for."""
    return f"second_factor/{user}/sealed"


def held(connection: Connection, user: int) -> SecondFactor | None:
    """Return a user's second factor, held until the transaction ends, so that of two with one code one is let in."""
    cursor = connection.cursor(row_factory=class_row(SecondFactor))
    return cursor.execute(_FACTORS["second_factor"], {"user": user}).fetchone()


def is_on(connection: Connection, user: int) -> bool:
    """Return whether a user signs in with a code."""
    row = connection.execute(_FACTORS["is_on"], {"user": user}).fetchone()
    return bool(row and row[0])


def begin(connection: Connection, user: int, sealed: bytes, now: datetime) -> None:
    """Keep a new secret, which counts once it is confirmed.

    Raises
    ------
    ConflictError
        There is a confirmed one; it is taken away first.
    """
    values = {"user": user, "sealed": sealed, "now": now}
    if connection.execute(_FACTORS["begin"], values).fetchone() is None:
        raise ConflictError("a second factor is on already; switch it off first")


def confirm(connection: Connection, user: int, code_hashes: Iterable[bytes], now: datetime) -> None:
    """Ask for a code at every sign-in from now on, and keep the hashes of new recovery codes."""
    connection.execute(_FACTORS["confirm"], {"user": user, "now": now})
    connection.execute(_FACTORS["remove_recovery_codes"], {"user": user})
    for code_hash in code_hashes:
        connection.execute(_FACTORS["add_recovery_code"], {"user": user, "code_hash": code_hash})


def use_step(connection: Connection, user: int, step: int) -> bool:
    """Take no code of a half minute or one before again; False if one was taken meanwhile."""
    return bool(connection.execute(_FACTORS["use_step"], {"user": user, "step": step}).rowcount)


def switch_off(connection: Connection, user: int, *, by: int, now: datetime) -> bool:
    """Ask a user for no code any more, write down who did it, and return whether one was set up.

    `by` 0 is somebody at the machine. A secret that was never confirmed goes too, which nobody has to know of.
    """
    was_on = is_on(connection, user)
    connection.execute(_FACTORS["remove_recovery_codes"], {"user": user})
    connection.execute(_FACTORS["end_awaited_of"], {"user": user})
    was_begun = bool(connection.execute(_FACTORS["remove"], {"user": user}).rowcount)
    if was_on:
        watch_changes.record(
            connection,
            Concerned(account=user),
            Watched.ACCOUNT,
            before={"second_factor": True},
            after={"second_factor": False},
            user=by,
            now=now,
        )
    return was_begun


def use_recovery_code(connection: Connection, user: int, code_hash: bytes, now: datetime) -> bool:
    """Use up a code for the day the phone is lost, and return whether it could be."""
    values = {"user": user, "code_hash": code_hash, "now": now}
    return bool(connection.execute(_FACTORS["use_recovery_code"], values).rowcount)


def recovery_codes_left(connection: Connection, user: int) -> int:
    """Return how many recovery codes a user can still use."""
    row = connection.execute(_FACTORS["recovery_codes_left"], {"user": user}).fetchone()
    return 0 if row is None else int(row[0])


def await_code(
    connection: Connection, token_hash: bytes, user: int, *, now: datetime, expires_at: datetime
) -> None:
    """Remember whose password was right, and forget whose code did not come."""
    connection.execute(_FACTORS["drop_expired"], {"now": now})
    values = {"token_hash": token_hash, "user": user, "expires_at": expires_at}
    connection.execute(_FACTORS["await_code"], values)


def awaited(connection: Connection, token_hash: bytes, now: datetime) -> int | None:
    """Return whose code is awaited; None if nobody's."""
    row = connection.execute(_FACTORS["awaited"], {"token_hash": token_hash, "now": now}).fetchone()
    return None if row is None else int(row[0])


def end_awaited(connection: Connection, token_hash: bytes) -> bool:
    """Await a code no longer, and return whether it was awaited: of two at once one gets in."""
    return bool(connection.execute(_FACTORS["end_awaited"], {"token_hash": token_hash}).rowcount)


def seal_anew(connection: Connection, sealer: Sealer) -> int:
    """Encrypt all secrets with the newest key, and return how many had another."""
    changed = 0
    for user, sealed in connection.execute(_FACTORS["sealed_secrets"]).fetchall():
        if not sealer.is_current(sealed):
            fresh = sealer.seal(sealer.open(sealed, place(user)), place(user))
            connection.execute(_FACTORS["seal_anew"], {"user": user, "sealed": fresh})
            changed += 1
    return changed
