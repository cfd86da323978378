"""A device's profile reaches ingest with the device."""

from datetime import UTC, datetime
from pathlib import Path

from core.domain.evidence.device_profile import ProfileField, ProfileSource
from core.domain.metrics import Evidence
from core.store.database import Database
from core.store.telemetry import batches
from tests.support.ingest import registered_ward


def test_ingest_finds_a_device_with_its_profile(database_url: str, tmp_path: Path) -> None:
    with registered_ward(database_url, tmp_path) as rows, Database(database_url) as database:
        rows.do(
            "WITH made AS (INSERT INTO device_profile (name, version, vendor, model, source, fields, created_at)"
            " VALUES ('no clear', 1, 'maker', 'm1', 'by_hand', '[{\"metric\": \"motion\", \"evidence\": \"pulse\"}]', now())"
            " RETURNING profile_id) UPDATE device SET profile_id = made.profile_id FROM made"
            " WHERE device_id = 'z2m-hall'"
        )
        with database.transaction() as connection:
            found = {one.device_id: one for one in batches.sending_devices(connection, datetime.now(UTC))}
    profile = found["z2m-hall"].profile
    assert profile is not None
    assert (profile.name, profile.version, profile.source) == ("no clear", 1, ProfileSource.BY_HAND)
    assert profile.fields == (ProfileField("motion", Evidence.PULSE),)
    assert found["hall-2"].profile is None
