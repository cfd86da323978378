"""Reads tables as spreadsheets and programs write them: the heading, whatever separates columns, and the rows."""

import csv
from collections.abc import Iterator
from typing import NamedTuple

from simulator.replay.recording import BadRows

_SEPARATORS = (",", ";", "\t", "|")
# The line with which Excel says what separates the columns.
_SAYS_SEPARATOR = "sep="
# What stands for bytes that are no text in the encoding of the file.
NO_TEXT = "\ufffd"
NO_TEXT_PROBLEM = "holds bytes that are no text; save the file as UTF-8, or name its encoding with --encoding"


class FileRow(NamedTuple):
    """A line of a table: its number in the file, and its fields."""

    line: int
    fields: list[str]


class Heading(NamedTuple):
    """The line that names the columns: its number, the separator, and the names."""

    line: int
    separator: str
    names: list[str]


def headings(first_lines: list[str]) -> list[Heading]:
    """Return the first line of a table as each separator takes it apart, the one with the most columns first."""
    number = 2 if first_lines and first_lines[0].strip().lower().startswith(_SAYS_SEPARATOR) else 1
    if len(first_lines) < number:
        return []
    line = first_lines[number - 1].removeprefix("\ufeff")
    found = [
        Heading(number, one, next(csv.reader([line], delimiter=one), list[str]())) for one in _SEPARATORS
    ]
    return sorted(found, key=lambda one: -len(one.names))


class Table:
    """The rows of a table below its heading.

    Parameters
    ----------
    lines : iterator of str
        The file from its first line on.
    heading : Heading
        As `headings` found it.
    bad : BadRows
        Takes rows that cannot be used.
    """

    def __init__(self, lines: Iterator[str], heading: Heading, bad: BadRows) -> None:
        self._lines, self._heading, self._bad = lines, heading, bad
        # How many rows there are that are not empty.
        self.count = 0

    def __iter__(self) -> Iterator[FileRow]:
        before, separator, names = self._heading
        for _ in range(before):
            next(self._lines, "")
        reader = csv.reader(self._lines, delimiter=separator)
        line = before + 1
        while True:
            try:
                for fields in reader:
                    if self._is_usable(line, fields, separator, len(names)):
                        yield FileRow(line, fields)
                    line = before + reader.line_num + 1
            except csv.Error as error:
                self.count += 1
                self._bad.add(line, f"is no line of a table: {error}; is a quote missing?")
                line = before + reader.line_num + 1
                continue
            return

    def _is_usable(self, line: int, fields: list[str], separator: str, columns: int) -> bool:
        text = "".join(fields)
        if not text or text.isspace():
            return False
        self.count += 1
        if NO_TEXT in text:
            self._bad.add(line, NO_TEXT_PROBLEM)
            return False
        if len(fields) == columns:
            return True
        if len(fields) > columns and not "".join(fields[columns:]).strip():
            return True
        hint = (
            "; a decimal comma needs quotes around it" if separator == "," and len(fields) > columns else ""
        )
        self._bad.add(line, f"there are {len(fields)} fields, the header has {columns}{hint}")
        return False
