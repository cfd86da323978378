"""What browsers get from npm: fetched with a Node that comes from a Python package, copied to `api/static/vendor`.

Run `python -m deploy.local.browser_assets`. No Node of the machine is used, nothing is loaded from another host at run time, and a
second run does nothing while the lock file is the same.
"""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

from deploy.local import npm_packages
from deploy.local.npm_packages import PackagesError

_ROOT = Path(__file__).resolve().parents[2]
SOURCE = _ROOT / "api" / "assets"
TARGET = _ROOT / "api" / "static" / "vendor"
# Only for tests, so it is used where npm puts it and never served.
AXE = SOURCE / "node_modules" / "axe-core" / "axe.min.js"

_STAMP = "built-from.txt"
# From node_modules, to the name under `vendor`. Each library keeps its licence beside it.
_FILES = {
    "@digital-go-jp/design-tokens/dist/tokens.css": "tokens.css",
    "@digital-go-jp/design-tokens/LICENSE": "tokens.LICENSE.txt",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/LICENSE": "htmx.LICENSE.txt",
    "leaflet/dist/leaflet.js": "leaflet.js",
    "leaflet/dist/leaflet.css": "leaflet.css",
    "leaflet/LICENSE": "leaflet.LICENSE.txt",
}


class AssetsError(PackagesError):
    """The browser's libraries could not be copied."""


def is_current() -> bool:
    """Return whether what pages name was built from the present lock file and is whole; tests need more (`AXE`)."""
    stamp = TARGET / _STAMP
    return (
        stamp.is_file()
        and stamp.read_text(encoding="ascii").strip() == _wanted()
        and all((TARGET / name).is_file() for name in _FILES.values())
    )


def build(on_progress: Callable[[str], None] = lambda _line: None) -> bool:
    """Fetch and copy what is missing; return whether there was anything to do.

    Parameters
    ----------
    on_progress : callable
        Gets one line about each step.

    Raises
    ------
    PackagesError
        npm cannot be run, the registry cannot be reached, or a file cannot be written.
    """
    if is_current() and AXE.is_file():
        return False
    on_progress("fetching the browser's libraries from npm")
    npm_packages.fetch(SOURCE, "the browser's libraries")
    try:
        TARGET.mkdir(parents=True, exist_ok=True)
        for name, target in _FILES.items():
            text = (SOURCE / "node_modules" / name).read_bytes()
            (TARGET / target).write_bytes(_without_source_map(target, text))
        (TARGET / _STAMP).write_text(_wanted() + "\n", encoding="ascii")
    except OSError as error:
        raise AssetsError(
            f"cannot copy the browser's libraries to {TARGET}: {error}; check the free space and the owner of that folder"
        ) from error
    on_progress(f"copied {len(_FILES)} files to {TARGET.relative_to(_ROOT)}")
    return True


def _wanted() -> str:
    digest = hashlib.sha256((SOURCE / "package-lock.json").read_bytes())
    digest.update(repr(sorted(_FILES.items())).encode())
    return digest.hexdigest()


def _without_source_map(name: str, text: bytes) -> bytes:
    # The maps are not copied; without the comment browsers do not ask for them.
    if not name.endswith(".js"):
        return text
    return b"\n".join(line for line in text.split(b"\n") if not line.startswith(b"//# sourceMappingURL="))


def main() -> int:
    """Build and say what was done; the exit code."""
    try:
        if not build(print):
            print("the browser's libraries are up to date")
    except PackagesError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
