"""The readings of a recording, in columns of numbers: files of ten million lines are held too."""

from array import array
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
QUARTER_S = 900


class ReadingSource(NamedTuple):
    """What reported: `home` and `place` made fit for an id, and the metric."""

    home: str
    place: str
    metric: str


class RecordedReading(NamedTuple):
    """One value of one metric; `home` and `place` as the file has them, made fit for an id; `time` in UTC."""

    time: datetime
    home: str
    place: str
    metric: str
    value: float


class RecordedReadings(Sequence[RecordedReading]):
    """Readings in the order of time; of the same moment, in the order of the file.

    Parameters
    ----------
    sources : sequence of ReadingSource
        What the numbers in `source` stand for; some may report nothing.
    time_us : array of int64, shape (n,)
        Microseconds since 1970 in UTC.
    quarters : array of int8, shape (n,)
        How far the clock that the file shows is ahead of UTC, in quarters of an hour.
    source : array of int32, shape (n,)
        Places in `sources`.
    value : array of float64, shape (n,)
        In the unit of the metric.
    """

    def __init__(
        self,
        sources: Sequence[ReadingSource],
        time_us: NDArray[np.int64],
        quarters: NDArray[np.int8],
        source: NDArray[np.int32],
        value: NDArray[np.float64],
    ) -> None:
        self.sources = tuple(sources)
        self.time_us, self.quarters, self.source, self.value = time_us, quarters, source, value

    def __len__(self) -> int:
        return len(self.time_us)

    def __iter__(self) -> Iterator[RecordedReading]:
        # A part at a time: as lists of Python's numbers all of them would take ten times the room.
        for first in range(0, len(self), 65_536):
            part = slice(first, first + 65_536)
            columns = (self.time_us[part], self.source[part], self.value[part])
            for time_us, source, value in zip(*(one.tolist() for one in columns), strict=True):
                yield self._reading(time_us, source, value)

    @overload
    def __getitem__(self, index: int) -> RecordedReading: ...
    @overload
    def __getitem__(self, index: slice) -> "RecordedReadings": ...
    def __getitem__(self, index: int | slice) -> "RecordedReading | RecordedReadings":
        if isinstance(index, slice):
            return self.where(index)
        return self._reading(int(self.time_us[index]), int(self.source[index]), float(self.value[index]))

    def _reading(self, time_us: int, source: int, value: float) -> RecordedReading:
        return RecordedReading(_EPOCH + timedelta(microseconds=time_us), *self.sources[source], value)

    def where(self, chosen: "slice | NDArray[np.bool_]") -> "RecordedReadings":
        """Return some of them, chosen by a slice or by a truth value for each."""
        columns = (self.time_us[chosen], self.quarters[chosen], self.source[chosen], self.value[chosen])
        return RecordedReadings(self.sources, *columns)

    def within(self, begin: datetime | None, end: datetime | None) -> "RecordedReadings":
        """Return those in `[begin, end)`; None for no limit."""
        first, last = (
            side if moment is None else int(np.searchsorted(self.time_us, microseconds(moment)))
            for side, moment in ((0, begin), (len(self), end))
        )
        return self.where(slice(first, last))

    def of(self, numbers: Sequence[int]) -> "RecordedReadings":
        """Return those of some sources, by their places in `sources`."""
        return self.where(np.isin(self.source, np.array(numbers, np.int32)))

    def reporting(self) -> list[tuple[int, ReadingSource]]:
        """Return the sources that report something, with their numbers."""
        counts = np.bincount(self.source, minlength=len(self.sources))
        return [(number, self.sources[number]) for number in np.flatnonzero(counts).tolist()]

    def firsts(self) -> dict[str, datetime]:
        """Return the first contact of each home."""
        numbers, first = np.unique(self.source, return_index=True)
        pairs: list[tuple[int, int]] = list(zip(numbers.tolist(), first.tolist(), strict=True))
        found: dict[str, int] = {}
        for number, index in pairs:
            home = self.sources[number].home
            found[home] = min(found.get(home, index), index)
        return {home: self[index].time for home, index in found.items()}


def microseconds(moment: datetime) -> int:
    """Return microseconds since 1970 in UTC."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


class ReadingsBuilder:
    """Takes readings in any order."""

    def __init__(self) -> None:
        self._numbers: dict[ReadingSource, int] = {}
        self._time_us, self._quarters = array("q"), array("b")
        self._source, self._value = array("i"), array("d")

    def number_of(self, source: ReadingSource) -> int:
        """Return the number of a source, which is new if it was never asked for."""
        return self._numbers.setdefault(source, len(self._numbers))

    def add(self, time_us: int, quarters: int, number: int, value: float) -> None:
        """Take a reading; see `RecordedReadings` for the units."""
        self._time_us.append(time_us)
        self._quarters.append(quarters)
        self._source.append(number)
        self._value.append(value)

    def __len__(self) -> int:
        return len(self._time_us)

    def build(self) -> RecordedReadings:
        """Return the readings in the order of time."""
        time_us = np.frombuffer(self._time_us, np.int64)
        columns = (
            time_us,
            np.frombuffer(self._quarters, np.int8),
            np.frombuffer(self._source, np.int32),
            np.frombuffer(self._value),
        )
        if np.any(np.diff(time_us) < 0):
            order = np.argsort(time_us, kind="stable")
            columns = (columns[0][order], columns[1][order], columns[2][order], columns[3][order])
        return RecordedReadings(tuple(self._numbers), *columns)


NO_READINGS = ReadingsBuilder().build()
