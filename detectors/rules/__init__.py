"""The rules, one module each, and what they share; all of it pure.

`core.domain.rules` has a row for each rule, `docs/rules.md` describes them, `detectors.engine.rule_set` builds those about a resident, and
docs/evaluation.md says what each reaches.
"""
