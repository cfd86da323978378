"""Connections to PostgreSQL: a pool, transactions, notifications between processes, and errors in our own words."""

import math
import re
import secrets
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cache
from types import TracebackType
from typing import Any, LiteralString, Self

import psycopg
import psycopg.abc
from psycopg import sql
from psycopg.rows import Row, TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from core.errors import PoolerError, StoreError, StoreUnavailableError
from core.store.queries import load

Connection = psycopg.Connection[TupleRow]
_SESSIONS = load("sessions")

# Tables in parts of time. A plan that the server keeps for any span opens the parts of all years, so theirs is never kept.
_IN_PARTS = re.compile(rb"\b(?:FROM|JOIN|UPDATE)\s+(?:reading|fix)\b")

# Long enough for a database restart to show as an error soon, short enough that a page does not hang.
_POOL_WAIT_S = 10.0
# A machine or a line that vanishes says no word: without these, we would wait for it a quarter of an hour.
_OUR_END: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
# And the server would keep for hours what one of us has locked, so that another takes it over: homes, alerts, messages.
_SERVERS_END = (
    "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=20000"
    " -c idle_in_transaction_session_timeout=120000"
    # Nor would it notice in the middle of a long query, or while it waits for a lock, that whoever asked was killed.
    " -c client_connection_check_interval=2000"
)
PROOF_S = 5.0
"""How often a listener proves that notifications arrive, and how long the last proof may be on its way."""
_POOLER = (
    "a pooler between us and PostgreSQL hands sessions on between transactions (PgBouncer: pool_mode = transaction), so that locks exclude"
    " nobody and notifications are lost: point MIMAMORI_DATABASE_URL at PostgreSQL itself, or set pool_mode = session"
)
# Our queries are many and short: to compile one for the machine takes longer than to run it.
_OPTIONS = f"-c TimeZone=UTC -c jit=off {_SERVERS_END}"


class Database:
    """A pool of connections; open it with `with`, or with `open` and `close`.

    Parameters
    ----------
    url : str
        libpq URL or key=value text.
    size : int
        The largest number of connections at once.
    application : str
        Shown in `pg_stat_activity`, so that an operator sees who holds a lock.
    timeout_s : float
        How long a connection is waited for before the database counts as unavailable.
    """

    def __init__(
        self,
        url: str,
        *,
        size: int = 4,
        application: str = "mimamori",
        timeout_s: float = _POOL_WAIT_S,
    ) -> None:
        self._url = url
        self._application = application
        self._timeout_s = timeout_s
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            url,
            min_size=1,
            max_size=size,
            timeout=timeout_s,
            # Without the check the first query after a restart of the database fails.
            check=ConnectionPool.check_connection,
            kwargs={
                "application_name": application,
                "options": _OPTIONS,
                "cursor_factory": _Cursor,
                **_OUR_END,
            },
            name=application,
            open=False,
        )

    def open(self) -> None:
        """Open the pool and prove that the database answers.

        Raises
        ------
        StoreUnavailableError
            The database cannot be reached.
        """
        self._pool.open()
        try:
            self._pool.wait(self._timeout_s)
        except PoolTimeout as error:
            self._pool.close()
            raise StoreUnavailableError(
                f"cannot reach the database{self._why()}; check MIMAMORI_DATABASE_URL and that PostgreSQL runs"
            ) from error

    def _why(self) -> str:
        """Return why there is no connection, for the pool keeps it to itself."""
        try:
            psycopg.connect(self._url, connect_timeout=2, options=_OPTIONS).close()
        except psycopg.OperationalError as error:
            return f" ({_kind(error)}"
        return ""

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Generator[Connection]:
        """Lend a connection inside one transaction: committed at the end, rolled back on any error.

        Raises
        ------
        StoreUnavailableError
            The database is away or refuses work for now (restart, disk full, too many connections, read-only).
        StoreError
            The database refused the work itself.
        """
        with translated_errors(), self._pool.connection() as connection, connection.transaction():
            yield connection

    def prove_sessions(self) -> None:
        """Prove that each of our connections is a session of the server: only then do locks exclude and notifications arrive.

        Raises
        ------
        PoolerError
            A pooler hands the server's sessions on between our transactions.
        StoreUnavailableError
            The database cannot be reached.
        """
        one, other = self.dedicated_connection(), self.dedicated_connection()
        try:
            with translated_errors():
                first = _session(one)
                other.execute("BEGIN")
                # While the other is in the middle of its work, a pooler has to give this one another session.
                is_shared = _session(other) == first or _session(one) != first
                other.execute("ROLLBACK")
                key = secrets.randbits(62)
                is_shared |= not (_try_lock(one, key) and not _try_lock(other, key))
        finally:
            one.close()
            other.close()
        if is_shared:
            raise PoolerError(_POOLER)

    @contextmanager
    def listen(self, *channels: LiteralString) -> Generator["NotifyListener"]:
        """Hold one connection of its own that receives NOTIFY on the channels."""
        with translated_errors():
            connection = psycopg.connect(
                self._url, autocommit=True, application_name=f"{self._application}-listen", **_OUR_END
            )
        try:
            with translated_errors():
                proof = f"proof_{secrets.token_hex(8)}"
                for channel in (*channels, proof):
                    connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            yield NotifyListener(connection, proof, self._notify)
        finally:
            connection.close()

    def _notify(self, channel: str) -> None:
        with self.transaction() as connection:
            connection.execute(_SESSIONS["notify"], {"channel": channel})

    def dedicated_connection(self) -> Connection:
        """Return a connection outside the pool, in autocommit mode, for session locks; the caller closes it."""
        with translated_errors():
            return psycopg.connect(
                self._url, autocommit=True, application_name=self._application, options=_OPTIONS, **_OUR_END
            )


