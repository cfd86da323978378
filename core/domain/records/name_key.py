"""Names as records compare them: what people type in another width, case or spacing names the same home, person or office."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")
# Building 1 room 12 is not building 11 room 2.
_SPACES_IN_FIGURES = re.compile(r"(?<=\d)\s+(?=\d)")
_SPACES = re.compile(r"(?<!\d)\s+|\s+(?!\d)")
# What keyboards and old encodings make of one stroke: hyphens, dashes, the minus sign, the mark of a long vowel.
_STROKES = dict.fromkeys(map(ord, "‐‑‒–—―−ー"), "-")


@lru_cache(maxsize=65_536)
def name_key(name: str) -> str:
    """Return what two spellings of one name have in common: width, case, strokes and spaces but between figures make no difference.

    It is stricter than what a search compares: kana and kanji, and old forms of a character, stay apart.

    Examples
    --------
    >>> name_key("三丁目　Ａ－１０２") == name_key("三丁目 a-102") == name_key("三丁目A-102")
    True
    >>> name_key("コーポ 1 12号") == name_key("コーポ 11 2号")
    False
    """
    folded = unicodedata.normalize("NFKC", name).casefold().translate(_STROKES)
    # Category Cf: marks without a width, as copied from web pages.
    shown = "".join(one for one in folded if unicodedata.category(one) != "Cf")
    return _SPACES.sub("", _SPACES_IN_FIGURES.sub(" ", shown).strip())


def by_name(named: Iterable[tuple[str, T]]) -> Mapping[str, T]:
    """Return things by their name and by its key; where two share a key, the earlier one has it."""
    keys: dict[str, T] = {}
    names: dict[str, T] = {}
    for name, one in named:
        keys.setdefault(name_key(name), one)
        names.setdefault(name, one)
    return keys | names


def of_name(known: Mapping[str, T], name: str) -> T | None:
    """Return what `by_name` has under a name in any spelling, the very spelling first; None if there is nothing."""
    found = known.get(name)
    return known.get(name_key(name)) if found is None else found
