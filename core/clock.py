"""The one source of time: the system's clock, an accelerated one, or one that a test or a replay moves by hand."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from core.errors import SettingsError

_ACCELERATED = re.compile(r"(?P<start>.+)@(?P<factor>\d+(?:\.\d+)?)x")


class Clock(Protocol):
    """What the processes ask for the time."""

    @property
    def factor(self) -> float:
        """Seconds of this clock in one second of the machine; 0 for a clock moved by hand."""
        ...

    def now(self) -> datetime:
        """Return the present time, in UTC."""
        ...

    def real_seconds(self, span: timedelta) -> float:
        """Return how many seconds of the machine to wait for `span` of this clock to pass."""
        ...


@dataclass(frozen=True)
class SystemClock:
    """The machine's clock."""

    factor: float = 1.0

    def now(self) -> datetime:
        """Return the machine's time, in UTC."""
        return datetime.now(UTC)

    def real_seconds(self, span: timedelta) -> float:
        """Return `span` in seconds, not below 0."""
        return max(0.0, span.total_seconds())


@dataclass(frozen=True)
class AcceleratedClock:
    """A clock that starts at `start` when the machine's clock shows `anchor` and runs `factor` times as fast.

    Every process that gets the same three values sees the same time.
    """

    start: datetime
    factor: float
    anchor: float
    machine_time: Callable[[], float] = time.time

    def now(self) -> datetime:
        """Return the accelerated time, in UTC."""
        return self.start + timedelta(seconds=(self.machine_time() - self.anchor) * self.factor)

    def real_seconds(self, span: timedelta) -> float:
        """Return the seconds of the machine in which `span` passes here, not below 0."""
        return max(0.0, span.total_seconds() / self.factor)


class FileClock:
    """A clock that stands at the time written in a file until somebody writes a later one.

    A replay moves it forward when the data up to that time are stored, so a fast replay never looks like silence.
    """

    factor = 0.0
    _POLL_S = 0.05

    def __init__(self, path: Path) -> None:
        self._path = path
        self._shown: datetime | None = None

    def now(self) -> datetime:
        """Return the time in the file, in UTC.

        Raises
        ------
        SettingsError
            The file was never readable, or holds no time with an offset.
        """
        try:
            text = self._path.read_text(encoding="ascii").strip()
        except OSError as error:
            if self._shown is not None:
                return self._shown
            raise SettingsError(
                f"MIMAMORI_CLOCK: cannot read the clock file {self._path}: {error.strerror}"
            ) from error
        if text:
            self._shown = _aware(text)
        if self._shown is None:
            raise SettingsError(
                f"MIMAMORI_CLOCK: the clock file {self._path} is empty; write a time such as 2026-08-01T06:00:00Z"
            )
        return self._shown

    def real_seconds(self, span: timedelta) -> float:
        """Return a short poll time: only the file's writer knows when `span` will have passed."""
        return 0.0 if span <= timedelta(0) else self._POLL_S

    @staticmethod
    def write(path: Path, now: datetime) -> None:
        """Set the clock file at `path` to `now`, so that a reader sees either the old or the new time."""
        fresh = path.with_name(path.name + ".new")
        fresh.write_text(now.astimezone(UTC).isoformat(), encoding="ascii")
        fresh.replace(path)


class HandClock:
    """A clock that stands until its owner moves it, for work inside one process."""

    factor = 0.0
    _POLL_S = 0.05

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        """Return the time it shows, in UTC."""
        return self._now

    def set(self, now: datetime) -> None:
        """Show another time."""
        self._now = now.astimezone(UTC)

    def real_seconds(self, span: timedelta) -> float:
        """Return a short poll time: only the owner knows when `span` will have passed."""
        return 0.0 if span <= timedelta(0) else self._POLL_S


def clock_from_setting(text: str, anchor: float | None) -> Clock:
    """Return the clock that `MIMAMORI_CLOCK` describes.

    Parameters
    ----------
    text : str
        Empty for the system's clock, `START@FACTORx` (for example `2026-08-01T06:00:00+09:00@120x`), or `file:PATH`.
    anchor : float or None
        `MIMAMORI_CLOCK_ANCHOR`: the machine's time, in Unix seconds, at which an accelerated clock shows START.

    Raises
    ------
    SettingsError
        The text has another form, START has no offset, FACTOR is not above 0, or the anchor is missing.
    """
    if not text:
        return SystemClock()
    if text.startswith("file:"):
        return FileClock(Path(text.removeprefix("file:")))
    match = _ACCELERATED.fullmatch(text)
    if match is None or float(match["factor"]) <= 0:
        raise SettingsError(
            f"MIMAMORI_CLOCK: {text!r} is neither START@FACTORx (such as 2026-08-01T06:00:00+09:00@120x) nor file:PATH"
        )
    if anchor is None:
        raise SettingsError(
            "MIMAMORI_CLOCK_ANCHOR is missing: an accelerated clock needs the Unix time at which it shows START, the same for all processes"
        )
    return AcceleratedClock(_aware(match["start"]), float(match["factor"]), anchor)


def _aware(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(
            f"MIMAMORI_CLOCK: {text!r} is not a time such as 2026-08-01T06:00:00+09:00"
        ) from error
    if moment.tzinfo is None:
        raise SettingsError(f"MIMAMORI_CLOCK: {text!r} has no offset; add one, such as +09:00")
    return moment.astimezone(UTC)
