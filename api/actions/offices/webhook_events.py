"""Events for other programs that did not arrive: listed, and sent once more. Only staff may, of their office."""

from datetime import timedelta

from api.access import visibility
from api.actions.context import ActionContext
from core.errors import ConflictError
from core.store.alerts import webhook_redeliveries
from core.store.alerts.webhook_redeliveries import FailedEvent

# Whoever missed an event of longer ago asks for the alerts themselves.
SHOWN = timedelta(days=30)
_MOST = 200


def failed(context: ActionContext) -> list[FailedEvent]:
    """Return the events of the last 30 days that were not taken when they were due, the newest first; at most 200.

    Raises
    ------
    ForbiddenError
        The viewer is not staff.
    """
    visibility.require_staff(context.viewer, "see events for other programs")
    return webhook_redeliveries.failed(context.connection, _office(context), context.now - SHOWN, _MOST)


def send_again(context: ActionContext, delivery: int) -> None:
    """Have one of them sent once more; who asks is kept.

    Raises
    ------
    ForbiddenError
        The viewer is not staff.
    NotFoundError
        There is none of that number, or the viewer may not know.
    ConflictError
        Its contact or address is no more.
    """
    visibility.require_staff(context.viewer, "send events again")
    one = webhook_redeliveries.failed_one(context.connection, _office(context), context.now - SHOWN, delivery)
    if not one.can_be_sent:
        raise ConflictError(f"the contact or the address of event {delivery} is no more")
    webhook_redeliveries.ask(context.connection, delivery, user=context.viewer.number, now=context.now)


def _office(context: ActionContext) -> int | None:
    scope = context.viewer.scope
    return None if scope.everything else scope.office
