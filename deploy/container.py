"""Prepares the volumes of `compose.yaml`: random passwords, and the broker's configuration with them.

Run `python -m deploy.container` as root in a container; a second run changes nothing.
"""

import os
import secrets
from pathlib import Path

from deploy.broker import INGEST, add_password, write_configuration
from deploy.demo_state import write_private

# The accounts inside the images: ours (Dockerfile), and Mosquitto's own.
_SERVICE = 10001
_MOSQUITTO = 1883
_PORT = 1883


def prepare(secret_folder: Path, broker_folder: Path, broker_sees: Path) -> None:
    """Write what is not there yet.

    Parameters
    ----------
    secret_folder : Path
        For `database_password`, `database_url` and `ingest`.
    broker_folder : Path
        For the broker's configuration and passwords.
    broker_sees : Path
        The same folder as the broker sees it.
    """
    database = _secret(secret_folder / "database_password")
    write_private(secret_folder / "database_url", f"postgresql://mimamori:{database}@database:5432/mimamori")
    ingest = secret_folder / INGEST
    is_new = not ingest.exists()
    password = _secret(ingest)
    if is_new or not (broker_folder / "passwords").exists():
        add_password(broker_folder, INGEST, password)
    write_configuration(broker_folder, address="0.0.0.0", port=_PORT, folder=broker_sees)  # noqa: S104 - in a container


def _secret(path: Path) -> str:
    if not path.exists():
        write_private(path, secrets.token_urlsafe(24))
    return path.read_text(encoding="utf-8")


def _give(folder: Path, account: int) -> None:
    for path in (folder, *folder.iterdir()):
        os.chown(path, account, account)


def main() -> None:
    """Prepare the volumes where compose.yaml mounts them."""
    secret_folder, broker_folder = Path("/secrets"), Path("/broker")
    prepare(secret_folder, broker_folder, broker_folder)
    _give(secret_folder, _SERVICE)
    _give(broker_folder, _MOSQUITTO)


if __name__ == "__main__":
    main()
