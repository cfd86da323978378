"""The form of a record: its fields as typed, what is wrong with them, and what somebody else has entered meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from api.access.refusals import RefusedError
from api.locale import Words
from api.pages.rendering import HtmlPage
from core.credentials.sealed_values import SecretKeyMissingError
from core.store.people.records.stored_records import NameTakenError, StaleRecordError

M = TypeVar("M", bound=BaseModel)
Options = Sequence[tuple[str, str]]
CHECK: Final = "check"
SELECT: Final = "select"
# What a form is shown again for, with what is wrong.
FORM_PROBLEMS = (ValidationError, RefusedError, StaleRecordError, NameTakenError, SecretKeyMissingError)
# What is wrong with a form whose fields do not fit together: beside which field it is said, and how.
_WHOLE = {
    "quiet_from": ("quiet_from", "record_problem.quiet_from"),
    "lat": ("lat", "record_problem.position"),
    "role": ("office", "refused.office_of_care_only"),
}
_EMPTY: Mapping[str, Options] = {}


class TypedRecord(BaseModel):
    """A record's form as typed; `version` is of the record as it was shown, 0 for a new one."""

    version: int = 0

    @property
    def texts(self) -> dict[str, str]:
        """The fields without the version."""
        texts: dict[str, str] = self.model_dump(exclude={"version"})
        return texts


@dataclass(frozen=True)
class FormField:
    """One field of a record's form: its name, how it is entered, and whether it must be."""

    name: str
    kind: str = "text"
    is_required: bool = False
    has_hint: bool = False
    is_japanese: bool = False


@dataclass(frozen=True)
class ShownField:
    """A field as the form shows it."""

    field: FormField
    label: str
    hint: str
    value: str
    options: Options


@dataclass(frozen=True)
class FieldConflict:
    """A field that somebody else changed meanwhile: what it is now, and what was typed."""

    label: str
    now: str
    typed: str


@dataclass(frozen=True)
class RecordForm:
    """What is in the form, as typed, at which version, and what is wrong with it."""

    typed: Mapping[str, str]
    version: int = 0
    problems: Mapping[str, str] = field(default_factory=dict[str, str])
    differences: tuple[FieldConflict, ...] = ()


def parsed(fields: Sequence[FormField], typed: Mapping[str, str], model: type[M]) -> M:
    """Return what was typed as the interface takes it.

    Raises
    ------
    ValidationError
        Something in it cannot be used.
    """
    given: dict[str, object] = {}
    for one in fields:
        text = typed.get(one.name, "").strip()
        if one.kind == CHECK:
            given[one.name] = text == "on"
        elif text or one.kind in {"text", "tel"}:
            given[one.name] = text
        else:
            given[one.name] = None
    return model.model_validate(given)


def typed_of(fields: Sequence[FormField], values: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of a record as its form holds them."""
    return {one.name: _text(one, values.get(one.name)) for one in fields}


def shown(
    fields: Sequence[FormField],
    form: RecordForm,
    words: Words,
    options: Mapping[str, Options] = _EMPTY,
) -> list[ShownField]:
    """Return the fields with their words and what is in them."""
    return [
        ShownField(
            one,
            words(f"record.{one.name}"),
            words(f"record_hint.{one.name}") if one.has_hint else "",
            form.typed.get(one.name, ""),
            options.get(one.name, ()),
        )
        for one in fields
    ]


def again(
    fields: Sequence[FormField],
    typed: Mapping[str, str],
    version: int,
    error: Exception,
    page: HtmlPage,
    options: Mapping[str, Options] = _EMPTY,
) -> RecordForm:
    """Return the form with what is wrong, or with what somebody else has entered; saving that again is a decision."""
    words = page.words
    if isinstance(error, StaleRecordError):
        # What the form does not show, such as a place, somebody else may have changed all the same.
        present = typed_of(fields, error.values)
        differences = tuple(
            FieldConflict(
                words(f"record.{one.name}"),
                said(one, present[one.name], words, options),
                said(one, typed.get(one.name, ""), words, options),
            )
            for one in fields
            if one.name in error.values and present[one.name] != typed.get(one.name, "").strip()
        )
        return RecordForm(typed, error.version, differences=differences)
    return RecordForm(typed, version, _problems(fields, error, words))


def said(one: FormField, text: str, words: Words, options: Mapping[str, Options] = _EMPTY) -> str:
    """Return what stands in a field, in words."""
    if one.kind == CHECK:
        return words("record.yes" if text == "on" else "record.no")
    named = dict(options.get(one.name, ()))
    return named.get(text, text) or words("record.empty")


def _text(one: FormField, value: object) -> str:
    if one.kind == CHECK:
        return "on" if value else ""
    text = "" if value is None else str(value)
    # A time of day as the field for it holds it.
    return text[:5] if one.kind == "time" else text


def _problems(fields: Sequence[FormField], error: Exception, words: Words) -> dict[str, str]:
    if isinstance(error, RefusedError):
        return {error.field: words(f"refused.{error.code}", **error.values)}
    if isinstance(error, NameTakenError):
        # The name of an account is not its own alone; its login is.
        name = "login" if any(one.name == "login" for one in fields) else "name"
        return {name: words("refused.name_taken")}
    if isinstance(error, SecretKeyMissingError):
        return {"address": words("refused.secret_key")}
    found: dict[str, str] = {}
    if isinstance(error, ValidationError):
        whole = next((_WHOLE[one.name] for one in fields if one.name in _WHOLE), None)
        for item in error.errors():
            name = str(item["loc"][0]) if item["loc"] else ""
            known = f"record_problem.{name}"
            if not name and whole is not None:
                name, known = whole
            found[name] = words(known if words.has(known) else "record_problem.other")
    return found
