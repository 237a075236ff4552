"""The reader's word on the command line."""

import pytest

from medimg_core.cli import commands
from medimg_core.gate import Declared


@pytest.fixture
def word():
    """What a command was told, without running it."""
    from medimg_core import cli

    def told(*options):
        args = cli._parser().parse_args(["predict", "tiny_model", "image.png", *options])
        return commands._declared(args)

    return told


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), None),
        (("--sequence", "FLAIR"), Declared(sequence="FLAIR")),
        (
            ("--modality", "MR", "--body-part", "BRAIN", "--sequence", "flair", "--age", "40"),
            Declared(modality="MR", body_part="BRAIN", sequence="flair", age_years=40.0),
        ),
        (("--age", "0"), Declared(age_years=0.0)),
        (("--view", "AP"), Declared(view="AP")),
    ],
)
def test_the_words_given_are_those_declared(word, options, expected):
    assert word(*options) == expected
