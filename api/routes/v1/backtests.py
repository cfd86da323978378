"""Trying rules and settings on a resident's past: asked for here, worked out by the detectors."""

from fastapi import APIRouter

from api.access.visibility import backtest_for, resident_for
from api.actions import backtests as actions
from api.actions.context import ActionContext
from api.dependencies import ConnectionDep, NowDep, Staff
from api.schemas.backtests import BacktestDetailOut, BacktestIn, BacktestOut, SensitivityIO
from api.schemas.common import BigNumber, Number
from api.views.backtests import result_for
from core.store.detection import backtest_requests
from core.store.people import sensitivities

router = APIRouter(tags=["backtests"])


@router.get("/residents/{number}/backtests", summary="What was tried on a resident's past")
def list_backtests(
    viewer: Staff, number: Number, connection: ConnectionDep, now: NowDep
) -> list[BacktestOut]:
    """Return the last 20, the newest first, without what they found."""
    resident_for(connection, viewer, number, now)
    return [BacktestOut.of(one) for one in backtest_requests.of_resident(connection, number)]


@router.post("/residents/{number}/backtests", status_code=202, summary="Try settings on a resident's past")
def ask(
    viewer: Staff, number: Number, body: BacktestIn, connection: ConnectionDep, now: NowDep
) -> BacktestOut:
    """Ask what would have been raised; read the answer under its number. Nobody is notified, and the person sees who asked."""
    made = actions.request(ActionContext(connection, viewer, now), number, body.to_settings())
    return BacktestOut.of(made)


@router.get("/backtests/{number}", summary="One backtest")
def read_backtest(
    viewer: Staff, number: BigNumber, connection: ConnectionDep, now: NowDep
) -> BacktestDetailOut:
    """Return how far it is and, once it is done, what it found; positions only behind the open location gate."""
    found = backtest_for(connection, viewer, number)
    resident_for(connection, viewer, found.resident, now)
    result, is_precise = result_for(connection, viewer, found, now)
    return BacktestDetailOut.build(found, result, is_precise=is_precise)


@router.get("/residents/{number}/sensitivity", summary="How soon a silence is raised")
def read_sensitivity(viewer: Staff, number: Number, connection: ConnectionDep, now: NowDep) -> SensitivityIO:
    """Return the setting that is in force."""
    resident_for(connection, viewer, number, now)
    return SensitivityIO(sensitivity=sensitivities.get(connection, number))


@router.put("/residents/{number}/sensitivity", summary="Change how soon a silence is raised")
def change_sensitivity(
    viewer: Staff, number: Number, body: SensitivityIO, connection: ConnectionDep, now: NowDep
) -> SensitivityIO:
    """Put another setting in force from now on; who did it is kept, and shown to the person."""
    actions.set_sensitivity(ActionContext(connection, viewer, now), number, body.sensitivity)
    return body
