"""Requests to try settings on a resident's past, and what came of them: where the pages and the detectors meet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import kwargs_row
from psycopg.types.json import Jsonb

from core.domain.backtest import KEPT, MOST_OPEN, BacktestProblem, BacktestSettings, BacktestState, Label
from core.domain.sensitivity import Sensitivity
from core.errors import ConflictError, NotFoundError
from core.store.database import Connection
from core.store.queries import load

_REQUESTS = load("detection/backtest_requests")
# Any constant will do as long as nobody else locks it in this database.
_LOCK = 0x54525953


@dataclass(frozen=True)
class BacktestRequest:
    """A request, and how it goes.

    Attributes
    ----------
    number, resident : int
        Which one, and on whose past.
    asked_by, asked_at
        Who asked, by name, and when.
    progress : float
        The share that is done, 0 to 1.
    problem : BacktestProblem or None
        Why it failed.
    result : mapping or None
        What `detectors.backtest.result` made of it; its reasons hold places.
    """

    number: int
    resident: int
    asked_by: str
    asked_at: datetime
    settings: BacktestSettings
    state: BacktestState
    progress: float
    problem: BacktestProblem | None
    finished_at: datetime | None
    result: Mapping[str, Any] | None


@dataclass(frozen=True)
class Begun:
    """A request that the one worker has begun, for the `attempts`th time."""

    number: int
    resident: int
    settings: BacktestSettings
    attempts: int


def add(
    connection: Connection, resident: int, settings: BacktestSettings, *, user: int, now: datetime
) -> int:
    """Ask for a backtest, forget the resident's oldest, and return the number.

    Raises
    ------
    ConflictError
        Too many of this resident's are not finished.
    """
    connection.execute(_REQUESTS["lock_resident"], {"resident": resident})
    row = connection.execute(_REQUESTS["open_count"], {"resident": resident}).fetchone()
    if row is None or row[0] >= MOST_OPEN:
        raise ConflictError(
            f"{MOST_OPEN} backtests of resident {resident} are not finished; wait for one of them"
        )
    values = {"resident": resident, "user": user, "now": now, "settings": Jsonb(_to_json(settings))}
    made = connection.execute(_REQUESTS["add"], values).fetchone()
    connection.execute(_REQUESTS["drop_old"], {"resident": resident, "kept": KEPT})
    return 0 if made is None else int(made[0])


def get(connection: Connection, backtest: int) -> BacktestRequest:
    """Return a request with its result.

    Raises
    ------
    NotFoundError
        There is none of this number.
    """
    cursor = connection.cursor(row_factory=kwargs_row(_request))
    found = cursor.execute(_REQUESTS["get"], {"backtest": backtest}).fetchone()
    if found is None:
        raise NotFoundError(f"there is no backtest {backtest}")
    return found


def of_resident(connection: Connection, resident: int) -> list[BacktestRequest]:
    """Return a resident's requests, the newest first, without results."""
    cursor = connection.cursor(row_factory=kwargs_row(_request))
    return cursor.execute(_REQUESTS["of_resident"], {"resident": resident}).fetchall()


def is_work_left(connection: Connection) -> bool:
    """Return whether a request waits for a worker and there is none."""
    row = connection.execute(_REQUESTS["is_work_left"], {"key": _LOCK}).fetchone()
    return bool(row and row[0])


def hold(connection: Connection) -> bool:
    """Become the one worker; it stays so until the connection ends."""
    row = connection.execute(_REQUESTS["hold"], {"key": _LOCK}).fetchone()
    return bool(row and row[0])


def take(connection: Connection) -> Begun | None:
    """Begin the oldest request that is not finished; only the one worker may ask."""
    return connection.cursor(row_factory=kwargs_row(_begun)).execute(_REQUESTS["take"]).fetchone()


def report(connection: Connection, backtest: int, progress: float) -> bool:
    """Say which share is done; return whether it is still wanted."""
    values = {"backtest": backtest, "progress": progress}
    return connection.execute(_REQUESTS["report"], values).fetchone() is not None


def give_back(connection: Connection, backtest: int) -> None:
    """Leave a request to the next worker."""
    connection.execute(_REQUESTS["give_back"], {"backtest": backtest})


def finish(connection: Connection, backtest: int, result: Mapping[str, Any], now: datetime) -> None:
    """Keep what a backtest found."""
    _finish(connection, backtest, BacktestState.DONE, None, Jsonb(dict(result)), now)


def fail(connection: Connection, backtest: int, problem: BacktestProblem, now: datetime) -> None:
    """Keep why a backtest came to nothing."""
    _finish(connection, backtest, BacktestState.FAILED, problem, None, now)


def _finish(
    connection: Connection,
    backtest: int,
    state: BacktestState,
    problem: BacktestProblem | None,
    result: Jsonb | None,
    now: datetime,
) -> None:
    values = {"backtest": backtest, "state": state, "problem": problem, "result": result, "now": now}
    connection.execute(_REQUESTS["finish"], values)


def _request(
    *, settings: Mapping[str, Any], state: str, problem: str | None, **columns: Any
) -> BacktestRequest:
    return BacktestRequest(
        settings=_from_json(settings),
        state=BacktestState(state),
        problem=None if problem is None else BacktestProblem(problem),
        **columns,
    )


def _begun(*, settings: Mapping[str, Any], **columns: Any) -> Begun:
    return Begun(settings=_from_json(settings), **columns)


def _to_json(settings: BacktestSettings) -> dict[str, object]:
    return {
        "weeks": settings.weeks,
        "rules": list(settings.rules),
        "sensitivities": [one.value for one in settings.sensitivities],
        "budget": settings.budget,
        "labels": [{"began_at": one.began_at.isoformat(), "what": one.what} for one in settings.labels],
    }


def _from_json(body: Mapping[str, Any]) -> BacktestSettings:
    return BacktestSettings(
        weeks=body["weeks"],
        rules=tuple(body["rules"]),
        sensitivities=tuple(Sensitivity(one) for one in body["sensitivities"]),
        budget=body["budget"],
        labels=tuple(Label(datetime.fromisoformat(one["began_at"]), one["what"]) for one in body["labels"]),
    )
