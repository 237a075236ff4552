"""Every error MedImg raises on purpose.

::

    MedImgError                      a message fit for the page: the rule, then what came
    ├── InputError                   something the user gave
    │   ├── UnreadableFileError      damaged, truncated, or not what it claims to be
    │   ├── UnsupportedFileError     intact, but of a kind MedImg does not read
    │   ├── LimitError               over a limit of the settings table
    │   ├── UnsafeArchiveError       path traversal, links, bombs
    │   ├── GeometryError            tags that contradict each other or geometry
    │   └── IncompatibleInputError   an array or volume that does not fit the call (also a ValueError)
    ├── ModelError                   something a model folder holds
    │   ├── UnknownModelError        no such id (also a KeyError)
    │   ├── InvalidCardError         card.toml breaks the schema
    │   └── WeightsError             missing weights, or a hash that differs
    ├── NotApplicableError           the question has no answer here, and why
    └── Cancelled                    the user stopped a long task

A message states the rule and then the value that broke it, and never holds patient text: names,
identifiers, dates and free text of a header stay out.
"""

__all__ = [
    "Cancelled",
    "GeometryError",
    "IncompatibleInputError",
    "InputError",
    "InvalidCardError",
    "LimitError",
    "MedImgError",
    "ModelError",
    "NotApplicableError",
    "UnknownModelError",
    "UnreadableFileError",
    "UnsafeArchiveError",
    "UnsupportedFileError",
    "WeightsError",
]


class MedImgError(Exception):
    """Base of all errors whose message may be shown to the user as it stands."""

    def __str__(self) -> str:
        # KeyError would quote the message; every class of the tree prints it plainly.
        return str(self.args[0]) if self.args else type(self).__name__


class InputError(MedImgError):
    """Something the user gave cannot be used."""


class UnreadableFileError(InputError):
    """A file is damaged, truncated, or not what it claims to be."""


class UnsupportedFileError(InputError):
    """A file is intact, but of a kind that MedImg does not read."""


class LimitError(InputError):
    """A file, archive or study is over a limit of the settings table."""


class UnsafeArchiveError(InputError):
    """An archive member would leave its folder, is a link, or expands like a bomb."""


class GeometryError(InputError):
    """Geometry tags are missing where needed, or contradict each other."""


class IncompatibleInputError(InputError, ValueError):
    """An array or a volume does not fit the function it was given to."""


class ModelError(MedImgError):
    """A model folder cannot be used."""


class UnknownModelError(ModelError, KeyError):
    """No model has this id."""


class InvalidCardError(ModelError):
    """A card.toml breaks the schema."""


class WeightsError(ModelError):
    """Weights are missing, or their hash differs from the card's."""


class NotApplicableError(MedImgError):
    """The question asked has no answer for this input, and the message says why."""


class Cancelled(MedImgError):  # noqa: N818 - the design's name: a cancelled task is not a failure
    """The user stopped a long task; raised by a ``progress`` callback."""
