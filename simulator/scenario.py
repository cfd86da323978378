"""Scenario files: TOML that says what goes wrong, to whom and when; errors name the file, the line and what is allowed."""

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from core.domain.device import DeviceKind
from core.errors import InputError
from simulator.days import HOUR_S, local_day
from simulator.incident import LINE_CUT, OF_THE_WARD, ON_FOOT, Incident, IncidentKind
from simulator.persona import draw_persona
from simulator.randomness import generator
from simulator.wardfile import SimHome, SimWard

LIBRARY = Path(__file__).parent / "scenarios"
TEMPLATE = Path(__file__).parent / "scenario_template.toml"
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\Z")
_SHORTEST_H, _LONGEST_H = 0.1, 72.0
_DEFAULT_H = {
    IncidentKind.DOES_NOT_GET_UP: 8.0,
    IncidentKind.SOS: 0.0,
    IncidentKind.LEAVES_AREA: 1.5,
    IncidentKind.NIGHT_EXIT: 1.0,
    IncidentKind.GATEWAY_DIES: 4.0,
    IncidentKind.WARD_SILENT: 2.0,
}
# Words in place of a key: the seed then chooses among the residents that fit.
_CHOICES = ("first", "early_riser", "walker", "anyone")
_EVENT_KEYS = ("kind", "resident", "day", "at", "for_h", "every_days", "distance_m")


@dataclass(frozen=True)
class Wish:
    """An `[[event]]` of a scenario file before it is bound to a ward."""

    kind: IncidentKind
    resident: str
    day: int
    at_s: float
    for_s: float
    every_days: int
    distance_m: float
    where: str


@dataclass(frozen=True)
class Scenario:
    """A scenario file: a title for people, and what happens."""

    title: str
    wishes: tuple[Wish, ...]


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
            f"scenario {name!r}: there is none; the library has {', '.join(known)}, or give the path of a .toml file"
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot read the scenario: {error}") from error
    return parse_scenario(text, str(path))


def parse_scenario(text: str, name: str) -> Scenario:
    """Return the scenario that the TOML text describes; `name` stands for the file in errors.

    Raises
    ------
    InputError
        As `read_scenario`.
    """
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{name}: is not TOML: {error}") from error
    for key in body:
        if key not in {"title", "event"}:
            raise InputError(
                f"{name}, line {_line(text, key)}: {key!r} is not known; write title and [[event]]"
            )
    title = body.get("title", "")
    if not isinstance(title, str) or not title:
        raise InputError(f"{name}, line {_line(text, 'title')}: title must be a text that says what happens")
    events: object = body.get("event", [])
    if not isinstance(events, list):
        raise InputError(
            f"{name}, line {_line(text, 'event')}: write [[event]] with two brackets on each side"
        )
    return Scenario(title, tuple(_wishes(cast("list[dict[str, Any]]", events), text, name)))


def _wishes(events: list[dict[str, Any]], text: str, name: str) -> Iterator[Wish]:
    for number, event in enumerate(events, 1):

        def where(key: str, number: int = number) -> str:
            return f"{name}, line {_line(text, key, number)}"

        yield _wish(event, where)


def _wish(event: dict[str, Any], where: Callable[[str], str]) -> Wish:
    for key in event:
        if key not in _EVENT_KEYS:
            raise InputError(f"{where(key)}: {key!r} is not known; an event has {', '.join(_EVENT_KEYS)}")
    kind_word = event.get("kind")
    if kind_word not in set(IncidentKind):
        raise InputError(f"{where('kind')}: kind {kind_word!r} is none of {', '.join(IncidentKind)}")
    kind = IncidentKind(kind_word)
    return Wish(
        kind=kind,
        resident=_resident(event, kind, where),
        day=int(_number(event, "day", 0, (0, 3650), where, whole=True)),
        at_s=_clock(event, kind, where),
        for_s=HOUR_S * _duration(event, kind, where),
        every_days=int(_number(event, "every_days", 0, (0, 365), where, whole=True)),
        distance_m=_distance(event, kind, where),
        where=where("resident" if "resident" in event else "kind"),
    )


def _resident(event: dict[str, Any], kind: IncidentKind, where: Callable[[str], str]) -> str:
    if kind in OF_THE_WARD:
        if "resident" in event:
            raise InputError(f"{where('resident')}: {kind} happens to the whole ward; leave resident out")
        return ""
    default = "walker" if kind in ON_FOOT else "anyone"
    resident = event.get("resident", default)
    if not isinstance(resident, str) or not resident:
        raise InputError(
            f"{where('resident')}: resident must be a key of the ward file or one of {', '.join(_CHOICES)}"
        )
    return resident


