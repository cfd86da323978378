"""Every device model that Zigbee2MQTT knows: what it says of a person, a hazard, a call, the room or itself is read as it is meant.

What is not read right stands in `zigbee2mqtt/not_read_right.toml` with its reason; that list may only shrink.
"""

import json
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy.local.npm_packages import PackagesError
from tests.support import zigbee_catalogue
from tests.support.zigbee_catalogue import FOLDER, models, pinned_version
from tests.support.zigbee_meanings import Group, meanings
from tests.support.zigbee_messages import is_silent, wrongly_raised, wrongly_read

_ABOUT_PEOPLE = {Group.CALL, Group.HAZARD, Group.PERSON}
# How long the list is; it may only shrink.
_MOST_NOT_READ_RIGHT = 2


def _listed(name: str) -> dict[str, str]:
    """Return the values on the list, `vendor model: key`, each with its reason."""
    entries = tomllib.loads((FOLDER / "not_read_right.toml").read_text(encoding="utf-8"))[name]
    return {value: entry["reason"] for entry in entries for value in entry["values"]}


def _assert_as_listed(found: Mapping[str, set[str]], listed: Mapping[str, str]) -> None:
    new = {value: sorted(texts)[:3] for value, texts in found.items() if value not in listed}
    assert not new, f"{len(new)} values are read wrong: {json.dumps(new, indent=1, ensure_ascii=False)}"
    assert sorted(set(listed) - set(found)) == [], "these are right now: take them off the list"


def test_the_catalogue_is_the_pinned_one_and_whole() -> None:
    package = FOLDER / "node_modules" / "zigbee-herdsman-converters" / "package.json"
    assert zigbee_catalogue.is_fetched(), "run `make catalogue`"
    assert json.loads(package.read_text(encoding="utf-8"))["version"] == pinned_version()
    titles = {model.title for model in models()}
    assert len(titles) == len(models()) >= 4_500
    assert {"OWON FDS315", "Aqara MCCGQ11LM", "Tuya TS0215A_sos"} <= titles


def test_every_model_is_read_as_it_is_meant_but_for_the_listed_values() -> None:
    wrong: dict[str, set[str]] = defaultdict(set)
    silent: list[str] = []
    of_people, wrong_of_people = 0, 0
    for model in models():
        is_of_people = any(meaning.group in _ABOUT_PEOPLE for meaning in meanings(model))
        is_wrong = False
        for meaning, text in wrongly_read(model):
            value = f"{model.title}: {meaning.key}"
            wrong[value].add(text)
            is_wrong = True
            if meaning.group in {Group.CALL, Group.HAZARD} and is_silent(meaning):
                silent.append(value)
        of_people += is_of_people
        wrong_of_people += is_of_people and is_wrong

    listed = _listed("not_read_right")
    _assert_as_listed(wrong, listed)
    assert len(listed) <= _MOST_NOT_READ_RIGHT
    # A call or a hazard that only the profile can name must at least not pass for a heartbeat.
    assert silent == []
    assert of_people > 1_200
    assert wrong_of_people <= 0.003 * of_people


def test_nothing_else_passes_for_a_call_a_hazard_or_somebody_who_acted() -> None:
    raised: dict[str, set[str]] = defaultdict(set)
    for model in models():
        for key, text in wrongly_raised(model):
            raised[f"{model.title}: {key}"].add(text)
    _assert_as_listed(raised, {})


def test_a_missing_catalogue_fails_and_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PackagesError, match="make catalogue"):
        models(tmp_path)
