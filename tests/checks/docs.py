"""Paths and commands of ours that the docs name are there."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.checks.repository import PACKAGES, tracked
from tests.support.paths import REPOSITORY

_PATH = re.compile(rf"`((?:{'|'.join((*PACKAGES, 'tests', 'docs'))})/[\w./-]*[\w/])`")
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)")


def findings() -> Iterator[str]:
    """Give paths in backticks and links of Markdown files that lead nowhere."""
    for path in tracked():
        if path.suffix == ".md" and path != Path("CHANGELOG.md"):
            yield from findings_in(path, (REPOSITORY / path).read_text(encoding="utf-8"))


def findings_in(path: Path, text: str) -> Iterator[str]:
    """Give what one text names and is not there; a folder with a star stands for any file in it."""
    for number, line in enumerate(text.splitlines(), 1):
        for named in _PATH.findall(line):
            if not (REPOSITORY / named).exists():
                yield f"{path}:{number}: there is no {named}"
        for link in _LINK.findall(line):
            if not (REPOSITORY / path.parent / link).exists():
                yield f"{path}:{number}: the link to {link} leads nowhere"
