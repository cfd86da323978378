"""When no home of an office could be watched by a fault of ours, which homes those were, and what was found late."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.access import visibility
from api.dependencies import ConnectionDep, Staff
from api.pages.rendering import HtmlPage
from api.schemas.common import Number
from api.views import status
from api.wording.times import LocalTimes
from core.store.database import Connection
from core.store.operation import evaluation_gaps
from core.store.operation.evaluation_gaps import EvaluationGap, UnwatchedHomes

router = APIRouter()


@dataclass(frozen=True)
class UnwatchedSpan:
    """One outage as the page shows it."""

    when: str
    cause: str
    found: UnwatchedHomes


@router.get("/offices/{number}/unwatched")
def show_unwatched(request: Request, viewer: Staff, connection: ConnectionDep, number: Number) -> Response:
    """Show when no home was watched in the last 30 days, and which homes those were."""
    office = visibility.office_for(connection, viewer, number)
    page = HtmlPage(request, viewer)
    found = status.unwatched_spans(connection, page.now, status.silent_after(page.clock_factor))
    context: dict[str, object] = {
        "office": office,
        "spans": [_shown(connection, page, number, one) for one in found],
        "when": partial(when_text, page.times),
    }
    return page.render("unwatched.html", context)


def when_text(times: LocalTimes, began: datetime, ended: datetime | None) -> str:
    """Return from when until when, by the clock; what lasts has no end."""
    until = times.words("unwatched.lasts") if ended is None else times.clock_text(ended)
    return times.words("unwatched.from_to", began=times.clock_text(began), ended=until)


def _shown(connection: Connection, page: HtmlPage, office: int, span: EvaluationGap) -> UnwatchedSpan:
    words = page.words
    cause = f"unwatched.cause_{span.cause}"
    return UnwatchedSpan(
        when_text(page.times, span.began_at, span.ended_at),
        words(cause if words.has(cause) else "unwatched.cause_other"),
        evaluation_gaps.homes(connection, office, span, page.now),
    )
