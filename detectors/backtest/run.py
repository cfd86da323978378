"""Tries rules and settings on a resident's stored past: what would have been raised, had they been in force.

The rules, the window and what is learned are those of live evaluating, day by day and each day from the days before it. It reads in a
transaction that refuses every change, so it leaves no trace and nobody waits for it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core.domain.alert import Finding
from core.domain.backtest import NOT_TRIED, TRIED_RULES, Label
from core.domain.records.retention import FIXES, READINGS
from core.domain.rules import RULES
from core.domain.sensitivity import Sensitivity
from core.errors import InputError
from core.store.database import Connection
from core.store.detection import backtest_history
from core.store.detection.backtest_history import Tried
from core.store.operation import retention
from detectors.backtest.history import BacktestHistory
from detectors.baselines.exclusions import REAL
from detectors.engine.rule_set import BUILDERS
from detectors.features.local_time import local_date, midnight
from detectors.features.silence_threshold import LEARNED_DAYS
from detectors.rules import battery, decline, device_stuck


class NoHistoryError(InputError):
    """There is no whole day to try rules on."""


@dataclass(frozen=True)
class Question:
    """What is to be tried.

    Attributes
    ----------
    resident : int
        On whose past.
    now : datetime
        The service's time; nothing later is looked at, nor what was not evaluated yet.
    weeks : int
        How far back.
    rules : frozenset of str
        Only these rules; all that are asked about the resident if it is empty. A rule that is named is asked even where it was not
        agreed on.
    sensitivities : tuple of Sensitivity
        Settings to try beside the one that is in force.
    """

    resident: int
    now: datetime
    weeks: int = 8
    rules: frozenset[str] = frozenset()
    sensitivities: tuple[Sensitivity, ...] = ()


@dataclass(frozen=True)
class Backtest:
    """What would have been raised, by setting; the first is the one in force.

    Attributes
    ----------
    resident, zone, since, until
        Of whom, on which clock, and the span that was evaluated.
    rules : tuple of str
        The rules that were asked.
    trials : mapping
        Of each setting, every episode that was raised in the span, in order of time.
    real_alerts : tuple of Label
        When something began that people closed as real, and which rule raised it; before `watched_from` nobody was notified.
    watched_from : datetime or None
        Before this nothing was evaluated live: what is found there is only tried afterwards. None if all of it was evaluated.
    learning_until : datetime or None
        Before this fewer than four weeks were known to learn from, so that more time was given. None if there were more on every day.
    places_from : datetime or None
        Before this positions are kept no more, so that rules about places find nothing. None if they are kept for all of it, or none was asked.
    """

    resident: int
    zone: ZoneInfo
    since: datetime
    until: datetime
    rules: tuple[str, ...]
    trials: Mapping[Sensitivity, tuple[Finding, ...]]
    real_alerts: tuple[Label, ...]
    watched_from: datetime | None = None
    learning_until: datetime | None = None
    places_from: datetime | None = None

    @property
    def in_force(self) -> Sensitivity:
        """The setting that is in force."""
        return next(iter(self.trials))

    @property
    def days(self) -> float:
        """How many days were evaluated."""
        return (self.until - self.since) / timedelta(days=1)


def rule_names() -> tuple[str, ...]:
    """Return the names of all rules that can be tried: those about the person, then those about the equipment."""
    return (*BUILDERS, decline.NAME, device_stuck.NAME, battery.NAME)


def run(
    connection: Connection, asked: Question, progress: Callable[[float], None] = lambda _share: None
) -> Backtest:
    """Try rules on the past.

    Parameters
    ----------
    connection : Connection
        At the very beginning of a transaction, which cannot write any more afterwards.
    asked : Question
        What to try.
    progress : callable
        Called after each day with the share that is done.

    Raises
    ------
    NotFoundError
        There is no such resident.
    InputError
        A rule is unknown or cannot be tried, or there is no past yet (`NoHistoryError`).
    """
    _refuse_unknown(asked.rules)
    backtest_history.read_only(connection)
    tried = backtest_history.subject_of(connection, asked.resident)
    learned_from, since, until = _span(connection, tried, asked)
    learning_until = midnight(
        tried.zone, local_date(tried.zone, learned_from) + timedelta(days=1 + LEARNED_DAYS)
    )
    history = BacktestHistory(connection, tried, asked.rules, asked.sensitivities, (since, until))
    history.evaluate_weeks()
    for began, ended in _days(tried.zone, since, until):
        history.evaluate_day(began, ended)
        progress((ended - since) / (until - since))
    return Backtest(
        resident=tried.number,
        zone=tried.zone,
        since=since,
        until=until,
        rules=tuple(sorted(history.asked, key=TRIED_RULES.index)),
        trials={name: one.raised_after(since) for name, one in history.trials.items()},
        real_alerts=tuple(backtest_history.confirmed_alerts(connection, tried.number, REAL, since, until)),
        watched_from=tried.watched_from if tried.watched_from > since else None,
        learning_until=min(learning_until, until) if learning_until > since else None,
        places_from=_places_from(connection, history.asked, since, until),
    )


def _refuse_unknown(rules: frozenset[str]) -> None:
    for name in sorted(rules - set(rule_names())):
        if name in NOT_TRIED:
            raise InputError(f"{name} cannot be tried: {NOT_TRIED[name]}")
        raise InputError(f"no rule is called {name}; there are {', '.join(rule_names())}")


def _span(connection: Connection, tried: Tried, asked: Question) -> tuple[datetime, datetime, datetime]:
    """Return since when something is stored that teaches, be it about who lived there before, and the span to evaluate."""
    until = asked.now if tried.evaluated_through is None else min(asked.now, tried.evaluated_through)
    first = midnight(tried.zone, local_date(tried.zone, until) - timedelta(weeks=asked.weeks))
    stored = backtest_history.stored_from(connection, tried, first - timedelta(days=LEARNED_DAYS + 2))
    # What went because it was too old teaches nothing, and must not pass for silence.
    gone = retention.dropped_until(connection).get(READINGS, first - timedelta(days=LEARNED_DAYS + 2))
    learned_from = max(gone, min(stored or tried.watched_from, tried.watched_from))
    begins = learned_from if tried.was_first else tried.watched_from
    since = max(first, begins, gone)
    if until - since < timedelta(days=1):
        raise NoHistoryError(
            f"what is stored about resident {tried.number} begins at {begins.isoformat(timespec='minutes')};"
            " there must be a whole day to try rules on"
        )
    return learned_from, since, until


def _places_from(
    connection: Connection, rules: Iterable[str], since: datetime, until: datetime
) -> datetime | None:
    """Return from when on positions are kept, if that is within the span and a rule about places is asked."""
    gone = retention.dropped_until(connection).get(FIXES)
    is_asked = any(RULES[name].shows_location for name in rules)
    return min(gone, until) if gone is not None and gone > since and is_asked else None


def _days(zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Cut a span at the local midnights."""
    began = since
    while began < until:
        ended = min(until, midnight(zone, local_date(zone, began) + timedelta(days=1)))
        yield began, ended
        began = ended
