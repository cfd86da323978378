"""Broker sync: keeps the broker's passwords as the database has them, and lets the broker read them again.

The database decides who may sign in; the broker knows only its password file. So a revoked device is cut off within seconds, without a
restart, and a broker that starts anew reads the file that is there.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from core.errors import InputError, StoreUnavailableError
from core.logs import get_logger, set_up_logs
from core.monitoring.process_port import serve_metrics
from core.monitoring.tally import Tally
from core.process import exit_code_of, stop_on_signals
from core.settings import load_settings
from core.store.database import Database
from core.store.devices.broker_accounts import password_hashes
from core.store.readiness import prove_ready
from deploy.local.mosquitto_files import write_passwords

_log = get_logger(__name__)

_CHANNEL = "broker_account"
# A stop is noticed within this time, and a signal that found no broker is sent again.
_LOOK_S = 0.2
_RETRY_S = 1.0
# Reading its passwords again holds the broker up (a second with 4,000 connections), so when many devices are
# enrolled at once it does so for all of them together.
_REST_S = 2.0


class BrokerSync:
    """Carries the accounts of the database to one broker.

    Parameters
    ----------
    database : Database
        An open pool.
    folder : Path
        The broker's folder, which holds `passwords`.
    call_broker : callable
        Lets the broker read its passwords again; returns whether it was there.
    rest_s : float
        The shortest time between two such calls, in seconds of the machine.
    tally : Tally, optional
        Takes the figures.
    """

    def __init__(
        self,
        database: Database,
        folder: Path,
        call_broker: Callable[[], bool],
        rest_s: float = _REST_S,
        tally: Tally | None = None,
    ) -> None:
        self._database = database
        self._passwords = folder / "passwords"
        self._call_broker = call_broker
        self._rest_s = rest_s
        self._tally = tally or Tally()
        self._is_called = True
        self._called_at = time.monotonic() - rest_s

    def turn(self) -> None:
        """Write what changed, and call the broker until it was there."""
        with self._database.transaction() as connection:
            hashes = password_hashes(connection)
        if write_passwords(self._passwords, hashes):
            self._is_called = False
            _log.info("broker_accounts_written", accounts=sum(value is not None for value in hashes.values()))
        self._tally.put("sync_accounts", sum(value is not None for value in hashes.values()))
        self.call_again()

    def call_again(self) -> None:
        """Call the broker if it does not know the newest yet, and has had its rest."""
        if not self._is_called and time.monotonic() - self._called_at >= self._rest_s:
            self._is_called = self._call_broker()
            if self._is_called:
                self._called_at = time.monotonic()
        self._tally.put("sync_broker_informed", self._is_called)
        self._tally.put("sync_last_look_timestamp_seconds", time.time())

    def run(self, stop: threading.Event) -> None:
        """Follow the database until `stop` is set, through all its absences."""
        is_ready = False
        while not stop.is_set():
            try:
                with self._database.listen(_CHANNEL) as listener:
                    self.turn()
                    if not is_ready:
                        is_ready = True
                        _log.info("ready")
                    while not stop.is_set():
                        if listener.wait(_LOOK_S):
                            self.turn()
                        self.call_again()
            except StoreUnavailableError as error:
                _log.warning("store_unavailable", error=str(error))
                stop.wait(_RETRY_S)
            except OSError:
                _log.exception("broker_accounts_not_written")
                stop.wait(_RETRY_S)


def hang_up(folder: Path) -> bool:
    """Send SIGHUP to the Mosquitto whose `pid_file` is in `folder`; return False if none runs there."""
    try:
        pid = int((folder / "mosquitto.pid").read_text(encoding="ascii"))
        # A number from before a crash may be somebody else's by now.
        if Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip() != "mosquitto":
            return False
        os.kill(pid, signal.SIGHUP)
    except (OSError, ValueError):
        return False
    return True


def serve(folder: Path) -> int:
    """Look after the broker in `folder` until SIGTERM or SIGINT; return the exit code.

    Raises
    ------
    InputError
        There is no such folder.
    """
    if not folder.is_dir():
        raise InputError(
            f"{folder} is no folder; name the one with the broker's mosquitto.conf and passwords"
        )
    settings = load_settings()
    set_up_logs("sync-broker", settings.log_level, settings.log_format)
    stop = stop_on_signals()
    tally = Tally("sync")
    serve_metrics(settings, "sync", tally.samples, lambda: _health(tally))
    while not stop.is_set():
        try:
            with Database(
                settings.database_url.get_secret_value(), size=1, application="mimamori-sync-broker"
            ) as database:
                prove_ready(database)
                BrokerSync(database, folder, partial(hang_up, folder), tally=tally).run(stop)
        except StoreUnavailableError as error:
            # The database was away at the start.
            _log.warning("store_unavailable", error=str(error))
            stop.wait(_RETRY_S)
    _log.info("stopped")
    return 0


def _health(tally: Tally) -> tuple[bool, dict[str, object]]:
    """Return whether the broker has the accounts of the database."""
    is_informed = bool(tally.value("sync_broker_informed"))
    problem = (
        ""
        if is_informed
        else "the broker has not read its newest passwords: is it running, and the database?"
    )
    return is_informed, {"problem": problem}


def main() -> int:
    """Run as `python -m deploy.broker_sync FOLDER`."""
    return exit_code_of(lambda: serve(Path(sys.argv[1])))


if __name__ == "__main__":
    sys.exit(main())
