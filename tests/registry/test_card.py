"""The shipped cards: what every one of them must say."""

import math
import re

import pytest

from medimg_core.registry import ModelCard, list_models

CARDS = list_models()


def test_something_is_shipped() -> None:
    assert "chest_xray_pneumonia" in {card.id for card in CARDS}


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_weights_are_those_of_the_card(card: ModelCard) -> None:
    card.check_weights()


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_every_figure_states_data_n_and_interval(card: ModelCard) -> None:
    assert card.metrics
    assert card.shortcuts or card.classification is None
    for figure in (*card.metrics, *card.shortcuts, *card.gate_figures):
        assert figure.data
        assert figure.n > 0
        assert math.isfinite(figure.value)
        assert figure.ci is not None, figure.name
        assert figure.ci[0] <= figure.value <= figure.ci[1], figure.name


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_every_curve_begins_at_no_change_and_has_its_intervals(card: ModelCard) -> None:
    for curve in card.robustness:
        assert list(curve.strengths) == sorted(curve.strengths)
        for low, value, high in zip(curve.low, curve.values, curve.high, strict=True):
            assert low <= value <= high, (curve.change, curve.metric)
    starts = {(curve.metric, curve.data): curve.values[0] for curve in card.robustness}
    assert all(value >= 0.5 for value in starts.values())


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_a_negative_is_never_called_health(card: ModelCard) -> None:
    for output in card.outputs:
        if output.reading:
            assert not re.search(r"\b(normal|healthy)\b", output.reading.negative_text, re.IGNORECASE)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_licence_file_and_readme_lie_beside_the_weights(card: ModelCard) -> None:
    assert (card.folder / "LICENSE").is_file()
    assert (card.folder / "README.md").is_file()
