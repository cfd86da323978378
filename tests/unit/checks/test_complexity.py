"""`make check` refuses functions with too many decision points and folders with too many modules."""

import ast
from pathlib import Path

import pytest

from tests.checks.complexity import decision_points, folder_findings, functions_of, too_complex

ROWS = "a.py:rows"


@pytest.mark.parametrize(
    ("body", "points"),
    [
        ("return 1", 0),
        ("if a:\n  b()\nelif c:\n  d()\nelse:\n  e()", 2),
        ("return a and b or not c", 2),
        ("return [x for x in y if x if z]", 3),
        ("return {x: z for x in y for z in x}", 2),
        ("for a in b:\n  while c:\n    d = 1 if e else 2", 3),
        ("try:\n  a()\nexcept B:\n  c()\nexcept D:\n  e()", 2),
        ("match a:\n  case 1:\n    b()\n  case _:\n    c()", 2),
        ("def inner():\n  return 1 if a else 2\nreturn inner", 0),
    ],
)
def test_each_place_where_the_way_parts_is_one_decision_point(body: str, points: int) -> None:
    lines = body.replace("\n", "\n  ")
    (outermost, *_) = functions_of(ast.parse(f"def given():\n  {lines}"))
    assert decision_points(outermost[1]) == points


def test_a_method_is_named_with_its_class() -> None:
    tree = ast.parse("class A:\n  def b(self):\n    def c(): ...")
    assert [name for name, _ in functions_of(tree)] == ["A.b", "A.b.c"]


@pytest.mark.parametrize(
    ("points", "allowed", "said"),
    [
        (15, {}, []),
        (16, {}, ["at most 15"]),
        (19, {ROWS: 19}, []),
        (20, {ROWS: 19}, ["at most 19"]),
        (18, {ROWS: 19}, ["lower it"]),
        (15, {ROWS: 19}, ["take it off"]),
    ],
)
def test_the_allow_list_holds_what_it_names_and_may_only_shrink(
    points: int, allowed: dict[str, int], said: list[str]
) -> None:
    found = list(too_complex({ROWS: points}, allowed))
    assert len(found) == len(said)
    assert all(part in finding for part, finding in zip(said, found, strict=True))


def test_a_function_that_is_gone_leaves_the_allow_list() -> None:
    assert list(too_complex({}, {ROWS: 19})) == [f"{ROWS}: 0 decision points; take it off the allow-list"]


def test_a_folder_holds_at_most_16_modules_and_a_list_of_like_things_25() -> None:
    def modules(folder: str, count: int) -> list[Path]:
        return [Path(folder, f"m{number}.py") for number in range(count)] + [Path(folder, "__init__.py")]

    assert list(folder_findings(modules("detectors/engine", 16) + modules("detectors/rules", 25))) == []
    assert len(list(folder_findings(modules("detectors/engine", 17)))) == 1
    assert len(list(folder_findings(modules("detectors/rules", 26)))) == 1
