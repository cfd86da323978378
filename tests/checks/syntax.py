"""The syntax of the repository's Python files, read once for all checks."""

import ast
from functools import cache


@cache
def tree_of(text: str) -> ast.Module:
    """Return the syntax tree of a file with this text."""
    return ast.parse(text)


@cache
def nodes_of(text: str) -> tuple[ast.AST, ...]:
    """Return every node of it, as `ast.walk` gives them."""
    return tuple(ast.walk(tree_of(text)))
