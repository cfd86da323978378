"""The text of a scenario file: read it, take it apart as TOML, and say on which line something stands."""

import re
import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from core.errors import InputError

_CURLY = re.compile("[\u201c\u201d\u2018\u2019\uff02\uff1d\u3000]")
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)\Z")
# Nearer than two keys of residents that differ in one digit.
_NEAR = 0.8
_QUOTES = 'a line is KEY = VALUE, texts and times in quotes: at = "10:05"'


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
