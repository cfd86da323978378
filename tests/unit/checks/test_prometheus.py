"""A rule or a dashboard that names what nobody serves is found before it stays silent for ever."""

import pytest

from tests.checks.prometheus import findings, problems


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("ingest_watermark_seconds > 5", "there is no metric ingest_watermark_seconds"),
        # A counter is served with its end.
        ("rate(ingest_messages[5m]) > 5", "there is no metric ingest_messages"),
        ('up{job="x"} == 0 and on (room) ingest_active', "none of its metrics has a label room"),
        ('detectors_attempts_total{provider="line"}', "none of its metrics has a label provider"),
        ("sum by (channel, patient) (detectors_attempts_total)", "none of its metrics has a label patient"),
    ],
)
def test_what_is_not_served_is_found(expression: str, words: str) -> None:
    (found,) = problems("here", expression)
    assert found.startswith("here: ")
    assert words in found


def test_a_label_that_only_the_text_shows_is_looked_for_too() -> None:
    assert list(problems("here", "ingest_active", {"gateway"})) == [
        "here: none of its metrics has a label gateway"
    ]


@pytest.mark.parametrize(
    "expression",
    [
        'time() - ingest_gateway_last_received_timestamp_seconds{gateway!=""} > 1.8e3',
        "absent(service_ready) or (min(service_ready) == bool 0 unless vector(1))",
        'sum by (channel) (increase(detectors_attempts_total{result!="no {such} thing[1d]"}[15m] offset 1h))',
    ],
)
def test_what_is_served_is_not(expression: str) -> None:
    assert list(problems("here", expression)) == []


def test_our_own_name_only_what_is_served() -> None:
    assert list(findings()) == []
