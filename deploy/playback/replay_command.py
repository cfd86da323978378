"""`mimamori replay`: recorded homes and tracks through the service."""

import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from core.clock import FileClock
from core.errors import InputError
from core.process import stop_on_signals
from core.settings import load_settings
from core.store.database import Database
from core.store.migrate import migrate
from deploy.demo.start_steps import Steps
from deploy.local import required_programs
from deploy.local.mosquitto import Broker
from deploy.local.postgres_cluster import Cluster
from deploy.playback.clock_stepping import ReplayError, Stepping
from deploy.playback.recording_report import show, write_alerts
from deploy.playback.recording_run import ReplayPlan, ReplayResult, ReplayRun
from simulator.network.lossy_channel import OutboundMessage
from simulator.network.publisher import BrokerAddress, Publisher
from simulator.replay.files import Form, read_recording
from simulator.replay.home_zone import zone_of_offsets
from simulator.replay.pace import publish_at
from simulator.replay.parsing.text_file import FileChoices
from simulator.replay.parsing.times import DateOrder
from simulator.replay.publication import BY_HOUR, BY_MOMENT, Publication
from simulator.replay.recording import Recording
from simulator.replay.registration import ward_of
from simulator.ward_file import write_ward

app = typer.Typer(
    name="replay",
    help="Publish recorded data through the real broker: homes (CSV, Home Assistant, CASAS) and tracks (GPX or CSV).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="docs/replay.md describes the forms. Example: mimamori replay run homes.csv",
)


File = Annotated[Path, typer.Argument(help="The recording, plain or gzip.", show_default=False)]
As = Annotated[
    Form | None, typer.Option("--as", help="The form of the file. Default: look at it.", show_default=False)
]
Homes = Annotated[
    list[str] | None,
    typer.Option(
        "--home", help="Only this home (as in the file); may be given several times.", show_default=False
    ),
]
Begin = Annotated[
    str,
    typer.Option("--from", help="Begin here: a date or a time; cut down to the hour.", show_default=False),
]
End = Annotated[str, typer.Option("--to", help="End before this; cut down to the hour.", show_default=False)]
SkipBad = Annotated[
    bool, typer.Option("--skip-bad", help="List rows that cannot be used and go on without them.")
]
TimeZone = Annotated[
    str | None,
    typer.Option(
        help="Zone of times without an offset, for example Asia/Tokyo, and of the homes. Default: what the file's offsets say, else UTC.",
        show_default=False,
    ),
]
Encoding = Annotated[
    str, typer.Option(help="For example cp932 or utf-16. Default: find it out.", show_default=False)
]
HomeColumn = Annotated[
    str,
    typer.Option(
        help="The column that separates homes or people; none if all is of one. Default: home, uid and the like.",
        show_default=False,
    ),
]
Dates = Annotated[
    DateOrder | None,
    typer.Option(help="The order of dates such as 01/08/2026. Default: find it out.", show_default=False),
]


@app.command()
def ward(
    file: File,
    *,
    out: Annotated[Path, typer.Option(help="Where to write the ward file.", show_default=False)],
    form: As = None,
    homes: Homes = None,
    begin: Begin = "",
    end: End = "",
    skip_bad: SkipBad = False,
    time_zone: TimeZone = None,
    encoding: Encoding = "",
    home_column: HomeColumn = "",
    dates: Dates = None,
) -> None:
    """Write a ward file with the homes and devices of a recording, to be registered before it is published."""
    choices = FileChoices(_zone(time_zone), encoding, home_column, dates)
    plan = _plan(file, form, homes, (begin, end), choices, skip_bad=skip_bad, is_given=time_zone is not None)
    write_ward(out, ward_of(plan.part, plan.zone))
    print(f"Wrote {len(plan.part.homes)} homes with {len(plan.part.devices)} devices to {out}")
    print(f"Next: mimamori register {out}, then mimamori replay publish {file}")


