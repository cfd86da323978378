"""Profiles as TOML: read with what is wrong on which line, and written so that they are read as the same."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.evidence.device_profile import FieldMeaning, ProfileField, ProfileSource
from core.domain.metrics import Evidence
from core.domain.people import Language
from core.errors import InputError
from core.formats.profile_file import (
    for_model,
    library,
    library_or_file,
    parse_profile,
    profile_text,
    read_profile,
)
from core.formats.profile_mistakes import ProfileError

_HEAD = 'name = "maker-model"\n'


def test_a_field_map_of_one_line_is_a_profile() -> None:
    profile = parse_profile(_HEAD + '[fields]\nAlarm = "sos"\n', "button.toml")
    assert profile.fields == (ProfileField("sos", field="Alarm"),)
    assert (profile.name, profile.version, profile.source) == ("maker-model", 1, ProfileSource.BY_HAND)


def test_everything_that_a_profile_can_say_is_read_and_written_again() -> None:
    text = _HEAD + (
        'vendor = "Maker"\nmodels = ["Other M1"]\ndocuments = ["https://example.org/m1"]\n'
        '[fields]\n"a.b" = { metric = "current_a", unit = "mA", scale = 0.1, channel = "2" }\n'
        'state = { metric = "water_leak", raised = [1, "WET"], over = [false, "*"] }\n'
        'flags = { metric = "tamper", bit = 3 }\n'
        'warning = { metric = "water_leak", ignored = true }\n'
        '[readings]\n"input_on#1" = "call"\nmotion = { evidence = "pulse", hold_s = 90 }\n'
    )
    profile = parse_profile(text, "p.toml")
    assert profile.fields == (
        ProfileField("current_a", channel="2", field="a.b", unit="mA", scale=0.1),
        ProfileField("water_leak", field="state", raised=("1", "wet"), over=("false", "*")),
        ProfileField("tamper", field="flags", bit=3),
        ProfileField("water_leak", field="warning", ignored=True),
        ProfileField("input_on", channel="1", meaning=FieldMeaning.CALL),
        ProfileField("motion", Evidence.PULSE, hold=timedelta(seconds=90)),
    )
    assert parse_profile(profile_text(profile), "again.toml") == profile


WRONG = pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ('[fields]\nAlarm = "soss"', 3, "did you mean 'sos'"),
        ('[fields]\nok = "sos"\nI = { metric = "power_w", unit = "mA" }', 4, "known are W, kW"),
        ('[fields]\na = { metric = "sos", evidense = "pulse" }', 3, "it may hold metric"),
        ('[fields]\na = { metric = "sos", evidence = "guess" }', 3, "'guess' is none of pulse, state"),
        ('[fields]\na = { metric = "power_w", raised = [1] }', 3, "power_w (power drawn) is a number"),
        ('[fields]\na = { metric = "sos", scale = 2 }', 3, "sos (emergency button) is no number"),
        ('[fields]\na = { metric = "sos", raised = [1], over = ["1"] }', 3, "in raised and in over"),
        ('[readings]\nbattery_pct = "call"', 3, "battery_pct (charge of the battery) cannot mean 'call'"),
        ('[readings]\nmotion = { metric = "presence" }', 3, "is the name of the line itself"),
        ("[readings]\nwater_leak = { ignored = true }", 3, "ignored is for [fields]"),
        ('[fields]\n[fields.a]\nmetric = "soss"', 3, "there is no metric"),
        ("[fields]\nAlarm = sos", 3, "is no value; texts stand in quotes"),
        ('vendor "M"', 2, "no = after the name"),
        ('vendor = "M', 2, "a quote is not closed"),
        ("[fields\na = 1", 2, "a bracket is not closed"),
        ('documents = ["a"', 2, "a bracket is not closed"),
        ('vendor = "a"\nvendor = "b"', 3, "the same name is there twice"),
        ('vendor = "a\\q"', 2, "cannot be used"),
        ('vendor = "a" model = "b"', 2, "begin a new line"),
        ("é = 1", 2, "cannot be read"),
        ('vendor = ""\n[fields]\na = 2020-01-01', 4, "not a date"),
        ('vendor = "M"', 1, "says of no field what it is"),
        ('fieldz = 1\n[fields]\na = "sos"', 2, "did you mean 'fields'"),
        ('models = 3\n[fields]\na = "sos"', 2, "models must be a list in [ ], not a whole number"),
        (
            'documents = ["a", 2]\n[fields]\na = "sos"',
            2,
            "each of it must be a text in quotes, not a whole number",
        ),
        ('source = "guess"\n[fields]\na = "sos"', 2, "'guess' is none of exposes, discovery, model_library"),
        ('[fields]\na = { metric = "sos", bit = 99 }', 3, "bit must be a whole number <= 63"),
        (
            '[fields]\na = { metric = "sos", raised = [1.5] }',
            3,
            "true or false or a whole number or a text in quotes",
        ),
        ("[fields]\na = 5", 3, "must be a metric in quotes or a table in { }, not a whole number"),
        ("[fields]\na = {}", 3, 'needs a metric, such as { metric = "sos" }'),
        ('[fields]\na = { metric = "battery_pct", scale = 0 }', 3, "makes every value 0"),
    ],
)


@WRONG
def test_a_mistake_is_named_in_japanese_too_with_the_same_names_and_numbers(
    body: str, line: int, words: str
) -> None:
    with pytest.raises(ProfileError) as caught:
        parse_profile(_HEAD + body + "\n", "p.toml")
    (mistake,) = caught.value.mistakes
    said, english = (mistake.in_words(one) for one in (Language.JA, Language.EN))
    assert mistake.line == line
    assert words in english
    assert re.search("[ぁ-ん]", said)
    # Nothing of the sentence around what was typed is left in English.
    assert not re.search(r"\b(is|must|are|there|cannot|needs|known|Expected|Invalid|length)\b", said), said
    typed = re.findall(r"'([^']+)'", english)
    assert all(one in said for one in typed)


def test_what_is_measured_stands_in_words_beside_its_name_in_a_mistake() -> None:
    with pytest.raises(ProfileError) as caught:
        parse_profile(_HEAD + '[fields]\na = { metric = "power_w", raised = [1] }\n', "p.toml")
    assert "使用電力(power_w)" in caught.value.mistakes[0].in_words(Language.JA)


@pytest.mark.parametrize("name", ["none", "described"])
def test_no_profile_is_called_as_what_is_chosen_in_place_of_one(name: str) -> None:
    with pytest.raises(ProfileError, match="choose another"):
        parse_profile(f'name = "{name}"\n[fields]\na = "sos"\n', "p.toml")


@WRONG
def test_a_mistake_is_named_with_its_line_and_what_is_possible(body: str, line: int, words: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_profile(_HEAD + body + "\n", "p.toml")
    assert str(caught.value).startswith(f"p.toml, line {line}: "), caught.value
    assert words in str(caught.value)


def test_every_mistake_of_the_head_is_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        parse_profile('vendor = 5\nmodel = 2\ncolour = "red"\n[fields]\na = "x"\n', "p.toml")
    lines = [line.split(": ")[0] for line in str(caught.value).splitlines()]
    assert lines == ["p.toml, line 1", "p.toml, line 1", "p.toml, line 2", "p.toml, line 3", "p.toml, line 5"]
    assert 'line 1: needs a line name = "maker-model"' in str(caught.value)


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        parse_profile('name = "A B"\n[fields]\na = "x"\nb = "y"\n', "p.toml")
    assert len(str(caught.value).splitlines()) == 3


def test_a_file_that_is_no_text_or_not_there_says_so(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_bytes(b'name = "\xff"')
    with pytest.raises(InputError, match="UTF-8"):
        read_profile(tmp_path / "p.toml")
    with pytest.raises(InputError, match="cannot read"):
        read_profile(tmp_path / "none.toml")
    with pytest.raises(InputError, match="did you mean 'owon-spm915'"):
        library_or_file("owon-spm916")


def test_every_profile_of_the_library_names_its_documents_and_is_found_by_its_models() -> None:
    assert library()
    for name, profile in library().items():
        assert profile.documents, name
        assert all(one.startswith("https://") for one in profile.documents), name
        assert profile.source is ProfileSource.MODEL_LIBRARY
        assert parse_profile(profile_text(profile), name) == profile
        if not profile.model:
            # It is chosen by hand, for a sensor that never says the end.
            assert name.startswith("pulse"), name
            continue
        for model in (f"{profile.vendor} {profile.model}", *profile.models):
            assert for_model(model) == profile
    assert for_model("") is None
    assert for_model("owon spm915") is library()["owon-spm915"]


@pytest.mark.parametrize(
    "model",
    ["Browan TBDW100", "browan-tbdw100", "BROWAN_TBDW-100", "TBDW100", "tbdw 100", "ＴＢＤＷ１００"],
)
def test_a_model_is_found_however_people_write_it(model: str) -> None:
    assert for_model(model) is library()["browan-tbdw100"]


@pytest.mark.parametrize("model", ["TBDW10", "Browan", "TBDW100 v2", "-", " "])
def test_another_model_is_none_of_the_library(model: str) -> None:
    assert for_model(model) is None


def test_no_two_profiles_of_the_library_are_called_alike() -> None:
    called = [frozenset({f"{one.vendor} {one.model}", one.model, *one.models}) for one in library().values()]
    assert all(for_model(name) == for_model(next(iter(names))) for names in called for name in names)
