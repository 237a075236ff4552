"""A small network that joins what an encoder saw with what is known of the patient."""

from typing import Any

from medimg_core.errors import InvalidCardError


def late_fusion(
    *, image: int = 0, variables: int = 0, width: int = 8, dropout: float = 0.5, penalty: float = 0.01
) -> Any:
    """Late fusion: each input through a dense layer of its own, joined, one logit.

    Features are joined behind the encoder and before the decision; Huang et al., npj Digital Medicine 3:136 (2020),
    compare the kinds of fusion.

    Args:
        image: Length of the image's embedding; 0 for none.
        variables: Number of clinical variables, indicators of missing ones counted; 0 for none.
        width: Units for the image; the variables get half as many.
        dropout: Share of the joined units dropped while training.
        penalty: Of the squared weights.

    Returns:
        Model with the inputs ``image`` and ``variables`` (those that there are) and the output ``logits``, shape
        ``(batch, 1)``.

    Raises:
        InvalidCardError: Nothing goes in.
    """
    import keras
    from keras import layers

    inputs, joined = [], []
    for name, size, units in (("image", image, width), ("variables", variables, max(1, width // 2))):
        if size:
            given = keras.Input((size,), name=name)
            inputs.append(given)
            weight = keras.regularizers.L2(penalty)
            joined.append(layers.Dense(units, "relu", kernel_regularizer=weight, name=f"{name}_units")(given))
    if not inputs:
        raise InvalidCardError("a network needs an image's embedding, variables or both; it has neither")
    x = layers.Concatenate(name="joined")(joined) if len(joined) > 1 else joined[0]
    x = layers.Dropout(dropout, name="joined_dropout")(x)
    return keras.Model(inputs, layers.Dense(1, dtype="float32", name="logits")(x), name="late_fusion")
