"""Runs the inbox: `python -m deploy.inbox --smtp-port 1025 --http-port 8025 --folder var/inbox`."""

import argparse
import os
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

from core.clock import Clock, SystemClock
from core.errors import MimamoriError
from core.logs import get_logger, set_up_logs
from core.process import stop_on_signals
from core.settings import load_settings
from deploy.inbox.mail import HOST, mail_server
from deploy.inbox.mailbag import Mailbag
from deploy.inbox.web import web_server

_ZONE = "Asia/Tokyo"


def main() -> int:
    """Run until asked to stop, and return the exit code."""
    arguments = _parser().parse_args()
    stop = stop_on_signals()
    try:
        clock, zone = _time()
        set_up_logs("inbox", "INFO", "json")
        bag = Mailbag(arguments.folder, clock.now)
        with mail_server(bag, arguments.smtp_port), web_server(bag, zone, arguments.http_port) as port:
            get_logger(__name__).info("ready", page=f"http://{HOST}:{port}/", smtp_port=arguments.smtp_port)
            stop.wait()
    except (MimamoriError, OSError) as error:
        print(f"inbox: {error}", file=sys.stderr)
        return error.exit_code if isinstance(error, MimamoriError) else 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.inbox",
        description="Take mail and webhooks of the demo and show them on a page.",
        epilog="Webhooks go to http://127.0.0.1:HTTP_PORT/webhook/NAME.",
    )
    parser.add_argument("--smtp-port", type=int, default=1025, help="loopback port for mail (1025)")
    parser.add_argument("--http-port", type=int, default=8025, help="loopback port for the page (8025)")
    parser.add_argument(
        "--folder", type=Path, default=Path("var/inbox"), help="where messages are kept (var/inbox)"
    )
    return parser


def _time() -> tuple[Clock, ZoneInfo]:
    """Return the demo's clock where its settings are given, else the machine's."""
    if any(name.startswith("MIMAMORI_") for name in os.environ):
        settings = load_settings()
        return settings.make_clock(), ZoneInfo(settings.time_zone)
    return SystemClock(), ZoneInfo(_ZONE)


if __name__ == "__main__":
    sys.exit(main())
