"""`make check` refuses handlers that change something beside the actions, and lets the others pass."""

from pathlib import PurePath

import pytest

from tests.checks.routes import findings, route_findings

_PATH = PurePath("api/pages/some.py")
_IMPORTS = """
from api.actions import alerts as actions
from api.actions.device_credentials import redeem_code
from api.actions.context import ActionContext
from core.store.alerts import handling
from core.store.people import users
"""


def _handler(body: str, method: str = "post") -> str:
    return f'{_IMPORTS}\n@router.{method}("/some")\ndef some(viewer):\n    {body}\n'


@pytest.mark.parametrize(
    "body",
    [
        "actions.claim(ActionContext(1, viewer, 2), 3)",
        "return redeem_code(1)",
        "users.find(1, 'login'); actions.close(1, 2)",
    ],
)
def test_a_handler_that_calls_one_action_passes(body: str) -> None:
    assert list(route_findings(_PATH, _handler(body))) == []


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_changing_handler_without_an_action_is_found(method: str) -> None:
    (finding,) = route_findings(_PATH, _handler("return 1", method))
    assert finding == f"{_PATH}:9: some calls 0 actions of api.actions in place of one"


def test_a_handler_with_two_actions_is_found() -> None:
    (finding,) = route_findings(_PATH, _handler("actions.claim(1, 2); actions.close(1, 2)"))
    assert "calls 2 actions" in finding


@pytest.mark.parametrize("call", ["handling.claim(1, 2)", "users.set_language(1, 2, 3)"])
def test_a_store_writer_beside_the_action_is_found(call: str) -> None:
    (finding,) = route_findings(_PATH, _handler(f"{call}; actions.claim(1, 2)"))
    assert "writes to the store; call an action" in finding


def test_reading_needs_no_action() -> None:
    assert list(route_findings(_PATH, _handler("return users.find(1, 2)", "get"))) == []


def test_no_page_or_route_changes_anything_beside_the_actions() -> None:
    assert list(findings()) == []
