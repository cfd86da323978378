"""Makes a release: `make release VERSION=0.3.0`; with `DRY=1` in a copy that is thrown away.

The version in `pyproject.toml` and `uv.lock`, the section of `CHANGELOG.md`, the wheel, what it is made of (an SBOM in CycloneDX's form), the
commit and the tag: all of them, or none.
"""

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from email import message_from_bytes
from pathlib import Path

from core.errors import InputError, MimamoriError
from core.process import exit_code_of
from deploy.local import browser_assets
from deploy.local.programs import run_to_end

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)\Z")
_OWN = re.compile(r'^(\[\[package\]\]\nname = "mimamori"\nversion = ")[^"]+(")', re.MULTILINE)
_PROJECT = re.compile(r'^(version = ")([^"]+)(")', re.MULTILINE)
_UNRELEASED = "## [Unreleased]\n"
_FILES = ("pyproject.toml", "uv.lock", "CHANGELOG.md")
_BRANCH = "main"

Build = Callable[[Path, str], Sequence[Path]]
"""Makes the files of a version from a repository, in its folder `dist`, and returns them."""


def make_release(root: Path, version: str, today: date, build: Build, *, branch: str = _BRANCH) -> list[Path]:
    """Make a release of what is committed in `root`, and return its files.

    Raises
    ------
    InputError
        The version, the repository or the changelog is not as a release needs it; nothing was changed.
    MimamoriError
        A step failed; everything is as before.
    """
    _check(root, version, branch)
    changelog = root / "CHANGELOG.md"
    notes = unreleased(changelog.read_text(encoding="utf-8"))
    made: list[Path] = []
    try:
        _write(root, version, today)
        made += build(root, version)
        sums = root / "dist" / f"mimamori-{version}.sha256"
        sums.write_text("".join(f"{_digest(path)}  {path.name}\n" for path in made), encoding="ascii")
        made.append(sums)
        _git(root, "commit", "--quiet", f"--message=Release {version}", "--", *_FILES)
    except BaseException:
        _git(root, "checkout", "--quiet", "HEAD", "--", *_FILES)
        for path in (root / "dist").glob(f"mimamori-{version}*"):
            path.unlink()
        raise
    _git(
        root,
        "tag",
        "--annotate",
        f"v{version}",
        f"--message=Mimamori {version}\n\n{notes}",
        "--cleanup=verbatim",
    )
    return made


def unreleased(changelog: str) -> str:
    """Return what stands in a changelog under the heading of what is not yet released.

    Examples
    --------
    >>> unreleased("# C\\n\\n## [Unreleased]\\n\\n### Fixed\\n\\n- A.\\n\\n## [0.1.0] - 2026-01-01\\n\\n- B.\\n")
    '### Fixed\\n\\n- A.'
    """
    _, _, rest = changelog.partition(_UNRELEASED)
    return re.split(r"^## \[", rest, maxsplit=1, flags=re.MULTILINE)[0].strip()


def build_files(root: Path, version: str) -> list[Path]:
    """Build the wheel, and list what it is made of as the lock file names it.

    Raises
    ------
    MimamoriError
        uv failed, or the wheel is of another version.
    """
    _uv(root, "lock", "--check")
    _uv(root, "build", "--wheel", "--out-dir", "dist", "--quiet")
    wheel, parts = (
        root / "dist" / f"mimamori-{version}-py3-none-any.whl",
        root / "dist" / f"mimamori-{version}.cdx.json",
    )
    if not wheel.is_file() or _version_in(wheel) != version:
        raise MimamoriError(f"the build made no {wheel.name} of version {version}; look at dist/")
    _uv(
        root, "export", "--locked", "--no-default-groups", "--format", "cyclonedx1.5", "--output-file", str(parts),
        "--quiet",
    )  # fmt: skip
    return [wheel, parts]


