"""What a measurement gives, and how it is written down."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """One measured number: the median of some runs; None with the reason in `against` where it could not be measured."""

    value: float | None
    unit: str
    runs: list[float]
    against: str


Results = dict[str, Result]


def median(runs: Sequence[float], unit: str, against: str) -> Result:
    """Return the median of some runs, with as many digits as make sense for the unit."""
    digits = {"ratio": 3, "us": 2, "messages/s": 0, "%": 2, "s": 3}.get(unit, 1)
    return Result(round(statistics.median(runs), digits), unit, [round(run, digits) for run in runs], against)


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Return the ratio of each run: what disturbs a run disturbs both of its halves."""
    return [mine / other for mine, other in zip(ours, theirs, strict=True)]
