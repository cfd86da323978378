"""Commands for messages that could not be stored: look at them, and take them in again."""

import base64
import json
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from core.errors import NotFoundError
from deploy.cli.connection import work

quarantine = typer.Typer(
    help="Messages that could not be stored: why, and take them in again.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_Reason = Annotated[str | None, typer.Option(help="Only for this reason, such as unknown_device.")]
_Topic = Annotated[str | None, typer.Option(help="Only on this topic.")]
_Number = Annotated[int, typer.Argument(min=1, help="As `mimamori quarantine list` shows it.")]


@quarantine.command("list")
def list_messages(
    reason: _Reason = None,
    topic: _Topic = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the newest first.")] = 50,
) -> None:
    """Show what waits, the newest first, and how many for each reason.

    Example: [bold]mimamori quarantine list --reason unknown_device[/bold]
    """
    from core.store.telemetry import quarantine as store

    with work() as at:
        shown = store.listing(at.connection, store.Choice(reason, topic), limit=limit)
        reasons = store.reasons(at.connection)
        state = store.state(at.connection)
    if shown:
        table = Table()
        for name in ("number", "received", "reason", "bytes", "topic", "what to know"):
            # Folded rather than cut off: a topic has no spaces to break at, and its end names the device.
            table.add_column(name, overflow="fold")
        for one in shown:
            table.add_row(
                str(one.number),
                one.received_at.isoformat(timespec="seconds"),
                one.reason,
                str(len(one.payload)),
                # What strangers wrote is shown as text only, never as commands for the terminal.
                Text(printable(one.topic)),
                Text(printable(one.detail)),
            )
        Console().print(table)
    counts = ", ".join(f"{count} {name}" for name, count in reasons.items())
    print(f"{state.waiting} wait ({counts})" if counts else "nothing waits")
    if state.dropped and state.dropped_at is not None:
        moment = state.dropped_at.isoformat(timespec="seconds")
        print(f"{state.dropped} had to go before anybody released them, the last {moment}")


@quarantine.command("show")
def show(number: _Number) -> None:
    """Print one message in the form that `mimamori decode` reads; it may hold a person's data.

    Example: [bold]mimamori quarantine show 12 | mimamori decode -[/bold]
    """
    from core.store.telemetry import quarantine as store

    with work() as at:
        one = store.get(at.connection, number)
    body: dict[str, object] = {
        "topic": one.topic,
        "received_at": one.received_at.isoformat(),
        "retained": one.retained,
        "reason": one.reason,
        "detail": one.detail,
    }
    try:
        body["payload"] = one.payload.decode()
    except UnicodeDecodeError:
        body["payload_base64"] = base64.b64encode(one.payload).decode()
    # ASCII only: control characters become escapes, so nothing reaches the terminal as a command.
    print(json.dumps(body, indent=2))


@quarantine.command("release")
def release(
    number: Annotated[int | None, typer.Argument(min=1, help="Only this one.")] = None,
    reason: _Reason = None,
    topic: _Topic = None,
) -> None:
    """Take messages in again, after their device was registered or a codec was mended.

    They keep the time at which they were received, and what is stored already stays once. What is refused again stays.

    Example: [bold]mimamori quarantine release --reason unknown_device[/bold]
    """
    from core.settings import load_settings
    from core.store.database import Database
    from core.store.telemetry import quarantine as store
    from ingest.commands.release import release as take_in
    from ingest.processing.limits import Rules

    settings = load_settings()
    choice = store.Choice(reason, topic, number)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    url = settings.database_url.get_secret_value()
    with Database(url, size=2, application="mimamori-command") as database:
        with database.transaction() as connection:
            total = store.count(connection, choice)
            if number is not None and total == 0:
                store.get(connection, number)
                raise NotFoundError(
                    f"message {number} does not wait: it went through before, or the choice leaves it out"
                )
        with bar:
            task = bar.add_task("releasing", total=total)
            done = take_in(
                database,
                Rules(ZoneInfo(settings.time_zone)),
                settings.make_clock().now(),
                choice,
                lambda count: bar.update(task, completed=count),
            )
    print(f"{done.stored} went through")
    for why, count in sorted(done.kept.items(), key=lambda entry: -entry[1]):
        print(f"{count} stay: {why}")
    if done.kept:
        print("`mimamori quarantine list --reason REASON` shows more; docs/senders.md says what to do")


def printable(text: str) -> str:
    """Return a text whose control characters reach no terminal."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
