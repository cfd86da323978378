"""`mimamori simulate verify`: does the service raise what a scenario says, and nothing else? In a minute, not in the hours of the scenario."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from core.logs import set_up_logs
from deploy.demo.start_steps import Steps
from deploy.local import required_programs
from deploy.local.postgres_cluster import Cluster
from deploy.playback import scenario_report
from deploy.playback.scenario_library import Watcher, pasts, plans, verify
from deploy.playback.scenario_run import BYSTANDERS, ScenarioCheck, ScenarioRun
from deploy.playback.scenario_test_bed import Grounds, from_file, made_up
from simulator.scenarios import scenario


def verify_scenarios(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Scenarios of the library (see `simulate list`) or .toml files. Default: the whole library.",
            metavar="SCENARIO",
            show_default=False,
        ),
    ] = None,
    *,
    ward: Annotated[
        Path | None,
        typer.Option(help="A ward file to play. Default: one that is made up.", show_default=False),
    ] = None,
    residents: Annotated[int, typer.Option(min=1, max=100, help="How many live in the one made up.")] = 20,
    seed: Annotated[int, typer.Option(help="The same seed gives the same people and the same messages.")] = 1,
    bystanders: Annotated[
        int, typer.Option(min=0, max=100, help="How many homes are played in which nothing happens.")
    ] = BYSTANDERS,
    out: Annotated[
        Path | None, typer.Option("--json", help="Also write the results here, as JSON.", show_default=False)
    ] = None,
) -> None:
    """Play scenarios as fast as possible, and compare what is raised with what should be.

    The code of ingest and detectors works on a private database that is thrown away; the demo and any other installation are not
    touched. Ends with 1 if anything is late, missed or raised without a reason.

    Example: [bold]mimamori simulate verify mine.toml[/bold]
    """
    console = Console(stderr=True)
    set_up_logs("verify", "ERROR", "pretty")
    grounds = made_up(residents, seed) if ward is None else from_file(ward, seed)
    runs = plans(grounds, names or list(scenario.library()), bystanders=bystanders)
    with tempfile.TemporaryDirectory(prefix="mimamori-verify-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        steps = Steps(console)
        cluster = Cluster(folder / "postgresql", required_programs.postgres(steps.note), for_tests=True)
        try:
            with steps.step("Start a private database"):
                cluster.start()
            checks = _verified(grounds, runs, cluster, folder, console)
        finally:
            cluster.stop()
    if out is not None:
        scenario_report.write(checks, out)
    scenario_report.show(Console(), checks)
    if not all(map(scenario_report.is_as_expected, checks)):
        raise typer.Exit(1)


def _verified(
    grounds: Grounds, runs: list[ScenarioRun], cluster: Cluster, folder: Path, console: Console
) -> list[ScenarioCheck]:
    homes = sum(map(len, pasts(runs).values()))
    with _bars(console) as progress:
        past = progress.add_task("storing the past", total=homes)
        played = progress.add_task("playing", total=sum(run.home_days for run in runs))

        def on_step(run: ScenarioRun, span: timedelta) -> None:
            advance = len(run.homes) * (span / timedelta(days=1))
            progress.update(played, advance=advance, description=f"playing {run.name}")

        watcher = Watcher(lambda: progress.advance(past), on_step)
        return list(verify(grounds, runs, cluster=cluster, folder=folder, watcher=watcher))


@contextmanager
def _bars(console: Console) -> Generator[Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield progress


def add_to(app: typer.Typer) -> None:
    """Give the simulator's commands this one, unless they have it."""
    if all(command.callback is not verify_scenarios for command in app.registered_commands):
        app.command("verify")(verify_scenarios)
