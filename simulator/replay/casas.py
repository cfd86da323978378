"""Reads the text files of the CASAS smart homes: `2010-11-04 00:03:50.209589 M003 ON`, perhaps with a label of an activity."""

import re
from collections import Counter
from collections.abc import Iterator

from core.domain.metrics import CONTACT_OPEN, MOTION, TEMPERATURE_C, Metric
from simulator.replay.events import SourceBook
from simulator.replay.parsing.numbers import NumberReader
from simulator.replay.parsing.table import NO_TEXT, NO_TEXT_PROBLEM
from simulator.replay.parsing.text_file import FileChoices
from simulator.replay.recording import BadRows, Recording

_LINE = re.compile(r"(\d{4}-\d\d-\d\d[ \tT]+\d{1,2}:\d\d:\d\d(?:\.\d+)?)[ \t]+(\S+)[ \t]+(.+)")
_STATES = {
    "ON": (MOTION, 1.0),
    "OFF": (MOTION, 0.0),
    "OPEN": (CONTACT_OPEN, 1.0),
    "CLOSE": (CONTACT_OPEN, 0.0),
    "CLOSED": (CONTACT_OPEN, 0.0),
}
_TEMPERATURE = re.compile(r"T\d+\Z|.*temperature", re.IGNORECASE)
_MOTION_OR_DOOR = re.compile(r"(?:M|MA|D)\d+\Z")
# Lights, power, burners, water, phones and things on a shelf say ON too; later files call sensors by their rooms.
_NO_MOTION = re.compile(r"(?:L|LL|P|A|AD|I|E|F|SG)\d")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?\Z")
_MOST_NAMED = 5


def is_casas(first_line: str) -> bool:
    """Return whether a file that begins so is of a CASAS home."""
    found = _LINE.match(first_line.strip())
    return found is not None and not any(sign in first_line for sign in ",;|")


def read_casas(lines: Iterator[str], choices: FileChoices, home: str, name: str) -> Recording:
    """Read a file of one home: sensors of movement, doors and temperature (degrees Celsius); all else is left out and counted.

    Parameters
    ----------
    lines : iterator of str
        The file.
    choices : FileChoices
        What a person says about the file; its times have no offset.
    home : str
        What the home is called.
    name : str
        The file, for errors.
    """
    book, bad, times, numbers = SourceBook(name), BadRows(), choices.time_reader(), NumberReader()
    left_out: Counter[str] = Counter()
    count = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        count += 1
        found = _LINE.match(line.strip())
        if NO_TEXT in line:
            bad.add(number, NO_TEXT_PROBLEM)
            continue
        if found is None:
            bad.add(number, f"{line.strip()[:80]!r} is no line such as 2010-11-04 00:03:50.209589 M003 ON")
            continue
        moment, sensor, said = found.groups()
        try:
            reading = _reading(sensor, said.split(), numbers)
            if reading is None:
                left_out[sensor] += 1
                continue
            metric, value = reading
            time_us, quarters = times.read(moment)
            book.readings.add(time_us, quarters, book.number_of(home, sensor, metric), value)
        except ValueError as error:
            bad.add(number, str(error))
    notes = [f"all of it is taken as of one home, {home}", *times.notes()]
    if left_out:
        shown = ", ".join(f"{sensor} ({lines})" for sensor, lines in left_out.most_common(_MOST_NAMED))
        notes.append(
            f"{left_out.total()} lines of {len(left_out)} sensors that are none of movement, doors or temperature were left"
            f" out: {shown}"
        )
    return book.recording("casas", bad, notes, count, times)


def _reading(sensor: str, words: list[str], numbers: NumberReader) -> tuple[Metric, float] | None:
    """Return what a sensor says, None if it is of a kind that is not read; newer files have rooms between sensor and state."""
    state = next((word.upper() for word in words if word.upper() in _STATES), "")
    if state:
        metric, value = _STATES[state]
        return (metric, value) if metric is CONTACT_OPEN or not _NO_MOTION.match(sensor) else None
    value = next((word for word in words if _NUMBER.match(word)), "")
    if value and _TEMPERATURE.match(sensor):
        try:
            return TEMPERATURE_C, numbers.read(value, TEMPERATURE_C.low, TEMPERATURE_C.high)
        except ValueError as error:
            raise ValueError(f"the temperature {value!r} of {sensor} {error}") from None
    if _MOTION_OR_DOOR.match(sensor):
        raise ValueError(f"{sensor} says {' '.join(words)[:40]!r}, which is none of ON, OFF, OPEN, CLOSE")
    return None
