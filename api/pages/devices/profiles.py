"""The profiles that devices can follow, and a form to enter one, with each mistake beside its line."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.actions import devices as actions
from api.actions.context import ActionContext
from api.dependencies import Admin, ConnectionDep, NowDep
from api.pages.rendering import HtmlPage
from api.views.device_profile import all_profiles
from core.errors import InputError
from core.formats.profile_file import ProfileError, parse_profile

router = APIRouter()
_EXAMPLE = 'name = "my-button"\nvendor = "Maker"\nmodel = "B1"\n\n[fields]\nAlarm = "sos"\n'


@router.get("/profiles")
def show_profiles(request: Request, viewer: Admin, connection: ConnectionDep) -> Response:
    """Show all profiles, and the form."""
    page = HtmlPage(request, viewer)
    return page.render("profiles.html", {"known": all_profiles(connection), "toml": _EXAMPLE, "mistakes": ()})


@router.post("/profiles")
def enter_profile(
    *,
    request: Request,
    viewer: Admin,
    connection: ConnectionDep,
    now: NowDep,
    toml: Annotated[str, Form()] = "",
) -> Response:
    """Check and store a profile, or show the form again with what is wrong on which line."""
    try:
        profile = parse_profile(toml, "profile")
    except InputError as error:
        page = HtmlPage(request, viewer)
        too_long = [(1, page.words("profile.too_long"))]
        mistakes = error.mistakes if isinstance(error, ProfileError) else too_long
        context = {"known": all_profiles(connection), "toml": toml, "mistakes": mistakes}
        return page.render("profiles.html", context, status=422)
    actions.add_profile(ActionContext(connection, viewer, now), profile)
    return RedirectResponse("/profiles?said=profile_saved", 303)
