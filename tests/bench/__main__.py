"""Measure, print a table and write bench.json: `python -m tests.bench [quick] [NAME ...]`."""

import argparse
import json
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.bench import (
    alerts,
    decoding,
    fences,
    ingest,
    one_person,
    people,
    rules,
    sharing,
    simulator,
    steady,
    to_channel,
    years,
)
from tests.bench.ingest import FULL, QUICK, Effort, Say
from tests.bench.result import Results
from tests.bench.stand import Stand

Part = Callable[[Stand, Effort, Say], Results]


def _codecs(_stand: Stand, effort: Effort, say: Say) -> Results:
    return decoding.codecs(effort, say)


def _simulator(_stand: Stand, effort: Effort, say: Say) -> Results:
    return simulator.measure(effort.runs, say)


def _rules(_stand: Stand, effort: Effort, say: Say) -> Results:
    return rules.measure(effort.runs, say)


def _fences(_stand: Stand, effort: Effort, say: Say) -> Results:
    return fences.measure(effort, say)


# In this order: the space a reading takes is that of the first part's readings.
PARTS: dict[str, Part] = {
    "codecs": _codecs,
    "ingest": ingest.rates,
    "workers": ingest.two_workers,
    "latency": steady.latency,
    "memory": steady.memory,
    "growth": ingest.growth,
    "simulator": _simulator,
    "fences": _fences,
    "rules": _rules,
    "alerts": alerts.measure,
    "channels": to_channel.measure,
    "sharing": sharing.measure,
    "people": people.measure,
    "one_person": one_person.measure,
    "years": years.measure,
}
_QUICK = "quick"


def main() -> None:
    """Measure everything there is to measure, or the named parts."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="Measure and write bench.json. All of it takes about half an hour, `quick` about five minutes.",
    )
    names = [_QUICK, *PARTS]
    parser.add_argument(
        "names",
        nargs="*",
        choices=[*names, []],
        metavar="NAME",
        help=f"only these, or a short form: {', '.join(names)}",
    )
    parser.add_argument("--out", type=Path, default=Path("bench.json"), help="where the results go")
    arguments = parser.parse_args()
    chosen: list[str] = arguments.names
    effort = QUICK if _QUICK in chosen else FULL
    parts = {name: part for name, part in PARTS.items() if name in chosen} or PARTS
    results, failed = _measured(parts, effort, arguments.out)
    _show(results)
    if failed:
        sys.exit(f"not measured: {', '.join(failed)}")


def _measured(parts: Mapping[str, Part], effort: Effort, out: Path) -> tuple[Results, list[str]]:
    with TemporaryDirectory(prefix="mimamori-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        with Stand(folder) as stand, Progress(transient=True) as progress:
            task = progress.add_task("", total=len(parts))

            def run(part: Part) -> Results:
                found = part(stand, effort, lambda text: progress.update(task, description=text))
                progress.advance(task)
                return found

            return kept({title: partial(run, part) for title, part in parts.items()}, out)


def kept(parts: Mapping[str, Callable[[], Results]], out: Path) -> tuple[Results, list[str]]:
    """Measure some parts and write the results of each as soon as it has them; return all results, and which parts failed."""
    commit = _commit()
    results: Results = {}
    failed: list[str] = []
    for title, part in parts.items():
        try:
            found = part()
        except Exception:  # noqa: BLE001 - half an hour of other measurements is not thrown away for one
            failed.append(title)
            traceback.print_exc()
        else:
            results |= found
            _write(out, found, commit)
    return results, failed


def _show(results: Results) -> None:
    table = Table(title="Measured on this machine; ratios are of the same run")
    for heading in ("what", "median", "unit", "runs", "against"):
        table.add_column(heading, overflow="fold")
    for key, result in results.items():
        spread = ", ".join(f"{run:g}" for run in result.runs)
        value = "-" if result.value is None else f"{result.value:g}"
        table.add_row(key, value, result.unit, spread, result.against)
    Console().print(table)


def _write(path: Path, results: Results, commit: str) -> None:
    """Write the results with their commit and day; what was measured before and not now stays as it was."""
    reported: dict[str, object] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    where = {"commit": commit, "date": datetime.now(UTC).date().isoformat()}
    reported |= {key: asdict(result) | where for key, result in results.items()}
    path.write_text(json.dumps(reported, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _commit() -> str:
    """Return the commit that is measured; with a plus where files were changed since."""
    described = ["git", "describe", "--always", "--abbrev=7", "--exclude=*", "--dirty=+"]
    run = subprocess.run(described, capture_output=True, text=True, check=False)
    return run.stdout.strip() or "unknown"


if __name__ == "__main__":
    main()
