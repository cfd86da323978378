"""The mail server of the inbox: takes every message, for whomever, and keeps it."""

import asyncio
import logging
import threading
from collections.abc import Generator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from weakref import WeakSet

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from core.errors import MimamoriError
from deploy.inbox.mailbag import LetterText, Mailbag

HOST = "127.0.0.1"
_SIZE_LIMIT = 1024 * 1024


class InboxError(MimamoriError):
    """The inbox cannot start."""

    exit_code = 69  # EX_UNAVAILABLE


class MailController(Controller):
    """A mail server in a thread of its own whose connections end with it; aiosmtpd leaves them to the garbage collector."""

    def __init__(
        self, handler: object, *, hostname: str, port: int, data_size_limit: int = _SIZE_LIMIT
    ) -> None:
        # aiosmtpd leaves the types of what it hands on open.
        super().__init__(handler, hostname=hostname, port=port, data_size_limit=data_size_limit)  # pyright: ignore[reportUnknownMemberType]
        self._sessions = WeakSet[SMTP]()

    def factory(self) -> SMTP:
        """Return what answers one connection."""
        session = super().factory()
        self._sessions.add(session)
        return session

    def cancel_tasks(self, stop_loop: bool = True) -> None:
        """Break off what is connected, and then end; called in the server's own thread."""
        for session in self._sessions:
            if isinstance(session.transport, asyncio.WriteTransport):
                session.transport.abort()
        # A broken off connection closes its socket in the next round of the loop.
        self.loop.call_soon(super().cancel_tasks, stop_loop)

    def _run(self, ready_event: threading.Event) -> None:
        try:
            super()._run(ready_event)
        finally:
            # A server that could not take its port leaves no loop to the garbage collector, and whoever starts it learns so at once.
            self.loop.close()
            self._factory_invoked.set()
            ready_event.set()

    def _trigger_server(self) -> None:
        if self._thread_exception is None:
            super()._trigger_server()


class _Keeper:
    """What the mail server does with each message."""

    def __init__(self, bag: Mailbag) -> None:
        self._bag = bag

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep one copy for each recipient."""
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        words = _read(raw)
        for address in envelope.rcpt_tos:
            self._bag.put("mail", address, words)
        return "250 OK"


@contextmanager
def mail_server(bag: Mailbag, port: int) -> Generator[None]:
    """Run the mail server on a loopback port.

    Raises
    ------
    InboxError
        The port is taken.
    """
    # It would write a line for every word of the protocol.
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    controller = MailController(_Keeper(bag), hostname=HOST, port=port, data_size_limit=_SIZE_LIMIT)
    try:
        controller.start()
    except OSError as error:
        raise InboxError(
            f"port {port} for mail cannot be used ({error.strerror}); choose another --smtp-port"
        ) from error
    try:
        yield
    finally:
        controller.stop()


def _read(raw: bytes) -> LetterText:
    message = message_from_bytes(raw, policy=policy.default)
    return LetterText(str(message.get("Subject", "")), _body(message, raw))


def _body(message: EmailMessage, raw: bytes) -> str:
    part = message.get_body(preferencelist=("plain", "html"))
    try:
        text = part.get_content() if part is not None else None
    except (LookupError, ValueError):
        text = None
    return text if isinstance(text, str) else raw.decode("utf-8", "replace")
