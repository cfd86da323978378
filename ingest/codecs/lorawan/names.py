"""The names and words of vendors' LoRaWAN decoders, misspellings among them: Milesight, Dragino, Abeeway, and common others."""

NUMBERS = {
    # Milesight
    "temperature": "temperature_c",
    "humidity": "humidity_pct",
    "barometric_pressure": "pressure_hpa",
    "co2": "co2_ppm",
    "light": "illuminance_lx",
    "illuminance": "illuminance_lx",
    "illumination": "illuminance_lx",
    "active_power": "power_w",
    # Dragino
    "TempC_SHT": "temperature_c",
    "TempC_SHT31": "temperature_c",
    "TempC_SHT41": "temperature_c",
    "Hum_SHT": "humidity_pct",
    "Hum_SHT31": "humidity_pct",
    "Hum_SHT41": "humidity_pct",
    "ILL_lx": "illuminance_lx",
    "ILL_lux": "illuminance_lx",
    "Illum": "illuminance_lx",
    # Abeeway
}
# Word or number -> truth, by the decoder's name.
_PIR = {"trigger": True, "triggered": True, "normal": False, "idle": False, "vacant": False, "occupied": True}
_OPEN = {"open": True, "opened": True, "close": False, "closed": False}
_OCCUPIED = {"occupied": True, "vacant": False, "present": True, "absent": False}
_TAMPER = {"installed": False, "install": False, "uninstalled": True, "uninstall": True}
# Makers say it in many words, and a call for help that is not understood would pass for a sign that the device is well.
_HELP = {
    **dict.fromkeys(
        ("sos", "help", "panic", "emergency", "alert", "press", "pressed", "trigger", "triggered"), True
    ),
    **dict.fromkeys(("start", "started", "active", "activated"), True),
    **dict.fromkeys(
        ("normal", "none", "end", "ended", "released", "inactive", "cancelled", "canceled"), False
    ),
}
_FALL = {**_HELP, "fall": True, "falling": True, "fall detected": True, "fallen": True}
_LEAK = {"leak": True, "leakage": True, "normal": False, "no leak": False, "no_leak": False}
_MOVING = {
    "moving": True,
    "start_moving": True,
    "start moving": True,
    "move": True,
    "stop_moving": False,
    "stop moving": False,
    "stop": False,
    "stopped": False,
    "still": False,
    "static": False,
}
_SWITCH = {"on": True, "off": False}
_DETECTED = {"motion": True, "detected": True, "not detected": False, "none": False, "no motion": False}
WORDS: dict[str, tuple[str, dict[str, bool]]] = {
    "pir": ("motion", _PIR),
    "pir_status": ("motion", _PIR),
    "magnet_status": ("contact_open", _OPEN),
    "door": ("contact_open", _OPEN),
    "door_status": ("contact_open", _OPEN),
    "DOOR_OPEN_STATUS": ("contact_open", _OPEN),
    "occupancy": ("presence", _OCCUPIED),
    "occupancy_status": ("presence", _OCCUPIED),
    "tamper_status": ("tamper", _TAMPER),
    "leakage_status": ("water_leak", _LEAK),
    "water_leak": ("water_leak", _LEAK),
    "WATER_LEAK_STATUS": ("water_leak", _LEAK),
    "motion_status": ("device_moving", _MOVING),
    "Transport": ("device_moving", _MOVING),
    "dynamicMotionState": ("device_moving", _MOVING),
    "socket_status": ("switch_on", _SWITCH),
    "motion": ("motion", _PIR | _DETECTED),
    "activity": ("motion", {}),
    "occupied": ("presence", _OCCUPIED | _DETECTED),
    "presence": ("presence", _OCCUPIED | _DETECTED),
    "contact": ("contact_open", _OPEN),
    "contactState": ("contact_open", _OPEN),
    "waterleak": ("water_leak", _LEAK),
    "leak": ("water_leak", _LEAK),
    "smoke_status": ("smoke", {"alarm": True, "normal": False}),
    "gas_status": ("gas_leak", {"alarm": True, "normal": False}),
    "fall": ("fall", _FALL),
    "fall_status": ("fall", _FALL),
    "sosFlag": ("sos", _HELP),
    "sos": ("sos", _HELP),
    "sos_status": ("sos", _HELP),
    "ALARM_status": ("sos", _HELP),
    "Alarm_status": ("sos", _HELP),
    "ALARM_STATUS": ("sos", _HELP),
}
# Their `Alarm` is the press of the button.
NETVOX_EMERGENCY_BUTTONS = {"R312A", "RB02I"}
# Counts: more than none means that somebody is there.
PEOPLE = {
    "people_count",
    "people_count_all",
    "people_count_max",
    "people_total_counts",
    "num_people",
    "people_counter_all",
    "people_counter",
}
# A battery in volts or in millivolts.
BATTERY_VOLTS = {
    "BatV",
    "BAT_V",
    "Bat_V",
    "Bat",
    "BAT",
    "batV",
    "vdd",
    "batteryVoltage",
    "battery_voltage",
    # Netvox
    "Volt",
}
# Milesight's radar for falls says all at once where the person is.
RADAR: dict[str, dict[str, bool]] = {
    "vacant": {"presence": False, "fall": False},
    "normal": {"presence": True, "fall": False},
    "in bed": {"presence": True, "bed_occupied": True, "fall": False},
    "out of bed": {"presence": True, "bed_occupied": False, "fall": False},
    "fall": {"presence": True, "fall": True},
}
# Cayenne LPP: the name of a type and the number of a channel.
CAYENNE = {
    "temperature": "temperature_c",
    "relative_humidity": "humidity_pct",
    "humidity": "humidity_pct",
    "barometric_pressure": "pressure_hpa",
    "luminosity": "illuminance_lx",
    "presence": "presence",
    "digital_in": "input_on",
    "digital_input": "input_on",
}
