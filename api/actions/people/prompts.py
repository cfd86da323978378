"""Asking a resident first: agree to it, stop it, and what follows from an answer."""

from datetime import datetime

from api.access import visibility
from api.access.refusals import RefusedError
from api.actions.context import ActionContext
from core.domain import reasons
from core.domain.agreed.prompt import Prompt, PromptAnswer, PromptSetting
from core.domain.alert import EventKind, Finding, Subject
from core.domain.reason_card import Confidence, as_json
from core.domain.rules import HELP_ASKED
from core.logs import get_logger
from core.store.alerts import episodes, events, notices
from core.store.alerts.notices import NoticeKind
from core.store.database import Connection
from core.store.people import weakenings
from core.store.people.agreed import prompts
from core.store.people.records import one_at_a_time
from core.store.people.watch_changes import Watched

_log = get_logger(__name__)


def change(
    context: ActionContext, resident: int, *, is_on: bool, most_in_a_week: int, agreed: str
) -> PromptSetting:
    """Return what was agreed with a resident, as it is now; everybody concerned is notified if the resident is asked, or more often.

    Raises
    ------
    NotFoundError
        There is no such resident, or the viewer may not know.
    ForbiddenError
        The viewer is not staff.
    RefusedError
        Nobody wrote down who agreed, or no confirmed channel reaches the resident.
    """
    visibility.resident_for(context.connection, context.viewer, resident, context.now, is_recorded=False)
    visibility.require_staff(context.viewer, "say whether a resident is asked first")
    one_at_a_time.hold(context.connection, "prompts", resident)
    before = prompts.setting(context.connection, resident)
    if is_on and not agreed:
        raise RefusedError("agreed", "prompts_not_agreed")
    own = prompts.own_contact(context.connection, resident)
    if is_on and (own is None or not own.is_reachable):
        raise RefusedError("is_on", "prompts_without_channel")
    wanted = PromptSetting(is_on, most_in_a_week, agreed, context.now)
    if _kept(wanted) == _kept(before):
        return before
    prompts.put_setting(context.connection, resident, wanted, context.now)
    weakenings.record(
        context.connection,
        resident,
        Watched.PROMPTS,
        before=_kept(before) if before.changed_at is not None else None,
        after=_kept(wanted),
        user=context.viewer.number,
        now=context.now,
    )
    return wanted


def answer(connection: Connection, asked: Prompt, pressed: PromptAnswer, now: datetime) -> None:
    """Do what follows from an answer: that all is well begins the count of the silence anew, a call for help is raised at once, each time."""
    if not prompts.answer(connection, asked, pressed, now):
        return
    notices.withdraw(connection, NoticeKind.PROMPT, str(asked.number), now)
    alert = prompts.raised_about(connection, asked.number)
    if alert is not None:
        # Whoever handles it sees the answer; nobody is notified anew, and it ends nothing.
        detail = {"answered": pressed.value}
        events.record(connection, alert, EventKind.AMENDED, now, detail=detail, planned_at=now)
    if pressed is PromptAnswer.HELP:
        card = reasons.CallReason(
            rule_version=HELP_ASKED.version,
            pressed_at=now,
            received_at=now,
            ruled_out=(),
            confidence=Confidence.HIGH,
        )
        call = Finding(
            rule=HELP_ASKED.name,
            subject=Subject.of_resident(asked.resident),
            severity=HELP_ASKED.highest,
            began_at=now,
            raised_at=now,
            cleared_at=None,
            reason=as_json(card),
        )
        episodes.open_or_update(connection, call, asked.resident, None, now)
    _log.info("resident_answered", prompt=asked.number, answer=pressed.value)


def _kept(one: PromptSetting) -> dict[str, object]:
    return {"is_on": one.is_on, "most_in_a_week": one.most_in_a_week, "agreed": one.agreed}
