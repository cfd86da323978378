"""A real PgBouncer before the tests' PostgreSQL."""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from deploy.local import required_programs
from deploy.local.child_process import Child
from deploy.local.os_accounts import service_account, service_folder
from deploy.local.ports import free_port, is_free
from tests.support.wait import wait_until


@contextmanager
def pooler(folder: Path, url: str, *, mode: str, ignored: str = "extra_float_digits") -> Generator[str]:
    """Run one in a mode of pooling, and give the URL that leads through it; `ignored` are parameters of a start that it drops."""
    target = conninfo_to_dict(url)
    account = service_account("postgres")
    place = service_folder(folder, account)
    port = free_port()
    (place / "users").write_text(f'"{target["user"]}" "{target["password"]}"\n', encoding="utf-8")
    (place / "pgbouncer.ini").write_text(
        f"[databases]\n* = host={target['host']} port={target['port']}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = scram-sha-256\nauth_file = {place / 'users'}\npool_mode = {mode}\n"
        f"ignore_startup_parameters = {ignored}\nmax_client_conn = 200\ndefault_pool_size = 50\n",
        encoding="utf-8",
    )
    if account is not None:
        for path in (place, place / "users", place / "pgbouncer.ini"):
            os.chown(path, account.uid, account.gid)
    running = Child(
        "pgbouncer",
        [str(required_programs.pooler(print)), str(place / "pgbouncer.ini")],
        place / "pgbouncer.log",
        account=account,
    )
    try:
        wait_until(lambda: not is_free(port), what="PgBouncer")
        yield make_conninfo(url, host="127.0.0.1", port=port)
    finally:
        running.stop()
        shutil.rmtree(place, ignore_errors=True)
