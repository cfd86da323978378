"""Why an alert about somebody on the way, a tracker, a device or slow change was raised, in words; where they are is behind the location gate."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from api.wording.reason_card import clock_of, place_name
from api.wording.times import LocalTimes
from core.domain.alert import Alert
from core.domain.metrics import BATTERY_PCT
from core.domain.reasons import (
    BatteryReason,
    DeclineReason,
    DeviceStuckReason,
    LeftBehindReason,
    WanderingReason,
)
from core.texts.local_format import decimal, measured

_CAUSES = ("low", "forecast", "charge")


def _battery_line(card: BatteryReason, alert: Alert, times: LocalTimes) -> str:
    if card.level_pct is None:
        return times.words("why.line_since", clock=clock_of(alert.began_at, times))
    return f"{_device(card, times)} {measured(times.words.language, BATTERY_PCT, card.level_pct)}%".strip()


def _stuck_line(card: DeviceStuckReason, alert: Alert, times: LocalTimes) -> str:
    since = times.words("why.line_since", clock=clock_of(alert.began_at, times))
    return f"{_device(card, times)} {since}".strip()


def _wandering(card: WanderingReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    clock = clock_of(alert.began_at, times)
    if card.pattern == "strange":
        yield words("why.way_strange", clock=clock)
    elif card.walked_m is not None and card.within_m is not None:
        walked, within = round(card.walked_m), round(card.within_m)
        yield words("why.way_to_and_fro", clock=clock, walked=walked, within=within)
    else:
        yield words("why.other", clock=clock)
    if card.unfamiliar_pct is None:
        yield words("why.places_unknown")
    elif card.unfamiliar_pct >= 50:
        yield words("why.way_unfamiliar")


def _left_behind(card: LeftBehindReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    yield words("why.left_behind", clock=clock_of(alert.began_at, times), n=card.quiet_min or 60)
    yield words("why.left_behind_may")


def _battery(card: BatteryReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    device = _device(card, times) or words("why.this_device")
    if card.level_pct is not None:
        yield words(
            "why.battery_level", device=device, n=measured(words.language, BATTERY_PCT, card.level_pct)
        )
    if card.cause == "forecast" and card.days_left is not None and card.days_left_low is not None:
        yield words("why.battery_forecast", n=card.days_left, low=card.days_left_low)
    elif card.cause in _CAUSES:
        yield words(f"why.battery_{card.cause}" if card.cause != "forecast" else "why.battery_low")
    else:
        yield words("why.other", clock=clock_of(alert.began_at, times))


def _stuck(card: DeviceStuckReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    device = _device(card, times) or words("why.this_device")
    clock = clock_of(alert.began_at, times)
    key = f"why.stuck_{card.cause}"
    yield words(key, device=device, clock=clock) if words.has(key) else words("why.other", clock=clock)
    is_quiet = card.cause == "quiet"
    if card.usual is not None and card.usual.longest_h:
        usual = "why.stuck_usual_quiet" if is_quiet else "why.stuck_usual"
        yield words(usual, span=times.length(timedelta(hours=card.usual.longest_h)))
    yield words("why.stuck_may_quiet" if is_quiet else "why.stuck_may")
    yield words("why.device_hint")


def _decline(card: DeclineReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    words, usual = times.words, card.usual
    key = f"why.decline_{card.count}"
    yield words(key) if words.has(key) else words("why.other", clock=clock_of(alert.began_at, times))
    if card.lately is not None and usual and usual.median is not None and usual.days is not None:
        lately, median = decimal(words.language, card.lately), decimal(words.language, usual.median)
        yield words("why.decline_numbers", lately=lately, usual=median, n=usual.days)


def _device(card: BatteryReason | DeviceStuckReason, times: LocalTimes) -> str:
    words = times.words
    key = f"kind.{card.kind}"
    kind = words(key) if words.has(key) else ""
    place = place_name(card.place, words)
    # A fridge's sensor stands at the fridge: once is enough.
    return kind if place and kind.lower().startswith(place.lower()) else f"{place} {kind}".strip()


LINES: Mapping[type, Callable[[Any, Alert, LocalTimes], str]] = {
    BatteryReason: _battery_line,
    DeviceStuckReason: _stuck_line,
}
"""By the Struct of the card: the one line that the board shows behind the title."""
WHY: Mapping[type, Callable[[Any, Alert, LocalTimes], Iterator[str]]] = {
    WanderingReason: _wandering,
    LeftBehindReason: _left_behind,
    BatteryReason: _battery,
    DeviceStuckReason: _stuck,
    DeclineReason: _decline,
}
"""By the Struct of the card: the sentences that say why."""
