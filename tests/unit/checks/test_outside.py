"""`make check` refuses paths that lead out of the repository, and lets those inside pass."""

from pathlib import PurePath

import pytest

from tests.checks.outside import outside_findings

# Put together here, so that this file does not name what it forbids.
UP = ".." + "/"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Makefile", f"EVENTS ?= {UP}data/homes.csv"),
        (".ci/run", f"cp -r {UP}data ."),
        ("docs/replay.md", f"[data]({UP}{UP}data/README.md)"),
        ("tests/unit/test_a.py", f'DATA = "{UP}data"'),
        ("tests/unit/test_a.py", f'DATA = "docs/{UP}{UP}data"'),
        ("tests/unit/test_a.py", "DATA = Path(__file__).parents[3]"),
        ("tests/unit/test_a.py", "DATA = Path(__file__).resolve().parents[2].parent / 'data'"),
        ("tests/unit/test_a.py", "DATA = REPOSITORY.parent / 'data'"),
    ],
)
def test_a_path_out_of_the_repository_is_found_with_its_line(path: str, text: str) -> None:
    (finding,) = outside_findings(PurePath(path), f"\n{text}\n")
    assert finding.startswith(f"{path}:2: ")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("docs/runbook.md", f"[rules]({UP}deploy/local/README.md)"),
        ("docs/senders.md", f"`zigbee2mqtt/.{UP}availability`"),
        ("tests/unit/test_a.py", f'get("/{UP}{UP}etc/passwd")'),
        ("tests/unit/test_a.py", "ROOT = Path(__file__).resolve().parents[2]"),
        ("tests/unit/test_a.py", "DATA = REPOSITORY / 'tests'"),
        ("tests/unit/test_a.py", "folder = other.parents[9]"),
        ("api/http/app.py", "STATIC = Path(__file__).parent.parent / 'static'"),
    ],
)
def test_a_path_inside_the_repository_is_none_of_the_findings(path: str, text: str) -> None:
    assert list(outside_findings(PurePath(path), text)) == []
