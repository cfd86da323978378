"""`mimamori demo`: the whole service with a simulated ward on this machine."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

_Folder = Annotated[Path, typer.Option(help="Where the demo keeps its data.")]
_Port = Annotated[int, typer.Option(min=1, max=65535, help="Port of the pages.")]
_InboxPort = Annotated[
    int, typer.Option(min=1, max=65535, help="Port of the inbox page; counts at the first start.")
]


def demo(
    *,
    folder: _Folder = Path("var"),
    port: _Port = 8080,
    inbox_port: _InboxPort = 8025,
    residents: Annotated[int, typer.Option(min=1, max=500, help="How many; counts at the first start.")] = 20,
    seed: Annotated[int, typer.Option(help="Which ward; counts at the first start.")] = 1,
    factor: Annotated[float, typer.Option(min=1, max=600, help="How fast the demo's time runs.")] = 10.0,
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            help="What happens: a scenario of the library (see `simulate list`) or a .toml file; may be given"
            " several times; counts at the first start. Default: the demo's own.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Start everything with a simulated ward, and follow it until Ctrl-C.

    Needs nothing but this machine: a private database and broker on free ports, under the folder. The next start goes
    on where this one stops.

    Example: [bold]mimamori demo --port 8090[/bold]
    """
    from deploy.demo.stack import Stack, StackOptions
    from simulator.scenarios.scenario import library, read_scenario

    for name in scenario or ():
        # A mistake is shown before anything starts.
        read_scenario(name)
    # The next start may be from another folder.
    names = tuple(name if name in library() else str(Path(name).resolve()) for name in scenario or ())
    options = StackOptions(folder, port, inbox_port, residents, seed, factor, names)
    Stack(options, Console(), lambda: datetime.now(UTC)).run()


def demo_reset(folder: _Folder = Path("var")) -> None:
    """Drop the demo's data; the next start makes a new ward.

    Example: [bold]mimamori demo-reset && mimamori demo[/bold]
    """
    from deploy.demo.stack import reset

    reset(folder)
    print(f"The demo's data in {folder} is gone", file=sys.stderr)
