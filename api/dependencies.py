"""What routes ask for: a connection in one transaction, the time, the settings, and who is asking."""

from collections.abc import Generator, Iterator
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from api.access.viewer import Viewer
from api.http.permissions import (
    ADMIN,
    ADMIN_PROVEN,
    ANONYMOUS,
    ANY_USER,
    DEVICES,
    EQUIPMENT,
    EQUIPMENT_PROVEN,
    FAMILY,
    FITTING,
    PERSONNEL,
    PERSONNEL_PROVEN,
    PUBLIC,
    STAFF,
    STAFF_PROVEN,
    STATISTICS,
    TESTING,
    WATCHER,
)
from api.views.status import silent_after
from core.clock import Clock
from core.errors import NotFoundError
from core.settings import Settings
from core.store.database import Connection, Database

# Waiting for a connection must not take all worker threads, or those who hold one could not go on.
_AT_ONCE = 8


def get_database(request: Request) -> Database:
    """Return the pool, for the few routes that end their transactions themselves."""
    database: Database = request.app.state.database
    return database


def get_connection(request: Request) -> Generator[Connection]:
    """Lend a connection for one request, in one transaction: committed before the answer is sent, else rolled back."""
    with get_database(request).transaction() as connection:
        yield connection


def get_settings(request: Request) -> Settings:
    """Return the settings."""
    settings: Settings = request.app.state.settings
    return settings


def get_clock(request: Request) -> Clock:
    """Return the service's clock."""
    clock: Clock = request.app.state.clock
    return clock


def get_now(request: Request) -> datetime:
    """Return the time of the service's clock."""
    return get_clock(request).now()


def get_known_since(request: Request) -> datetime:
    """Return since when a resident must have been evaluated for their state to be known."""
    clock = get_clock(request)
    return clock.now() - silent_after(clock.factor)


def get_machine_now(request: Request) -> datetime:
    """Return the machine's time, in which sessions and the throttle live."""
    machine: Clock = request.app.state.machine_clock
    return machine.now()


def refuse_unknown_query(request: Request) -> None:
    """Refuse query parameters that the route does not know, since a mistyped filter would silently show too much.

    Raises
    ------
    RequestValidationError
        There is one.
    """
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    known = set(_query_names(route.dependant))
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        allowed = ", ".join(sorted(known)) or "none"
        raise RequestValidationError(
            [{"loc": ("query", name), "msg": f"unknown parameter; known: {allowed}"} for name in unknown]
        )


def refuse_production(settings: Annotated[Settings, Depends(get_settings)]) -> None:
    """Answer as if there were nothing where the service watches over real people.

    Raises
    ------
    NotFoundError
        This is production.
    """
    if settings.environment == "production":
        raise NotFoundError("there is no simulation here")


DatabaseDep = Annotated[Database, Depends(get_database)]
ConnectionDep = Annotated[Connection, Depends(get_connection, scope="function", max_concurrency=_AT_ONCE)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
ClockDep = Annotated[Clock, Depends(get_clock)]
NowDep = Annotated[datetime, Depends(get_now)]
KnownSinceDep = Annotated[datetime, Depends(get_known_since)]
MachineNowDep = Annotated[datetime, Depends(get_machine_now)]

# One of these stands in every route's signature: it is the route's permission.
AnyUser = Annotated[Viewer, Depends(ANY_USER)]
Watcher = Annotated[Viewer, Depends(WATCHER)]
Staff = Annotated[Viewer, Depends(STAFF)]
Admin = Annotated[Viewer, Depends(ADMIN)]
Family = Annotated[Viewer, Depends(FAMILY)]
DeviceViewer = Annotated[Viewer, Depends(DEVICES)]
Equipment = Annotated[Viewer, Depends(EQUIPMENT)]
Fitter = Annotated[Viewer, Depends(FITTING)]
Official = Annotated[Viewer, Depends(STATISTICS)]
Tester = Annotated[Viewer, Depends(TESTING)]
Personnel = Annotated[Viewer, Depends(PERSONNEL)]
StaffProven = Annotated[Viewer, Depends(STAFF_PROVEN)]
EquipmentProven = Annotated[Viewer, Depends(EQUIPMENT_PROVEN)]
PersonnelProven = Annotated[Viewer, Depends(PERSONNEL_PROVEN)]
AdminProven = Annotated[Viewer, Depends(ADMIN_PROVEN)]
# Open to everybody, without finding out who asks; stands in a router's or route's `dependencies`.
NOBODY_ASKED = Depends(ANONYMOUS)
# Open to everybody; who is signed in, if anybody is.
Anybody = Annotated[Viewer | None, Depends(PUBLIC)]


def _query_names(dependant: Dependant) -> Iterator[str]:
    yield from (parameter.alias for parameter in dependant.query_params)
    for one in dependant.dependencies:
        yield from _query_names(one)
