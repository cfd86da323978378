"""docs/data.md lists every log event and column that the program has, and nothing else."""

import ast
import re
from functools import cache
from pathlib import Path

from tests.support.paths import REPOSITORY

_PROCESSES = ("core", "ingest", "detectors", "api", "simulator", "deploy")
_LEVELS = {"debug", "info", "warning", "error", "exception"}
_CODE = re.compile(r"`([^`]+)`")
_TABLE = re.compile(r"^CREATE TABLE (\w+) \((.*?)^\)", re.MULTILINE | re.DOTALL)
_COLUMN = re.compile(r"^    ([a-z][a-z0-9_]*)\s+[a-z]")
_DROPPING = re.compile(r"^ALTER TABLE (\w+)\s+(DROP COLUMN .*?);", re.MULTILINE | re.DOTALL)
_DROPPED_COLUMN = re.compile(r"\bDROP COLUMN (\w+)")
_ALTERED = re.compile(r"^ALTER TABLE (\w+)\s+(ADD COLUMN .*?);", re.MULTILINE | re.DOTALL)
_ADDED_COLUMN = re.compile(r"\bADD COLUMN (\w+)")


def rows(heading: str) -> dict[str, set[str]]:
    """Return what stands in code type in the table under a heading: the first cell, and the second cell's parts."""
    page = (REPOSITORY / "docs" / "data.md").read_text(encoding="utf-8")
    section = page.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    listed: dict[str, set[str]] = {}
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 3 and (name := _CODE.fullmatch(cells[1])):
            assert name[1] not in listed, f"{name[1]} stands twice under {heading}"
            listed[name[1]] = set(_CODE.findall(cells[2]))
    return listed


@cache
def modules() -> list[tuple[Path, ast.Module]]:
    """Return every module of the service, read."""
    return [
        (path, ast.parse(path.read_text(encoding="utf-8")))
        for process in _PROCESSES
        for path in sorted((REPOSITORY / process).rglob("*.py"))
    ]


def is_log(call: ast.Call) -> bool:
    """Whether the call writes a log line."""
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr in _LEVELS
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id.strip("_") in ("log", "logger")
    )


def names(expression: ast.expr, of: str) -> set[str]:
    """Return the constant names that an expression can give; of a choice, both."""
    if isinstance(expression, ast.IfExp):
        return names(expression.body, of) | names(expression.orelse, of)
    assert isinstance(expression, ast.Constant), f"{of}: the name of a log event is a constant"
    assert isinstance(expression.value, str)
    return {expression.value}


def test_every_log_event_is_listed_with_the_fields_it_carries() -> None:
    events: dict[str, set[str]] = {}
    for path, module in modules():
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and is_log(node):
                fields = {keyword.arg or "**" for keyword in node.keywords} - {"exc_info"}
                for name in names(node.args[0], f"{path.name}:{node.lineno}"):
                    events.setdefault(name, set()).update(fields)
    assert rows("Log events") == events


def test_every_column_of_the_database_is_listed_with_its_table() -> None:
    tables: dict[str, set[str]] = {}
    for path in sorted((REPOSITORY / "core" / "store" / "migrations").glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        for table, body in _TABLE.findall(text):
            tables[table] = {found[1] for line in body.splitlines() if (found := _COLUMN.match(line))}
        for table, additions in _ALTERED.findall(text):
            tables[table] |= set(_ADDED_COLUMN.findall(additions))
        for table, drops in _DROPPING.findall(text):
            tables[table] -= set(_DROPPED_COLUMN.findall(drops))
    assert rows("Tables") == tables
