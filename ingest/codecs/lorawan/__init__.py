"""Payloads of LoRaWAN devices after the network server has decoded them."""
