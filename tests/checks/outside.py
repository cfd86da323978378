"""References of tracked files to what lies outside the repository, where a clone has nothing."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePath

from tests.checks.syntax import nodes_of

_CLIMBING = re.compile(r"[\w./-]*\.\./[\w./-]*")
# In these a path is a link, which starts at the file; elsewhere it is one for a program, which starts at the root.
_LINKING = {".css", ".html", ".js", ".md", ".svg"}
_ROOT_NAMES = {"REPOSITORY", "ROOT", "_ROOT"}


def outside_findings(path: PurePath, text: str) -> Iterator[str]:
    """Give a line for each path in the text of a file that leads out of the repository."""
    start = path.parent if path.suffix in _LINKING else PurePath()
    for number, line in enumerate(text.splitlines(), 1):
        for found in _CLIMBING.findall(line):
            if not found.startswith("/") and _leaves(start / found):
                yield f"{path}:{number}: {found} is outside the repository; a clone has nothing there"
    if path.suffix == ".py":
        for node in nodes_of(text):
            levels = _levels_up(node, len(path.parts))
            if levels is not None and levels > len(path.parts):
                yield f"{path}:{getattr(node, 'lineno', 0)}: this folder is outside the repository"


def _leaves(path: PurePath) -> bool:
    depth = 0
    for part in path.parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            return True
    return False


def _levels_up(node: ast.AST, to_root: int) -> int | None:
    """Return how far above its file an expression leads, or None if it is no such path."""
    match node:
        case ast.Name(id="__file__"):
            return 0
        case ast.Name(id=name) if name in _ROOT_NAMES:
            return to_root
        case (
            ast.Call(func=ast.Name(id="Path"), args=[inner])
            | ast.Call(func=ast.Attribute(value=inner, attr="resolve" | "absolute"), args=[])
        ):
            return _above(inner, to_root, 0)
        case ast.Attribute(value=inner, attr="parent"):
            return _above(inner, to_root, 1)
        case ast.Subscript(
            value=ast.Attribute(value=inner, attr="parents"), slice=ast.Constant(value=int(index))
        ):
            return _above(inner, to_root, index + 1)
        case _:
            return None


def _above(inner: ast.expr, to_root: int, steps: int) -> int | None:
    below = _levels_up(inner, to_root)
    return None if below is None else below + steps
