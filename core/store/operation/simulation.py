"""A simulated ward in the database: how testers and the simulator meet, in the demo and in tests only."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row, kwargs_row

from core.domain.alert import CALLS_TO_ACT, Severity
from core.domain.simulation import RaisedAlert, SimulatedEvent
from core.errors import NotFoundError
from core.store.database import Connection
from core.store.ledger import sealing
from core.store.queries import load

_SIMULATION = load("operation/simulation")
_MOST_EVENTS = 500


@dataclass(frozen=True)
class SimulationState:
    """How the simulation goes. `problem` says why it does not run although it is wanted."""

    is_wanted: bool
    is_running: bool
    homes: int
    devices: int
    scenarios: Sequence[str]
    messages: int
    problem: str
    reported_at: datetime


@dataclass(frozen=True)
class PlannedEvent:
    """Something that really happens, before it is stored; `home` is the home's name, empty for the whole ward."""

    kind: str
    home: str
    began_at: datetime
    ended_at: datetime
    raises: tuple[str, ...]
    due_at: datetime | None


@dataclass(frozen=True)
class OpenInjection:
    """Something that a tester asked for; `home` is the home's name."""

    number: int
    home: str
    kind: str


@dataclass(frozen=True)
class InjectionRequest:
    """Something that a tester asked for, and what became of it."""

    number: int
    at: datetime
    home: int
    kind: str
    executed_at: datetime | None
    problem: str


def begin(
    connection: Connection, *, homes: int, devices: int, scenarios: Sequence[str], now: datetime
) -> None:
    """Say that a simulator plays the ward."""
    given = {"homes": homes, "devices": devices, "scenarios": list(scenarios), "now": now}
    connection.execute(_SIMULATION["begin"], given)


def report(connection: Connection, *, is_running: bool, messages: int, problem: str, now: datetime) -> bool:
    """Say how the simulation goes; return whether it is wanted."""
    given = {"is_running": is_running, "messages": messages, "problem": problem, "now": now}
    row = connection.execute(_SIMULATION["report"], given).fetchone()
    return bool(row and row[0])


def state(connection: Connection) -> SimulationState | None:
    """Return how the simulation goes; None if none ever ran on this database."""
    return connection.cursor(row_factory=class_row(SimulationState)).execute(_SIMULATION["state"]).fetchone()


def want(connection: Connection, *, is_wanted: bool) -> None:
    """Ask for the simulation to run or to stop.

    Raises
    ------
    NotFoundError
        No simulator ever ran on this database.
    """
    if connection.execute(_SIMULATION["want"], {"is_wanted": is_wanted}).fetchone() is None:
        raise NotFoundError("no simulator runs on this database")


def write_script(connection: Connection, events: Sequence[PlannedEvent], since: datetime) -> None:
    """Keep what the script says from `since` on, in place of what it said before."""
    connection.execute(_SIMULATION["drop_scripted"], {"since": since})
    add_events(connection, events, is_injected=False)


def add_events(connection: Connection, events: Sequence[PlannedEvent], *, is_injected: bool) -> None:
    """Keep what really happens."""
    if events:
        connection.execute(
            _SIMULATION["add_events"],
            {
                "kind": [event.kind for event in events],
                "home": [event.home for event in events],
                "began_at": [event.began_at for event in events],
                "ended_at": [event.ended_at for event in events],
                "raises": [" ".join(event.raises) for event in events],
                "due_at": [event.due_at for event in events],
                "is_injected": is_injected,
            },
        )


def events(connection: Connection, since: datetime, now: datetime) -> list[SimulatedEvent]:
    """Return what began between two moments, the newest first, 500 at most."""
    cursor = connection.cursor(row_factory=kwargs_row(_event))
    values = {"since": since, "now": now, "limit": _MOST_EVENTS}
    return cursor.execute(_SIMULATION["events"], values).fetchall()


def alerts(connection: Connection, since: datetime) -> list[RaisedAlert]:
    """Return what was raised since a moment, in the order of time."""
    cursor = connection.cursor(row_factory=class_row(RaisedAlert))
    values = {"since": since, "equipment": Severity.EQUIPMENT, "calls_to_act": sorted(CALLS_TO_ACT)}
    return cursor.execute(_SIMULATION["alerts"], values).fetchall()


def request_injection(connection: Connection, *, home: int, kind: str, user: int, now: datetime) -> int:
    """Ask for something to happen in a home now; return the request's number.

    Raises
    ------
    NotFoundError
        There is no such home.
    """
    given = {"home": home, "kind": kind, "user": user, "now": now}
    row = connection.execute(_SIMULATION["request_injection"], given).fetchone()
    if row is None:
        raise NotFoundError(f"there is no home {home}")
    return int(row[0])


def open_injections(connection: Connection) -> list[OpenInjection]:
    """Return the requests that are not executed yet."""
    cursor = connection.cursor(row_factory=class_row(OpenInjection))
    return cursor.execute(_SIMULATION["open_injections"]).fetchall()


def mark_executed(connection: Connection, request: int, *, problem: str, now: datetime) -> None:
    """Note that a request was executed; `problem` says why it could not be, empty if it was."""
    connection.execute(_SIMULATION["mark_executed"], {"request": request, "problem": problem, "now": now})


def injection_requests(connection: Connection, limit: int = 20) -> list[InjectionRequest]:
    """Return the latest injection requests, the newest first."""
    cursor = connection.cursor(row_factory=class_row(InjectionRequest))
    return cursor.execute(_SIMULATION["injection_requests"], {"limit": limit}).fetchall()


def home_names(connection: Connection) -> dict[int, str]:
    """Return the names of the homes by key."""
    return {int(number): str(name) for number, name in connection.execute(_SIMULATION["home_names"])}


def first_residents(connection: Connection) -> dict[str, int]:
    """Return the number of the first resident of each home, by the home's name."""
    return {str(name): int(number) for name, number in connection.execute(_SIMULATION["first_residents"])}


def leave_out(connection: Connection, *, but: Collection[str]) -> None:
    """Forget all homes but these (by name), with who lives there; their readings stay, and belong to nobody.

    For a database in which nothing was raised yet.
    """
    sealing.say_simulation(connection)
    for step in ("leave_out_devices", "leave_out_states", "leave_out_residents", "leave_out_homes"):
        connection.execute(_SIMULATION[step], {"but": sorted(but)})


def _event(*, raises: list[str], **columns: Any) -> SimulatedEvent:
    return SimulatedEvent(raises=tuple(raises), **columns)
