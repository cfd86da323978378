"""Events for other programs that did not arrive, and that they are sent once more."""

from fastapi import APIRouter

from api.actions.context import ActionContext
from api.actions.offices import webhook_events as actions
from api.dependencies import ConnectionDep, NowDep, Staff
from api.schemas.common import BigNumber
from api.schemas.offices.webhook_events import FailedEventOut
from core.store.alerts import webhook_redeliveries

router = APIRouter(prefix="/webhook-events", tags=["escalation"])


@router.get("", summary="Events that no receiver has taken")
def list_failed_events(viewer: Staff, connection: ConnectionDep, now: NowDep) -> list[FailedEventOut]:
    """Return the events about alerts that were not taken when they were due, of the last 30 days, the newest first; at most 200."""
    found = actions.failed(ActionContext(connection, viewer, now))
    history = webhook_redeliveries.history(connection, [one.number for one in found])
    return [FailedEventOut.of(one, history) for one in found]


@router.post("/{number}/redelivery", status_code=202, summary="Send an event again")
def send_event_again(viewer: Staff, number: BigNumber, connection: ConnectionDep, now: NowDep) -> None:
    """Have an event sent once more, with the id that it had; the list says how it went. Asking while that waits changes nothing."""
    actions.send_again(ActionContext(connection, viewer, now), number)
