"""The demo's inbox: real mail and webhooks in, one page out, and nothing lost by a restart."""

import html
import json
import smtplib
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from core.domain.people import Channel
from deploy.inbox.mail import mail_server
from deploy.inbox.mailbag import Mailbag
from deploy.inbox.web import web_server
from deploy.local.ports import free_port
from detectors.alerting import channels
from detectors.alerting.channels import DeliveryChannel, DeliveryResult
from detectors.alerting.messages import Text
from tests.support.alerting import NOW, outgoing
from tests.support.services.processes import Process, Processes

SUBJECT = "【確認】お母さんのことで確認のお願いがあります"
LINK = "http://127.0.0.1:8080/a/AbC_-123"
BODY = f"【確認】お母さんの動きが見られません。\n\n返事をする: {LINK}"


class Inbox:
    """How a test talks to an inbox, and how it starts one as a process."""

    def __init__(self, folder: Path) -> None:
        self.smtp_port, self.http_port = free_port(), free_port()
        self.folder = folder

    def start(self, processes: Processes, **settings: str) -> Process:
        """Start it as a process of its own."""
        ports = ("--smtp-port", str(self.smtp_port), "--http-port", str(self.http_port))
        return processes.start("deploy.inbox", settings, *ports, "--folder", str(self.folder))

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}", timeout=10) as answer:
            return answer.read().decode()

    def fresh(self, after: int = 0) -> list[dict[str, Any]]:
        return json.loads(self.get(f"/new?after={after}"))

    def send_mail(self, raw: bytes, *addresses: str) -> None:
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=10) as smtp:
            smtp.sendmail("a@example.jp", addresses or ("taro@example.jp",), raw)

    def post(self, path: str, content: bytes) -> int:
        request = urllib.request.Request(f"http://127.0.0.1:{self.http_port}{path}", data=content)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - http, as written above
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code


@pytest.fixture
def stopped_inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "inbox")


@pytest.fixture
def inbox(stopped_inbox: Inbox) -> Iterator[Inbox]:
    """Give one that runs inside the test's own process, which starts faster."""
    bag = Mailbag(stopped_inbox.folder, lambda: NOW)
    zone = ZoneInfo("Asia/Tokyo")
    with mail_server(bag, stopped_inbox.smtp_port), web_server(bag, zone, stopped_inbox.http_port):
        yield stopped_inbox


def a_mail(subject: str = SUBJECT, body: str = BODY) -> bytes:
    message = EmailMessage()
    message["Subject"], message["To"] = subject, "taro@example.jp"
    message.set_content(body)
    return bytes(message)


def test_what_the_service_sends_is_shown_with_its_link(inbox: Inbox) -> None:
    server = channels.mail_server(SecretStr(f"smtp://127.0.0.1:{inbox.smtp_port}"))
    delivery_channel = DeliveryChannel(server, "mimamori@localhost", allow_private_hosts=True)
    hook = f"http://127.0.0.1:{inbox.http_port}/webhook/{quote('花子')}"
    for channel, address in ((Channel.MAIL, "taro@example.jp"), (Channel.WEBHOOK, hook)):
        message = outgoing(channel, address, Text(SUBJECT, BODY, "お母さんの動きが見られません。"))
        assert delivery_channel.send(message).arrival is DeliveryResult.DELIVERED

    page = inbox.get("/")
    assert page.count(SUBJECT) == 2
    # A program gets no link to answer with.
    assert page.count(f'class="answer" href="{LINK}"') == 1
    assert ">taro@example.jp</h2>" in page
    assert ">花子</h2>" in page
    assert page.index("花子") < page.index("taro@example.jp")


