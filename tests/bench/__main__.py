"""Measure, print a table and write bench.json: `python -m tests.bench [--runs N] [--messages N]`."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import ingest, simulator


def main() -> None:
    """Measure everything there is to measure."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description="Measure and write bench.json."
    )
    parser.add_argument("--runs", type=int, default=ingest.RUNS, help="how often; the median counts")
    parser.add_argument("--messages", type=int, default=ingest.MESSAGES, help="messages in each run")
    parser.add_argument("--out", type=Path, default=Path("bench.json"), help="where the results go")
    arguments = parser.parse_args()
    results = ingest.measure(arguments.runs, arguments.messages) | simulator.measure()
    table = Table(title="Measured on this machine; ratios are of the same run")
    for heading in ("what", "median", "unit", "runs", "against"):
        table.add_column(heading)
    for key, result in results.items():
        spread = ", ".join(f"{run:g}" for run in result.runs)
        table.add_row(key, f"{result.value:g}", result.unit, spread, result.against)
    Console().print(table)
    arguments.out.write_text(
        json.dumps({key: asdict(result) for key, result in results.items()}, ensure_ascii=False, indent=2)
        + "\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
