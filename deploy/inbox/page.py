"""The inbox page: one phone per recipient, each with its messages, newest first, as the lock screen would show them."""

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import escape
from itertools import groupby
from zoneinfo import ZoneInfo

from deploy.inbox.mailbag import Letter

# What one phone shows; older ones stay in the folder.
_SHOWN = 60
_LINK = re.compile(r"https?://[^\s<>\"']+")
_ANSWER = re.compile(r"https?://[^\s<>\"'/]+/a/[^\s<>\"']+")
_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")

_WORDS = {
    "ja": {
        "title": "受信箱(実演用)",
        "intro": "ご家族やセンターの電話に届くものを、ここで見られます。だれにも送られてはいません。",
        "empty": "まだ何も届いていません。届くと、ここに出ます。",
        "mail": "メール",
        "webhook": "Webhook",
        "answer": "返事のページを開く",
        "arrived": "{address} に届きました",
        "lost": "受信箱が止まっています。実演を動かしている画面を見てください。",
        "other_language": "English",
        "phones": "届いた知らせ",
        "no_subject": "(件名なし)",
        "unread": "新着",
    },
    "en": {
        "title": "Inbox (demo)",
        "intro": "What the phones of families and of the centre would show. Nothing is sent to anybody.",
        "empty": "Nothing has arrived yet. It will appear here.",
        "mail": "Mail",
        "webhook": "Webhook",
        "answer": "Open the answer page",
        "arrived": "New for {address}",
        "lost": "The inbox has stopped. Look at the screen where the demo runs.",
        "other_language": "日本語",
        "phones": "Messages",
        "no_subject": "(no subject)",
        "unread": "New",
    },
}


def page(letters: Sequence[Letter], zone: ZoneInfo, language: str) -> str:
    """Return the whole page."""
    words = _WORDS[language]
    other = "en" if language == "ja" else "ja"
    newest = letters[-1].number if letters else 0
    phones = "".join(_phone(address, own, zone, language) for address, own in _by_recipient(letters))
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{words["title"]}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/inbox.css">
<script src="/inbox.js" defer></script>
</head>
<body data-newest="{newest}" data-unread="{words["unread"]}">
<header class="top">
<h1>{words["title"]}</h1>
<p>{words["intro"]}</p>
<a class="language" href="/?lang={other}" lang="{other}" hreflang="{other}">{words["other_language"]}</a>
</header>
<p class="lost" role="alert" data-text="{words["lost"]}" hidden></p>
<p class="arrived" role="status"></p>
<main aria-label="{words["phones"]}">
<p class="empty"{" hidden" if letters else ""}>{words["empty"]}</p>
<div class="phones">{phones}</div>
</main>
</body>
</html>
"""


def new_letters(letters: Iterable[Letter], zone: ZoneInfo, language: str) -> list[dict[str, object]]:
    """Return what the page's script adds, oldest first: the message, and the phone for a recipient it does not show yet."""
    return [
        {
            "number": letter.number,
            "phone": _key(letter.address),
            "message": _message(letter, zone, language, is_open=True),
            "frame": _phone(letter.address, [], zone, language),
            "arrived": _WORDS[language]["arrived"].format(address=letter.address or "?"),
        }
        for letter in letters
    ]


def _by_recipient(letters: Sequence[Letter]) -> list[tuple[str, list[Letter]]]:
    """Return the newest messages of each recipient, newest first, the recipient of the newest message first."""
    ordered = sorted(letters, key=lambda letter: letter.address)
    boxes = [
        (address, sorted(own, key=lambda letter: -letter.number)[:_SHOWN])
        for address, own in groupby(ordered, key=lambda letter: letter.address)
    ]
    return sorted(boxes, key=lambda box: -box[1][0].number)


def _phone(address: str, letters: Sequence[Letter], zone: ZoneInfo, language: str) -> str:
    key = _key(address)
    messages = "".join(
        _message(letter, zone, language, is_open=place == 0) for place, letter in enumerate(letters)
    )
    return (
        f'<section class="phone" id="{key}" aria-labelledby="{key}-name">'
        f'<h2 id="{key}-name">{escape(address or "?")}</h2>'
        f'<ol class="messages">{messages}</ol></section>'
    )


def _message(letter: Letter, zone: ZoneInfo, language: str, *, is_open: bool) -> str:
    words = _WORDS[language]
    local = letter.arrived_at.astimezone(zone)
    subject = escape(" ".join(letter.subject.split())) or words["no_subject"]
    answer = _ANSWER.search(letter.body)
    button = (
        f'<a class="answer" href="{escape(answer[0])}" target="_blank" rel="noopener">{words["answer"]}</a>'
        if answer
        else ""
    )
    spoken = "ja" if _JAPANESE.search(letter.subject + letter.body) else "en"
    return (
        f'<li class="message" data-number="{letter.number}"><details{" open" if is_open else ""}><summary>'
        f'<span class="line"><time datetime="{local.isoformat(timespec="seconds")}">{local:%H:%M}</time>'
        f'<span class="channel">{words.get(letter.channel, escape(letter.channel))}</span></span>'
        f'<span class="subject" lang="{spoken}">{subject}</span></summary>'
        f'<div class="body" lang="{spoken}">{_linked(letter.body)}</div>{button}</details></li>'
    )


def _linked(body: str) -> str:
    """Return the text with its addresses as links, and nothing else of it as markup."""
    parts: list[str] = []
    end = 0
    for match in _LINK.finditer(body):
        url = escape(match[0])
        parts += [
            escape(body[end : match.start()]),
            f'<a href="{url}" target="_blank" rel="noopener">{url}</a>',
        ]
        end = match.end()
    return "".join([*parts, escape(body[end:])]).strip()


def _key(address: str) -> str:
    return "to-" + sha256(address.encode("utf-8", "replace")).hexdigest()[:12]
