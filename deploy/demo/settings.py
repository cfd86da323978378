"""The settings that the demo gives to all its processes."""

import secrets
from dataclasses import dataclass

from core.clock import AcceleratedClock
from core.credentials.push_key import new_push_key
from deploy.demo.state import DemoFolder
from deploy.local.mosquitto import ERASURE, INGEST, PUBLISHER, READER, SIMULATOR, Broker
from deploy.local.ports import LOOPBACK
from deploy.local.postgres_cluster import Cluster

DATABASE = "mimamori"
# No telephone has this number.
CENTRE_PHONE = "03-0000-0000"
TELEPHONE = "+81300000000"
LINE_ID = "@mimamori-demo"


@dataclass(frozen=True)
class DemoSettings:
    """Where the parts of this start are."""

    folder: DemoFolder
    cluster: Cluster
    broker: Broker
    port: int
    smtp_port: int
    inbox_port: int

    def write(self, clock: AcceleratedClock) -> None:
        """Write the settings file with this clock; processes read it when they start."""
        # Whoever publishes to other systems, and reads there, finds their passwords.
        self.broker.password(READER)
        self.folder.write_settings(
            {
                "environment": "demo",
                "database_url": self.cluster.url(DATABASE),
                "broker_host": self.broker.host,
                "broker_port": self.broker.port,
                "broker_username": INGEST,
                "broker_password": self.broker.password(INGEST),
                "erasure_broker_username": ERASURE,
                "erasure_broker_password": self.broker.password(ERASURE),
                "mqtt_out_username": PUBLISHER,
                "mqtt_out_password": self.broker.password(PUBLISHER),
                "devices_broker": f"mqtt://{self.broker.host}:{self.broker.devices_port}",
                "api_host": LOOPBACK,
                "api_port": self.port,
                "centre_phone": CENTRE_PHONE,
                "base_url": f"http://{LOOPBACK}:{self.port}",
                "mail_url": f"smtp://{LOOPBACK}:{self.smtp_port}",
                "webhook_private_hosts": True,
                # The inbox plays LINE and the telephone provider.
                "line_url": f"http://{LOOPBACK}:{self.inbox_port}",
                "line_token": secrets.token_urlsafe(24),
                "line_secret": secrets.token_hex(16),
                "line_id": LINE_ID,
                "twilio_url": f"http://{LOOPBACK}:{self.inbox_port}",
                "twilio_account": f"AC{secrets.token_hex(16)}",
                "twilio_token": secrets.token_hex(16),
                "twilio_sender": TELEPHONE,
                # Browsers that let themselves be notified know it.
                "push_key": self.folder.setting("push_key") or new_push_key(),
                "clock": f"{clock.start.isoformat()}@{clock.factor:g}x",
                "clock_anchor": clock.anchor,
            }
        )


def as_simulator(broker: Broker) -> dict[str, str]:
    """Return the environment of a process that speaks for the devices."""
    return {
        "MIMAMORI_BROKER_USERNAME": SIMULATOR,
        "MIMAMORI_BROKER_PASSWORD": broker.password(SIMULATOR),
    }
