"""The inbox page: one phone per person, each with its messages and calls, newest first, as the phone would show them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from html import escape
from itertools import groupby
from zoneinfo import ZoneInfo

from deploy.inbox.mailbag import Letter, PhoneState
from deploy.inbox.phone_network import HANG_UP, VOICE

Owners = Mapping[str, str]
"""Whose phone an address is: what stands above it, by address."""
NOBODYS: Owners = {}

# What one phone shows; older ones stay in the folder.
_SHOWN = 60
_LINK = re.compile(r"https?://[^\s<>\"']+")
_ANSWER = re.compile(r"https?://[^\s<>\"'/]+/a/[^\s<>\"']+")
_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")

_STATES = {
    PhoneState.SENT: "sent",
    PhoneState.ARRIVED: "arrived_state",
    PhoneState.RINGING: "ringing",
    PhoneState.TALKING: "talking",
    PhoneState.MISSED: "missed",
    PhoneState.REFUSED: "refused",
    PhoneState.ENDED: "ended",
}
_WORDS = {
    "ja": {
        "title": "受信箱(実演用)",
        "intro": "ご家族やセンターの電話に届くものを、ここで見られます。だれにも送られてはいません。",
        "empty": "まだ何も届いていません。届くと、ここに出ます。",
        "mail": "メール",
        "webhook": "Webhook",
        "line": "LINE",
        "sms": "ショートメッセージ",
        "voice": "電話",
        "answer": "返事のページを開く",
        "key": "キー {key}",
        "hang_up": "出ずに切る",
        "pressed": "「{label}」を押しました",
        "not_taken": "押したことがサービスに届きませんでした。もう一度押してください。",
        "call": "見守りセンターからの電話",
        "spoken": "電話の声: ",
        "sent": "送信済み",
        "arrived_state": "届きました",
        "ringing": "着信中",
        "talking": "通話中",
        "missed": "不在着信",
        "refused": "出ずに切りました",
        "ended": "通話終了",
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
        "line": "LINE",
        "sms": "Text message",
        "voice": "Call",
        "answer": "Open the answer page",
        "key": "Key {key}",
        "hang_up": "Decline the call",
        "pressed": "You pressed {label}",
        "not_taken": "The service did not take what you pressed. Press it again.",
        "call": "Call from the watch-over centre",
        "spoken": "The voice says: ",
        "sent": "sent",
        "arrived_state": "arrived",
        "ringing": "ringing",
        "talking": "in the call",
        "missed": "missed call",
        "refused": "declined",
        "ended": "call ended",
        "arrived": "New for {address}",
        "lost": "The inbox has stopped. Look at the screen where the demo runs.",
        "other_language": "日本語",
        "phones": "Messages",
        "no_subject": "(no subject)",
        "unread": "New",
    },
}


def page(letters: Sequence[Letter], zone: ZoneInfo, language: str, owners: Owners = NOBODYS) -> str:
    """Return the whole page."""
    words = _WORDS[language]
    other = "en" if language == "ja" else "ja"
    newest = max((letter.revision for letter in letters), default=0)
    phones = "".join(_phone(owner, own, zone, language) for owner, own in _by_owner(letters, owners))
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
<p class="lost" role="alert" data-text="{words["lost"]}" data-press="{words["not_taken"]}" hidden></p>
<p class="arrived" role="status"></p>
<main aria-label="{words["phones"]}">
<p class="empty"{" hidden" if letters else ""}>{words["empty"]}</p>
<div class="phones">{phones}</div>
</main>
</body>
</html>
"""


def new_letters(
    letters: Iterable[Letter], zone: ZoneInfo, language: str, owners: Owners = NOBODYS
) -> list[dict[str, object]]:
    """Return what the page's script adds or replaces, oldest first: the message, and the phone if it does not show that yet."""
    return [
        {
            "number": letter.number,
            "revision": letter.revision,
            "phone": _key(_owner(letter, owners)),
            "message": _message(letter, zone, language, is_open=True),
            "frame": _phone(_owner(letter, owners), [], zone, language),
            "arrived": _WORDS[language]["arrived"].format(address=_owner(letter, owners)),
        }
        for letter in letters
    ]


