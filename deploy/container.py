"""Prepares the volumes of `compose.yaml`: random passwords, and the broker's configuration with them.

Run `python -m deploy.container` as root in a container; a second run changes nothing.
"""

import os
import secrets
from pathlib import Path

from deploy.demo.state import write_private
from deploy.local.mosquitto import ERASURE, INGEST, PUBLISHER, READER
from deploy.local.mosquitto_files import Certificates, add_password, write_configuration

# Our account inside the images (Dockerfile). The broker runs under it too, so that `mimamori sync-broker` may signal it.
_SERVICE = 10001
_PORT = 1883
_DEVICES_PORT = 8883
# The login of the web process (compose.yaml).
_WEB = "mimamori_web"
_CERTIFICATE, _KEY, _AUTHORITY = "server.crt", "server.key", "ca.crt"


def prepare(
    secret_folder: Path, broker_folder: Path, broker_sees: Path, tls_folder: Path | None = None
) -> None:
    """Write what is not there yet.

    Parameters
    ----------
    secret_folder : Path
        For `database_password`, `database_url`, the same of the web process (`web_...`), and the accounts at the broker: `ingest`, `erasure`, `mimamori-out`, `mimamori-reader`.
    broker_folder : Path
        For the broker's configuration and passwords.
    broker_sees : Path
        The same folder as the broker sees it.
    tls_folder : Path, optional
        When it holds `server.crt` and `server.key`, the broker speaks TLS only; `ca.crt` there goes to the services.
    """
    database = _secret(secret_folder / "database_password")
    write_private(secret_folder / "database_url", f"postgresql://mimamori:{database}@database:5432/mimamori")
    web = _secret(secret_folder / "web_database_password")
    write_private(secret_folder / "web_database_url", f"postgresql://{_WEB}:{web}@database:5432/mimamori")
    had_passwords = (broker_folder / "passwords").exists()
    for account in (INGEST, ERASURE, PUBLISHER, READER):
        is_new = not (secret_folder / account).exists()
        password = _secret(secret_folder / account)
        if is_new or not had_passwords:
            add_password(broker_folder, account, password)
    write_configuration(
        broker_folder,
        address="0.0.0.0",  # noqa: S104 - in a container
        port=_PORT,
        folder=broker_sees,
        devices_address="0.0.0.0",  # noqa: S104 - compose says which address of the machine it is
        devices_port=_DEVICES_PORT,
        certificates=_certificates(tls_folder, secret_folder, broker_folder, broker_sees),
    )


def _certificates(
    given: Path | None, secret_folder: Path, broker_folder: Path, broker_sees: Path
) -> Certificates | None:
    """Copy certificates to where each may read them; None where there are none."""
    if given is None or not (given / _CERTIFICATE).is_file():
        return None
    for name in (_CERTIFICATE, _KEY):
        write_private(broker_folder / name, (given / name).read_text(encoding="ascii"))
    if (given / _AUTHORITY).is_file():
        write_private(secret_folder / _AUTHORITY, (given / _AUTHORITY).read_text(encoding="ascii"))
    return Certificates(broker_sees / _CERTIFICATE, broker_sees / _KEY)


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
    prepare(secret_folder, broker_folder, broker_folder, Path("/tls"))
    _give(secret_folder, _SERVICE)
    _give(broker_folder, _SERVICE)


if __name__ == "__main__":
    main()
