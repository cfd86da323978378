"""The PostgreSQL servers of this machine, and which of them have TimescaleDB."""

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local import timescaledb
from deploy.local.programs import program

OLDEST_POSTGRESQL = 15


@dataclass(frozen=True)
class PostgresServer:
    """Server programs of one PostgreSQL installation, with TimescaleDB in reach.

    Attributes
    ----------
    programs : Path
        The folder with `initdb`, `postgres` and the client programs.
    version : str
        For example 15.20.
    """

    programs: Path
    version: str

    @property
    def label(self) -> str:
        """For headers: versions and edition."""
        control = (_share(self) / "extension/timescaledb.control").read_text(encoding="utf-8")
        extension = re.search(r"default_version\s*=\s*'([^']+)'", control)
        # The part under Timescale's own licence is a library of its own; the Apache edition lacks it.
        is_community = any(self.programs.parent.glob("lib/timescaledb-tsl-*.so"))
        return (
            f"PostgreSQL {self.version}, TimescaleDB {extension[1] if extension else 'of unknown version'}"
            f" ({'Community' if is_community else 'Apache'} edition)"
        )

    @property
    def major(self) -> int:
        """The release whose data folders this server reads."""
        return int(self.version.split(".", 1)[0])


def cache_folder() -> Path:
    """Return where built programs are kept between clones; as root a place that the services' accounts can read."""
    if os.geteuid() == 0:
        return Path("/var/cache/mimamori")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mimamori"


def installed_postgres() -> PostgresServer | None:
    """Return a PostgreSQL server with TimescaleDB if one is here."""
    found = servers()
    return next((server for server in found if _has_timescaledb(server)), None) or built_for(found)


def servers() -> list[PostgresServer]:
    """Return the servers of the system, the newest first, with TimescaleDB or without."""
    folders = [
        *Path("/usr/lib/postgresql").glob("*/bin"),
        *Path("/usr").glob("pgsql-*/bin"),
        Path("/usr/local/pgsql/bin"),
    ]
    if (in_path := program("postgres")) is not None:
        folders.append(in_path.resolve().parent)
    found = {folder: server for folder in folders if (server := _server_in(folder)) is not None}
    return sorted(found.values(), key=lambda server: server.major, reverse=True)


def _server_in(folder: Path) -> PostgresServer | None:
    if not all((folder / name).exists() for name in ("postgres", "initdb", "createdb", "dropdb")):
        return None
    answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
    match = re.search(r"\) (\d+[.\w]*)", answer.stdout)
    if match is None or int(re.split(r"\D", match[1])[0]) < OLDEST_POSTGRESQL:
        return None
    return PostgresServer(folder, match[1])


def _has_timescaledb(server: PostgresServer) -> bool:
    return (_share(server) / "extension/timescaledb.control").exists()


def _share(server: PostgresServer) -> Path:
    share = server.programs.parents[3] / "share/postgresql" / str(server.major)
    if not share.exists() and (server.programs / "pg_config").exists():
        answer = subprocess.run(
            [server.programs / "pg_config", "--sharedir"], capture_output=True, text=True, check=False
        )
        share = Path(answer.stdout.strip())
    return share


def private_prefix(server: PostgresServer) -> Path:
    """Return where a copy of a server stands that we built TimescaleDB for."""
    # A server with a security fix has another version, and so a fresh copy.
    return cache_folder() / f"postgresql-{server.version}-timescaledb-{timescaledb.VERSION}"


def built_for(servers: Sequence[PostgresServer]) -> PostgresServer | None:
    """Return the first of such copies that is there."""
    for server in servers:
        programs = private_prefix(server) / server.programs.relative_to("/")
        if (built := _server_in(programs)) is not None and _has_timescaledb(built):
            return built
    return None
