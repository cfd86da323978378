"""Measuring the detectors on recorded and made-up homes whose ground truth is known: protocol P, baselines, gate and report.

Evaluation runs the very rules that run live, so it imports `detectors.rules` and `detectors.features`: the one exception to the rule that processes do not
import each other.
"""
