"""The demo's LINE and telephones: what the service orders is shown, and what is pressed reaches the service, signed."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl
from zoneinfo import ZoneInfo

import pytest
import urllib3
from pydantic import SecretStr

from core.credentials.provider_signatures import line_signature, twilio_signature
from core.domain.delivery.record import Attempt, DeliveryResult
from core.domain.people import Channel, Language
from core.formats.call_document import last_document, question_document
from deploy.inbox.mailbag import Mailbag, PhoneState
from deploy.inbox.phone_network import RINGS_S, NetworkAccount, PhoneNetwork
from deploy.inbox.web import web_server
from detectors.alerting.messages import Text
from detectors.alerting.providers.line import LineAccount, LineProvider
from detectors.alerting.providers.twilio import TelephoneAccount, TelephoneProvider
from tests.support.alerting import NOW, outgoing

LINE_TOKEN, TELEPHONE_TOKEN = "line-token", "twilio-token"
LINE_USER, MOBILE = "U" + "0" * 31 + "7", "+819000000007"
WORDS = Text("【緊急】至急の確認のお願いがあります", "お母さんが呼んでいます。", "お母さんが呼んでいます。")


@dataclass
class Service:
    """Our service as its providers see it: takes signed reports, and answers keys as `says` says."""

    url: str = ""
    is_down: bool = False
    says: str = last_document("ありがとうございます。", Language.JA)
    reports: list[tuple[str, dict[str, str]]] = field(default_factory=list[tuple[str, dict[str, str]]])
    posted_back: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def take(self, path: str, headers: Any, body: bytes) -> tuple[int, str]:
        """Take a report if it is signed for exactly this address."""
        if self.is_down:
            return 503, ""
        if path == "/provider/line":
            if headers["x-line-signature"] != line_signature("line-secret", body):
                return 403, ""
            self.posted_back += json.loads(body)["events"]
            return 200, "{}"
        fields = parse_qsl(body.decode())
        if headers["X-Twilio-Signature"] != twilio_signature(TELEPHONE_TOKEN, self.url + path, fields):
            return 403, ""
        self.reports.append((path.rsplit("/", 2)[1], dict(fields)))
        return (200, self.says) if "/key/" in path else (204, "")


@pytest.fixture
def service() -> Iterator[Service]:
    found = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, text = found.take(
                self.path, self.headers, self.rfile.read(int(self.headers["Content-Length"]))
            )
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Phones:
    """The inbox with its phones, and the service's own code that sends to them."""

    bag: Mailbag
    network: PhoneNetwork
    url: str
    service: Service

    def line_provider(self, token: str = LINE_TOKEN) -> LineProvider:
        return LineProvider(LineAccount(self.url, SecretStr(token)), allow_private_hosts=True)

    def line(self, token: str = LINE_TOKEN) -> Attempt:
        return self.line_provider(token).send(outgoing(Channel.LINE, LINE_USER, WORDS))

    def telephone(self, token: str = TELEPHONE_TOKEN) -> TelephoneProvider:
        account = TelephoneAccount(self.url, "AC1", SecretStr(token), "+81300000000", self.service.url)
        return TelephoneProvider(account, allow_private_hosts=True)

    def call(self) -> Attempt:
        return self.telephone().call(outgoing(Channel.VOICE, MOBILE, WORDS))

    def press(self, number: int, place: int, origin: str | None = None) -> int:
        """Press a button of the page and return the status."""
        body = json.dumps({"number": number, "place": place}).encode()
        return self.post(body, origin or self.url)

    def post(self, body: bytes, origin: str) -> int:
        """Send a press as it stands and return the status."""
        headers = {"Origin": origin}
        return urllib3.request("POST", f"{self.url}/press", body=body, headers=headers, retries=False).status

    @property
    def newest(self) -> Any:
        return self.bag.after(0)[-1]


