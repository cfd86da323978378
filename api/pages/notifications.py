"""The page on which staff let a browser notify them of emergencies while no page is open, and the worker that shows it."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import FileResponse, RedirectResponse

from api.actions import browser_notifications as actions
from api.actions.context import ActionContext
from api.dependencies import NOBODY_ASKED, ConnectionDep, DatabaseDep, NowDep, SettingsDep, Staff
from api.pages.rendering import HtmlPage
from api.schemas.common import Number
from core.credentials.push_key import public_key_of
from core.store.alerts import browser_notifications
from core.store.alerts.browser_notifications import PushTarget

router = APIRouter()

_WORKER = Path(__file__).resolve().parent.parent / "static" / "js" / "push_worker.js"


@router.get("/notifications")
def show_notifications(
    request: Request, viewer: Staff, connection: ConnectionDep, settings: SettingsDep
) -> Response:
    """Show whether this browser notifies, and the others of the same user."""
    return HtmlPage(request, viewer).render(
        "notifications.html",
        {
            "push_key": public_key_of(settings.push_key),
            "browsers": browser_notifications.of_user(connection, viewer.number),
        },
    )


@router.post("/notifications")
def switch_on(
    *,
    viewer: Staff,
    database: DatabaseDep,
    settings: SettingsDep,
    now: NowDep,
    endpoint: Annotated[str, Form()] = "",
    p256dh: Annotated[str, Form()] = "",
    auth: Annotated[str, Form()] = "",
) -> Response:
    """Remember this browser."""
    with database.transaction() as connection:
        actions.subscribe(
            ActionContext(connection, viewer, now),
            PushTarget(endpoint, p256dh, auth),
            allow_private_hosts=settings.webhook_private_hosts,
        )
    return RedirectResponse("/notifications?said=push_on", 303)


@router.post("/notifications/{number}/remove")
def switch_off(viewer: Staff, database: DatabaseDep, now: NowDep, number: Number) -> Response:
    """Forget a browser."""
    with database.transaction() as connection:
        actions.remove(ActionContext(connection, viewer, now), number)
    return RedirectResponse("/notifications?said=push_off", 303)


@router.get("/push-worker.js", dependencies=[NOBODY_ASKED])
def worker() -> Response:
    """Return the worker; at the root, since a worker rules over its own folder only."""
    return FileResponse(_WORKER, media_type="text/javascript", headers={"Cache-Control": "no-cache"})
