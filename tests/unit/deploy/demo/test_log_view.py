"""The logs of all processes in one view."""

from io import StringIO
from pathlib import Path

from rich.console import Console

from deploy.demo.log_view import LogView, readable


def test_a_structured_line_becomes_readable() -> None:
    line = '{"event": "batch_stored", "readings": 3, "process": "ingest", "level": "info", "at": "2026-08-01T06:30:05.1Z"}'
    assert readable(line).plain == "06:30:05 batch_stored readings=3"


def test_of_a_failure_only_the_last_line_is_shown() -> None:
    line = '{"event": "home_evaluation_failed", "exception": "Traceback:\\n  File x\\nValueError: too long"}'
    assert readable(line).plain == "home_evaluation_failed exception=ValueError: too long"


def test_any_other_line_is_shown_as_it_is() -> None:
    for line in ("FATAL: no space", "{}", "[1]", "null", '{"event"', '"text"'):
        assert readable(line).plain == line


def test_only_what_is_new_is_shown_and_only_whole_lines(tmp_path: Path) -> None:
    output = StringIO()
    view = LogView(Console(file=output, width=200))
    log = tmp_path / "api.log"
    log.write_text("from before\n", encoding="utf-8")
    view.follow("api", log)
    with log.open("a", encoding="utf-8") as file:
        file.write("new line\nhalf a ")
    view.show_added()
    assert output.getvalue() == "api        | new line\n"
    with log.open("a", encoding="utf-8") as file:
        file.write("line\n")
    view.show_added()
    view.show_added()
    assert output.getvalue() == "api        | new line\napi        | half a line\n"
