"""The vocabulary of calls for help and hazards: which words speak of them, which say that one is raised or over, and which mean something else.

One table for every sender, so that a call is a call under every name. Where the words come from:

================ ==================================================================================================
Words            Sources
================ ==================================================================================================
sos, panic,      Zigbee2MQTT exposes and actions (`sos_alarm`, `panic`, `emergency`); Abeeway `SOS_MODE_START`; MOKO
emergency, help  `sos_start`; TEKTELIC SEAL `safety_status_eb`, its emergency button; SenseCAP `SOS event.`; Traccar alarm `sos`; Dragino and Netvox push buttons
fall, man down   Zigbee2MQTT `fall_status`, `fall_down_status`; OWON `falling`; MOKO `mandown_start`; Traccar `fallDown`, `accident`
smoke, fire      Zigbee2MQTT `smoke_alarm_1`, `smoke_state`; Netvox `FireAlarm`; Tasmota `Fire`
gas              Zigbee2MQTT `gas_alarm_1`, `gas_sensor_state`; Tasmota `GasLeak`
carbon monoxide  Zigbee2MQTT `carbon_monoxide_alarm_1`, `co_state`; Tasmota `CO`
water            Zigbee2MQTT `water_leak_alarm_1`, `water_warning`; Netvox `WaterLeak`; Shelly `flood`
numbers of it    ELSYS `waterleak` (0 to 255, how well the probe conducts); Quandify `leakStatus` (2 medium, 3 large)
present          Radio Bridge `Water Present`; of a part that it is there: Shelly `external: {"present": false}`
raised, over     Tuya's `alarm`/`normal`, `detected`/`none`; Milesight's `alarm triggered`/`alarm deactivated`
other scripts    our own translation of these words; a text of which a part is not in it is not understood, and waits
left out         settings and statistics of the same converters: `fall_sensitivity`, `sos_count`, `alarm_volume`
================ ==================================================================================================
"""

HELP = frozenset(
    {
        "sos",
        "panic",
        "emergency",
        "help",
        "distress",
        "mayday",
        "call",
        "duress",
        "holdup",
        "rescue",
        "assistance",
        "nursecall",
    }
)
# Two words that speak of help or of a fall only together.
HELP_PAIRS = frozenset({("pull", "cord"), ("personal", "alarm"), ("lone", "worker"), ("status", "eb")}) | {
    pair
    for word in ("request", "requested", "button", "btn", "alarm", "alert")
    for pair in (("assist", word), (word, "assist"))
}
FALL_PAIRS = frozenset({("man", "down"), ("lying", "floor"), ("on", "floor")})
# That nobody moved any more, which some call an alarm; a plain alarm of movement is none.
STILL_PAIRS = frozenset({("no", "motion"), ("no", "movement"), ("no", "move")})
# An emergency with one of these is about the building.
NO_HELP = frozenset({"power", "supply", "lighting", "lamp", "generator"})
# With one of these help is that of satellites to a receiver, or of a motor to a hand.
NO_ASSIST = frozenset(
    {"gps", "gnss", "agps", "agnss", "aiding", "almanac", "steering", "brake", "motor", "voice"}
)
FALL = frozenset(
    {
        "fall",
        "falls",
        "fallen",
        "falling",
        "falldown",
        "mandown",
        "tumble",
        "tumbled",
        "collapse",
        "collapsed",
        "freefall",
        "accident",
    }
)
FIRE = frozenset({"smoke", "fire", "flame", "flames"})
# A detector of heat is one of fire; other heat is that of a thermostat.
HEAT_PAIRS = frozenset({("heat", "alarm"), ("heat", "detected"), ("heat", "alert")})
GAS = frozenset({"gas", "gasleak", "gasalarm", "methane", "lpg", "propane", "butane", "combustible"})
LEAK = frozenset(
    {"leak", "leaking", "leakage", "waterleak", "flood", "flooded", "flooding", "inundation", "wet"}
)
# Who or what crashed, a person, a vehicle or a program, these do not say, nor whether somebody or a driver is to be assisted.
ALARM = frozenset({"alarm", "alarms", "alarmed", "alarming", "alert", "crash", "crashed", "assist"})
SUBJECTS = HELP | FALL | FIRE | GAS | LEAK | {"co", "monoxide"}
WATER_WITH = frozenset({"alarm", "warning", "detected", "detection", "sensor", "present", "presence"})
# An alarm of water with one of these is about how warm or how much it is, and a leakage with one is of electricity.
NO_LEAK = frozenset(
    {"temp", "temperature", "volume", "shortage", "pressure", "quality", "current", "circuit"}
)
# The other emergency keys of a keypad at the door; elsewhere these words mean something else. Its key for fire says what it is for.
KEYPAD = frozenset({"medical", "police"})

