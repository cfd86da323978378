"""Runs the inbox: `python -m deploy.inbox --smtp-port 1025 --http-port 8025 --folder var/inbox`."""

import argparse
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from zoneinfo import ZoneInfo

from core.clock import Clock, SystemClock
from core.errors import MimamoriError
from core.logs import get_logger, set_up_logs
from core.process import stop_on_signals
from core.settings import Settings, load_settings
from deploy.inbox.mail import HOST, mail_server
from deploy.inbox.mailbag import Mailbag
from deploy.inbox.owners import owners_of
from deploy.inbox.phone_network import NetworkAccount, PhoneNetwork, running
from deploy.inbox.web import web_server

_ZONE = "Asia/Tokyo"


def main() -> int:
    """Run until asked to stop, and return the exit code."""
    arguments = _parser().parse_args()
    stop = stop_on_signals()
    try:
        settings = _settings()
        clock, zone = _time(settings)
        set_up_logs("inbox", "INFO", "json")
        bag = Mailbag(arguments.folder, clock.now)
        owners = owners_of(arguments.ward) if arguments.ward else {}
        with ExitStack() as stack:
            network = None
            if settings is not None and settings.line_token.get_secret_value():
                network = PhoneNetwork(bag, NetworkAccount.of(settings))
                stack.enter_context(running(network))
            stack.enter_context(mail_server(bag, arguments.smtp_port))
            server = web_server(bag, zone, arguments.http_port, owners=owners, network=network)
            port = stack.enter_context(server)
            get_logger(__name__).info("ready", page=f"http://{HOST}:{port}/", smtp_port=arguments.smtp_port)
            stop.wait()
    except (MimamoriError, OSError) as error:
        print(f"inbox: {error}", file=sys.stderr)
        return error.exit_code if isinstance(error, MimamoriError) else 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.inbox",
        description="Take mail, webhooks, LINE messages, text messages and calls of the demo and show them on a page.",
        epilog="Webhooks go to http://127.0.0.1:HTTP_PORT/webhook/NAME.",
    )
    parser.add_argument("--smtp-port", type=int, default=1025, help="loopback port for mail (1025)")
    parser.add_argument("--http-port", type=int, default=8025, help="loopback port for the page (8025)")
    parser.add_argument(
        "--folder", type=Path, default=Path("var/inbox"), help="where messages are kept (var/inbox)"
    )
    parser.add_argument("--ward", type=Path, help="ward file that says whose phone an address is")
    return parser


def _settings() -> Settings | None:
    """Return the demo's settings where they are given."""
    return load_settings() if any(name.startswith("MIMAMORI_") for name in os.environ) else None


def _time(settings: Settings | None) -> tuple[Clock, ZoneInfo]:
    """Return the demo's clock where its settings are given, else the machine's."""
    if settings is not None:
        return settings.make_clock(), ZoneInfo(settings.time_zone)
    return SystemClock(), ZoneInfo(_ZONE)


if __name__ == "__main__":
    sys.exit(main())