@pytest.fixture
def phones(tmp_path: Path, service: Service) -> Iterator[Phones]:
    bag = Mailbag(tmp_path, lambda: NOW)
    account = NetworkAccount(LINE_TOKEN, "line-secret", "AC1", TELEPHONE_TOKEN, service.url)
    network = PhoneNetwork(bag, account)
    owners = {LINE_USER: "佐藤 恵子", MOBILE: "佐藤 恵子"}
    with web_server(bag, ZoneInfo("Asia/Tokyo"), 0, owners=owners, network=network) as port:
        yield Phones(bag, network, f"http://127.0.0.1:{port}", service)


def test_a_line_message_is_shown_on_its_owners_phone_and_its_button_reaches_the_service(
    phones: Phones,
) -> None:
    assert phones.line().arrival is DeliveryResult.DELIVERED

    page = urllib3.request("GET", phones.url).data.decode()
    assert ">佐藤 恵子</h2>" in page
    assert WORDS.subject in page
    assert LINE_USER not in page
    letter = phones.newest
    assert phones.press(letter.number, 0) == 200

    (event,) = phones.service.posted_back
    data = parse_qs(event["postback"]["data"])
    assert (event["type"], event["source"]["userId"]) == ("postback", LINE_USER)
    assert (data["action"], data["key"]) == (["claim"], ["8d8ac610-566d-4ef0-9c22-186b2a5ed793"])
    assert phones.newest.pressed == letter.presses[0].label
    # The next press is another report: the message keeps its buttons.
    assert phones.press(letter.number, 2) == 200
    assert len({one["webhookEventId"] for one in phones.service.posted_back}) == 2


def test_a_repeated_push_is_shown_once(phones: Phones) -> None:
    assert [phones.line().arrival for _ in range(2)] == [DeliveryResult.DELIVERED] * 2
    assert len(phones.bag.after(0)) == 1


def test_the_month_of_line_stands_in_its_quota(phones: Phones) -> None:
    phones.line()
    quota = phones.line_provider().quota()
    assert quota is not None
    assert (quota.limit, quota.used) == (5000, 1)


def test_a_short_message_arrives_and_its_receipt_too(phones: Phones) -> None:
    sent = phones.telephone().send_short_message(outgoing(Channel.SMS, MOBILE, WORDS))
    assert (sent.arrival, sent.parts) == (DeliveryResult.DELIVERED, 1)
    phones.service.is_down = True
    phones.network.look(0)
    assert phones.newest.state is PhoneState.SENT

    # What the service did not take is reported again.
    phones.service.is_down = False
    phones.network.look(1)
    phones.network.look(2)

    assert phones.service.reports == [("receipt", {"MessageStatus": "delivered"})]
    assert (phones.newest.state, phones.newest.subject) == (PhoneState.ARRIVED, WORDS.subject)
    assert phones.newest.body == "https://mimamori.example.jp/a/token"


def test_a_call_rings_until_a_key_is_pressed_and_ends_after_it(phones: Phones) -> None:
    assert phones.call().arrival is DeliveryResult.DELIVERED
    ringing = phones.newest
    assert (ringing.state, [one.label for one in ringing.presses]) == (
        PhoneState.RINGING,
        ["1", "2", "9", ""],
    )
    assert "お母さんが呼んでいます。" in ringing.body

    # 9 has it said again.
    phones.service.says = question_document(
        "もう一度", Language.JA, f"{phones.service.url}/provider/twilio/key/k"
    )
    assert phones.press(ringing.number, 2) == 200
    assert phones.newest.state is PhoneState.TALKING
    phones.service.says = last_document("ありがとうございます。", Language.JA)
    assert phones.press(ringing.number, 0) == 200

    key = "8d8ac610-566d-4ef0-9c22-186b2a5ed793"
    assert phones.service.reports == [
        ("receipt", {"CallStatus": "in-progress"}),
        ("key", {"CallStatus": "in-progress", "Digits": "9"}),
        ("key", {"CallStatus": "in-progress", "Digits": "1"}),
        ("receipt", {"CallStatus": "completed"}),
    ]
    assert key in ringing.answers_to
    assert (phones.newest.state, phones.newest.pressed, phones.newest.presses) == (PhoneState.ENDED, "1", ())
    # It is over: nothing can be pressed any more.
    assert phones.press(ringing.number, 0) == 502


