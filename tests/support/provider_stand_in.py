"""A local server in place of LINE and of the provider of short messages and calls.

It checks each request as the provider's documentation says: method, path, sign-in, headers, fields and limits. A wrong one is
answered as the provider would, and kept in `mistakes`. `mode` lets it fail in the ways that are documented.
"""

import base64
import json
import socket
import threading
import uuid
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

from pydantic import SecretStr

from detectors.alerting.providers.line import LineAccount
from detectors.alerting.providers.twilio import TelephoneAccount

LINE_TOKEN, LINE_SECRET = "line-token", "line-secret"
ACCOUNT, TOKEN, SENDER = "AC00000000000000000000000000000000", "twilio-token", "+815012345678"
BASE_URL = "https://mimamori.example.jp"
USER = "U" + "0" * 31 + "1"


@dataclass
class ProviderStandIn:
    """What arrived, and how the next request is answered.

    `mode` is one of ok, rate_limit, quota, busy (500), blocked (the provider's 4xx for an addressee it will never reach), wrong_token,
    hang (no answer until `release`), reset (the connection breaks after the request), endless (a body that never ends),
    redirect, repeat (LINE: it has this message already).
    """

    port: int = 0
    mode: str = "ok"
    release: threading.Event = field(default_factory=threading.Event)
    pushes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    retry_keys: list[str] = field(default_factory=list[str])
    accepted_keys: set[str] = field(default_factory=set[str])
    short_messages: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    calls: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    asked: int = 0
    mistakes: list[str] = field(default_factory=list[str])
    used: int = 10
    limit: int | None = 200

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def line(self) -> LineAccount:
        """The account that it knows."""
        return LineAccount(self.url, SecretStr(LINE_TOKEN))

    @property
    def telephone(self) -> TelephoneAccount:
        """The account that it knows."""
        return TelephoneAccount(self.url, ACCOUNT, SecretStr(TOKEN), SENDER, BASE_URL)

    @property
    def arrived(self) -> int:
        """How many messages and calls were taken."""
        return len(self.accepted_keys) + len(self.short_messages) + len(self.calls)


_Answer = tuple[int, dict[str, str], dict[str, Any]]


def _line_push(sink: ProviderStandIn, headers: Any, body: bytes) -> _Answer:
    key = headers.get("X-Line-Retry-Key", "")
    sink.retry_keys.append(key)
    message = json.loads(body)
    for problem in _line_mistakes(headers, message, key):
        sink.mistakes.append(problem)
        return 400, {}, {"message": problem}
    if key in sink.accepted_keys or sink.mode == "repeat":
        return 409, {"x-line-accepted-request-id": "first"}, {"message": "The retry key is already accepted"}
    failures: dict[str, _Answer] = {
        "rate_limit": (
            429,
            {"Retry-After": "30"},
            {"message": "The API rate limit has been exceeded. Try again later."},
        ),
        "quota": (429, {}, {"message": "You have reached your monthly limit."}),
        "busy": (500, {}, {"message": "The service is unavailable."}),
        "blocked": (
            400,
            {},
            {"message": "The property, 'to', in the request body is invalid (line: -, column: -)"},
        ),
        "wrong_token": (401, {}, {"message": "Authentication failed."}),
        "redirect": (302, {"Location": f"{sink.url}/elsewhere"}, {}),
    }
    if sink.mode in failures:
        return failures[sink.mode]
    sink.accepted_keys.add(key)
    sink.pushes.append(message)
    return 200, {"x-line-request-id": "r1"}, {"sentMessages": [{"id": f"46182{len(sink.pushes):04}"}]}


def _line_mistakes(headers: Any, message: dict[str, Any], key: str) -> Generator[str]:
    if headers.get("Content-Type") != "application/json":
        yield "Content-Type is not application/json"
    try:
        uuid.UUID(key)
    except ValueError:
        yield "X-Line-Retry-Key is no UUID"
    if not str(message.get("to", "")).startswith("U"):
        yield "to is no user"
    if not 1 <= len(message["messages"]) <= 5:
        yield "one to five messages"
    for one in message["messages"]:
        if one["type"] != "flex" or one["contents"]["type"] != "bubble" or not 0 < len(one["altText"]) <= 400:
            yield "a flex message needs contents and an altText of at most 400 characters"
        actions = [part["action"] for part in one["contents"].get("footer", {}).get("contents", [])]
        actions += [part["action"] for part in one.get("quickReply", {}).get("items", [])]
        for action in actions:
            if not 0 < len(action["label"]) <= 20:
                yield "a label has at most 20 characters"
            if action["type"] == "postback" and not 0 < len(action["data"]) <= 300:
                yield "postback data has at most 300 characters"
            if action["type"] == "uri" and not action["uri"].startswith(("https://", "http://")):
                yield "uri is no address"


