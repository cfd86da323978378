"""The JSON interface: one module per kind of thing."""

from typing import Any

DESCRIPTION = """
The interface of the watch-over service, for programs. People use the pages.

**Signing in.** `POST /api/v1/session` sets a cookie; send it with every request. Changing requests also send `Origin` with
the service's own address (browsers send `Sec-Fetch-Site` by themselves).

**Errors** are problem details (RFC 9457): `detail` says what is wrong, `errors` where, `next` what to do.

**What you may not know of does not exist** (404); what you may know of but not change is 403.

**Places** are 500 m cells until you have claimed an urgent alert that is about the place, or have given a reason
(`POST /api/v1/residents/{number}/reveal`). Every precise look is recorded and shown to staff and the family.

**Times** are UTC with an offset; `time` is when something happened at the device, `received_at` is our clock.
"""

TAGS: list[dict[str, Any]] = [
    {"name": "session", "description": "Signing in and out."},
    {
        "name": "residents",
        "description": "The people watched over, their state, and who looked at their data.",
    },
    {
        "name": "people",
        "description": "Registering and changing residents, homes and contacts, and what was changed.",
    },
    {
        "name": "accounts",
        "description": "Offices, those who sign in, and the invitations with which they choose a password.",
    },
    {"name": "measurements", "description": "Devices, readings and positions."},
    {
        "name": "equipment",
        "description": "Registering devices, moving them, and handing out their credentials.",
    },
    {"name": "geofences", "description": "Where a resident is expected to stay, and when."},
    {"name": "absences", "description": "When a resident is planned to be away, and what is usual for them."},
    {
        "name": "quiet limits",
        "description": "How long a room, a device or the whole home may give no sign, and when.",
    },
    {
        "name": "escalation",
        "description": "Who is asked when nobody answers: policies, their preview, who is on duty.",
    },
    {"name": "alerts", "description": "Open alerts: claim, release, close, note."},
    {"name": "backtests", "description": "Trying rules and settings on a resident's past, for staff."},
    {"name": "live", "description": "The stream of changes."},
    {"name": "operation", "description": "For those who run the service."},
    {"name": "simulation", "description": "For testers of the demo; not there in production."},
]
