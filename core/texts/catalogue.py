"""Catalogue of translated texts: TOML files, read and checked whole, each text in every language.

A file named as a language holds that language's texts, as `ja.toml` and `en.toml`:

    [tag]
    emergency = "【緊急】"

Any other file holds them side by side, with a form for each plural category that the language needs beside `other`:

    [resident]
    found = { ja = "{n}人", en = "{n} residents", en_one = "{n} resident" }

The first is asked for as `tag.emergency`, the second as `resident.found`. A text may hold `{names}` that are filled in.
"""

import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Formatter
from typing import cast

from core.domain.people import Language
from core.errors import MimamoriError
from core.texts.local_format import plural_categories, plural_category

_CATALOGUE_SUFFIX = ".toml"
SHARED: Traversable = files("core.texts").joinpath("shared")
"""What pages and messages call alike."""


class TextsError(MimamoriError):
    """A catalogue holds something that cannot be used; the message says the file, the key and what is wrong."""

    exit_code = 78  # EX_CONFIG


class LanguageTexts:
    """Texts of one language; call it with a key.

    Parameters
    ----------
    language : Language
        Of the texts.
    entries : mapping
        As `read_catalogue` returns them.
    """

    def __init__(self, language: Language, entries: Mapping[str, Mapping[str, str]]) -> None:
        self.language = language
        self._entries = entries

    def __call__(self, key: str, /, **values: object) -> str:
        """Return a text with its `{names}` filled in; the number `n` chooses the plural form.

        Raises
        ------
        LookupError
            There is no such entry, or a value for it is missing: a mistake in the code that asks, found by the tests.
        """
        return self._filled(self._form(key, values.get("n")), values)

    def unfilled(self, key: str) -> str:
        """Return a text with its `{names}` in it, for a script that fills them."""
        return self._form(key, None)

    def has(self, key: str) -> bool:
        """Return whether there is an entry of this name, for words that come from outside, such as a room's."""
        return key in self._entries

    def place(self, name: str) -> str:
        """Return a room's or thing's name in this language; a name of its own stays as it is, on one line."""
        key = f"place.{name.lower().replace('-', '_').replace(' ', '_')}"
        return self(key) if self.has(key) else " ".join(name.split())

    def _form(self, key: str, n: object) -> str:
        try:
            entry = self._entries[key]
        except KeyError:
            raise LookupError(f"the texts have no entry {key!r}") from None
        if isinstance(n, int | float):
            form = f"{self.language}_{plural_category(self.language, n)}"
            if form in entry:
                return entry[form]
        return entry[self.language]

    def _filled(self, text: str, values: Mapping[str, object]) -> str:
        return text.format_map(values)


def read_catalogue(*folders: Traversable) -> Mapping[str, Mapping[str, str]]:
    """Return all texts of some folders: by key, the text of each form (`ja`, `en`, `en_one`).

    Raises
    ------
    TextsError
        A file is no TOML, an entry is there twice, lacks a language, has a form that its language does not know, or its
        languages have different `{names}`. A plural form may leave out the number.
    """
    found: dict[str, dict[str, str]] = {}
    sources: dict[str, str] = {}
    for path in sorted((one for folder in folders for one in folder.iterdir()), key=lambda one: one.name):
        if not path.name.endswith(_CATALOGUE_SUFFIX):
            continue
        for key, form, text in _texts_in(path):
            entry = found.setdefault(key, {})
            if form in entry:
                raise TextsError(f"{path.name}: {key}: the entry is there twice, also in {sources[key]}")
            entry[form] = text
            sources[key] = path.name
    if not found:
        raise TextsError(f"{folders[0]}: no texts are there; install the package again")
    for key, entry in found.items():
        problem = _problem(entry)
        if problem:
            raise TextsError(f"{sources[key]}: {key}: {problem}")
    return found


def _texts_in(path: Traversable) -> Iterator[tuple[str, str, str]]:
    """Yield key, form and text of one file."""
    try:
        tables: dict[str, object] = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise TextsError(f"{path.name}: {error}") from None
    own = path.name.removesuffix(_CATALOGUE_SUFFIX)
    for table, members in tables.items():
        if not isinstance(members, dict):
            raise TextsError(
                f"{path.name}: {table}: stands in no table; put a line such as [board] before it"
            )
        for name, texts in cast("dict[str, object]", members).items():
            key = f"{table}.{name}"
            forms = {own: texts} if own in set(Language) else texts
            if not isinstance(forms, dict):
                raise TextsError(f'{path.name}: {key}: give one text a language, as {{ ja = "…", en = "…" }}')
            for form, text in cast("dict[str, object]", forms).items():
                if not isinstance(text, str):
                    raise TextsError(f"{path.name}: {key}: {form} is no text")
                yield key, form, text


def _problem(entry: Mapping[str, str]) -> str:
    """Return what is wrong with an entry; empty for nothing."""
    for language in Language:
        if language not in entry:
            return f"the text in {language} is missing"
    fields: dict[str, set[str]] = {}
    for form, text in entry.items():
        try:
            fields[form] = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
        except ValueError as error:
            return f"{form}: {error}"
    first = fields[Language.JA]
    for form in entry:
        language, _, category = form.partition("_")
        if language not in set(Language) or (
            category and category not in plural_categories(Language(language))
        ):
            return f"{form} is no form of a language that we have"
        lacking = first - fields[form] - ({"n"} if category else set())
        more = fields[form] - first
        if lacking or more:
            name = min(lacking or more)
            return f"{form} {'lacks' if lacking else 'has'} {{{name}}}, unlike ja"
    return ""
