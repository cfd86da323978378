"""Prose: the words that the glossary has retired do not come back in docstrings, comments, docs, or the classes and ids of pages.

Free are texts that people see (the catalogues), what stands in `backticks` or "quotes" (names of the interface, words of a
page), and "can tell", as in the state "cannot tell".
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from tests.checks.repository import tracked
from tests.checks.syntax import nodes_of
from tests.support.paths import REPOSITORY

_INSTEAD = {
    "told": "notified (people), raised (alerts), reported (devices), shown, said",
    "tell": "notify (people), raise (alerts), report (devices), show, say",
    "tells": "notifies (people), raises (alerts), reports (devices), shows, says",
    "telling": "notifying, raising, reporting",
    "untold": "not notified",
    "heard": "in contact, received, last contact",
    "hear": "receive",
    "hears": "receives",
    "unheard": "out of contact",
    "judge": "evaluate",
    "judged": "evaluated",
    "judges": "evaluates",
    "judging": "evaluation",
    "judgement": "evaluation",
    "hushed": "suppressed",
    "matter": "alert, alert key, cause",
    "matters": "alerts",
    "news": "changes",
    "lapse": "expire",
    "lapses": "expires",
    "lapsed": "expired",
    "deaf": "no data",
}
# In lower case or at the beginning of a sentence, but not "Matter", which makers of devices use too.
_WORD = re.compile(r"\b(" + "|".join(_INSTEAD) + r")\b|\b((?!Matter)[A-Z][a-z]+)\b")
_FREE = re.compile(r"`[^`]*`|\"[^\"]*\"|「[^」]*」|\b(?:can|cannot|could|could not) tell\b|\]\([^)]*\)")
_MARKUP = re.compile(r"""\b(?:class|id)=["']([^"'{]*)|^\s*[.#]([a-z][\w-]*)""", re.MULTILINE)
_COMMENTS = {
    ".sql": re.compile(r"--.*"),
    ".css": re.compile(r"/\*.*?\*/", re.DOTALL),
    ".js": re.compile(r"(?:^|(?<=\s))//[^\n]*|/\*.*?\*/", re.MULTILINE | re.DOTALL),
    ".toml": re.compile(r"^\s*#.*", re.MULTILINE),
    ".yml": re.compile(r"^\s*#.*", re.MULTILINE),
    ".conf": re.compile(r"^\s*#.*", re.MULTILINE),
}
# History, recordings of others with their words, titles of alerts from the catalogue, and these lists.
_LEFT_OUT = ("CHANGELOG.md", "tests/data/", "docs/rules.md", "tests/checks/", "tests/unit/checks/")


def findings() -> Iterator[str]:
    """Give each retired word in prose, with what the field says."""
    for path in tracked():
        if str(path).startswith(_LEFT_OUT):
            continue
        if path.suffix in {".py", ".md", ".html", *_COMMENTS}:
            text = (REPOSITORY / path).read_text(encoding="utf-8")
            for line, word in found_in(path.suffix, text):
                yield f"{path}:{line}: {word}: say {_INSTEAD[word]}"


def found_in(suffix: str, text: str) -> Iterator[tuple[int, str]]:
    """Give the line and the retired word of each place in a file's prose."""
    for first, prose in _prose(suffix, text):
        bare = _FREE.sub(lambda free: "\n" * free[0].count("\n"), prose)
        for found in _WORD.finditer(bare):
            word = found[0].lower()
            if word in _INSTEAD:
                yield first + bare.count("\n", 0, found.start()), word


def _prose(suffix: str, text: str) -> Iterator[tuple[int, str]]:
    """Give the pieces of a file that are read as sentences, each with its first line."""
    if suffix == ".md":
        # Blocks of code keep their lines, so that the numbers stay right.
        yield (
            1,
            re.sub(
                r"^```.*?^```", lambda code: "\n" * code[0].count("\n"), text, flags=re.MULTILINE | re.DOTALL
            ),
        )
    elif suffix == ".py":
        yield from _of_python(text)
    if suffix in {".html", ".css"}:
        for names in _MARKUP.finditer(text):
            words = re.sub(r"[-_]+", " ", names[1] or names[2] or "")
            yield text.count("\n", 0, names.start()) + 1, words
    if suffix in _COMMENTS:
        for comment in _COMMENTS[suffix].finditer(text):
            yield text.count("\n", 0, comment.start()) + 1, comment[0]


def _of_python(text: str) -> Iterator[tuple[int, str]]:
    for node in nodes_of(text):
        match node:
            case ast.Expr(value=ast.Constant(value=str() as prose, lineno=line)):
                yield line, prose
            case _:
                pass
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
