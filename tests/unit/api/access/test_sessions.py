"""Where a sign-in may lead, and what a password must be."""

import threading
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.access.sessions import safe_next
from core.credentials import passwords
from core.errors import InputError
from tests.support.wait import wait_until


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


class Verifier:
    """Stands for the slow hasher: notes what it is asked, and answers when it may."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.inside = 0
        self.most = 0
        self.may_answer = threading.Event()
        self._lock = threading.Lock()

    def verify(self, _password: str, password_hash: str) -> bool:
        with self._lock:
            self.asked.append(password_hash)
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.may_answer.wait(20)
        with self._lock:
            self.inside -= 1
        return True

    def hash(self, password: str) -> str:
        return f"hash of {password}"


@pytest.fixture
def verifier(monkeypatch: pytest.MonkeyPatch) -> Iterator[Verifier]:
    found = Verifier()
    passwords._hash_of_nobody.cache_clear()  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(passwords, "_hasher", lambda: found)
    yield found
    # Other tests of this process need a hash that a real hasher knows.
    passwords._hash_of_nobody.cache_clear()  # pyright: ignore[reportPrivateUsage]


def test_an_unknown_login_costs_the_same_work_as_a_wrong_password() -> None:
    hashed = passwords.hash_password("a long enough word")
    work: Callable[[str], str] = lambda one: one.rsplit("$", 2)[0]  # noqa: E731 - algorithm, memory, time, threads
    asked: list[str] = []
    real = passwords._hasher()  # pyright: ignore[reportPrivateUsage]

    class Noting(Verifier):
        def verify(self, _password: str, password_hash: str) -> bool:
            asked.append(password_hash)
            return real.verify(_password, password_hash)

        def hash(self, password: str) -> str:
            return real.hash(password)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", Noting)
        assert not passwords.is_right("a wrong password", hashed)
        assert not passwords.is_right("a wrong password", None)

    known, unknown = asked
    assert work(known) == work(unknown)
    assert work(known).startswith("$argon2id$v=19$m=65536,")


def test_a_password_for_nobody_is_never_right(verifier: Verifier) -> None:
    verifier.may_answer.set()
    assert passwords.is_right("nobody has this password", None) is False
    assert len(verifier.asked) == 1


def test_two_passwords_are_checked_at_a_time_and_the_others_wait(verifier: Verifier) -> None:
    threads = [
        threading.Thread(target=passwords.is_right, args=("a password", "a hash"), daemon=True)
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    wait_until(lambda: verifier.inside == 2)
    # The door is shut: whoever comes now waits.
    assert not passwords._AT_ONCE.acquire(blocking=False)  # pyright: ignore[reportPrivateUsage]

    verifier.may_answer.set()
    for thread in threads:
        thread.join(20)

    assert len(verifier.asked) == 6
    assert verifier.most == 2
