"""Trying settings on a resident's past: what to try, how far it is, and what each setting would have meant; for staff."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api import backtests, permissions
from api.deps import ConnectionDep, DatabaseDep, NowDep, Staff
from api.pages import reasons
from api.pages.hindsight import account
from api.pages.rendering import Page
from api.permissions import Viewer
from api.schemas.backtests import LARGEST_BUDGET, BacktestDetailOut
from api.schemas.common import BigNumber, Number
from core.domain.backtest import TRIED_RULES, BacktestState, BacktestWish
from core.domain.sensitivity import Sensitivity
from core.errors import ConflictError
from core.store import backtest_requests, sensitivities
from core.store.backtest_requests import BacktestRequest
from core.store.database import Connection

router = APIRouter()
_WEEKS = (4, 8, 12, 26)


@dataclass(frozen=True)
class TryForm:
    """What is in the form, as typed."""

    rule: str = "inactivity"
    weeks: str = "8"
    budget: str = ""

    def problems(self, page: Page) -> list[str]:
        """Say what is wrong with it."""
        found: list[str] = []
        if self.rule not in {"", *TRIED_RULES} or self.weeks not in {str(one) for one in _WEEKS}:
            found.append(page.words("backtest.problem_choice"))
        if self.budget and self._budget() is None:
            found.append(page.words("backtest.problem_budget"))
        return found

    def wish(self) -> BacktestWish:
        """Return what is to be tried: every setting side by side."""
        rules = (self.rule,) if self.rule else ()
        return BacktestWish(int(self.weeks), rules, tuple(Sensitivity), self._budget())

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
    return _show(request, viewer, connection, number, TryForm(), [])


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
) -> Response:
    """Ask for it, or show the form again with what is wrong."""
    form = TryForm(rule, weeks, budget.strip())
    page = Page(request, viewer)
    with database.transaction() as connection:
        permissions.resident_for(connection, viewer, number, page.now, is_look=False)
        problems = form.problems(page)
        if not problems:
            try:
                made = backtests.ask(connection, viewer, number, form.wish(), page.now)
            except ConflictError:
                problems = [page.words("backtest.problem_many")]
            else:
                return RedirectResponse(f"/backtests/{made.number}", 303)
        return _show(request, viewer, connection, number, form, problems)


@router.get("/backtests/{number}")
def show(request: Request, viewer: Staff, connection: ConnectionDep, number: BigNumber) -> Response:
    """Show how far it is, or what was found."""
    found = permissions.backtest_for(connection, viewer, number)
    one = permissions.resident_for(connection, viewer, found.resident, Page(request, viewer).now)
    page = Page(request, viewer, one.zone)
    result, is_precise = backtests.result_for(connection, viewer, found, page.now)
    told = BacktestDetailOut.build(found, result, is_precise=is_precise)
    context: dict[str, object] = {
        "one": one,
        "line": _line(found, page),
        "number": number,
        "state": found.state.value,
        "is_open": found.state in {BacktestState.WAITING, BacktestState.RUNNING},
        "percent": round(100 * found.progress),
        "problem": None if found.problem is None else found.problem.value,
        "account": None
        if told.result is None
        else account(page, found.resident, told.result, sensitivities.get(connection, found.resident)),
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
    found = permissions.backtest_for(connection, viewer, number)
    result = BacktestDetailOut.build(found, found.result, is_precise=False).result
    proposed = None if result is None or result.budget is None else result.budget.proposed
    # The page offers nothing else, so whoever asks for another made it up.
    if proposed is None or sensitivity != proposed:
        raise ConflictError(f"backtest {number} does not propose this setting; look at it again")
    backtests.set_sensitivity(connection, viewer, found.resident, proposed, now)
    return RedirectResponse(f"/backtests/{number}?said=backtest_applied", 303)


def _show(
    request: Request, viewer: Viewer, connection: Connection, number: int, form: TryForm, problems: list[str]
) -> Response:
    one = permissions.resident_for(connection, viewer, number, Page(request, viewer).now)
    page = Page(request, viewer, one.zone)
    context: dict[str, object] = {
        "one": one,
        "here": f"/residents/{number}/backtests",
        "rules": {rule: reasons.title(rule, page.words) for rule in TRIED_RULES},
        "weeks": _WEEKS,
        "form": form,
        "problems": problems,
        "before": [_line(found, page) for found in backtest_requests.of_resident(connection, number)],
    }
    return page.render("backtests.html", context, status=422 if problems else 200)


def _line(one: BacktestRequest, page: Page) -> TriedLine:
    words = page.words
    rules = [reasons.title(rule, words) for rule in one.wish.rules] or [words("backtest.every_rule")]
    text = words(
        "backtest.line",
        clock=page.moments.clock_text(one.asked_at),
        rules=" / ".join(rules),
        weeks=words("backtest.weeks_n", n=one.wish.weeks),
    )
    by = words("backtest.by", who=one.asked_by)
    return TriedLine(one.number, text, by, words(f"backtest.state_{one.state.value}"))
