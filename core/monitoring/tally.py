"""Counts what happens in a process, for `/metrics`; any thread may count."""

import threading
from collections.abc import Iterator
from typing import NamedTuple

from core.monitoring.figures import FIGURES, FigureKind


class FigureValue(NamedTuple):
    """One value of a figure of the registry, with the values of its labels."""

    name: str
    value: float
    labels: tuple[str, ...] = ()


class Tally:
    """Values by figure and labels.

    Parameters
    ----------
    process : str
        Whose counters without labels are 0 from the start: Prometheus sees no rise in one that is born at its first count.
    """

    def __init__(self, process: str = "") -> None:
        self._values: dict[tuple[str, tuple[str, ...]], float] = {
            (name, ()): 0.0
            for name, figure in FIGURES.items()
            if process
            and figure.kind is FigureKind.COUNTER
            and not figure.labels
            and name.startswith(f"{process}_")
        }
        self._lock = threading.Lock()

    def add(self, name: str, *labels: str, by: float = 1.0) -> None:
        """Count up."""
        key = (name, labels)
        with self._lock:
            self._values[key] = self._values.get(key, 0.0) + by

    def put(self, name: str, value: float, *labels: str) -> None:
        """Say how it is now."""
        with self._lock:
            self._values[name, labels] = value

    def value(self, name: str, *labels: str) -> float:
        """Return a value; 0 where nothing was counted."""
        return self._values.get((name, labels), 0.0)

    def samples(self) -> Iterator[FigureValue]:
        """Give all values as they are now."""
        with self._lock:
            values = dict(self._values)
        for (name, labels), value in values.items():
            yield FigureValue(name, value, labels)
