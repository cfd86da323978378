"""Days in a home: a small table of what happened in, a timeline of findings out, evaluated at once and live."""

from datetime import time

import pytest

from core.domain.geofence import Hours
from tests.support.wards.timeline import timeline_of

NIGHTS = Hours(frozenset(range(7)), time(22), time(6))


def test_an_ordinary_day():
    day = """
        2026-07-01 02:00 moves bathroom
        04:40 moves bathroom
        06:50 moves bedroom
        07:30 moves kitchen
        09:00 moves lounge
        10:30 moves kitchen
        12:00 moves kitchen
        13:20 moves lounge
        15:00 moves lounge
        16:30 moves kitchen
        17:30 moves kitchen
        18:30 moves lounge
        20:10 moves bathroom
        21:10 moves lounge
        22:00 moves bedroom
        2026-07-02 01:50 moves bathroom
        02:20 end
    """
    assert timeline_of(day) == []


def test_somebody_does_not_get_up():
    day = """
        2026-07-01 02:00 moves bathroom
        04:30 moves bathroom
        11:20 moves bedroom
        11:30 end
    """
    assert timeline_of(day) == ["07:30 inactivity", "11:20 inactivity ends"]


def test_a_single_stir_does_not_end_a_silence_but_a_second_one_does():
    day = """
        2026-07-01 02:00 moves bathroom
        04:30 moves bathroom
        09:00 stirs lounge            # a draught moves the curtain
        11:00 stirs kitchen
        11:06 stirs hall
        11:30 end
    """
    assert timeline_of(day) == ["07:30 inactivity", "11:00 inactivity ends"]


def test_a_single_stir_puts_an_alarm_off():
    day = """
        2026-07-01 02:00 moves bathroom
        04:30 moves bathroom
        05:30 stirs bedroom
        09:00 end
    """
    assert timeline_of(day) == ["07:55 inactivity"]
    # It ends none.
    assert timeline_of(day.replace("05:30 stirs bedroom", "08:50 stirs lounge")) == ["07:30 inactivity"]


def test_a_curtain_that_moves_all_the_time_hides_nobody_for_long():
    stirs = [f"{hour:02d}:{minute:02d} stirs lounge" for hour in range(5, 13) for minute in (0, 20, 40)]
    day = "2026-07-01 02:00 moves bathroom\n 04:30 moves bathroom\n" + "\n".join(stirs) + "\n13:00 end"
    # Without it the alarm came at 7:30.
    assert timeline_of(day) == ["08:10 inactivity"]


def test_an_alarm_waits_ten_minutes_for_the_partner_of_a_single_stir():
    day = """
        2026-07-01 02:00 moves bathroom
        04:30 moves bathroom
        06:50 stirs lounge
        07:25 stirs lounge
        08:05 stirs lounge
        08:30 end
    """
    assert timeline_of(day) == ["08:15 inactivity"]
    assert timeline_of(day.replace("08:30 end", "08:12 stirs hall\n 08:30 end")) == []


def test_a_guest_in_the_night_worries_nobody():
    day = """
        2026-07-01 19:00 door
        19:01 moves hall
        20:00 moves lounge
        21:30 moves lounge
        22:40 moves lounge
        23:50 moves kitchen
        2026-07-02 01:30 door
        01:31 moves hall
        04:30 moves bathroom
        05:00 end
    """
    assert timeline_of(day) == []


def test_the_gateway_is_off_so_nobody_can_tell():
    day = """
        2026-07-01 04:30 moves bathroom
        06:00 gateway off
        13:00 gateway on
        13:10 moves kitchen
        13:20 end
    """
    assert timeline_of(day) == ["06:05 home_silent", "13:00 home_silent ends"]


def test_a_gateway_that_restarts_worries_nobody():
    day = """
        2026-07-01 04:30 moves bathroom
        06:00 gateway off
        06:03 gateway on
        06:40 moves kitchen
        06:50 end
    """
    assert timeline_of(day) == []


def test_silence_goes_on_after_the_gateway_is_back():
    # She moved at 4:30 or at any time while the home was out of contact; from 8:00 on the silence counts anew.
    day = """
        2026-07-01 04:30 moves bathroom
        06:00 gateway off
        08:00 gateway on
        12:00 end
    """
    assert timeline_of(day) == ["06:05 home_silent", "08:00 home_silent ends", "09:45 inactivity"]


