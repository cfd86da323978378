"""The whole ledger, given out to an auditor: administrators only, and each time it is written down."""

from api.access import visibility
from api.actions.context import ActionContext
from core.store.people import access_log
from core.store.people.access_log import Viewed


def give_out(context: ActionContext) -> None:
    """Write down that the whole ledger is given out.

    Raises
    ------
    ForbiddenError
        The viewer is no administrator.
    """
    visibility.require_admin(context.viewer, "export the whole ledger")
    access_log.record(
        context.connection, user=context.viewer.number, resident=None, what=Viewed.LEDGER, now=context.now
    )
