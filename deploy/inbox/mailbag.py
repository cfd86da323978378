"""The messages that arrived, one file each, so that they are still there after a restart."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

# Enough for a long demo; the oldest go first.
MOST_LETTERS = 2000


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
        `mail` or `webhook`.
    address : str
        To whom: a mail address, or the webhook's path.
    subject, body : str
        The words.
    """

    number: int
    arrived_at: datetime
    channel: str
    address: str
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
        self._letters = sorted(filter(None, map(_read, folder.glob("*.json"))), key=lambda one: one.number)

    def put(self, channel: str, address: str, subject: str, body: str) -> Letter:
        """Keep a message; it is on disk when this returns."""
        with self._lock:
            number = self._letters[-1].number + 1 if self._letters else 1
            letter = Letter(number, self._now(), channel, _clean(address), _clean(subject), _clean(body))
            path = self._path(letter)
            fresh = path.with_suffix(".new")
            fresh.write_bytes(msgspec.json.encode(letter))
            fresh.replace(path)
            self._letters.append(letter)
            for old in self._letters[:-MOST_LETTERS]:
                self._path(old).unlink(missing_ok=True)
            del self._letters[:-MOST_LETTERS]
        return letter

    def after(self, number: int) -> list[Letter]:
        """Return the messages that arrived after the one with this number, oldest first."""
        with self._lock:
            return [letter for letter in self._letters if letter.number > number]

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
