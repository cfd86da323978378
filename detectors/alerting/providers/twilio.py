"""Short messages and calls in the form of Twilio's interface, version 2010-04-01, which others copy.

A short message holds no more than a subject and a link, since a locked screen shows it whole. A call reads the message, and its
keys answer: 1 "I go", 2 "I cannot", 9 again. What becomes of both, the provider reports to our `/provider/twilio/` pages.
"""

import base64
import math
from dataclasses import dataclass
from urllib.parse import urlencode

from pydantic import SecretStr

from core.domain.delivery.record import Attempt, DeliveryResult
from core.formats.call_document import question_document
from detectors.alerting.message_texts import texts_of
from detectors.alerting.outgoing import OutgoingMessage
from detectors.alerting.providers.http_exchange import (
    NoAnswerError,
    ProviderAnswer,
    ProviderRequest,
    exchange,
    plain_attempt,
)

# A short message is billed by parts; two is what we send at most.
MOST_PARTS = 2
# How long a telephone rings, in seconds; after about 30 most mailboxes take over.
_RINGS_S = 25
# Of the GSM alphabet, what our texts and addresses use; anything else makes the whole text UCS-2.
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# No such number, not a mobile one, or its owner wants nothing of us: so it stays.
_DEAD = frozenset({21211, 21214, 21217, 21610, 21614, 13223, 13224})
# A wrong password or a closed account is our trouble and says nothing of the number.
_OURS = frozenset({401, 403})


@dataclass(frozen=True)
class TelephoneAccount:
    """Our account with the provider.

    Attributes
    ----------
    url : str
        The interface's address, such as `https://api.twilio.com`.
    account, token : str, SecretStr
        With what we sign in; the token also signs what the provider reports.
    sender : str
        The number that people see, in E.164.
    base_url : str
        Our own public address, for the reports.
    """

    url: str
    account: str
    token: SecretStr
    sender: str
    base_url: str


class TelephoneProvider:
    """Takes short messages and calls to telephones.

    Parameters
    ----------
    account : TelephoneAccount or None
        None where none is set up.
    allow_private_hosts : bool
        Let the interface be inside our own network, for demo and tests.
    """

    def __init__(self, account: TelephoneAccount | None, *, allow_private_hosts: bool) -> None:
        self._account = account
        self._allow_private_hosts = allow_private_hosts

    def send_short_message(self, message: OutgoingMessage) -> Attempt:
        """Make one attempt; blocks for at most 12 s."""
        if self._account is None:
            return Attempt(DeliveryResult.FAILED, "sms_not_configured")
        return self._ask(short_message_request(self._account, message))

    def call(self, message: OutgoingMessage) -> Attempt:
        """Order one call; that the provider takes the order does not mean that anybody picks up."""
        if self._account is None:
            return Attempt(DeliveryResult.FAILED, "voice_not_configured")
        return self._ask(call_request(self._account, message))

    def _ask(self, request: ProviderRequest) -> Attempt:
        try:
            return attempt_of(exchange(request, allow_private_hosts=self._allow_private_hosts))
        except NoAnswerError as error:
            return error.attempt


def short_message_request(account: TelephoneAccount, message: OutgoingMessage) -> ProviderRequest:
    """Return the order for a short message of at most two parts."""
    fields = {
        "To": message.address,
        "From": account.sender,
        "Body": short_text(message),
        "StatusCallback": f"{account.base_url}/provider/twilio/receipt/{message.request_key}",
    }
    return _request(account, "Messages", list(fields.items()))


def call_request(account: TelephoneAccount, message: OutgoingMessage) -> ProviderRequest:
    """Return the order for a call that reads the message and waits for a key."""
    receipt = f"{account.base_url}/provider/twilio/receipt/{message.request_key}"
    action = f"{account.base_url}/provider/twilio/key/{message.request_key}"
    fields = [
        ("To", message.address),
        ("From", account.sender),
        ("Twiml", question_document(spoken_text(message), message.language, action)),
        ("Timeout", str(_RINGS_S)),
        ("StatusCallback", receipt),
        ("StatusCallbackMethod", "POST"),
        ("StatusCallbackEvent", "answered"),
        ("StatusCallbackEvent", "completed"),
    ]
    return _request(account, "Calls", fields)


def short_text(message: OutgoingMessage) -> str:
    """Return what a short message says: the subject and the link, or where there is no link the text; two parts at most."""
    if not message.answer_url:
        return _cut(message.text.body, "")
    return _cut(message.text.subject, f"\n{message.answer_url}")


def part_count(text: str) -> int:
    """Return into how many parts a text is cut on its way."""
    single, joined = (160, 153) if set(text) <= _GSM else (70, 67)
    # Characters outside the basic plane count double.
    length = len(text.encode("utf-16-le")) // 2 if single == 70 else len(text)
    return 1 if length <= single else math.ceil(length / joined)


def spoken_text(message: OutgoingMessage) -> str:
    """Return what a call says, with the keys that answer it."""
    return texts_of(message.language)("spoken.call", text=message.text.sentence or message.text.body)


def attempt_of(answer: ProviderAnswer) -> Attempt:
    """Return what the provider's answer to an order means."""
    fields = answer.fields
    if answer.is_accepted:
        if fields.get("status") in {"failed", "undelivered", "canceled"}:
            return Attempt(DeliveryResult.REFUSED, f"twilio_{fields.get('error_code') or fields['status']}")
        return Attempt(
            DeliveryResult.DELIVERED,
            provider_id=_text(fields.get("sid")),
            parts=_number(fields.get("num_segments")),
        )
    code = _number(fields.get("code"))
    error = f"twilio_{code or answer.status}"
    if answer.status in _OURS:
        return Attempt(DeliveryResult.FAILED, error)
    usual = plain_attempt(answer)
    is_dead = usual.arrival is DeliveryResult.REFUSED and code in _DEAD
    return Attempt(usual.arrival, error, retry_after=usual.retry_after, is_dead=is_dead)


def _request(account: TelephoneAccount, what: str, fields: list[tuple[str, str]]) -> ProviderRequest:
    sign_in = base64.b64encode(f"{account.account}:{account.token.get_secret_value()}".encode()).decode()
    return ProviderRequest(
        "POST",
        f"{account.url.rstrip('/')}/2010-04-01/Accounts/{account.account}/{what}.json",
        {"Authorization": f"Basic {sign_in}", "Content-Type": "application/x-www-form-urlencoded"},
        urlencode(fields).encode(),
    )


def _cut(text: str, ending: str) -> str:
    """Return the text with its ending, and as much of the text as fits into two parts."""
    kept = text
    while kept and part_count(kept + ending) > MOST_PARTS:
        kept = kept[:-2] + "…" if len(kept) > 2 else ""
    return (kept + ending).strip()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else None
