"""Tries rules and settings on a resident's stored past: what would have been told, had they been in force.

The rules, the window and what is learned are those of live judging, day by day and each day from the days before it. It reads in a
transaction that refuses every change, so it leaves no trace and nobody waits for it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NoReturn
from zoneinfo import ZoneInfo

from core.domain.alert import Finding
from core.domain.device import DeviceKind
from core.domain.sensitivity import Sensitivity
from core.errors import InputError
from core.store import backtests, measurements
from core.store.backtests import Tried
from core.store.database import Connection
from core.store.judging import WatchedResident
from core.store.measurements import Situation
from detectors import places, ward
from detectors.book import Book, Who
from detectors.masked import REAL
from detectors.rulebook import rules_of
from detectors.rules import night_exit
from detectors.rules.inactivity import NAME as INACTIVITY
from detectors.rules.judgement import Blind
from detectors.rules.wall_clock import local_date, midnight
from detectors.usual import RHYTHM, SILENCES
from detectors.window import BLIND_BACK, HomeView, load_blind, load_window

# The rules that the setting changes; the others find the same with each.
SET_BY_SENSITIVITY = frozenset({INACTIVITY})
_TRACKERS = frozenset({DeviceKind.TRACKER, DeviceKind.OTHER})

Episode = tuple[str, str, datetime]


class NoPastError(InputError):
    """There is no whole day to try rules on."""


@dataclass(frozen=True)
class Question:
    """What is to be tried.

    Attributes
    ----------
    resident : int
        On whose past.
    now : datetime
        The service's time; nothing later is looked at, nor what was not judged yet.
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
    """What would have been told, by setting; the first is the one in force.

    Attributes
    ----------
    resident, zone, since, until
        Of whom, on which clock, and the span that was judged.
    rules : tuple of str
        The rules that were asked.
    trials : mapping
        Of each setting, every episode that was raised in the span, in order of time.
    real_matters : tuple of (datetime, str)
        When something began that people closed as real, and which rule told it.
    """

    resident: int
    zone: ZoneInfo
    since: datetime
    until: datetime
    rules: tuple[str, ...]
    trials: Mapping[Sensitivity, tuple[Finding, ...]]
    real_matters: tuple[tuple[datetime, str], ...]

    @property
    def in_force(self) -> Sensitivity:
        """The setting that is in force."""
        return next(iter(self.trials))

    @property
    def days(self) -> float:
        """How many days were judged."""
        return (self.until - self.since) / timedelta(days=1)


