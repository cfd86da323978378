"""The command line of the simulator: `python -m simulator`, and `mimamori simulate` with the same commands."""

import threading
import time
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from core.clock import SystemClock
from core.errors import InputError
from core.logs import get_logger, set_up_logs
from core.process import stop_on_signals
from core.settings import Settings, load_settings
from simulator.cli import scenarios as library_command
from simulator.cli.progress_view import View
from simulator.network.file_output import write_messages
from simulator.network.publisher import BrokerAddress, Publisher
from simulator.scenarios import scenario as scenarios
from simulator.scenarios.binding import bind
from simulator.scenarios.ground_truth import write_ground_truth
from simulator.town.ward import HISTORY_DAYS, WardOrder, make_ward
from simulator.ward_file import read_ward, write_ward
from simulator.ward_run import CATCH_UP, Simulation, publish_history, publish_live

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

Truth = Annotated[
    Path | None,
    typer.Option(help="Where to write what really happens, the truth file.", show_default=False),
]
ForDays = Annotated[
    float, typer.Option(min=0.01, max=3650.0, help="How many days from the beginning of live watching.")
]
TruthDays = Annotated[
    float,
    typer.Option(
        "--truth-days", min=0.01, max=3650.0, help="How many days the truth file and the view know."
    ),
]
Seen = Annotated[bool, typer.Option("--view", help="Show in the terminal what happens.")]


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
    telephones: Annotated[
        bool, typer.Option("--telephones", help="Reach families by short messages and calls too.")
    ] = False,
) -> None:
    """Make a ward and write its ward file, to be registered with `mimamori register`.

    Example: [bold]mimamori simulate ward --residents 20 --out ward.json[/bold]
    """
    order = WardOrder(residents, seed, _moment(now), mail_domain, webhook_url, telephones)
    write_ward(out, make_ward(order))
    Console(stderr=True).print(f"Wrote a ward of {residents} residents to {out}")


@app.command()
def history(
    ward: WardFile, seed: Seed = 1, scenario: Scenarios = None, days: HistoryDays = HISTORY_DAYS
) -> None:
    """Publish the days before live watching begins, as fast as the broker takes them.

    Example: [bold]mimamori simulate history --ward ward.json[/bold]
    """
    settings = _start()
    simulation = _simulation(ward, seed, scenario or _default(settings), days)
    _publish_history(simulation, settings, stop_on_signals())


@app.command()
def live(
    ward: WardFile,
    *,
    seed: Seed = 1,
    scenario: Scenarios = None,
    days: HistoryDays = HISTORY_DAYS,
    truth: Truth = None,
    truth_days: TruthDays = 28.0,
    view: Seen = False,
) -> None:
    """Publish what happens as the clock passes, until stopped; started again, it goes on where it was.

    Example: [bold]mimamori simulate live --ward ward.json --scenario demo --view[/bold]
    """
    settings = _start()
    simulation = _simulation(ward, seed, scenario or _default(settings), days)
    _write_ground_truth(simulation, truth, truth_days)
    _publish_live(simulation, settings, stop_on_signals(), truth_days if view else 0.0)


@app.command()
def run(
    ward: WardFile,
    *,
    seed: Seed = 1,
    scenario: Scenarios = None,
    days: HistoryDays = HISTORY_DAYS,
    truth: Truth = None,
    truth_days: TruthDays = 28.0,
    view: Seen = False,
) -> None:
    """Publish the history, then go on live.

    Example: [bold]mimamori simulate run --ward ward.json --scenario demo[/bold]
    """
    settings = _start()
    simulation = _simulation(ward, seed, scenario or _default(settings), days)
    _write_ground_truth(simulation, truth, truth_days)
    stop = stop_on_signals()
    _publish_history(simulation, settings, stop)
    _publish_live(simulation, settings, stop, truth_days if view else 0.0)


@app.command()
def write(
    ward: WardFile,
    *,
    out: Annotated[
        Path,
        typer.Option(
            help="Where to write the messages, a line of JSON for each; .gz is compressed.",
            show_default=False,
        ),
    ],
    seed: Seed = 1,
    scenario: Scenarios = None,
    for_days: ForDays = 1.0,
    truth: Truth = None,
    days: HistoryDays = HISTORY_DAYS,
) -> None:
    """Write what `live` would publish to a file, as fast as it can be made and without a broker.

    Example: [bold]mimamori simulate write --ward ward.json --for-days 7 --out messages.jsonl.gz[/bold]
    """
    simulation = _simulation(ward, seed, scenario or [], days)
    end = simulation.ward.origin + timedelta(days=for_days)
    _write_ground_truth(simulation, truth, for_days)
    whole_s = for_days * 86_400.0
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    began = time.monotonic()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("messages", total=whole_s)

        def at(moment: datetime, count: int) -> None:
            done_s = (moment - simulation.ward.origin).total_seconds()
            progress.update(bar, completed=done_s, description=f"{count} messages")

        count = write_messages(out, simulation.until(end), at)
    home_days = len(simulation.ward.homes) * for_days
    rate = 60.0 * home_days / max(time.monotonic() - began, 0.001)
    Console(stderr=True).print(
        f"Wrote {count} messages of {home_days:g} home-days to {out}, {rate:.0f} home-days a minute",
        highlight=False,
        soft_wrap=True,
    )


app.command("list")(library_command.list_scenarios)
app.command("check")(library_command.check)
app.command("new")(library_command.new)


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


def _default(settings: Settings) -> list[str]:
    return ["demo"] if settings.environment == "demo" else []


def _simulation(path: Path, seed: int, names: list[str], days: int) -> Simulation:
    ward = read_ward(path)
    incidents = bind([scenarios.read_scenario(name) for name in names], ward, seed)
    return Simulation(ward, incidents, seed, days)


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


def _write_ground_truth(simulation: Simulation, path: Path | None, days: float) -> None:
    if path is not None:
        write_ground_truth(path, simulation.ground_truth(simulation.ward.origin + timedelta(days=days)))


def _publish_live(
    simulation: Simulation, settings: Settings, stop: threading.Event, view_days: float = 0.0
) -> None:
    """Publish until stopped; with `view_days`, show the events of so many days from now."""
    if stop.is_set():
        return
    clock = settings.make_clock()
    with Publisher(BrokerAddress.of(settings), stop=stop) as publisher, ExitStack() as shown:
        messages = simulation.live(clock.now() - CATCH_UP)
        sent = None
        if view_days:
            end = clock.now() + timedelta(days=view_days)
            view = View(simulation.ward, clock, simulation.ground_truth(end))
            console = Console(stderr=True)
            shown.enter_context(Live(view, console=console, refresh_per_second=4, screen=console.is_terminal))
            sent = view.sent
        log.info("ready", homes=len(simulation.ward.homes), incidents=len(simulation.incidents))
        publish_live(messages, publisher, clock, stop, sent)
    log.info("stopped")
