"""What alerts are about: the type, and its one text for the outside."""

import pytest

from core.domain.alert import WARD, AlertKey, Subject, SubjectKind

TEXTS = {
    Subject.of_resident(5): "resident:5",
    Subject.of_geofence(4): "geofence:4",
    Subject.of_home(12): "home:12",
    Subject.of_device(7): "device:7",
    Subject.of_area("3丁目"): "area:3丁目",
    Subject.of_area("北:1"): "area:北:1",
    WARD: "ward",
    Subject(SubjectKind.CANARY): "canary",
}


def test_every_kind_of_subject_has_one_text_and_is_read_from_it() -> None:
    assert {one.kind for one in TEXTS} == set(SubjectKind)
    for subject, text in TEXTS.items():
        assert subject.to_text() == text
        assert Subject.from_text(text) == subject


@pytest.mark.parametrize(
    "text",
    [
        "",
        "resident",
        "resident:",
        "resident:x",
        "resident:05",
        "resident:0",
        "home:-1",
        "area:",
        "ward:1",
        "ward:",
        "cat:1",
    ],
)
def test_a_text_that_is_no_subject_is_refused_with_what_it_should_look_like(text: str) -> None:
    with pytest.raises(ValueError, match="it must look like resident:5, area:NAME or ward"):
        Subject.from_text(text)


@pytest.mark.parametrize(
    ("kind", "number", "area"),
    [
        (SubjectKind.HOME, None, None),
        (SubjectKind.HOME, 0, None),
        (SubjectKind.HOME, 1, "3丁目"),
        (SubjectKind.AREA, None, ""),
        (SubjectKind.AREA, 1, "3丁目"),
        (SubjectKind.WARD, 1, None),
        (SubjectKind.WARD, None, "3丁目"),
    ],
)
def test_a_subject_has_exactly_what_its_kind_has(
    kind: SubjectKind, number: int | None, area: str | None
) -> None:
    with pytest.raises(ValueError, match=f"of the kind {kind}"):
        Subject(kind, number, area)


def test_keys_of_alerts_are_in_the_order_of_numbers() -> None:
    subjects = [
        Subject.of_device(10),
        Subject.of_device(9),
        WARD,
        Subject.of_area("乙"),
        Subject.of_area("丙"),
    ]

    in_order = [one.subject.to_text() for one in sorted(AlertKey("rule", one) for one in subjects)]

    assert in_order == ["area:丙", "area:乙", "device:9", "device:10", "ward"]
