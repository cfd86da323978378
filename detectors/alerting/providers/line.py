"""LINE's Messaging API: a push with buttons, and what its answers mean.

The preview on a locked screen is the subject; the text stands in the bubble. A button sends back the delivery's key and an action,
never a name. Every attempt carries the same retry key, and a repeat that LINE knows (409) is a success.
"""

import json
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from core.domain.alert import CALLS_TO_ACT, NotificationKind
from core.domain.delivery.record import Attempt, DeliveryResult
from core.store.alerts.notices import NoticeKind
from detectors.alerting.message_texts import MessageTexts, texts_of
from detectors.alerting.outgoing import OutgoingMessage
from detectors.alerting.providers.http_exchange import (
    NoAnswerError,
    ProviderAnswer,
    ProviderRequest,
    exchange,
    plain_attempt,
)

# What the interface takes at most.
_LONGEST_PREVIEW, _LONGEST_TEXT = 400, 1_000
# What each kind of message may be answered with, the most useful first.
_ACTIONS = {
    **dict.fromkeys(CALLS_TO_ACT, ("claim", "cannot", "safe")),
    NotificationKind.CLAIMED: (),
}
_OURS = frozenset({401, 403})


@dataclass(frozen=True)
class LineAccount:
    """Our official account: the interface's address, and the long-lived token of its Messaging API channel."""

    url: str
    token: SecretStr


@dataclass(frozen=True)
class LineQuota:
    """How many messages the month allows, None for no limit, and how many were used."""

    limit: int | None
    used: int


class LineProvider:
    """Takes messages to people who are friends of our LINE account.

    Parameters
    ----------
    account : LineAccount or None
        None where none is set up.
    allow_private_hosts : bool
        Let the interface be inside our own network, for demo and tests.
    """

    def __init__(self, account: LineAccount | None, *, allow_private_hosts: bool) -> None:
        self._account = account
        self._allow_private_hosts = allow_private_hosts

    def send(self, message: OutgoingMessage) -> Attempt:
        """Make one attempt; blocks for at most 12 s."""
        if self._account is None:
            return Attempt(DeliveryResult.FAILED, "line_not_configured")
        try:
            return attempt_of(self._ask(push_request(self._account, message)))
        except NoAnswerError as error:
            return error.attempt

    def quota(self) -> LineQuota | None:
        """Return how the month stands; None where no account is set up or LINE does not say."""
        if self._account is None:
            return None
        try:
            limit = self._ask(_reading(self._account, "quota"))
            used = self._ask(_reading(self._account, "quota/consumption"))
        except NoAnswerError:
            return None
        count, kind, value = (
            used.fields.get("totalUsage"),
            limit.fields.get("type"),
            limit.fields.get("value"),
        )
        if not isinstance(count, int) or kind not in {"none", "limited"}:
            return None
        return LineQuota(value if kind == "limited" and isinstance(value, int) else None, count)

    def _ask(self, request: ProviderRequest) -> ProviderAnswer:
        return exchange(request, allow_private_hosts=self._allow_private_hosts)


def push_request(account: LineAccount, message: OutgoingMessage) -> ProviderRequest:
    """Return the push of one message."""
    body = {"to": message.address, "messages": [flex_message(message)]}
    headers = {
        "Authorization": f"Bearer {account.token.get_secret_value()}",
        "Content-Type": "application/json",
        "X-Line-Retry-Key": message.request_key,
    }
    url = f"{account.url.rstrip('/')}/v2/bot/message/push"
    return ProviderRequest("POST", url, headers, json.dumps(body, ensure_ascii=False).encode())


def flex_message(message: OutgoingMessage) -> dict[str, Any]:
    """Return a bubble with the text, the buttons below it, and the same buttons over the keyboard."""
    texts = texts_of(message.language)
    actions = _ACTIONS.get(message.kind, ()) if message.kind else ()
    if message.notice is NoticeKind.PROMPT:
        actions = ("well", "help")
    presses = [_press(name, message, texts) for name in actions]
    links = [_link(message, texts)] if message.answer_url else []
    text = message.text.sentence or message.text.body
    bubble: dict[str, Any] = {
        "type": "bubble",
        "body": {
            "type": "box",
            "layout": "vertical",
            "contents": [{"type": "text", "text": text[:_LONGEST_TEXT], "wrap": True}],
        },
    }
    if presses or links:
        bubble["footer"] = {
            "type": "box",
            "layout": "vertical",
            "spacing": "sm",
            "contents": [
                {"type": "button", "style": "primary" if place == 0 else "secondary", "action": action}
                for place, action in enumerate([*presses, *links])
            ],
        }
    found: dict[str, Any] = {
        "type": "flex",
        "altText": message.text.subject[:_LONGEST_PREVIEW],
        "contents": bubble,
    }
    if presses:
        found["quickReply"] = {"items": [{"type": "action", "action": action} for action in presses]}
    return found


def attempt_of(answer: ProviderAnswer) -> Attempt:
    """Return what LINE's answer to a push means."""
    if answer.is_accepted:
        return Attempt(DeliveryResult.DELIVERED, provider_id=_sent_id(answer))
    if answer.status == 409:
        # It has this very message from an earlier attempt whose answer we never got.
        return Attempt(DeliveryResult.DELIVERED, provider_id=answer.headers.get("x-line-accepted-request-id"))
    if answer.status == 429 and "rate limit" not in str(answer.fields.get("message", "")).lower():
        # The month's messages are used up: waiting helps nobody.
        return Attempt(DeliveryResult.REFUSED, "line_quota_used_up")
    error = f"line_{answer.status}"
    if answer.status in _OURS:
        return Attempt(DeliveryResult.FAILED, error)
    usual = plain_attempt(answer)
    # Of a well-formed push only the addressee can be wrong: somebody who left, or never was a friend.
    is_dead = usual.arrival is DeliveryResult.REFUSED and "'to'" in str(answer.fields.get("message", ""))
    return Attempt(usual.arrival, error, retry_after=usual.retry_after, is_dead=is_dead)


def _press(action: str, message: OutgoingMessage, texts: MessageTexts) -> dict[str, str]:
    label = texts(f"button.{action}")
    return {
        "type": "postback",
        "label": label,
        "data": f"action={action}&key={message.request_key}",
        "displayText": label,
    }


def _link(message: OutgoingMessage, texts: MessageTexts) -> dict[str, str]:
    return {"type": "uri", "label": texts("button.more"), "uri": message.answer_url}


def _reading(account: LineAccount, what: str) -> ProviderRequest:
    headers = {"Authorization": f"Bearer {account.token.get_secret_value()}"}
    return ProviderRequest("GET", f"{account.url.rstrip('/')}/v2/bot/message/{what}", headers)


def _sent_id(answer: ProviderAnswer) -> str | None:
    sent = answer.fields.get("sentMessages")
    if isinstance(sent, list) and sent and isinstance(sent[0], dict):
        return str(sent[0].get("id")) if "id" in sent[0] else None  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType] - JSON
    return answer.headers.get("x-line-request-id")
