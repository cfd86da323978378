"""The text of a scenario file: read it, take it apart as TOML, and say on which line something stands."""

import re
import tomllib
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, get_args

import msgspec

from core.errors import InputError

_CURLY = re.compile("[\u201c\u201d\u2018\u2019\uff02\uff1d\u3000]")
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)\Z")
# Nearer than two keys of residents that differ in one digit.
_NEAR = 0.8
_UNKNOWN = re.compile("Object contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile("Object missing required field `(.*)`")
_AT = re.compile(r" - at `\$\.(\w+)")
_QUOTES = 'a line is KEY = VALUE, texts and times in quotes: at = "10:05"'

Where = Callable[[str], str]
Form = TypeVar("Form", bound=msgspec.Struct)


def read_text(path: Path) -> str:
    """Return the text of a scenario file; a mark of the encoding, as some editors write it, is left out.

    Raises
    ------
    InputError
        The file cannot be read, or is not UTF-8.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        hint = "; `mimamori simulate new FILE` writes one" if isinstance(error, FileNotFoundError) else ""
        raise InputError(f"{path}: cannot read the scenario: {error.strerror}{hint}") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}, line {number}: is not UTF-8; save the file as UTF-8, which every editor can"
        ) from error


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """Return what the TOML text holds; `name` stands for the file in errors.

    Raises
    ------
    InputError
        It is not TOML; the message has the line, and what is usually wrong there.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        words = str(error)
        place = _PLACE.search(words)
        lines = text.splitlines()
        number = int(place[1]) if place is not None and place[1] else max(1, len(lines))
        line = lines[number - 1] if number <= len(lines) else ""
        said = words if place is None else words[: place.start()]
        raise InputError(f"{name}, line {number}: is not TOML: {_reason(said, line)}") from error


def _reason(said: str, line: str) -> str:
    """Return what is wrong with a line in plain words, else what the parser said."""
    key, equals, value = (part.strip() for part in line.partition("="))
    found = _CURLY.search(line)
    if found is not None:
        reason = f"{found[0]!r} is no sign of TOML; write straight quotes, plain signs and plain spaces"
    elif said == "Cannot overwrite a value" and equals:
        reason = f"{key} is there twice; a second event begins with [[event]]"
    elif said.startswith(("Cannot declare", "Cannot overwrite", "Cannot mutate")):
        reason = "each event begins with [[event]], with two brackets on each side"
    elif value[:1] in {'"', "'"}:
        reason = f"the text of {key} has no quote at its end" if _is_open(value) else said
    else:
        reason = f"{said}; {_QUOTES}"
    return reason


def _is_open(value: str) -> bool:
    """Return whether a text begins with a quote that does not end it."""
    return value.count(value[0]) == 1


def line_of(text: str, key: str, event: int = 0) -> int:
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


def meant(word: object, known: Iterable[str]) -> str:
    """Return words that ask for the known one that a mistyped word is near to; empty if none is.

    Examples
    --------
    >>> meant("Colapse", ("collapse", "sos"))
    " (did you mean 'collapse'?)"
    >>> meant("fire", ("collapse", "sos"))
    ''
    """
    if not isinstance(word, str):
        return ""
    near = get_close_matches(word.lower().replace("-", "_"), list(known), 1, _NEAR)
    return f" (did you mean {str(near[0])!r}?)" if near else ""


def fill(table: dict[str, Any], form: type[Form], where: Where, known: str) -> Form:
    """Return a table of the file as the form that it must have.

    Parameters
    ----------
    table : dict
        What is written.
    form : type
        A struct that forbids unknown fields; each field is an enumeration, or has a description of what it must be.
    where : callable
        Says where a key stands.
    known : str
        What to write in place of an unknown key.

    Raises
    ------
    InputError
        Something is unknown, missing or not allowed; the message says where, and what is allowed.
    """
    try:
        return msgspec.convert(table, form)
    except msgspec.ValidationError as error:
        said = str(error)
        unknown, missing, place = _UNKNOWN.match(said), _MISSING.match(said), _AT.search(said)
        if unknown is not None:
            key, near = unknown[1], meant(unknown[1], form.__struct_fields__)
            problem = f"{key!r} is not known{near}; {known}"
        elif missing is not None:
            key = missing[1]
            problem = f"{key} is missing; {must_be(form, key)}"
        else:
            key = "" if place is None else place[1]
            problem = _not_allowed(form, key, table.get(key))
        raise InputError(f"{where(key)}: {problem}") from error


def must_be(form: type[msgspec.Struct], key: str) -> str:
    """Return what a field of a form must be, in words."""
    allowed = _allowed(form, key)
    if not isinstance(allowed, str):
        return f"it is one of {', '.join(allowed)}"
    return allowed if allowed.startswith("write ") else f"{key} must be {allowed}"


def _not_allowed(form: type[msgspec.Struct], key: str, value: object) -> str:
    allowed = _allowed(form, key)
    if not isinstance(allowed, str):
        return f"{key} {value!r}{meant(value, allowed)} is none of {', '.join(allowed)}"
    # As it is written in the file: texts in quotes, a time without.
    return f"{must_be(form, key)}, not {repr(value) if isinstance(value, str) else value}"


def _allowed(form: type[msgspec.Struct], key: str) -> str | list[str]:
    """Return the description of a field, or the words of an enumeration."""
    (declared,) = (field.type for field in msgspec.structs.fields(form) if field.name == key)
    kinds: tuple[Any, ...] = (declared, *get_args(declared))
    for one in kinds:
        if isinstance(one, type) and issubclass(one, StrEnum):
            return list(one)
        described = [meta for meta in get_args(one) if isinstance(meta, msgspec.Meta) and meta.description]
        if described:
            return str(described[0].description)
    raise LookupError(f"{form.__name__}.{key} does not say what it must be")
