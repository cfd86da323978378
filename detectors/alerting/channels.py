"""One message on one channel, and what is known of its arrival. The only module that knows apprise, for mail and chats.

Every delivery gets a fresh object with one target, since a used one waits seconds before it sends again. Addresses are taken apart
and checked here; no text that a person entered is ever read as an apprise URL.
"""

import logging
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from email.header import Header
from email.utils import parseaddr
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import apprise
from apprise.manager_plugins import NotificationManager
from apprise.result import AppriseResultStatus
from pydantic import SecretStr

from core.domain.delivery.contact_channel import STAFF_ONLY
from core.domain.delivery.record import Attempt, DeliveryResult
from core.domain.people import Channel, Language
from core.errors import SettingsError
from detectors.alerting import webhook_hosts
from detectors.alerting.messages import Text
from detectors.alerting.outgoing import OutgoingMessage
from detectors.alerting.providers.line import LineAccount, LineProvider
from detectors.alerting.providers.signed_webhook import WebhookProvider
from detectors.alerting.providers.staff_chat import SCHEMAS, chat_target
from detectors.alerting.providers.twilio import TelephoneAccount, TelephoneProvider

# One attempt never takes longer than this; a sender's lease lasts longer.
ATTEMPT_LIMIT_S = 20.0
_MAIL_WAIT_S = 8
_HTTP_WAIT_S = 4
_SENDER_NAME = {Language.JA: "見守り", Language.EN: "Mimamori"}
_ADDRESS = re.compile(r"[^@\s,;<>()\"']{1,64}@[^@\s,;<>()\"']{1,255}\Z")
_HTTP_STATUS = re.compile(r"error=(\d{3})")
_SMTP_STATUS = re.compile(r"\((\d{3}), b['\"]|refused: (\d{3}) ")
# Busy or too early, though numbered like a mistake of ours.
_HTTP_TEMPORARY = frozenset({408, 409, 425, 429})
_SUPPORTED = ("mailto", "mailtos", *SCHEMAS)


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over."""

    host: str
    port: int
    mode: str
    user: str | None
    password: str | None


def mail_server(url: SecretStr) -> MailServer | None:
    """Return the server that `MIMAMORI_MAIL_URL` names; None where it is empty.

    `smtps://` speaks TLS from the start, `smtp://` switches to TLS by STARTTLS except on this very machine, and `smtp+plain://`
    never does, for a relay on a closed network.

    Raises
    ------
    SettingsError
        The text is no such address.
    """
    text = url.get_secret_value()
    if not text:
        return None
    parts = urlsplit(text)
    port = _port(parts)
    if parts.scheme not in {"smtp", "smtps", "smtp+plain"} or not parts.hostname or port is None:
        raise SettingsError(
            "MIMAMORI_MAIL_URL: write smtps://user:password@host:465, smtp://host:587 or smtp+plain://host:25"
        )
    is_here = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    mode = {"smtps": "ssl", "smtp+plain": "insecure"}.get(parts.scheme, "insecure" if is_here else "starttls")
    return MailServer(
        host=parts.hostname,
        port=port or (465 if mode == "ssl" else 587 if mode == "starttls" else 25),
        mode=mode,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def warm_up() -> None:
    """Load only the kinds of delivery we use, and keep addresses out of the logs. Takes most of a second, once."""
    manager: Any = NotificationManager()
    with warnings.catch_warnings():
        # Its mail plugin looks for a module that newer Pythons no longer have, and copes without.
        warnings.simplefilter("ignore", DeprecationWarning)
        manager.enable_only(*_SUPPORTED)
    # By themselves these write addresses, paths and bodies into our logs; what we need is read from each result.
    for name in ("apprise", "urllib3", "requests"):
        log = logging.getLogger(name)
        log.propagate = False
        if not log.handlers:
            log.addHandler(logging.NullHandler())
    logging.getLogger("apprise").setLevel(logging.DEBUG)
    webhook_hosts.install()


class DeliveryChannel:
    """Takes messages to contacts.

    Parameters
    ----------
    server : MailServer or None
        For mail; None where none is set up.
    mail_from : str
        The sender's address.
    allow_private_hosts : bool
        Let webhooks, and the interfaces of providers, be at private and loopback addresses.
    line, telephone : LineAccount, TelephoneAccount or None
        Our accounts with those who reach telephones; None where none is set up.
    chat_hosts : iterable of str
        Hosts where chats of the offices may be.

    Raises
    ------
    SettingsError
        The sender's address cannot be used.
    """

    def __init__(
        self,
        server: MailServer | None,
        mail_from: str,
        *,
        allow_private_hosts: bool,
        line: LineAccount | None = None,
        telephone: TelephoneAccount | None = None,
        chat_hosts: Iterable[str] = (),
    ) -> None:
        self._server = server
        self._from = parseaddr(mail_from)
        if not _ADDRESS.match(self._from[1]):
            raise SettingsError("MIMAMORI_MAIL_FROM: write an address such as mimamori@example.jp")
        warm_up()
        self.line = LineProvider(line, allow_private_hosts=allow_private_hosts)
        telephones = TelephoneProvider(telephone, allow_private_hosts=allow_private_hosts)
        self._ways: Mapping[Channel, Callable[[OutgoingMessage], Attempt]] = {
            Channel.MAIL: self._mail,
            Channel.WEBHOOK: WebhookProvider(allow_private_hosts=allow_private_hosts).send,
            Channel.LINE: self.line.send,
            Channel.SMS: telephones.send_short_message,
            Channel.VOICE: telephones.call,
            **dict.fromkeys(STAFF_ONLY, self._chat),
        }
        self._chat_hosts = frozenset(chat_hosts)
        self._asset = apprise.AppriseAsset(
            app_id="Mimamori",
            app_desc="Mimamori",
            app_url="",
            image_url_mask="",
            image_url_logo="",
            image_path_mask="",
            http_redirects=False,
            interpret_escapes=False,
            interpret_emojis=False,
            async_mode=False,
        )

    def send(self, message: OutgoingMessage) -> Attempt:
        """Make one attempt; blocks for at most `ATTEMPT_LIMIT_S`."""
        way = self._ways.get(message.channel)
        return Attempt(DeliveryResult.REFUSED, "channel_unknown") if way is None else way(message)

    def _mail(self, message: OutgoingMessage) -> Attempt:
        if self._server is None:
            return Attempt(DeliveryResult.FAILED, "mail_not_configured")
        if not _ADDRESS.match(message.address):
            return Attempt(DeliveryResult.REFUSED, "mail_address_unusable")
        name, address = self._from
        target: dict[str, Any] = {
            "schema": "mailto",
            "host": self._server.host,
            "smtp_host": self._server.host,
            "port": self._server.port,
            "secure_mode": self._server.mode,
            "user": self._server.user,
            "password": self._server.password,
            "from_addr": f"{name or _SENDER_NAME[message.language]} <{address}>",
            "targets": message.address,
            "headers": {"Auto-Submitted": "auto-generated", "Content-Language": str(message.language)},
            "format": "text",
            "cto": _MAIL_WAIT_S,
            "rto": _MAIL_WAIT_S,
        }
        return self._attempt(target, Text(_header(message.text.subject), message.text.body), _mail_attempt)

    def _chat(self, message: OutgoingMessage) -> Attempt:
        target = chat_target(message.channel, message.address, self._chat_hosts)
        if target.refusal is not None:
            return Attempt(DeliveryResult.REFUSED, target.refusal)
        waits = f"cto={_HTTP_WAIT_S}&rto={_HTTP_WAIT_S}"
        url = f"{target.url}{'&' if '?' in target.url else '?'}{waits}"
        return self._attempt(url, message.text, _chat_attempt)

    def _attempt(
        self, target: Mapping[str, Any] | str, text: Text, evaluate: Callable[[Iterable[str]], Attempt]
    ) -> Attempt:
        # Half typed by its makers; what comes back is checked below.
        notifier: Any = apprise.Apprise(asset=self._asset)
        if not notifier.add(target if isinstance(target, str) else dict(target)):
            return Attempt(DeliveryResult.REFUSED, "address_unusable")
        result = notifier.notify(
            body=text.body,
            title=text.subject,
            body_format=apprise.NotifyFormat.TEXT,
            timeout=ATTEMPT_LIMIT_S,
            log_level=logging.DEBUG,
        )
        if result.status is AppriseResultStatus.SUCCESS:
            return Attempt(DeliveryResult.DELIVERED)
        if result.status is AppriseResultStatus.TIMEOUT:
            return Attempt(DeliveryResult.UNKNOWN, "timeout")
        return evaluate([entry.message for entry in result.logs()])


def _header(subject: str) -> str:
    """Return a subject in encoded words of the length that mail servers accept; apprise would make a single endless one."""
    return subject if subject.isascii() else " ".join(Header(subject, "utf-8").encode().split())


def _mail_attempt(lines: Iterable[str]) -> Attempt:
    text = "\n".join(lines)
    found = _SMTP_STATUS.search(text)
    status = int(found[1] or found[2]) if found is not None else None
    if "Connection error while submitting" in text:
        # Before the message itself: whatever the number, it is about us (a wrong password, say), not about the contact.
        return Attempt(DeliveryResult.FAILED, f"smtp_{status}" if status else "smtp_connection")
    if status is not None:
        return Attempt(DeliveryResult.REFUSED if status >= 500 else DeliveryResult.FAILED, f"smtp_{status}")
    # The connection broke while the message was under way: it may have been accepted.
    return Attempt(DeliveryResult.UNKNOWN, "timeout")


def _chat_attempt(lines: Iterable[str]) -> Attempt:
    text = "\n".join(lines)
    found = _HTTP_STATUS.search(text)
    if found is not None:
        status = int(found[1])
        is_final = 400 <= status < 500 and status not in _HTTP_TEMPORARY
        return Attempt(DeliveryResult.REFUSED if is_final else DeliveryResult.FAILED, f"http_{status}")
    if "Read timed out" in text:
        return Attempt(DeliveryResult.UNKNOWN, "timeout")
    return Attempt(DeliveryResult.FAILED, "http_connection")


def _port(parts: SplitResult) -> int | None:
    """Return the port, 0 where none is written, None where it is no port."""
    try:
        return parts.port or 0
    except ValueError:
        return None
