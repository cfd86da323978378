"""Words: what the glossary has retired does not come back in names, and texts refer to nothing outside the repository."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.checks.repository import PACKAGES, tracked
from tests.checks.syntax import nodes_of
from tests.support.paths import REPOSITORY

# Parts of names and what the field calls the thing; docs/glossary.md has the words with their meaning.
RETIRED = {
    "asking": "retransmission",
    "bell": "wake up",
    "carrier": "delivery worker",
    "climb": "escalate",
    "courier": "delivery channel",
    "deaf": "no data",
    "dialogue": "device protocol",
    "diary": "activity",
    "doorkeeper": "broker sync",
    "ears": "protocol state",
    "hindsight": "backtest statistics",
    "hear": "receive",
    "heard": "in contact, received",
    "hears": "receives",
    "hushed": "suppressed",
    "intake": "message queue",
    "judge": "evaluate",
    "judged": "evaluated",
    "judges": "evaluates",
    "judging": "evaluation",
    "ladder": "escalation policy",
    "lane": "commit queue",
    "lapse": "expire",
    "lapsed": "expired",
    "lapses": "expires",
    "lesson": "baseline model",
    "masked": "excluded from training",
    "matter": "alert, alert key",
    "matters": "alerts, alert keys",
    "news": "changes, new messages",
    "numbering": "gap tracker",
    "patience": "silence threshold, timeout",
    "rulebook": "rule set",
    "rung": "escalation step",
    "rungs": "escalation steps",
    "standstill": "stuck patterns",
    "stray": "unassigned",
    "tell": "notify, raise, report",
    "telling": "notifying, raising, reporting",
    "tells": "notifies, raises, reports",
    "told": "notified, raised, reported",
    "unheard": "out of contact",
    "untold": "not notified",
    "usuals": "baselines",
    "wish": "injection request, scenario event",
    "wishes": "injection requests, scenario events",
}
# Names of the JSON interface and of stored rules, which do not change, and one of Python's own.
_OUTWARD = {"STRAY_SOS", "judging_behind_s", "tell", "wish", "wishes"}
# Their fields go out of the service: in JSON, in stored reason cards, in files that people exchange.
_OUTWARD_FIELDS = ("api/schemas/", "core/domain/reasons.py", "core/formats/")
# "Cannot tell" is a state.
_ABILITY = re.compile(r"(?:can|cannot|could)_tell", re.IGNORECASE)
# A design note by number, or by the name of a page that readers do not have.
_ELSEWHERE = re.compile(
    r"(?<!-)\b(?:D\d{1,2}\b(?![-\w])|(?:ux|algorithms|house|evidence|reference-systems|libraries)\.md)"
)
_TEXTS = {".py", ".sql", ".md", ".toml", ".html", ".js"}
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]*|[a-z]+")
_HEADINGS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
_LONGEST_ENTRY = 120
_LONGEST_SUBJECT = 72
# Subjects before this commit were written by another rule.
_SUBJECTS_SINCE = "d8ae1a8"


def findings() -> Iterator[str]:
    """Give retired words in names, references to pages elsewhere, and entries and subjects that are too long."""
    outward = _OUTWARD | _outward_fields()
    for path in tracked():
        if path.suffix == ".py" and path.parts[0] in {*PACKAGES, "tests"}:
            yield from _retired(path, outward)
        if (
            path.suffix in _TEXTS and path.parts[0] != "tests"
        ):  # tests call things D1 and D2 that are no notes
            yield from _elsewhere(path)
    yield from changelog(Path(REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8"))
    yield from _subjects()


def _outward_fields() -> set[str]:
    """Return the names of fields that go out of the service."""
    paths = [path for path in tracked() if path.suffix == ".py" and str(path).startswith(_OUTWARD_FIELDS)]
    texts = [(REPOSITORY / path).read_text(encoding="utf-8") for path in paths]
    return {
        node.target.id
        for text in texts
        for node in nodes_of(text)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }


def _retired(path: Path, outward: set[str]) -> Iterator[str]:
    parts = {(path.stem, 1)}
    for node in nodes_of((REPOSITORY / path).read_text(encoding="utf-8")):
        line = getattr(node, "lineno", 1)
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                parts.add((name, line))
            case ast.arg(arg=name) | ast.Attribute(attr=name) | ast.Name(id=name):
                parts.add((name, line))
            case _:
                pass
    seen: set[str] = set()
    for name, line in sorted(parts, key=lambda one: one[1]):
        for word in retired_in(name):
            if name not in seen and name not in outward:
                yield f"{path}:{line}: {name}: say {RETIRED[word]}"
            seen.add(name)


def retired_in(name: str) -> list[str]:
    """Return the retired words among the parts of a name, in snake or camel case."""
    bare = _ABILITY.sub("", name)
    return [part.lower() for part in _PART.findall(bare) if part.lower() in RETIRED]


def _elsewhere(path: Path) -> Iterator[str]:
    try:
        text = (REPOSITORY / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    for number, line in enumerate(text.splitlines(), 1):
        for found in elsewhere_in(line):
            yield f"{path}:{number}: {found}: say it here or name the page in docs/"


def elsewhere_in(line: str) -> list[str]:
    """Return what a line names that readers do not have."""
    return _ELSEWHERE.findall(line)


def changelog(text: str) -> Iterator[str]:
    """Give entries that are too long or stand under no heading of Keep a Changelog."""
    heading = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("## "):
            heading = ""
        elif line.startswith("### "):
            heading = line[4:].strip()
            if heading not in _HEADINGS:
                yield f"CHANGELOG.md:{number}: {heading}: not a heading of Keep a Changelog"
        elif line.strip() and number > 1:
            if line.startswith("- ") and not heading:
                yield f"CHANGELOG.md:{number}: an entry without a heading such as Added, Changed, Fixed"
            if heading and not line.startswith(("- ", "[")):
                yield f"CHANGELOG.md:{number}: one line an entry"
            if len(line) > _LONGEST_ENTRY and not line.startswith("["):
                yield f"CHANGELOG.md:{number}: {len(line)} characters (at most {_LONGEST_ENTRY})"


def _subjects() -> Iterator[str]:
    log = subprocess.run(
        ["git", "log", "--format=%h %s", f"{_SUBJECTS_SINCE}..HEAD"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,  # a copy without history has no subjects
    )
    for line in log.stdout.splitlines():
        commit, _, subject = line.partition(" ")
        if len(subject) > _LONGEST_SUBJECT:
            yield f"{commit}: the subject has {len(subject)} characters (at most {_LONGEST_SUBJECT}): {subject}"
