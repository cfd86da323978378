"""The demo's LINE and telephone provider: take what the service orders, and report what the phones do with it.

Requests and reports have the form of the providers' interfaces, signatures too, so the service knows no difference.
"""

import base64
import json
import secrets
import threading
import time
import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree

from core.credentials.provider_signatures import line_signature, twilio_signature
from core.settings import Settings
from deploy.inbox.mailbag import Letter, LetterText, Mailbag, PhoneKey, PhoneState
from detectors.alerting.providers.http_exchange import NoAnswerError, ProviderRequest, exchange
from detectors.alerting.providers.twilio import part_count

LINE, SMS, VOICE = "line", "sms", "voice"
# A telephone rings for half a minute; whoever looks at several phones on one page needs longer.
RINGS_S = 60.0
# Somebody who picked up and presses nothing.
_TALKS_S = 60.0
_LOOK_S = 0.25
# Nobody uses up the month in a demo.
_MONTH = 5_000
_FORM = "application/x-www-form-urlencoded"
HANG_UP = "hang_up"
"""What the phone does with a call that somebody refuses."""
_KEYS = (*(PhoneKey(key, key) for key in ("1", "2", "9")), PhoneKey("", HANG_UP))


@dataclass(frozen=True)
class NetworkAccount:
    """What the service and the demo's providers both know.

    Attributes
    ----------
    line_token, line_secret : str
        With which the service signs in at LINE, and LINE signs its reports.
    account, token : str
        The same with the telephone provider.
    base_url : str
        Where reports go.
    """

    line_token: str
    line_secret: str
    account: str
    token: str
    base_url: str

    @classmethod
    def of(cls, settings: Settings) -> "NetworkAccount":
        """Return what the demo's settings say."""
        return cls(
            settings.line_token.get_secret_value(),
            settings.line_secret.get_secret_value(),
            settings.twilio_account,
            settings.twilio_token.get_secret_value(),
            settings.base_url,
        )


@dataclass(frozen=True)
class NetworkAnswer:
    """A provider's answer: status and JSON object."""

    status: HTTPStatus
    fields: Mapping[str, Any]


