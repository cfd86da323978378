"""Writes the messages of a ward to a file, as fast as they can be made and without a broker."""

import gzip
import json
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import IO

from core.errors import InputError
from simulator.network.lossy_channel import OutboundMessage
from simulator.network.payloads import rfc3339

_REPORT_EVERY = 5_000


def message_line(message: OutboundMessage) -> str:
    """Return a message as a line of JSON, with the bytes of its payload as text."""
    retain = ',"retain":true' if message.retain else ""
    payload = json.dumps(message.payload.decode(), ensure_ascii=False)
    return f'{{"time":"{rfc3339(message.time_ms)}","topic":"{message.topic}","payload":{payload}{retain}}}'


def write_messages(
    path: Path,
    messages: Iterable[OutboundMessage],
    on_progress: Callable[[datetime, int], None] | None = None,
) -> int:
    """Write messages to a file, compressed if its name ends in `.gz`; return how many.

    `on_progress` is called now and then with the time of the messages and their number.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    count = 0
    try:
        with _opened(path) as file:
            for message in messages:
                file.write(message_line(message))
                file.write("\n")
                count += 1
                if on_progress is not None and count % _REPORT_EVERY == 0:
                    on_progress(datetime.fromtimestamp(message.time_ms / 1000, UTC), count)
    except OSError as error:
        raise InputError(f"{path}: cannot write the messages: {error.strerror}") from error
    return count


@contextmanager
def _opened(path: Path) -> Generator[IO[str]]:
    if path.suffix != ".gz":
        with path.open("w", encoding="utf-8") as plain:
            yield plain
        return
    # Without a time and a name inside, so that the same messages give the same file.
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=3, mtime=0) as packed,
        TextIOWrapper(packed, encoding="utf-8") as text,
    ):
        yield text
