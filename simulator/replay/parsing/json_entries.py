"""Reads the entries of a long JSON array one at a time, so that a file of any size takes little memory."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple, TextIO

from core.errors import InputError

_CHUNK = 1 << 16
# An entry of a history with its attributes has some thousand signs.
_LONGEST_ENTRY = 1 << 20


class Entry(NamedTuple):
    """One object of an array: the line it begins on, its number in the file from 1 on, and whether it begins an array."""

    line: int
    number: int
    begins: bool
    fields: dict[str, Any]


def entries_of(file: TextIO, name: str) -> Iterator[Entry]:
    """Yield the objects of an array, or of an array of arrays.

    Raises
    ------
    InputError
        The file is something else, or breaks off; the message names the line.
    """
    decoder = json.JSONDecoder()
    buffer, at, line, number, depth = "", 0, 1, 0, 0
    begins = False
    while True:
        while at < len(buffer) and buffer[at] in " \t\r\n,[]":
            line += buffer[at] == "\n"
            depth += (buffer[at] == "[") - (buffer[at] == "]")
            begins = begins or buffer[at] == "["
            at += 1
        if at < len(buffer):
            if buffer[at] != "{" or depth < 1:
                raise InputError(
                    f"{name}, line {line}: {buffer[at : at + 20]!r} stands where an entry of the history must begin"
                )
            try:
                fields, end = decoder.raw_decode(buffer, at)
            except RecursionError:
                raise InputError(f"{name}, line {line}: entry {number + 1} is nested too deep") from None
            except ValueError:
                fields, end = None, at
            if fields is not None:
                number += 1
                yield Entry(line, number, begins, fields)
                line += buffer.count("\n", at, end)
                at, begins = end, False
                continue
        more = file.read(_CHUNK)
        rest = buffer[at:]
        if not more or len(rest) > _LONGEST_ENTRY:
            if rest or depth:
                raise InputError(
                    f"{name}, line {line}: entry {number + 1} is no whole JSON object; was the file cut off?"
                )
            return
        buffer, at = rest + more, 0
