"""Evaluates one home: calls for help, its equipment, then each of its residents, in the transaction of the one who claimed it."""

from core.domain.alert import AlertKey, Subject
from detectors.baselines.store import LruCache
from detectors.engine.chatter_marks import note
from detectors.engine.due_times import wait_for_watch_start
from detectors.engine.equipment import evaluate_equipment
from detectors.engine.home_context import HomeContext
from detectors.engine.resident import evaluate_resident
from detectors.rules.emergency_call import SosCall
from detectors.windows.loader import load_calls


def evaluate_calls(context: HomeContext) -> None:
    """Raise the calls for help: first of all, and whatever else fails."""
    for one in context.watched:
        since = context.since(one)
        for call in context.record.calls:
            window = load_calls(
                context.connection, context.span.home, one, since, is_lead=context.is_lead(one), call=call
            )
            evaluated = SosCall(call).evaluate(window, since, context.span.until)
            context.reconcile(one, evaluated.findings, {AlertKey(call, Subject.of_resident(one.number))})


def evaluate_rest(context: HomeContext, cache: LruCache) -> None:
    """Evaluate the equipment and everything else about the residents, and settle when to look again."""
    watched = context.watched
    for one in context.record.people:
        if one not in watched:
            wait_for_watch_start(context, one)
    if not watched:
        return
    found = evaluate_equipment(context)
    chatterers = [evaluate_resident(context, one, found, cache) for one in watched]
    note(context, frozenset[int]().union(*chatterers))