# Before a word that says that it is over, these turn its meaning.
NEGATIONS = frozenset({"no", "not", "un", "never"})
OVER = frozenset({
    *("false", "off", "no", "not", "none", "nothing", "nobody", "normal", "clear", "cleared", "ok", "okay", "idle"),
    *("end", "ended", "stop", "stopped", "released", "release", "inactive", "deactivated", "cancelled", "canceled"),
    *("never", "cancel", "safe", "dry", "absent", "resolved", "recovered", "recovery", "standby", "silent", "un"),
})  # fmt: skip
RAISED = frozenset({
    *("true", "on", "yes", "alarm", "alarmed", "alarming", "alert", "warning", "warn", "trigger", "triggered"),
    *("detected", "detect", "detection", "start", "started", "event", "active", "activated", "raised", "press"),
    *("pressed", "push", "pushed", "pulled", "call", "calling", "sent", "requested", "danger", "critical", "high"),
    *("confirmed", "suspected", "occurred", "mild", "heavy", "present", "click", "clicked", "tapped"),
})  # fmt: skip
# What may stand beside a subject in a value without changing what it says.
BESIDE = frozenset({
    *("mode", "button", "down", "man", "maybe", "possible", "up", "water", "message", "key", "double", "single", "long"),
    *("status", "state", "a", "of", "for", "the", "is", "was", "carbon", "mild", "heavy", "interconnect"),
    *("person", "human", "one", "yet", "all", "request", "has", "signal", "second", "seconds"),
    *("report", "continuous", "local", "remote", "central", "keyfob", "pendant", "wristband", "senior", "security"),
})  # fmt: skip

