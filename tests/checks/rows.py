"""Records from rows by position: a column more or less in the query, or in another order, would shift values into other fields."""

import ast
from collections.abc import Iterator

from tests.checks.repository import tracked
from tests.checks.syntax import tree_of
from tests.support.paths import REPOSITORY

_ROOM = ("core", "store")


def findings() -> Iterator[str]:
    """Give every record of the store that is built of a row's columns by their place."""
    for path in tracked():
        if path.suffix == ".py" and path.parts[:2] == _ROOM:
            yield from (f"{path}:{found}" for found in by_position((REPOSITORY / path).read_text("utf-8")))


def by_position(source: str) -> Iterator[str]:
    """Give the lines at which a class is called with `*row`, `row[1]`, or what a loop over a query took apart.

    Examples
    --------
    >>> list(by_position("found = [Press(*row) for row in rows]"))
    ['1: Press is built by position; name the columns and use class_row or kwargs_row']
    >>> list(by_position("found = [Press(device, at) for device, at in rows]"))
    ['1: Press is built by position; name the columns and use class_row or kwargs_row']
    >>> list(by_position("found = Press(**columns)"))
    []
    """
    for node, taken_apart in _calls(tree_of(source), frozenset()):
        if _is_class(node.func) and _is_by_position(node, taken_apart):
            name = ast.unparse(node.func)
            yield f"{node.lineno}: {name} is built by position; name the columns and use class_row or kwargs_row"


def _calls(node: ast.AST, taken_apart: frozenset[str]) -> Iterator[tuple[ast.Call, frozenset[str]]]:
    """Give every call with the names that the loops around it take rows apart into."""
    loops = [node] if isinstance(node, ast.For) else getattr(node, "generators", [])
    for loop in loops:
        if isinstance(loop.target, ast.Tuple):
            taken_apart |= {name.id for name in ast.walk(loop.target) if isinstance(name, ast.Name)}
    if isinstance(node, ast.Call):
        yield node, taken_apart
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, taken_apart)


def _is_class(called: ast.expr) -> bool:
    return isinstance(called, ast.Name) and called.id.lstrip("_")[:1].isupper()


def _is_by_position(call: ast.Call, taken_apart: frozenset[str]) -> bool:
    if any(isinstance(one, ast.Starred) for one in call.args):
        return True
    by_place = [one for one in call.args if isinstance(one, ast.Subscript) and _is_place(one.slice)]
    loose = [one for one in call.args if isinstance(one, ast.Name) and one.id in taken_apart]
    return len(by_place) > 1 or len(loose) > 1


def _is_place(index: ast.expr) -> bool:
    return isinstance(index, ast.Slice) or (isinstance(index, ast.Constant) and isinstance(index.value, int))
