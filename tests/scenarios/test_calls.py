"""The gate for calls for help: each is raised within a minute of being received, and nobody is called for nothing (docs/evaluation.md).

The long form, with `LONG_FAULTS=1` in the environment, runs under `make test-faults` and scores four weeks of each home in place of two.
"""

import json
import os
from pathlib import Path

import pytest

from core.store.database import Database
from deploy.local.postgres_cluster import Cluster
from tests.support.wards.called_homes import CalledWard
from tests.synthetic.call_home import CASES, DAYS
from tests.synthetic.call_life import make
from tests.synthetic.calls import CallScore, Misjudged, score_calls

# The homes of all groups are made and evaluated with the first of them.
pytestmark = pytest.mark.timeout(300)
_LONG = bool(os.environ.get("LONG_FAULTS"))
STORED = json.loads(Path(__file__).with_name("scores.json").read_text(encoding="utf-8"))[
    "calls" if _LONG else "calls_in_few_days"
]
# Every family of buttons, every clock and every kind of detector.
HOMES = (*range(0, 35, 5), *(1, 2, 3, 4, 6, 8, 9, 11, 13, 17, 22, 29))
# These are evaluated by the scheduler, with everything else about their ward: all cases, and few days, since each call costs a cycle.
BY_SCHEDULER, FEW_DAYS = (4, 6, 22, 25, 100), 14
# All homes, and in the short form half of their days.
SCORED_DAYS = DAYS if _LONG else FEW_DAYS


@pytest.fixture(scope="module")
def scored(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, CallScore], list[Misjudged]]:
    homes = [make(number, SCORED_DAYS) for number in HOMES]
    assert {one.case for home in homes for one in home.calls} == set(CASES)
    cluster.create_database("scored_calls", "template_mimamori")
    with Database(cluster.url("scored_calls"), size=2) as database:
        raised = CalledWard(database, tmp_path_factory.mktemp("calls"), homes).raised(calls_only=True)
    cluster.drop_database("scored_calls")
    return score_calls(homes, raised, SCORED_DAYS)


@pytest.mark.faults
@pytest.mark.parametrize("group", STORED)
def test_calls_are_raised_as_well_as_before(
    group: str, scored: tuple[dict[str, CallScore], list[Misjudged]]
) -> None:
    found, wrong = scored
    stored = STORED[group]
    mine = [str(one) for one in wrong]
    assert found[group].calls >= stored["calls"]
    assert found[group].recall >= stored["recall"], "\n".join(mine)
    assert found[group].false_30d <= stored["false_30d"], "\n".join(mine)
    assert found[group].repeats_30d <= stored["repeats_30d"], "\n".join(mine)
    assert found[group].longest_s <= stored["longest_s"]


def test_the_scheduler_raises_the_same_calls_at_the_same_moments_as_their_rule_alone(
    cluster: Cluster, database_url: str, tmp_path: Path
) -> None:
    homes = [make(number, FEW_DAYS) for number in BY_SCHEDULER]
    assert {one.case for home in homes for one in home.calls} == set(CASES)
    with Database(database_url, size=2) as database:
        raised = CalledWard(database, tmp_path, homes).raised()
    cluster.create_database("calls_alone", "template_mimamori")
    with Database(cluster.url("calls_alone"), size=2) as database:
        alone = CalledWard(database, tmp_path, homes).raised(calls_only=True)
    cluster.drop_database("calls_alone")
    assert raised == alone