def test_messages_are_still_there_after_it_was_killed(stopped_inbox: Inbox, processes: Processes) -> None:
    inbox = stopped_inbox
    first = inbox.start(processes)
    inbox.send_mail(a_mail("最初の知らせ"))
    first.kill()
    # What a broken run leaves behind is no reason not to start.
    (inbox.folder / "00000009.json").write_text("{half", encoding="utf-8")

    # This time with the settings of a demo, whose clock is shown.
    clock = inbox.folder / "clock"
    clock.write_text("2026-08-01T06:47:00+09:00", encoding="ascii")
    settings = {"ENVIRONMENT": "demo", "DATABASE_URL": "unused", "CLOCK": f"file:{clock}"}
    second = inbox.start(processes, **{f"MIMAMORI_{name}": value for name, value in settings.items()})
    inbox.send_mail(a_mail("次の知らせ"))

    page = inbox.get("/")
    assert page.index("次の知らせ") < page.index("最初の知らせ")
    assert [item["number"] for item in inbox.fresh(after=1)] == [2]
    assert ">06:47</time>" in page
    second.stop()
    assert second.exit_code == 0


def test_both_languages_are_offered(inbox: Inbox) -> None:
    assert '<html lang="ja">' in inbox.get("/")
    english = inbox.get("/?lang=en")
    assert '<html lang="en">' in english
    assert "Nothing has arrived yet" in english


def test_nothing_in_a_message_becomes_markup(inbox: Inbox) -> None:
    evil = '<script>alert(1)</script><a href="javascript:alert(2)">x</a> javascript:alert(3)'
    inbox.send_mail(a_mail(evil, evil), '"<b>x</b>"@example.jp')
    inbox.post("/webhook/%3Cimg%20src=x%3E", json.dumps({"title": evil, "message": evil}).encode())

    page = inbox.get("/")
    assert "<script>alert" not in page
    assert "<img" not in page
    assert 'href="javascript' not in page
    assert html.escape("<script>alert(1)</script>") in page


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"[1, 2]", b'{"title": 3}', b"[" * 50_000, "見守り".encode()]
)
def test_a_webhook_with_anything_in_it_is_kept(inbox: Inbox, content: bytes) -> None:
    assert inbox.post("/webhook/taro", content) == 200
    assert len(inbox.fresh()) == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"no headers at all",
        b"Subject: \xff\xfe\r\n\r\n\xff",
        b"Content-Type: text/plain; charset=no-such-charset\r\n\r\nhello",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x--\r\n",
    ],
)
def test_a_mail_with_anything_in_it_is_kept(inbox: Inbox, raw: bytes) -> None:
    inbox.send_mail(raw)
    assert len(inbox.fresh()) == 1
    assert "taro@example.jp" in inbox.get("/")


def test_a_mail_to_several_people_is_shown_on_each_phone(inbox: Inbox) -> None:
    inbox.send_mail(a_mail(), "taro@example.jp", "hanako@example.jp")

    assert len({item["phone"] for item in inbox.fresh()}) == 2


def test_what_is_too_long_is_refused(inbox: Inbox) -> None:
    assert inbox.post("/webhook/taro", b"x" * 300_000) == 413
    assert inbox.fresh() == []


@pytest.mark.parametrize("path", ["/new?after=x", "/new?after=-1", "/new?after=" + "9" * 400])
def test_odd_questions_for_new_messages_are_answered(inbox: Inbox, path: str) -> None:
    assert json.loads(inbox.get(path)) == []


def test_there_is_nothing_else_to_get(inbox: Inbox) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        inbox.get("/../../etc/passwd")


@pytest.mark.parametrize("taken", ["smtp_port", "http_port"])
def test_a_taken_port_is_one_clear_line(
    inbox: Inbox, processes: Processes, tmp_path: Path, taken: str
) -> None:
    ports = {"smtp_port": free_port(), "http_port": free_port(), taken: getattr(inbox, taken)}
    second = processes.start(
        "deploy.inbox",
        {},
        *("--smtp-port", str(ports["smtp_port"]), "--http-port", str(ports["http_port"])),
        *("--folder", str(tmp_path / "second")),
        ready=None,
    )

    assert second.wait() == 69
    assert f"port {ports[taken]} for" in second.output
    assert "Traceback" not in second.output
