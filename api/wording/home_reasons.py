"""Why an alert about life at home was raised, in words: mornings, nights, rooms, appliances, outings, planned absences."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from api.wording.reason_card import clock_of, looked_at, place_name
from api.wording.times import LocalTimes
from core.domain.alert import Alert
from core.domain.metrics import HUMIDITY_PCT, TEMPERATURE_C
from core.domain.reasons import (
    AbsenceNotTakenReason,
    ApplianceLeftOnReason,
    ApplianceUnusedReason,
    BathroomStayReason,
    ColdReason,
    HeatReason,
    LateMorningReason,
    NightExitReason,
    NotReturnedReason,
    QuietTooLongReason,
    RestlessNightReason,
    StillnessReason,
    UsualOuting,
)
from core.texts.local_format import decimal, measured


def _up_by_line(_card: object, alert: Alert, times: LocalTimes) -> str:
    return times.words("why.line_up_by", clock=clock_of(alert.began_at, times))


def _room_line(card: HeatReason | ColdReason, alert: Alert, times: LocalTimes) -> str:
    words, clock = times.words, clock_of(alert.began_at, times)
    if card.temperature_c is None:
        return words("why.line_since", clock=clock)
    place = place_name(card.place, words)
    return words(
        "why.line_room", place=place, value=decimal(times.words.language, card.temperature_c, 1), clock=clock
    )


def _visits_line(card: RestlessNightReason, alert: Alert, times: LocalTimes) -> str:
    if card.visits is None:
        return times.words("why.line_since", clock=clock_of(alert.began_at, times))
    return times.words("why.line_visits", n=card.visits)


def _planned_line(_card: object, alert: Alert, times: LocalTimes) -> str:
    return times.words("why.line_planned", clock=clock_of(alert.began_at, times))


def _late_morning(card: LateMorningReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    words, usual = times.words, card.usual
    yield words("why.late_morning", clock=clock_of(alert.raised_at, times))
    if usual and usual.up_at_min is not None and usual.up_by_min is not None and usual.days is not None:
        at, by = clock_text(usual.up_at_min), clock_text(usual.up_by_min)
        yield words("why.up_by", at=at, by=by, n=usual.days)


def _restless_night(card: RestlessNightReason, _alert: Alert, times: LocalTimes) -> Iterator[str]:
    words, usual = times.words, card.usual
    if card.visits is not None:
        yield words("why.restless_night", n=card.visits)
    if usual and usual.visits is not None and usual.days is not None:
        yield words("why.usual_visits", value=decimal(words.language, usual.visits, 1), n=usual.days)
    yield words("why.restless_twice")


def _bathroom_stay(card: BathroomStayReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    words, usual = times.words, card.usual
    place = place_name(card.place, words)
    yield words("why.bathroom_stay", clock=clock_of(alert.began_at, times), place=place)
    if usual:
        yield from _usual_length(times, "usual_stay", usual.longest_min, usual.visits)
    yield words("why.no_fall_known")


def _quiet_limit_line(card: QuietTooLongReason, alert: Alert, times: LocalTimes) -> str:
    clock = clock_of(card.nothing_since or alert.began_at, times)
    return times.words(
        "why.line_quiet_limit", what=looked_at(card.kind, card.place, times.words), clock=clock
    )


def _quiet_limit(card: QuietTooLongReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    span = times.length(timedelta(minutes=card.quiet_min or 0))
    yield words(
        "why.quiet_limit_began" if card.since_hours_began else "why.quiet_limit",
        clock=clock_of(card.nothing_since or alert.began_at, times),
        span=span,
        what=looked_at(card.kind, card.place, words),
    )
    yield words("why.quiet_limit_set", start=card.hours_start, end=card.hours_end, span=span)
    yield words("why.quiet_limit_may")


def _stillness(card: StillnessReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    words, usual = times.words, card.usual
    yield words("why.stillness", clock=clock_of(alert.began_at, times), place=place_name(card.place, words))
    if usual:
        yield from _usual_length(times, "usual_stillness", usual.longest_min, usual.days)
    yield words("why.stillness_may")


def _appliance_unused(card: ApplianceUnusedReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    words, usual = times.words, card.usual
    place = place_name(card.place, words)
    yield words("why.appliance_unused", clock=clock_of(alert.raised_at, times), place=place)
    if usual and usual.first_at_min is not None and usual.days is not None:
        yield words("why.usual_use", clock=clock_text(usual.first_at_min), n=usual.days)
    yield words("why.is_about")


def _appliance_left_on(card: ApplianceLeftOnReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    words, usual = times.words, card.usual
    place = place_name(card.place, words)
    yield words("why.appliance_left_on", clock=clock_of(alert.began_at, times), place=place)
    if usual:
        yield from _usual_length(times, "usual_run", usual.high_min, usual.uses)


def _heat(card: HeatReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    value, damp, wbgt = card.temperature_c, card.humidity_pct, card.wbgt_c
    if value is not None and damp is not None and wbgt is not None:
        place = place_name(card.place, words)
        yield words(
            "why.heat",
            place=place,
            value=measured(words.language, TEMPERATURE_C, value),
            damp=measured(words.language, HUMIDITY_PCT, damp),
            wbgt=decimal(words.language, wbgt, 1),
        )
    else:
        yield words("why.other", clock=clock_of(alert.began_at, times))
    yield from _cause(f"why.heat_{card.cause}", times)


def _cold(card: ColdReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    words, usual = times.words, card.usual
    if card.temperature_c is not None:
        place = place_name(card.place, words)
        yield words(
            "why.cold", place=place, value=measured(words.language, TEMPERATURE_C, card.temperature_c)
        )
    else:
        yield words("why.other", clock=clock_of(alert.began_at, times))
    yield from _cause(f"why.cold_{card.cause}", times)
    if usual and usual.temperature_c is not None:
        yield words("why.usual_room", value=measured(words.language, TEMPERATURE_C, usual.temperature_c))


def _not_returned(card: NotReturnedReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    words, usual = times.words, card.usual or UsualOuting()
    length = times.length((alert.cleared_at or times.now) - alert.began_at)
    yield words("why.went_out", clock=clock_of(alert.began_at, times), span=length)
    if card.cause == "late":
        yield words("why.not_returned_late")
    if usual.outings is None:
        yield words("why.outing_unknown")
    yield from _usual_length(times, "usual_outing", usual.longest_min, usual.outings)


def _night_exit(card: NightExitReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    place = place_name(card.place or "front_door", words)
    clock = clock_of(card.door_at or alert.began_at, times)
    yield words("why.night_exit", clock=clock, place=place, n=card.quiet_min or 10)
    yield words("why.night_exit_may")


def _absence_not_taken(card: AbsenceNotTakenReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    clock = clock_of(alert.began_at, times)
    if card.cause == "moves_at_home":
        yield words("why.moves_at_home", clock=clock)
    else:
        yield words("why.did_not_leave", clock=clock)
        yield words("why.still_watched")


def _usual_length(times: LocalTimes, text: str, minutes: int | None, count: int | None) -> Iterator[str]:
    if minutes is not None and count is not None:
        yield times.words(f"why.{text}", span=times.length(timedelta(minutes=minutes)), n=count)


def _cause(key: str, times: LocalTimes) -> Iterator[str]:
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


LINES: Mapping[type, Callable[[Any, Alert, LocalTimes], str]] = {
    LateMorningReason: _up_by_line,
    ApplianceUnusedReason: _up_by_line,
    HeatReason: _room_line,
    ColdReason: _room_line,
    RestlessNightReason: _visits_line,
    AbsenceNotTakenReason: _planned_line,
    QuietTooLongReason: _quiet_limit_line,
}
"""By the Struct of the card: the one line that the board shows behind the title."""
WHY: Mapping[type, Callable[[Any, Alert, LocalTimes], Iterator[str]]] = {
    LateMorningReason: _late_morning,
    RestlessNightReason: _restless_night,
    BathroomStayReason: _bathroom_stay,
    QuietTooLongReason: _quiet_limit,
    StillnessReason: _stillness,
    ApplianceUnusedReason: _appliance_unused,
    ApplianceLeftOnReason: _appliance_left_on,
    HeatReason: _heat,
    ColdReason: _cold,
    NotReturnedReason: _not_returned,
    NightExitReason: _night_exit,
    AbsenceNotTakenReason: _absence_not_taken,
}
"""By the Struct of the card: the sentences that say why."""
