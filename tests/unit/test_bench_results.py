"""What is kept of a benchmark of which a part fails."""

import json
from pathlib import Path

from tests.bench.__main__ import kept
from tests.bench.result import Result, Results


def _failing() -> Results:
    raise AssertionError("an event came twice")


def test_a_part_that_fails_takes_nothing_from_those_before_and_after_it(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    out.write_text(json.dumps({"older": {"value": 3}}), encoding="utf-8")

    def first() -> Results:
        return {"first_rate": Result(1.0, "messages/s", [1.0], "")}

    def last() -> Results:
        # What came before it is written by now.
        assert "first_rate" in json.loads(out.read_text(encoding="utf-8"))
        return {"last_rate": Result(2.0, "messages/s", [2.0], "")}

    results, failed = kept({"first": first, "failing": _failing, "last": last}, out)

    assert (list(results), failed) == (["first_rate", "last_rate"], ["failing"])
    written = json.loads(out.read_text(encoding="utf-8"))
    assert list(written) == ["older", "first_rate", "last_rate"]
    # The file itself is no change of what is measured.
    assert written["first_rate"]["commit"] == written["last_rate"]["commit"]
