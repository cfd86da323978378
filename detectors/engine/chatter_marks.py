"""Keeps on record which devices of a home chatter, so that its last movement on the pages is one that the rules believe."""

from datetime import datetime, timedelta

from core.store.telemetry import chattering_devices, rule_windows
from detectors.engine.home_context import HomeContext
from detectors.features.chatter import SURROUNDINGS_S
from detectors.features.window import moment
from detectors.windows.series import believed

# How far back the last sign of a calm device is looked for.
_BACK = (timedelta(days=1), timedelta(days=7), timedelta(days=60))


def note(case: HomeContext, found: frozenset[int]) -> None:
    """Note which devices of a home chatter at the end of the span; nearly always none does, and none did."""
    noted = case.record.chattering
    if not found and not noted:
        return
    chattering_devices.mark(case.connection, began=found - noted, ended=noted - found, at=case.span.until)
    # Ingest leaves out what they tell from now on. What it showed, or left out until now, is looked up.
    chattering_devices.put_last_sign(case.connection, case.span.home, _last_believed(case), found)


def _last_believed(case: HomeContext) -> tuple[datetime, int] | None:
    until = case.span.until
    for back in _BACK:
        since = until - back
        signs = [
            (max(times), one.device)
            for resident in case.record.people
            for one in believed(
                rule_windows.life_signs(
                    case.connection,
                    case.span.home,
                    resident.number,
                    since - timedelta(seconds=SURROUNDINGS_S),
                    until,
                )
            )
            if (times := [time for time in one.times if time > since.timestamp()])
        ]
        if signs:
            at, device = max(signs)
            return moment(at), device
    return None