class _Cursor(psycopg.Cursor[Row]):
    """Has each question about a table in parts planned for its own span."""

    def execute(  # pyright: ignore[reportIncompatibleMethodOverride] - a template is nothing that is asked here
        self,
        query: psycopg.abc.QueryNoTemplate,
        params: psycopg.abc.Params | None = None,
        *,
        prepare: bool | None = None,
        binary: bool | None = None,
    ) -> Self:
        """Ask, without letting the server keep the plan if it is about a table in parts."""
        if prepare is None and isinstance(query, bytes) and _reads_parts(query):
            prepare = False
        return super().execute(query, params, prepare=prepare, binary=binary)


@cache
def _reads_parts(query: bytes) -> bool:
    return _IN_PARTS.search(query) is not None


class NotifyListener:
    """Receives notifications of other processes, and proves every few seconds that they arrive.

    Parameters
    ----------
    connection : Connection
        One that listens to the channels asked for, and to `proof`.
    proof : str
        A channel that nobody else knows.
    notify : callable
        Sends a notification on a channel, over another connection.
    """

    def __init__(self, connection: Connection, proof: str, notify: Callable[[str], None]) -> None:
        self._connection = connection
        self._proof = proof
        self._notify = notify
        self._asked_at = -math.inf
        self._is_asked = False
        self.is_proven = False

    def wait(self, timeout_s: float) -> list[tuple[str, str]]:
        """Return the (channel, payload) pairs received, as soon as there is one, or an empty list after `timeout_s`.

        Raises
        ------
        StoreUnavailableError
            The connection is lost, or our own notification did not come back; listen anew and look at the tables, for something may
            have been missed.
        """
        until = time.monotonic() + timeout_s
        received = self._received(0)
        while True:
            self._prove()
            if received or time.monotonic() >= until:
                return received
            received = self._received(min(until - time.monotonic(), PROOF_S))

    def _received(self, timeout_s: float) -> list[tuple[str, str]]:
        with translated_errors():
            notifications: Generator[psycopg.Notify] = self._connection.notifies(
                timeout=max(0.0, timeout_s), stop_after=1
            )
            received = [(notice.channel, notice.payload) for notice in notifications]
        if any(channel == self._proof for channel, _ in received):
            self._is_asked, self.is_proven = False, True
        return [one for one in received if one[0] != self._proof]

    def _prove(self) -> None:
        """Send ourselves a notification now and then; whoever was busy for long has received what waited before."""
        if time.monotonic() - self._asked_at < PROOF_S:
            return
        if self._is_asked:
            raise StoreUnavailableError(
                f"our own notification did not come back within {PROOF_S:.0f} s: the database is slow, or {_POOLER}"
            )
        self._is_asked, self._asked_at = True, time.monotonic()
        self._notify(self._proof)


def _session(connection: Connection) -> int:
    """Return which session of the server does our work now, which need not be the one that let us in."""
    row = connection.execute(_SESSIONS["session"]).fetchone()
    return row[0] if row else 0


def _try_lock(connection: Connection, key: int) -> bool:
    row = connection.execute(_SESSIONS["try_lock"], {"key": key}).fetchone()
    return bool(row and row[0])


@contextmanager
def translated_errors() -> Generator[None]:
    """Turn the driver's errors into ours; only the class of a database error is passed on, since its text may hold data."""
    try:
        yield
    except (
        PoolTimeout,
        psycopg.OperationalError,
        psycopg.InterfaceError,
        psycopg.errors.IdleInTransactionSessionTimeout,
        psycopg.errors.ReadOnlySqlTransaction,
    ) as error:
        raise StoreUnavailableError(f"the database is not available ({_kind(error)}") from error
    except psycopg.Error as error:
        raise StoreError(f"the database refused the work ({_kind(error)}") from error


# What a person can do about it. A refused connection has no code, only the server's words, so these are looked for too.
_WORDS = (
    ("53100", "could not extend", "its disk is full; make room"),
    ("53100", "No space left", "its disk is full; make room"),
    ("53300", "too many", "it has no free connection; stop what holds them, or raise max_connections"),
    (
        "53300",
        "remaining connection slots",
        "it has no free connection; stop what holds them, or raise max_connections",
    ),
    ("25006", "read-only", "it is read-only; is it a replica, or was it set so?"),
    (
        "08P01",
        "unsupported startup parameter",
        "this is a pooler (PgBouncer): point MIMAMORI_DATABASE_URL at PostgreSQL itself, or see docs/runbook.md#a-pooler",
    ),
    ("57P03", "starting up", "it is starting up; wait"),
    ("57P03", "recovery mode", "it recovers from a crash; wait"),
    ("57P01", "shutting down", "it is being stopped"),
)


def _kind(error: Exception) -> str:
    state: Any = getattr(error, "sqlstate", None)
    name = f"{type(error).__name__} {state}" if state else type(error).__name__
    text = str(error)
    for code, sign, words in _WORDS:
        if state == code or (state is None and sign in text):
            return f"{name}): {words}"
    return f"{name})"
