"""The login of the web process: it adds to the ledger, and can neither change nor delete what is there."""

from psycopg.sql import SQL, Identifier, Literal

from core.errors import InputError
from core.store.database import Connection
from core.store.queries import load

WEB_APPLICATION = "mimamori-api"
"""As what the web process is connected."""

_WEB_LOGIN = load("ledger/web_login")
# Rows of people's looks and changes: added, never changed.
_ADDED_TO = ("access_log", "watch_change", "office_change")
# Written by the sealer, by triggers and by migrations alone.
_READ_ONLY = ("ledger_seal", "ledger_pending", "ledger_cut", "schema_migration")


def set_up(connection: Connection, role: str, password: str) -> bool:
    """Make the login if it is not there, give it its password and its rights, and return whether it is new.

    Tables of later migrations are its own to read and write, too; whoever adds one to the ledger takes the rights away there.

    Raises
    ------
    InputError
        It is the login that we are connected as, the owner of the tables, or one that no right can be taken from.
    """
    (owner, is_known, is_superuser) = connection.execute(_WEB_LOGIN["roles"], {"role": role}).fetchone() or (
        "",
        False,
        False,
    )
    is_new = not is_known
    if role in {owner, connection.info.user}:
        raise InputError(f"{role} owns the tables; the web process needs a login of its own")
    if is_superuser:
        raise InputError(
            f"{role} is a superuser, from whom no right can be taken; the web process needs a login of its own"
        )
    make = SQL("CREATE ROLE {} NOSUPERUSER NOCREATEROLE NOCREATEDB LOGIN PASSWORD {}")
    change = SQL("ALTER ROLE {} LOGIN PASSWORD {}")
    name = Identifier(role)
    connection.execute((make if is_new else change).format(name, Literal(password)))
    connection.execute(SQL("GRANT USAGE ON SCHEMA public TO {}").format(name))
    connection.execute(
        SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(name)
    )
    connection.execute(
        SQL(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}"
        ).format(Identifier(owner), name)
    )
    for tables, taken in (
        (_ADDED_TO, SQL("UPDATE, DELETE, TRUNCATE")),
        (_READ_ONLY, SQL("INSERT, UPDATE, DELETE, TRUNCATE")),
    ):
        listed = SQL(", ").join(Identifier(one) for one in tables)
        connection.execute(SQL("REVOKE {} ON {} FROM {}").format(taken, listed, name))
    return is_new


def logins_that_may_change(connection: Connection) -> list[str]:
    """Return the logins of web processes, of those that are connected now, that could change or delete a row of the ledger."""
    found = connection.execute(_WEB_LOGIN["may_change"], {"application": WEB_APPLICATION})
    return [row[0] for row in found]
