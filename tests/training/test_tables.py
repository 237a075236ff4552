"""Tables of a recipe, checked against the record that they fill."""

from dataclasses import dataclass, field

import pytest

from medimg_core.errors import InvalidCardError
from medimg_core.training.tables import fields_of, read_table


@dataclass(frozen=True)
class Settings:
    name: str
    count: int = 3
    rate: float = 0.5
    on: bool = False
    widths: tuple[int, ...] = (1, 2)
    rates: tuple[float, ...] = ()
    made: str = field(init=False, default="")


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"name": "a"}, {"name": "a"}),
        ({"name": "a", "rate": 2}, {"name": "a", "rate": 2.0}),
        ({"name": "a", "widths": [4, 8]}, {"name": "a", "widths": (4, 8)}),
        ({"name": "a", "widths": []}, {"name": "a", "widths": ()}),
        ({"name": "a", "rates": [1, 0.5]}, {"name": "a", "rates": (1.0, 0.5)}),
        ({"name": "a", "on": True, "count": 0}, {"name": "a", "on": True, "count": 0}),
    ],
)
def test_values_take_the_fields_type(table, expected):
    found = fields_of(Settings, table)
    assert found == expected
    assert [type(value) for value in found.values()] == [type(value) for value in expected.values()]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"name": "a", "counts": 1}, "unknown key: counts"),
        ({"name": "a", "made": "b"}, "unknown key: made"),
        ({"name": 1}, "`name` must be str, got int"),
        ({"name": "a", "count": 1.0}, "`count` must be int, got float"),
        ({"name": "a", "count": True}, "`count` must be int, got bool"),
        ({"name": "a", "rate": True}, "`rate` must be float, got bool"),
        ({"name": "a", "on": 1}, "`on` must be bool, got int"),
        ({"name": "a", "widths": 4}, "`widths` must be list, got int"),
        ({"name": "a", "widths": "48"}, "`widths` must be list, got str"),
        ({"name": "a", "widths": [4, "8"]}, "`widths` must be int, got str"),
        ({"count": 1}, "must give name of each Settings"),
        ("a", "Settings as a table, got str"),
    ],
)
def test_what_is_wrong_is_said(table, message):
    with pytest.raises(InvalidCardError, match=message):
        fields_of(Settings, table)


def test_one_table_is_read_and_others_are_known(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text("[plan]\nepochs = 3\n\n[[plan.masks]]\nname = 'a'\n\n[card]\ntitle = 'b'\n")
    assert read_table(path, "plan") == {"epochs": 3, "masks": [{"name": "a"}]}
    assert read_table(path, "search") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[plan", "valid TOML"),
        ("[plans]\nepochs = 3", r"tables training, plan, card.*got \['plans'\]"),
        ("plan = 3", "hold the tables"),
    ],
)
def test_another_file_is_refused(tmp_path, text, message):
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(InvalidCardError, match=message):
        read_table(path, "plan")
