"""Keeps on record which devices of a home chatter, so that its last movement on the pages is one that the rules believe."""

from datetime import datetime, timedelta

from core.store.telemetry import chattering_devices, rule_windows
from detectors.engine.home_context import HomeContext
from detectors.features.chatter import SURROUNDINGS_S
from detectors.features.window import moment
from detectors.windows.series import believed

# How far back the last sign of a calm device is looked for.
_BACK = (timedelta(days=1), timedelta(days=7), timedelta(days=60))


def note(context: HomeContext, found: frozenset[int]) -> None:
    """Note which devices of a home chatter at the end of the span; nearly always none does, and none did."""
    noted = context.record.chattering
    if not found and not noted:
        return
    chattering_devices.mark(
        context.connection, began=found - noted, ended=noted - found, at=context.span.until
    )
    # Ingest leaves out what they report from now on. What it showed, or left out until now, is looked up.
    chattering_devices.put_last_sign(context.connection, context.span.home, _last_believed(context), found)


def _last_believed(context: HomeContext) -> tuple[datetime, int] | None:
    until = context.span.until
    for back in _BACK:
        since = until - back
        signs = [
            (max(times), one.device)
            for resident in context.record.people
            for one in believed(
                rule_windows.life_signs(
                    context.connection,
                    context.span.home,
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
