"""Handlers that change something call exactly one action each, and no page or route writes to the store itself."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePath

from core.store.queries import load
from tests.checks.repository import tracked
from tests.checks.syntax import tree_of
from tests.support.paths import REPOSITORY

_METHODS = frozenset({"post", "put", "patch", "delete"})
# A search is posted so that names stay out of addresses; it changes nothing.
_READS = frozenset({"search_residents", "board_search", "search_homes", "search_users"})
_WRITES = (b"INSERT ", b"UPDATE ", b"DELETE ")
_HANDLERS = ("api/pages", "api/routes")


def findings() -> Iterator[str]:
    """Give each changing handler without its one action, and each call of a store writer beside the actions."""
    for path in tracked():
        if path.suffix == ".py" and path.as_posix().startswith(_HANDLERS):
            yield from route_findings(path, (REPOSITORY / path).read_text(encoding="utf-8"))


def route_findings(path: PurePath, text: str) -> Iterator[str]:
    """Give what is wrong in one module of pages or routes."""
    tree = tree_of(text)
    names = _imported(tree)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and _changes(node) and node.name not in _READS:
            called = sum(_is_action(call, names) for call in _calls(node))
            if called != 1:
                yield f"{path}:{node.lineno}: {node.name} calls {called} actions of api.actions in place of one"
    for call in _calls(tree):
        module, function = _target(call, names)
        if module.startswith("core.store.") and function in _writers(module):
            yield f"{path}:{call.lineno}: {module}.{function} writes to the store; call an action"


def _imported(tree: ast.Module) -> dict[str, str]:
    """Return the full name of each name that the module imports from us."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def _changes(function: ast.FunctionDef) -> bool:
    return any(
        isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr in _METHODS
        for one in function.decorator_list
    )


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    return (one for one in ast.walk(node) if isinstance(one, ast.Call))


def _target(call: ast.Call, names: dict[str, str]) -> tuple[str, str]:
    """Return module and function that a call leads to; empty where neither is imported."""
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        return names.get(call.func.value.id, ""), call.func.attr
    if isinstance(call.func, ast.Name):
        module, _, function = names.get(call.func.id, "").rpartition(".")
        return module, function
    return "", ""


def _is_action(call: ast.Call, names: dict[str, str]) -> bool:
    module, function = _target(call, names)
    # Classes are what actions take.
    return module.startswith("api.actions.") and function[:1].islower()


@cache
def _writers(module: str) -> frozenset[str]:
    """Return the functions of a store module that execute a query which writes, directly or through one another."""
    path = REPOSITORY / Path(*module.split(".")).with_suffix(".py")
    if not path.is_file():
        return frozenset()
    tree = tree_of(path.read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    queries = _loaded(tree)
    found = {one.name for one in functions if _executes_write(one, queries)}
    while True:
        more = {
            one.name
            for one in functions
            if any(isinstance(call.func, ast.Name) and call.func.id in found for call in _calls(one))
        }
        if more <= found:
            return frozenset(found)
        found |= more


def _loaded(tree: ast.Module) -> dict[str, dict[str, bytes]]:
    """Return the queries behind each name of a store module, such as `_ALERTS`."""
    return {
        node.targets[0].id: load(str(node.value.args[0].value))
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "load"
        and isinstance(node.value.args[0], ast.Constant)
    }


def _executes_write(function: ast.FunctionDef, queries: dict[str, dict[str, bytes]]) -> bool:
    for one in ast.walk(function):
        if (
            isinstance(one, ast.Subscript)
            and isinstance(one.value, ast.Name)
            and isinstance(one.slice, ast.Constant)
        ):
            query = queries.get(one.value.id, {}).get(str(one.slice.value), b"")
            if any(verb in query for verb in _WRITES):
                return True
    return False
