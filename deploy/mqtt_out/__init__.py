"""Publishes to other systems over MQTT how residents are: retained states, events, and Home Assistant's descriptions of them."""
