"""Where a sign-in may lead, and what a password must be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.access.sessions import safe_next
from core.credentials import passwords
from core.errors import InputError


@pytest.mark.parametrize("path", ["/", "/residents/5", "/board?wall=1", "/alerts/3#why"])
def test_a_page_of_ours_is_led_to(path: str) -> None:
    assert safe_next(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "board",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "https://elsewhere.example",
        "/a\nb",
        "/\t/x",
        "/api/v1/session",
        "javascript:alert(1)",
        "/\x00",
        "\\\\elsewhere",
    ],
)
def test_another_site_is_never_led_to(path: str | None) -> None:
    assert safe_next(path) is None


@given(st.text(max_size=30))
def test_whatever_is_led_to_starts_with_one_slash(path: str) -> None:
    found = safe_next(path)
    assert found is None or (found.startswith("/") and not found.startswith(("//", "/\\")))


def test_a_password_is_known_by_its_hash_only() -> None:
    hashed = passwords.hash_password("a long enough word")

    assert hashed.startswith("$argon2id$")
    assert passwords.is_right("a long enough word", hashed)
    assert not passwords.is_right("another long word", hashed)
    assert not passwords.is_right("a long enough word", None)
    assert not passwords.is_right("x" * 300, hashed)


@pytest.mark.parametrize("password", ["", "too short", "x" * 257])
def test_a_password_that_is_too_short_or_too_long_is_refused(password: str) -> None:
    with pytest.raises(InputError, match="10 to 256 characters"):
        passwords.hash_password(password)
