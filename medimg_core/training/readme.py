"""A model folder's README, from its card."""

import shlex
from collections.abc import Sequence

from medimg_core.registry import Curve, Figure, ModelCard
from medimg_core.training.measures import SUBGROUP
from medimg_core.training.plan import Plan
from medimg_core.training.recipe import Recipe

AGAINST_SHORTCUTS = """
Training shows the lungs on other images' surroundings, replaces frames, and gives images whose
lungs are hidden the prior as target; the heads are then made blind to the directions that tell such
training images apart. So those figures with filled lungs and with the frame alone are trained for;
white lungs and swapped surroundings, which the heads were not blinded to, show more.
"""

GAP = """
An AUC counts the order of scores, however little they differ: the gap beside it says how much they do.
"""

AUDIT = "`audit.json`, which says what the maps are worth, comes from `medimg audit {id} FOLDER`, not from training."


def _table(figures: Sequence[Figure]) -> list[str]:
    lines = ["| figure | value | 95 % interval | n | data | condition |", "|---|---|---|---|---|---|"]
    for f in figures:
        ends = "" if f.ci is None else f"{f.ci[0]:.3f} to {f.ci[1]:.3f}"
        lines.append(f"| {f.name} | {f.value:.3f} | {ends} | {f.n} | {f.data} | {f.note} |")
    return lines


def _curves(curves: Sequence[Curve]) -> list[str]:
    lines = ["| change | unit | metric | n | at each strength (95 % interval) |", "|---|---|---|---|---|"]
    for c in curves:
        points = zip(c.strengths, c.values, c.low, c.high, strict=True)
        text = "; ".join(f"{s:g}: {v:.3f} ({a:.3f} to {b:.3f})" for s, v, a, b in points)
        lines.append(f"| {c.change} | {c.unit} | {c.metric} | {c.n} | {text} |")
    return lines


def _head(card: ModelCard, trained: str) -> list[str]:
    lines = [f"# {card.title}", "", card.intended_use, ""]
    lines += [
        f"- Weights: `weights.keras`, SHA-256 `{card.sha256}`, licence {card.weights_licence}",
        f"- {trained}; recipe in `recipe.toml`",
    ]
    if card.classification is not None:
        outside = "yes: every result says so" if card.uses_outside else "no"
        lines += [
            f"- Scores are calibrated at a prevalence of {card.prevalence:.2f}; threshold {card.threshold.value:.3f}",
            f"- Uses information outside the {card.region or 'region'} (a shortcut AUC above 0.65 or below 0.35, with "
            f"mean scores 0.01 or more apart): {outside}",
        ]
    return lines


def _part(title: str, lines: Sequence[str], there: object = True) -> list[str]:
    return ["", f"## {title}", "", *lines] if there else []


def _rest(card: ModelCard) -> list[str]:
    """Shortcuts, gate, figures, robustness, operating points, limits, where the audit is from."""
    points = [
        f"- {t.name}: {t.value:.4f}, sensitivity {t.sensitivity:.3f}, specificity {t.specificity:.3f} ({t.source})"
        for t in card.thresholds
    ]
    without = f"Without the {card.region or 'region'}, and against the surroundings"
    limits = [f"- {text}" for text in (*card.limits, *card.population.never_measured)]
    groups = [f for f in card.metrics if f.note.startswith(SUBGROUP)]
    audited = ["", AUDIT.format(id=card.id)] if card.cam else []
    return [
        *_part("Figures", _table([f for f in card.metrics if not f.note.startswith(SUBGROUP)])),
        *_part("Subgroups", _table(groups), groups),
        *_part(without, [GAP.strip(), "", *_table(card.shortcuts)], card.shortcuts),
        *_part("Under changes of rising strength", _curves(card.robustness), card.robustness),
        *_part("Operating points", points, points),
        *_part("The gate", _table(card.gate_figures), card.gate_figures),
        *_part("Limits", limits),
        *audited,
        "",
    ]


def _trained(epochs: int, size: int, start: str) -> str:
    begun = {"": "from fresh weights", "imagenet": "from an encoder trained on ImageNet-1k"}
    first = begun.get(start, f"from the weights of {start}")
    return f"Trained for {epochs} epochs at {size} x {size} {first}; `learning_curve.csv` has every epoch"


def readme_text(card: ModelCard, recipe: Recipe) -> str:
    """Markdown for a classifier trained against shortcuts.

    Args:
        card: The finished card.
        recipe: Of the training.
    """
    commands = [
        "```",
        f"medimg train {card.id} FOLDER [FOLDER OF LUNG MASKS]   # goes on from its last checkpoint",
        f"medimg train {card.id} FOLDER --baseline               # the comparison rows",
        "```",
        AGAINST_SHORTCUTS.rstrip(),
    ]
    tuned = "Intervals are bootstrapped by patient. The validation split chose the threshold and the temperature."
    trained = _trained(recipe.epochs, recipe.size, recipe.start)
    return "\n".join([*_head(card, trained), "", tuned, *_part("Train it again", commands), *_rest(card)])


def plan_readme(card: ModelCard, plan: Plan, epochs: int) -> str:
    """Markdown for a model trained by a plan.

    Args:
        card: The finished card.
        plan: Of the training.
        epochs: Epochs done.
    """
    sets = " ".join(shlex.quote(source.name) for source in card.data if source.n)
    commands = ["```", f"medimg train {card.id} {sets}   # goes on from its last checkpoint", "```"]
    trained = _trained(epochs, plan.size, plan.start)
    tuned = (
        "Intervals are bootstrapped by patient or group. The validation split chose epoch, threshold and temperature."
    )
    return "\n".join([*_head(card, trained), "", tuned, *_part("Train it again", commands), *_rest(card)])
