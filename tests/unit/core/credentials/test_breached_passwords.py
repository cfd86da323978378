"""Passwords of known breaches: those that come with the program, the operator's whole list, and what is made of one's own name."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.credentials.breached_passwords import BreachedPasswords
from core.errors import SettingsError


def _list_of(passwords: list[str]) -> str:
    hashes = sorted(
        hashlib.sha1(one.encode(), usedforsecurity=False).hexdigest().upper() for one in passwords
    )
    return "".join(f"{one}:{number}\r\n" for number, one in enumerate(hashes))


@pytest.mark.parametrize(
    "password", ["1q2w3e4r5t", "QWERTYUIOP", "hanako1940!", "hanako-hanako", "Mimamori2026", "0312345678"]
)
def test_what_everybody_would_try_first_is_known(password: str) -> None:
    assert BreachedPasswords().holds(password, ["hanako", "mimamori"])


@pytest.mark.parametrize("password", ["a long enough word", "桜の咲く丘の上で", "hanako likes persimmons"])
def test_a_sentence_is_not_known(password: str) -> None:
    assert not BreachedPasswords().holds(password, ["hanako", "mimamori"])


@given(st.lists(st.text(max_size=12), unique=True, max_size=40), st.text(max_size=12))
def test_the_whole_list_is_searched_without_reading_it(
    tmp_path_factory: pytest.TempPathFactory, listed: list[str], other: str
) -> None:
    file = tmp_path_factory.mktemp("breached") / "list.txt"
    known = BreachedPasswords(file)
    # Letters that nothing else refuses stand in front.
    sure = "sentence that nobody knows "
    file.write_text(_list_of([sure + one for one in listed if one != other]), encoding="ascii")
    assert all(known.holds(sure + one) for one in listed if one != other)
    assert not known.holds(sure + other)


def test_a_file_that_is_no_such_list_is_named(tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("password\nqwerty\n", encoding="ascii")
    with pytest.raises(SettingsError, match="no list of SHA-1 hashes"):
        BreachedPasswords(file).holds("a long enough word")
    with pytest.raises(SettingsError, match="cannot read"):
        BreachedPasswords(tmp_path / "none.txt").holds("a long enough word")
