"""The commands about scenario files: list those of the library, check one, write a new one."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from core.errors import InputError
from simulator.incidents.incident import Incident, IncidentKind
from simulator.incidents.kinds import KINDS
from simulator.scenarios import scenario as scenarios
from simulator.scenarios.binding import bind
from simulator.ward_file import read_ward

_NAMED = 6


def list_scenarios() -> None:
    """List the scenarios of the library.

    Example: [bold]mimamori simulate list[/bold]
    """
    console = Console()
    known = scenarios.library()
    width = max(map(len, known))
    for name in known:
        title = scenarios.read_scenario(name).title
        console.print(f"[bold]{name:{width}}[/]  {title}", highlight=False, soft_wrap=True)


def check(
    files: Annotated[
        list[str], typer.Argument(help="Scenario files, or names of the library.", show_default=False)
    ],
    *,
    ward: Annotated[
        Path | None,
        typer.Option(help="Also check that this ward has what the scenarios need.", show_default=False),
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Chooses the people, as it does when the scenario is played.")
    ] = 1,
) -> None:
    """Check scenario files: an error names its line; else what will happen, and to whom if a ward is given.

    Example: [bold]mimamori simulate check mine.toml --ward ward.json[/bold]
    """
    console = Console()
    for name in files:
        scenario = scenarios.read_scenario(name)
        console.print(f"[bold]{name}[/]: {scenario.title}", highlight=False, soft_wrap=True)
        if ward is not None:
            for line in _plan(bind([scenario], read_ward(ward), seed)):
                console.print(f"  {line}", highlight=False, soft_wrap=True)
            continue
        for event in scenario.events:
            whom = event.resident or "the whole ward"
            console.print(
                f"  {event.kind}, {whom}: {KINDS[event.kind].says}", highlight=False, soft_wrap=True
            )


def _plan(incidents: Sequence[Incident]) -> Iterator[str]:
    """Yield a line for each event, with all whom it strikes."""
    whom: dict[tuple[IncidentKind, date, float], list[str]] = {}
    for incident in incidents:
        key = (incident.kind, incident.first, incident.at_s)
        whom.setdefault(key, []).append(incident.resident or "the whole ward")
    for (kind, first, at_s), residents in sorted(whom.items(), key=lambda item: item[0][1:]):
        at = f"{int(at_s // 3600):02}:{int(at_s % 3600 // 60):02}"
        names = ", ".join(residents[:_NAMED])
        if len(residents) > _NAMED:
            names += f" and {len(residents) - _NAMED} more"
        yield f"{first} {at}  {names}: {KINDS[kind].says}"


def new(out: Annotated[Path, typer.Argument(help="The scenario file to write.", show_default=False)]) -> None:
    """Write a scenario file with comments, to be changed and used with --scenario FILE.

    Example: [bold]mimamori simulate new mine.toml[/bold]
    """
    if out.suffix != ".toml":
        raise InputError(f"{out}: a scenario file ends in .toml")
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(scenarios.TEMPLATE.read_text(encoding="utf-8"))
    except FileExistsError as error:
        raise InputError(f"{out}: is there already; choose another name") from error
    except OSError as error:
        raise InputError(f"{out}: cannot write the scenario: {error.strerror}") from error
    Console(stderr=True).print(
        f"Wrote {out}; change it, look for mistakes with `mimamori simulate check {out}`, and see whether alarms come with"
        f" `mimamori simulate verify {out}`",
        soft_wrap=True,
        highlight=False,
    )
