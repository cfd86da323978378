"""What buttons and detectors send, in the forms of their makers: each family's bytes, numbers and repeats."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.device import DeviceKind

NATIVE, ZIGBEE, ZIGBEE_TIMED, LORA, TASMOTA = "native", "zigbee", "zigbee_timed", "lora", "tasmota"
UNNUMBERED = (ZIGBEE, ZIGBEE_TIMED, LORA, TASMOTA)
_ACTIONS = {"sos": ("action", "emergency"), "fall": ("fall_down_status", "fall")}
_WORDS = {"sos": "Alarm_status", "fall": "fall"}
_TASMOTA = {"sos": "SOS", "fall": "FALL", "smoke": "SMOKE", "water_leak": "LEAK"}


@dataclass
class Caller:
    """A button or a detector of one home.

    Attributes
    ----------
    name : str
        What it calls itself.
    metric : str
        What it reports, one of `core.domain.metrics.CALLS`.
    family : str
        In whose form it speaks.
    clock_off : timedelta
        How far its clock is ahead.
    stopped_clock : datetime or None
        What its clock shows when it has none of its own: it begins there with every battery.
    tells_sending : bool
        It also says when it sends.
    made : int
        How many messages it has made, as far as it remembers.
    """

    home: int
    name: str
    kind: DeviceKind
    metric: str
    family: str
    clock_off: timedelta = timedelta()
    stopped_clock: datetime | None = None
    reports_sending: bool = False
    made: int = 0

    @property
    def sender(self) -> str:
        """Under which name it is registered."""
        if self.family == NATIVE:
            return f"native:{self.name}"
        gateway = f"gate-{self.home}"
        codec = {LORA: "chirpstack", TASMOTA: "tasmota"}.get(self.family, "zigbee2mqtt")
        return f"{codec}:{gateway}/{self.name}"

    @property
    def has_time(self) -> bool:
        """Whether it, or its gateway, says when something happened."""
        return self.family not in {ZIGBEE, TASMOTA}

    def topic(self) -> str:
        """Return where it publishes."""
        if self.family == NATIVE:
            return f"mimamori/v1/{self.name}/readings"
        tail = {
            LORA: f"application/1/device/{self.name}/event/up",
            TASMOTA: f"stat/{self.name}/{_TASMOTA[self.metric]}",
        }
        return f"gw/gate-{self.home}/{tail.get(self.family, f'zigbee2mqtt/{self.name}')}"

    def shows(self, moment: datetime) -> datetime:
        """Return what its clock shows."""
        if self.stopped_clock is not None:
            # It wakes up for the press and counts from there.
            return self.stopped_clock + timedelta(seconds=3)
        return moment + self.clock_off

    def message(self, *moments: tuple[datetime, bool], sent_at: datetime | None = None) -> bytes:
        """Return what it sends about one moment or, kept and sent together, several; a native one counts it."""
        if self.family == NATIVE:
            self.made += 1
            rows = [
                {"metric": self.metric, "value": value, "time": self.shows(moment).isoformat()}
                for moment, value in moments
            ]
            more = (
                {"sent_at": self.shows(sent_at or moments[-1][0]).isoformat()} if self.reports_sending else {}
            )
            return json.dumps({"seq": self.made, "readings": rows, **more}).encode()
        moment, value = moments[-1]
        if self.family == LORA:
            found = {_WORDS.get(self.metric, self.metric): "TRUE" if value else "FALSE", "BatV": 3.9}
            return json.dumps({"time": moment.isoformat(), "object": found}).encode()
        if self.family == TASMOTA:
            return b"ON" if value else b"OFF"
        return self._zigbee(moment, value=value)

    def status(self) -> tuple[str, bytes]:
        """Return what a native device says when it connects."""
        body = {"online": True, "last_seq": self.made}
        return f"mimamori/v1/{self.name}/status", json.dumps(body).encode()

    def _zigbee(self, moment: datetime, *, value: bool) -> bytes:
        key, word = _ACTIONS.get(self.metric, (self.metric, "true"))
        said: object = value
        if self.metric in _ACTIONS:
            said = word if value else ("" if self.metric == "sos" else "none")
        # Its battery and its link change from message to message, and all of them are reported each time.
        body: dict[str, object] = {"battery": 97, "linkquality": 60 + moment.second, key: said}
        if self.family == ZIGBEE_TIMED:
            body["last_seen"] = moment.isoformat()
        return json.dumps(body).encode()