def test_a_call_that_nobody_takes_is_reported_when_the_ringing_ends_and_a_refused_one_at_once(
    phones: Phones,
) -> None:
    phones.call()
    phones.network.look(1000)
    phones.network.look(1000 + RINGS_S - 1)
    assert phones.service.reports == []
    phones.network.look(1000 + RINGS_S)
    assert phones.service.reports == [("receipt", {"CallStatus": "no-answer"})]
    assert phones.newest.state is PhoneState.MISSED

    phones.call()
    assert phones.press(phones.newest.number, 3) == 200
    assert phones.service.reports[-1] == ("receipt", {"CallStatus": "busy"})
    assert phones.newest.state is PhoneState.REFUSED


def test_who_picks_up_and_presses_nothing_ends_the_call_without_an_answer(phones: Phones) -> None:
    phones.call()
    phones.network.look(0)
    phones.service.says = question_document(
        "もう一度", Language.JA, f"{phones.service.url}/provider/twilio/key/k"
    )
    phones.press(phones.newest.number, 2)
    phones.network.look(RINGS_S + 1)
    assert phones.newest.state is PhoneState.TALKING
    phones.network.look(10 * RINGS_S)
    assert phones.service.reports[-1] == ("receipt", {"CallStatus": "completed"})
    assert phones.newest.state is PhoneState.ENDED


def test_a_press_that_the_service_does_not_take_can_be_made_again(phones: Phones) -> None:
    phones.line()
    phones.service.is_down = True
    assert phones.press(1, 0) == 502
    assert phones.newest.pressed == ""
    phones.service.is_down = False
    assert phones.press(1, 0) == 200
    assert len(phones.service.posted_back) == 1


def test_a_phone_goes_on_ringing_after_a_restart(phones: Phones, tmp_path: Path) -> None:
    phones.call()
    again = Mailbag(tmp_path, lambda: NOW)
    assert [one.state for one in again.in_state(PhoneState.RINGING)] == [PhoneState.RINGING]
    assert again.after(0) == phones.bag.after(0)


def test_another_page_in_the_same_browser_presses_nothing(phones: Phones) -> None:
    phones.line()
    assert phones.press(1, 0, origin="http://127.0.0.1:1") == 403
    assert phones.service.posted_back == []


@pytest.mark.parametrize("body", [b"", b"[]", b'{"number": "x", "place": 0}', b"\xff"])
def test_an_odd_press_is_answered(phones: Phones, body: bytes) -> None:
    assert phones.post(body, phones.url) == 400


@pytest.mark.parametrize(("number", "place"), [(9, 0), (1, 7), (1, -1)])
def test_a_button_that_is_not_there_is_not_taken(phones: Phones, number: int, place: int) -> None:
    phones.line()
    assert phones.press(number, place) == 502


def test_a_wrong_password_is_refused_as_the_providers_do(phones: Phones) -> None:
    assert phones.line(token="other").error == "line_401"
    telephone = phones.telephone("other")
    assert telephone.call(outgoing(Channel.VOICE, MOBILE, WORDS)).error == "twilio_20003"
    assert telephone.send_short_message(outgoing(Channel.SMS, MOBILE, WORDS)).error == "twilio_20003"
    wrong_number = phones.telephone().call(outgoing(Channel.VOICE, "0", WORDS))
    assert (wrong_number.error, wrong_number.is_dead) == ("twilio_21211", True)
    assert phones.bag.after(0) == []
