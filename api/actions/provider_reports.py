"""What providers report about messages: receipts, pressed buttons and keys, codes that link a phone, and who left.

Who reports was checked by its signature before. Every report may come twice and in any order; the second changes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs

from api.actions.people import prompts as prompt_actions
from core.domain.agreed.prompt import PromptAnswer
from core.domain.alert import Handling, Outcome
from core.domain.people import Channel, Language
from core.errors import ConflictError, NotFoundError
from core.store.alerts import alerts, deliveries, handling
from core.store.alerts.deliveries import ReportedDelivery
from core.store.database import Connection
from core.store.people import contact_channels, line_links
from core.store.people.agreed import prompts

_ARRIVED = frozenset({"delivered", "read", "in-progress", "answered"})
_FAILED = frozenset({"undelivered", "failed", "busy", "no-answer", "canceled"})
# No such number, or a fixed line.
_DEAD_CODES = frozenset({"30005", "30006"})


class PressResult(StrEnum):
    """What followed from a pressed button or key."""

    CLAIMED = "claimed"
    """Whoever pressed checks now."""
    TAKEN = "taken"
    """Somebody else does already."""
    DECLINED = "declined"
    CLOSED = "closed"
    """It is over, by this press or before."""
    AGAIN = "again"
    """It is to be said once more."""


@dataclass(frozen=True)
class KeyPress:
    """What a call says next."""

    result: PressResult
    language: Language
    spoken: str


def take_receipt(connection: Connection, key: str, fields: Mapping[str, str], now: datetime) -> None:
    """Note what became of a short message or call; one that failed goes on the contact's next channel.

    Raises
    ------
    NotFoundError
        There is no such delivery.
    """
    found = deliveries.by_key(connection, key)
    status = fields.get("CallStatus") or fields.get("MessageStatus") or ""
    if status in _ARRIVED:
        deliveries.set_arrived(connection, found, now)
        return
    if status not in _FAILED and status != "completed":
        return
    deliveries.forget_words(connection, found)
    code = fields.get("ErrorCode", "")
    # A call that ended without a key: a machine, or somebody who did not understand. An answered one stays answered.
    error = "no_key_pressed" if status == "completed" else f"receipt_{code or status}"
    if deliveries.set_failed(connection, found, error, now) and code in _DEAD_CODES and found.channel:
        contact_channels.set_unreachable(connection, found.channel, error, now)


def press_key(connection: Connection, key: str, digits: str, now: datetime) -> KeyPress:
    """Do what a key says that was pressed in a call: 1 claims, 2 declines, anything else has it said again.

    Raises
    ------
    NotFoundError
        There is no such delivery.
    """
    found = deliveries.by_key(connection, key)
    press = {"1": "claim", "2": "cannot"}.get(digits)
    if press is None:
        return KeyPress(PressResult.AGAIN, found.language, found.spoken)
    return KeyPress(_press(connection, found, press, now), found.language, found.spoken)


def take_line_events(connection: Connection, events: Sequence[Mapping[str, Any]], now: datetime) -> int:
    """Do what LINE reports, each event once, and return how many were new."""
    fresh = [one for one in events if _is_fresh(connection, one, now)]
    for one in fresh:
        take = _TAKES.get(str(one.get("type")))
        user = str(_inside(one, "source").get("userId") or "")
        if take is not None and user:
            take(connection, one, user, now)
    return len(fresh)


def _is_fresh(connection: Connection, event: Mapping[str, Any], now: datetime) -> bool:
    number = event.get("webhookEventId")
    return isinstance(number, str) and line_links.is_fresh(connection, "line", number[:100], now)


def _follow(connection: Connection, _event: Mapping[str, Any], user: str, _now: datetime) -> None:
    line_links.come_back(connection, user)


def _unfollow(connection: Connection, _event: Mapping[str, Any], user: str, now: datetime) -> None:
    line_links.leave(connection, user, now)


def _message(connection: Connection, event: Mapping[str, Any], user: str, now: datetime) -> None:
    text = _inside(event, "message").get("text")
    if isinstance(text, str):
        line_links.link(connection, text[:100], user, now)


def _postback(connection: Connection, event: Mapping[str, Any], user: str, now: datetime) -> None:
    data = parse_qs(str(_inside(event, "postback").get("data") or "")[:300])
    key, action = data.get("key", [""])[0], data.get("action", [""])[0]
    try:
        found = deliveries.by_key(connection, key)
    except NotFoundError:
        _answer(connection, key, action, user, now)
        return
    # A message that was forwarded keeps its buttons; only the phone it was sent to may press them.
    if found.kind is Channel.LINE and found.address == user and action in _ACTS:
        _press(connection, found, action, now)


def _answer(connection: Connection, key: str, action: str, user: str, now: datetime) -> None:
    """Take the answer of a resident who was asked; of a message that was forwarded only the phone counts that it was sent to."""
    found = prompts.on_line(connection, key, user, _ANSWERS[action], now) if action in _ANSWERS else None
    if found is not None:
        prompt, channel = found
        contact_channels.confirm(connection, channel, now)
        prompt_actions.answer(connection, prompt, _ANSWERS[action], now)


_ANSWERS: Mapping[str, PromptAnswer] = {"well": PromptAnswer.SAFE, "help": PromptAnswer.HELP}
_TAKES: Mapping[str, Callable[[Connection, Mapping[str, Any], str, datetime], None]] = {
    "follow": _follow,
    "unfollow": _unfollow,
    "message": _message,
    "postback": _postback,
}


def _press(connection: Connection, found: ReportedDelivery, action: str, now: datetime) -> PressResult:
    deliveries.set_answered(connection, found, now)
    if found.channel is not None:
        contact_channels.confirm(connection, found.channel, now)
    try:
        # A part of the transaction of its own: a refused change leaves the connection usable.
        with connection.transaction():
            return _ACTS[action](connection, found, now)
    except ConflictError:
        alert = alerts.get(connection, found.alert)
        return PressResult.CLOSED if alert.handling is Handling.CLOSED else PressResult.TAKEN


def _claim(connection: Connection, found: ReportedDelivery, now: datetime) -> PressResult:
    handling.claim(connection, found.alert, contact=found.contact, now=now)
    return PressResult.CLAIMED


def _decline(connection: Connection, found: ReportedDelivery, now: datetime) -> PressResult:
    handling.decline(connection, found.alert, contact=found.contact, now=now)
    return PressResult.DECLINED


def _end(connection: Connection, found: ReportedDelivery, now: datetime) -> PressResult:
    outcome = Outcome.SAFE_CONTACTED
    handling.close(connection, found.alert, contact=found.contact, outcome=outcome, now=now)
    return PressResult.CLOSED


_ACTS: Mapping[str, Callable[[Connection, ReportedDelivery, datetime], PressResult]] = {
    "claim": _claim,
    "cannot": _decline,
    "safe": _end,
}


def _inside(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = event.get(name)
    return found if isinstance(found, Mapping) else {}  # pyright: ignore[reportUnknownVariableType] - JSON
