"""Who may do what: deny by default. Every route names its permission, and every object is asked for through this module.

Not allowed to know of a thing is answered as "there is none" (404); known but not allowed is 403.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.routing import BaseRoute, Mount

from api import auth
from api.errors import ForbiddenError, NotSignedInError
from core.domain.absence import Absence
from core.domain.access import Scope
from core.domain.alert import Alert, Handling, Severity
from core.domain.geofence import Geofence
from core.domain.resident import Role, User
from core.errors import NotFoundError
from core.store import absences, alerts, backtest_requests, devices, geofences, residents, views
from core.store.backtest_requests import BacktestRequest
from core.store.database import Connection
from core.store.devices import DeviceOverview
from core.store.residents import ResidentOverview
from core.store.views import Viewed


@dataclass(frozen=True)
class Viewer:
    """Who asks: a signed-in user and the session that says so."""

    user: User
    session: bytes

    @property
    def number(self) -> int:
        """The user's key."""
        return self.user.number

    @property
    def role(self) -> Role:
        """The user's role."""
        return self.user.role

    @property
    def is_staff(self) -> bool:
        """True for admin and care staff."""
        return self.role in {Role.ADMIN, Role.CARE}

    @property
    def scope(self) -> Scope:
        """The residents the user may know of."""
        return Scope.of(self.user.role, self.user.number, self.user.office)


@dataclass(frozen=True)
class Permission:
    """What a route needs; used as a dependency: `viewer: Annotated[Viewer, Depends(STAFF)]`.

    Attributes
    ----------
    name : str
        For tests and error messages.
    roles : frozenset of Role or None
        One of these roles; None: nobody in particular.
    is_asked : bool
        Whether it is found out who asks at all; that needs the database.
    """

    name: str
    roles: frozenset[Role] | None
    is_asked: bool = True

    def __call__(self, request: Request) -> Viewer | None:
        """Return who asks; None where nobody is signed in and nobody has to be.

        Raises
        ------
        NotSignedInError
            Nobody is signed in, or the session has ended.
        ForbiddenError
            The role does not allow it.
        """
        if not self.is_asked:
            return None
        viewer = current_viewer(request)
        if self.roles is None:
            return viewer
        if viewer is None:
            raise NotSignedInError("you are not signed in, or your session has ended")
        if viewer.role not in self.roles:
            raise ForbiddenError(f"the role {viewer.role} may not do this")
        return viewer


ANONYMOUS = Permission("anonymous", None, is_asked=False)
PUBLIC = Permission("public", None)
ANY_USER = Permission("any_user", frozenset(Role))
STAFF = Permission("staff", frozenset({Role.ADMIN, Role.CARE}))
ADMIN = Permission("admin", frozenset({Role.ADMIN}))
FAMILY = Permission("family", frozenset({Role.FAMILY}))


def current_viewer(request: Request) -> Viewer | None:
    """Return who is signed in, or None; the lookup has a short transaction of its own."""
    token = auth.token_of(request)
    if token is None:
        return None
    found = auth.find_session(request.app.state.database, token, request.app.state.machine_clock.now())
    return None if found is None else Viewer(found.user, auth.token_hash(token))


def declared_permission(route: RouteContext) -> Permission | None:
    """Return the permission that a route names, or None."""
    dependant: Dependant | None = getattr(route, "dependant", None)
    if dependant is None:
        return None
    return next((call for call in _calls(dependant) if isinstance(call, Permission)), None)


def refuse_undeclared(routes: Sequence[BaseRoute]) -> None:
    """Stop a start with a route that names no permission; only mounted static files have none.

    Raises
    ------
    RuntimeError
        Such a route exists.
    """
    bare = [
        route.path or repr(route.original_route)
        for route in iter_route_contexts(routes)
        if not isinstance(route.original_route, Mount) and declared_permission(route) is None
    ]
    if bare:
        raise RuntimeError(f"these routes name no permission: {', '.join(bare)}; add one of api.permissions")


def resident_for(
    connection: Connection, viewer: Viewer, resident: int, now: datetime, *, is_look: bool = True
) -> ResidentOverview:
    """Return a resident whom the viewer may know of.

    Parameters
    ----------
    connection : Connection
        Inside the request's transaction.
    viewer : Viewer
        Who asks.
    resident : int
        About whom.
    now : datetime
        When.
    is_look : bool
        The person's data will be shown: an administrator's look is recorded for the person.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    """
    found = residents.overview(connection, viewer.scope, resident)
    if is_look and viewer.role is Role.ADMIN:
        views.record(connection, user=viewer.number, resident=resident, what=Viewed.RECORD, now=now)
    return found


