"""The result of a backtest as a viewer may see it: places stay behind the location gate."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from api.access import location_gate
from api.access.viewer import Viewer
from core.store.database import Connection
from core.store.detection.backtest_requests import BacktestRequest


def result_for(
    connection: Connection, viewer: Viewer, one: BacktestRequest, now: datetime
) -> tuple[Mapping[str, Any] | None, bool]:
    """Return a result as the viewer may see it, and whether it holds precise places; such a look is recorded."""
    if one.result is None:
        return None, False
    shown = location_gate.findings_without_places(one.result)
    if shown == one.result:
        return shown, False
    if location_gate.recorded_access(connection, viewer, one.resident, now).is_precise:
        return one.result, True
    return shown, False
