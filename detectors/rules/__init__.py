"""The rules, one module for each, and what they share; all of it pure. Which are asked about whom: `detectors.engine.rule_set`.

The numbers are those of the rule definitions; what each reaches is in docs/evaluation.md.

| Rule | Module |
| --- | --- |
| `inactivity` (D1) | `inactivity`; how long a silence usually lasts: `silences`, may last: `patience`, where it is cut: `listening` |
| `home_silent`, `device_silent` (D2) | `silence` |
| `area_silent`, `ward_silent` (D2) | `area_silence`, `ward_silence` |
| `not_returned`, `night_exit` (D3) | `not_returned`, `night_exit`; who is away: `presence` |
| `late_morning`, `restless_night` (D4) | `morning`, `restless_night` |
| `geofence_exit` (D5) | `geofence_exit`; distances: `shapes`, which fixes to trust: `trust` |
| `wandering` (D6) | `wandering`; the way on foot: `walk`, what is familiar: `usual_places` |
| `left_behind` (the tracker lies at home) | `left_behind` |
| `heat` (D7), `cold` (D8) | `heat`, `cold`; levels of a room: `levels` |
| `device_stuck` (D9) | `stuck`; how a device gets stuck: `standstill`, `quiet`, `chatter` |
| `battery` (D10) | `battery` |
| `decline` (D11) | `decline`; what is counted: `daily_counts` |
| `sos` (D12) and the other calls for help | `sos` |
| `bathroom_stay`, `appliance_unused`, `appliance_left_on` (D13) | `bathroom_stay`, `appliance` |
| `absence_not_taken` | `absence` |

All of them: `judgement` (what a rule takes and gives), `wall_clock`, `hearing` (could anything have been heard?), `joining` (one matter, one alert).
What mornings, nights and visits usually are: `rhythm`. Very many areas at once: `fence_grid`.
"""