class PhoneNetwork:
    """Both providers with their phones, for several threads.

    Parameters
    ----------
    bag : Mailbag
        Where messages are kept, with what the phones did with them.
    account : NetworkAccount
        What service and providers both know.
    rings_s : float
        How long a telephone rings, in seconds of the machine.
    """

    def __init__(self, bag: Mailbag, account: NetworkAccount, *, rings_s: float = RINGS_S) -> None:
        self._bag = bag
        self._account = account
        self._rings_s = rings_s
        self._accepted = set[str]()
        self._since: dict[int, float] = {}
        # A press and the end of the ringing never meet.
        self._lock = threading.Lock()

    def answer(self, method: str, path: str, headers: Message, body: bytes) -> NetworkAnswer | None:
        """Answer a request to one of the interfaces; None for a path that is none of theirs."""
        if path.startswith("/v2/bot/message/"):
            return self._line(method, path.removeprefix("/v2/bot/message/"), headers, body)
        telephone = f"/2010-04-01/Accounts/{self._account.account}/"
        if self._account.account and method == "POST" and path.startswith(telephone):
            return self._order(path.removeprefix(telephone), headers, body)
        return None

    def press(self, number: int, place: int) -> bool:
        """Press a button or key of a message, and return whether the service took it."""
        with self._lock:
            letter = self._bag.get(number)
            if letter is None or not 0 <= place < len(letter.presses):
                return False
            press = letter.presses[place]
            if letter.channel == LINE:
                is_taken = self._post_back(letter, press)
                if is_taken:
                    self._bag.change(letter, letter.state, press.label)
                return is_taken
            if press.sends == HANG_UP:
                return self._receipt(letter, "busy", PhoneState.REFUSED)
            return self._press_key(letter, press)

    def look(self, now_s: float) -> None:
        """Report what became of short messages, and of calls to which nobody came, by the machine's time."""
        for letter in self._bag.in_state(PhoneState.SENT):
            self._receipt(letter, "delivered", PhoneState.ARRIVED)
        with self._lock:
            calls = self._bag.in_state(PhoneState.RINGING, PhoneState.TALKING)
            for letter in calls:
                since = self._since.setdefault(letter.number, now_s)
                if letter.state is PhoneState.RINGING and now_s - since >= self._rings_s:
                    self._receipt(letter, "no-answer", PhoneState.MISSED)
                elif letter.state is PhoneState.TALKING and now_s - since >= self._rings_s + _TALKS_S:
                    self._receipt(letter, "completed", PhoneState.ENDED)

    def _line(self, method: str, what: str, headers: Message, body: bytes) -> NetworkAnswer:
        token = self._account.line_token
        if not token or headers.get("Authorization") != f"Bearer {token}":
            return NetworkAnswer(HTTPStatus.UNAUTHORIZED, {"message": "Authentication failed."})
        if (method, what) == ("GET", "quota"):
            return NetworkAnswer(HTTPStatus.OK, {"type": "limited", "value": _MONTH})
        if (method, what) == ("GET", "quota/consumption"):
            return NetworkAnswer(HTTPStatus.OK, {"totalUsage": len(self._accepted)})
        if (method, what) != ("POST", "push"):
            return NetworkAnswer(HTTPStatus.NOT_FOUND, {"message": "Not found"})
        return self._push(str(headers.get("X-Line-Retry-Key", "")), body)

    def _push(self, key: str, body: bytes) -> NetworkAnswer:
        if key in self._accepted:
            return NetworkAnswer(HTTPStatus.CONFLICT, {"message": "The retry key is already accepted"})
        try:
            pushed: dict[str, Any] = json.loads(body)
            for message in pushed["messages"]:
                words, presses = _bubble(message)
                self._bag.put(LINE, str(pushed["to"]), words, presses=presses)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return NetworkAnswer(HTTPStatus.BAD_REQUEST, {"message": "The request body is invalid"})
        self._accepted.add(key)
        return NetworkAnswer(HTTPStatus.OK, {"sentMessages": [{"id": str(uuid.uuid4().int)[:18]}]})

    def _order(self, what: str, headers: Message, body: bytes) -> NetworkAnswer:
        name_and_token = f"{self._account.account}:{self._account.token}".encode()
        if headers.get("Authorization") != f"Basic {base64.b64encode(name_and_token).decode()}":
            return _telephone_error(HTTPStatus.UNAUTHORIZED, 20003, "Authenticate")
        fields = dict(parse_qsl(body.decode("utf-8", "replace")))
        to, receipt = fields.get("To", ""), fields.get("StatusCallback", "")
        if not to.startswith("+"):
            return _telephone_error(HTTPStatus.BAD_REQUEST, 21211, "Invalid 'To' Phone Number")
        sid = secrets.token_hex(16)
        if what == "Messages.json":
            text = fields.get("Body", "")
            subject, _, rest = text.partition("\n")
            self._bag.put(SMS, to, LetterText(subject, rest), reports_to=receipt, state=PhoneState.SENT)
            parts = {"num_segments": str(part_count(text))}
            return NetworkAnswer(HTTPStatus.CREATED, {"sid": f"SM{sid}", "status": "queued", **parts})
        question = _question(fields.get("Twiml", ""))
        if what != "Calls.json" or question is None:
            return _telephone_error(HTTPStatus.BAD_REQUEST, 12100, "Document parse failure")
        self._bag.put(
            VOICE,
            to,
            LetterText("", question.said),
            presses=_KEYS,
            answers_to=question.answers_to,
            reports_to=receipt,
            state=PhoneState.RINGING,
        )
        return NetworkAnswer(HTTPStatus.CREATED, {"sid": f"CA{sid}", "status": "queued"})

    def _post_back(self, letter: Letter, press: PhoneKey) -> bool:
        event = {
            "type": "postback",
            "webhookEventId": secrets.token_hex(13),
            "deliveryContext": {"isRedelivery": False},
            "timestamp": time.time_ns() // 1_000_000,
            "source": {"type": "user", "userId": letter.address},
            "postback": {"data": press.sends},
        }
        body = json.dumps({"destination": "demo", "events": [event]}).encode()
        signature = line_signature(self._account.line_secret, body)
        headers = {"Content-Type": "application/json", "x-line-signature": signature}
        return self._report(f"{self._account.base_url}/provider/line", headers, body) is not None

    def _press_key(self, letter: Letter, press: PhoneKey) -> bool:
        if letter.state is PhoneState.RINGING and not self._receipt(
            letter, "in-progress", PhoneState.TALKING
        ):
            return False
        said = self._form(letter.answers_to, [("CallStatus", "in-progress"), ("Digits", press.sends)])
        if said is None:
            return False
        again = _question(said)
        talking = self._bag.get(letter.number) or letter
        if again is not None and again.answers_to:
            self._bag.change(talking, PhoneState.TALKING, press.label)
        else:
            self._bag.change(talking, PhoneState.ENDED, press.label)
            self._form(letter.reports_to, [("CallStatus", "completed")])
        return True

    def _receipt(self, letter: Letter, status: str, state: PhoneState) -> bool:
        """Report what became of a message, and note it; what the service does not take is reported again later."""
        name = "MessageStatus" if letter.channel == SMS else "CallStatus"
        if letter.reports_to and self._form(letter.reports_to, [(name, status)]) is None:
            return False
        self._bag.change(letter, state)
        return True

    def _form(self, url: str, fields: list[tuple[str, str]]) -> str | None:
        signature = twilio_signature(self._account.token, url, fields)
        headers = {"Content-Type": _FORM, "X-Twilio-Signature": signature}
        return self._report(url, headers, urlencode(fields).encode())

    def _report(self, url: str, headers: Mapping[str, str], body: bytes) -> str | None:
        """Return what the service answered; None if it did not take the report."""
        if not url.startswith(f"{self._account.base_url}/"):
            return None
        try:
            answer = exchange(ProviderRequest("POST", url, headers, body), allow_private_hosts=True)
        except NoAnswerError:
            return None
        return answer.body.decode("utf-8", "replace") if answer.is_accepted else None


