"""Evaluates one resident of a home by all rules, and settles when to look again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from core.domain.alert import AlertKey, Subject
from core.domain.evidence.presence import UNKNOWN_PRESENCE, Presence, PresenceReason, PresenceState
from core.domain.rhythm import Rhythm
from core.domain.rule_spec import Ends
from core.domain.rules import names_ending
from core.logs import get_logger
from core.store.detection.evaluation_queue import WatchedResident
from core.store.people import planned_absences
from detectors.alerting.notices import resident_question
from detectors.baselines import significant_places
from detectors.baselines.silence_and_rhythm import RHYTHM, SILENCES
from detectors.baselines.store import BaselineStore, BaselineSubject, LruCache
from detectors.engine import equipment
from detectors.engine.daily import decline
from detectors.engine.due_times import NextEvaluation, ahead
from detectors.engine.equipment import Equipment
from detectors.engine.home_context import HomeContext
from detectors.engine.rule_set import rules_of
from detectors.features.door_presence import Sight, changes_at, door_presence
from detectors.features.local_time import local_date
from detectors.features.observability import until_now
from detectors.features.significant_places import Places
from detectors.features.silence_threshold import Sensitivity, SilenceBaseline
from detectors.features.stuck_patterns import CHATTER_BREAK_S
from detectors.features.window import Blind, Window, earliest, moment
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

# Nothing that a home reports changes these.
_FIXED = frozenset({PresenceReason.NO_DOOR_SENSOR, PresenceReason.SEVERAL_RESIDENTS})

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
    usual = _usual(context, resident, cache)
    verdicts = _evaluate(
        _rules(context, resident, found, usual), window, resident, (since, context.span.until)
    )
    findings = [finding for one in verdicts.by_rule.values() for finding in one.findings]
    # All of the span is new, unless somebody is evaluated again from before how far they were evaluated.
    anew_since = since if since < resident.evaluated_through else None
    context.reconcile(resident, findings, _keys(context, resident, window, verdicts.by_rule), anew_since)
    if window.absences or resident.pause is not None:
        planned_absences.show_pause(context.connection, resident.number, context.span.until)
    checks = [compared, *(equipment.checks(context) if context.is_lead(resident) else ())]
    upcoming = (one.next_check(context.span.until) for one in checks)
    asked_at = _ask_first(context, resident, verdicts)
    presence = _presence(window, resident, found, usual, context.span.until)
    waiting = _next_evaluation(verdicts, presence, found, window, context.span.until)
    due_at = earliest(waiting.due_at, *upcoming, asked_at, ahead(window, context.span.until, waiting))
    replace(waiting, due_at=due_at).settle(context, resident)
    return window.chattering


def _ask_first(context: HomeContext, resident: WatchedResident, verdicts: _Verdicts) -> datetime | None:
    """Ask a resident about a silence that comes near its line, if that was agreed, and return when it is time to."""
    asked, silence = (
        context.record.asked_first.get(resident.number),
        verdicts.by_rule.get(inactivity.NAME),
    )
    if (
        asked is None
        or silence is None
        or silence.coming is None
        or context.active(resident, inactivity.NAME)
    ):
        return None
    return resident_question.ask_where_due(
        context.connection,
        asked,
        inactivity.NAME,
        silence.coming,
        resident.zone,
        until=context.span.until,
        now=context.span.now,
    )


def _presence(
    window: Window, resident: WatchedResident, found: Equipment, usual: "_Usual", until: datetime
) -> Presence:
    """Return whether a resident is at home at the end of the span."""
    try:
        doors = found.view.doors
        if doors.devices & window.chattering:
            # What it says is not believed, so whether it was used is not known.
            doors = replace(doors, silent=(*doors.silent, Blind(until, None, until)))
        # As the rules do it: by what was known when it began, so that the answer does not change at midnight.
        last = until_now(window.life_signs, until.timestamp()).time[-1:]
        began = moment(float(last[0])) if len(last) else until
        learned = usual.silences(local_date(window.zone, began))
        sight = Sight(
            doors,
            window.blind,
            window.away,
            None if window.undecided_from is None else window.undecided_from.timestamp(),
            learned.returns,
            learned.distrusted,
        )
        return door_presence(window.life_signs, window.zone, until.timestamp(), sight)
    except Exception:  # noqa: BLE001 - the fence round what is shown: nobody is less watched because of it
        _log.exception("rule_failed", rule="at_home", resident=resident.number)
        return UNKNOWN_PRESENCE


def _next_evaluation(
    verdicts: _Verdicts, presence: Presence, found: Equipment, window: Window, until: datetime
) -> NextEvaluation:
    """Return when what the rules say can change, and by which data."""
    silent = found.links.silent
    evaluations = (*verdicts.by_rule.values(), silent)
    lasting = {each.rule for one in evaluations for each in one.findings if each.cleared_at is None}
    shown_until = changes_at(presence, window.life_signs, until.timestamp())
    can_change = presence.reason not in _FIXED
    # While a door's sensor is silent nothing else says more.
    is_door_silent = any(one.ended_at is None for one in found.view.doors.silent)
    return NextEvaluation(
        earliest(
            *(one.due_at for one in evaluations),
            until + _CALM_WITHIN if window.chattering else None,
            until + _BACK_WITHIN if DEVICE_SILENT in lasting else None,
            None if shown_until is None else moment(shown_until),
        ),
        on_any_reading=bool(lasting - _ENDS_BY_THE_CLOCK)
        or verdicts.failed is not None
        or verdicts.state != "as_usual"
        or found.links.is_awaited,
        on_any_fix=bool(window.geofences) or len(window.track.time) > 0,
        on_door=can_change,
        on_life_sign=can_change and not is_door_silent and presence.state is not PresenceState.IN,
        state=verdicts.state,
        presence=presence,
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


@dataclass(frozen=True)
class _Usual:
    """What was learned about a resident, by local day."""

    silences: Callable[[date], SilenceBaseline]
    rhythm: Callable[[date], Rhythm]
    places: Callable[[date], Places]


def _usual(context: HomeContext, resident: WatchedResident, cache: LruCache) -> _Usual:
    subject = BaselineSubject(resident.number, context.span.home, resident.zone)
    model = significant_places.model(is_lead=context.is_lead(resident))
    return _Usual(
        BaselineStore(context.connection, subject, SILENCES, cache=cache).on,
        BaselineStore(context.connection, subject, RHYTHM, cache=cache).on,
        BaselineStore(context.connection, subject, model, cache=cache).on,
    )


def _rules(
    context: HomeContext, resident: WatchedResident, found: Equipment, usual: _Usual
) -> Sequence[Rule]:
    return rules_of(
        Sensitivity(resident.sensitivity),
        context.record.situations[resident.number],
        found.view,
        baseline_on=usual.silences,
        rhythm_on=usual.rhythm,
        places_on=usual.places,
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
