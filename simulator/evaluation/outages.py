"""Times in which no home was in contact because the platform stopped, not the people: known ones, and those that a file of events shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil, floor

import numpy as np

from simulator.evaluation.homes import EvaluatedRecording
from simulator.evaluation.protocol import DAY_S, Flags, Floats, Spans

# Whole-fleet silences of the TIHM recording: its platform stopped, not the people.
TIHM_OUTAGES: Spans = tuple(
    (float(np.datetime64(began, "s").astype(np.int64)), float(np.datetime64(ended, "s").astype(np.int64)))
    for began, ended in (
        ("2019-04-01T13:30", "2019-04-03T15:45"),
        ("2019-05-27T02:25", "2019-05-27T04:31"),
        ("2019-06-15T04:04", "2019-06-17T14:16"),
    )
)
# That recording ends on 2019-06-30.
_TIHM_ENDS = TIHM_OUTAGES[-1][1] + 14 * DAY_S
_TIHM_EDGE_S = 2700.0
# Silences of all homes at once that chance explains so rarely are the platform's (our choice).
_LEAST_CHANCE = 1e-6
# Shorter ones are left out: no alarm comes so soon.
_LEAST_S = 900.0
# With fewer days at the same hour nobody knows how often a home is silent then.
_LEAST_DAYS = 7


@dataclass(frozen=True)
class Outages:
    """When no home was in contact, and how that is known: `given`, `known` (TIHM) or `found` in the file."""

    spans: Spans
    origin: str

    def in_words(self) -> list[str]:
        """Return each as text, as the wall clock showed it."""
        return [" to ".join(_shown(one) for one in span) for span in self.spans]


def outages_of(recordings: Sequence[EvaluatedRecording], given: Spans = ()) -> Outages:
    """Return the outages of a set of homes: those that somebody gave, else those of TIHM if it is that recording, else those found."""
    if given:
        return Outages(tuple(given), "given")
    if _is_tihm(recordings):
        return Outages(TIHM_OUTAGES, "known")
    return Outages(find_outages(recordings), "found")


def find_outages(recordings: Sequence[EvaluatedRecording]) -> Spans:
    """Return the silences of all homes at once that are too unlikely to be the people's.

    For each home that was recorded before and after such a silence it is counted on how many other days it was silent throughout the
    same hours. If people live apart from each other, the product is how likely the silence is; below one in a million it is an
    outage. One home shows none, and two hardly ever; with twenty an hour at night is enough.
    """
    times = [one.signs.time for one in recordings if len(one.signs.time)]
    if len(times) < 2:
        return ()
    moments = np.unique(np.concatenate(times))
    found: list[tuple[float, float]] = []
    for number in np.flatnonzero(np.diff(moments) >= _LEAST_S).tolist():
        began, ended = float(moments[number]), float(moments[number + 1])
        if _chance(times, began, ended) < _LEAST_CHANCE:
            found.append((began, ended))
    return tuple(found)


def _chance(times: Sequence[Floats], began: float, ended: float) -> float:
    """Return how likely it is that all homes that were recorded then are silent from one moment to another."""
    chance = 1.0
    for time in times:
        if time[0] > began or time[-1] < ended:
            continue
        first, last = ceil((time[0] - began) / DAY_S), floor((time[-1] - ended) / DAY_S)
        days = np.arange(first, last + 1, dtype=np.float64)
        days = days[np.abs(days) * DAY_S >= ended - began]
        if len(days) < _LEAST_DAYS:
            continue
        after, before = began + days * DAY_S, ended + days * DAY_S
        silent: Flags = np.searchsorted(time, after, side="right") >= np.searchsorted(time, before)
        chance *= (np.count_nonzero(silent) + 0.5) / (len(days) + 1)
    return chance


def _is_tihm(recordings: Sequence[EvaluatedRecording]) -> bool:
    """Recognise the TIHM recording, or a part of it: it is of its months, and silent when its platform was."""
    times = [one.signs.time for one in recordings if len(one.signs.time)]
    first, last = min(float(one[0]) for one in times), max(float(one[-1]) for one in times)
    if not TIHM_OUTAGES[0][0] - DAY_S <= first <= last <= _TIHM_ENDS:
        return False
    seen = [(a, b) for a, b in TIHM_OUTAGES if first < a and b < last]
    return bool(seen) and not any(_is_observed(times, *span) for span in seen)


def _is_observed(times: Sequence[Floats], began: float, ended: float) -> bool:
    inside = (began + _TIHM_EDGE_S, ended - _TIHM_EDGE_S)
    return any(bool(np.diff(np.searchsorted(time, inside))[0]) for time in times)


def _shown(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M")
