"""Errors in words for people: what happened and what to do next, never a traceback or a stranger's data."""

from fastapi import Request, Response

from api.access.viewer import Viewer
from api.http.errors import Problem
from api.http.permissions import current_viewer
from api.pages.rendering import HtmlPage
from core.errors import StoreUnavailableError


def error_page(request: Request, problem: Problem) -> Response:
    """Return the page of a problem; it works without the database too."""
    page = HtmlPage(request, _viewer(request, problem))
    words = page.words
    # Whoever sends a form was on a page: what it was about has gone since, often by their own second press.
    is_gone = problem.code == "not_found" and request.method == "POST"
    kind = "error.gone" if is_gone else f"error.{problem.code}"
    if not words.has(f"{kind}_title"):
        kind = "error.other"
    reference = str(problem.extra.get("reference", ""))
    return page.render(
        "error.html",
        {
            "status": problem.status,
            "title": words(f"{kind}_title"),
            "what": words(f"{kind}_what", reference=reference),
            "todo": words(f"{kind}_todo", reference=reference),
        },
        status=problem.status,
    )


def _viewer(request: Request, problem: Problem) -> Viewer | None:
    if problem.code in {"store_unavailable", "internal", "cross_site"}:
        return None
    try:
        return current_viewer(request)
    except StoreUnavailableError:
        return None
