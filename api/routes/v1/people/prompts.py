"""Asking a resident before anybody else is notified of a silence."""

from fastapi import APIRouter

from api.access.visibility import resident_for
from api.actions.context import ActionContext
from api.actions.people import prompts as actions
from api.dependencies import ConnectionDep, NowDep, Watcher
from api.schemas.common import Number
from api.schemas.people.prompts import PromptsIn, PromptsOut
from core.store.database import Connection
from core.store.people.agreed import prompts

router = APIRouter(tags=["prompts"])
_LATEST = 50


@router.get("/residents/{number}/prompts", summary="Whether a resident is asked first, and the questions")
def show_prompts(viewer: Watcher, number: Number, connection: ConnectionDep, now: NowDep) -> PromptsOut:
    """Return what was agreed, and the latest questions with their answers."""
    resident_for(connection, viewer, number, now)
    return _shown(connection, number)


@router.put("/residents/{number}/prompts", summary="Say whether a resident is asked first")
def change_prompts(
    viewer: Watcher, number: Number, body: PromptsIn, connection: ConnectionDep, now: NowDep
) -> PromptsOut:
    """Begin or stop to ask; only staff may. Needs a confirmed LINE, SMS or mail of the resident's own, and who agreed to it."""
    actions.change(
        ActionContext(connection, viewer, now),
        number,
        is_on=body.is_on,
        most_in_a_week=body.most_in_a_week,
        agreed=body.agreed,
    )
    return _shown(connection, number)


def _shown(connection: Connection, number: int) -> PromptsOut:
    own = prompts.own_contact(connection, number)
    return PromptsOut.of(
        prompts.setting(connection, number),
        is_reachable=own is not None and own.is_reachable,
        prompts=prompts.of_resident(connection, number, _LATEST),
    )
