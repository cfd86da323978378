"""`make mutants`: which faults laid into the heart of the service do the nearest tests notice?

Each fault is one small change of a module: `<` becomes `<=`, `and` becomes `or`, a number one more, a call is left out. The sample is the same
in every run. Modules are changed in a copy of the repository; a fault is noticed when the tests named here fail or do not end. Those that
did not end are named, since on a busy machine that may be no fault: try their modules again alone.
"""

import argparse
import ast
import copy
import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

from tests.support.paths import REPOSITORY

_RULES = "tests/unit/detectors/rules/"
_INGEST = "tests/unit/ingest/"
_REAL = "tests/integration/detectors/"
# What a fault costs most in, and the tests that are next to it.
HEART: dict[str, tuple[str, ...]] = {
    "ingest/sequences/gap_tracker.py": (_INGEST + "sequences",),
    "ingest/sequences/device_protocol.py": (_INGEST + "sequences",),
    "ingest/progress/watermark.py": (_INGEST + "progress",),
    "ingest/processing/deduplication.py": (_INGEST + "processing",),
    "ingest/processing/slow_path.py": (
        _INGEST + "processing",
        _INGEST + "sequences/test_old_numbers.py",
        "tests/property/test_plain.py",
    ),
    "ingest/processing/fast_path.py": (_INGEST + "processing", "tests/property/test_plain.py"),
    "detectors/alerting/escalation.py": (
        "tests/unit/detectors/alerting/test_escalation.py",
        _REAL + "test_escalation.py",
        _REAL + "test_escalation_policies.py",
    ),
    "core/domain/escalation/state.py": (
        "tests/unit/detectors/alerting/test_escalation.py",
        "tests/property/test_escalation.py",
        _REAL + "test_escalation.py",
    ),
    # These two are mostly questions to the database, so a real one is nearest.
    "detectors/alerting/planner.py": (
        "tests/unit/detectors/alerting",
        _REAL + "test_escalation.py",
        _REAL + "test_escalation_policies.py",
        _REAL + "test_one_walk.py",
        _REAL + "test_quiet_hours.py",
        _REAL + "test_browser_notifications.py",
        "tests/integration/api/test_duty_roster.py",
    ),
    "core/domain/escalation/policy.py": (
        "tests/unit/core/domain/test_escalation_policy.py",
        "tests/property/test_escalation.py",
    ),
    "detectors/engine/areas.py": ("tests/unit/detectors/engine/test_areas.py", _REAL + "test_areas.py"),
    "detectors/rules/area_silent.py": (_RULES + "test_area_silent.py",),
    "detectors/rules/ward_silent.py": (_RULES + "test_ward_silent.py",),
    "detectors/rules/equipment_silent.py": (_RULES + "test_equipment_silent.py",),
    "detectors/rules/inactivity.py": (_RULES + "test_inactivity.py",),
    "detectors/features/silence_profile.py": ("tests/unit/detectors/features", _RULES + "test_inactivity.py"),
    "api/access/location_gate.py": ("tests/unit/api/access", "tests/integration/api/test_location.py"),
    "core/domain/quiet_hours.py": ("tests/unit/core/domain",),
}
_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_LONGEST_S = 300
_AT_ONCE = 2


@dataclass(frozen=True)
class Mutant:
    """One fault: where, what, and the module with it."""

    module: str
    line: int
    what: str
    source: str


def mutants_of(module: str, source: str) -> Iterator[Mutant]:
    """Yield every fault that can be laid into a module."""
    tree = ast.parse(source)
    places = [node for node in ast.walk(tree) if isinstance(node, ast.expr | ast.stmt)]
    # What a class may not be assigned to (`frozen=True`) is the type check's: no test can see it.
    of_checks = {id(node) for node in _decorators(tree)}
    for place, node in enumerate(places):
        if id(node) in of_checks:
            continue
        for what, change in _changes(node):
            changed = copy.deepcopy(tree)
            nodes = [one for one in ast.walk(changed) if isinstance(one, ast.expr | ast.stmt)]
            change(nodes[place])
            yield Mutant(module, node.lineno, what, ast.unparse(ast.fix_missing_locations(changed)))


