"""Why an alert about life at home was raised, in words: mornings, nights, rooms, appliances, outings, planned absences."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from api.wording.reason_card import clock_of, moment_of, number_of, place_name, text_of
from api.wording.times import LocalTimes
from core.domain.alert import Alert


def line(alert: Alert, times: LocalTimes) -> str:
    """Return the one line that the board shows behind the title."""
    words = times.words
    clock = clock_of(alert.began_at, times)
    if alert.rule in {"late_morning", "appliance_unused"}:
        return words("why.line_up_by", clock=clock)
    if alert.rule in {"heat", "cold"}:
        value = number_of(alert.reason, "temperature_c")
        if value is not None:
            place = place_name(text_of(alert.reason, "place"), words)
            return words("why.line_room", place=place, value=f"{value:.1f}", clock=clock)
    visits = number_of(alert.reason, "visits")
    if alert.rule == "restless_night" and visits is not None:
        return words("why.line_visits", n=int(visits))
    if alert.rule == "absence_not_taken":
        return words("why.line_planned", clock=clock)
    return words("why.line_since", clock=clock)


def _late_morning(alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    yield words("why.late_morning", clock=clock_of(alert.raised_at, times))
    at, by = (number_of(alert.reason, "usual", name) for name in ("up_at_min", "up_by_min"))
    days = number_of(alert.reason, "usual", "days")
    if at is not None and by is not None and days is not None:
        yield words("why.up_by", at=clock_text(at), by=clock_text(by), n=int(days))


def _restless_night(alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    visits = number_of(alert.reason, "visits")
    if visits is not None:
        yield words("why.restless_night", n=int(visits))
    usual, nights = (number_of(alert.reason, "usual", name) for name in ("visits", "days"))
    if usual is not None and nights is not None:
        yield words("why.usual_visits", value=f"{usual:.1f}", n=int(nights))
    yield words("why.restless_twice")


def _bathroom_stay(alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    place = place_name(text_of(alert.reason, "place"), words)
    yield words("why.bathroom_stay", clock=clock_of(alert.began_at, times), place=place)
    yield from _usual_length(alert, times, "usual_stay", "longest_min", "visits")
    yield words("why.no_fall_known")


def _appliance_unused(alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    place = place_name(text_of(alert.reason, "place"), words)
    yield words("why.appliance_unused", clock=clock_of(alert.raised_at, times), place=place)
    at, days = (number_of(alert.reason, "usual", name) for name in ("first_at_min", "days"))
    if at is not None and days is not None:
        yield words("why.usual_use", clock=clock_text(at), n=int(days))
    yield words("why.is_about")


def _appliance_left_on(alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    place = place_name(text_of(alert.reason, "place"), words)
    yield words("why.appliance_left_on", clock=clock_of(alert.began_at, times), place=place)
    yield from _usual_length(alert, times, "usual_run", "high_min", "uses")


def _heat(alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    found = [number_of(alert.reason, name) for name in ("temperature_c", "humidity_pct", "wbgt_c")]
    value, damp, wbgt = found
    if value is not None and damp is not None and wbgt is not None:
        place = place_name(text_of(alert.reason, "place"), words)
        yield words("why.heat", place=place, value=f"{value:.1f}", damp=round(damp), wbgt=f"{wbgt:.1f}")
    else:
        yield words("why.other", clock=clock_of(alert.began_at, times))
    yield from _cause(alert, times, "heat")


def _cold(alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    value = number_of(alert.reason, "temperature_c")
    if value is not None:
        place = place_name(text_of(alert.reason, "place"), words)
        yield words("why.cold", place=place, value=f"{value:.1f}")
    else:
        yield words("why.other", clock=clock_of(alert.began_at, times))
    yield from _cause(alert, times, "cold")
    usual = number_of(alert.reason, "usual", "temperature_c")
    if usual is not None:
        yield words("why.usual_room", value=f"{usual:.1f}")


def _not_returned(alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    length = times.length((alert.cleared_at or times.now) - alert.began_at)
    yield words("why.went_out", clock=clock_of(alert.began_at, times), span=length)
    if text_of(alert.reason, "cause") == "late":
        yield words("why.not_returned_late")
    if number_of(alert.reason, "usual", "outings") is None:
        yield words("why.outing_unknown")
    yield from _usual_length(alert, times, "usual_outing", "longest_min", "outings")


def _night_exit(alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    place = place_name(text_of(alert.reason, "place") or "front_door", words)
    quiet = number_of(alert.reason, "quiet_min")
    clock = clock_of(moment_of(alert.reason, "door_at") or alert.began_at, times)
    yield words("why.night_exit", clock=clock, place=place, n=int(quiet or 10))
    yield words("why.night_exit_may")


def _absence_not_taken(alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    clock = clock_of(alert.began_at, times)
    if text_of(alert.reason, "cause") == "moves_at_home":
        yield words("why.moves_at_home", clock=clock)
    else:
        yield words("why.did_not_leave", clock=clock)
        yield words("why.still_watched")


def _usual_length(alert: Alert, times: LocalTimes, text: str, length: str, count: str) -> Iterator[str]:
    minutes, count_of = (number_of(alert.reason, "usual", name) for name in (length, count))
    if minutes is not None and count_of is not None:
        yield times.words(f"why.{text}", span=times.length(timedelta(minutes=minutes)), n=int(count_of))


def _cause(alert: Alert, times: LocalTimes, rule: str) -> Iterator[str]:
    key = f"why.{rule}_{text_of(alert.reason, 'cause')}"
    if times.words.has(key):
        yield times.words(key)


def clock_text(minutes: float) -> str:
    """Return minutes after midnight as a clock time.

    Examples
    --------
    >>> clock_text(390.4)
    '6:30'
    """
    hours, rest = divmod(round(minutes) % 1440, 60)
    return f"{hours}:{rest:02}"


WHY: Mapping[str, Callable[[Alert, LocalTimes], Iterator[str]]] = {
    "late_morning": _late_morning,
    "restless_night": _restless_night,
    "bathroom_stay": _bathroom_stay,
    "appliance_unused": _appliance_unused,
    "appliance_left_on": _appliance_left_on,
    "heat": _heat,
    "cold": _cold,
    "not_returned": _not_returned,
    "night_exit": _night_exit,
    "absence_not_taken": _absence_not_taken,
}
