"""Alerts: what is open, why, and what people do about it."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.access import location_gate
from api.access.viewer import Viewer
from api.access.visibility import alert_for, alert_limits, open_alerts_for, resident_for
from api.actions import alerts as actions
from api.actions.context import ActionContext
from api.dependencies import ConnectionDep, NowDep, Staff, Watcher
from api.schemas.alerts import (
    AlertDetailOut,
    AlertOut,
    AssignIn,
    ClaimIn,
    CloseIn,
    DeliveryOut,
    NoteIn,
    ProgressIn,
    ReleaseIn,
    ReopenIn,
)
from api.schemas.common import BigNumber, Cursor, Limit, ResultPage, from_cursor, to_cursor
from core.domain.alert import Handling, Severity
from core.store.alerts import alerts, deliveries
from core.store.database import Connection

router = APIRouter(prefix="/alerts", tags=["alerts"])
_CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {
        "description": "Somebody was faster; `alert` says who holds it and its present version.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemOut"}}},
    }
}


@router.get("", summary="Open alerts, in the order of the care board")
def list_open_alerts(viewer: Watcher, connection: ConnectionDep, now: NowDep) -> list[AlertOut]:
    """Return the alerts that are not closed: what holds before what ended, level, unclaimed first, past their target first, oldest first."""
    return [AlertOut.model_validate(one) for one in open_alerts_for(connection, viewer, now)]


@router.get("/history", summary="Past and present alerts")
def list_history(
    viewer: Watcher,
    connection: ConnectionDep,
    handling: Annotated[Handling | None, Query(description="Only those handled so far.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> ResultPage[AlertOut]:
    """Return alerts, newest first."""
    key = from_cursor(cursor, int)
    offices, only = alert_limits(connection, viewer)
    found = alerts.history(
        connection,
        offices=offices,
        residents=only,
        handling=handling,
        before=None if key is None else key[0],
        limit=limit + 1,
    )
    part, is_more = found[:limit], len(found) > limit
    shown = [one for one in part if viewer.is_staff or one.severity is not Severity.EQUIPMENT]
    return ResultPage(
        items=[AlertOut.model_validate(one) for one in shown],
        next_cursor=to_cursor(part[-1].number) if is_more else None,
    )


@router.get("/{number}", summary="One alert with its reason and events")
def read_alert(viewer: Watcher, number: BigNumber, connection: ConnectionDep, now: NowDep) -> AlertDetailOut:
    """Return one alert with why it fired and what happened since."""
    found = alert_for(connection, viewer, number)
    if found.resident is not None:
        # The reason says how the person lives.
        resident_for(connection, viewer, found.resident, now)
    return _detail(connection, viewer, number, now)


@router.get("/{number}/deliveries", summary="What became of its messages")
def list_deliveries(viewer: Staff, number: BigNumber, connection: ConnectionDep) -> list[DeliveryOut]:
    """Return each message on each channel, in the order in which they began."""
    alert_for(connection, viewer, number)
    return [DeliveryOut.model_validate(one) for one in deliveries.of_alert(connection, number)]


@router.post("/{number}/claim", summary="Take an alert on", responses=_CONFLICT)
def claim(
    viewer: Watcher, number: BigNumber, body: ClaimIn, connection: ConnectionDep, now: NowDep
) -> AlertDetailOut:
    """Say 「私が確認します」. Of two who try at once, one holds it and the other is answered who. Claiming what one holds changes nothing."""
    context = ActionContext(connection, viewer, now)
    actions.claim(context, number, version=body.version, take_over=body.take_over)
    return _detail(connection, viewer, number, now)


@router.post("/{number}/progress", summary="Say how it goes, so that the claim holds on", responses=_CONFLICT)
def report_progress(
    viewer: Watcher, number: BigNumber, body: ProgressIn, connection: ConnectionDep, now: NowDep
) -> AlertDetailOut:
    """Still on it (30 min more), on the way (until ten minutes after the arrival), on site (60 min), or put off with a reason."""
    context = ActionContext(connection, viewer, now)
    actions.report_progress(
        context, number, body.progress, minutes=body.minutes, note=body.note, version=body.version
    )
    return _detail(connection, viewer, number, now)


@router.post("/{number}/assign", summary="Give an alert to a colleague", responses=_CONFLICT)
def assign(
    viewer: Staff, number: BigNumber, body: AssignIn, connection: ConnectionDep, now: NowDep
) -> AlertDetailOut:
    """Let a colleague hold it; the history names both."""
    actions.assign(ActionContext(connection, viewer, now), number, user=body.user, version=body.version)
    return _detail(connection, viewer, number, now)


@router.post("/{number}/outcome", summary="Correct an outcome", responses=_CONFLICT)
def correct_outcome(
    viewer: Staff, number: BigNumber, body: CloseIn, connection: ConnectionDep, now: NowDep
) -> AlertDetailOut:
    """Say how a closed alert really ended; the history keeps both."""
    context = ActionContext(connection, viewer, now)
    actions.correct_outcome(context, number, outcome=body.outcome, note=body.note, version=body.version)
    return _detail(connection, viewer, number, now)


@router.post("/{number}/reopen", summary="Reopen an alert", responses=_CONFLICT)
def reopen(
    viewer: Staff, number: BigNumber, body: ReopenIn, connection: ConnectionDep, now: NowDep
) -> AlertDetailOut:
    """Put a closed alert back into the queue, with the reason; everybody is asked anew."""
    actions.reopen(ActionContext(connection, viewer, now), number, note=body.note, version=body.version)
    return _detail(connection, viewer, number, now)


@router.post("/{number}/release", summary="Give an alert back", responses=_CONFLICT)
def release(
    viewer: Watcher, number: BigNumber, body: ReleaseIn, connection: ConnectionDep, now: NowDep
) -> AlertDetailOut:
    """Put a claimed alert back into the queue; the escalation goes on. While somebody else is checking, only staff may."""
    actions.release(ActionContext(connection, viewer, now), number, version=body.version)
    return _detail(connection, viewer, number, now)


@router.post("/{number}/close", summary="End an alert with its outcome", responses=_CONFLICT)
def close(
    viewer: Watcher, number: BigNumber, body: CloseIn, connection: ConnectionDep, now: NowDep
) -> AlertDetailOut:
    """End an alert with how it ended. Closing it again with the same outcome changes nothing.

    While somebody else is checking, only staff may.
    """
    context = ActionContext(connection, viewer, now)
    actions.close(context, number, outcome=body.outcome, note=body.note, version=body.version)
    return _detail(connection, viewer, number, now)


@router.post("/{number}/notes", status_code=201, summary="Write a note")
def add_note(
    viewer: Watcher, number: BigNumber, body: NoteIn, connection: ConnectionDep, now: NowDep
) -> AlertDetailOut:
    """Write what the next person should know; a closed alert takes notes too."""
    actions.add_note(ActionContext(connection, viewer, now), number, body.note)
    return _detail(connection, viewer, number, now)


def _detail(connection: Connection, viewer: Viewer, number: int, now: datetime) -> AlertDetailOut:
    alert = alert_for(connection, viewer, number)
    reason, is_precise = location_gate.reason_for(connection, viewer, alert, now)
    return AlertDetailOut.build(
        alert,
        alerts.events(connection, number),
        reason,
        episodes=alerts.episodes(connection, number),
        is_precise=is_precise,
    )
