"""What all reason cards share: what a rule leaves with an alert, stored as JSON, positions marked by the type `Place`."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypeVar, cast

import msgspec
from msgspec import Meta, Struct

Card = TypeVar("Card", bound="ReasonCard")
Moment = Annotated[datetime, Meta(tz=True)]


class Confidence(StrEnum):
    """How sure a finding is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class RuledOut(StrEnum):
    """What else was checked and is not the cause."""

    AWAY = "away"
    BACK_AT_ONCE = "back_at_once"
    HOME_SILENT = "home_silent"
    LEFT_BY_DOOR = "left_by_door"
    NOBODY_ABOUT = "nobody_about"
    PLANNED_ABSENCE = "planned_absence"
    POOR_ACCURACY = "poor_accuracy"
    SEEN_AT_HOME = "seen_at_home"
    SEEN_ELSEWHERE = "seen_elsewhere"
    SHORT_USE = "short_use"
    SINGLE_DAY = "single_day"
    SINGLE_FIX = "single_fix"
    SINGLE_NIGHT = "single_night"
    SINGLE_SIGN = "single_sign"
    SINGLE_VALUE = "single_value"
    SUDDEN_JUMP = "sudden_jump"
    USUAL_GROUND = "usual_ground"
    WARD_SILENT = "ward_silent"


class Place(Struct, frozen=True, kw_only=True):
    """A position: shown only behind the open location gate, with all that stands in it."""

    lat: float
    lon: float


FromPlace = Annotated[float, Meta(extra={"from_place": True})]
"""A distance in metres between a person and something whose place is known: three of them make a position, so it is shown as one is."""


class PlaceFix(Place, frozen=True, kw_only=True):
    """A position with when it was made and how far it may be off."""

    time: Moment | None = None
    accuracy_m: float | None = None


class ReasonCard(Struct, frozen=True, kw_only=True):
    """What all cards have."""

    rule_version: int | None = None
    ruled_out: tuple[str, ...] = ()
    confidence: Confidence | None = None


def as_json(card: Struct) -> dict[str, object]:
    """Return a card as JSON values, times as ISO 8601."""
    return cast("dict[str, object]", _plain(msgspec.to_builtins(card, builtin_types=(datetime,))))


def read(card: Mapping[str, object], kind: type[Card]) -> Card | None:
    """Return a stored card as its Struct; None where the Struct does not read it. Keys that it does not know are left out."""
    try:
        return msgspec.convert(dict(card), kind)
    except msgspec.ValidationError:
        return None


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in cast("dict[str, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in cast("list[object]", value)]
    return value
