"""The profiles that devices can follow, a form to enter one, with each mistake beside its line, and trials on the quarantine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import StringConstraints

from api.access.refusals import RefusedError
from api.actions import devices as actions
from api.actions import profile_trials
from api.actions.context import ActionContext
from api.actions.profile_trials import TriedOn
from api.dependencies import Admin, ConnectionDep, DatabaseDep, MachineNowDep, NowDep
from api.pages.rendering import HtmlPage
from api.schemas.common import BigNumber
from api.schemas.devices import ProfileName, TrialOut
from api.views.device_profile import all_profiles
from core.domain.evidence.profile_trial import TrialState
from core.domain.metrics import METRICS
from core.errors import InputError, NotFoundError
from core.formats.profile_file import parse_profile
from core.formats.profile_mistakes import ProfileError
from core.store.database import Connection
from core.store.devices import profile_trials as store

router = APIRouter()
# An ingest process that runs looks every second.
_SOON = timedelta(seconds=10)
_Named = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00]*$")]
_EXAMPLE = 'name = "my-button"\nvendor = "Maker"\nmodel = "B1"\n\n[fields]\nAlarm = "sos"\n'


@dataclass(frozen=True)
class TrialForm:
    """What is in the form to try a profile, as typed."""

    profile: str = ""
    device: str = ""
    sender: str = ""
    model: str = ""

    @property
    def on(self) -> TriedOn:
        """On whose messages."""
        return TriedOn(self.device or None, self.sender or None, self.model or None)

    @property
    def named(self) -> str:
        """The first field in which something was typed."""
        return next((name for name in ("device", "sender", "model") if getattr(self, name)), "device")


def _typed(
    profile: Annotated[ProfileName, Form()],
    device: Annotated[_Named, Form()] = "",
    sender: Annotated[_Named, Form()] = "",
    model: Annotated[_Named, Form()] = "",
) -> TrialForm:
    return TrialForm(profile, device, sender, model)


@router.get("/profiles")
def show_profiles(request: Request, viewer: Admin, connection: ConnectionDep) -> Response:
    """Show all profiles, and the forms."""
    return _show(HtmlPage(request, viewer), connection)


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
        mistakes = [(1, page.words("profile.too_long"))]
        if isinstance(error, ProfileError):
            mistakes = [(one.line, one.in_words(page.language)) for one in error.mistakes]
        return _show(page, connection, toml=toml, mistakes=mistakes)
    actions.add_profile(ActionContext(connection, viewer, now), profile)
    return RedirectResponse("/profiles?said=profile_saved", 303)


@router.post("/profiles/trials")
def try_profile(
    *,
    request: Request,
    viewer: Admin,
    database: DatabaseDep,
    now: NowDep,
    machine_now: MachineNowDep,
    form: Annotated[TrialForm, Depends(_typed)],
) -> Response:
    """Ask what a profile would read of messages in quarantine, or show the form again with what is wrong."""
    try:
        with database.transaction() as connection:
            context = ActionContext(connection, viewer, now)
            made = profile_trials.request(context, form.on, form.profile, machine_now=machine_now)
    except RefusedError:
        problem = {"device": "problem_on"}
    except (InputError, NotFoundError):
        problem = {form.named: f"problem_{form.named}"}
    else:
        return RedirectResponse(f"/profiles/trials/{made.number}", 303)
    page = HtmlPage(request, viewer)
    with database.transaction() as connection:
        worded = {field: page.words(f"trial.{name}") for field, name in problem.items()}
        return _show(page, connection, form=form, problems=worded)


@router.get("/profiles/trials/{number}")
def show_trial(
    request: Request, viewer: Admin, connection: ConnectionDep, machine_now: MachineNowDep, number: BigNumber
) -> Response:
    """Show how far a trial is, and what it found."""
    found = store.get(connection, number, machine_now)
    is_late = found.state is TrialState.WAITING and machine_now - found.asked_at >= _SOON
    context = {"trial": TrialOut.of(found), "is_open": found.state.is_open, "is_late": is_late}
    return HtmlPage(request, viewer).render("profile_trial.html", context)


def _show(
    page: HtmlPage,
    connection: Connection,
    *,
    toml: str = _EXAMPLE,
    mistakes: Sequence[tuple[int, str]] = (),
    form: TrialForm | None = None,
    problems: Mapping[str, str] | None = None,
) -> Response:
    context = {
        "known": all_profiles(connection),
        "suggested": store.suggestions(connection),
        "toml": toml,
        "mistakes": mistakes,
        "metrics": METRICS.values(),
        "form": form or TrialForm(),
        "problems": problems or {},
    }
    return page.render("profiles.html", context, status=422 if mistakes or problems else 200)
