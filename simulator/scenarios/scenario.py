"""Scenario files: TOML that says what goes wrong, to whom and when; errors name the file, the line and what is allowed."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from core.errors import InputError
from simulator.incidents.incident import IncidentKind
from simulator.incidents.kinds import DAY_H, DEFAULTS, EXTRAS, KINDS, IncidentScope
from simulator.local_days import HOUR_S
from simulator.scenarios.toml_text import line_of, meant, parse_toml, read_text
from simulator.town.wandering_route import Pattern

LIBRARY = Path(__file__).parent / "library"
TEMPLATE = Path(__file__).parent / "template.toml"
# Words in place of a key: the seed then chooses among the residents that fit.
CHOICES = ("first", "early_riser", "walker", "anyone")
EVERYONE = "everyone"
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?:-([01]\d|2[0-3]):([0-5]\d))?\Z")
_SHORTEST_H, _LONGEST_H, _LONGEST_YEAR_H = 0.1, 72.0, 365 * DAY_H
# When nothing is said: people fall at any time of the day.
_BY_DAY_S = (9.0 * HOUR_S, 20.0 * HOUR_S)
_COMMON_KEYS = ("kind", "resident", "day", "at", "for_h", "for_days", "every_days")
_EXTRA_KEYS = ("distance_m", "pattern", "device", "temperature_c", "share", "seconds")
Where = Callable[[str], str]


@dataclass(frozen=True)
class ScenarioEvent:
    """An `[[event]]` of a scenario file before it is bound to a ward; `at_s` is from when to when it may begin."""

    kind: IncidentKind
    resident: str
    day: int
    at_s: tuple[float, float]
    for_s: float
    every_days: int
    numbers: dict[str, float]
    pattern: str
    device: str
    where: str


@dataclass(frozen=True)
class Scenario:
    """A scenario file: a title for people, and what happens."""

    title: str
    events: tuple[ScenarioEvent, ...]


def library() -> dict[str, Path]:
    """Return the scenarios that come with the simulator, by name."""
    return {path.stem: path for path in sorted(LIBRARY.glob("*.toml"))}


def read_scenario(name: str) -> Scenario:
    """Read a scenario of the library by name, or a file by path.

    Raises
    ------
    InputError
        There is none, or something in it is not allowed; the message names the file and the line.
    """
    known = library()
    path = known.get(name, Path(name))
    if name not in known and path.suffix != ".toml":
        raise InputError(
            f"scenario {name!r}: there is none{meant(name, known)}; the library has {', '.join(known)},"
            " or give the path of a .toml file"
        )
    return parse_scenario(read_text(path), str(path))


def parse_scenario(text: str, name: str) -> Scenario:
    """Return the scenario that the TOML text describes; `name` stands for the file in errors.

    Raises
    ------
    InputError
        As `read_scenario`.
    """
    body = parse_toml(text, name)
    for key in body:
        if key not in {"title", "event"}:
            raise InputError(
                f"{name}, line {line_of(text, key)}: {key!r} is not known; write title and [[event]]"
            )
    title = body.get("title", "")
    if not isinstance(title, str) or not title:
        raise InputError(
            f"{name}, line {line_of(text, 'title')}: title must be a text that says what happens"
        )
    events: object = body.get("event", [])
    if not isinstance(events, list) or not all(
        isinstance(event, dict) for event in cast("list[object]", events)
    ):
        raise InputError(
            f"{name}, line {line_of(text, 'event')}: write [[event]] with two brackets on each side"
        )
    return Scenario(title, tuple(_events(cast("list[dict[str, Any]]", events), text, name)))


def event_of(event: dict[str, Any], name: str) -> ScenarioEvent:
    """Return one event that did not come from a file; errors begin with `name`.

    Raises
    ------
    InputError
        Something in it is not allowed.
    """
    return _event(event, lambda key: f"{name}, {key}")


def _events(events: list[dict[str, Any]], text: str, name: str) -> Iterator[ScenarioEvent]:
    for number, event in enumerate(events, 1):

        def where(key: str, number: int = number) -> str:
            return f"{name}, line {line_of(text, key, number)}"

        yield _event(event, where)


def _event(event: dict[str, Any], where: Where) -> ScenarioEvent:
    kind_word = event.get("kind")
    for key in event:
        if key not in {*_COMMON_KEYS, *_EXTRA_KEYS}:
            known = (*_COMMON_KEYS, *_EXTRA_KEYS)
            raise InputError(
                f"{where(key)}: {key!r} is not known{meant(key, known)}; an event has {', '.join(known)}"
            )
    if kind_word is None:
        raise InputError(f"{where('kind')}: kind is missing; it is one of {', '.join(IncidentKind)}")
    if not isinstance(kind_word, str) or kind_word not in set(IncidentKind):
        raise InputError(
            f"{where('kind')}: kind {kind_word!r}{meant(kind_word, IncidentKind)} is none of {', '.join(IncidentKind)}"
        )
    kind = IncidentKind(kind_word)
    for key in _EXTRA_KEYS:
        if key in event and key not in KINDS[kind].keys:
            owners = sorted(owner for owner, known in KINDS.items() if key in known.keys)
            raise InputError(f"{where(key)}: {key} belongs to {_listed(owners)}")
    numbers = DEFAULTS.get(kind, {})
    return ScenarioEvent(
        kind=kind,
        resident=_resident(event, kind, where),
        day=int(_number(event, "day", 0, (0, 3650), where, whole=True)),
        at_s=_clock(event, kind, where),
        for_s=HOUR_S * _duration(event, kind, where),
        every_days=int(_number(event, "every_days", 0, (0, 365), where, whole=True)),
        numbers={key: _number(event, key, numbers[key], EXTRAS[key], where) for key in numbers},
        pattern=_pattern(event, kind, where),
        device=_device(event, where),
        where=where("resident" if "resident" in event else "kind"),
    )


def _resident(event: dict[str, Any], kind: IncidentKind, where: Where) -> str:
    if KINDS[kind].scope is IncidentScope.WARD:
        if "resident" in event:
            raise InputError(f"{where('resident')}: {kind} happens to the whole ward; leave resident out")
        return ""
    default = "walker" if "distance_m" in KINDS[kind].keys else "anyone"
    resident = event.get("resident", default)
    if not isinstance(resident, str) or not resident:
        raise InputError(
            f"{where('resident')}: resident must be a key of the ward file or one of"
            f" {', '.join((*CHOICES, EVERYONE))}"
        )
    return resident


def _clock(event: dict[str, Any], kind: IncidentKind, where: Where) -> tuple[float, float]:
    if not KINDS[kind].has_time and "at" not in event:
        return _BY_DAY_S if kind is IncidentKind.COLLAPSE else (0.0, 0.0)
    text = event.get("at")
    match = _CLOCK.match(text) if isinstance(text, str) else None
    if match is None:
        missing = f"{kind} needs a time; " if text is None else ""
        got = (
            "" if text is None else f", not {text!r}" if isinstance(text, str) else f", in quotes, not {text}"
        )
        raise InputError(
            f'{where("at")}: {missing}at must be a local time such as "06:58", or "10:00-18:00" for a chance time'
            f" between{got}"
        )
    first = int(match[1]) * HOUR_S + int(match[2]) * 60.0
    last = first if match[3] is None else int(match[3]) * HOUR_S + int(match[4]) * 60.0
    if last < first:
        raise InputError(f"{where('at')}: at must not end before it begins: {text!r}")
    return first, last


def _duration(event: dict[str, Any], kind: IncidentKind, where: Where) -> float:
    lasts_h = KINDS[kind].lasts_h
    given = [key for key in ("for_h", "for_days") if key in event]
    if lasts_h == 0.0 and given:
        raise InputError(f"{where(given[0])}: {kind} is a moment; leave {given[0]} out")
    if len(given) > 1:
        raise InputError(f"{where('for_days')}: write for_h or for_days, not both")
    if lasts_h == 0.0:
        return 0.0
    most_h = _LONGEST_H if lasts_h <= _LONGEST_H else _LONGEST_YEAR_H
    if "for_days" in event:
        return DAY_H * _number(event, "for_days", 0.0, (_SHORTEST_H / DAY_H, most_h / DAY_H), where)
    return _number(event, "for_h", lasts_h, (_SHORTEST_H, most_h), where)


def _pattern(event: dict[str, Any], kind: IncidentKind, where: Where) -> str:
    if "pattern" not in KINDS[kind].keys:
        return ""
    pattern = event.get("pattern", Pattern.RANDOM)
    if not isinstance(pattern, str) or pattern not in set(Pattern):
        near = meant(pattern, Pattern)
        raise InputError(f"{where('pattern')}: pattern {pattern!r}{near} is none of {', '.join(Pattern)}")
    return str(pattern)


def _device(event: dict[str, Any], where: Where) -> str:
    device = event.get("device", "")
    if not isinstance(device, str) or ("device" in event and not device):
        raise InputError(
            f'{where("device")}: device must be a place such as "kitchen" or a kind such as "tracker"'
        )
    return device


def _number(
    event: dict[str, Any],
    key: str,
    default: float,
    limits: tuple[float, float],
    where: Where,
    *,
    whole: bool = False,
) -> float:
    value = event.get(key, default)
    kinds = (int,) if whole else (int, float)
    if key in event and (
        isinstance(value, bool) or not isinstance(value, kinds) or not limits[0] <= value <= limits[1]
    ):
        word = "a whole number" if whole else "a number"
        raise InputError(f"{where(key)}: {key} must be {word} from {limits[0]} to {limits[1]}, not {value!r}")
    return float(value)


def _listed(words: list[IncidentKind]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]