def test_an_alarm_that_was_raised_before_the_gateway_went_stays():
    day = """
        2026-07-01 04:30 moves bathroom
        08:00 gateway off
        12:00 gateway on
        13:00 moves kitchen
        13:10 end
    """
    assert timeline_of(day) == [
        "07:30 inactivity",
        "08:05 home_silent",
        "12:00 home_silent ends",
        "13:00 inactivity ends",
    ]


def test_a_dead_battery_is_about_the_device():
    day = """
        2026-07-01 06:00 gateway on
        06:10 battery lives
        07:00 moves kitchen
        07:10 battery lives
        08:00 moves kitchen
        09:00 moves kitchen
        10:00 moves kitchen
        11:00 moves kitchen
        12:00 battery lives           # changed
        12:10 end
    """
    assert timeline_of(day) == ["10:10 device_silent", "12:00 device_silent ends"]


def test_a_call_for_help():
    day = """
        2026-07-01 08:00 moves kitchen
        09:00 sos
        09:01 sos
        09:30 end
    """
    assert timeline_of(day) == ["09:00 sos"]


@pytest.mark.parametrize("minutes_wrong", [9, 5000, -5000])
def test_a_call_for_help_from_a_button_whose_clock_is_wrong(minutes_wrong: int):
    day = f"""
        2026-07-01 08:00 moves kitchen
        09:00 sos clock {minutes_wrong}
        09:30 end
    """
    assert timeline_of(day) == ["09:00 sos"]


def test_leaving_at_night_and_returning():
    day = """
        2026-07-01 22:30 in for 60
        23:30 out for 20
        23:55 in for 20
        2026-07-02 00:20 moves kitchen
        00:30 end
    """
    assert timeline_of(day, hours=NIGHTS) == ["23:37 geofence_exit", "23:57 geofence_exit ends"]


def test_being_outside_when_the_night_begins():
    day = """
        2026-07-01 20:00 in for 30
        20:30 door
        20:30 out for 120
        22:30 in for 10
        22:40 moves kitchen
        22:50 end
    """
    assert timeline_of(day, hours=NIGHTS) == ["22:00 geofence_exit", "22:33 geofence_exit ends"]


def test_an_old_position_is_not_taken_for_the_present_one():
    # The last fix is from 21:30; whether she is out at 22:00 nobody knows before the next one.
    day = """
        2026-07-01 20:00 in for 30
        20:30 door
        20:30 out for 60
        22:20 out for 1
        22:30 moves kitchen
        22:40 end
    """
    assert timeline_of(day, hours=NIGHTS) == ["22:20 geofence_exit"]


def test_still_outside_when_the_night_is_over():
    day = """
        2026-07-01 05:00 in for 20
        05:20 out for 100
        07:10 end
    """
    assert timeline_of(day, hours=NIGHTS) == ["05:27 geofence_exit", "06:00 geofence_exit ends"]


def test_a_planned_journey_ends_an_alarm_and_listening_starts_anew_after_it():
    day = """
        2026-07-01 04:30 moves bathroom
        08:00 travels for 30
        2026-07-02 20:00 end
    """
    assert timeline_of(day) == ["07:30 inactivity", "08:00 inactivity ends", "16:45 inactivity"]


def test_a_new_home_is_evaluated_by_a_simple_timer():
    day = """
        2026-07-01 09:00 moves kitchen
        18:00 end
    """
    assert timeline_of(day, knows=False) == ["17:05 inactivity"]


# In London the clock goes from 1:00 to 2:00 on 2026-03-29 and from 2:00 back to 1:00 on 2026-10-25.
@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-06-10"])
def test_getting_up_is_by_the_clock_on_the_wall_also_when_it_is_changed(day: str):
    story = f"""
        {day} 00:10 moves bathroom
        02:00 moves bathroom
        04:40 moves bathroom
        10:00 end
    """
    assert timeline_of(story, "Europe/London") == ["07:35 inactivity"]


def test_a_night_of_nine_hours_by_the_wall_that_is_eight_hours_long():
    spring = """
        2026-03-28 22:00 moves bedroom
        2026-03-29 02:00 moves bathroom
        04:30 moves bathroom
        07:00 moves kitchen
        07:10 end
    """
    autumn = """
        2026-10-24 22:00 moves bedroom
        2026-10-25 01:30* moves bathroom
        04:30 moves bathroom
        07:00 moves kitchen
        07:10 end
    """
    assert timeline_of(spring, "Europe/London") == []
    assert timeline_of(autumn, "Europe/London") == []
