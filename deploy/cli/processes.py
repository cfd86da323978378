"""Commands that run one process, and those that other parts bring along."""

from pathlib import Path
from typing import Annotated

import typer

from core.errors import InputError


def migrate() -> None:
    """Bring the database to the newest schema.

    Safe to run again and from several machines at once.

    Example: [bold]MIMAMORI_DATABASE_URL=postgresql://... mimamori migrate[/bold]
    """
    from core.settings import load_settings
    from core.store.migrate import migrate as apply

    applied = apply(load_settings().database_url.get_secret_value())
    for name in applied:
        print(f"applied {name}")
    if not applied:
        print("the database is up to date")


def ingest(
    *,
    leave: Annotated[
        bool,
        typer.Option(
            "--leave",
            help="Store what still waits for this client id at the broker, end its session for good, and return.",
        ),
    ] = False,
) -> None:
    """Store what devices publish; runs until stopped.

    A second one waits as a standby and takes over when the first ends. With MIMAMORI_INGEST_GROUP several share the messages.

    Example: [bold]MIMAMORI_INGEST_GROUP=ward mimamori ingest[/bold]
    """
    from ingest.__main__ import main

    raise typer.Exit(main(is_leaving=leave))


def detect() -> None:
    """Evaluate readings and notify people; runs until stopped. Start more of them to evaluate faster.

    Example: [bold]MIMAMORI_DATABASE_URL=postgresql://... mimamori detect[/bold]
    """
    from detectors.__main__ import main

    raise typer.Exit(main())


def api() -> None:
    """Serve the pages and the JSON API; runs until stopped.

    Example: [bold]MIMAMORI_API_PORT=8080 mimamori api[/bold]
    """
    from api.__main__ import main

    raise typer.Exit(main())


def sync_broker(
    folder: Annotated[
        Path, typer.Option(help="The broker's folder, with mosquitto.conf and passwords.", file_okay=False)
    ] = Path("/etc/mosquitto"),
) -> None:
    """Keep the broker's passwords as the database has them; runs until stopped, beside the broker.

    It must run where it may write that folder and signal the broker: on the same machine, as the same account.

    Example: [bold]mimamori sync-broker --folder /etc/mosquitto[/bold]
    """
    from deploy.broker_sync import serve

    raise typer.Exit(serve(folder))


def mqtt_out() -> None:
    """Publish over MQTT how residents are, for Home Assistant and others; runs until stopped.

    MIMAMORI_MQTT_OUT names the offices; while it names none, everything that was published is taken back, and it ends.

    Example: [bold]MIMAMORI_MQTT_OUT=all mimamori mqtt-out[/bold]
    """
    from deploy.mqtt_out.publisher import serve

    raise typer.Exit(serve())


def simulate(context: typer.Context) -> None:
    """Play a ward: its homes, sensors and trackers. [dim]mimamori simulate --help[/dim] shows its commands."""
    from deploy.playback.scenario_command import add_to
    from simulator.cli.main import app

    add_to(app)
    app(args=context.args, prog_name="mimamori simulate")


def replay(context: typer.Context) -> None:
    """Publish recorded data through the real broker and list the alerts. [dim]mimamori replay --help[/dim]"""
    from deploy.playback.replay_command import app

    app(args=context.args, prog_name="mimamori replay")


def evaluate(context: typer.Context) -> None:
    """Measure how soon a collapse would be noticed, and at what price in false alarms. [dim]mimamori evaluate --help[/dim]"""
    from simulator.evaluation.command import app

    app(args=context.args, prog_name="mimamori evaluate")


def decode(
    file: Annotated[str, typer.Argument(help="A file with a message, or - for standard input.")],
    profile: Annotated[
        str | None,
        typer.Option(help="Profile of the device that sent it: a TOML file, or a name of the library."),
    ] = None,
) -> None:
    """Decode a message: readings, positions, events, or why it cannot be used.

    Needs no broker and no database. The file holds JSON with "topic" and "payload"; several messages may follow each
    other, as [bold]mosquitto_sub -F %J[/bold] prints them. Ends with 65 if any would go to quarantine.

    Example: [bold]mimamori decode message.json[/bold]
    """
    from core.formats.profile_file import library_or_file
    from ingest.commands.decode import decode_messages

    if file != "-" and not Path(file).is_file():
        raise InputError(f"there is no file {file}")
    worst = 0
    known = None if profile is None else library_or_file(profile)
    for text, exit_code in decode_messages(file, known):
        print(text, flush=True)
        worst = max(worst, exit_code)
    raise typer.Exit(worst)
