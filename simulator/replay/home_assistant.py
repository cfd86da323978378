"""Reads histories of Home Assistant: the CSV that its history page exports, and the JSON of its REST interface.

A history holds states, and of a state only a change shows that a person acted. So of what can be a life sign these are left out: the first
state of an entity, and one that is the same as before, also where the entity was not available between. One that is another after that is
dated at the beginning of the break. A call for help that is on is kept wherever it stands.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TextIO, cast

from core.domain.metrics import CallPriority, Metric, MetricKind
from core.errors import InputError
from simulator.replay.events import SourceBook, value_of
from simulator.replay.home_assistant_words import NO_PLACE, UNITS, metric_of
from simulator.replay.parsing.columns import HomeColumn, find, plain
from simulator.replay.parsing.json_entries import entries_of
from simulator.replay.parsing.numbers import NumberReader
from simulator.replay.parsing.table import Heading, Table
from simulator.replay.parsing.text_file import FileChoices
from simulator.replay.recording import BadRows, Recording

FORM = "homeassistant"
_TIME_WORDS = ("last_changed", "last_updated")
# States of an entity that is not there, or has no value yet.
_NO_STATE = frozenset({"unavailable", "unknown", "none", ""})
_MOST_NAMED = 5


def is_history(header: Sequence[str]) -> bool:
    """Return whether a heading is that of an exported history."""
    return all(find(header, words) >= 0 for words in (("entity_id",), ("state",), _TIME_WORDS))


_Time = tuple[int, int]


@dataclass
class _Entity:
    """What an entity measures and where; `states` is what it said and when, None where it was not available."""

    metric: Metric
    place: str
    factor: float
    summand: float
    states: list[tuple[_Time, float | None]] = field(default_factory=list[tuple[_Time, float | None]])

    def changes(self) -> Iterator[tuple[_Time, float]]:
        """Yield what shows that a person acted, in whichever order the file has the states."""
        is_call = self.metric.call is not CallPriority.NONE
        before: float | None = None
        changed, gone = (0, 0), None
        for time, value in sorted(self.states, key=lambda one: one[0]):
            if value is None:
                gone = gone or time
                continue
            if value != before:
                if before is not None or (is_call and value):
                    yield gone or time, value
            elif is_call and value and gone is None and time != changed:
                yield time, value
            before, changed, gone = value, time, None


class _History:
    """Takes in states, whichever file they come from."""

    def __init__(self, choices: FileChoices, separator: str, name: str) -> None:
        self.book, self.bad, self.times = SourceBook(name), BadRows(), choices.time_reader()
        self.numbers = NumberReader(separator)
        # None is an entity of which nothing says that it measures what we know.
        self._entities: dict[tuple[str, str], _Entity | None] = {}
        self._places: dict[tuple[str, str, str], str] = {}
        self._unread: Counter[str] = Counter()
        self._unavailable = self._unchanged = 0
        self._without_unit: set[str] = set()

    def take(self, home: str, entity_id: str, state: str, moment: str, attributes: dict[str, object]) -> None:
        """Take one state.

        Raises
        ------
        ValueError
            The state or the time cannot be read.
        """
        key = (home, entity_id)
        if key not in self._entities:
            self._entities[key] = self._entity(home, entity_id, attributes)
        known = self._entities[key]
        if known is None:
            self._unread[entity_id] += 1
            return
        time = self.times.read(moment)
        if state.strip().lower() in _NO_STATE:
            self._unavailable += 1
            known.states.append((time, None))
            return
        value = self._value(known, state)
        if known.metric.kind is MetricKind.LIFE:
            known.states.append((time, value))
        else:
            self.book.readings.add(*time, self.book.number_of(home, known.place, known.metric), value)

    def recording(self, lines: int, notes: Sequence[str] = ()) -> Recording:
        """Return what was read."""
        for (home, _), entity in self._entities.items():
            if entity is None or entity.metric.kind is not MetricKind.LIFE:
                continue
            self._unchanged += sum(value is not None for _, value in entity.states)
            for time, value in entity.changes():
                self._unchanged -= 1
                self.book.readings.add(*time, self.book.number_of(home, entity.place, entity.metric), value)
        return self.book.recording(FORM, self.bad, [*notes, *self.notes()], lines, self.times)

    def notes(self) -> list[str]:
        """Return what was left out, and what was assumed."""
        notes = self.times.notes()
        if self._unread:
            shown = ", ".join(f"{one} ({count})" for one, count in self._unread.most_common(_MOST_NAMED))
            notes.append(
                f"{self._unread.total()} states of {len(self._unread)} entities were left out, as nothing says that they measure"
                f" what we know: {shown}"
            )
        if self._unavailable:
            notes.append(f"{self._unavailable} states say unavailable or unknown and were left out")
        if self._unchanged:
            notes.append(
                f"{self._unchanged} states that begin the history of a sensor or say the same again show nobody's act and were"
                " left out"
            )
        if self._without_unit:
            notes.append(
                f"the file has no units; they are taken as those of docs/metrics.md: {', '.join(sorted(self._without_unit))}"
            )
        return notes

    def _entity(self, home: str, entity_id: str, attributes: dict[str, object]) -> _Entity | None:
        domain, _, name = entity_id.partition(".")
        metric = metric_of(domain, plain(name), attributes)
        if metric is None:
            return None
        unit = attributes.get("unit_of_measurement")
        scales = UNITS.get(metric.name, {})
        if unit is not None and scales and unit not in scales:
            return None
        if scales and unit is None:
            self._without_unit.add(metric.name)
        factor, summand = scales.get(str(unit), (1.0, 0.0))
        place = "_".join(word for word in plain(name).split("_") if word not in NO_PLACE) or plain(name)
        # Two entities of one kind in one room stay two.
        if self._places.setdefault((home, place, metric.name), entity_id) != entity_id:
            place = plain(name)
        return _Entity(metric, place, factor, summand)

    def _value(self, entity: _Entity, state: str) -> float:
        if (entity.factor, entity.summand) == (1.0, 0.0):
            return value_of(state, entity.metric, self.numbers)
        metric = entity.metric
        try:
            value = self.numbers.read(state, -1e9, 1e9) * entity.factor + entity.summand
        except ValueError as error:
            raise ValueError(f"the value {state!r} of {metric.name} {error}") from None
        if not metric.low <= value <= metric.high:
            raise ValueError(
                f"the value {state!r} of {metric.name} is outside {metric.low:g} to {metric.high:g}"
            )
        return round(value, 6)


def read_history_table(
    lines: Iterator[str], heading: Heading, choices: FileChoices, home: str, name: str
) -> Recording:
    """Read an exported history, `entity_id,state,last_changed`; raises InputError as `read_events` does.

    Parameters
    ----------
    lines : iterator of str
        The file.
    heading : Heading
        Its heading.
    choices : FileChoices
        What a person says about the file.
    home : str
        What the home is called unless a column names it.
    name : str
        The file, for errors.
    """
    history = _History(choices, heading.separator, name)
    header = heading.names
    if not is_history(header):
        raise InputError(
            f"{name}, line {heading.line}: a history of Home Assistant has the columns entity_id, state and last_changed;"
            f" found: {', '.join(header)}"
        )
    entity, state = find(header, ("entity_id",)), find(header, ("state",))
    moment = find(header, _TIME_WORDS)
    read = {entity, state, moment, find(header, ("last_updated",))}
    homes = HomeColumn(header, choices.home_column, home, name, read)
    table = Table(lines, heading, history.bad)
    for row in table:
        fields = row.fields
        try:
            history.take(homes.home_of(row), fields[entity], fields[state], fields[moment], {})
        except ValueError as error:
            history.bad.add(row.line, f"{fields[entity]}: {error}")
    history.times.check(name)
    return history.recording(table.count, homes.notes(table.count))


def read_history_json(file: TextIO, choices: FileChoices, home: str, name: str) -> Recording:
    """Read an answer of `/api/history/period`: an array of states for each entity.

    With `minimal_response` only the first state of an array says which entity it is of.

    Raises
    ------
    InputError
        The file is something else.
    """
    history = _History(choices, ",", name)
    entity_id = ""
    attributes: dict[str, object] = {}
    count = 0
    for entry in entries_of(file, name):
        count += 1
        fields = entry.fields
        if entry.begins:
            entity_id, attributes = "", {}
        if "entity_id" in fields:
            entity_id = str(fields["entity_id"])
            said = fields.get("attributes")
            attributes = cast("dict[str, object]", said) if isinstance(said, dict) else attributes
        moment = next((fields[word] for word in _TIME_WORDS if word in fields), None)
        state = fields.get("state")
        if not entity_id or not isinstance(state, str) or not isinstance(moment, str):
            history.bad.add(entry.line, f"entry {entry.number} has no entity_id, state or last_changed")
            continue
        try:
            history.take(home, entity_id, state, moment, attributes)
        except ValueError as error:
            history.bad.add(entry.line, f"entry {entry.number}, {entity_id}: {error}")
    return history.recording(count, (f"all of it is taken as of one home, {home}",))
