"""Backtests and the sensitivity they propose: request one, put a setting in force; for staff, and kept for the resident."""

from collections.abc import Mapping
from typing import Any

from api.access import visibility
from api.actions.context import ActionContext
from core.domain.backtest import BacktestSettings
from core.domain.sensitivity import Sensitivity
from core.errors import ConflictError
from core.store.detection import backtest_requests
from core.store.detection.backtest_requests import BacktestRequest
from core.store.people import access_log, sensitivities, weakenings
from core.store.people.access_log import Viewed
from core.store.people.watch_changes import Watched


def request(context: ActionContext, resident: int, settings: BacktestSettings) -> BacktestRequest:
    """Return a new request of a backtest; that it was asked for is recorded.

    Raises
    ------
    NotFoundError
        There is no such resident, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    ConflictError
        Too many of this resident's are not finished.
    """
    visibility.resident_for(context.connection, context.viewer, resident, context.now, is_recorded=False)
    visibility.require_staff(context.viewer, "try settings on the past")
    number = backtest_requests.add(
        context.connection, resident, settings, user=context.viewer.number, now=context.now
    )
    _record(context, resident, Viewed.BACKTEST)
    return backtest_requests.get(context.connection, number)


def set_sensitivity(context: ActionContext, resident: int, sensitivity: Sensitivity) -> None:
    """Put a setting in force for a resident; who did it is recorded.

    Raises
    ------
    NotFoundError
        There is no such resident, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    """
    visibility.resident_for(context.connection, context.viewer, resident, context.now, is_recorded=False)
    visibility.require_staff(context.viewer, "change settings")
    before = sensitivities.get(context.connection, resident)
    if sensitivities.put(context.connection, resident, sensitivity):
        weakenings.record(
            context.connection,
            resident,
            Watched.SENSITIVITY,
            before={"sensitivity": before.value},
            after={"sensitivity": sensitivity.value},
            user=context.viewer.number,
            now=context.now,
        )
        _record(context, resident, Viewed.SENSITIVITY, sensitivity.value)


def apply_proposal(context: ActionContext, backtest: int, sensitivity: str) -> None:
    """Put the setting in force that a backtest proposes.

    Raises
    ------
    NotFoundError
        There is no such backtest, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    ConflictError
        The backtest does not propose this setting.
    """
    found = visibility.backtest_for(context.connection, context.viewer, backtest)
    proposed = _proposed(found.result)
    # The page offers nothing else, so whoever asks for another made it up.
    if proposed is None or sensitivity != proposed:
        raise ConflictError(f"backtest {backtest} does not propose this setting; look at it again")
    set_sensitivity(context, found.resident, Sensitivity(proposed))


def _proposed(result: Mapping[str, Any] | None) -> str | None:
    budget: Mapping[str, Any] | None = None if result is None else result.get("budget")
    return None if budget is None else budget.get("proposed")


def _record(context: ActionContext, resident: int, what: Viewed, reason: str = "") -> None:
    access_log.record(
        context.connection,
        user=context.viewer.number,
        resident=resident,
        what=what,
        reason=reason,
        now=context.now,
    )
