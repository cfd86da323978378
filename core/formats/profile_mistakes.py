"""What is wrong with a profile that somebody wrote: kept as what it is about, and put into words in the reader's language."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from functools import cache, reduce
from pathlib import Path

import msgspec

from core.domain.people import Language
from core.errors import InputError
from core.texts.catalogue import SHARED, LanguageTexts, read_catalogue

_TEXTS = Path(__file__).parent / "texts"


@cache
def _texts(language: Language) -> LanguageTexts:
    return LanguageTexts(language, read_catalogue(_TEXTS, SHARED))


@dataclass(frozen=True)
class Sentence:
    """A text of the catalogue in `texts/`, with what is filled in: plain values, and sentences of the same kind."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict[str, object])

    def in_words(self, language: Language) -> str:
        """Return it in a language."""
        values = {
            name: one.in_words(language) if isinstance(one, Sentence) else one
            for name, one in self.values.items()
        }
        return _texts(language)(self.key, **values)


# Words of what the parser says, and what that is in ours; the first that fits.
_TOML = (
    (("Expected '='",), "no_equals"),
    (("Invalid value", "Invalid date"), "value"),
    (("Unterminated string", r"Illegal character '\n'"), "open_quote"),
    (("Unclosed", "Expected ']"), "open_bracket"),
    (("twice", "overwrite", "redefine", "Duplicate", "mutate", "No nest", "no nest"), "twice"),
    (("Unescaped", "Invalid hex", "Escaped"), "backslash"),
    (("nvalid character", "Illegal character", "Invalid initial"), "character"),
    (("Expected newline", "end of document"), "one_line"),
)
_NOTHING = Sentence("profile.nothing")


def sentence(name: str, /, **values: object) -> Sentence:
    """Return what is wrong, by its name in the catalogue."""
    return Sentence(f"profile.{name}", values)


@dataclass(frozen=True)
class Mistake:
    """One mistake in the text of a profile: on which line, and what it is."""

    line: int
    what: Sentence

    def in_words(self, language: Language) -> str:
        """Return what it is in a language, without the line."""
        return self.what.in_words(language)


class FieldMistakeError(InputError):
    """A line about one field cannot be used."""

    def __init__(self, what: Sentence) -> None:
        super().__init__(what.in_words(Language.EN))
        self.what = what


class ProfileError(InputError):
    """A text is no profile; `mistakes` says what is wrong, with the line of each."""

    def __init__(self, name: str, mistakes: Sequence[Mistake]) -> None:
        said = sorted((one.line, one.in_words(Language.EN), place) for place, one in enumerate(mistakes))
        super().__init__("\n".join(f"{name}, line {line}: {what}" for line, what, _ in said))
        self.mistakes = tuple(mistakes[place] for *_, place in said)


def metric_word(name: str) -> Sentence:
    """Return what a metric is, with its name, for whoever does not think in names."""
    return sentence("metric", name=name, word=Sentence(f"metric.{name}"))


def near_word(word: str, known: Iterable[str]) -> Sentence:
    """Return the known word that somebody may have meant, as a question; nothing where there is none."""
    near = get_close_matches(word.lower(), list(known), 1, 0.7)
    return sentence("near", word=near[0]) if near else _NOTHING


def what_is_wrong(error: msgspec.ValidationError, words: Iterable[StrEnum]) -> Sentence:
    """Return what is wrong with a value, of which `words` are possible if it is a word, as the file says it."""
    said = str(error).partition(" - at `")[0]
    if "enum value" in said:
        possible = ", ".join(one.value for one in words)
        return sentence("none_of", value=said.rpartition(" ")[2], possible=possible)
    if said == "Expected `str` of length >= 1":
        return sentence("empty")
    expected = re.fullmatch(r"Expected `([\w |]+)`( [<>]=? \S+)?(?:, got `(\w+)`)?", said)
    if expected is None:
        return sentence("other", said=said)
    kinds = [_kind(one) for one in expected[1].split(" | ") if one != "null"]
    is_of_each = "[" in str(error).partition(" - at `")[2]
    return sentence(
        f"{'each_' if is_of_each else ''}must_be{'_not' if expected[3] else ''}",
        kinds=reduce(lambda one, other: sentence("either", one=one, other=other), kinds),
        bound=expected[2] or "",
        **({"got": _kind(expected[3])} if expected[3] else {}),
    )


def toml_reason(said: str) -> Sentence:
    """Return why a text is no TOML, from what its parser said in English."""
    found = next((name for words, name in _TOML if any(word in said for word in words)), "statement")
    return Sentence(f"toml.{found}")


def _kind(name: str) -> Sentence:
    """Return what a value is, as a person who writes TOML calls it."""
    return (
        Sentence(f"kind.{name}") if _texts(Language.EN).has(f"kind.{name}") else sentence("other", said=name)
    )
