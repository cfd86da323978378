"""What goes to other programs: states over MQTT, and the calls of canaries."""
