"""Names of rules and metrics stand in their registries, and everywhere else they are taken from there."""

import pytest

from tests.checks.registries import literals

KNOWN = {
    "api/pages/parts/climate.py": {"cold"},
    "core/domain/records/personal_data.py": {"unclear_call"},
    "deploy/cli/devices.py": {"battery"},
    "detectors/alerting/providers/line.py": {"button"},
    "simulator/devices/sensors.py": {"battery", "motion"},
    "simulator/incidents/kinds.py": {"temperature_c"},
    "simulator/network/payloads.py": {"battery", "presence"},
    "simulator/people/persona.py": {"cold"},
    "simulator/scenarios/scenario.py": {"temperature_c"},
    "simulator/town/device_fit.py": {"sos"},
}


@pytest.mark.parametrize("name", ["heat", "sos", "battery", "inactivity", "motion", "power_w", "heartbeat"])
def test_a_name_written_as_a_text_is_found(name: str) -> None:
    for path in ("detectors/rules/night_exit.py", "core/store/queries/alerts/alerts.sql", "api/app.py"):
        (found,) = literals(KNOWN | {path: {name, "other", f"{name}s"}})
        assert found.startswith(f"{path}: {name!r} ")


def test_registries_codecs_and_the_rules_own_file_may_write_it() -> None:
    for path in ("core/domain/metrics.py", "ingest/codecs/shelly/gen2.py", "detectors/rules/cold.py"):
        assert list(literals(KNOWN | {path: {"cold"}})) == []


def test_an_exception_that_nobody_needs_any_more_is_found() -> None:
    (found,) = literals(KNOWN | {"simulator/people/persona.py": {"influenza"}})
    assert "take it off the list" in found
