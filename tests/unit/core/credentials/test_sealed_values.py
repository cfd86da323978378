"""Secrets that stand encrypted: with keys that change, and bound to their row."""

import pytest
from pydantic import SecretStr

from core.credentials.sealed_values import (
    SealedValueError,
    SecretKeyMissingError,
    new_key,
    next_number,
    sealer_of,
)
from core.errors import SettingsError

OLD, NEW = new_key(1), new_key(2)


def test_a_sealed_value_shows_nothing_and_opens_in_its_own_row_only() -> None:
    sealer = sealer_of(SecretStr(OLD))
    assert sealer is not None
    sealed = sealer.seal("https://hooks.example.jp/secret", "row 1")

    assert b"secret" not in sealed
    assert sealer.open(sealed, "row 1") == "https://hooks.example.jp/secret"
    with pytest.raises(SealedValueError):
        sealer.open(sealed, "row 2")
    with pytest.raises(SealedValueError):
        sealer.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), "row 1")


def test_the_same_text_is_never_sealed_the_same_way_twice() -> None:
    sealer = sealer_of(SecretStr(OLD))
    assert sealer is not None
    assert sealer.seal("text", "row") != sealer.seal("text", "row")


def test_an_older_key_opens_and_the_first_one_encrypts() -> None:
    before, both, after = (sealer_of(SecretStr(text)) for text in (OLD, f"{NEW}, {OLD}\n", NEW))
    assert before is not None
    assert both is not None
    assert after is not None
    old = before.seal("text", "row")

    assert both.open(old, "row") == "text"
    assert not both.is_current(old)
    assert both.is_current(both.seal("text", "row"))
    with pytest.raises(SecretKeyMissingError, match="new-key"):
        after.open(old, "row")


@pytest.mark.parametrize(
    "text",
    ["1", "1:", "0:" + OLD[2:], "256:" + OLD[2:], f"{OLD},{OLD}", "1:c2hvcnQ="],
    # Not by the texts: the key is another in every process.
    ids=["no key", "empty key", "number 0", "number 256", "twice one number", "short key"],
)
def test_a_setting_that_holds_no_keys_is_refused_with_its_form(text: str) -> None:
    with pytest.raises(SettingsError, match="NUMBER:KEY"):
        sealer_of(SecretStr(text))


def test_without_keys_there_is_nothing_to_encrypt_with() -> None:
    assert sealer_of(SecretStr("")) is None
    assert next_number(SecretStr("")) == 1
    assert next_number(SecretStr(f"{NEW},{OLD}")) == 3
