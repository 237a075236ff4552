"""The error tree."""

import inspect

import pytest

from medimg_core import errors
from medimg_core.errors import Cancelled, MedImgError

CLASSES = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if cls.__module__ == errors.__name__]


def test_every_class_is_exported_and_drawn() -> None:
    assert {cls.__name__ for cls in CLASSES} == set(errors.__all__)
    assert errors.__doc__ is not None
    for cls in CLASSES:
        assert cls.__name__ in errors.__doc__


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_is_a_medimg_error_and_prints_its_message_plainly(cls: type[MedImgError]) -> None:
    assert issubclass(cls, MedImgError)
    assert str(cls("width must be above zero, got -5")) == "width must be above zero, got -5"


@pytest.mark.parametrize(
    ("cls", "builtin"),
    [(errors.IncompatibleInputError, ValueError), (errors.UnknownModelError, KeyError)],
)
def test_some_are_also_the_builtin_that_callers_expect(cls: type[MedImgError], builtin: type[Exception]) -> None:
    assert issubclass(cls, builtin)


def test_cancelled_is_no_input_error() -> None:
    assert not issubclass(Cancelled, errors.InputError)
