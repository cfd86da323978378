"""The label of a device: a well-formed image, whatever the device is called."""

from datetime import UTC, datetime
from xml.dom import minidom

import pytest

from core.credentials.device_label import label_svg
from core.credentials.enrolment_codes import Code, code_hash
from core.domain.broker_account import AccountKind, BrokerAccount
from core.domain.people import Language

UNTIL = datetime(2026, 8, 10, tzinfo=UTC)
CODE = Code(BrokerAccount("hall-1", AccountKind.DEVICE), "K7QM-2XNP-9RTA-4WHC", UNTIL)


def drawn(**more: str) -> str:
    values = {"device_id": "hall-1", "place": "hall", "base_url": "https://mimamori.example.jp"} | more
    return label_svg(CODE, language=Language.JA, expires_on=UNTIL, **values)


@pytest.mark.parametrize("place", ["", "hall", "<script>&\"'", "玄関", "x" * 100])
def test_the_label_is_well_formed_whatever_stands_on_it(place: str) -> None:
    root = minidom.parseString(drawn(place=place)).documentElement  # noqa: S318 - our own text
    assert root is not None
    assert root.tagName == "svg"
    assert not root.getElementsByTagName("script")


def test_the_label_says_until_when_the_code_is_good() -> None:
    assert "2026年8月10日まで" in drawn()


@pytest.mark.parametrize("typed", ["k7qm2xnp9rta4whc", " K7QM 2XNP 9RTA 4WHC ", "K7QM–2XNP–9RTA–4WHC"])
def test_a_code_may_be_typed_in_any_form(typed: str) -> None:
    assert code_hash(typed) == code_hash(CODE.text)


def test_letters_that_look_like_digits_are_digits() -> None:
    assert code_hash("OIL0-0000") == code_hash("0110-0000")
    assert code_hash("0110-0001") != code_hash("0110-0000")
