"""Page and JSON ask the same actions: what one of them allows or refuses, the other does too, with the same effect."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from core.domain.alert import Alert, Handling, Outcome
from core.store.alerts import alerts, handling
from tests.support.wards.api_ward import ApiWard, api_ward

Act = Callable[[TestClient, int], int]


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def _version(client: TestClient, number: int) -> int:
    return int(client.get(f"/api/v1/alerts/{number}").json()["version"])


@dataclass(frozen=True)
class Way:
    """A way to change an alert; each returns the status, with a redirect to the changed page counted as 200."""

    close: Act
    release: Act


def _page_close(client: TestClient, number: int) -> int:
    return _followed(client, f"/alerts/{number}/close", {"outcome": "safe_contacted"})


def _page_release(client: TestClient, number: int) -> int:
    return _followed(client, f"/alerts/{number}/release", {})


def _followed(client: TestClient, address: str, form: dict[str, str]) -> int:
    return client.post(address, data=form, follow_redirects=True).status_code


def _json_close(client: TestClient, number: int) -> int:
    body = {"version": _version(client, number), "outcome": "safe_contacted"}
    return client.post(f"/api/v1/alerts/{number}/close", json=body).status_code


def _json_release(client: TestClient, number: int) -> int:
    body = {"version": _version(client, number)}
    return client.post(f"/api/v1/alerts/{number}/release", json=body).status_code


WAYS = pytest.mark.parametrize(
    "way", [Way(_page_close, _page_release), Way(_json_close, _json_release)], ids=["page", "json"]
)


def _alert(ward: ApiWard, number: int) -> Alert:
    with ward.database.transaction() as connection:
        return alerts.get(connection, number)


def _claim_by_link(ward: ApiWard, number: int, contact: str) -> None:
    """Claim an alert as somebody does who answers from a message."""
    (key,) = ward.execute("SELECT contact_id FROM contact WHERE name = %s", contact)[0]
    with ward.database.transaction() as connection:
        handling.claim(connection, number, contact=int(key), now=ward.clock.now())


@WAYS
def test_family_close_an_alert_that_nobody_claimed(ward: ApiWard, way: Way) -> None:
    number = ward.open_alert()

    assert way.close(ward.client("family_a"), number) == 200

    assert _alert(ward, number).outcome is Outcome.SAFE_CONTACTED


@WAYS
def test_family_close_what_they_claimed_from_a_message(ward: ApiWard, way: Way) -> None:
    number = ward.open_alert()
    _claim_by_link(ward, number, "contact A")

    assert way.close(ward.client("family_a"), number) == 200

    assert _alert(ward, number).outcome is Outcome.SAFE_CONTACTED


@WAYS
def test_family_give_back_what_they_claimed_from_a_message(ward: ApiWard, way: Way) -> None:
    number = ward.open_alert()
    _claim_by_link(ward, number, "contact A")

    assert way.release(ward.client("family_a"), number) == 200

    assert _alert(ward, number).handling is Handling.OPEN


@WAYS
def test_family_neither_close_nor_give_back_what_somebody_else_is_checking(ward: ApiWard, way: Way) -> None:
    number = ward.open_alert()
    _claim_by_link(ward, number, "cousin A")
    family = ward.client("family_a")

    assert (way.close(family, number), way.release(family, number)) == (403, 403)

    assert _alert(ward, number).claimed_by == "cousin A"


@WAYS
def test_staff_give_back_what_somebody_else_is_checking(ward: ApiWard, way: Way) -> None:
    number = ward.open_alert()
    _claim_by_link(ward, number, "cousin A")

    assert way.release(ward.client("care_a"), number) == 200

    assert _alert(ward, number).handling is Handling.OPEN


def test_pages_say_you_hold_it_to_who_claimed_from_a_message(ward: ApiWard) -> None:
    number = ward.open_alert()
    _claim_by_link(ward, number, "contact A")
    family = ward.client("family_a")

    for address in (f"/alerts/{number}", "/family"):
        shown = family.get(address).text
        assert f'action="/alerts/{number}/close"' in shown
        assert "contact Aさん" not in shown.split('id="events"')[0]


def test_the_alert_page_offers_what_its_forms_take(ward: ApiWard) -> None:
    number = ward.open_alert()
    close, release = f"/alerts/{number}/close", f"/alerts/{number}/release"

    def offered(login: str) -> tuple[bool, bool]:
        shown = ward.client(login).get(f"/alerts/{number}").text
        return f'action="{close}"' in shown, f'action="{release}"' in shown

    assert [offered(login) for login in ("family_a", "care_a")] == [(True, False), (True, False)]
    _claim_by_link(ward, number, "cousin A")
    assert [offered(login) for login in ("family_a", "care_a")] == [(False, False), (True, True)]
