"""All commands in one place. What a command needs is imported when it runs, so that `--help` is quick."""

from typing import Annotated

import typer

from deploy.cli import backtest, canary, contacts, demo, devices, doctor, processes, quarantine, registration
from deploy.cli.keeping import backups
from deploy.cli.keeping.ledger import ledger
from deploy.cli.keeping.residents import residents
from deploy.cli.keeping.retention import retention
from deploy.cli.keeping.web_login import web_login
from deploy.cli.reaching.channels import channels
from deploy.cli.reaching.secret_keys import secret_keys

app = typer.Typer(
    name="mimamori",
    help="Watch over elderly residents: run the demo or single processes, register people and devices, look for trouble.",
    epilog="Settings are environment variables that begin with MIMAMORI_; docs/runbook.md lists them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
_START = "Start"
_ENTER = "People and devices"
_LOOK = "Look and try"
_KEEP = "Backup, restore, export and erase"
_AS_IT_IS: dict[str, object] = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "help_option_names": [],
}


def _show_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        print(f"mimamori {version('mimamori')}")
        raise typer.Exit


@app.callback()
def _options_of_all(  # pyright: ignore[reportUnusedFunction] - typer calls it
    *,
    is_version_asked: Annotated[
        bool,
        typer.Option("--version", help="Show name and version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    pass


app.command("demo", rich_help_panel=_START)(demo.demo)
app.command("demo-reset", rich_help_panel=_START)(demo.demo_reset)
app.command("migrate", rich_help_panel=_START)(processes.migrate)
app.command("web-login", rich_help_panel=_START)(web_login)
app.command("ingest", rich_help_panel=_START)(processes.ingest)
app.command("detect", rich_help_panel=_START)(processes.detect)
app.command("sync-broker", rich_help_panel=_START)(processes.sync_broker)
app.command("api", rich_help_panel=_START)(processes.api)
app.command("mqtt-out", rich_help_panel=_START)(processes.mqtt_out)
app.command("register", rich_help_panel=_ENTER)(registration.register)
app.add_typer(registration.users, name="user", rich_help_panel=_ENTER)
app.add_typer(contacts.contacts, name="contact", rich_help_panel=_ENTER)
app.add_typer(channels, name="channel", rich_help_panel=_ENTER)
app.add_typer(secret_keys, name="secret", rich_help_panel=_ENTER)
app.add_typer(devices.devices, name="device", rich_help_panel=_ENTER)
app.add_typer(residents, name="resident", rich_help_panel=_KEEP)
app.add_typer(quarantine.quarantine, name="quarantine", rich_help_panel=_LOOK)
app.command("doctor", rich_help_panel=_LOOK)(doctor.doctor)
app.command("canary", rich_help_panel=_LOOK)(canary.canary)
app.command("decode", rich_help_panel=_LOOK)(processes.decode)
app.command("backtest", rich_help_panel=_LOOK)(backtest.backtest)
app.command("backup", rich_help_panel=_KEEP)(backups.backup)
app.command("restore", rich_help_panel=_KEEP)(backups.restore)
app.add_typer(retention, name="retention", rich_help_panel=_KEEP)
app.add_typer(ledger, name="ledger", rich_help_panel=_KEEP)
app.command("restore-check", rich_help_panel=_KEEP)(backups.restore_check)
# These have sub-commands of their own, with heavy libraries; their arguments are handed on as they are.
app.command("simulate", rich_help_panel=_LOOK, context_settings=_AS_IT_IS)(processes.simulate)
app.command("evaluate", rich_help_panel=_LOOK, context_settings=_AS_IT_IS)(processes.evaluate)
app.command("replay", rich_help_panel=_LOOK, context_settings=_AS_IT_IS)(processes.replay)