def _order(sink: ProviderStandIn, headers: Any, body: bytes, what: str) -> _Answer:
    fields = parse_qsl(body.decode(), strict_parsing=True)
    single = dict(fields)
    for problem in _order_mistakes(headers, fields, what):
        sink.mistakes.append(problem)
        return 400, {}, {"code": 21000, "message": problem, "status": 400}
    failures: dict[str, _Answer] = {
        "rate_limit": (
            429,
            {"Retry-After": "30"},
            {"code": 20429, "message": "Too Many Requests", "status": 429},
        ),
        "busy": (500, {}, {"code": 20500, "message": "Internal Server Error", "status": 500}),
        "blocked": (
            400,
            {},
            {"code": 21610, "message": "Attempt to send to unsubscribed recipient", "status": 400},
        ),
        "wrong_token": (401, {}, {"code": 20003, "message": "Authenticate", "status": 401}),
        "redirect": (302, {"Location": f"{sink.url}/elsewhere"}, {}),
    }
    if sink.mode in failures:
        return failures[sink.mode]
    kept = sink.short_messages if what == "Messages" else sink.calls
    kept.append(single)
    sid = f"{'SM' if what == 'Messages' else 'CA'}{len(kept):032}"
    more = {"num_segments": "1"} if what == "Messages" else {}
    return 201, {}, {"sid": sid, "status": "queued", **more}


def _order_mistakes(headers: Any, fields: list[tuple[str, str]], what: str) -> Generator[str]:
    single = dict(fields)
    if headers.get("Content-Type") != "application/x-www-form-urlencoded":
        yield "Content-Type is no form"
    if not single.get("To", "").startswith("+") or single.get("From") != SENDER:
        yield "To and From are numbers in E.164"
    if not single.get("StatusCallback", "").startswith(f"{BASE_URL}/provider/twilio/receipt/"):
        yield "StatusCallback is no address of ours"
    if what == "Messages" and not 0 < len(single.get("Body", "")) <= 1600:
        yield "Body has 1 to 1600 characters"
    if what == "Calls":
        twiml = single.get("Twiml", "")
        root = ElementTree.fromstring(twiml)  # noqa: S314 - our own text
        if len(twiml) > 4000 or root.tag != "Response" or root.find("Gather/Say") is None:
            yield "Twiml is a Response with a Gather, of at most 4000 characters"
        if [value for name, value in fields if name == "StatusCallbackEvent"] != ["answered", "completed"]:
            yield "StatusCallbackEvent names one event each time"


def _answered(sink: ProviderStandIn, method: str, path: str, headers: Any, body: bytes) -> _Answer:
    if path.startswith("/v2/bot/message/") and headers.get("Authorization") != f"Bearer {LINE_TOKEN}":
        sink.mistakes.append("no bearer token")
        return 401, {}, {"message": "Authentication failed."}
    limited = {"type": "none"} if sink.limit is None else {"type": "limited", "value": sink.limit}
    readings = {"quota": limited, "quota/consumption": {"totalUsage": sink.used}}
    reading = readings.get(path.removeprefix("/v2/bot/message/"))
    if method == "GET" and reading is not None:
        return 200, {}, reading
    if (method, path) == ("POST", "/v2/bot/message/push"):
        return _line_push(sink, headers, body)
    for what in ("Messages", "Calls"):
        if (method, path) == ("POST", f"/2010-04-01/Accounts/{ACCOUNT}/{what}.json"):
            expected = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
            if headers.get("Authorization") != f"Basic {expected}":
                sink.mistakes.append("no sign-in")
                return 401, {}, {"code": 20003, "message": "Authenticate", "status": 401}
            return _order(sink, headers, body, what)
    sink.mistakes.append(f"{method} {path} does not exist")
    return 404, {}, {"code": 20404, "message": "not found", "status": 404}


@contextmanager
def provider_stand_in(**behaviour: Any) -> Generator[ProviderStandIn]:
    """Run the server for the length of a test, which fails if a request was not as documented."""
    sink = ProviderStandIn(**behaviour)

    class Handler(BaseHTTPRequestHandler):
        def _do(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            sink.asked += method == "POST"
            if sink.mode == "hang" and method == "POST":
                sink.release.wait(30)
            status, headers, answer = _answered(sink, method, self.path, self.headers, body)
            if sink.mode == "reset":
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            # Whoever asked may have hung up, as it does after a time-out.
            with suppress(OSError):
                self._say(status, headers, json.dumps(answer).encode())

        def _say(self, status: int, headers: dict[str, str], text: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            if sink.mode != "endless":
                self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text[: len(text) // 2] if sink.mode == "endless" else text)
            if sink.mode == "endless":
                self.wfile.flush()
                sink.release.wait(30)

        def do_POST(self) -> None:
            self._do("POST")

        def do_GET(self) -> None:
            self._do("GET")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", sink.port), Handler)
    sink.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield sink
        assert sink.mistakes == []
    finally:
        sink.release.set()
        server.shutdown()
        thread.join()
        server.server_close()
