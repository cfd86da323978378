"""What a backtest says in figures: alerts per week and month, delay on known events, and the setting that keeps to a budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from core.domain.alert import Finding
from core.domain.backtest import Label
from core.domain.sensitivity import Sensitivity
from detectors.backtest.run import Backtest
from detectors.features.local_time import local_date

# An alert is about an event if it is raised from so long before it was noted to so long after, or to the known end of it.
BEFORE, AFTER = timedelta(minutes=15), timedelta(hours=6)
_MONTH_DAYS = 30.0


@dataclass(frozen=True)
class Figures:
    """What one setting would have meant.

    Attributes
    ----------
    alerts : int
        How many episodes would have been raised.
    per_30_days : float
        The same for 30 days.
    weeks : tuple of int
        The same for each week from the beginning of the span; the last may be short.
    delays_h : tuple of (float or None)
        For each label the hours from its beginning to the first alert about it; None if there was none.
    """

    alerts: int
    per_30_days: float
    weeks: tuple[int, ...]
    delays_h: tuple[float | None, ...]

    @property
    def found(self) -> int:
        """How many labels an alert was about."""
        return sum(one is not None for one in self.delays_h)

    @property
    def median_delay_h(self) -> float | None:
        """The median delay of those that were found."""
        known = [one for one in self.delays_h if one is not None]
        return median(known) if known else None


def figures(tested: Backtest, labels: Sequence[Label]) -> dict[Sensitivity, Figures]:
    """Return the figures of each setting."""
    return {name: _figures(tested, found, labels) for name, found in tested.trials.items()}


def labels_of(tested: Backtest, labels: Sequence[Label]) -> list[Label]:
    """Return the labels that can be found in the span, in order of time."""
    inside = [one for one in labels if tested.since < one.began_at <= tested.until]
    return sorted(inside, key=lambda one: one.began_at)


def proposed(by_setting: Mapping[Sensitivity, Figures], budget: float) -> Sensitivity | None:
    """Return the most watchful setting with at most `budget` alerts in 30 days; None if none keeps to it.

    Examples
    --------
    >>> curve = {Sensitivity.QUIET: Figures(1, 1.0, (), ()), Sensitivity.FAMILY: Figures(5, 5.0, (), ()),
    ...          Sensitivity.STANDARD: Figures(2, 2.0, (), ())}
    >>> str(proposed(curve, 2)), proposed(curve, 0.5)
    ('standard', None)
    """
    return next(
        (name for name in Sensitivity if name in by_setting and by_setting[name].per_30_days <= budget), None
    )


def lost(by_setting: Mapping[Sensitivity, Figures], proposal: Sensitivity) -> int:
    """Return of how many real events a proposal would raise nothing although another setting does.

    Examples
    --------
    >>> early, late = Figures(2, 2.0, (), (0.5, 9.0)), Figures(1, 1.0, (), (0.5, None))
    >>> [lost({Sensitivity.STANDARD: early, Sensitivity.QUIET: late}, one) for one in (Sensitivity.STANDARD, Sensitivity.QUIET)]
    [0, 1]
    """
    events = zip(*(one.delays_h for one in by_setting.values()), strict=True)
    place = list(by_setting).index(proposal)
    return sum(delays[place] is None and any(one is not None for one in delays) for delays in events)


def _figures(tested: Backtest, found: Sequence[Finding], labels: Sequence[Label]) -> Figures:
    first = local_date(tested.zone, tested.since)
    last = local_date(tested.zone, tested.until - timedelta(microseconds=1))
    weeks = [0] * ((last - first).days // 7 + 1)
    for one in found:
        # What is raised at the last moment of the span may be dated to the day that begins.
        weeks[min((local_date(tested.zone, one.raised_at) - first).days // 7, len(weeks) - 1)] += 1
    return Figures(
        alerts=len(found),
        per_30_days=len(found) / tested.days * _MONTH_DAYS,
        weeks=tuple(weeks),
        delays_h=tuple(_delay_h(one, found) for one in labels),
    )


def _delay_h(label: Label, found: Sequence[Finding]) -> float | None:
    until = max(label.began_at + AFTER, label.until or label.began_at)
    about = [one.raised_at for one in found if label.began_at - BEFORE <= one.raised_at <= until]
    return max(0.0, (min(about) - label.began_at) / timedelta(hours=1)) if about else None
