"""Trying settings on a resident's past: what to try, how far it is, and what each setting would have meant; for staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.access import visibility
from api.access.viewer import Viewer
from api.actions import backtests as actions
from api.actions.context import ActionContext
from api.dependencies import ConnectionDep, DatabaseDep, NowDep, Staff
from api.pages.backtests import labels as happenings
from api.pages.backtests.labels import Happening
from api.pages.backtests.result import account
from api.pages.rendering import HtmlPage
from api.schemas.backtests import LARGEST_BUDGET, BacktestDetailOut
from api.schemas.common import BigNumber, Number
from api.views.backtests import result_for
from api.wording import alert_reason
from core.domain.backtest import (
    RULES_ABOUT_EQUIPMENT,
    RULES_ABOUT_PERSON,
    TRIED_RULES,
    BacktestSettings,
    BacktestState,
)
from core.domain.rules import INACTIVITY
from core.domain.sensitivity import Sensitivity
from core.errors import ConflictError
from core.store.database import Connection
from core.store.detection import backtest_requests
from core.store.detection.backtest_requests import BacktestRequest
from core.store.people import sensitivities

router = APIRouter()
_WEEKS = (4, 8, 12, 26)


@dataclass(frozen=True)
class TryForm:
    """What is in the form, as typed."""

    rule: str = INACTIVITY.name
    weeks: str = "8"
    budget: str = ""
    happened: Sequence[Happening] = ()

    def problems(self, page: HtmlPage) -> dict[str, str]:
        """Say what is wrong with it, by field."""
        found: dict[str, str] = {}
        is_span = self.weeks in {str(one) for one in _WEEKS}
        if self.rule not in {"", *TRIED_RULES} or not is_span:
            found["rule"] = page.words("backtest.problem_choice")
        if self.budget and self._budget() is None:
            found["budget"] = page.words("backtest.problem_budget")
        for number, one in enumerate(self.happened, 1):
            if is_span and (problem := one.problem(page, int(self.weeks))):
                found[f"happened-{number}"] = page.words("backtest.problem_row", n=number, problem=problem)
        return found

    def settings(self, page: HtmlPage) -> BacktestSettings:
        """Return what is to be tried: every setting side by side."""
        rules = (self.rule,) if self.rule else ()
        labels = tuple(one.label(page) for one in self.happened)
        return BacktestSettings(int(self.weeks), rules, tuple(Sensitivity), self._budget(), labels)

    def _budget(self) -> float | None:
        try:
            budget = float(self.budget)
        except ValueError:
            return None
        return budget if 0 <= budget <= LARGEST_BUDGET else None


@dataclass(frozen=True)
class TriedLine:
    """One of those that were tried before."""

    number: int
    text: str
    by: str
    state: str


@router.get("/residents/{number}/backtests")
def show_all(request: Request, viewer: Staff, connection: ConnectionDep, number: Number) -> Response:
    """Show the form and what was tried before."""
    return _show(request, viewer, connection, number, None, {})


@router.post("/residents/{number}/backtests")
def ask(
    *,
    request: Request,
    viewer: Staff,
    database: DatabaseDep,
    number: Number,
    rule: Annotated[str, Form()] = "",
    weeks: Annotated[str, Form()] = "",
    budget: Annotated[str, Form()] = "",
    day: Annotated[list[str] | None, Form()] = None,
    clock: Annotated[list[str] | None, Form()] = None,
    what: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Ask for it, or show the form again with what is wrong."""
    form = TryForm(rule, weeks, budget.strip(), happenings.typed(day or [], clock or [], what or []))
    with database.transaction() as connection:
        now = HtmlPage(request, viewer).now
        one = visibility.resident_for(connection, viewer, number, now, is_recorded=False)
        page = HtmlPage(request, viewer, one.zone)
        problems = form.problems(page)
        if not problems:
            try:
                made = actions.request(ActionContext(connection, viewer, now), number, form.settings(page))
            except ConflictError:
                problems = {"rule": page.words("backtest.problem_many")}
            else:
                return RedirectResponse(f"/backtests/{made.number}", 303)
        return _show(request, viewer, connection, number, form, problems)


@router.get("/backtests/{number}")
def show(request: Request, viewer: Staff, connection: ConnectionDep, number: BigNumber) -> Response:
    """Show how far it is, or what was found."""
    found = visibility.backtest_for(connection, viewer, number)
    one = visibility.resident_for(connection, viewer, found.resident, HtmlPage(request, viewer).now)
    page = HtmlPage(request, viewer, one.zone)
    result, is_precise = result_for(connection, viewer, found, page.now)
    detail = BacktestDetailOut.build(found, result, is_precise=is_precise)
    context: dict[str, object] = {
        "one": one,
        "line": _line(found, page),
        "number": number,
        "state": found.state.value,
        "is_open": found.state in {BacktestState.WAITING, BacktestState.RUNNING},
        "percent": round(100 * found.progress),
        "problem": None if found.problem is None else found.problem.value,
        "account": None
        if detail.result is None
        else account(page, found.resident, detail.result, sensitivities.get(connection, found.resident)),
    }
    return page.render("backtest.html", context)


@router.post("/backtests/{number}/application")
def apply(
    viewer: Staff,
    connection: ConnectionDep,
    now: NowDep,
    number: BigNumber,
    sensitivity: Annotated[str, Form()] = "",
) -> Response:
    """Put the setting that was proposed in force."""
    actions.apply_proposal(ActionContext(connection, viewer, now), number, sensitivity)
    return RedirectResponse(f"/backtests/{number}?said=backtest_applied", 303)


def _show(
    request: Request,
    viewer: Viewer,
    connection: Connection,
    number: int,
    form: TryForm | None,
    problems: dict[str, str],
) -> Response:
    """Show the form as it was sent, or with what was typed in last, and what was tried before."""
    one = visibility.resident_for(connection, viewer, number, HtmlPage(request, viewer).now)
    page = HtmlPage(request, viewer, one.zone)
    before = backtest_requests.of_resident(connection, number)
    if form is None:
        form = TryForm(happened=happenings.remembered([found.settings for found in before], page))
    context: dict[str, object] = {
        "one": one,
        "here": f"/residents/{number}/backtests",
        "groups": {
            about: {rule: alert_reason.title(rule, page.words) for rule in rules}
            for about, rules in (("person", RULES_ABOUT_PERSON), ("equipment", RULES_ABOUT_EQUIPMENT))
        },
        "weeks": _WEEKS,
        "form": form,
        "happened": happenings.filled_up(form.happened),
        "first_day": page.times.local(page.now - timedelta(weeks=max(_WEEKS))).date().isoformat(),
        "today": page.times.local(page.now).date().isoformat(),
        "problems": problems,
        "before": [_line(found, page) for found in before],
    }
    return page.render("backtests.html", context, status=422 if problems else 200)


def _line(one: BacktestRequest, page: HtmlPage) -> TriedLine:
    words = page.words
    rules = [alert_reason.title(rule, words) for rule in one.settings.rules] or [words("backtest.every_rule")]
    text = words(
        "backtest.line",
        clock=page.times.clock_text(one.asked_at),
        rules=" / ".join(rules),
        weeks=words("backtest.weeks_n", n=one.settings.weeks),
    )
    by = words("backtest.by", who=one.asked_by)
    return TriedLine(one.number, text, by, words(f"backtest.state_{one.state.value}"))