def rule_names() -> tuple[str, ...]:
    """Return the names of all rules that can be tried.

    Calls for help, equipment and slow change are not among them: the first are told whatever is set, the others only to the staff.
    """

    def nothing(_day: date) -> NoReturn:
        raise AssertionError("only names are asked for")

    everywhere = HomeView(0, (), None, has_door=True, has_tracker=True)
    rules = rules_of(
        Sensitivity.STANDARD,
        Situation(None, tells_night_exit=True),
        everywhere,
        usual_on=nothing,
        rhythm_on=nothing,
        places_on=nothing,
    )
    return tuple(rule.name for rule in rules)


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
        Told after each day which share is done.

    Raises
    ------
    NotFoundError
        There is no such resident.
    InputError
        A rule is unknown, or there is no past yet (`NoPastError`).
    """
    unknown = asked.rules - set(rule_names())
    if unknown:
        raise InputError(f"no rule is called {min(unknown)}; there are {', '.join(rule_names())}")
    backtests.look_only(connection)
    tried = backtests.whose(connection, asked.resident)
    since, until = _span(tried, asked)
    past = _Past(connection, tried, asked, (since, until))
    for began, ended in _days(tried.zone, since, until):
        past.judge(began, ended)
        progress((ended - since) / (until - since))
    return Backtest(
        resident=tried.number,
        zone=tried.zone,
        since=since,
        until=until,
        rules=tuple(past.asked),
        trials={name: one.raised_after(since) for name, one in past.trials.items()},
        real_matters=tuple(backtests.real_matters(connection, tried.number, REAL, since, until)),
    )


class Trial:
    """What one setting has found so far; an episode that is found again is the same one."""

    def __init__(self) -> None:
        self._found: dict[Episode, Finding] = {}

    def open_since(self) -> dict[str, datetime]:
        """Return by rule when the first of what is still open began."""
        began: dict[str, datetime] = {}
        for one in self._found.values():
            if one.cleared_at is None:
                began[one.rule] = min(one.began_at, began.get(one.rule, one.began_at))
        return began

    def take(self, findings: Sequence[Finding], until: datetime) -> None:
        """Bring it in line with what all rules found in a span, as alerts are: what is open and not found again has ended."""
        fresh = {_episode(one): one for one in sorted(findings, key=lambda one: one.raised_at)}
        for episode, one in list(self._found.items()):
            if one.cleared_at is not None or episode in fresh:
                continue
            if any(new[:2] == episode[:2] and new not in self._found for new in fresh):
                # The same matter, which is now known to have begun at another time.
                del self._found[episode]
            else:
                self._found[episode] = replace(one, cleared_at=until)
        self._found.update(fresh)

    def raised_after(self, since: datetime) -> tuple[Finding, ...]:
        """Return what was raised after a moment, in order of time."""
        raised = [one for one in self._found.values() if one.raised_at > since]
        return tuple(sorted(raised, key=lambda one: (one.raised_at, one.rule, one.subject)))


class _Past:
    """The past of one resident, judged day by day with every setting at once."""

    def __init__(
        self, connection: Connection, tried: Tried, asked: Question, span: tuple[datetime, datetime]
    ) -> None:
        self._connection = connection
        self._tried = tried
        self._rules = asked.rules
        settings = (Sensitivity(tried.sensitivity), *asked.sensitivities)
        self.trials = {name: Trial() for name in dict.fromkeys(settings)}
        # In order of first use; a dict because a set has none.
        self.asked: dict[str, None] = {}
        who = Who(tried.number, tried.home, tried.zone)
        self._silences = Book(connection, who, SILENCES, keeps=False)
        self._rhythm = Book(connection, who, RHYTHM, keeps=False)
        self._places = Book(connection, who, places.lesson(is_lead=tried.is_lead), keeps=False)
        since, until = span
        ward_view = ward.view(connection, since - BLIND_BACK, until)
        self._undecided_from = ward_view.undecided_from
        self._blind = (*ward_view.blind, *load_blind(connection, tried.home, since - BLIND_BACK, until))
        situation = measurements.situation(connection, tried.number)
        tells_night_exit = situation.tells_night_exit or night_exit.NAME in asked.rules
        self._situation = Situation(situation.home, tells_night_exit=tells_night_exit)

    def judge(self, since: datetime, until: datetime) -> None:
        """Judge the span (since, until] with every setting."""
        tried = self._tried
        view = self._view(until)
        open_since: dict[str, datetime] = {}
        for trial in self.trials.values():
            for rule, began in trial.open_since().items():
                open_since[rule] = min(began, open_since.get(rule, began))
        resident = WatchedResident(
            tried.number, tried.watched_from, None, tried.sensitivity, since, "cannot_tell", tried.zone
        )
        window = load_window(
            self._connection,
            resident,
            (since, until),
            view,
            self._situation,
            is_lead=tried.is_lead,
            open_since=open_since,
        )
        same: list[Finding] = []
        for number, (sensitivity, trial) in enumerate(self.trials.items()):
            found: list[Finding] = []
            rules = rules_of(
                sensitivity,
                self._situation,
                view,
                usual_on=self._silences.on,
                rhythm_on=self._rhythm.on,
                places_on=self._places.on,
            )
            for rule in rules:
                if self._rules and rule.name not in self._rules:
                    continue
                self.asked[rule.name] = None
                if rule.name in SET_BY_SENSITIVITY:
                    found += rule.judge(window, since, until).findings
                elif number == 0:
                    same += rule.judge(window, since, until).findings
            trial.take([*found, *same], until)

    def _view(self, until: datetime) -> HomeView:
        """Return what was known about the home at the end of a day."""
        kinds = backtests.equipment(self._connection, self._tried.home, until)
        blind: list[Blind] = [one for one in self._blind if one.began_at < until]
        return HomeView(
            self._tried.home,
            blind,
            self._undecided_from,
            has_door=(DeviceKind.DOOR, False) in kinds,
            has_tracker=any(kind in _TRACKERS for kind, _ in kinds),
        )


def _episode(finding: Finding) -> Episode:
    return finding.rule, finding.subject, finding.began_at


def _span(tried: Tried, asked: Question) -> tuple[datetime, datetime]:
    until = asked.now if tried.judged_through is None else min(asked.now, tried.judged_through)
    first = midnight(tried.zone, local_date(tried.zone, until) - timedelta(weeks=asked.weeks))
    since = max(first, tried.watched_from)
    if until - since < timedelta(days=1):
        raise NoPastError(
            f"resident {tried.number} is watched since {tried.watched_from.isoformat(timespec='minutes')} only;"
            " there must be a whole day to try rules on"
        )
    return since, until


def _days(zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Cut a span at the local midnights."""
    began = since
    while began < until:
        ended = min(until, midnight(zone, local_date(zone, began) + timedelta(days=1)))
        yield began, ended
        began = ended
