"""The past of one resident, evaluated with every setting at once: day by day by what was known then, and what is compared over weeks at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from core.domain.alert import Finding
from core.domain.device import DeviceKind
from core.domain.sensitivity import Sensitivity
from core.store.database import Connection
from core.store.detection import backtest_history
from core.store.detection.backtest_history import Tried
from core.store.detection.evaluation_queue import WatchedResident
from core.store.people import planned_absences
from core.store.telemetry import metric_series, rule_windows
from core.store.telemetry.metric_series import RuleInputs
from detectors.backtest.trial import TrialRun
from detectors.baselines import significant_places
from detectors.baselines.silence_and_rhythm import RHYTHM, SILENCES
from detectors.baselines.store import BaselineStore, BaselineSubject
from detectors.engine import ward
from detectors.engine.daily import batteries, stuck_devices
from detectors.engine.daily import decline as days
from detectors.engine.daily.schedule import DailySpan
from detectors.engine.rule_set import rules_of
from detectors.features.availability import Link
from detectors.features.window import Blind
from detectors.rules import battery, decline, device_stuck, night_exit
from detectors.rules.base import Evaluation
from detectors.rules.equipment_silent import evaluate_home
from detectors.rules.inactivity import NAME as INACTIVITY
from detectors.windows.loader import (
    ABSENCES_AHEAD,
    ABSENCES_BACK,
    BLIND_BACK,
    HomeView,
    Planned,
    load_blind,
    load_window,
)

# The rules that the setting changes; the others find the same with each.
SET_BY_SENSITIVITY = frozenset({INACTIVITY})
_TRACKERS = frozenset({DeviceKind.TRACKER, DeviceKind.OTHER})
# They leave the home with their wearer, or say of themselves when they go.
_NOT_MONITORED = frozenset({DeviceKind.TRACKER, DeviceKind.GATEWAY, DeviceKind.CANARY})


class BacktestHistory:
    """The past of one resident.

    Parameters
    ----------
    connection : Connection
        In a transaction that sees one moment of the database.
    tried : Tried
        On whose past.
    rules : frozenset of str
        Only these; all that are asked about the person if it is empty.
    sensitivities : sequence of Sensitivity
        What to try beside the setting in force.
    span : tuple of datetime
        What is evaluated: it may begin before the resident was watched.
    """

    def __init__(
        self,
        connection: Connection,
        tried: Tried,
        rules: frozenset[str],
        sensitivities: Sequence[Sensitivity],
        span: tuple[datetime, datetime],
    ) -> None:
        self._connection = connection
        self._tried = tried
        self._rules = rules
        self._span = span
        settings = (Sensitivity(tried.sensitivity), *sensitivities)
        self.trials = {name: TrialRun() for name in dict.fromkeys(settings)}
        # In order of first use; a dict because a set has none.
        self.asked: dict[str, None] = {}
        self._subject = BaselineSubject(tried.number, tried.home, tried.zone)
        self._silences = BaselineStore(connection, self._subject, SILENCES, keeps=False)
        self._rhythm = BaselineStore(connection, self._subject, RHYTHM, keeps=False)
        self._places = BaselineStore(
            connection, self._subject, significant_places.model(is_lead=tried.is_lead), keeps=False
        )
        since, until = span
        # As if the rules had been in force all the time: nobody was watched before, but it is stored how they were.
        self._watched_from = min(tried.watched_from, since)
        ward_view = ward.view(connection, since - BLIND_BACK, until)
        self._undecided_from = ward_view.undecided_from
        self._blind = (
            *ward_view.blind,
            *load_blind(connection, tried.home, since - BLIND_BACK, until),
            *self._silent_before_watching(),
        )
        situation = metric_series.rule_inputs(connection, tried.number)
        alert_on_night_exit = situation.alert_on_night_exit or night_exit.NAME in rules
        # A safe area and a quiet limit are tried on days before they were set, too.
        limits = tuple(replace(one, created_at=None, watched_since=None) for one in situation.quiet_limits)
        self._situation = RuleInputs(
            situation.home, alert_on_night_exit=alert_on_night_exit, quiet_limits=limits
        )
        fences = rule_windows.geofences(connection, [tried.number])
        self._fences = [replace(one, created_at=None) for one in fences]

    def evaluate_weeks(self) -> None:
        """Evaluate the span by the rules that compare weeks and look at each day only once."""
        span, connection, tried = self._span, self._connection, self._tried
        weeks = DailySpan(*span, watched_from=span[0], began_at=None)
        home = tried.home, [tried.number]
        evaluators: Mapping[str, Callable[[], Evaluation]] = {
            decline.NAME: lambda: days.evaluate_past(connection, self._subject, *span),
            device_stuck.NAME: lambda: stuck_devices.evaluate(
                connection, home, self._links(), tried.zone, weeks
            ),
            battery.NAME: lambda: batteries.evaluate(connection, tried.home, tried.zone, weeks),
        }
        for name, evaluate in evaluators.items():
            if name in self._rules or (not self._rules and name == decline.NAME):
                self.asked[name] = None
                found = evaluate().findings
                for trial in self.trials.values():
                    trial.add(found)

    def evaluate_day(self, since: datetime, until: datetime) -> None:
        """Evaluate the span (since, until] with every setting."""
        tried = self._tried
        view = self._view(until)
        open_since: dict[str, datetime] = {}
        for trial in self.trials.values():
            for rule, began in trial.open_since().items():
                open_since[rule] = min(began, open_since.get(rule, began))
        resident = WatchedResident(
            tried.number, self._watched_from, None, tried.sensitivity, since, "cannot_tell", tried.zone
        )
        planned = planned_absences.of_resident(
            self._connection, tried.number, since - ABSENCES_BACK, until + ABSENCES_AHEAD
        )
        window = load_window(
            self._connection,
            resident,
            (since, until),
            view,
            self._situation,
            is_lead=tried.is_lead,
            open_since=open_since,
            laid_down=Planned(self._fences, planned),
        )
        same: list[Finding] = []
        for number, (sensitivity, trial) in enumerate(self.trials.items()):
            found: list[Finding] = []
            rules = rules_of(
                sensitivity,
                self._situation,
                view,
                baseline_on=self._silences.on,
                rhythm_on=self._rhythm.on,
                places_on=self._places.on,
            )
            for rule in rules:
                if self._rules and rule.name not in self._rules:
                    continue
                self.asked[rule.name] = None
                if rule.name in SET_BY_SENSITIVITY:
                    found += rule.evaluate(window, since, until).findings
                elif number == 0:
                    same += rule.evaluate(window, since, until).findings
            trial.take([*found, *same], until)

    def _view(self, until: datetime) -> HomeView:
        """Return what was known about the home at the end of a day."""
        kinds = backtest_history.equipment(self._connection, self._tried.home, until)
        blind: list[Blind] = [one for one in self._blind if one.began_at < until]
        return HomeView(
            self._tried.home,
            blind,
            self._undecided_from,
            has_door=(DeviceKind.DOOR, False) in kinds,
            has_tracker=any(kind in _TRACKERS for kind, _ in kinds),
        )

    def _links(self) -> list[Link]:
        home, (since, until) = self._tried.home, self._span
        said = rule_windows.statuses(self._connection, {home: since}, until)
        return [
            Link(row.device, row.kind, row.place, row.heartbeat, (), tuple(said.get(row.device, ())))
            for row in rule_windows.links(self._connection, [home], until)[home]
        ]

    def _silent_before_watching(self) -> Sequence[Blind]:
        """Return when none of the home's devices reported anything for too long, before there was anybody to keep it on record."""
        since = self._span[0] - timedelta(days=1)
        until = min(self._span[1], self._tried.watched_from)
        if until <= since:
            return ()
        links = [
            Link(one.device, one.kind, one.place, one.heartbeat, tuple(one.times), ())
            for one in backtest_history.reported_at(self._connection, self._tried.home, since, until)
            if one.kind not in _NOT_MONITORED
        ]
        return evaluate_home(self._tried.home, links, (), until).blind
