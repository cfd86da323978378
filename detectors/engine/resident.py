"""Evaluates one resident of a home by all rules, and settles when to look again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.domain.alert import AlertKey, Subject
from core.domain.rule_spec import Ends
from core.domain.rules import names_ending
from core.logs import get_logger
from core.store.detection.evaluation_queue import WatchedResident
from core.store.people import planned_absences
from detectors.baselines import significant_places
from detectors.baselines.silence_and_rhythm import RHYTHM, SILENCES
from detectors.baselines.store import BaselineStore, BaselineSubject, LruCache
from detectors.engine import equipment
from detectors.engine.daily import decline
from detectors.engine.due_times import NextEvaluation, ahead
from detectors.engine.equipment import Equipment
from detectors.engine.home_context import HomeContext
from detectors.engine.rule_set import rules_of
from detectors.features.silence_threshold import Sensitivity
from detectors.features.stuck_patterns import CHATTER_BREAK_S
from detectors.features.window import Window, earliest
from detectors.rules import geofence_exit, inactivity, quiet_too_long
from detectors.rules.base import Evaluation, Rule
from detectors.rules.equipment_silent import DEVICE_SILENT
from detectors.windows.loader import Planned, load_window

# A device that chatters no more is believed again so soon.
_CALM_WITHIN = timedelta(seconds=CHATTER_BREAK_S)
# A home is not evaluated with each message because of these. Heat and cold have deadlines of minutes of their own; that a silent device is
# in contact again is noticed so soon.
_ENDS_BY_THE_CLOCK = names_ending(Ends.CLOCK)
_BACK_WITHIN = timedelta(minutes=5)

_log = get_logger(__name__)


@dataclass(frozen=True)
class _Verdicts:
    """What the rules say, by name, and the last one that failed."""

    by_rule: Mapping[str, Evaluation]
    failed: str | None

    @property
    def state(self) -> str:
        """What the board says: the life signs decide, and a position that may mean that somebody has left makes it different."""
        silence, fences = self.by_rule.get(inactivity.NAME), self.by_rule.get(geofence_exit.NAME)
        if silence is None or not silence.can_tell:
            return "cannot_tell"
        is_different = silence.is_different or (fences is not None and fences.is_different)
        return "different" if is_different else "as_usual"


def evaluate_resident(
    context: HomeContext, resident: WatchedResident, found: Equipment, cache: LruCache
) -> frozenset[int]:
    """Evaluate a resident up to the end of the span, bring their alerts in line, and settle when to look again.

    Return which devices chatter at the end of the span.

    Parameters
    ----------
    context : HomeContext
        The home.
    resident : WatchedResident
        Somebody who lives there and is watched.
    found : Equipment
        What was found about the equipment before.
    cache : LruCache
        What was learned, as read for earlier evaluations.
    """
    since = context.since(resident)
    window = _window(context, resident, found)
    compared = decline.check(context, resident)
    compared.ask(context, since)
    verdicts = _evaluate(
        _rules(context, resident, found, cache), window, resident, (since, context.span.until)
    )
    findings = [finding for one in verdicts.by_rule.values() for finding in one.findings]
    # All of the span is new, unless somebody is evaluated again from before how far they were evaluated.
    anew_since = since if since < resident.evaluated_through else None
    context.reconcile(resident, findings, _keys(context, resident, window, verdicts.by_rule), anew_since)
    if window.absences or resident.pause is not None:
        planned_absences.show_pause(context.connection, resident.number, context.span.until)
    checks = [compared, *(equipment.checks(context) if context.is_lead(resident) else ())]
    upcoming = (one.next_check(context.span.until) for one in checks)
    waiting = _next_evaluation(verdicts, found, window, context.span.until)
    due_at = earliest(waiting.due_at, *upcoming, ahead(window, context.span.until, waiting))
    replace(waiting, due_at=due_at).settle(context, resident)
    return window.chattering


def _next_evaluation(
    verdicts: _Verdicts, found: Equipment, window: Window, until: datetime
) -> NextEvaluation:
    """Return when what the rules say can change, and by which data."""
    silent = found.links.silent
    evaluations = (*verdicts.by_rule.values(), silent)
    lasting = {each.rule for one in evaluations for each in one.findings if each.cleared_at is None}
    return NextEvaluation(
        earliest(
            *(one.due_at for one in evaluations),
            until + _CALM_WITHIN if window.chattering else None,
            until + _BACK_WITHIN if DEVICE_SILENT in lasting else None,
        ),
        on_any_reading=bool(lasting - _ENDS_BY_THE_CLOCK)
        or verdicts.failed is not None
        or verdicts.state != "as_usual"
        or found.links.is_awaited,
        on_any_fix=bool(window.geofences) or len(window.track.time) > 0,
        state=verdicts.state,
        failed_rule=verdicts.failed,
    )


def _window(context: HomeContext, resident: WatchedResident, found: Equipment) -> Window:
    number, record = resident.number, context.record
    return load_window(
        context.connection,
        resident,
        (context.since(resident), context.span.until),
        found.view,
        record.situations[number],
        is_lead=context.is_lead(resident),
        open_since={one.rule: one.began_at for one in context.active(resident)},
        laid_down=Planned(
            record.fences[number],
            record.absences[number],
            record.has_series,
            record.has_occupancies,
            record.said_safe[number],
        ),
        lately=record.lately()[number],
    )


def _rules(
    context: HomeContext, resident: WatchedResident, found: Equipment, cache: LruCache
) -> Sequence[Rule]:
    subject = BaselineSubject(resident.number, context.span.home, resident.zone)
    model = significant_places.model(is_lead=context.is_lead(resident))
    return rules_of(
        Sensitivity(resident.sensitivity),
        context.record.situations[resident.number],
        found.view,
        baseline_on=BaselineStore(context.connection, subject, SILENCES, cache=cache).on,
        rhythm_on=BaselineStore(context.connection, subject, RHYTHM, cache=cache).on,
        places_on=BaselineStore(context.connection, subject, model, cache=cache).on,
    )


def _evaluate(
    rules: Sequence[Rule], window: Window, resident: WatchedResident, span: tuple[datetime, datetime]
) -> _Verdicts:
    evaluations: dict[str, Evaluation] = {}
    failed: str | None = None
    for rule in rules:
        try:
            evaluations[rule.name] = rule.evaluate(window, *span)
        except Exception:  # noqa: BLE001 - the fence round one rule
            # One failing rule never stops the others: it is noted, and tried again later.
            failed = rule.name
            _log.exception("rule_failed", rule=rule.name, resident=resident.number)
    return _Verdicts(evaluations, failed)


def _keys(
    context: HomeContext, resident: WatchedResident, window: Window, evaluations: Mapping[str, Evaluation]
) -> set[AlertKey]:
    """Return what was evaluated: also geofences and quiet limits that were removed, whose alerts end."""
    subject = Subject.of_resident(resident.number)
    keys = {AlertKey(rule, subject) for rule in evaluations if rule != geofence_exit.NAME}
    if geofence_exit.NAME in evaluations:
        keys |= {AlertKey(geofence_exit.NAME, Subject.of_geofence(one.number)) for one in window.geofences}
        keys |= context.active_keys(resident, geofence_exit.NAME)
    if not context.record.situations[resident.number].quiet_limits:
        keys |= context.active_keys(resident, quiet_too_long.NAME)
    return keys