def _clock(event: dict[str, Any], kind: IncidentKind, where: Callable[[str], str]) -> float:
    if kind is IncidentKind.DOES_NOT_GET_UP and "at" not in event:
        return 0.0
    text = event.get("at")
    match = _CLOCK.match(text) if isinstance(text, str) else None
    if match is None:
        raise InputError(f'{where("at")}: at must be a local time such as "06:58", not {text!r}')
    return int(match[1]) * HOUR_S + int(match[2]) * 60.0


def _duration(event: dict[str, Any], kind: IncidentKind, where: Callable[[str], str]) -> float:
    if kind is IncidentKind.SOS:
        if "for_h" in event:
            raise InputError(f"{where('for_h')}: {kind} is a moment; leave for_h out")
        return 0.0
    return _number(event, "for_h", _DEFAULT_H[kind], (_SHORTEST_H, _LONGEST_H), where)


def _distance(event: dict[str, Any], kind: IncidentKind, where: Callable[[str], str]) -> float:
    if "distance_m" in event and kind not in ON_FOOT:
        raise InputError(f"{where('distance_m')}: distance_m belongs to {' and '.join(sorted(ON_FOOT))}")
    return _number(event, "distance_m", 1200.0, (100.0, 10_000.0), where)


def _number(
    event: dict[str, Any],
    key: str,
    default: float,
    limits: tuple[float, float],
    where: Callable[[str], str],
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


def _line(text: str, key: str, event: int = 0) -> int:
    """Return the line of a key, in the n-th [[event]], or in the whole file; of the header if the key is not written."""
    lines = text.splitlines()
    headers = [number for number, line in enumerate(lines, 1) if re.match(r"\s*\[\[?\s*event\b", line)]
    start = headers[event - 1] if 0 < event <= len(headers) else 1
    end = headers[event] if 0 < event < len(headers) else len(lines) + 1
    pattern = re.compile(rf"\s*(\[\[?\s*)?[\"']?{re.escape(key)}[\"']?\s*[\].=]")
    for number in range(start, end):
        if pattern.match(lines[number - 1]):
            return number
    return start


def bind(scenarios: Sequence[Scenario], ward: SimWard, seed: int) -> tuple[Incident, ...]:
    """Return the incidents of the scenarios in a ward; where a scenario does not name a resident, the seed chooses.

    Raises
    ------
    InputError
        A scenario names a resident that the ward does not have, or needs something that no home has.
    """
    wishes = [wish for scenario in scenarios for wish in scenario.wishes]
    taken = {wish.resident for wish in wishes}
    bound: list[Incident] = []
    # Keys first, then the most particular words, so that "anyone" does not take the one who is wanted elsewhere.
    ranks = {word: rank for rank, word in enumerate(_CHOICES)}
    for number, wish in sorted(enumerate(wishes), key=lambda item: ranks.get(item[1].resident, -1)):
        resident = _chosen(wish, ward, taken, seed, number) if wish.resident else ""
        taken.add(resident)
        zone = (ward.home_of(resident) if resident else ward.homes[0]).zone
        first = local_day(ward.origin, zone).date + timedelta(days=wish.day)
        bound.append(
            Incident(wish.kind, resident, first, wish.at_s, wish.for_s, wish.every_days, wish.distance_m)
        )
    return tuple(bound)


def _chosen(wish: Wish, ward: SimWard, taken: set[str], seed: int, number: int) -> str:
    keys = [home.resident for home in ward.homes]
    if wish.resident not in _CHOICES:
        if wish.resident not in keys:
            raise InputError(
                f"{wish.where}: the ward has no resident {wish.resident!r}; it has {', '.join(keys[:8])}"
                f"{' ...' if len(keys) > 8 else ''}, or write one of {', '.join(_CHOICES)}"
            )
        return wish.resident
    fitting = [home for home in ward.homes if _fits(wish, home)]
    if not fitting:
        raise InputError(f"{wish.where}: no home of the ward has what {wish.kind} needs")
    free = [home for home in fitting if home.resident not in taken] or fitting
    if wish.resident == "first":
        return fitting[0].resident
    if wish.resident == "early_riser":
        return min(free, key=lambda home: draw_persona(seed, home.resident).wake_h).resident
    draw = generator(seed, "scenario", number, wish.kind)
    return free[int(draw.integers(len(free)))].resident


def _fits(wish: Wish, home: SimHome) -> bool:
    if wish.kind in ON_FOOT or wish.resident == "walker":
        return home.has(DeviceKind.TRACKER)
    if wish.kind is IncidentKind.SOS:
        return home.has(DeviceKind.BUTTON)
    if wish.kind in LINE_CUT:
        return home.has(DeviceKind.GATEWAY)
    return True
