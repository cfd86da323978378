"""What devices behind Zigbee2MQTT say: names, words, actions and endpoints."""
