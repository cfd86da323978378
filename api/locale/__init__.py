"""Catalogue of the pages: every text of them, in Japanese and English side by side.

`core.texts.catalogue` says what the files in this folder may hold.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from markupsafe import Markup, escape

from core.domain.people import Language
from core.texts.catalogue import SHARED, LanguageTexts, read_catalogue


class Words(LanguageTexts):
    """Texts of one language, which may have pieces of HTML filled in."""

    def _filled(self, text: str, values: Mapping[str, object]) -> str:
        if any(isinstance(value, Markup) for value in values.values()):
            # A piece of HTML in it, such as a `<time>`: the rest is escaped here.
            return escape(text).format_map(values)
        return super()._filled(text, values)


@cache
def words_of(language: Language) -> Words:
    """Return the catalogue in one language.

    Raises
    ------
    TextsError
        The files hold something that cannot be used; `create_app` asks for them first, so that a process says so at its start.
    """
    return Words(language, entries())


@cache
def entries() -> Mapping[str, Mapping[str, str]]:
    """Return the whole catalogue: by an entry's name, its text of each form."""
    return read_catalogue(Path(__file__).parent, SHARED)
