"""Records of the store are built of named columns."""

import pytest

from tests.checks.rows import by_position


@pytest.mark.parametrize(
    "source",
    [
        "found = [Press(*row) for row in rows]",
        "found = Press(row[0], row[1])",
        "found = Press(Kind(row[1]), row[0], *row[2:])",
        "for device, at in rows:\n    found.append(Press(device, at))",
        "found = [Press(device, Kind(kind), at) for device, kind, at in rows]",
    ],
)
def test_a_record_of_columns_by_their_place_is_found(source: str) -> None:
    assert [one.partition(" is ")[0].partition(": ")[2] for one in by_position(source)] == ["Press"]


@pytest.mark.parametrize(
    "source",
    [
        "found = Press(**columns)",
        "found = {device: at for device, at in rows}",
        "found = Press(row[0], name, now)",
        "for device, at in rows:\n    seen(device, at)\nPress(first, last)",
        "found = Press(tally['one'], tally['two'])",
    ],
)
def test_what_names_its_columns_passes(source: str) -> None:
    assert list(by_position(source)) == []
