"""Whether a model knows a split of a data set from its training, as its card says."""

from medimg_core.registry import ModelCard

__all__ = ["seen"]

CHOSEN = "chosen on this split"
"""Part of the note of a card's figures on data that something of the model was chosen on."""


def seen(card: ModelCard, name: str, split: str) -> str | None:
    """Whether a model was fitted to these rows, or something of it was chosen on them.

    A set is known by its name, which is its folder's: a copy under another name is not recognised.

    Args:
        card: The model.
        name: Of the folder.
        split: Of its index; one that the card does not name, of a set that it does, holds rows of every split.

    Returns:
        ``"trained"`` where the weights were fitted to rows of it; ``"tuned"`` where the epoch, the threshold or the
        temperature was chosen on it; None where the card knows neither.

    Examples:
        >>> from medimg_core.registry import load_card
        >>> card = load_card("chest_xray_pneumonia")
        >>> [seen(card, "chest_xray", split) for split in ("train", "val", "test", "all")]
        ['trained', 'tuned', None, 'trained']
    """
    used = {part for source in card.data if source.name == name for part, count in source.n.items() if count}
    if "train" in used and split in ("train", "all", ""):
        return "trained"
    noted = any(figure.data == f"{name} {split}" and CHOSEN in figure.note for figure in card.metrics)
    return "tuned" if noted or (split in used and split != "train") else None
