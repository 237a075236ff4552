"""A model folder's README, from its card."""

from collections.abc import Sequence

from medimg_core.registry import Figure, ModelCard
from medimg_core.training.recipe import Recipe


def _table(figures: Sequence[Figure]) -> list[str]:
    lines = ["| figure | value | 95 % interval | n | data | condition |", "|---|---|---|---|---|---|"]
    for f in figures:
        ends = "" if f.ci is None else f"{f.ci[0]:.3f} to {f.ci[1]:.3f}"
        lines.append(f"| {f.name} | {f.value:.3f} | {ends} | {f.n} | {f.data} | {f.note} |")
    return lines


def readme_text(card: ModelCard, recipe: Recipe) -> str:
    """Markdown: intended use, data, every figure with its interval, limits, how to train it again.

    Args:
        card: The finished card.
        recipe: Of the training.
    """
    lines = [f"# {card.title}", "", card.intended_use, ""]
    outside = "yes: every result says so" if card.uses_outside else "no"
    lines += [
        f"- Weights: `weights.keras`, SHA-256 `{card.sha256}`, licence {card.weights_licence}",
        f"- Trained for {recipe.epochs} epochs at {recipe.size} x {recipe.size}; recipe in `recipe.toml`",
        f"- Scores are calibrated at a prevalence of {card.prevalence:.2f}; threshold {card.threshold.value:.3f}",
        f"- Uses information outside the lungs (a shortcut AUC above 0.65): {outside}",
        "",
        "Intervals are bootstrapped by patient. The validation split chose the threshold and the temperature.",
        "",
        "## Train it again",
        "",
        "```",
        f"medimg train {card.id} FOLDER [FOLDER OF LUNG MASKS]   # goes on from its last checkpoint",
        f"medimg train {card.id} FOLDER --baseline               # the comparison rows",
        "```",
        "",
        "Training shows the lungs on other images' surroundings, replaces frames, and gives images whose",
        "lungs are hidden the prior as target; the heads are then made blind to the directions that tell such",
        "training images apart. So those figures with filled lungs and with the frame alone are trained for;",
        "black lungs and swapped surroundings, which the heads were not blinded to, show more. An AUC counts",
        "the order of scores, however little they differ: the gap beside it says how much they do.",
        "",
        "## Without the lungs, and against their surroundings",
        "",
        *_table(card.shortcuts),
        "",
        "## The gate",
        "",
        *_table(card.gate_figures),
        "",
        "## Figures",
        "",
        *_table(card.metrics),
        "",
        "## Operating points",
        "",
        *(
            f"- {t.name}: {t.value:.4f}, sensitivity {t.sensitivity:.3f}, specificity {t.specificity:.3f} ({t.source})"
            for t in card.thresholds
        ),
        "",
        "## Limits",
        "",
        *(f"- {text}" for text in (*card.limits, *card.population.never_measured)),
        "",
    ]
    return "\n".join(lines)
