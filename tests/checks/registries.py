"""The registries hold together: each rule has all that belongs to it, and nobody else writes a rule's or metric's name."""

import ast
import re
from collections.abc import Iterator, Mapping, Set
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
from tests.checks.syntax import nodes_of
from tests.support.paths import REPOSITORY

# A rule about a resident has a builder; the others are evaluated here, or raised by who answers a question.
_EVALUATORS = ("detectors/rules", "detectors/engine", "api/actions/people/prompts.py")
_REGISTRIES = {"core/domain/rules.py", "core/domain/metrics.py"}
# The words of vendors.
_WHERE_NAMES_ARE_WORDS = (
    "ingest/codecs/",
    "ingest/mqtt/topics.py",
    "core/domain/device_proposal.py",
    "simulator/replay/home_assistant_words.py",
)
_NAMES = RULES.keys() | METRICS.keys()
# The same letters, and something else.
_OTHER_WORDS = {
    ("api/pages/parts/climate.py", "cold"): "how a room feels",
    ("deploy/cli/devices.py", "battery"): "head of a column",
    ("detectors/alerting/providers/line.py", "button"): "what LINE calls a part of a message",
    ("simulator/devices/sensors.py", "battery"): "which random numbers",
    ("simulator/devices/sensors.py", "motion"): "which random numbers",
    ("simulator/incidents/kinds.py", "temperature_c"): "key of a scenario file",
    ("core/domain/records/personal_data.py", "unclear_call"): "a table",
    ("simulator/network/payloads.py", "battery"): "what Zigbee2MQTT calls the charge",
    ("simulator/network/payloads.py", "presence"): "what Zigbee2MQTT calls it",
    ("simulator/people/persona.py", "cold"): "an illness",
    ("simulator/scenarios/scenario.py", "temperature_c"): "key of a scenario file",
    ("simulator/town/device_fit.py", "sos"): "where a button is",
}
_QUOTED = re.compile(r"'([a-z0-9_]+)'")


def findings() -> Iterator[str]:
    """Give what a rule lacks, and names that stand outside their registry."""
    product = [path for path in tracked() if path.parts[0] in PACKAGES]
    sources = {path: _strings_and_names(path) for path in product if path.suffix == ".py"}
    for rule in RULES.values():
        yield from (f"{rule.name}: {lack}" for lack in _lacks(rule, sources))
    for metric in METRICS.values():
        yield from (f"{metric.name}: {lack}" for lack in _metric_lacks(metric))
    written = {path: strings for path, (strings, _) in sources.items()}
    written |= {path: set(_QUOTED.findall(_text(path))) for path in product if path.suffix == ".sql"}
    yield from literals({str(path): strings for path, strings in written.items()})


def _lacks(rule: RuleSpec, sources: dict[Path, tuple[set[str], set[str]]]) -> Iterator[str]:
    """Give what belongs to a rule and is not there."""
    constant = rule.name.upper()
    in_detectors = [names for path, (_, names) in sources.items() if str(path).startswith(_EVALUATORS)]
    is_call = rule.name in METRICS
    if rule.name not in BUILDERS and not is_call and not any(constant in names for names in in_detectors):
        yield "nothing builds, evaluates or raises it"
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
    """Return the rules that may report what happens in a scenario of the library."""
    happens = {event.kind for name in library() for event in read_scenario(name).events}
    return frozenset(rule for kind in happens for rule in KINDS[kind].raises)


def literals(strings: Mapping[str, Set[str]]) -> Iterator[str]:
    """Give each name of a rule or metric that stands as a text in a file, given by its path with the texts in it."""
    for path, texts in strings.items():
        if path in _REGISTRIES or path.startswith(_WHERE_NAMES_ARE_WORDS):
            continue
        for name in sorted(texts & _NAMES):
            # The rule's own file may say what it finds by the rule's own name.
            if path != f"detectors/rules/{name}.py" and (path, name) not in _OTHER_WORDS:
                yield f"{path}: {name!r} stands there as a text; take the name from the registry"
    for path, name in _OTHER_WORDS:
        if name not in strings.get(path, ()):
            yield f"{path}: {name!r} stands there no more; take it off the list in tests/checks/registries.py"


def _text(path: Path) -> str:
    return (REPOSITORY / path).read_text(encoding="utf-8")


def _strings_and_names(path: Path) -> tuple[set[str], set[str]]:
    """Return the texts, but those that the members of an enumeration stand for, and the names that stand in a file."""
    nodes = nodes_of(_text(path))
    members = {id(value) for node in nodes if isinstance(node, ast.ClassDef) for value in _members(node)}
    strings = {
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in members
    }
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    names |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return strings, names


def _members(node: ast.ClassDef) -> Iterator[ast.expr]:
    """Give the values of an enumeration's members: a registry of its own."""
    if any(isinstance(base, ast.Name) and base.id == "StrEnum" for base in node.bases):
        yield from (part.value for part in node.body if isinstance(part, ast.Assign))
