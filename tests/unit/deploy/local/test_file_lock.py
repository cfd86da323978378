"""One start at a time on one folder."""

import os
from pathlib import Path

import pytest

from deploy.local.file_lock import LockedError, held_lock


def test_a_second_holder_is_shown_who_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    result = f"{tmp_path} is in use by another start \\(process {os.getpid()}\\)"
    with held_lock(path, wait=False), pytest.raises(LockedError, match=result), held_lock(path, wait=False):
        pass


def test_a_lock_that_was_let_go_can_be_taken_again(tmp_path: Path) -> None:
    for _ in range(2):
        with held_lock(tmp_path / "lock", wait=False):
            pass
