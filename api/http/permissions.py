"""Who may do what: deny by default. Every route names its permission; what is asked for goes through `api.access.visibility`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.routing import BaseRoute, Mount

from api.access import sessions, tokens
from api.access.refusals import ForbiddenError, NotSignedInError
from api.access.viewer import Viewer
from api.http import cookies
from core.domain.people import Role

# Tokens of programs are of no use elsewhere.
_FOR_PROGRAMS = "/api/"


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
    is_proven : bool
        Whether who asks must have proved of late who they are: a session left open is not enough.
    """

    name: str
    roles: frozenset[Role] | None
    is_asked: bool = True
    is_proven: bool = False

    def __call__(self, request: Request) -> Viewer | None:
        """Return who asks; None where nobody is signed in and nobody has to be.

        Raises
        ------
        NotSignedInError
            Nobody is signed in, or the session has ended.
        ForbiddenError
            The role does not allow it.
        ProofNeededError
            The last proof of who asks is too old.
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
        if self.is_proven:
            sessions.require_proof(viewer.proved_at, request.app.state.machine_clock.now())
        return viewer


ANONYMOUS = Permission("anonymous", None, is_asked=False)
PUBLIC = Permission("public", None)
# For one's own account.
ANY_USER = Permission("any_user", frozenset(Role))
# Those who watch over somebody: only they may ask about people at all.
WATCHER = Permission("watcher", frozenset(one for one in Role if one.watches))
STAFF = Permission("staff", frozenset({Role.ADMIN, Role.CARE}))
ADMIN = Permission("admin", frozenset({Role.ADMIN}))
FAMILY = Permission("family", frozenset({Role.FAMILY}))
# Those who may see devices, those who look after them, and those who fit them.
DEVICES = Permission("devices", frozenset({Role.ADMIN, Role.CARE, Role.FAMILY, Role.TECHNICIAN}))
EQUIPMENT = Permission("equipment", frozenset({Role.ADMIN, Role.CARE, Role.TECHNICIAN}))
FITTING = Permission("fitting", frozenset({Role.ADMIN, Role.TECHNICIAN}))
STATISTICS = Permission("statistics", frozenset({Role.ADMIN, Role.OFFICIAL}))
TESTING = Permission("testing", frozenset({Role.ADMIN, Role.TESTER}))
# Everybody who works for the service, also without seeing anybody.
PERSONNEL = Permission("personnel", frozenset(Role) - {Role.FAMILY})
# For what gives much away or cannot be undone.
STAFF_PROVEN = Permission("staff_proven", STAFF.roles, is_proven=True)
EQUIPMENT_PROVEN = Permission("equipment_proven", EQUIPMENT.roles, is_proven=True)
PERSONNEL_PROVEN = Permission("personnel_proven", PERSONNEL.roles, is_proven=True)
ADMIN_PROVEN = Permission("admin_proven", ADMIN.roles, is_proven=True)


def current_viewer(request: Request) -> Viewer | None:
    """Return who is signed in, or in whose name a program asks, or None; the lookup has a short transaction of its own."""
    machine_now = request.app.state.machine_clock.now()
    program = tokens.token_in(request.headers.get("authorization", ""))
    if program is not None and request.url.path.startswith(_FOR_PROGRAMS):
        # Never the cookie besides: what bears a token is not asked whether it comes from our pages.
        return tokens.viewer_of(request.app.state.database, program, request.method, machine_now)
    token = cookies.token_of(request)
    if token is None:
        return None
    found = sessions.find_session(request.app.state.database, token, machine_now)
    return None if found is None else Viewer(found.user, sessions.token_hash(token), found.proved_at)


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
        raise RuntimeError(
            f"these routes name no permission: {', '.join(bare)}; add one of api.http.permissions"
        )


def _calls(dependant: Dependant) -> Iterator[Callable[..., object]]:
    for one in dependant.dependencies:
        if one.call is not None:
            yield one.call
        yield from _calls(one)
