"""The archive of everything about one person, sent while it is made."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from fastapi.responses import StreamingResponse

from api.locale import Words, words_of
from core.domain.people import Language
from core.formats.person_archive import InWords, Row, WholePerson, archive_of

# Under which name the words of a code stand.
_CODES = {
    ("absence", "kind"): "absence",
    ("alert", "rule"): "rule",
    ("alert", "outcome"): "outcome",
    ("contact_channel", "kind"): "channel",
    ("notification", "status"): "delivery",
    ("access_log", "what"): "viewed",
    ("device", "kind"): "kind",
}


def archive_answer(
    number: int,
    whose: WholePerson,
    tables: Iterable[tuple[str, Iterable[Sequence[Row]]]],
    now: datetime,
    language: Language,
) -> StreamingResponse:
    """Return the answer that sends it; the name of the file holds the number and no name of a person."""
    return StreamingResponse(
        (part for part in archive_of(whose, tables, now, language, in_words(language)) if part),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{archive_name(number, now)}"'},
    )


def archive_name(number: int, now: datetime) -> str:
    """Return the name of the file."""
    return f"mimamori-resident-{number}-{now:%Y%m%d}.zip"


def in_words(language: Language) -> InWords:
    """Return what puts codes of the archive's page into words, as the other pages do."""
    words = words_of(language)

    def say(table: str, column: str, row: Row) -> str:
        value = row[column]
        if (table, column) == ("alert", "severity"):
            return words(f"level.p{value}")
        if (table, column) == ("device", "place"):
            return words.place(str(value))
        if (table, column) == ("alert_event", "kind"):
            return _event(words, row)
        key = f"{_CODES.get((table, column), '')}.{value}"
        if (table, column) == ("watch_change", "what"):
            key = f"personal_change.{value}"
        if (table, column) == ("prompt", "answer"):
            key = f"contact_link.press_{value}"
        return words(key) if words.has(key) else ""

    return say


def _event(words: Words, row: Row) -> str:
    """Return what happened to an alert, and by whom: by number, for the archive says nothing about others."""
    who = words("personal.nobody")
    for column in ("user_id", "contact_id"):
        if row.get(column) is not None:
            who = words(f"personal.{column}", n=row[column])
    key = f"event.{row['kind']}"
    return words(key, who=who, clock="") if words.has(key) else ""
