"""Whether a resident is asked before anybody else is notified: the switch with what was agreed, and the questions with their answers."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.access import visibility
from api.access.refusals import RefusedError
from api.access.viewer import Viewer
from api.actions.context import ActionContext
from api.actions.people import prompts as actions
from api.dependencies import ConnectionDep, DatabaseDep, NowDep, Watcher
from api.pages.parts.prompt_text import prompt_text
from api.pages.parts.watch_record import watch_record
from api.pages.rendering import HtmlPage
from api.schemas.common import Number
from core.domain.agreed.prompt import LEAST_CHOICE, MOST_CHOICE, PromptSetting
from core.store.database import Connection
from core.store.people.agreed import prompts

router = APIRouter()
_SHOWN = 20
_LONGEST = 500


@dataclass(frozen=True)
class PromptLine:
    """One question of the list: when it was put, and what became of it."""

    asked_at: datetime
    text: str


@dataclass(frozen=True)
class PromptsDraft:
    """What somebody had entered when it could not be taken, and why not, by field."""

    setting: PromptSetting
    problems: dict[str, str] = field(default_factory=dict[str, str])


@router.get("/residents/{number}/prompts")
def show_prompts(request: Request, viewer: Watcher, connection: ConnectionDep, number: Number) -> Response:
    """Show what was agreed, and the latest questions."""
    return _show(request, viewer, connection, number, PromptsDraft(prompts.setting(connection, number)))


@router.post("/residents/{number}/prompts")
def change_prompts(
    *,
    request: Request,
    viewer: Watcher,
    database: DatabaseDep,
    now: NowDep,
    number: Number,
    is_on: Annotated[str, Form()] = "",
    most_in_a_week: Annotated[int, Form(ge=LEAST_CHOICE, le=MOST_CHOICE)],
    agreed: Annotated[str, Form(max_length=_LONGEST)] = "",
) -> Response:
    """Begin or stop to ask, or show the form again with what is wrong."""
    page = HtmlPage(request, viewer)
    wanted = PromptSetting(is_on == "on", most_in_a_week, agreed.strip())
    try:
        with database.transaction() as connection:
            actions.change(
                ActionContext(connection, viewer, now),
                number,
                is_on=wanted.is_on,
                most_in_a_week=wanted.most_in_a_week,
                agreed=wanted.agreed,
            )
    except RefusedError as error:
        problems = {error.field: page.words(f"refused.{error.code}")}
        with database.transaction() as connection:
            return _show(request, viewer, connection, number, PromptsDraft(wanted, problems))
    return RedirectResponse(f"/residents/{number}/prompts?said=record_saved", 303)


def _show(
    request: Request, viewer: Viewer, connection: Connection, number: int, draft: PromptsDraft
) -> Response:
    one = visibility.resident_for(connection, viewer, number, HtmlPage(request, viewer).now)
    page = HtmlPage(request, viewer, one.zone)
    context: dict[str, object] = {
        "one": one,
        "here": f"/residents/{number}/prompts",
        "setting": draft.setting,
        "own": prompts.own_contact(connection, number),
        "choices": range(LEAST_CHOICE, MOST_CHOICE + 1),
        "prompts": [
            PromptLine(prompt.asked_at, prompt_text(prompt, page.times))
            for prompt in prompts.of_resident(connection, number, _SHOWN)
        ],
        "changes": watch_record(page, connection, number),
        "may_change": viewer.is_staff,
        "problems": draft.problems,
    }
    return page.render("prompts.html", context, status=422 if draft.problems else 200)
