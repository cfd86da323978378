"""Backtests behind pages and interface: asking is kept for the person, and places stay behind the location gate."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from api.access import location_gate
from api.access.viewer import Viewer
from core.domain.backtest import BacktestWish
from core.domain.sensitivity import Sensitivity
from core.store.database import Connection
from core.store.detection import backtest_requests
from core.store.detection.backtest_requests import BacktestRequest
from core.store.people import access_log, sensitivities
from core.store.people.access_log import Viewed


def ask(
    connection: Connection, viewer: Viewer, resident: int, wish: BacktestWish, now: datetime
) -> BacktestRequest:
    """Ask for a backtest of a resident whom the viewer may know of, and keep that it was asked.

    Raises
    ------
    ConflictError
        Too many of this resident's are not finished.
    """
    number = backtest_requests.add(connection, resident, wish, user=viewer.number, now=now)
    access_log.record(connection, user=viewer.number, resident=resident, what=Viewed.BACKTEST, now=now)
    return backtest_requests.get(connection, number)


def result_for(
    connection: Connection, viewer: Viewer, one: BacktestRequest, now: datetime
) -> tuple[Mapping[str, Any] | None, bool]:
    """Return a result as the viewer may see it, and whether it holds precise places; such a look is recorded."""
    if one.result is None or not location_gate.holds_place(one.result):
        return one.result, False
    if location_gate.look(connection, viewer, one.resident, now).is_precise:
        return one.result, True
    return location_gate.without_places(one.result), False


def set_sensitivity(
    connection: Connection, viewer: Viewer, resident: int, sensitivity: Sensitivity, now: datetime
) -> None:
    """Put another setting in force for a resident whom the viewer may know of, and keep who did it."""
    if sensitivities.put(connection, resident, sensitivity):
        access_log.record(
            connection,
            user=viewer.number,
            resident=resident,
            what=Viewed.SENSITIVITY,
            reason=sensitivity.value,
            now=now,
        )
