"""A port that was found free is still free when the server comes, or comes back."""

from pathlib import Path

import pytest

from deploy.local import ports


def test_each_port_is_another_and_none_of_those_from_which_connections_are_made() -> None:
    first_of_connections = int(
        Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0]
    )
    found = [ports.free_port() for _ in range(200)]
    assert len(set(found)) == len(found)
    assert max(found) < first_of_connections
    assert all(ports.is_free(port) for port in found)


def test_where_connections_are_made_from_all_ports_the_system_names_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ports, "_RANGE", tmp_path / "range")
    assert ports.is_free(ports.free_port())
    (tmp_path / "range").write_text("1024 65535", encoding="ascii")
    assert ports.is_free(ports.free_port())