def _check(root: Path, version: str, branch: str) -> None:
    asked = _VERSION.match(version)
    if asked is None:
        raise InputError(f"{version!r} is no version such as 0.3.0")
    present = _PROJECT.search((root / "pyproject.toml").read_text(encoding="utf-8"))
    was = _VERSION.match(present[2]) if present else None
    if was is None or tuple(map(int, asked.groups())) <= tuple(map(int, was.groups())):
        raise InputError(f"{version} does not come after {present[2] if present else 'the present version'}")
    here = _git(root, "branch", "--show-current")
    if here != branch:
        raise InputError(f"releases are made of the branch {branch}; this is {here or 'no branch'}")
    if changed := _git(root, "status", "--porcelain"):
        raise InputError(f"there are changes that are not committed; commit or drop them first:\n{changed}")
    if _git(root, "tag", "--list", f"v{version}"):
        raise InputError(f"there is a tag v{version} already")
    if not unreleased((root / "CHANGELOG.md").read_text(encoding="utf-8")):
        raise InputError("nothing stands under [Unreleased] in CHANGELOG.md: there is nothing to release")


def _write(root: Path, version: str, today: date) -> None:
    changes: tuple[tuple[str, Callable[[str], tuple[str, int]]], ...] = (
        ("pyproject.toml", lambda text: _PROJECT.subn(rf"\g<1>{version}\g<3>", text, count=1)),
        ("uv.lock", lambda text: _OWN.subn(rf"\g<1>{version}\g<2>", text)),
        (
            "CHANGELOG.md",
            lambda text: (
                text.replace(_UNRELEASED, f"{_UNRELEASED}\n## [{version}] - {today}\n", 1),
                text.count(_UNRELEASED),
            ),
        ),
    )
    for name, change in changes:
        path = root / name
        text, places = change(path.read_text(encoding="utf-8"))
        if places != 1:
            raise MimamoriError(f"{name} has {places} places for the version, not one")
        path.write_text(text, encoding="utf-8")


def _git(root: Path, *arguments: str) -> str:
    run = subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise MimamoriError(f"git {arguments[0]} failed: {run.stderr.strip()}")
    return run.stdout.strip()


def _uv(root: Path, *arguments: str) -> None:
    """Run uv with what it has at hand; only if that does not do, with the registry."""
    uv = Path(sys.executable).with_name("uv")
    for network in (["--offline"], []):
        try:
            run_to_end(
                [uv, *arguments, "--python", sys.executable, *network],
                lambda reason: MimamoriError(f"uv {arguments[0]} failed:\n  {reason}"),
                {"VIRTUAL_ENV": ""},
                folder=root,
            )
        except MimamoriError:
            if not network:
                raise
        else:
            return


def _version_in(wheel: Path) -> str:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return str(message_from_bytes(archive.read(name))["Version"])


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _try(root: Path, version: str, today: date) -> None:
    """Make the release in a copy of what is committed, show it, and throw it away."""
    with tempfile.TemporaryDirectory(prefix="mimamori-release-") as name:
        copy = Path(name) / "mimamori"
        subprocess.run(["git", "clone", "--quiet", root, copy], check=True)
        for setting in ("user.name", "user.email"):
            if value := _git(root, "config", "--default", "", setting):
                _git(copy, "config", setting, value)
        vendor = browser_assets.TARGET.relative_to(Path(browser_assets.__file__).parents[2])
        shutil.copytree(root / vendor, copy / vendor, dirs_exist_ok=True)
        made = make_release(copy, version, today, build_files, branch=_git(copy, "branch", "--show-current"))
        print(_git(copy, "show", "--stat", "--format=%s", f"v{version}^{{commit}}"))
        _say(made)
    print("Only tried: nothing was committed, tagged or kept")


def _say(made: Sequence[Path]) -> None:
    for path in made:
        print(f"{path.name}: {path.stat().st_size} bytes, sha256 {_digest(path)}")


def main() -> None:
    """Make or try a release of the repository that this file stands in."""
    parser = argparse.ArgumentParser(prog="make release")
    parser.add_argument("version", help="such as 0.3.0")
    parser.add_argument("--dry-run", action="store_true", help="only try, in a copy that is thrown away")
    given = parser.parse_args()
    root, today = Path(__file__).parents[2], datetime.now(UTC).date()
    if given.dry_run:
        _try(root, given.version, today)
        return
    made = make_release(root, given.version, today, build_files)
    _say(made)
    print(
        f"Next: git push origin {_BRANCH} v{given.version}, and put the files of dist/ where people find them"
    )


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
