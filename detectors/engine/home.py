"""Judges one home: calls for help, its equipment, then each of its residents, in the transaction of the one who claimed it."""

from core.store.alerts.episodes import AlertKey
from detectors.baselines.store import LruCache
from detectors.engine.chatter_marks import note
from detectors.engine.due_times import wait_to_be_watched
from detectors.engine.equipment import judge_equipment
from detectors.engine.home_context import HomeContext
from detectors.engine.resident import judge_resident
from detectors.rules.emergency_call import SosCall
from detectors.windows.loader import load_calls


def judge_calls(case: HomeContext) -> None:
    """Raise the calls for help: first of all, and whatever else fails."""
    for one in case.watched:
        since = case.since(one)
        for call in case.record.calls:
            window = load_calls(
                case.connection, case.span.home, one, since, is_lead=case.is_lead(one), call=call
            )
            judged = SosCall(call).judge(window, since, case.span.until)
            case.reconcile(one, judged.findings, {AlertKey(call, f"resident:{one.number}")})


def judge_rest(case: HomeContext, memory: LruCache) -> None:
    """Judge the equipment and everything else about the residents, and settle when to look again."""
    watched = case.watched
    for one in case.record.people:
        if one not in watched:
            wait_to_be_watched(case, one)
    if not watched:
        return
    found = judge_equipment(case)
    chatterers = [judge_resident(case, one, found, memory) for one in watched]
    note(case, frozenset[int]().union(*chatterers))