# A field with one of these is a setting, a statistic or a schedule, or its name only sounds alike.
SETTINGS = frozenset({
    *("count", "counter", "counts", "total", "sum", "number", "num", "statistics", "history", "last", "since", "age"),
    *("sensitivity", "volume", "threshold", "limit", "range", "level", "min", "max", "calibration", "resistance"),
    *("time", "times", "timer", "timeout", "timestamp", "duration", "delay", "interval", "period", "ticks", "date", "schedule"),
    *("enable", "enabled", "disable", "disabled", "setting", "settings", "config", "mode", "option", "support"),
    *("melody", "ringtone", "tone", "sound", "buzzer", "light", "led", "color", "brightness", "mute", "muted"),
    *("silence", "test", "selftest", "reset", "name", "model", "version", "id", "text", "url", "language"),
    *("density", "concentration", "pollution", "polution", "contamination", "chamber", "value", "ppm", "lel", "unit", "units", "consumption", "meter", "flow", "usage"),
    *("heating", "heat", "asleep", "sleep", "edge", "rain", "snow", "night", "back", "fault", "battery", "lifetime"),
    *("control", "force", "invert", "logic", "beeper", "silenced", "valve", "breaker", "recloser", "trip", "shutoff"),
    *("overcurrent", "overvoltage", "undervoltage", "overheat", "overload", "load", "relay"),
    *("price", "tariff", "phone", "height", "trend", "probability", "score", "confidence", "rate", "lights"),
})  # fmt: skip
# Behind one of these a help or a fall that is true is no setting for certain: `battery_sos`, `light_help`.
MAYBE_SETTINGS = frozenset({"battery", "light", "lights", "led", "sound", "tone"})
# A field with one of these and a word such as ON says that a function is switched on, not that something was detected.
FUNCTIONS = frozenset({"switch", "detection", "detect", "function"})
SWITCHED_OFF = frozenset({"off", "disable", "disabled", "no", "false"})
SWITCHED = SWITCHED_OFF | {"on", "enable", "enabled", "yes", "true"}
# An alarm of nothing that is named, with one of these: how it rings, or what it switches.
ALARM_SETTINGS = frozenset({
    *("switch", "ring", "ringing", "indicator", "siren", "action", "behaviour", "behavior", "broadcast"),
    *("linkage", "airtemp", "overvalue", "consumed", "energy", "pre", "set", "dismiss"),
})  # fmt: skip
# A text with one of these names a thing and not an event.
THINGS = frozenset({"detector", "sensor", "device", "monitor", "kit", "tracker"})
# An alarm of these is no call: other fields report them, or nobody is in danger by them.
OTHER_ALARMS = frozenset({
    *("tamper", "tampering", "removing", "low", "temp", "volume", "temperature", "humidity", "voltage", "current", "power", "contact"),
    *("door", "window", "lock", "overtemp", "clock", "motion", "vibration", "movement", "speed", "noise", "light", "occupancy"),
}) | ALARM_SETTINGS  # fmt: skip
# How an alarm makes itself noticed, in the values of a siren: that it sounds, not that something happened.
SOUNDS = frozenset({"sound", "light", "ring", "beep", "music", "siren", "flash"})
# How a house is guarded, in the values of an alarm panel.
GUARDED = frozenset(
    {"armed", "arming", "disarmed", "disarming", "home", "away", "night", "vacation", "custom", "bypass"}
)
# Fields that say of somebody whether they are there; these may be on the phone, or on call.
OF_SOMEBODY = frozenset({"occupancy", "presence", "person", "human", "people", "motion", "resident"})
# Beside one of these a call is one for help.
FOR_HELP = frozenset({"nurse", "button", "btn", "bell", "cord", "alarm", "alert", "request", "requested"})
# Fields whose value may be the name of a call: `status: falling`, `dev_status: sos`, `eventName: SOS event.`.
EVENT_FIELDS = frozenset({
    *("status", "state", "event", "events", "type", "alarm", "alarms", "action", "warning", "alert", "reason", "kind"),
    *("alerts", "warnings", "button", "btn", "message", "msg", "trigger", "cause", "notification", "result", "posture", "pose", "activity"),
}) | OF_SOMEBODY  # fmt: skip
# Why a program began anew is no call: `boot_reason: panic`.
BEGAN_ANEW = frozenset({"boot", "reboot", "restart", "bootup", "coredump", "exception"})
# The same where a text says it, and fields that say why.
BEGINS_ANEW = BEGAN_ANEW | {
    "booted",
    "rebooted",
    "restarted",
    "rebooting",
    "restarting",
    "startup",
    "reset",
    "watchdog",
}
REASONS = frozenset({"reason", "cause"})
EVENT_FIELDS_LEFT_OUT = SETTINGS - {"name", "mode", "type", "value", "last", "valve"} | BEGAN_ANEW
NUMBERED = frozenset({"gas_leak", "carbon_monoxide"})
# A type or a kind of one of these names a thing and not an event.
NAMES_OF_THINGS = THINGS | {"product", "equipment", "hardware", "node", "model"}
# `device_event_type` names an event all the same.
KINDS_OF_EVENT = frozenset(
    (event, kind)
    for event in ("event", "alarm", "alert", "notification", "warning", "message", "trigger")
    for kind in ("type", "kind")
)
# Other fields whose text says nothing of what happened, whatever it is.
NAMING = SETTINGS | NAMES_OF_THINGS | BEGAN_ANEW | {
    *("class", "icon", "theme", "season", "weather", "tag", "tags", "room", "area", "zone", "location", "place", "group"),
    *("tendency", "direction", "label", "title", "brand", "vendor", "profile", "application", "app", "project", "tenant"),
    *("site", "ssid", "host", "topic", "poi", "edge", "comment", "note", "description", "voice", "tid", "user", "owner", "address"),
    *("firmware", "software", "fw", "sw", "hw", "build", "serial", "sn", "mac"),
}  # fmt: skip
# Words that are written together: `sosalarm`, `FALLDETECTED`, `waterleakage`.
JOINED = frozenset(
    word
    for word in SUBJECTS | ALARM | RAISED | OVER | BESIDE | SETTINGS | THINGS | EVENT_FIELDS | FUNCTIONS
    | {"water", "cord", "pull", "personal", "natural"}
    if len(word) > 2
) | {"co", "no", "is", "on"}  # fmt: skip
# One of these has to be among them, for the others are in many words.
SURE_SUBJECTS = (SUBJECTS - {"call", "co", "wet"}) | ALARM
# Other words that are made of these.
NOT_JOINED = frozenset(
    {
        "waterfall",
        "downfall",
        "shortfall",
        "overcall",
        "gaslight",
        "firelight",
        "callsign",
        "falloff",
        "backfire",
    }
)
# The metrics that are calls of persons.
OF_PERSONS = frozenset({"sos", "fall"})
# What nothing but its own parts says of a field that nests others: `{"sos": {"value": true}}`.
GENERIC = frozenset({
    *("value", "val", "state", "status", "active", "is", "raised", "triggered", "detected", "alarm", "data", "result", "event", "on"),
    *("alert", "warning"),
})  # fmt: skip

