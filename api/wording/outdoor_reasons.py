"""Why an alert about somebody on the way, a tracker, a device or slow change was raised, in words; where they are is behind the location gate."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from api.wording.reason_card import clock_of, number_of, place_name, text_of
from api.wording.times import LocalTimes
from core.domain.alert import Alert

_CAUSES = ("low", "forecast", "charge")


def line(alert: Alert, times: LocalTimes) -> str:
    """Return the one line that the board shows behind the title."""
    words = times.words
    level = number_of(alert.reason, "level_pct")
    if alert.rule == "battery" and level is not None:
        return f"{_device(alert, times)} {round(level)}%".strip()
    if alert.rule == "device_stuck":
        since = words("why.line_since", clock=clock_of(alert.began_at, times))
        return f"{_device(alert, times)} {since}".strip()
    return words("why.line_since", clock=clock_of(alert.began_at, times))


def _wandering(alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    clock = clock_of(alert.began_at, times)
    walked, within = (number_of(alert.reason, name) for name in ("walked_m", "within_m"))
    if text_of(alert.reason, "pattern") == "strange":
        yield words("why.way_strange", clock=clock)
    elif walked is not None and within is not None:
        yield words("why.way_to_and_fro", clock=clock, walked=round(walked), within=round(within))
    else:
        yield words("why.other", clock=clock)
    unfamiliar = number_of(alert.reason, "unfamiliar_pct")
    if unfamiliar is None:
        yield words("why.places_unknown")
    elif unfamiliar >= 50:
        yield words("why.way_unfamiliar")


def _left_behind(alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    quiet = number_of(alert.reason, "quiet_min")
    clock = clock_of(alert.began_at, times)
    yield words("why.left_behind", clock=clock, n=int(quiet or 60))
    yield words("why.left_behind_may")


def _battery(alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    level = number_of(alert.reason, "level_pct")
    device = _device(alert, times) or words("why.this_device")
    if level is not None:
        yield words("why.battery_level", device=device, n=round(level))
    cause = text_of(alert.reason, "cause")
    days, soonest = (number_of(alert.reason, name) for name in ("days_left", "days_left_low"))
    if cause == "forecast" and days is not None and soonest is not None:
        yield words("why.battery_forecast", n=round(days), low=round(soonest))
    elif cause in _CAUSES:
        yield words(f"why.battery_{cause}" if cause != "forecast" else "why.battery_low")
    else:
        yield words("why.other", clock=clock_of(alert.began_at, times))


def _stuck(alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    device = _device(alert, times) or words("why.this_device")
    clock = clock_of(alert.began_at, times)
    cause = text_of(alert.reason, "cause")
    key = f"why.stuck_{cause}"
    yield words(key, device=device, clock=clock) if words.has(key) else words("why.other", clock=clock)
    longest_h = number_of(alert.reason, "usual", "longest_h")
    if longest_h:
        usual = "why.stuck_usual_quiet" if cause == "quiet" else "why.stuck_usual"
        yield words(usual, span=times.length(timedelta(hours=longest_h)))
    yield words("why.stuck_may_quiet" if cause == "quiet" else "why.stuck_may")
    yield words("why.device_hint")


def _decline(alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    key = f"why.decline_{text_of(alert.reason, 'count')}"
    yield words(key) if words.has(key) else words("why.other", clock=clock_of(alert.began_at, times))
    lately, usual, days = (
        number_of(alert.reason, "lately"),
        number_of(alert.reason, "usual", "median"),
        number_of(alert.reason, "usual", "days"),
    )
    if lately is not None and usual is not None and days is not None:
        yield words("why.decline_numbers", lately=f"{lately:g}", usual=f"{usual:g}", n=int(days))


def _device(alert: Alert, times: LocalTimes) -> str:
    words = times.words
    key = f"kind.{text_of(alert.reason, 'kind')}"
    kind = words(key) if words.has(key) else ""
    place = place_name(text_of(alert.reason, "place"), words)
    # A fridge's sensor stands at the fridge: once is enough.
    return kind if place and kind.lower().startswith(place.lower()) else f"{place} {kind}".strip()


WHY: Mapping[str, Callable[[Alert, LocalTimes], Iterator[str]]] = {
    "wandering": _wandering,
    "left_behind": _left_behind,
    "battery": _battery,
    "device_stuck": _stuck,
    "decline": _decline,
}
