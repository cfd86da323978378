"""The files of a Mosquitto broker: its configuration, its passwords and who may read and write what."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from core.credentials.broker_passwords import broker_hash
from core.domain.broker_account import ACCOUNT_NAME
from core.errors import MimamoriError

_TEMPLATES = Path(__file__).parent.parent / "mosquitto"


class BrokerError(MimamoriError):
    """The broker cannot be set up or started."""

    exit_code = 69  # EX_UNAVAILABLE


@dataclass(frozen=True)
class Certificates:
    """What a broker with TLS shows to those who connect; PEM files that its account can read.

    Attributes
    ----------
    certificate, key : Path
        The broker's own.
    service_authority : Path, optional
        When set, services too must show a certificate, signed by this authority.
    """

    certificate: Path
    key: Path
    service_authority: Path | None = None


def password_line(name: str, password: str) -> str:
    """Return the line of Mosquitto's password file for a name and its password.

    Raises
    ------
    BrokerError
        The name cannot be one level of a topic.
    """
    if not ACCOUNT_NAME.match(name):
        raise BrokerError(
            f"{name!r} cannot be a broker name: use 1 to 64 letters, digits, dots, hyphens or underscores, the first"
            " a letter or digit"
        )
    return f"{name}:{broker_hash(password)}"


def add_password(folder: Path, name: str, password: str) -> None:
    """Put a name and its password into the password file of the broker in `folder`, in place of a former one."""
    line = password_line(name, password)
    write_passwords(folder / "passwords", {name: line.partition(":")[2]})


def write_passwords(path: Path, hashes: Mapping[str, str | None]) -> bool:
    """Bring a password file to these hashes, None for names to be removed; other names stay. Return whether it changed."""
    known = path.read_text(encoding="ascii").splitlines() if path.exists() else []
    kept = [line for line in known if line.partition(":")[0] not in hashes]
    given = [f"{name}:{value}" for name, value in hashes.items() if value is not None]
    if path.exists() and sorted(known) == sorted(kept + given):
        return False
    _replace(path, "".join(f"{line}\n" for line in kept + given))
    return True


def write_configuration(
    target: Path,
    *,
    address: str,
    port: int,
    folder: Path,
    devices_address: str,
    devices_port: int,
    certificates: Certificates | None = None,
) -> None:
    """Write `mosquitto.conf` and `acl` into `target`, for a broker that sees that folder as `folder`.

    Parameters
    ----------
    target : Path
        Where to write.
    address, port : str, int
        The door of the services: ingest, doctor, simulator.
    folder : Path
        How the broker sees `target`.
    devices_address, devices_port : str, int
        The door of the devices.
    certificates : Certificates, optional
        With them both doors speak TLS only.
    """
    words = {
        "address": address,
        "port": port,
        "devices_address": devices_address,
        "devices_port": devices_port,
        "folder": folder,
    }
    encryption = {"encryption": "", "service_encryption": ""}
    if certificates is not None:
        paths = {"certificate": certificates.certificate, "key": certificates.key}
        encryption["encryption"] = _filled("tls.conf", paths)
        encryption["service_encryption"] = encryption["encryption"]
        if certificates.service_authority is not None:
            demand = _filled("client-certificate.conf", {"service_authority": certificates.service_authority})
            encryption["service_encryption"] += demand
    _replace(target / "mosquitto.conf", _filled("mosquitto.conf", words | encryption))
    _replace(target / "acl", (_TEMPLATES / "acl").read_text(encoding="utf-8"))


def _filled(name: str, words: Mapping[str, object]) -> str:
    # Only our words: the file of rules has $share and $SYS.
    return Template((_TEMPLATES / name).read_text(encoding="utf-8")).safe_substitute(words)


def _replace(path: Path, text: str) -> None:
    """Write a file of the broker's in one step, since it may read it at any moment; it belongs to the folder's owner."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(0o600)
    owner = path.parent.stat()
    os.chown(fresh, owner.st_uid, owner.st_gid)
    fresh.replace(path)
