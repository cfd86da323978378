"""A release can be tried: everything is built and shown, and nothing of it stays."""

import re
import subprocess
import sys

import pytest

from tests.support.paths import REPOSITORY


def _state() -> tuple[str, ...]:
    commands = (["rev-parse", "HEAD"], ["tag"], ["status", "--porcelain", "--untracked-files=no"])
    return tuple(
        subprocess.run(["git", "-C", REPOSITORY, *command], capture_output=True, text=True, check=True).stdout
        for command in commands
    )


@pytest.mark.timeout(240)
def test_a_trial_makes_wheel_parts_list_and_sums_and_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "test")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "test@example.jp")
    before = _state()
    run = subprocess.run(
        [sys.executable, "-m", "deploy.local.release", "99.0.0", "--dry-run"],
        cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("Release 99.0.0\n")
    for name in ("CHANGELOG.md", "pyproject.toml", "uv.lock"):
        assert re.search(rf"{name} +\| ", run.stdout), run.stdout
    for name in ("mimamori-99.0.0-py3-none-any.whl", "mimamori-99.0.0.cdx.json", "mimamori-99.0.0.sha256"):
        assert re.search(rf"^{re.escape(name)}: \d+ bytes, sha256 [0-9a-f]{{64}}$", run.stdout, re.MULTILINE)
    assert run.stdout.endswith("nothing was committed, tagged or kept\n")
    assert _state() == before
    assert not list((REPOSITORY / "dist").glob("*99.0.0*"))
