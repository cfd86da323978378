"""The messages that arrived, one file each, so that they are still there after a restart."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import msgspec

# Enough for a long demo; the oldest go first.
MOST_LETTERS = 2000


class PhoneState(StrEnum):
    """What the phone does with a message that its provider reports on."""

    NONE = ""
    """Nothing is reported of it."""
    SENT = "sent"
    """A short message whose receipt is not reported yet."""
    ARRIVED = "arrived"
    RINGING = "ringing"
    TALKING = "talking"
    """Somebody picked up, and the call is not over."""
    MISSED = "missed"
    REFUSED = "refused"
    """Somebody hung up without picking up."""
    ENDED = "ended"


@dataclass(frozen=True)
class PhoneKey:
    """A button or key of a phone: what stands on it, and what the phone sends when it is pressed."""

    label: str
    sends: str


@dataclass(frozen=True)
class Letter:
    """One message as it arrived.

    Attributes
    ----------
    number : int
        Counts from 1 in order of arrival.
    arrived_at : datetime
        By the demo's clock.
    channel : str
        `mail`, `webhook`, `line`, `sms` or `voice`.
    address : str
        To whom: a mail address, the webhook's path, a LINE account or a telephone number.
    subject, body : str
        The words; of a call what it says.
    presses : tuple of PhoneKey
        The buttons or keys with which it can be answered.
    answers_to, reports_to : str
        Where a pressed key, and what became of a call or short message, are reported; empty where nowhere.
    state : PhoneState
        What the phone does with it.
    pressed : str
        The label of what was pressed last.
    revision : int
        Counts from 1 over all new messages and changes.
    """

    number: int
    arrived_at: datetime
    channel: str
    address: str
    subject: str
    body: str
    presses: tuple[PhoneKey, ...] = ()
    answers_to: str = ""
    reports_to: str = ""
    state: PhoneState = PhoneState.NONE
    pressed: str = ""
    revision: int = 0


@dataclass(frozen=True)
class LetterText:
    """What a message says: its first line, and the rest."""

    subject: str
    body: str


class Mailbag:
    """Keeps messages in a folder, for several threads.

    Parameters
    ----------
    folder : Path
        Made when missing; files in it that are no messages are left alone.
    now : callable
        Gives the demo's time.
    """

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._now = now
        self._lock = threading.Lock()
        found = sorted(filter(None, map(_read, folder.glob("*.json"))), key=lambda one: one.number)
        self._letters = {
            one.number: one if one.revision else replace(one, revision=one.number) for one in found
        }
        self._revision = max((one.revision for one in self._letters.values()), default=0)

    def put(
        self,
        channel: str,
        address: str,
        words: LetterText,
        *,
        presses: tuple[PhoneKey, ...] = (),
        answers_to: str = "",
        reports_to: str = "",
        state: PhoneState = PhoneState.NONE,
    ) -> Letter:
        """Keep a message; it is on disk when this returns."""
        with self._lock:
            number = max(self._letters, default=0) + 1
            self._revision += 1
            letter = Letter(
                number,
                self._now(),
                channel,
                _clean(address),
                _clean(words.subject),
                _clean(words.body),
                presses,
                answers_to,
                reports_to,
                state,
                revision=self._revision,
            )
            self._keep(letter)
            for old in sorted(self._letters)[:-MOST_LETTERS]:
                self._path(self._letters.pop(old)).unlink(missing_ok=True)
        return letter

    def change(self, letter: Letter, state: PhoneState, pressed: str = "") -> None:
        """Note what a phone did with a message; a call that is over has no keys any more."""
        with self._lock:
            if letter.number not in self._letters:
                return
            self._revision += 1
            is_over = state in {PhoneState.MISSED, PhoneState.REFUSED, PhoneState.ENDED}
            self._keep(
                replace(
                    letter,
                    state=state,
                    pressed=pressed or letter.pressed,
                    presses=() if is_over else letter.presses,
                    revision=self._revision,
                )
            )

    def get(self, number: int) -> Letter | None:
        """Return a message; None for one that is not there any more."""
        with self._lock:
            return self._letters.get(number)

    def in_state(self, *states: PhoneState) -> list[Letter]:
        """Return the messages with which the phones do one of these things."""
        with self._lock:
            return [letter for letter in self._letters.values() if letter.state in states]

    def after(self, revision: int) -> list[Letter]:
        """Return the messages that came or changed after a revision, in the order of their arrival."""
        with self._lock:
            return [letter for letter in self._letters.values() if letter.revision > revision]

    def _keep(self, letter: Letter) -> None:
        path = self._path(letter)
        fresh = path.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(letter))
        fresh.replace(path)
        self._letters[letter.number] = letter

    def _path(self, letter: Letter) -> Path:
        return self._folder / f"{letter.number:08}.json"


def _read(path: Path) -> Letter | None:
    """Return the message in a file; None for a file that a broken run left half written."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Letter)
    except (OSError, msgspec.DecodeError):
        return None


def _clean(text: str) -> str:
    """Return the text without the halves of characters that broken mail leaves."""
    return text.encode("utf-8", "replace").decode()
