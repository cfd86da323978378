"""The doctor's look at the machine: its clock and its disk."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from core.clock import Clock
from core.settings import Settings
from core.store.people.users import AttemptAddresses
from deploy.doctor.check import Check, CheckResult

_LOW_DISK_B = 2 * 2**30
# So many people hardly share one address for a week: an office does, families do not.
_ENOUGH_LOGINS = 5


def clock_checks(settings: Settings, clock: Clock) -> Iterator[Check]:
    """Look whether anybody keeps the clock right."""
    now = clock.now().isoformat(timespec="seconds")
    if settings.clock:
        yield Check("clock", CheckResult.GOOD, f"{now}, {clock.factor:g} times as fast (not for production)")
        return
    answer = ""
    if shutil.which("timedatectl"):
        answer = subprocess.run(
            ["timedatectl", "show", "--property", "NTPSynchronized", "--value"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout.strip()
    if answer == "yes":
        yield Check("clock", CheckResult.GOOD, f"{now}, kept right by a time server")
    else:
        yield Check(
            "clock",
            CheckResult.LOOK,
            f"{now}; whether a time server keeps it right is unknown",
            "a wrong clock makes late alerts: run chrony or systemd-timesyncd",
        )


def proxy_checks(found: AttemptAddresses, settings: Settings) -> Iterator[Check]:
    """Look whether the proxy before the pages passes on who asks: else one who guesses passwords locks everybody out."""
    if urlsplit(settings.base_url).scheme != "https" or not found.peers:
        return
    if found.peers == 1 and found.logins >= _ENOUGH_LOGINS:
        yield Check(
            "proxy",
            CheckResult.LOOK,
            f"all {found.logins} accounts whose password was right within 7 days came from {found.peer}",
            "it may be one office, or the proxy before the pages: then name it in MIMAMORI_TRUSTED_PROXIES, and let it set X-Forwarded-For",
        )
    else:
        yield Check(
            "proxy", CheckResult.GOOD, f"right passwords came from {found.peers} addresses within 7 days"
        )


def disk_checks() -> Iterator[Check]:
    """Look whether there is room."""
    for folder in {Path("/"), Path.cwd()}:
        usage = shutil.disk_usage(folder)
        found = f"{folder}: {usage.free / 2**30:.1f} GB of {usage.total / 2**30:.0f} GB free"
        if usage.free < _LOW_DISK_B:
            yield Check("disk", CheckResult.BAD, found, "make room; a full disk stops the database")
        else:
            yield Check("disk", CheckResult.GOOD, found)
