"""The simulated ward of a demo: run or stop it, make something happen; for administrators and testers."""

from api.access import visibility
from api.actions.context import ActionContext
from core.domain.simulation import Injectable
from core.errors import NotFoundError
from core.store.operation import simulation


def set_running(context: ActionContext, *, is_wanted: bool) -> None:
    """Ask for the simulation to run or to stop; it follows within a second.

    Raises
    ------
    ForbiddenError
        The viewer is neither an administrator nor a tester.
    NotFoundError
        No simulator ever ran on this database.
    """
    visibility.require_tester(context.viewer, "run or stop the simulation")
    simulation.want(context.connection, is_wanted=is_wanted)


def inject(context: ActionContext, *, kind: Injectable, home: int) -> int:
    """Ask for something to happen in a home now, and return the number of the request.

    Raises
    ------
    ForbiddenError
        The viewer is neither an administrator nor a tester.
    NotFoundError
        There is no simulation, or no such home.
    """
    visibility.require_tester(context.viewer, "make things happen")
    if simulation.state(context.connection) is None:
        raise NotFoundError("there is no simulation here")
    return simulation.request_injection(
        context.connection, home=home, kind=kind, user=context.viewer.number, now=context.now
    )
