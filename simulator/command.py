"""The command line of the simulator: `python -m simulator`, and `mimamori simulate` with the same commands."""

import json
import signal
import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from core.clock import SystemClock
from core.errors import InputError
from core.logs import get_logger, set_up_logs
from core.settings import Settings, load_settings
from simulator import scenario as scenarios
from simulator.incident import Incident
from simulator.publish import BrokerAddress, Publisher
from simulator.run import CATCH_UP, Simulation, publish_history, publish_live
from simulator.ward import HISTORY_DAYS, WardOrder, make_ward
from simulator.wardfile import SimWard, read_ward

log = get_logger(__name__)
app = typer.Typer(
    name="simulate",
    help="Stand in for the hardware: a ward of residents with routines, sensors and trackers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    epilog="Example: mimamori simulate ward --residents 20 --now 2026-08-01T06:30:00+09:00 --out ward.json",
)
_MOST_RESIDENTS = 5000

WardFile = Annotated[
    Path,
    typer.Option("--ward", help="The ward file to play, as `simulate ward` writes it.", show_default=False),
]
Seed = Annotated[int, typer.Option(help="The same seed gives the same people and the same messages.")]
Scenarios = Annotated[
    list[str] | None,
    typer.Option(
        "--scenario",
        help="A scenario of the library (see `simulate list`) or a .toml file; may be given several times. "
        "Without it: `demo` in the demo environment, else ordinary life.",
        show_default=False,
    ),
]
HistoryDays = Annotated[
    int, typer.Option("--days", min=1, max=365, help="How many days of history lie before live watching.")
]


@app.command()
def ward(
    *,
    out: Annotated[Path, typer.Option(help="Where to write the ward file.", show_default=False)],
    now: Annotated[
        str,
        typer.Option(help="When watching begins, with an offset: 2026-08-01T06:30:00+09:00. Default: now."),
    ] = "",
    residents: Annotated[int, typer.Option(min=1, max=_MOST_RESIDENTS)] = 20,
    seed: Seed = 1,
    mail_domain: Annotated[str, typer.Option(help="Where the contacts have their mail.")] = "mail.example",
    webhook_url: Annotated[
        str, typer.Option(help="Start of the web address of second contacts; without it there are none.")
    ] = "",
) -> None:
    """Make a ward and write its ward file, to be registered with `mimamori register`."""
    order = WardOrder(residents, seed, _moment(now), mail_domain, webhook_url)
    text = json.dumps(make_ward(order), ensure_ascii=False, indent=1)
    try:
        out.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{out}: cannot write the ward file: {error.strerror}") from error
    Console(stderr=True).print(f"Wrote a ward of {residents} residents to {out}")


@app.command()
def history(
    ward: WardFile, seed: Seed = 1, scenario: Scenarios = None, days: HistoryDays = HISTORY_DAYS
) -> None:
    """Publish the days before live watching begins, as fast as the broker takes them."""
    settings = _start()
    simulation = _simulation(settings, ward, seed, scenario, days)
    _publish_history(simulation, settings, _stop_on_signals())


@app.command()
def live(
    ward: WardFile, seed: Seed = 1, scenario: Scenarios = None, days: HistoryDays = HISTORY_DAYS
) -> None:
    """Publish what happens as the clock passes, until stopped; started again, it goes on where it was."""
    settings = _start()
    simulation = _simulation(settings, ward, seed, scenario, days)
    _publish_live(simulation, settings, _stop_on_signals())


@app.command()
def run(ward: WardFile, seed: Seed = 1, scenario: Scenarios = None, days: HistoryDays = HISTORY_DAYS) -> None:
    """Publish the history, then go on live."""
    settings = _start()
    simulation = _simulation(settings, ward, seed, scenario, days)
    stop = _stop_on_signals()
    _publish_history(simulation, settings, stop)
    _publish_live(simulation, settings, stop)


@app.command("list")
def list_scenarios() -> None:
    """List the scenarios of the library."""
    console = Console()
    for name in scenarios.library():
        console.print(
            f"[bold]{name:18}[/] {scenarios.read_scenario(name).title}", highlight=False, soft_wrap=True
        )


@app.command()
def new(out: Annotated[Path, typer.Argument(help="The scenario file to write.", show_default=False)]) -> None:
    """Write a scenario file with comments, to be changed and used with --scenario FILE."""
    if out.suffix != ".toml":
        raise InputError(f"{out}: a scenario file ends in .toml")
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(scenarios.TEMPLATE.read_text(encoding="utf-8"))
    except FileExistsError as error:
        raise InputError(f"{out}: is there already; choose another name") from error
    except OSError as error:
        raise InputError(f"{out}: cannot write the scenario: {error.strerror}") from error
    Console(stderr=True).print(f"Wrote {out}; change it and use it with --scenario {out}")


def _moment(text: str) -> datetime:
    if not text:
        return SystemClock().now()
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment
    raise InputError(f"--now: {text!r} is no time with an offset such as 2026-08-01T06:30:00+09:00")


def _start() -> Settings:
    settings = load_settings()
    set_up_logs("simulator", settings.log_level, settings.log_format)
    return settings


def _simulation(settings: Settings, path: Path, seed: int, names: list[str] | None, days: int) -> Simulation:
    ward = read_ward(path)
    return Simulation(ward, _incidents(settings, ward, seed, names), seed, days)


def _incidents(settings: Settings, ward: SimWard, seed: int, names: list[str] | None) -> tuple[Incident, ...]:
    chosen = names or (["demo"] if settings.environment == "demo" else [])
    return scenarios.bind([scenarios.read_scenario(name) for name in chosen], ward, seed)


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask_to_stop)
    return stop


def _publish_history(simulation: Simulation, settings: Settings, stop: threading.Event) -> None:
    columns = (
        TextColumn("history"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("days, {task.fields[messages]} messages"),
        TimeElapsedColumn(),
    )
    with (
        Publisher(BrokerAddress.of(settings), stop=stop) as publisher,
        Progress(*columns, console=Console(stderr=True), transient=True) as progress,
    ):
        bar = progress.add_task("history", total=simulation.history_days + 1, messages=0)

        def day_done(messages: int) -> None:
            progress.update(bar, advance=1, messages=messages)

        count = publish_history(simulation, publisher, day_done)
    log.info("history_published", messages=count, days=simulation.history_days)


def _publish_live(simulation: Simulation, settings: Settings, stop: threading.Event) -> None:
    if stop.is_set():
        return
    clock = settings.make_clock()
    with Publisher(BrokerAddress.of(settings), stop=stop) as publisher:
        messages = simulation.live(clock.now() - CATCH_UP)
        log.info("ready", homes=len(simulation.ward.homes), incidents=len(simulation.incidents))
        publish_live(messages, publisher, clock, stop)
    log.info("stopped")
