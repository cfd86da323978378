"""Stands in for the hardware: a ward of residents with routines, their sensors and trackers, and recorded data played again."""
