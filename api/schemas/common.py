"""What all models of the interface share: strictness, pages of a list, texts, times, problems."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Path, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from api.access.refusals import FieldError

T = TypeVar("T")

# Keys are 32-bit numbers, alerts' 64-bit.
Number = Annotated[int, Path(ge=1, le=2**31 - 1, examples=[5])]
BigNumber = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[12])]
Limit = Annotated[int, Query(ge=1, le=1000, description="How many at most; the rest follows with `cursor`.")]
Cursor = Annotated[
    str | None,
    Query(max_length=500, description="`next_cursor` of the page before; leave it out for the first page."),
]


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("holds a NUL character, which cannot be stored")
    return text


def _sane(moment: datetime) -> datetime:
    if not 2000 <= moment.year <= 2200:
        raise ValueError("must lie between the years 2000 and 2200")
    return moment.astimezone(UTC)


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(_storable),
]
ShortText = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=100), AfterValidator(_storable)
]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(_storable)]
Moment = Annotated[AwareDatetime, AfterValidator(_sane)]


class Input(BaseModel):
    """What comes in: unknown fields are refused, since a mistyped one would silently do nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Output(BaseModel):
    """What goes out, read from the fields of a domain object."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class ResultPage(Output, Generic[T]):
    """A part of a list."""

    items: list[T]
    next_cursor: str | None = Field(
        default=None, description="Pass it as `cursor` for the next page; null at the end."
    )


class FieldProblem(Output):
    """One part of the input that cannot be used."""

    where: str = Field(examples=["body.shape.radius_m"])
    what: str = Field(examples=["Input should be greater than or equal to 30"])


class ProblemOut(Output):
    """What went wrong, where, and what to do next (RFC 9457)."""

    type: str = Field(examples=["urn:mimamori:problem:input"])
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str = Field(description="What is wrong.")
    instance: str = Field(description="The path that was asked for.")
    next: str = Field(description="What to do next.")
    errors: list[FieldProblem] = Field(
        default_factory=list[FieldProblem], description="The fields that are wrong."
    )


def to_cursor(*key: object) -> str:
    """Return where a page ended, in a form that clients pass back untouched."""
    values = [one.isoformat() if isinstance(one, datetime) else one for one in key]
    text = json.dumps(values, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def from_cursor(cursor: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """Return the key that `to_cursor` wrote, or None for the first page.

    Raises
    ------
    FieldError
        It is not one of this list's cursors.
    """
    if cursor is None:
        return None
    try:
        return _key(cursor, kinds)
    except (ValueError, TypeError, RecursionError, OverflowError, binascii.Error):
        raise FieldError(
            "query.cursor", "not a cursor of this list; use next_cursor of the page before, unchanged"
        ) from None


def _key(cursor: str, kinds: tuple[type, ...]) -> tuple[Any, ...]:
    text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    values: Any = json.loads(text)
    if not isinstance(values, list):
        raise TypeError
    return tuple(_value(value, kind) for value, kind in zip(values, kinds, strict=True))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - JSON


def _value(value: object, kind: type) -> object:
    if kind is datetime and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError
        return _sane(moment)
    if kind is int and isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
        return value
    if kind is str and isinstance(value, str):
        value.encode()
        return _storable(value)
    raise ValueError
