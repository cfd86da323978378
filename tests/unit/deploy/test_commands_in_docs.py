"""What the pages ask people to type exists: commands, their options, targets of make, and files that are named."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from deploy.cli.application import app
from deploy.playback.replay_command import app as replaying
from deploy.playback.scenario_command import add_to
from simulator.cli.main import app as simulating
from simulator.evaluation.command import app as evaluating
from tests.support.paths import REPOSITORY

_PAGES = sorted(
    [*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md"), *REPOSITORY.glob("deploy/*/README.md")]
)
# In backquotes, or on a line of its own in a block.
_TYPED = re.compile(r"(?:`|^\s*)(?:\.venv/bin/)?((?:mimamori|make) [^`\n|;#]+)", re.MULTILINE)
_PATH = re.compile(r"`((?:api|core|deploy|detectors|docs|ingest|simulator|tests)/[\w./-]+\.\w+)`")
_TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
_VARIABLE = re.compile(r"^(?:export )?([A-Z_]+) \?=", re.MULTILINE)


# These hand on what follows; see deploy/cli/application.py.
add_to(simulating)
_PROGRAM = get_command(app)
_HANDED_ON = {"simulate": simulating, "evaluate": evaluating, "replay": replaying}


def _typed(page: Path) -> Iterator[list[str]]:
    for line in _TYPED.findall(page.read_text(encoding="utf-8")):
        yield line.split()


def _unknown(words: list[str]) -> str | None:
    """Return the first word of a command line that the program does not know."""
    command, rest = _PROGRAM, words[1:]
    while isinstance(command, TyperGroup) and rest and re.fullmatch(r"[a-z][a-z-]*", rest[0]):
        found = command.commands.get(rest[0])
        if found is None:
            return rest[0]
        handed_on = _HANDED_ON.get(rest[0]) if command is _PROGRAM else None
        command, rest = found if handed_on is None else get_command(handed_on), rest[1:]
    known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help"}
    asked = [word.strip("[],.)").partition("=")[0] for word in rest if word.strip("[").startswith("--")]
    return next((name for name in asked if name not in known), None)


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_command_that_a_page_names_exists_with_its_options(page: Path) -> None:
    unknown = {" ".join(words): _unknown(words) for words in _typed(page) if words[0] == "mimamori"}
    assert {line: word for line, word in unknown.items() if word is not None} == {}


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_target_of_make_that_a_page_names_exists(page: Path) -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    targets, variables = set(_TARGET.findall(makefile)), set(_VARIABLE.findall(makefile))
    for words in _typed(page):
        if words[0] == "make" and words[1] in targets:
            asked = {word.partition("=")[0] for word in words[2:] if re.match(r"[A-Z_]+=", word)}
            assert asked <= variables, words
        elif words[0] == "make":
            # Prose may begin a line with the word.
            assert not re.fullmatch(r"[a-z]+-[a-z-]+", words[1]), words


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_file_of_ours_that_a_page_names_is_there(page: Path) -> None:
    named = set(_PATH.findall(page.read_text(encoding="utf-8")))
    assert {name for name in named if not (REPOSITORY / name).exists()} == set()