def _decorators(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield every node of what stands above a class."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for one in node.decorator_list:
                yield from ast.walk(one)


def _changes(node: ast.AST) -> Iterator[tuple[str, Callable[[ast.AST], None]]]:
    """Yield the faults of one node, each with what lays it into a copy."""
    match node:
        case ast.Compare(ops=[operator, *_]):
            other = _COMPARED[type(operator)]
            yield (
                f"{type(operator).__name__} becomes {other.__name__}",
                lambda one: _set(one, "ops", [other(), *getattr(one, "ops")[1:]]),  # noqa: B009 - of any node
            )
        case ast.BoolOp(op=ast.And()):
            yield "and becomes or", lambda one: _set(one, "op", ast.Or())
        case ast.BoolOp(op=ast.Or()):
            yield "or becomes and", lambda one: _set(one, "op", ast.And())
        case ast.BinOp(op=ast.Add()):
            yield "+ becomes -", lambda one: _set(one, "op", ast.Sub())
        case ast.BinOp(op=ast.Sub()):
            yield "- becomes +", lambda one: _set(one, "op", ast.Add())
        case ast.UnaryOp(op=ast.Not()):
            yield "not is left out", lambda one: _set(one, "op", ast.UAdd())
        case ast.Constant(value=bool() as value):
            yield f"{value} becomes {not value}", lambda one: _set(one, "value", not value)
        case ast.Constant(value=int() | float() as value):
            yield f"{value} becomes {value + 1}", lambda one: _set(one, "value", value + 1)
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="_log")))):
            return  # what is logged is looked at elsewhere
        case ast.Expr(value=ast.Call()):
            yield "a call is left out", lambda one: _set(one, "value", ast.Constant(None))
        case ast.AugAssign():
            yield "an addition is left out", lambda one: _set(one, "value", ast.Tuple([], ast.Load()))
        case _:
            return


def _set(node: ast.AST, name: str, value: object) -> None:
    setattr(node, name, value)


def sample(modules: Sequence[str], each: int) -> list[Mutant]:
    """Return the same faults in every run, as long as the modules stay as they are: at most `each` of a module."""
    found: list[Mutant] = []
    for module in modules:
        source = (REPOSITORY / module).read_text(encoding="utf-8")
        every = sorted(
            mutants_of(module, source), key=lambda one: hashlib.sha256(one.source.encode()).digest()
        )
        found += sorted(every[:each], key=lambda one: one.line)
    return found


def _copy(folder: Path) -> None:
    names = ("core", "ingest", "detectors", "api", "simulator", "deploy", "tests", "docs")
    for name in names:
        shutil.copytree(
            REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules")
        )
    for path in (*REPOSITORY.glob("*.toml"), *REPOSITORY.glob("*.md"), REPOSITORY / "Makefile"):
        shutil.copy(path, folder / path.name)


def fails(folder: Path, tests: Sequence[str], longest_s: float | None = None) -> bool:
    """Return whether tests fail in a copy of the repository.

    Raises
    ------
    TimeoutExpired
        They did not end within `longest_s` seconds.
    """
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", *tests]
    run = subprocess.run(command, cwd=folder, capture_output=True, timeout=longest_s, check=False)
    if run.returncode not in {0, 1, 2}:
        raise RuntimeError(run.stdout.decode() + run.stderr.decode())
    return run.returncode != 0


def main() -> int:
    """Lay the faults, print what nobody noticed and the share that was noticed; 1 if that is below 95 %."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("modules", nargs="*", default=list(HEART), help="Only these modules.")
    asked.add_argument("--each", type=int, default=12, help="At most so many faults in a module.")
    options = asked.parse_args()
    modules: list[str] = options.modules
    faults = sample(modules, options.each)
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        copies: Queue[Path] = Queue()
        for number in range(_AT_ONCE):
            folder = Path(place) / str(number)
            _copy(folder)
            copies.put(folder)

        def tried(one: Mutant) -> bool:
            folder = copies.get()
            path = folder / one.module
            before = path.read_text(encoding="utf-8")
            try:
                path.write_text(one.source, encoding="utf-8")
                return fails(folder, HEART[one.module], _LONGEST_S)
            except subprocess.TimeoutExpired:
                print(f"did not end: {one.module}:{one.line} {one.what}", flush=True)
                return True
            finally:
                path.write_text(before, encoding="utf-8")
                copies.put(folder)

        whole = copies.get()
        if fails(whole, sorted({test for module in modules for test in HEART[module]})):
            print("the tests fail without any fault", file=sys.stderr)
            return 2
        copies.put(whole)
        noticed: list[bool] = []
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for one, was in zip(faults, pool.map(tried, faults), strict=True):
                noticed.append(was)
                if not was:
                    print(f"not noticed: {one.module}:{one.line} {one.what}", flush=True)
    return report(faults, noticed)


def report(faults: Sequence[Mutant], noticed: Sequence[bool]) -> int:
    """Print the shares, and return the exit code."""
    for module in dict.fromkeys(one.module for one in faults):
        own = [was for one, was in zip(faults, noticed, strict=True) if one.module == module]
        print(f"{sum(own):4} of {len(own):4} {module}")
    share = sum(noticed) / len(faults)
    print(f"{sum(noticed):4} of {len(faults):4} faults noticed: {share:.0%}")
    return 0 if share >= 0.95 else 1


if __name__ == "__main__":
    sys.exit(main())
