"""Product code that nothing in the product uses: modules no command reaches, functions and classes that only tests call."""

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.checks.repository import PACKAGES, tracked
from tests.checks.syntax import nodes_of, tree_of
from tests.support.paths import REPOSITORY

# Where `python -m MODULE` is written for people and machines; of Python, any module of the product may hold the name.
_COMMANDS = ("Makefile", "Dockerfile", "compose.yaml", ".ci/run", ".yml")
_NAME = re.compile(r"[A-Za-z_]\w*")


def findings() -> Iterator[str]:
    """Give each module that is not reached, and each public function or class that the product does not name again."""
    paths = tracked()
    sources = {
        module_name(path): (REPOSITORY / path).read_text(encoding="utf-8")
        for path in paths
        if path.suffix == ".py" and path.parts[0] in PACKAGES
    }
    other = [
        (REPOSITORY / path).read_text(encoding="utf-8", errors="replace")
        for path in paths
        if path.parts[0] != "tests" and (path.name.endswith(_COMMANDS) or path.suffix == ".html")
    ]
    scripts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    yield from unreached(sources, other, [str(one).partition(":")[0] for one in scripts.values()])
    for name, line in sorted(unused(sources, other).items()):
        yield f"{name}, line {line}: nothing in the product uses it"


def module_name(path: Path) -> str:
    """Return the dotted name of a module's file; of a package, its folder's."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def unreached(sources: dict[str, str], commands: Iterable[str], scripts: Iterable[str]) -> Iterator[str]:
    """Give each module that no script of the wheel, no `python -m` and no import from one of these reaches."""
    text_of_commands = "\n".join(commands)
    waiting = [*scripts, *(name for name in sources if name.endswith(".__main__"))]
    waiting += [name for name in sources if re.search(rf"""-m["', ]+{re.escape(name)}\b""", text_of_commands)]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in reached or name not in sources:
            continue
        reached.add(name)
        waiting += _named(sources[name])
        if "." in name:
            waiting.append(name.rpartition(".")[0])
    for name in sorted(sources.keys() - reached):
        yield f"{name}: no command, no `python -m` and no script of the wheel reaches this module"


def _named(text: str) -> Iterator[str]:
    """Give what a module imports, also inside functions, and the texts that may name a module for `python -m`."""
    for node in nodes_of(text):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def unused(sources: dict[str, str], other: Iterable[str]) -> dict[str, int]:
    """Return each public function and class at the top of a module whose name stands nowhere else in the product, with its line."""
    named = {name for text in other for name in _NAME.findall(text)}
    for text in sources.values():
        named.update(_mentions(text))
    return {
        f"{module}.{node.name}": node.lineno
        for module, text in sources.items()
        for node in tree_of(text).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not node.decorator_list
        and node.name not in named
    }


def _mentions(text: str) -> Iterator[str]:
    for node in nodes_of(text):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name.rpartition(".")[2]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _NAME.findall(node.value) if len(node.value) < 80 else ()
