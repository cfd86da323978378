"""One name, one thing: public classes over the whole product, and file names outside parallel layers."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.checks.repository import PACKAGES, tracked
from tests.checks.syntax import tree_of
from tests.support.paths import REPOSITORY

# One aggregate in parallel layers: its store, its actions, its schema, its route, its page keep one name.
_LAYERS = (
    ("core/domain",),
    ("core/store",),
    ("api/access",),
    ("api/actions",),
    ("api/views",),
    ("api/schemas",),
    ("api/routes",),
    ("api/pages", "api/charts", "api/wording"),
    ("deploy/cli",),
    ("deploy/doctor", "deploy/inbox", "deploy/local", "deploy/demo", "deploy/playback"),
    ("detectors/features",),
    ("detectors/rules",),
    (
        "detectors/engine",
        "detectors/baselines",
        "detectors/windows",
        "detectors/backtest",
        "detectors/alerting",
    ),
    ("ingest",),
    ("simulator/cli",),
    ("simulator/evaluation",),
    ("simulator/town", "simulator/people", "simulator/devices", "simulator/incidents", "simulator/network"),
    ("simulator/scenarios", "simulator/replay"),
    ("core",),
    ("detectors",),
    ("api",),
    ("simulator",),
    ("deploy",),
)
# The parts of a package, and the two kinds of page that a thing has: the list, and one of them.
_EVERYWHERE = {"__init__.py", "__main__.py", "index.py", "detail.py"}


def findings() -> Iterator[str]:
    """Give public top-level classes that stand in two modules, and file names that stand twice in one layer."""
    modules = [path for path in tracked() if path.suffix == ".py" and path.parts[0] in PACKAGES]
    yield from _classes(modules)
    yield from _files(modules)


def _classes(modules: list[Path]) -> Iterator[str]:
    places: defaultdict[str, list[Path]] = defaultdict(list)
    for path in modules:
        for node in tree_of((REPOSITORY / path).read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path)
    for name, paths in sorted(places.items()):
        if len(paths) > 1:
            yield f"{name}: a class in {', '.join(map(str, paths))}; give each its own name"


def _files(modules: list[Path]) -> Iterator[str]:
    places: defaultdict[tuple[int, str], list[Path]] = defaultdict(list)
    for path in modules:
        if path.name not in _EVERYWHERE:
            places[_layer(path), path.name].append(path)
    for (_, name), paths in sorted(places.items()):
        if len(paths) > 1:
            yield f"{name}: {', '.join(map(str, paths))} are one layer; name each by what it holds"


def _layer(path: Path) -> int:
    for number, folders in enumerate(_LAYERS):
        if path.as_posix().startswith(tuple(f"{folder}/" for folder in folders)):
            return number
    return len(_LAYERS)