def alert_for(connection: Connection, viewer: Viewer, alert: int) -> Alert:
    """Return an alert the viewer may know of.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    """
    found = alerts.get(connection, alert)
    if not may_see(connection, viewer, found):
        raise NotFoundError(f"there is no alert {alert}")
    return found


def may_see(connection: Connection, viewer: Viewer, alert: Alert) -> bool:
    """Tell whether the viewer may know of an alert: equipment and ward matters are for staff."""
    if viewer.role is Role.ADMIN:
        return True
    if viewer.role is Role.FAMILY and (alert.severity is Severity.EQUIPMENT or alert.resident is None):
        return False
    if alert.resident is not None:
        return residents.is_visible(connection, viewer.scope, alert.resident)
    return alert.office is None or alert.office == viewer.user.office


def holds(connection: Connection, viewer: Viewer, alert: Alert) -> bool:
    """Tell whether the viewer holds an alert, be it as a user or as somebody who answered from a message before."""
    if alert.handling is not Handling.CLAIMED:
        return False
    if alert.claimed_by_user is not None:
        return alert.claimed_by_user == viewer.number
    holder = (
        None if alert.claimed_by_contact is None else residents.contact(connection, alert.claimed_by_contact)
    )
    return holder is not None and holder.user == viewer.number


def require_hold(connection: Connection, viewer: Viewer, alert: Alert, what: str) -> None:
    """Refuse a family user what only staff may do while somebody else is checking.

    Raises
    ------
    ForbiddenError
        Somebody else holds the alert, and the viewer is not staff.
    """
    if viewer.is_staff or alert.handling is not Handling.CLAIMED or holds(connection, viewer, alert):
        return
    raise ForbiddenError(f"only staff or {alert.claimed_by}, who is checking, may {what}; take it over first")


def open_alerts_for(connection: Connection, viewer: Viewer, now: datetime) -> list[Alert]:
    """Return the alerts that are not closed and that the viewer may know of, in the order of the care board."""
    offices, only = alert_limits(connection, viewer)
    found = alerts.open_alerts(connection, now, offices=offices, residents=only)
    return found if viewer.is_staff else [one for one in found if one.severity is not Severity.EQUIPMENT]


def alert_limits(connection: Connection, viewer: Viewer) -> tuple[list[int] | None, frozenset[int] | None]:
    """Return the (offices, residents) to which the viewer's alerts are limited; None is no limit."""
    if viewer.role is Role.ADMIN:
        return None, None
    if viewer.role is Role.CARE:
        return ([] if viewer.user.office is None else [viewer.user.office]), None
    return None, residents.visible_numbers(connection, viewer.scope)


def geofence_for(connection: Connection, viewer: Viewer, geofence: int) -> Geofence:
    """Return a geofence of a resident whom the viewer may know of.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    """
    found = geofences.get(connection, geofence)
    if not residents.is_visible(connection, viewer.scope, found.resident):
        raise NotFoundError(f"there is no geofence {geofence} that you may see")
    return found


def absence_for(connection: Connection, viewer: Viewer, absence: int) -> Absence:
    """Return a planned absence of a resident whom the viewer may know of.

    Raises
    ------
    NotFoundError
        There is none, it was taken back, or the viewer may not know.
    """
    found = absences.get(connection, absence)
    if not residents.is_visible(connection, viewer.scope, found.resident):
        raise NotFoundError(f"there is no planned absence {absence} that you may see")
    return found


def device_for(connection: Connection, viewer: Viewer, device_id: str) -> DeviceOverview:
    """Return a device of a home the viewer may know of.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    """
    return devices.overview(connection, viewer.scope, device_id)


def backtest_for(connection: Connection, viewer: Viewer, backtest: int) -> BacktestRequest:
    """Return a backtest of a resident whom the viewer may know of.

    Raises
    ------
    NotFoundError
        There is none, or the viewer may not know.
    """
    found = backtest_requests.get(connection, backtest)
    if not residents.is_visible(connection, viewer.scope, found.resident):
        raise NotFoundError(f"there is no backtest {backtest} that you may see")
    return found


def require_staff(viewer: Viewer, what: str) -> None:
    """Refuse what only staff may do with a thing that others may see.

    Raises
    ------
    ForbiddenError
        The viewer is not staff.
    """
    if not viewer.is_staff:
        raise ForbiddenError(f"only staff may {what}; tell the centre what should change")


def _calls(dependant: Dependant) -> Iterator[Callable[..., object]]:
    for one in dependant.dependencies:
        if one.call is not None:
            yield one.call
        yield from _calls(one)
