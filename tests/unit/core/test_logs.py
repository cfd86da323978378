"""What a log line says of an error."""

import json
import logging

import pytest

from core.errors import StoreError
from core.logs import get_logger, set_up_logs


def logged(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Return the one line that was logged."""
    return json.loads(capsys.readouterr().err)


def test_an_error_is_reported_by_its_kind_and_place_but_not_by_words_that_may_quote_a_resident(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logs("ingest", "INFO", "json")
    try:
        try:
            float("DETAIL: Failing row contains (山田 花子, 35.6581, 139.7017)")
        except ValueError as error:
            raise StoreError("the database refused the work (CheckViolation)") from error
    except StoreError:
        get_logger("tests").exception("writer_failed")

    line = logged(capsys)
    assert line["event"] == "writer_failed"
    assert "ValueError" in line["exception"]
    assert "test_logs.py:" in line["exception"]
    assert "StoreError: the database refused the work (CheckViolation)" in line["exception"]
    assert "山田" not in json.dumps(line, ensure_ascii=False)
    assert "35.6581" not in json.dumps(line)


def test_the_lines_of_libraries_are_reported_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("api", "INFO", "json")
    try:
        {}["山田 花子"]
    except KeyError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")

    line = logged(capsys)
    assert line["exception"].endswith("KeyError")
    assert "山田" not in json.dumps(line, ensure_ascii=False)


def test_a_person_at_a_terminal_reads_the_same_without_local_variables(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logs("detectors", "INFO", "pretty")
    name = "山田 花子"
    try:
        int(name)
    except ValueError:
        get_logger("tests.pretty").exception("rule_failed", rule="sos")

    reported = capsys.readouterr().err
    assert "rule_failed" in reported
    assert "ValueError" in reported
    assert "山田" not in reported


def test_a_logger_already_in_use_follows_a_later_set_up(capsys: pytest.CaptureFixture[str]) -> None:
    module_logger = get_logger("tests.in_use")
    set_up_logs("verify", "ERROR", "pretty")
    module_logger.info("not_written")
    assert capsys.readouterr().err == ""
    set_up_logs("api", "INFO", "json")
    module_logger.info("change_feed_restored")

    assert logged(capsys)["event"] == "change_feed_restored"
