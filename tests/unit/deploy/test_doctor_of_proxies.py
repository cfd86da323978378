"""The doctor notices a proxy behind which all visitors seem to be one."""

import pytest

from core.settings import Settings
from core.store.people.users import AttemptAddresses
from deploy.doctor.check import CheckResult
from deploy.doctor.machine import proxy_checks

_BEHIND = "https://mimamori.example.jp"


@pytest.mark.parametrize(
    ("base_url", "found", "verdicts"),
    [
        (_BEHIND, AttemptAddresses(5, 1, "172.18.0.1"), [CheckResult.LOOK]),
        # Four colleagues in one office, many people from many places, nobody yet, and no proxy at all.
        (_BEHIND, AttemptAddresses(4, 1, "172.18.0.1"), [CheckResult.GOOD]),
        (_BEHIND, AttemptAddresses(40, 2, "172.18.0.1"), [CheckResult.GOOD]),
        (_BEHIND, AttemptAddresses(0, 0, ""), []),
        ("http://127.0.0.1:8080", AttemptAddresses(5, 1, "127.0.0.1"), []),
    ],
)
def test_it_looks_whether_people_come_from_more_than_one_address(
    base_url: str, found: AttemptAddresses, verdicts: list[CheckResult]
) -> None:
    settings = Settings.model_validate({"database_url": "postgresql://db/mimamori", "base_url": base_url})
    assert [one.verdict for one in proxy_checks(found, settings)] == verdicts
