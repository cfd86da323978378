"""Judges one resident of a home by all rules, and settles when to look again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.logs import get_logger
from core.store.alerts.episodes import AlertKey
from core.store.detection.evaluation_queue import WatchedResident
from core.store.people import planned_absences
from detectors.baselines import significant_places
from detectors.baselines.silence_and_rhythm import RHYTHM, SILENCES
from detectors.baselines.store import BaselineStore, LruCache, Who
from detectors.engine import equipment
from detectors.engine.daily import decline
from detectors.engine.due_times import Waiting, ahead
from detectors.engine.equipment import Equipment
from detectors.engine.home_context import HomeContext
from detectors.engine.rule_set import rules_of
from detectors.features.silence_threshold import Sensitivity
from detectors.features.stuck_patterns import CHATTER_BREAK_S
from detectors.features.window import Judgement, Rule, Window, earliest
from detectors.rules import cold, geofence_exit, heat, inactivity
from detectors.rules.equipment_silent import DEVICE_SILENT
from detectors.windows.loader import Planned, load_window

# A device that chatters no more is believed again so soon.
_CALM_WITHIN = timedelta(seconds=CHATTER_BREAK_S)
# These last for days, and not for what somebody does: a home is not judged with each message because of them. Heat and cold have
# deadlines of minutes of their own; that a silent device is heard again is told so soon.
_ENDS_BY_THE_CLOCK = frozenset({heat.NAME, cold.NAME, DEVICE_SILENT})
_BACK_WITHIN = timedelta(minutes=5)

_log = get_logger(__name__)


@dataclass(frozen=True)
class _Verdicts:
    """What the rules say, by name, and the last one that failed."""

    by_rule: Mapping[str, Judgement]
    failed: str | None

    @property
    def state(self) -> str:
        """What the board says: whatever else was found, the life signs decide."""
        silence = self.by_rule.get(inactivity.NAME)
        if silence is None or not silence.can_tell:
            return "cannot_tell"
        return "different" if silence.is_unusual else "as_usual"


def judge_resident(
    case: HomeContext, resident: WatchedResident, found: Equipment, memory: LruCache
) -> frozenset[int]:
    """Judge a resident up to the end of the span, bring their alerts in line, and settle when to look again.

    Return which devices chatter at the end of the span.

    Parameters
    ----------
    case : HomeCase
        The home.
    resident : WatchedResident
        Somebody who lives there and is watched.
    found : Equipment
        What was found about the equipment before.
    memory : Memory
        What was learned, as read for earlier judgings.
    """
    since = case.since(resident)
    window = _window(case, resident, found)
    compared = decline.check(case, resident)
    compared.ask(case, since)
    verdicts = _judge(_rules(case, resident, found, memory), window, resident, (since, case.span.until))
    findings = [finding for one in verdicts.by_rule.values() for finding in one.findings]
    # All of the span is new, unless somebody is judged again from before how far they were judged.
    anew_since = since if since < resident.judged_through else None
    case.reconcile(resident, findings, _matters(case, resident, window, verdicts.by_rule), anew_since)
    if window.absences or resident.pause is not None:
        planned_absences.show_pause(case.connection, resident.number, case.span.until)
    checks = [compared, *(equipment.checks(case) if case.is_lead(resident) else ())]
    silent = found.links.silent
    lasting = {one.rule for one in (*findings, *silent.findings) if one.cleared_at is None}
    waiting = Waiting(
        earliest(
            *(one.due_at for one in (*verdicts.by_rule.values(), silent)),
            *(one.next_check(case.span.until) for one in checks),
            case.span.until + _CALM_WITHIN if window.chattering else None,
            case.span.until + _BACK_WITHIN if DEVICE_SILENT in lasting else None,
        ),
        is_eager=bool(lasting - _ENDS_BY_THE_CLOCK)
        or verdicts.failed is not None
        or verdicts.state != "as_usual"
        or found.links.is_awaited,
        follows_track=bool(window.geofences) or len(window.track.time) > 0,
        state=verdicts.state,
        failed_rule=verdicts.failed,
    )
    due_at = earliest(waiting.due_at, ahead(window, case.span.until, waiting))
    replace(waiting, due_at=due_at).settle(case, resident)
    return window.chattering


def _window(case: HomeContext, resident: WatchedResident, found: Equipment) -> Window:
    number, record = resident.number, case.record
    return load_window(
        case.connection,
        resident,
        (case.since(resident), case.span.until),
        found.view,
        record.situations[number],
        is_lead=case.is_lead(resident),
        open_since={one.rule: one.began_at for one in case.active(resident)},
        laid_down=Planned(record.fences[number], record.absences[number], record.has_series),
    )


def _rules(
    case: HomeContext, resident: WatchedResident, found: Equipment, memory: LruCache
) -> Sequence[Rule]:
    who = Who(resident.number, case.span.home, resident.zone)
    lesson = significant_places.lesson(is_lead=case.is_lead(resident))
    return rules_of(
        Sensitivity(resident.sensitivity),
        case.record.situations[resident.number],
        found.view,
        usual_on=BaselineStore(case.connection, who, SILENCES, memory=memory).on,
        rhythm_on=BaselineStore(case.connection, who, RHYTHM, memory=memory).on,
        places_on=BaselineStore(case.connection, who, lesson, memory=memory).on,
    )


def _judge(
    rules: Sequence[Rule], window: Window, resident: WatchedResident, span: tuple[datetime, datetime]
) -> _Verdicts:
    judgements: dict[str, Judgement] = {}
    failed: str | None = None
    for rule in rules:
        try:
            judgements[rule.name] = rule.judge(window, *span)
        except Exception:  # noqa: BLE001 - the fence round one rule
            # One failing rule never stops the others: it is noted, and tried again later.
            failed = rule.name
            _log.exception("rule_failed", rule=rule.name, resident=resident.number)
    return _Verdicts(judgements, failed)


def _matters(
    case: HomeContext, resident: WatchedResident, window: Window, judgements: Mapping[str, Judgement]
) -> set[AlertKey]:
    """Return what was judged: also geofences that were removed, whose alerts end."""
    subject = f"resident:{resident.number}"
    matters = {AlertKey(rule, subject) for rule in judgements if rule != geofence_exit.NAME}
    if geofence_exit.NAME in judgements:
        matters |= {AlertKey(geofence_exit.NAME, f"geofence:{one.number}") for one in window.geofences}
        matters |= case.active_matters(resident, geofence_exit.NAME)
    return matters
