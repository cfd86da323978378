"""Refusals of actions in the interface's English: which part of the request they are about, and what is wrong."""

from api.access.refusals import RefusedError

_TEXTS = {
    "absence_over": (
        "body.ended_at",
        "it is over already; only absences that still last can be planned",
    ),
    "password_in_use": ("body.sure", "there is a password already; say that it may end"),
    "credential_changed": ("body.seen", "the credential or code has changed since; look again"),
    "area_of_home": ("body.area", "the home {home} is in {area}; leave it out, or change the home"),
    "absence_own": (
        "path.number",
        "whoever planned it cannot confirm it: ask the care centre, or somebody else of the family",
    ),
    "absence_expired": ("path.number", "nobody confirmed it in time; plan it again"),
    "absence_has_end": (
        "path.number",
        "its end is known, or it does not hold: nobody is asked whether it goes on",
    ),
    "absence_far_ahead": ("body.began_at", "it is more than a year ahead"),
    "absences_many": ("path.number", "{most} absences are planned already; end one first"),
    "geofences_many": ("path.number", "the resident has {most} geofences already; remove one first"),
    "limit_length": ("body.quiet_min", "it is between {least} and {most} minutes"),
    "limit_longer_than_hours": ("body.quiet_min", "it is longer than the hours in which it holds"),
    "limit_overlaps": (
        "body.hours",
        "another limit about the same thing holds at the same time; remove it first",
    ),
    "limit_no_such_place": ("body.place", "no device of the home that shows life signs is there"),
    "limit_no_such_device": ("body.device", "the home has no device of that number that shows life signs"),
    "limits_many": ("path.number", "the resident has {most} quiet limits already; remove one first"),
    "minutes_out_of_range": ("body.minutes", "say in how many minutes: {least} to {most}"),
    "emergency_put_off": ("body.progress", "an emergency cannot be put off"),
    "no_such_colleague": ("body.user", "nobody of that number looks after this alert"),
    "push_target_unusable": ("body.endpoint", "this is no address of a push service with its keys"),
    "no_such_cover": ("body.next_office", "name another office that looks after people"),
    "escalation_no_usual": (
        "body.branches",
        "both severities, 1 and 2, need a branch for any hours on any days",
    ),
    "escalation_severity": ("body.branches", "branch {branch}: only the severities 1 and 2 have a policy"),
    "escalation_branch_twice": (
        "body.branches",
        "branch {branch}: the same hours and days are there already",
    ),
    "escalation_steps": ("body.branches", "branch {branch}: it has between 1 and 9 steps"),
    "escalation_wait": (
        "body.branches",
        "branch {branch}, step {step}: wait 1 to 10 minutes in an emergency (1), 1 to 120 otherwise (2)",
    ),
    "escalation_asked_twice": (
        "body.branches",
        "branch {branch}, step {step}: asked already; again_min says how often all are asked again",
    ),
    "escalation_nobody_there": (
        "body.branches",
        "branch {branch}, step {step}: nobody is registered there; register a contact or ask somebody else",
    ),
    "escalation_again": (
        "body.branches",
        "branch {branch}: again_min is 5 to 60 in an emergency (1), 5 to 480 otherwise (2)",
    ),
    "escalation_end_not_staffed": (
        "body.branches",
        "branch {branch}: the last step must ask a desk where somebody sits whenever the branch holds; a family sleeps, a roster may have a gap",
    ),
    "escalation_hours": (
        "body.night",
        "write times such as 22:00, the end after the beginning or on the next day",
    ),
    "duty_no_such_person": ("body.person", "nobody of that number is registered at this office"),
    "duty_own_substitute": ("body.substitute", "nobody stands in for themselves"),
    "duty_no_substitute": ("body.is_substituted", "this shift has no substitute"),
    "duty_weeks": ("body.weeks", "say for how many weeks: 1 to {most}"),
    "duty_span": ("body.ended_at", "it ends after it begins and after now, and lasts at most a week"),
    "duty_far_ahead": ("body.began_at", "it is more than half a year ahead"),
    "household_policy_would_end_unstaffed": (
        "body.staffed",
        "the own policy of a household would end where nobody sits; change it first",
    ),
    "note_empty": ("body.note", "the note is empty; write what the next person should know"),
    "note_too_long": ("body.note", "the note is too long; at most {most} characters fit"),
    "note_unstorable": ("body.note", "the note holds a NUL character, which cannot be stored"),
    "tried_on_one": ("body", "name one of device_id, sender and model"),
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
    "watch_far_ahead": ("body.watched_from", "it is more than a year ahead"),
    "home_of_others": ("body.home", "another office looks after people there; ask an administrator"),
    "born_in_future": ("body.born_on", "it lies ahead"),
    "born_long_ago": ("body.born_on", "nobody is older than {most} years"),
    "contact_there_already": (
        "body.name",
        "somebody of that name is notified already; change that contact, or tell the two apart by their names",
    ),
    "resident_there_already": ("body.name", "somebody of that name is registered in this home already"),
    "office_of_others": ("body.office", "only an administrator gives residents to another office"),
    "no_such_office": ("body.office", "there is no such office"),
    "office_not_open": ("body.office", "this office has ended, or is a desk that looks after nobody"),
    "emergency_open": ("body.reason", "an emergency alert is still open; close it first"),
    "contacts_many": ("body.name", "there are {most} contacts already; end one first"),
    "centre_has_no_quiet_hours": (
        "body.quiet_from",
        "a care centre is notified at any hour; leave the quiet hours out",
    ),
    "duty_of_office_only": ("body.is_duty_only", "only contacts of an office are on its roster"),
    "office_role_taken": ("body.role", "there is one already; add contacts to it"),
    "erasure_name": ("body.name", "this is not the resident's name; nothing was erased"),
    "erasure_watched": ("path.number", "the watch goes on; end it first"),
    "no_such_account": ("body.user", "there is no such account"),
    "file_too_large": ("body.file", "the file is larger than 8 MB"),
    "file_old_excel": ("body.file", "an old Excel workbook; save it as .xlsx or CSV"),
    "file_too_many_rows": ("body.file", "it has more than 20000 rows"),
    "file_too_many_columns": ("body.file", "it has more than 200 columns"),
    "file_long_cell": ("body.file", "a cell has more than 2000 characters"),
    "file_no_text": ("body.file", "neither text in UTF-8 or CP932 nor an Excel workbook"),
    "file_no_table": ("body.file", "it is no table; save it as .xlsx or CSV again"),
    "file_bomb": ("body.file", "it unpacks to more than any table holds"),
    "device_nowhere": ("body.home", "give a home or a resident, or say that it goes into store"),
    "device_not_sure": ("body.successor", "compare the id and say that you are sure"),
    "device_id": ("body.device_id", "an id holds lower-case letters, digits, - and _ only"),
    "office_in_use": (
        "body.is_active",
        "it looks after {residents} residents and has {staff} staff; move them first",
    ),
    "office_above": ("body.is_active", "all offices rely on this desk in an emergency; it cannot end"),
    "office_stands_in": ("body.is_active", "it stands in for {offices}; change who stands in there first"),
    "office_has_alerts": ("body.is_active", "{alerts} of its alerts are not closed; close them first"),
    "own_account": ("body.is_active", "nobody changes their own role or keeps themselves out"),
    "has_residents": ("body.role", "it is linked to residents as a family's; end it and add another"),
    "office_of_care_only": ("body.office", "care staff belong to an office, others do not"),
    "residents_of_family_only": (
        "body.residents",
        "a family's account is linked to residents, others are not",
    ),
    "residents_many": ("body.residents", "at most {most} residents"),
    "account_ended": ("path.number", "the account is kept out; let it in first"),
    "password_wrong": ("body", "the password is wrong"),
    "password_breached": ("body.password", "this password is known from a breach or easily guessed"),
    "password_length": ("body.password", "a password has {least} to {most} characters"),
    "address_mail": ("body.address", "a mail address looks like taro@example.jp"),
    "address_sms": (
        "body.address",
        "short messages arrive at mobile numbers only: 060, 070, 080 or 090",
    ),
    "address_voice": ("body.address", "a telephone number looks like 090-1234-5678"),
    "address_line": ("body.address", "LINE is linked by a code that the contact sends"),
    "address_webhook": ("body.address", "the address begins with https:// and holds no user or password"),
    "address_slack": ("body.address", "this chat is for a care centre, and its address begins with https://"),
    "address_teams": ("body.address", "this chat is for a care centre, and its address begins with https://"),
    "address_mattermost": (
        "body.address",
        "this chat is for a care centre, and its address begins with https://",
    ),
    "address_ntfy": ("body.address", "this chat is for a care centre, and its address begins with https://"),
    "address_apprise": (
        "body.address",
        "this is for a care centre, and looks like matrixs://token@host/room",
    ),
    "outcome_needs_note": ("body.note", "the outcome 'other' needs a note that says how it ended"),
}


def worded(error: RefusedError) -> tuple[str, str]:
    """Return where in the request a refusal points, and what it says."""
    where, text = _TEXTS[error.code]
    return where, text.format_map(error.values)
