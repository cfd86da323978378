"""The cases of tests/data/cases that one message decides: each is read as it should be."""

import gzip
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from core.domain.evidence.device_profile import DeviceProfile
from core.formats.profile_file import library
from ingest.codecs.parsing.json_fields import LARGEST_PAYLOAD
from ingest.commands.decode import described
from tests.support.paths import TEST_DATA

_CASES = TEST_DATA / "cases"
_WITH_EXPECTED = sorted(
    path for path in _CASES.glob("*.json") if "expected" in json.loads(path.read_text(encoding="utf-8"))
)
# By the device's model alone, which its registration names.
_BY_PROFILE = {
    "bed-owon-spm915": "owon-spm915",
    "bed-tuya-pad": "tuya-bed-presence",
    "door-browan-tbdw100": "browan-tbdw100",
}
# Of a situation from a bug report, whose text beside it says what is expected.
_SITUATIONS: dict[str, dict[str, object]] = {
    "c07-tst-rollover-created-at": {"lat": 35.73, "time": "2026-11-28T20:09:40Z"},
    "c08-tts-gateway-clock": {"motion": True, "time": "2026-11-28T23:16:50.969000Z"},
    "c10-tasmota-battery-180": {"battery_pct#sos_button": 90},
    "c10b-z2m-battery-200": {"battery_pct": 100, "motion": True},
    "c11-shelly-blu-button": {
        "button#60:ef:ab:00:00:02": "single",
        "battery_pct#60:ef:ab:00:00:02": 100,
    },
    "c11b-shelly-bthomesensor": {"battery_pct#200": 88},
    "c11c-two-blu-buttons": {"button#201": "single"},
}


def _said(path: Path, profile: DeviceProfile | None = None) -> dict[str, Any]:
    case = json.loads(path.read_text(encoding="utf-8"))
    return described(case["topic"], json.dumps(case["payload"]).encode(), profile)


def _is_right(said: Mapping[str, Any], expected: Mapping[str, object]) -> bool:
    """Return whether one expected value is there; a note says that there is a value, or a problem, at least."""
    if "fix" in expected:
        return [[fix["lat"], fix["lon"]] for fix in said["fixes"]] == [expected["fix"]]
    if "proposal" in expected:
        return [proposal["sender"] for proposal in said["proposals"]] == [expected["proposal"]]
    if "note" in expected:
        return bool(said["problems"]) or set(said["values"]) - {"device_id", "time"} != {"heartbeat"}
    readings = {reading["metric"]: reading["value"] for reading in said["readings"]}
    return readings.get(cast("str", expected["metric"])) == expected["value"]


@pytest.mark.parametrize("path", _WITH_EXPECTED, ids=lambda path: path.stem)
def test_a_message_has_the_value_that_its_case_says(path: Path) -> None:
    profile = library()[_BY_PROFILE[path.stem]] if path.stem in _BY_PROFILE else None
    said = _said(path, profile)
    expected = json.loads(path.read_text(encoding="utf-8"))["expected"]
    assert [entry for entry in expected if not _is_right(said, entry)] == [], said


@pytest.mark.parametrize("name", sorted(_BY_PROFILE))
def test_without_its_profile_it_does_not_pass_as_nothing_but_a_heartbeat(name: str) -> None:
    assert "heartbeat" not in _said(_CASES / f"{name}.json")["values"]


@pytest.mark.parametrize("name", sorted(_SITUATIONS))
def test_a_situation_of_a_bug_report_is_read_right(name: str) -> None:
    values = _said(_CASES / f"{name}.json")["values"]
    assert {key: values.get(key) for key in _SITUATIONS[name]} == _SITUATIONS[name]


def test_a_bluetooth_object_that_may_be_anything_goes_to_quarantine() -> None:
    problems = _said(_CASES / "c11b-shelly-bthomesensor.json")["problems"]
    assert [problem["reason"] for problem in problems] == ["unclear_component"]


def test_a_button_that_nobody_pressed_is_no_press() -> None:
    case = json.loads((_CASES / "c11-shelly-blu-button.json").read_text(encoding="utf-8"))
    case["payload"]["params"]["events"][0]["data"]["button"] = 0
    values = cast(
        "dict[str, object]", described(case["topic"], json.dumps(case["payload"]).encode())["values"]
    )
    assert not any(name.startswith("button") for name in values)


def test_a_region_of_a_beacon_has_no_accuracy() -> None:
    assert "accuracy_m" not in _said(_CASES / "c15-owntracks-acc-0.json")["values"]


def test_a_fix_that_is_older_than_its_uplink_has_its_own_time() -> None:
    fixes = _said(_CASES / "sos-moko-lw004-with-fix.json")["fixes"]
    assert [fix["time"] for fix in fixes] == ["2026-08-01T05:51:40Z"]


def test_buffered_places_have_the_times_at_which_they_were_made() -> None:
    for line in (_CASES / "c06-burst-buffered.tsv").read_text(encoding="utf-8").splitlines():
        topic, _, payload = line.partition("\t")
        fixes = cast("list[dict[str, Any]]", described(topic, payload.encode())["fixes"])
        made = datetime.fromtimestamp(json.loads(payload)["created_at"], UTC)
        assert [abs((datetime.fromisoformat(fix["time"]) - made).total_seconds()) <= 60 for fix in fixes] == [
            True
        ]


def test_a_device_that_counts_from_1970_does_not_say_when() -> None:
    # Whether such a message is a life sign is not the codec's to say.
    values = _said(_CASES / "c04-restart-1970.json")["values"]
    assert (values["motion"], values["time"]) == (True, "1970-01-01T00:00:00Z")


def test_a_bridge_with_many_devices_may_list_them_all() -> None:
    payload = gzip.decompress((_CASES / "c05-bridge-devices.json.gz").read_bytes())
    assert len(payload) > LARGEST_PAYLOAD
    said = described("gw/pgw/zigbee2mqtt/bridge/devices", payload)
    proposals = cast("list[dict[str, Any]]", said["proposals"])
    assert said["problems"] == []
    assert {one["name"] for one in proposals} == {f"room{number}" for number in range(len(proposals))}
    assert len(proposals) > 90
