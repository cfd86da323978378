"""What alerts are about, as the JSON API writes it."""

from datetime import UTC, datetime

import pytest

from api.schemas.alerts import AlertOut
from core.domain.alert import WARD, Finding, Severity, Subject, unraised

NOW = datetime(2026, 8, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (Subject.of_resident(5), "resident:5"),
        (Subject.of_geofence(4), "geofence:4"),
        (Subject.of_home(3), "home:3"),
        (Subject.of_device(7), "device:7"),
        (Subject.of_area("3丁目"), "area:3丁目"),
        (WARD, "ward"),
    ],
)
def test_an_alert_goes_out_with_its_subject_as_one_text(subject: Subject, text: str) -> None:
    alert = unraised(Finding("sos", subject, Severity.EMERGENCY, NOW, NOW, None, {}), 1)

    assert AlertOut.model_validate(alert).model_dump(mode="json")["subject"] == text
    assert AlertOut.model_json_schema()["properties"]["subject"]["type"] == "string"
