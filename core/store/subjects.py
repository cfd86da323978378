"""How subjects stand in tables: a kind, the column that belongs to it, and a generated number to look them up by."""

from collections.abc import Sequence

from core.domain.alert import Subject, SubjectKind


def columns(subject: Subject) -> dict[str, object]:
    """Return a subject as the parameters of a query, named as its columns; `subject_number` is what the table generates."""
    kind, number = subject.kind, subject.number
    return {
        "subject_kind": kind.value,
        "subject_number": number or 0,
        "resident_id": number if kind is SubjectKind.RESIDENT else None,
        "geofence_id": number if kind is SubjectKind.GEOFENCE else None,
        "home_id": number if kind is SubjectKind.HOME else None,
        "device_number": number if kind is SubjectKind.DEVICE else None,
        "area": subject.area,
    }


def arrays(subjects: Sequence[Subject]) -> dict[str, list[object]]:
    """Return subjects as parallel arrays for `unnest`: `subject_kinds`, `subject_numbers` and `areas`."""
    return {
        "subject_kinds": [one.kind.value for one in subjects],
        "subject_numbers": [one.number or 0 for one in subjects],
        "areas": [one.area for one in subjects],
    }


def from_columns(subject_kind: str, subject_number: int, area: str | None) -> Subject:
    """Return the subject that stands in these columns of a row."""
    return Subject(SubjectKind(subject_kind), subject_number or None, area)
