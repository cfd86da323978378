"""Complexity and sizes: decision points and lines of functions, lines of modules, modules of a folder.

A decision point is a place where the way through a function parts: a condition, a loop, an `except`, a `case`, each `and` and `or`, and each
`for` and `if` of a comprehension. Ruff's C901 leaves out the last two, in which functions of this code hide most of their branches.
"""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tests.checks.repository import PACKAGES, tracked
from tests.checks.syntax import tree_of
from tests.support.paths import REPOSITORY

MOST_POINTS = 15
LONGEST_MODULE, LONGEST_FUNCTION = 400, 60
MOST_MODULES, MOST_MODULES_OF_A_LIST = 16, 25
# Folders that are lists of like things: one file per rule, feature, thing of the domain or sender's format.
_LISTS = {"core/domain", "detectors/rules", "detectors/features", "simulator/evaluation", "ingest/codecs"}
# Functions above the limit, with their points. It may only shrink: an entry that is lower than it says, or gone, is found too.
ALLOWED: Mapping[str, int] = {
    # One call per message at full speed; each further call costs a part of the ingest figure.
    "ingest/processing/fast_path.py:FastPath.rows": 18,
}

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_ONE = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.Assert, ast.match_case)


def findings() -> Iterator[str]:
    """Give every function, module and folder of the product that is above its limit."""
    modules = [path for path in tracked() if path.suffix == ".py" and path.parts[0] in PACKAGES]
    functions: dict[str, int] = {}
    for path in modules:
        text = (REPOSITORY / path).read_text(encoding="utf-8")
        if (lines := text.count("\n")) > LONGEST_MODULE:
            yield f"{path}: {lines} lines; split it by noun (at most {LONGEST_MODULE})"
        for name, function in functions_of(tree_of(text)):
            functions[f"{path}:{name}"] = decision_points(function)
            if (length := _body_length(function)) > LONGEST_FUNCTION:
                yield f"{path}:{function.lineno}: {name} has {length} lines (at most {LONGEST_FUNCTION})"
    yield from too_complex(functions, ALLOWED)
    yield from folder_findings(modules)


def too_complex(functions: Mapping[str, int], allowed: Mapping[str, int]) -> Iterator[str]:
    """Give functions with too many decision points, and entries of the allow-list that are not true any more."""
    for name, points in functions.items():
        limit = allowed.get(name, MOST_POINTS)
        if points > limit:
            yield f"{name}: {points} decision points (at most {limit}); split it into steps"
    for name, points in allowed.items():
        found = functions.get(name, 0)
        if found <= MOST_POINTS:
            yield f"{name}: {found} decision points; take it off the allow-list"
        elif found < points:
            yield f"{name}: {found} decision points; the allow-list says {points}, lower it"


def folder_findings(modules: Iterable[Path]) -> Iterator[str]:
    """Give folders with too many modules."""
    counts = Counter(path.parent.as_posix() for path in modules if path.name != "__init__.py")
    for folder, count in sorted(counts.items()):
        limit = MOST_MODULES_OF_A_LIST if folder in _LISTS else MOST_MODULES
        if count > limit:
            yield f"{folder}/: {count} modules; make folders of it by noun (at most {limit})"


def functions_of(node: ast.AST, outer: str = "") -> Iterator[tuple[str, _Function]]:
    """Give the functions and methods below a node, with their classes and functions before their names."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Function | ast.ClassDef):
            name = f"{outer}{child.name}"
            if isinstance(child, _Function):
                yield name, child
            yield from functions_of(child, f"{name}.")
        else:
            yield from functions_of(child, outer)


def decision_points(function: _Function) -> int:
    """Return the decision points of a function; those of functions in it count for them alone."""
    points = 0
    ahead = list(ast.iter_child_nodes(function))
    while ahead:
        node = ahead.pop()
        if isinstance(node, _Function):
            continue
        if isinstance(node, _ONE):
            points += 1
        elif isinstance(node, ast.BoolOp):
            points += len(node.values) - 1
        elif isinstance(node, ast.comprehension):
            points += 1 + len(node.ifs)
        ahead.extend(ast.iter_child_nodes(node))
    return points


def _body_length(function: _Function) -> int:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
