"""Residents as they are typed into a form: by name, reading or number, shown by name and number before anything is done with them."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from api.access.refusals import RefusedError
from api.access.viewer import Viewer
from api.locale import Words
from core.domain.records.name_key import name_key
from core.store.database import Connection
from core.store.people.records import record_lists
from core.store.people.records.record_lists import ResidentByName
from core.texts.search_key import search_key

_MOST_SHOWN = 5
_BETWEEN = re.compile(r"[,、\n]")
# As `label` writes it in any language, or the bare number.
_NUMBER = re.compile(r"(?:.*\((?:番号|no\.)\s*)?(\d{1,9})\)?")


class UnsureResidentError(RefusedError):
    """Whoever was typed is known, and whoever typed it has yet to see the names; `text` is what the field holds then."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(field, "resident_confirm", names=text)
        self.text = text


def label(number: int, name: str, words: Words) -> str:
    """Return how a resident stands in a field: by name, with the number that sets namesakes apart."""
    return words("record.resident_label", name=name, n=number)


def labels(residents: Iterable[tuple[int, str]], words: Words) -> str:
    """Return how several stand in a field."""
    return "、".join(label(number, name, words) for number, name in residents)


def typed_residents(
    connection: Connection,
    viewer: Viewer,
    text: str,
    words: Words,
    *,
    field: str,
    is_name_enough: bool = False,
) -> list[int]:
    """Return the residents who were typed, by number.

    Parameters
    ----------
    connection : Connection
        Inside a transaction.
    viewer : Viewer
        Only residents whom they may see are found.
    text : str
        Names, readings or numbers with commas between, or what `labels` returned.
    words : Words
        The language of the page.
    field : str
        Where it was typed.
    is_name_enough : bool
        Whether the whole name, or the reading, of one resident who is watched needs no second look; a part of it, and a bare number, always do.

    Raises
    ------
    UnsureResidentError
        The names have to be looked at first.
    RefusedError
        Somebody typed is nobody, or may be several.
    """
    parts = [part.strip() for part in _BETWEEN.split(unicodedata.normalize("NFKC", text)) if part.strip()]
    if not parts:
        return []
    known = record_lists.residents_by_name(connection, viewer.scope)
    found = [_one(known, part, words, field) for part in parts]
    whole = labels(((one.number, one.name) for one in found), words)
    is_sure = is_name_enough and all(_is_named(one, part) for one, part in zip(found, parts, strict=True))
    if name_key(whole) != name_key(text) and not is_sure:
        raise UnsureResidentError(field, whole)
    return [one.number for one in found]


def _one(known: Sequence[ResidentByName], part: str, words: Words, field: str) -> ResidentByName:
    if match := _NUMBER.fullmatch(part):
        found = [one for one in known if one.number == int(match[1])]
    else:
        found = _of_name(known, part)
    if not found:
        raise RefusedError(field, "resident_unknown", typed=part)
    if len(found) > 1:
        names = "、".join(
            words("record.resident_choice", who=label(one.number, one.name, words), area=one.area)
            for one in found[:_MOST_SHOWN]
        )
        raise RefusedError(field, "resident_several", n=len(found), names=names)
    return found[0]


def _is_named(one: ResidentByName, text: str) -> bool:
    return not one.has_ended and search_key(text) in {search_key(one.name), search_key(one.kana)}


def _of_name(known: Sequence[ResidentByName], text: str) -> list[ResidentByName]:
    """Return who has a name or a reading, else whose name holds it; those who are watched before others."""
    key = search_key(text)
    watched = [one for one in known if not one.has_ended]
    for among in (watched, known):
        named = [one for one in among if key in {search_key(one.name), search_key(one.kana)}]
        if found := named or [one for one in among if key in search_key(one.name)]:
            return found
    return []
