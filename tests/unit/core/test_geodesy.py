"""One earth: rules, simulator, database and pages turn degrees into metres with the same size of it."""

import re

import pytest

from core.domain.geodesy import METRES_PER_DEGREE, metres_per_degree
from tests.support.paths import REPOSITORY

# Metres of a degree, the radius and the girth of the earth, as sources write them.
_SIZE = re.compile(r"\b(111[_,]?[0-3]\d\d|6[_,]?3[67]\d[_,]?\d{3}|40[_,]?0[073]\d[_,]?\d{3})\b")


def test_a_degree_of_longitude_is_half_as_long_at_sixty_degrees() -> None:
    assert metres_per_degree(0.0) == pytest.approx((METRES_PER_DEGREE, METRES_PER_DEGREE))
    assert metres_per_degree(60.0) == pytest.approx((111_195.08, 55_597.54), abs=0.01)


def test_the_size_of_the_earth_stands_in_one_module() -> None:
    found = {
        str(path.relative_to(REPOSITORY))
        for folder in ("core", "ingest", "detectors", "api", "simulator", "deploy")
        for path in (REPOSITORY / folder).rglob("*")
        if path.suffix in {".py", ".js", ".sql"}
        and not {"vendor", "node_modules"} & set(path.parts)
        and path.is_file()
        and _SIZE.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"core/domain/geodesy.py"}