def _owner(letter: Letter, owners: Owners) -> str:
    return owners.get(letter.address, letter.address) or "?"


def _by_owner(letters: Sequence[Letter], owners: Owners) -> list[tuple[str, list[Letter]]]:
    """Return the newest messages of each phone, newest first, the phone with the newest message first."""

    def owner(letter: Letter) -> str:
        return _owner(letter, owners)

    boxes = [
        (name, sorted(own, key=lambda letter: -letter.number)[:_SHOWN])
        for name, own in groupby(sorted(letters, key=owner), key=owner)
    ]
    return sorted(boxes, key=lambda box: -box[1][0].number)


def _phone(owner: str, letters: Sequence[Letter], zone: ZoneInfo, language: str) -> str:
    key = _key(owner)
    messages = "".join(
        _message(letter, zone, language, is_open=place == 0) for place, letter in enumerate(letters)
    )
    return (
        f'<section class="phone" id="{key}" aria-labelledby="{key}-name">'
        f'<h2 id="{key}-name">{escape(owner)}</h2>'
        f'<ol class="messages">{messages}</ol></section>'
    )


def _message(letter: Letter, zone: ZoneInfo, language: str, *, is_open: bool) -> str:
    words = _WORDS[language]
    local = letter.arrived_at.astimezone(zone)
    usual = words["call"] if letter.channel == VOICE else words["no_subject"]
    subject = escape(" ".join(letter.subject.split())) or usual
    spoken = "ja" if _JAPANESE.search(letter.subject + letter.body) else "en"
    channel = escape(letter.channel)
    state = f'<span class="state">{words[_STATES[letter.state]]}</span>' if letter.state in _STATES else ""
    # What a call says comes by ear.
    lead = words["spoken"] if letter.channel == VOICE else ""
    return (
        f'<li class="message is-{channel} is-{letter.state or "plain"}" data-number="{letter.number}">'
        f"<details{' open' if is_open else ''}><summary>"
        f'<span class="line"><time datetime="{local.isoformat(timespec="seconds")}">{local:%H:%M}</time>'
        f'<span class="channel">{words.get(letter.channel, channel)}</span>{state}</span>'
        f'<span class="subject" lang="{spoken if letter.subject else language}">{subject}</span></summary>'
        f'<div class="body" lang="{spoken}">{lead}{_linked(letter.body)}</div>'
        f"{_presses(letter, words, spoken)}{_answer(letter, words)}</details></li>"
    )


def _presses(letter: Letter, words: Mapping[str, str], spoken: str) -> str:
    """Return the buttons or keys of a message, and what was pressed last."""
    buttons = "".join(
        f'<button type="button" data-place="{place}"{_label(press.label, press.sends, words, letter)}</button>'
        for place, press in enumerate(letter.presses)
    )
    keys = f'<div class="presses" lang="{spoken}">{buttons}</div>' if buttons else ""
    note = words["pressed"].format(label=escape(letter.pressed)) if letter.pressed else ""
    return keys + (f'<p class="pressed">{note}</p>' if note else "")


def _label(label: str, sends: str, words: Mapping[str, str], letter: Letter) -> str:
    if sends == HANG_UP:
        return f' class="hang-up">{words["hang_up"]}'
    if letter.channel == VOICE:
        return f' class="key" aria-label="{words["key"].format(key=escape(label))}">{escape(label)}'
    return f">{escape(label)}"


def _answer(letter: Letter, words: Mapping[str, str]) -> str:
    found = _ANSWER.search(letter.body)
    if found is None:
        return ""
    return f'<a class="answer" href="{escape(found[0])}" target="_blank" rel="noopener">{words["answer"]}</a>'


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