@contextmanager
def running(network: PhoneNetwork) -> Generator[None]:
    """Let the phones ring and report, in a thread of their own."""
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(_LOOK_S):
            network.look(time.monotonic())

    thread = threading.Thread(target=look, name="phone-network")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@dataclass(frozen=True)
class _Question:
    """What a call says, and where a key goes; `answers_to` is empty where the call ends after it."""

    said: str
    answers_to: str


def _question(document: str) -> _Question | None:
    try:
        found = ElementTree.fromstring(document)  # noqa: S314 - of our own service, which has signed in
    except ElementTree.ParseError:
        return None
    said = found.find(".//Say")
    if said is None:
        return None
    gather = found.find("Gather")
    return _Question(said.text or "", "" if gather is None else gather.get("action", ""))


def _bubble(message: Mapping[str, Any]) -> tuple[LetterText, tuple[PhoneKey, ...]]:
    """Return what a flex message says, its links below the text, and its buttons."""
    bubble = message["contents"]
    texts = [part["text"] for part in bubble["body"]["contents"] if part["type"] == "text"]
    actions = [part["action"] for part in bubble.get("footer", {}).get("contents", ())]
    links = [action["uri"] for action in actions if action["type"] == "uri"]
    presses = [PhoneKey(one["label"], one["data"]) for one in actions if one["type"] == "postback"]
    return LetterText(str(message["altText"]), "\n".join(map(str, [*texts, *links]))), tuple(presses)


def _telephone_error(status: HTTPStatus, code: int, message: str) -> NetworkAnswer:
    return NetworkAnswer(status, {"code": code, "message": message, "status": status.value})
