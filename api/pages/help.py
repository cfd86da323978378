"""Pages for everybody: how to use this, and how accessible it is."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.dependencies import Anybody
from api.pages.rendering import HtmlPage

router = APIRouter()


@router.get("/help")
def show_help(request: Request, viewer: Anybody) -> Response:
    """Explain the words, the levels and what to do."""
    return HtmlPage(request, viewer).render("help.html")


@router.get("/accessibility")
def show_accessibility(request: Request, viewer: Anybody) -> Response:
    """Say what is aimed at, checked and missing."""
    return HtmlPage(request, viewer).render("accessibility.html")
