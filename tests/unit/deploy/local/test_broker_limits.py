"""What the broker holds for ingest while that is away, as the runbook and docs/faults.md say."""

import re

from tests.support.paths import REPOSITORY

_FILE = (REPOSITORY / "deploy" / "mosquitto" / "mosquitto.conf").read_text(encoding="utf-8")


def _option(name: str) -> list[str]:
    return re.findall(rf"^{name} (.+)$", _FILE, re.MULTILINE)


def test_a_million_messages_or_a_gigabyte_wait_for_ingest_for_two_weeks() -> None:
    assert _option("max_queued_messages") == ["1000000"]
    assert _option("max_queued_bytes") == [str(2**30)]
    assert _option("persistent_client_expiration") == ["14d"]
    assert _option("upgrade_outgoing_qos") == ["true"]


def test_what_waits_is_saved_every_half_minute_and_read_again_after_a_restart() -> None:
    assert _option("persistence") == ["true"]
    assert _option("autosave_interval") == ["30"]
    # Counted by time: by changes it would be another thing.
    assert _option("autosave_on_changes") == []
