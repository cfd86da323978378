"""The runbook's table of settings is the list that the program has."""

import re

from pydantic import SecretStr

from core.settings import Settings
from tests.support.paths import REPOSITORY

_ROW = re.compile(r"^\| `(MIMAMORI_[A-Z_]+)` \| ([^|]+) \|", re.MULTILINE)


def test_every_setting_stands_in_the_runbook_with_its_default() -> None:
    rows = dict(_ROW.findall((REPOSITORY / "docs" / "runbook.md").read_text(encoding="utf-8")))
    assert rows == {
        f"MIMAMORI_{name.upper()}": _shown(field.is_required(), field.default)
        for name, field in Settings.model_fields.items()
    }


def _shown(is_required: bool, default: object) -> str:
    if is_required:
        return "none, needed"
    value = default.get_secret_value() if isinstance(default, SecretStr) else default
    if value in ("", None):
        return "empty"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
