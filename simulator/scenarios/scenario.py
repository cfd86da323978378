"""Scenario files: TOML that says what goes wrong, to whom and when; errors name the file, the line and what is allowed."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core.errors import InputError
from simulator.incidents.incident import IncidentKind
from simulator.incidents.kinds import DAY_H, DEFAULTS, EXTRAS, KINDS, IncidentScope
from simulator.local_days import HOUR_S
from simulator.scenarios.toml_text import Where, fill, line_of, meant, must_be, parse_toml, read_text
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
_OWN_KEYS = ("distance_m", "pattern", "device", "temperature_c", "share", "seconds")


def _whole(low: int, high: int) -> Meta:
    return Meta(ge=low, le=high, description=f"a whole number from {low} to {high}")


def _number(limits: tuple[float, float]) -> Meta:
    return Meta(ge=limits[0], le=limits[1], description=f"a number from {limits[0]} to {limits[1]}")


def _lasting(unit_h: float) -> Meta:
    shortest, longest, longest_year = (one / unit_h for one in (_SHORTEST_H, _LONGEST_H, _LONGEST_YEAR_H))
    words = f"a number from {shortest:.3g} to {longest}, or to {longest_year} for what can last longer than three days"
    return Meta(ge=shortest, le=longest_year, description=words)


def _text(description: str, pattern: str | None = None) -> Meta:
    return Meta(min_length=1, pattern=pattern, description=description)


_KEY = _text(f"a key of the ward file or one of {', '.join((*CHOICES, EVERYONE))}")
_AT = _text(
    'a local time such as "06:58", or "10:00-18:00" for a chance time between, in quotes', _CLOCK.pattern
)
_DEVICE = _text('a place such as "kitchen" or a kind such as "tracker"')


class _EventForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An `[[event]]` as it is written; what a field must be is said as in an error."""

    kind: IncidentKind
    resident: Annotated[str, _KEY] | None = None
    day: Annotated[int, _whole(0, 3650)] = 0
    at: Annotated[str, _AT] | None = None
    for_h: Annotated[float, _lasting(1.0)] | None = None
    for_days: Annotated[float, _lasting(DAY_H)] | None = None
    every_days: Annotated[int, _whole(0, 365)] = 0
    distance_m: Annotated[float, _number(EXTRAS["distance_m"])] | None = None
    pattern: Pattern | None = None
    device: Annotated[str, _DEVICE] | None = None
    temperature_c: Annotated[float, _number(EXTRAS["temperature_c"])] | None = None
    share: Annotated[float, _number(EXTRAS["share"])] | None = None
    seconds: Annotated[float, _number(EXTRAS["seconds"])] | None = None


class _ScenarioForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A scenario file as it is written."""

    title: Annotated[str, _text("a text that says what happens")]
    event: Annotated[
        list[dict[str, Any]], Meta(description="write [[event]] with two brackets on each side")
    ] = []


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

    def where(key: str, event: int = 0) -> str:
        return f"{name}, line {line_of(text, key, event)}"

    form = fill(parse_toml(text, name), _ScenarioForm, where, "write title and [[event]]")
    events = [
        event_of(event, lambda key, number=number: where(key, number))
        for number, event in enumerate(form.event, 1)
    ]
    return Scenario(form.title, tuple(events))


def event_of(event: dict[str, Any], where: Where) -> ScenarioEvent:
    """Return one event; `where` says where a key of it stands, and begins an error.

    Raises
    ------
    InputError
        Something in it is not allowed.
    """
    form = fill(event, _EventForm, where, f"an event has {', '.join(_EventForm.__struct_fields__)}")
    kind = form.kind
    for key in _OWN_KEYS:
        if key in event and key not in KINDS[kind].keys:
            owners = sorted(owner for owner, known in KINDS.items() if key in known.keys)
            raise InputError(f"{where(key)}: {key} belongs to {_listed(owners)}")
    given = msgspec.structs.asdict(form)
    return ScenarioEvent(
        kind=kind,
        resident=_resident(form, where),
        day=form.day,
        at_s=_clock(form, where),
        for_s=HOUR_S * _duration(form, where),
        every_days=form.every_days,
        numbers={
            key: default if given[key] is None else given[key]
            for key, default in DEFAULTS.get(kind, {}).items()
        },
        pattern=str(form.pattern or Pattern.RANDOM) if "pattern" in KINDS[kind].keys else "",
        device=form.device or "",
        where=where("resident" if form.resident is not None else "kind"),
    )


def _resident(form: _EventForm, where: Where) -> str:
    if KINDS[form.kind].scope is IncidentScope.WARD:
        if form.resident is not None:
            raise InputError(
                f"{where('resident')}: {form.kind} happens to the whole ward; leave resident out"
            )
        return ""
    return form.resident or ("walker" if "distance_m" in KINDS[form.kind].keys else "anyone")


def _clock(form: _EventForm, where: Where) -> tuple[float, float]:
    match = _CLOCK.match(form.at or "")
    if match is None:
        if KINDS[form.kind].has_time:
            raise InputError(f"{where('at')}: {form.kind} needs a time; {must_be(_EventForm, 'at')}")
        return _BY_DAY_S if form.kind is IncidentKind.COLLAPSE else (0.0, 0.0)
    first = int(match[1]) * HOUR_S + int(match[2]) * 60.0
    last = first if match[3] is None else int(match[3]) * HOUR_S + int(match[4]) * 60.0
    if last < first:
        raise InputError(f"{where('at')}: at must not end before it begins: {form.at!r}")
    return first, last


def _duration(form: _EventForm, where: Where) -> float:
    """Return how many hours it lasts; some kinds last for days, the others for three at most."""
    lasts_h = KINDS[form.kind].lasts_h
    for key, value, unit_h in (("for_h", form.for_h, 1.0), ("for_days", form.for_days, DAY_H)):
        if value is None:
            continue
        if lasts_h == 0.0:
            raise InputError(f"{where(key)}: {form.kind} is a moment; leave {key} out")
        if lasts_h <= _LONGEST_H < value * unit_h:
            limits = f"from {_SHORTEST_H / unit_h:.3g} to {_LONGEST_H / unit_h}"
            raise InputError(
                f"{where(key)}: {key} must be a number {limits}, not {value:g}: {form.kind} ends within three days"
            )
    if form.for_days is not None:
        if form.for_h is not None:
            raise InputError(f"{where('for_days')}: write for_h or for_days, not both")
        return form.for_days * DAY_H
    return lasts_h if form.for_h is None else form.for_h


def _listed(words: list[IncidentKind]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]
