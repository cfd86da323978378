"""Unfinished work, forbidden words, SQL outside the named queries, unknown folders."""

import ast
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.checks.outside import outside_findings
from tests.checks.syntax import nodes_of
from tests.support.paths import REPOSITORY

PACKAGES = ("core", "ingest", "detectors", "api", "simulator", "deploy")
_TOP_LEVEL = {*PACKAGES, "docs", "tests"}
# Never the word for wandering as if without aim; the glossary says what we write.
_BANNED = ("\u5f98\u5f8a",)
_CODE = (".py", ".sql", ".js", ".css", ".html")
_MIGRATIONS = ("core", "store", "migrations")
_SELF = Path("tests/checks/repository.py")
_UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b")
# An SQL statement in a Python string; named queries stand in core/store/queries.
_SQL = re.compile(
    r"^\s*(SELECT\s.+\sFROM|INSERT INTO|UPDATE\s+\w+\s+SET|DELETE FROM|CREATE TABLE)\b", re.DOTALL
)


def findings() -> Iterator[str]:
    """Give what is wrong in the tracked files, one line each."""
    paths = tracked()
    for path in paths:
        yield from _findings(path)
    yield from misnumbered(path.name for path in paths if path.parts[:3] == _MIGRATIONS)
    for name in sorted({path.parts[0] for path in paths if len(path.parts) > 1}):
        if name not in _TOP_LEVEL and not name.startswith("."):
            yield f"{name}/: not one of the folders that the tree has"


def misnumbered(names: Iterable[str]) -> Iterator[str]:
    """Give the migrations whose number is not the next one: a service starts with none of them then.

    Examples
    --------
    >>> list(misnumbered(["0001_a.sql", "0002_b.sql", "0002_c.sql"]))
    ['0002_c.sql: the number after the one before it is 0003']
    """
    for place, name in enumerate(sorted(names), start=1):
        if not name.startswith(f"{place:04}_"):
            yield f"{name}: the number after the one before it is {place:04}"
            return


def tracked() -> list[Path]:
    """Return the files that the repository holds or would hold, relative to its root."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
    )
    paths = [Path(name.decode()) for name in listing.stdout.split(b"\0") if name]
    return [path for path in paths if (REPOSITORY / path).is_file()]


def _findings(path: Path) -> Iterator[str]:
    try:
        text = (REPOSITORY / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    for number, line in enumerate(text.splitlines(), 1):
        # Tests and the glossary name the word to forbid it.
        if path.parts[0] != "tests" and path.name != "glossary.md" and any(word in line for word in _BANNED):
            yield f"{path}:{number}: a word that we never use; see docs/glossary.md"
        if path.suffix in _CODE and path != _SELF and _UNFINISHED.search(line):
            yield f"{path}:{number}: unfinished work"
    yield from outside_findings(path, text)
    if path.suffix == ".py":
        yield from _python_findings(path, text)


def _python_findings(path: Path, text: str) -> Iterator[str]:
    if path.parts[0] not in PACKAGES:
        return
    for node in nodes_of(text):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL.match(node.value):
            yield f"{path}:{node.lineno}: SQL stands in core/store/queries, by name"
