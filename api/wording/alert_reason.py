"""Why an alert was raised, in words: from the reason card that was stored with it.

Cards come from rules of several versions, so every part of one may be missing; what is not there is not said.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from api.locale import Words, words_of
from api.wording import home_reasons, outdoor_reasons
from api.wording.reason_card import clock_of, place_name
from api.wording.times import LocalTimes
from core.domain.alert import Alert
from core.domain.evidence.last_sign import LastSign
from core.domain.people import Language
from core.domain.reasons import (
    AreaSilentReason,
    CallReason,
    DeviceSilentReason,
    GeofenceExitReason,
    HomeSilentReason,
    InactivityReason,
    OutOfContactReason,
    UnassignedSosReason,
    UnclearCallReason,
    UsualSilence,
    WardSilentReason,
)
from core.domain.rules import FALL, HELP_ASKED, RULES, SOS, has_uncertain_signs, last_movement, read_reason
from core.texts.local_format import listed, ordinal


def title(rule: str, words: Words) -> str:
    """Return what a rule found, in a few words."""
    return words(f"rule.{rule}") if words.has(f"rule.{rule}") else words("rule.other")


def line(alert: Alert, times: LocalTimes, known_by: datetime | None = None) -> str:
    """Return the one line that the board shows behind the title.

    `known_by` says by when the last life sign had happened that the alert names, where only the stretch of time is known.
    """
    card = read_reason(alert.rule, alert.reason)
    if isinstance(card, InactivityReason):
        return _inactivity_line(card, alert, times, known_by)
    return _LINES.get(type(card), _since)(card, alert, times)


def why(alert: Alert, times: LocalTimes, sign: LastSign | None = None) -> list[str]:
    """Return the sentences that say why, the conclusion first.

    `sign` is what is stored of the last life sign that the alert names.
    """
    card = read_reason(alert.rule, alert.reason)
    if isinstance(card, InactivityReason):
        found = list(_inactivity(card, alert, times, sign))
    else:
        found = list(_WHY.get(type(card), _other)(card, alert, times))
    if alert.detected_late:
        found.append(_late(alert, times, "alert.detected_late_long"))
    return found


def late(alert: Alert, times: LocalTimes) -> str:
    """Return of when it is what was found late, and when we saw it, as a row says it; nothing for what was seen in time."""
    return _late(alert, times, "alert.detected_late_row") if alert.detected_late else ""


def ruled_out(alert: Alert, times: LocalTimes) -> list[str]:
    """Return what else was checked."""
    words = times.words
    card = read_reason(alert.rule, alert.reason)
    if card is None:
        return []
    return [words(f"ruled_out.{name}") for name in card.ruled_out if words.has(f"ruled_out.{name}")]


def confidence(alert: Alert, words: Words) -> str:
    """Return how sure the evaluation is, empty where it does not say so; a call for help is never doubted."""
    card = read_reason(alert.rule, alert.reason)
    if card is None or card.confidence is None or isinstance(card, CallReason):
        return ""
    return words(f"confidence.{card.confidence.value}")


def todo(alert: Alert, words: Words) -> str:
    """Return what to do now."""
    return words(f"alert.{RULES[alert.rule].todo}" if alert.rule in RULES else "alert.todo_call")


def emergency_numbers(alert: Alert) -> tuple[str, ...]:
    """Return the public numbers that what to do names, to be called by one press: 119 for rescue, 110 for the police."""
    text = todo(alert, words_of(Language.JA))
    return tuple(number for number in ("119", "110") if number in text)


def _late(alert: Alert, times: LocalTimes, entry: str) -> str:
    # Only a call happens at the moment at which it counts.
    form = entry if alert.raised_at == alert.began_at else f"{entry}_known"
    return times.words(form, clock=clock_of(alert.raised_at, times), seen=clock_of(alert.seen_at, times))


def _since(_card: object, alert: Alert, times: LocalTimes) -> str:
    return times.words("why.line_since", clock=clock_of(alert.began_at, times))


def _inactivity_line(
    card: InactivityReason, alert: Alert, times: LocalTimes, known_by: datetime | None
) -> str:
    sure = "line_silent_sure" if has_uncertain_signs(card) else "line_silent"
    clock = clock_of(last_movement(alert), times)
    if known_by is None:
        since = times.words(f"why.{sure}", clock=clock)
    else:
        since = times.words(f"why.{sure}_between", clock=clock, until=clock_of(known_by, times))
    if card.usual is None or not card.usual.longest_min:
        return since
    span = times.length(timedelta(minutes=card.usual.longest_min))
    return f"{since} {times.words('why.line_usual', span=span)}"


def _geofence_line(card: GeofenceExitReason, alert: Alert, times: LocalTimes) -> str:
    name = "" if card.geofence is None else card.geofence.name
    return times.words("why.line_left", clock=clock_of(alert.began_at, times), name=name)


def _device_line(card: DeviceSilentReason, alert: Alert, times: LocalTimes) -> str:
    return f"{_device(card, times.words)} {_since(card, alert, times)}".strip()


def _call_line(_card: object, alert: Alert, times: LocalTimes) -> str:
    keys = {FALL.name: "line_fell", SOS.name: "line_pressed", HELP_ASKED.name: "line_help_asked"}
    key = keys.get(alert.rule, "line_alarmed") + ("_again" if alert.occurrences > 1 else "")
    return times.words(f"why.{key}", clock=clock_of(alert.began_at, times), times=_times(alert, times))


def _times(alert: Alert, times: LocalTimes) -> str:
    return ordinal(times.words.language, alert.occurrences)


def _again(alert: Alert, times: LocalTimes) -> Iterator[str]:
    """Say that it is not the first call of an alert, and when that was."""
    if alert.occurrences > 1:
        first = clock_of(alert.first_began_at or alert.began_at, times)
        yield times.words("why.again", times=_times(alert, times), first=first)


def _inactivity(
    card: InactivityReason, alert: Alert, times: LocalTimes, sign: LastSign | None
) -> Iterator[str]:
    words = times.words
    uncertain = card.uncertain_signs
    uncertain_at = None if uncertain is None or uncertain.last is None else uncertain.last.time
    yield _last_movement(card, alert, times, sign)
    if sign is not None:
        yield from _of_sign(sign, times)
    if card.said_safe_at is not None:
        yield words("why.after_safe", clock=clock_of(card.said_safe_at, times))
    if card.answered_at is not None:
        yield words("why.after_answer", clock=clock_of(card.answered_at, times))
    if uncertain is not None and uncertain_at is not None:
        yield words("why.uncertain_signs", n=uncertain.count or 1, clock=clock_of(uncertain_at, times))
    yield from _usual_silence(card.usual or UsualSilence(), times)
    if card.context == "after_door":
        yield words("why.after_door")
    if card.listening_since is not None:
        yield words("why.after_blind", clock=clock_of(card.listening_since, times))


def _last_movement(card: InactivityReason, alert: Alert, times: LocalTimes, sign: LastSign | None) -> str:
    """Say when the last movement was, or in which stretch of time, and that nothing came since."""
    place = "" if card.last_life_sign is None else place_name(card.last_life_sign.place, times.words)
    known_by = None if sign is None else sign.known_by
    entry = "last_sure" if has_uncertain_signs(card) else "last_life_sign"
    at = last_movement(alert)
    return times.words(
        f"why.{entry}{'' if known_by is None else '_between'}{'_at' if place else ''}",
        clock=clock_of(at, times),
        until=clock_of(known_by or at, times),
        place=place,
        span=times.length((alert.cleared_at or times.now) - at),
    )


def _of_sign(sign: LastSign, times: LocalTimes) -> Iterator[str]:
    """Say by which class the last sign shows that somebody acted, and what came after it that proves nothing."""
    words = times.words
    yield words(f"why.sign_{sign.evidence.value}", what=words(f"kind.{sign.kind.value}"))
    # Where none is found nothing is said: what else came may be signs that are not sure.
    if sign.last_at is not None:
        yield words("why.after_it", n=sign.messages, clock=clock_of(sign.last_at, times))


def _usual_silence(usual: UsualSilence, times: LocalTimes) -> Iterator[str]:
    words = times.words
    if usual.longest_min:
        span = times.length(timedelta(minutes=usual.longest_min))
        yield words("why.usual_longest", span=span, n=usual.days or 0)
    elif usual.days is not None:
        yield words("why.usual_unknown", n=usual.days)


def _geofence_exit(card: GeofenceExitReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    name = "" if card.geofence is None else card.geofence.name
    # With the first position that counts already outside, nothing shows when they left.
    entry = "why.was_outside" if card.was_outside_when_hours_began else "why.left"
    yield words(entry, clock=clock_of(alert.began_at, times), name=name)
    if card.outside_m is not None:
        yield words("why.outside", n=round(card.outside_m))
    if card.position is not None and card.position.accuracy_m is not None:
        yield words("why.accuracy", n=round(card.position.accuracy_m))


def _call(card: CallReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    said = {SOS.name: _pressed, HELP_ASKED.name: _answered}.get(alert.rule, _detected)
    first, *others = said(card, alert, times)
    # In one sentence with the fact: some pages show the first alone.
    yield " ".join([first, *_again(alert, times)])
    yield from others


def _pressed(card: CallReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    # Where the button is worn or lies; its own name says nothing.
    place = "" if SOS.name in card.place.lower() else place_name(card.place, times.words)
    clock = clock_of(card.pressed_at or alert.began_at, times)
    if place:
        yield times.words("why.pressed_at", clock=clock, place=place)
    else:
        yield times.words("why.pressed", clock=clock)
    yield times.words("why.pressed_always")


def _answered(card: CallReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    yield times.words("why.help_asked", clock=clock_of(card.pressed_at or alert.began_at, times))
    yield times.words("why.help_asked_who")


def _detected(card: CallReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    stem = "fell" if alert.rule == FALL.name else "alarmed"
    what = words(f"rule.{alert.rule}")
    clock = clock_of(card.pressed_at or alert.began_at, times)
    place = place_name(card.place, words)
    if place:
        yield words(f"why.{stem}_at", clock=clock, place=place, what=what)
    else:
        yield words(f"why.{stem}", clock=clock, what=what)
    yield words(f"why.{stem}_always")


def _silent(card: OutOfContactReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    clock = clock_of(card.last_heard or alert.began_at, times)
    device = _device(card, words) if isinstance(card, DeviceSilentReason) else ""
    yield words(f"why.{alert.rule}", clock=clock, device=device or words("why.this_device"))
    cause = f"why.cause_{card.cause}"
    if words.has(cause):
        yield words(cause)
    if isinstance(card, WardSilentReason) and card.homes:
        yield words("why.homes", n=card.homes)
    yield words("why.device_hint" if isinstance(card, DeviceSilentReason) else "why.cannot_tell")


def _area(card: AreaSilentReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    yield words("why.area_silent", clock=clock_of(alert.began_at, times), area=card.area)
    yield words("why.of_homes", n=card.homes or 0, all=card.of_homes or 0)
    yield words("why.cause_together")
    yield words("why.cannot_tell")


def _device(card: DeviceSilentReason, words: Words) -> str:
    """Name the device of a card: 「居間 人感センサー」."""
    kind = f"kind.{card.kind}"
    return f"{place_name(card.place, words)} {words(kind) if words.has(kind) else ''}".strip()


def _canary(_card: OutOfContactReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    yield times.words("why.canary_silent", clock=clock_of(alert.began_at, times))
    yield times.words("why.canary_hint")


def _unassigned(card: UnassignedSosReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    what = _called(card, alert, words)
    fact = words("why.stray_sos", clock=clock_of(alert.began_at, times), what=what)
    yield " ".join([fact, *_again(alert, times)])
    for one in card.buttons:
        clock = clock_of(one.last_at or alert.began_at, times)
        what = _call_name(one.metric, words)
        yield words("why.stray_button", device=one.sender, what=what, clock=clock, n=one.presses or 1)
        if words.has(f"why.stray_{one.cause}"):
            yield words(f"why.stray_{one.cause}")


def _unassigned_line(card: UnassignedSosReason, alert: Alert, times: LocalTimes) -> str:
    key = "line_stray_again" if alert.occurrences > 1 else "line_stray"
    what, clock = _called(card, alert, times.words), clock_of(alert.began_at, times)
    return times.words(f"why.{key}", clock=clock, what=what, times=_times(alert, times))


def _called(card: UnassignedSosReason, alert: Alert, words: Words) -> str:
    """Return what was called or reported since the latest began, each once."""
    names = dict.fromkeys(_call_name(one.metric, words) for one in card.calls_since(alert.began_at))
    return listed(words.language, names) or words("why.stray_other")


def _call_name(metric: str, words: Words) -> str:
    return words(f"rule.{metric}") if words.has(f"rule.{metric}") else words("why.stray_other")


def _unclear(card: UnclearCallReason, alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    yield words("why.unclear_call", clock=clock_of(alert.began_at, times))
    for one in card.devices:
        clock = clock_of(one.since or alert.began_at, times)
        yield words("why.unclear_device", device=one.device_id or one.sender, field=one.field, clock=clock)
        if not one.device_id:
            yield words("why.unclear_unregistered")
    yield words("why.unclear_next")


def _unclear_line(card: UnclearCallReason, alert: Alert, times: LocalTimes) -> str:
    if not card.devices:
        return _since(card, alert, times)
    first, more = card.devices[0], len(card.devices) - 1
    clock, field = clock_of(first.since or alert.began_at, times), first.field
    if more:
        return times.words("why.line_unclear_more", clock=clock, field=field, n=more)
    return times.words("why.line_unclear", clock=clock, field=field)


def _other(_card: object, alert: Alert, times: LocalTimes) -> Iterator[str]:
    yield times.words("why.other", clock=clock_of(alert.began_at, times))


_LINES: Mapping[type, Callable[[Any, Alert, LocalTimes], str]] = {
    GeofenceExitReason: _geofence_line,
    DeviceSilentReason: _device_line,
    CallReason: _call_line,
    UnassignedSosReason: _unassigned_line,
    UnclearCallReason: _unclear_line,
    **home_reasons.LINES,
    **outdoor_reasons.LINES,
}
_WHY: Mapping[type, Callable[[Any, Alert, LocalTimes], Iterator[str]]] = {
    GeofenceExitReason: _geofence_exit,
    CallReason: _call,
    HomeSilentReason: _silent,
    AreaSilentReason: _area,
    WardSilentReason: _silent,
    DeviceSilentReason: _silent,
    OutOfContactReason: _canary,
    UnassignedSosReason: _unassigned,
    UnclearCallReason: _unclear,
    **home_reasons.WHY,
    **outdoor_reasons.WHY,
}
