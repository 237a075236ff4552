"""The table of windows: sourced, editable, and refused with a reason where it is wrong."""

import subprocess
import sys

import pytest

from medimg_core.errors import InputError, MedImgError, UnreadableFileError
from medimg_core.presets import VARIABLE, presets
from medimg_core.voi import grey8

ROW = {
    "key": '"mine"',
    "modality": '"CT"',
    "name": '"Mine"',
    "centre": "10",
    "width": "20.5",
    "function": '"LINEAR"',
    "source": '"Our own"',
}


def toml(**change: str | None) -> str:
    return "[[preset]]\n" + "".join(f"{k} = {v}\n" for k, v in (ROW | change).items() if v is not None)


def asked(path, modality: str = "CT"):
    return presets(modality, {VARIABLE: str(path)})


@pytest.fixture
def written(tmp_path):
    def write(text: str | bytes):
        path = tmp_path / "table.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_number_keys_are_those_of_ohif():
    assert [preset.key for preset in presets("CT", {})][:4] == ["soft", "lung", "bone", "brain"]


@pytest.mark.parametrize(
    ("modality", "key", "centre", "width", "unit"),
    [
        ("CT", "soft", 40, 400, "HU"),
        ("CT", "lung", -600, 1500, "HU"),
        ("CT", "bone", 480, 2500, "HU"),
        ("CT", "brain", 40, 80, "HU"),
        ("CT", "liver", 90, 150, "HU"),
        ("CT", "mediastinum", 80, 400, "HU"),
        ("CT", "stroke", 40, 40, "HU"),
        ("CT", "abdomen", 60, 400, "HU"),
        ("CT", "angio", 300, 600, "HU"),
        ("PT", "suv_5", 2.5, 5, "SUVbw"),
        ("PT", "suv_10", 5, 10, "SUVbw"),
    ],
)
def test_rows(modality, key, centre, width, unit):
    (row,) = (preset for preset in presets(modality, {}) if preset.key == key)
    assert (row.window.centre, row.window.width, row.unit) == (centre, width, unit)


def test_every_row_is_cited():
    rows = presets("CT", {}) + presets("PT", {})
    assert len(rows) == 13
    assert all(preset.source and preset.window.name for preset in rows)


@pytest.mark.parametrize("preset", presets("PT", {}), ids=lambda preset: preset.key)
def test_a_pet_window_starts_at_no_uptake_and_ends_where_it_says(preset):
    top = float(preset.key.removeprefix("suv_"))
    assert grey8([0.0, top / 2, top], preset.window).tolist() == [0, 128, 255]


@pytest.mark.parametrize("modality", ["MR", "DX", ""])
def test_no_presets_without_a_unit(modality):
    assert presets(modality, {}) == ()


def test_another_table_replaces_the_own_one(written):
    (row,) = asked(written(toml(modality='"MR"', function='"SIGMOID"')), "MR")
    assert (row.key, row.window.centre, row.window.width, row.window.function) == ("mine", 10, 20.5, "SIGMOID")
    assert (row.window.name, row.source, row.unit) == ("Mine", "Our own", "")
    assert asked(written(toml(modality='"MR"')), "CT") == ()


@pytest.mark.parametrize(
    ("text", "error", "reason"),
    [
        (b"\xff\xfe", UnreadableFileError, "must be TOML in UTF-8"),
        ("[[preset", UnreadableFileError, "must be TOML"),
        (b"#" * 1_000_001, UnreadableFileError, "at most 1,000,000 bytes"),
        ("", InputError, r"must hold \[\[preset\]\] rows and nothing else"),
        ("preset = 3", InputError, r"must hold \[\[preset\]\]"),
        ("preset = [3]", InputError, "must have exactly the entries"),
        (toml() + "[other]\n", InputError, "nothing else"),
        (toml(source=None), InputError, "preset 1 of the table that MEDIMG_PRESETS names must have exactly the"),
        (toml(colour='"red"'), InputError, "exactly the entries"),
        (toml(source='"  "'), InputError, "source of preset 1 .* one line"),
        (toml(name='"a\\nb"'), InputError, "name of preset 1 .* one line"),
        (toml(name="3"), InputError, "name of preset 1"),
        (toml(key='"A key"'), InputError, "key of preset 1 .* 1 to 24"),
        (toml(modality='"ct"'), InputError, "modality of preset 1"),
        (toml(centre='"10"'), InputError, "centre of preset 1 .* must be a number"),
        (toml(centre="nan"), InputError, "centre of preset 1 .* must be a number"),
        (toml(width="true"), InputError, "width of preset 1 .* must be a number"),
        (toml(width="0.5"), InputError, "LINEAR window width must be at least 1, got 0.5"),
        (toml(function='"CUBIC"'), InputError, "VOILUTFunction must be one of"),
        (toml() + toml(), InputError, "unique within their modality, got 1 more than once"),
    ],
)
def test_wrong_tables(written, text, error, reason):
    with pytest.raises(error, match=reason):
        asked(written(text))


def test_a_missing_table(tmp_path):
    with pytest.raises(MedImgError, match="must be a readable file, got FileNotFoundError"):
        asked(tmp_path / "none.toml")


def test_importing_parses_nothing():
    code = "import sys, medimg_core.presets; print('tomllib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
