"""Addresses of each kind, as people write them."""

import pytest

from core.domain.delivery.contact_channel import UnusableAddressError, shown_address, usable_address
from core.domain.people import Channel


@pytest.mark.parametrize(
    ("kind", "written", "stored"),
    [
        (Channel.SMS, "090-1234-5678", "+819012345678"),
        (Channel.SMS, "０６０ー１２３４ー５６７８", "+816012345678"),
        (Channel.SMS, "+81 70 1234 5678", "+817012345678"),
        (Channel.SMS, "+44 7700 900123", "+447700900123"),
        (Channel.VOICE, "03(1234)5678", "+81312345678"),
        (Channel.MAIL, "taro@example.jp", "taro@example.jp"),
        (Channel.NTFY, "https://ntfy.example.jp/topic", "https://ntfy.example.jp/topic"),
        (Channel.APPRISE, "matrixs://token@host/room", "matrixs://token@host/room"),
    ],
)
def test_an_address_is_stored_in_one_form_however_it_is_written(
    kind: Channel, written: str, stored: str
) -> None:
    assert usable_address(kind, written) == stored


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (Channel.SMS, "03-1234-5678"),
        (Channel.SMS, "050-1234-5678"),
        (Channel.VOICE, "119"),
        (Channel.VOICE, "taro@example.jp"),
        (Channel.MAIL, "mailto://taro"),
        (Channel.WEBHOOK, "syslog://localhost"),
        (Channel.WEBHOOK, "https://user:secret@example.jp/"),
        (Channel.SLACK, "https://"),
        (Channel.LINE, "@mimamori"),
        (Channel.APPRISE, "no address"),
    ],
)
def test_what_is_no_address_of_its_kind_is_refused(kind: Channel, written: str) -> None:
    with pytest.raises(UnusableAddressError):
        usable_address(kind, written)


@pytest.mark.parametrize(
    ("kind", "address", "shown"),
    [
        (Channel.WEBHOOK, "https://hooks.example.jp/T0/secret?key=1", "https://hooks.example.jp"),
        (Channel.APPRISE, "matrixs://token@host/room", "matrixs"),
        (Channel.MAIL, "taro@example.jp", "taro@example.jp"),
    ],
)
def test_lists_show_nothing_of_an_address_that_opens_something(
    kind: Channel, address: str, shown: str
) -> None:
    assert shown_address(kind, address) == shown


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        (Channel.MAIL, "a@b\x00c.jp"),
        (Channel.WEBHOOK, "https://a\x00.jp/"),
        (Channel.APPRISE, "matrixs://t\x07@h/r"),
    ],
)
def test_an_address_with_a_control_character_is_none(kind: Channel, address: str) -> None:
    with pytest.raises(UnusableAddressError, match="control characters"):
        usable_address(kind, address)
