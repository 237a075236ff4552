"""What ``medimg train`` takes."""

import pytest

from medimg_core.cli import main


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "-inf", "1e999", "soon", ""])
def test_a_time_limit_is_a_finite_number_above_0(value, capfd):
    with pytest.raises(SystemExit) as stopped:
        main(["train", "gi_polyps", "FOLDER", f"--time-limit={value}"])
    assert stopped.value.code == 2
    assert f"--time-limit: must be a finite number of minutes above 0, got {value!r}" in capfd.readouterr().err


@pytest.mark.parametrize("value", ["0.2", "1e-3", "90"])
def test_other_time_limits_are_taken(value, capfd):
    assert main(["train", "nonesuch", "FOLDER", "--time-limit", value]) == 1
    assert "model to train must be one of" in capfd.readouterr().err