@app.command()
def publish(
    file: File,
    *,
    form: As = None,
    homes: Homes = None,
    begin: Begin = "",
    end: End = "",
    speed: Annotated[
        str, typer.Option(help="max, or how many times as fast as it happened, for example 60.")
    ] = "max",
    clock_file: Annotated[
        Path | None,
        typer.Option(
            help="Move this clock (MIMAMORI_CLOCK=file:PATH of all processes) with the data, hour by hour."
        ),
    ] = None,
    skip_bad: SkipBad = False,
    time_zone: TimeZone = None,
    encoding: Encoding = "",
    home_column: HomeColumn = "",
    dates: Dates = None,
) -> None:
    """Publish a recording to the broker of the settings; its devices must be registered (see `replay ward`).

    With a clock file each hour is stored and evaluated before the next is published, also at full speed.
    """
    pace = _speed(speed)
    if pace is not None and clock_file is not None:
        raise InputError(
            "--speed and --clock-file exclude each other: a moved clock goes as fast as evaluation does"
        )
    choices = FileChoices(_zone(time_zone), encoding, home_column, dates)
    plan = _plan(file, form, homes, (begin, end), choices, skip_bad=skip_bad, is_given=time_zone is not None)
    whole = plan.whole.part(plan.homes, None, None)
    messages = Publication(whole, BY_HOUR if pace is None else BY_MOMENT).messages(plan.begin, plan.end)
    settings = load_settings()
    # Finishes what is under way. With a clock, Ctrl-C ends at once: the clock must not go on without the data.
    stop = stop_on_signals() if clock_file is None else threading.Event()
    columns = (TextColumn("publishing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        Publisher(BrokerAddress.of(settings), most_under_way=1000, stop=stop) as publisher,
        Progress(*columns, console=Console(stderr=True), transient=True) as progress,
    ):
        if clock_file is None:
            bar = progress.add_task("publishing", total=len(messages))
            count = publish_at(messages, publisher, pace, stop, lambda: progress.advance(bar))
        else:
            bar = progress.add_task("publishing", total=len(plan.moments()))
            with Database(settings.database_url.get_secret_value(), size=1) as database:
                _by_clock(plan, messages, database, publisher, clock_file, lambda: progress.advance(bar))
            count = len(messages)
    print(f"Published {count} of {len(messages)} messages, acknowledged by the broker")


def _by_clock(
    plan: ReplayPlan,
    messages: Sequence[OutboundMessage],
    database: Database,
    publisher: Publisher,
    clock_file: Path,
    advance: Callable[[], None],
) -> None:
    """Publish hour by hour, each once the one before is evaluated, and move the clock of all processes with it."""
    FileClock.write(clock_file, plan.begin)
    stepping = Stepping(
        database, publisher, clock_file, clock_file, lambda _who: None, lambda _moment: advance()
    )
    stepping.through(messages, plan.moments())


@app.command()
def run(
    file: File,
    *,
    form: As = None,
    homes: Homes = None,
    begin: Begin = "",
    end: End = "",
    step_h: Annotated[
        float, typer.Option(min=0.1, max=24.0, help="Hours that are published before they are evaluated.")
    ] = 1.0,
    alerts_out: Annotated[
        Path | None, typer.Option(help="Write the alerts with their whole reasons here, as JSON lines.")
    ] = None,
    skip_bad: SkipBad = False,
    time_zone: TimeZone = None,
    encoding: Encoding = "",
    home_column: HomeColumn = "",
    dates: Dates = None,
) -> None:
    """Send a recording through a private broker, ingest, database and detectors; compare what is stored; list the alerts.

    Nothing of it stays; the demo and any other installation are not touched.
    """
    console = Console()
    steps = Steps(console)
    with steps.step(f"Read {file.name}"):
        choices = FileChoices(_zone(time_zone), encoding, home_column, dates)
        plan = _plan(
            file,
            form,
            homes,
            (begin, end),
            choices,
            skip_bad=skip_bad,
            is_given=time_zone is not None,
            step=timedelta(hours=step_h),
        )
    with tempfile.TemporaryDirectory(prefix="mimamori-replay-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        result = _run_privately(plan, folder, steps)
    if alerts_out is not None:
        write_alerts(result.alerts, alerts_out)
    show(console, plan, result)
    if not result.difference.is_none:
        raise ReplayError("the database does not hold what the file holds")


def _run_privately(plan: ReplayPlan, folder: Path, steps: Steps) -> ReplayResult:
    cluster = Cluster(folder / "postgresql", required_programs.postgres(steps.note), for_tests=True)
    broker = Broker(folder / "broker", required_programs.mosquitto(steps.note))
    try:
        with steps.step("Start a private database and broker"):
            cluster.start()
            cluster.create_database("replay")
            migrate(cluster.url("replay"))
            broker.start()
        columns = (TextColumn("replaying"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            bar = progress.add_task("replaying", total=len(plan.moments()))
            return ReplayRun(plan, cluster.url("replay"), broker, folder, lambda: progress.advance(bar)).run()
    finally:
        broker.stop()
        cluster.stop()


def _plan(
    file: Path,
    form: Form | None,
    homes: list[str] | None,
    limits: tuple[str, str],
    choices: FileChoices,
    *,
    skip_bad: bool,
    is_given: bool,
    step: timedelta = timedelta(hours=1),
) -> ReplayPlan:
    whole = read_recording(file, form, choices).checked(str(file), skip_bad=skip_bad)
    # Night and day are those of the clock that the file shows, unless a person says another or times without an offset were taken as UTC.
    said = None if is_given or whole.without_offset else zone_of_offsets(whole.readings)
    zone = said or choices.zone
    for line in (*_notes(file, whole, choices.zone), *_zone_notes(file, whole, said, is_given=is_given)):
        Console(stderr=True).print(line, highlight=False, markup=False, soft_wrap=True)
    wanted = tuple(_home(whole, home) for home in homes or ())
    first, last = whole.span
    begin = _hour(limits[0], "--from", zone) if limits[0] else first
    end = _hour(limits[1], "--to", zone) if limits[1] else last + timedelta(hours=1)
    begin, end = (moment.replace(minute=0, second=0, microsecond=0) for moment in (begin, end))
    plan = ReplayPlan(whole, wanted, begin, end, step, zone)
    if not plan.part.homes:
        raise InputError(
            f"{file}: there is nothing between {begin:%Y-%m-%d %H:%M} and {end:%Y-%m-%d %H:%M}; it holds"
            f" {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"
        )
    return plan


def _home(whole: Recording, text: str) -> str:
    """Return the home that is called so here, or in the file."""
    for home in whole.homes:
        if text in (home, whole.names.get(home)):
            return home
    raise InputError(
        f"--home {text}: the recording has {', '.join(whole.names.get(one, one) for one in whole.homes)}"
    )


def _notes(file: Path, whole: Recording, zone: ZoneInfo) -> Iterator[str]:
    for note in whole.notes:
        yield f"{file}: {note}"
    if whole.without_offset:
        yield (
            f"{file}: {whole.without_offset} times say no zone and are taken as {zone}"
            + ("; --time-zone takes them as another, for example Asia/Tokyo" if zone.key == "UTC" else "")
        )
    for row in whole.bad:
        yield f"{file}, {row}; left out"
    if whole.bad_count > len(whole.bad):
        yield f"{file}: {whole.bad_count} rows were left out, {len(whole.bad)} of them are named here"


def _zone_notes(file: Path, whole: Recording, said: ZoneInfo | None, *, is_given: bool) -> Iterator[str]:
    if said is not None and said.key != "UTC":
        yield f"{file}: its times say that the homes' clocks are those of {said.key}; --time-zone says another"
    elif said is None and not is_given and not whole.without_offset:
        yield f"{file}: the offsets of its times fit no single zone, so day and night are taken as UTC; give --time-zone"


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        raise InputError(f"--time-zone: {name!r} is no IANA time zone such as Europe/London") from None


def _hour(text: str, option: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"{option}: {text!r} is no date or time such as 2019-06-10 or 2019-06-10T12:00"
        ) from None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 1e6:
        raise InputError(f"--speed: {text!r} is neither max nor a number above 0, such as 60")
    return speed
