"""The status colours: enough contrast, and distinguished by people who see fewer colours."""

import re
from itertools import combinations

import pytest

from deploy.local.browser_assets import TARGET
from tests.support.paths import REPOSITORY

_VARIABLE = re.compile(r"--([a-z0-9-]+):\s*([^;]+);")
# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
_VISION = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}  # fmt: skip
_MARKS = ("p1", "p2", "p3", "accent")
_Triple = tuple[float, float, float]


def _variables() -> dict[str, str]:
    texts = [TARGET / "tokens.css", REPOSITORY / "api" / "static" / "css" / "base.css"]
    return {
        name: value for path in texts for name, value in _VARIABLE.findall(path.read_text(encoding="utf-8"))
    }


def _colour(name: str) -> _Triple:
    """Return a variable's colour as linear RGB."""
    value = _variables()[name].strip()
    while value.startswith("var("):
        value = _variables()[value[6:-1]].strip()
    assert re.fullmatch(r"#[0-9a-f]{6}", value), f"--{name} is {value}"
    channels = [int(value[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return red, green, blue


def _contrast(one: str, other: str) -> float:
    shades = sorted(
        sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), _colour(n), strict=True)) for n in (one, other)
    )
    return (shades[1] + 0.05) / (shades[0] + 0.05)


def _lab(rgb: _Triple) -> _Triple:
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    white = (0.9505, 1.0, 1.089)

    def curve(value: float) -> float:
        return value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116

    x, y, z = (
        curve(max(0.0, sum(a * b for a, b in zip(row, rgb, strict=True))) / scale)
        for row, scale in zip(rows, white, strict=True)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _seen(name: str, vision: str) -> _Triple:
    rgb = _colour(name)
    red, green, blue = (sum(a * b for a, b in zip(row, rgb, strict=True)) for row in _VISION[vision])
    return _lab((min(1.0, max(0.0, red)), min(1.0, max(0.0, green)), min(1.0, max(0.0, blue))))


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("p1-ink", "p1"),
        ("p2-ink", "p2"),
        ("p3-ink", "p3"),
        ("ink", "ground"),
        ("ink-soft", "ground"),
        ("accent", "paper"),
        ("accent-deep", "accent-tint"),
        ("p1", "paper"),
    ],
)
def test_text_stands_out_from_its_ground(text: str, ground: str) -> None:
    assert _contrast(text, ground) >= 4.5


def test_lines_that_carry_meaning_stand_out() -> None:
    assert _contrast("line-strong", "paper") >= 3


@pytest.mark.parametrize("vision", list(_VISION))
def test_levels_differ_for_people_who_see_fewer_colours(vision: str) -> None:
    for one, other in combinations(_MARKS, 2):
        first, second = _seen(one, vision), _seen(other, vision)
        distance = sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) ** 0.5
        assert distance >= 20, f"{one} and {other} are {distance:.1f} apart"
