"""Why an alert was raised, in words: from the reason card that was stored with it.

Cards come from rules of several versions, so every part of one may be missing; what is not there is not said.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import cast

from api.locale import Words
from api.wording import home_reasons, outdoor_reasons
from api.wording.reason_card import clock_of, moment_of, number_of, place_name, text_of
from api.wording.times import LocalTimes
from core.domain.alert import Alert
from core.domain.metrics import CALLS
from core.domain.rules import RULES


def title(rule: str, words: Words) -> str:
    """Return what a rule found, in a few words."""
    return words(f"rule.{rule}") if words.has(f"rule.{rule}") else words("rule.other")


def line(alert: Alert, times: LocalTimes) -> str:
    """Return the one line that the board shows behind the title."""
    words = times.words
    if alert.rule == "inactivity":
        since = words("why.line_since", clock=clock_of(alert.began_at, times))
        by = moment_of(alert.reason, "usual", "active_by")
        return since if by is None else f"{since} {words('why.line_usual', clock=clock_of(by, times))}"
    if alert.rule == "geofence_exit":
        name = text_of(alert.reason, "geofence", "name")
        return words("why.line_left", clock=clock_of(alert.began_at, times), name=name)
    if alert.rule == "device_silent":
        since = words("why.line_since", clock=clock_of(alert.began_at, times))
        return f"{_device(alert, words)} {since}".strip()
    if alert.rule in {*CALLS, "stray_sos"}:
        told = {"fall": "line_fell", "sos": "line_pressed", "stray_sos": "line_pressed"}
        return words(f"why.{told.get(alert.rule, 'line_alarmed')}", clock=clock_of(alert.began_at, times))
    if alert.rule in home_reasons.WHY:
        return home_reasons.line(alert, times)
    return outdoor_reasons.line(alert, times)


def why(alert: Alert, times: LocalTimes) -> list[str]:
    """Return the sentences that say why, the conclusion first."""
    sentences = _WHY.get(alert.rule, _other)
    found = list(sentences(alert, times))
    if alert.detected_late:
        seen = clock_of(alert.opened_at, times)
        found.append(times.words("alert.seen_late_long", clock=clock_of(alert.raised_at, times), seen=seen))
    return found


def ruled_out(alert: Alert, times: LocalTimes) -> list[str]:
    """Return what else was checked, and how sure the judgement is."""
    words = times.words
    listed = alert.reason.get("ruled_out")
    names = cast("list[object]", listed) if isinstance(listed, list) else []
    found = [words(f"ruled_out.{name}") for name in names if words.has(f"ruled_out.{name}")]
    confidence = f"confidence.{alert.reason.get('confidence')}"
    return [*found, words(confidence)] if words.has(confidence) and alert.rule not in CALLS else found


def todo(alert: Alert, words: Words) -> str:
    """Return what to do now."""
    return words(f"alert.{RULES[alert.rule].todo}" if alert.rule in RULES else "alert.todo_call")


def _inactivity(alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    place = place_name(text_of(alert.reason, "last_life_sign", "place"), words)
    clock = clock_of(alert.began_at, times)
    length = times.length((alert.cleared_at or times.now) - alert.began_at)
    uncertain = moment_of(alert.reason, "uncertain_signs", "last", "time")
    last = "last_life_sign" if uncertain is None else "last_sure"
    if place:
        yield words(f"why.{last}_at", clock=clock, place=place, span=length)
    else:
        yield words(f"why.{last}", clock=clock, span=length)
    if uncertain is not None:
        signs = int(number_of(alert.reason, "uncertain_signs", "count") or 1)
        yield words("why.uncertain_signs", n=signs, clock=clock_of(uncertain, times))
    by = moment_of(alert.reason, "usual", "active_by")
    days = number_of(alert.reason, "usual", "days")
    if by is not None:
        yield words("why.usual", clock=clock_of(by, times), n=int(days or 0))
    elif days is not None:
        yield words("why.usual_unknown", n=int(days))
    longest = number_of(alert.reason, "usual", "longest_min")
    if longest:
        yield words("why.usual_longest", span=times.length(timedelta(minutes=longest)))
    if alert.reason.get("context") == "after_door":
        yield words("why.after_door")
    heard = moment_of(alert.reason, "listening_since")
    if heard is not None:
        yield words("why.heard_again", clock=clock_of(heard, times))


def _geofence_exit(alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    name = text_of(alert.reason, "geofence", "name")
    yield words("why.left", clock=clock_of(alert.began_at, times), name=name)
    if alert.reason.get("was_outside_when_hours_began"):
        yield words("why.was_outside", clock=clock_of(alert.raised_at, times))
    outside = number_of(alert.reason, "outside_m")
    accuracy = number_of(alert.reason, "position", "accuracy_m")
    if outside is not None:
        yield words("why.outside", n=round(outside))
    if accuracy is not None:
        yield words("why.accuracy", n=round(accuracy))


def _sos(alert: Alert, times: LocalTimes) -> Iterator[str]:
    name = text_of(alert.reason, "place")
    # Where the button is worn or lies; its own name says nothing.
    place = "" if "sos" in name.lower() else place_name(name, times.words)
    clock = clock_of(moment_of(alert.reason, "pressed_at") or alert.began_at, times)
    if place:
        yield times.words("why.pressed_at", clock=clock, place=place)
    else:
        yield times.words("why.pressed", clock=clock)
    presses = number_of(alert.reason, "presses")
    if presses and presses > 1:
        yield times.words("why.pressed_times", n=int(presses))
    yield times.words("why.pressed_always")


def _detected(alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    told = "fell" if alert.rule == "fall" else "alarmed"
    what = words(f"rule.{alert.rule}")
    clock = clock_of(moment_of(alert.reason, "pressed_at") or alert.began_at, times)
    place = place_name(text_of(alert.reason, "place"), words)
    if place:
        yield words(f"why.{told}_at", clock=clock, place=place, what=what)
    else:
        yield words(f"why.{told}", clock=clock, what=what)
    yield words(f"why.{told}_always")


def _silent(alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    clock = clock_of(moment_of(alert.reason, "last_heard") or alert.began_at, times)
    yield words(f"why.{alert.rule}", clock=clock, device=_device(alert, words) or words("why.this_device"))
    cause = f"why.cause_{alert.reason.get('cause')}"
    if words.has(cause):
        yield words(cause)
    homes = number_of(alert.reason, "homes")
    if homes:
        yield words("why.homes", n=int(homes))
    yield words("why.device_hint" if alert.rule == "device_silent" else "why.cannot_tell")


def _area(alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    yield words("why.area_silent", clock=clock_of(alert.began_at, times), area=text_of(alert.reason, "area"))
    silent, homes = (int(number_of(alert.reason, name) or 0) for name in ("homes", "of_homes"))
    yield words("why.of_homes", n=silent, all=homes)
    yield words("why.cause_together")
    yield words("why.cannot_tell")


def _device(alert: Alert, words: Words) -> str:
    """Name the device of a card: 「居間 人感センサー」."""
    kind = f"kind.{text_of(alert.reason, 'kind')}"
    place = place_name(text_of(alert.reason, "place"), words)
    return f"{place} {words(kind) if words.has(kind) else ''}".strip()


def _canary(alert: Alert, times: LocalTimes) -> Iterator[str]:
    yield times.words("why.canary_silent", clock=clock_of(alert.began_at, times))
    yield times.words("why.canary_hint")


def _stray(alert: Alert, times: LocalTimes) -> Iterator[str]:
    words = times.words
    yield words("why.stray_sos", clock=clock_of(alert.began_at, times))
    listed = alert.reason.get("buttons")
    for card in cast("list[Mapping[str, object]]", listed) if isinstance(listed, list) else []:
        pressed = moment_of(card, "last_at") or alert.began_at
        presses = int(number_of(card, "presses") or 1)
        yield words(
            "why.stray_button", device=text_of(card, "sender"), clock=clock_of(pressed, times), n=presses
        )
        cause = f"why.stray_{card.get('cause')}"
        if words.has(cause):
            yield words(cause)


def _other(alert: Alert, times: LocalTimes) -> Iterator[str]:
    yield times.words("why.other", clock=clock_of(alert.began_at, times))


_WHY: Mapping[str, Callable[[Alert, LocalTimes], Iterator[str]]] = {
    "inactivity": _inactivity,
    "geofence_exit": _geofence_exit,
    "sos": _sos,
    **dict.fromkeys((call for call in CALLS if call != "sos"), _detected),
    "home_silent": _silent,
    "area_silent": _area,
    "ward_silent": _silent,
    "device_silent": _silent,
    "canary_silent": _canary,
    "stray_sos": _stray,
    **home_reasons.WHY,
    **outdoor_reasons.WHY,
}
