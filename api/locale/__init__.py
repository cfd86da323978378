"""The one catalogue of words: every text of the pages, in Japanese and English side by side.

`*.toml` in this folder hold tables of entries; the entry `title` of the table `[board]` is called `board.title`:

    title = { ja = "見守りボード", en = "Care board" }

A text may hold `{names}` that the page fills in. `en_one` is used in place of `en` where `n` is 1.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from core.domain.people import Language

_FOLDER = Path(__file__).parent


class Words:
    """The texts of one language; call it with an entry's name."""

    def __init__(self, language: Language, entries: Mapping[str, Mapping[str, str]]) -> None:
        self.language = language
        self._entries = entries

    def __call__(self, name: str, /, **values: object) -> str:
        """Return the text of an entry with its `{names}` filled in.

        Raises
        ------
        LookupError
            There is no such entry, or a value for it is missing: a mistake in a page, found by the tests.
        """
        try:
            entry = self._entries[name]
        except KeyError:
            raise LookupError(f"api/locale: there is no entry {name!r}") from None
        text = entry[self.language]
        if self.language is Language.EN and values.get("n") == 1:
            text = entry.get("en_one", text)
        if any(isinstance(value, Markup) for value in values.values()):
            # A piece of HTML in it, such as a `<time>`: the rest is escaped here.
            return escape(text).format_map(values)
        return text.format_map(values) if values else text

    def has(self, name: str) -> bool:
        """Tell whether there is an entry of this name, for words that come from outside, such as a room's."""
        return name in self._entries


@cache
def words_of(language: Language) -> Words:
    """Return the catalogue in one language."""
    return Words(language, entries())


@cache
def entries() -> Mapping[str, Mapping[str, str]]:
    """Read the whole catalogue: entry name to its text in each language."""
    found: dict[str, Mapping[str, str]] = {}
    for path in sorted(_FOLDER.glob("*.toml")):
        tables: dict[str, dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))
        for table, members in tables.items():
            for name, texts in members.items():
                key = f"{table}.{name}"
                if key in found:
                    raise LookupError(f"{path.name}: the entry {key} is there twice")
                found[key] = texts
    return found
