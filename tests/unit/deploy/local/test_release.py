"""A release is one commit, one tag and the files that belong to it, or nothing at all."""

import subprocess
from datetime import date
from pathlib import Path

import pytest

from core.errors import InputError, MimamoriError
from deploy.local.release import make_release, unreleased

_TODAY = date(2027, 1, 5)
_CHANGELOG = """# Changelog

## [Unreleased]

### Fixed

- A thing.

## [0.2.0] - 2026-11-29

- Another.
"""
_LOCK = """version = 1

[[package]]
name = "other"
version = "0.2.0"

[[package]]
name = "mimamori"
version = "0.2.0"
source = { editable = "." }
"""


def _git(root: Path, *arguments: str) -> str:
    run = subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, check=True)
    return run.stdout.strip()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "test")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "test@example.jp")
    made = tmp_path / "repository"
    made.mkdir()
    (made / "pyproject.toml").write_text('[project]\nname = "mimamori"\nversion = "0.2.0"\n')
    (made / "uv.lock").write_text(_LOCK)
    (made / "CHANGELOG.md").write_text(_CHANGELOG)
    (made / ".gitignore").write_text("dist\n")
    _git(made, "init", "--quiet", "--initial-branch=main")
    _git(made, "add", "--all")
    _git(made, "commit", "--quiet", "--message=Begin")
    return made


def _build(root: Path, version: str) -> list[Path]:
    """Build nothing, but see that the version is there to be built."""
    assert f'version = "{version}"' in (root / "pyproject.toml").read_text()
    path = root / "dist" / f"mimamori-{version}.whl"
    path.parent.mkdir()
    path.write_text("made")
    return [path]


def test_version_changelog_commit_tag_and_sums_belong_together(root: Path) -> None:
    made = make_release(root, "0.3.0", _TODAY, _build)
    assert [path.name for path in made] == ["mimamori-0.3.0.whl", "mimamori-0.3.0.sha256"]
    assert (root / "uv.lock").read_text() == _LOCK.replace(
        'name = "mimamori"\nversion = "0.2.0"', 'name = "mimamori"\nversion = "0.3.0"'
    )
    changelog = (root / "CHANGELOG.md").read_text()
    assert "## [Unreleased]\n\n## [0.3.0] - 2027-01-05\n\n### Fixed\n\n- A thing.\n" in changelog
    assert unreleased(changelog) == ""
    assert _git(root, "log", "--format=%s") == "Release 0.3.0\nBegin"
    assert _git(root, "rev-parse", "v0.3.0^{commit}") == _git(root, "rev-parse", "HEAD")
    # The tag holds what the release brings.
    assert (
        _git(root, "tag", "--list", "--format=%(contents)", "v0.3.0")
        == "Mimamori 0.3.0\n\n### Fixed\n\n- A thing."
    )
    assert _git(root, "status", "--porcelain") == ""
    run = subprocess.run(
        ["sha256sum", "--check", made[1].name], cwd=root / "dist", capture_output=True, check=False
    )
    assert run.returncode == 0


def test_a_build_that_fails_leaves_everything_as_it_was(root: Path) -> None:
    def failing(root: Path, version: str) -> list[Path]:
        _build(root, version)
        raise MimamoriError("no room")

    with pytest.raises(MimamoriError, match="no room"):
        make_release(root, "0.3.0", _TODAY, failing)
    assert _git(root, "log", "--format=%s") == "Begin"
    assert (_git(root, "status", "--porcelain"), _git(root, "tag")) == ("", "")
    assert (root / "CHANGELOG.md").read_text() == _CHANGELOG
    assert list((root / "dist").iterdir()) == []


@pytest.mark.parametrize(
    ("version", "prepare", "words"),
    [
        ("0.3", "", "is no version such as 0.3.0"),
        ("v0.3.0", "", "is no version such as 0.3.0"),
        ("0.2.0", "", "does not come after 0.2.0"),
        ("0.1.9", "", "does not come after 0.2.0"),
        ("0.3.0", "git switch --quiet --create other", "of the branch main; this is other"),
        ("0.3.0", "echo >> pyproject.toml", "changes that are not committed"),
        ("0.3.0", "git tag v0.3.0", "there is a tag v0.3.0 already"),
        (
            "0.3.0",
            "sed -i '/A thing/d; /### Fixed/d' CHANGELOG.md && git commit --quiet --all --message=Empty",
            "there is nothing to release",
        ),
    ],
)
def test_what_a_release_needs_is_looked_at_first(root: Path, version: str, prepare: str, words: str) -> None:
    subprocess.run(["bash", "-c", prepare], cwd=root, check=True)
    before = _git(root, "rev-parse", "HEAD")
    with pytest.raises(InputError, match=words):
        make_release(root, version, _TODAY, _build)
    assert _git(root, "rev-parse", "HEAD") == before
    assert not (root / "dist").exists()


def test_a_lock_file_that_names_us_twice_is_not_guessed_at(root: Path) -> None:
    (root / "uv.lock").write_text(_LOCK + _LOCK)
    _git(root, "commit", "--quiet", "--all", "--message=Twice")
    with pytest.raises(MimamoriError, match=r"uv\.lock has 2 places"):
        make_release(root, "0.3.0", _TODAY, _build)
    assert _git(root, "status", "--porcelain") == ""
