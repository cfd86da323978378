"""The registries hold together: each rule has all that belongs to it, and nobody else writes a rule's or metric's name."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from api.locale import words_of
from core.domain.metrics import METRICS, TEMPERATURE_C, Metric
from core.domain.people import Language
from core.domain.rule_spec import Ends, RuleSpec
from core.domain.rules import RULES
from detectors.alerting.message_texts import texts_of
from detectors.engine.rule_set import BUILDERS
from simulator.incidents.kinds import KINDS
from simulator.scenarios.scenario import library, read_scenario
from tests.checks.repository import PACKAGES, tracked
from tests.support.paths import REPOSITORY

# A rule about a resident has a builder; the others are evaluated here.
_EVALUATORS = ("detectors/rules", "detectors/engine")
_REGISTRIES = {
    Path("core/domain/rules.py"),
    Path("core/domain/metrics.py"),
    Path("core/domain/reason_card.py"),
}
# The words of vendors, and the kinds of incidents that a scenario file names.
_WHERE_NAMES_ARE_WORDS = ("ingest/codecs/", "simulator/incidents/incident.py", "core/domain/simulation.py")
# Names of rules that are no words of another kind too, as "heat" (a cause), "battery" (a part) or "sos" (a metric, a place) are.
_UNMISTAKABLE = frozenset(name for name in RULES if "_" in name and name not in METRICS) | {"inactivity"}


def findings() -> Iterator[str]:
    """Give what a rule lacks, and names that stand outside their registry."""
    sources = {
        path: _strings_and_names(path)
        for path in tracked()
        if path.suffix == ".py" and path.parts[0] in PACKAGES
    }
    for rule in RULES.values():
        yield from (f"{rule.name}: {lack}" for lack in _lacks(rule, sources))
    for metric in METRICS.values():
        yield from (f"{metric.name}: {lack}" for lack in _metric_lacks(metric))
    for path, (strings, _) in sources.items():
        yield from _literals(path, strings)


def _lacks(rule: RuleSpec, sources: dict[Path, tuple[set[str], set[str]]]) -> Iterator[str]:
    """Give what belongs to a rule and is not there."""
    constant = rule.name.upper()
    in_detectors = [names for path, (_, names) in sources.items() if str(path).startswith(_EVALUATORS)]
    is_call = rule.name in METRICS
    if rule.name not in BUILDERS and not is_call and not any(constant in names for names in in_detectors):
        yield "nothing in detectors builds or evaluates it"
    for language in Language:
        if not words_of(language).has(f"rule.{rule.texts}"):
            yield f"api/locale has no text rule.{rule.texts}"
        messages = texts_of(language)
        # What only people close is over for nobody before.
        sections = ("opening",) if rule.ends is Ends.PERSON else ("opening", "over", "cleared")
        for section in sections:
            if not messages.has(f"{section}.{rule.texts}"):
                yield f"detectors/alerting/texts/{language} has no {section}.{rule.texts}"
        if not words_of(language).has(f"alert.{rule.todo}"):
            yield f"api/locale has no text alert.{rule.todo}"
    page = (REPOSITORY / "docs/rules.md").read_text(encoding="utf-8")
    if f"\n### {rule.name}\n" not in page:
        yield "docs/rules.md does not describe it"
    if rule.name in _raised_in_scenarios() and rule.no_scenario:
        yield "a scenario of the library raises it, and its row says that none does"
    if rule.name not in _raised_in_scenarios() and not rule.no_scenario:
        yield "no scenario of the library raises it, and its row does not say why"


def _metric_lacks(metric: Metric) -> Iterator[str]:
    """Give the texts with which pages would show the climate of a room; the temperature stands for itself."""
    if not metric.is_climate or metric is TEMPERATURE_C:
        return
    for language in Language:
        if not words_of(language).has(f"comfort.{metric.name}"):
            yield f"api/locale has no text comfort.{metric.name}"


@cache
def _raised_in_scenarios() -> frozenset[str]:
    """Return the rules that may tell of what happens in a scenario of the library."""
    happens = {event.kind for name in library() for event in read_scenario(name).events}
    return frozenset(rule for kind in happens for rule in KINDS[kind].raises)


def _literals(path: Path, strings: set[str]) -> Iterator[str]:
    if path in _REGISTRIES or str(path).startswith(_WHERE_NAMES_ARE_WORDS):
        return
    for name in sorted(strings & _UNMISTAKABLE):
        yield f"{path}: {name!r} stands there as a text; take the name from the registry"


def _strings_and_names(path: Path) -> tuple[set[str], set[str]]:
    """Return the texts and the names that stand in a file."""
    nodes = list(ast.walk(ast.parse((REPOSITORY / path).read_text(encoding="utf-8"))))
    strings = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    names |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return strings, names
