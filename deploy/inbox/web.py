"""The web server of the inbox: takes webhooks and what goes to LINE and telephones, and shows the page."""

import json
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

import msgspec

from deploy.inbox.mail import HOST, InboxError
from deploy.inbox.mailbag import LetterText, Mailbag
from deploy.inbox.page import NOBODYS, Owners, new_letters, page
from deploy.inbox.phone_network import PhoneNetwork

_SIZE_LIMIT = 256 * 1024
_STATIC = {"/inbox.css": "text/css; charset=utf-8", "/inbox.js": "text/javascript; charset=utf-8"}
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:;"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class _PressIn(msgspec.Struct):
    """Which button of which message."""

    number: int
    place: int


class _Handler(BaseHTTPRequestHandler):
    """Answers one request; what stands above the methods is set on the subclass that the server uses."""

    bag: Mailbag
    zone: ZoneInfo
    owners: Owners
    network: PhoneNetwork | None
    timeout = 10

    def do_GET(self) -> None:
        """Show the page, its new messages, or one of its files."""
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        language = "en" if query.get("lang") == ["en"] else "ja"
        if parts.path == "/":
            self._answer(
                page(self.bag.after(0), self.zone, language, self.owners), "text/html; charset=utf-8"
            )
        elif parts.path == "/new":
            after = query.get("after", ["0"])[0]
            number = int(after) if after.isdecimal() and len(after) < 18 else 0
            fresh = new_letters(self.bag.after(number), self.zone, language, self.owners)
            self._answer(json.dumps(fresh, ensure_ascii=False), "application/json")
        elif parts.path in _STATIC:
            self._answer(_static(parts.path), _STATIC[parts.path])
        elif not self._is_for_network(b""):
            self._answer("not found\n", "text/plain; charset=utf-8", HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Take what a provider is asked for, a press on this page, or a webhook, whose path says for whom."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _SIZE_LIMIT:
            self._answer("too long\n", "text/plain; charset=utf-8", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        raw = self.rfile.read(int(length))
        if self._is_for_network(raw):
            return
        if self.path == "/press":
            self._press(raw)
            return
        address = unquote(urlsplit(self.path).path).strip("/").rsplit("/", 1)[-1]
        self.bag.put("webhook", address, _words(raw))
        self._answer("kept\n", "text/plain; charset=utf-8")

    def _is_for_network(self, raw: bytes) -> bool:
        """Return whether the request was for LINE or the telephone provider, and answer it if so."""
        if self.network is None:
            return False
        answer = self.network.answer(self.command, urlsplit(self.path).path, self.headers, raw)
        if answer is None:
            return False
        self._answer(json.dumps(answer.fields), "application/json", answer.status)
        return True

    def _press(self, raw: bytes) -> None:
        # Only this page presses: a form of another page in the same browser would send its own origin.
        if self.headers.get("Origin") != f"http://{self.headers.get('Host', '')}":
            self._answer("not from here\n", "text/plain; charset=utf-8", HTTPStatus.FORBIDDEN)
            return
        try:
            press = msgspec.json.decode(raw, type=_PressIn)
        except msgspec.DecodeError:
            self._answer("no press\n", "text/plain; charset=utf-8", HTTPStatus.BAD_REQUEST)
            return
        is_taken = self.network is not None and self.network.press(press.number, press.place)
        status = HTTPStatus.OK if is_taken else HTTPStatus.BAD_GATEWAY
        self._answer("pressed\n" if is_taken else "not taken\n", "text/plain; charset=utf-8", status)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Keep quiet: a page that looks for new messages every second would fill the log."""

    def _answer(self, text: str, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        body = text.encode("utf-8", "replace")
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Type": kind, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def web_server(
    bag: Mailbag,
    zone: ZoneInfo,
    port: int,
    *,
    owners: Owners = NOBODYS,
    network: PhoneNetwork | None = None,
) -> Generator[int]:
    """Run the web server on a loopback port and give the port.

    Parameters
    ----------
    bag, zone, port
        Where messages are kept, in which zone times are shown, and where to listen; 0 for any free port.
    owners : mapping
        Whose phone an address is.
    network : PhoneNetwork or None
        LINE and the telephone provider; None where the service has no account with them.

    Raises
    ------
    InboxError
        The port is taken.
    """
    handler = type("Handler", (_Handler,), {"bag": bag, "zone": zone, "owners": owners, "network": network})
    try:
        server = ThreadingHTTPServer((HOST, port), handler)
    except OSError as error:
        raise InboxError(
            f"port {port} for the inbox page cannot be used ({error.strerror}); choose another --http-port"
        ) from error
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="inbox-web")
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _words(raw: bytes) -> LetterText:
    """Return title and text of a webhook's body; whatever else came is shown as it is."""
    text = raw.decode("utf-8", "replace")
    try:
        content: object = json.loads(text)
    except (ValueError, RecursionError):
        return LetterText("", text)
    if not isinstance(content, Mapping):
        return LetterText("", text)
    fields = cast("Mapping[str, object]", content)
    inside = fields.get("data")
    if isinstance(inside, Mapping):
        # An event of ours; other programs write the words themselves.
        fields = cast("Mapping[str, object]", inside)
    title, message = fields.get("title"), fields.get("text", fields.get("message"))
    return LetterText(title if isinstance(title, str) else "", message if isinstance(message, str) else text)


@cache
def _static(path: str) -> str:
    return files("deploy.inbox").joinpath("static", path.strip("/")).read_text(encoding="utf-8")