# The same words in Japanese and Chinese, as devices sold here name their fields and events; what is longer goes first.
OTHER_SCRIPTS = {
    "🆘": "sos",
    "🚨": "alarm",
    **dict.fromkeys(("緊急", "非常", "紧急", "きんきゅう"), "emergency"),
    **dict.fromkeys(("助けて", "たすけて", "救助", "救援", "求救", "呼救", "求助"), "help"),
    **dict.fromkeys(("呼び出し", "呼出し", "呼出", "ナースコール", "呼叫"), "call"),
    **dict.fromkeys(("転倒", "転落", "跌倒", "摔倒", "てんとう"), "fall"),
    **dict.fromkeys(("火災", "火事", "火灾", "炎"), "fire"),
    **dict.fromkeys(("煙", "烟雾", "烟"), "smoke"),
    **dict.fromkeys(("一酸化炭素", "一氧化碳"), "carbon monoxide"),
    **dict.fromkeys(("ガス漏れ", "ガスもれ", "燃气泄漏", "煤气泄漏"), "gas leak"),
    **dict.fromkeys(("ガス", "燃气", "煤气"), "gas"),
    **dict.fromkeys(("漏水", "水漏れ", "水もれ"), "water leak"),
    **dict.fromkeys(("浸水", "冠水"), "flood"),
    **dict.fromkeys(("警報", "アラーム", "警报", "报警", "告警"), "alarm"),
    "通報": "alert",
    **dict.fromkeys(("警告", "注意"), "warning"),
    **dict.fromkeys(("正常", "異常なし", "異常無し"), "normal"),
    **dict.fromkeys(("なし", "無し", "无", "いいえ", "オフ"), "none"),
    **dict.fromkeys(("解除", "复位", "復旧", "恢复"), "cleared"),
    **dict.fromkeys(("終了", "停止", "结束"), "ended"),
    **dict.fromkeys(("検知", "検出", "感知", "检测"), "detected"),
    **dict.fromkeys(("発生", "发生"), "occurred"),
    **dict.fromkeys(("作動", "オン", "触发"), "triggered"),
    **dict.fromkeys(("ボタン", "按钮", "按键"), "button"),
    **dict.fromkeys(("押された", "押しました", "押下", "押す", "按下"), "pressed"),
    **dict.fromkeys(("信号", "状態", "状态"), "state"),
    **dict.fromkeys(("感度", "灵敏度"), "sensitivity"),
    **dict.fromkeys(("音量",), "volume"),
    **dict.fromkeys(("回数", "次数"), "count"),
    **dict.fromkeys(("設定", "设置"), "setting"),
    **dict.fromkeys(("テスト", "試験", "测试"), "test"),
    **dict.fromkeys(("電池", "电池"), "battery"),
    **dict.fromkeys(("時刻", "時間", "时间"), "time"),
    **dict.fromkeys(("連絡先", "電話", "电话"), "phone"),
    **dict.fromkeys(("濃度", "浓度"), "concentration"),
    **dict.fromkeys(("センサー", "センサ", "传感器"), "sensor"),
    **dict.fromkeys(("灯", "照明"), "light"),
    # What only joins the words.
    **dict.fromkeys(("が", "を", "の", "は", "です", "ました", "しました", "中"), ""),
}
