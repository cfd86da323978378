"""Each "(test 7)" on the page of threats names tests that are there."""

import ast
import re

from tests.support.paths import REPOSITORY

_PAGE = (REPOSITORY / "docs" / "threats.md").read_text(encoding="utf-8")
_MARK = re.compile(r"\(test (\d+)\)")
_ENTRY = re.compile(r"^(\d+)\. (`.+`)$", re.MULTILINE)
_TEST = re.compile(r"`([^`]+)::([^`]+)`")


def _marks_and_tests() -> tuple[list[str], dict[str, list[tuple[str, str]]]]:
    table, _, tests = _PAGE.partition("\n## Tests\n")
    return _MARK.findall(table), {number: _TEST.findall(named) for number, named in _ENTRY.findall(tests)}


def test_every_mark_has_its_tests_and_the_other_way_round() -> None:
    marks, named = _marks_and_tests()
    assert "(test)" not in _PAGE
    assert sorted(marks, key=int) == list(named) == [str(number + 1) for number in range(len(named))]
    assert all(named.values())


def test_every_test_that_the_page_names_is_there() -> None:
    missing: list[str] = []
    for path, name in {one for named in _marks_and_tests()[1].values() for one in named}:
        file = REPOSITORY / path
        source = file.read_text(encoding="utf-8") if file.exists() else ""
        tree = ast.parse(source)
        if name not in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}:
            missing.append(f"{path}::{name}")
    assert missing == []
