"""What is looked at at fixed hours of the day only: batteries, sensors that got stuck, and slow change."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from core.domain.alert import AlertKey, Subject
from core.logs import get_logger
from core.store.detection.evaluation_queue import WatchedResident
from detectors.engine.home_context import HomeContext
from detectors.rules.base import Evaluation

_log = get_logger(__name__)


@dataclass(frozen=True)
class DailySpan:
    """What is to be evaluated.

    Attributes
    ----------
    since, until : datetime
        The checks in (since, until].
    watched_from : datetime
        Nothing is raised before.
    began_at : datetime or None
        When the oldest alert of the rule that is active began.
    """

    since: datetime
    until: datetime
    watched_from: datetime
    began_at: datetime | None = None

    @property
    def earliest(self) -> datetime:
        """The beginning of the span, or of what is active since longer."""
        return min(self.since, self.began_at or self.since)


@dataclass(frozen=True)
class DailyCheck:
    """A rule that is asked at fixed hours.

    Attributes
    ----------
    rule : str
        Its name.
    resident : WatchedResident
        About whom its alerts are.
    subjects : collection of Subject
        What it evaluates.
    next_check : callable
        Returns the first of the hours after a moment.
    evaluate : callable
        Evaluates a span in which there is such an hour.
    """

    rule: str
    resident: WatchedResident
    subjects: Collection[Subject]
    next_check: Callable[[datetime], datetime]
    evaluate: Callable[[DailySpan], Evaluation]

    def ask(self, context: HomeContext, since: datetime) -> None:
        """Ask the rule, if it is time, and bring its alerts in line; what fails is tried again at the next hour."""
        if self.next_check(since) > context.span.until:
            return
        active = context.active(self.resident, self.rule)
        began_at = min((one.began_at for one in active), default=None)
        span = DailySpan(since, context.span.until, self.resident.watched_from, began_at)
        try:
            with context.connection.transaction():
                evaluated = self.evaluate(span)
        except Exception:  # noqa: BLE001 - the fence round one rule
            _log.exception("rule_failed", rule=self.rule, resident=self.resident.number)
            return
        keys = {AlertKey(self.rule, one) for one in (*self.subjects, *(one.subject for one in active))}
        context.reconcile(self.resident, evaluated.findings, keys)
