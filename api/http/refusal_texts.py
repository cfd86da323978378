"""Refusals of actions in the interface's English: which part of the request they are about, and what is wrong."""

from api.access.refusals import RefusedError

_TEXTS = {
    "absence_over": (
        "body.ended_at",
        "it is over already; only absences that still last can be planned",
    ),
    "absence_far_ahead": ("body.began_at", "it is more than a year ahead"),
    "absences_many": ("path.number", "{most} absences are planned already; end one first"),
    "geofences_many": ("path.number", "the resident has {most} geofences already; remove one first"),
    "minutes_out_of_range": ("body.minutes", "say in how many minutes: {least} to {most}"),
    "emergency_put_off": ("body.progress", "an emergency cannot be put off"),
    "no_such_colleague": ("body.user", "nobody of that number looks after this alert"),
    "push_target_unusable": ("body.endpoint", "this is no address of a push service with its keys"),
    "note_empty": ("body.note", "the note is empty; write what the next person should know"),
    "note_too_long": ("body.note", "the note is too long; at most {most} characters fit"),
    "note_unstorable": ("body.note", "the note holds a NUL character, which cannot be stored"),
    "placement_missing": (
        "body.home",
        "say where it is: home, or resident if it is that person's own",
    ),
    "placement_twice": (
        "body.home",
        "give home or resident, not both: a resident's home is known",
    ),
    "reason_needs_note": (
        "body.note",
        "the reason 'other' needs a note that the family can read",
    ),
    "outcome_needs_note": ("body.note", "the outcome 'other' needs a note that says how it ended"),
}


def worded(error: RefusedError) -> tuple[str, str]:
    """Return where in the request a refusal points, and what it says."""
    where, text = _TEXTS[error.code]
    return where, text.format_map(error.values)
