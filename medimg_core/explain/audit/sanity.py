"""Do maps of this method change when the network forgets what it learned? Found once for each model and method.

Layers are randomised from the head downwards, one group more each time, and maps of the same images are compared
with those of the trained network (cascading randomisation: Adebayo et al., NeurIPS 2018, arXiv:1810.03292, section
4.1). How alike maps are that have nothing to do with each other, two maps of different images under the trained
network say (Arun et al., Radiology AI 2021, e200267, figure 3). A map that is more alike than that follows edges and
shapes of the image. Passing is necessary and not sufficient: a map may change with the weights and mean nothing.
"""

from math import sqrt

from medimg_core.explain.audit.record import MethodRecord, Record
from medimg_core.results import AuditItem, Verdict

__all__ = ["RULE", "SOURCE", "judged", "sanity"]

RULE = (
    "Shown where the maps of a network with all weights randomised are less like the trained network's maps of the "
    "same images than maps of different images are like each other (mean structural similarity, the 95 % intervals "
    "of the two means apart). Necessary, not sufficient."
)
SOURCE = "Adebayo et al. 2018, arXiv:1810.03292; Arun et al. 2021, doi:10.1148/ryai.2021200267, figure 3"


def judged(record: MethodRecord) -> Verdict:
    """What the figures of a method say.

    Args:
        record: Its figures.

    Returns:
        ``"shown"``, ``"not_shown"``, or ``"cannot_tell"`` where so few images cannot tell the means apart.
    """
    last = record.stages[-1]
    apart = record.pair_ssim - last.ssim
    error = sqrt(last.ssim_sd**2 / record.images + record.pair_sd**2 / record.pairs)
    if apart > 1.96 * error:
        return "shown"
    return "not_shown" if apart < -1.96 * error else "cannot_tell"


def sanity(record: Record | None, method: str, layer: str) -> AuditItem:
    """The item of a method.

    Args:
        record: Of the model, or None.
        method: Name of the method.
        layer: Layer of the map.
    """
    found = record.methods.get(method) if record is not None else None
    if record is None or found is None or found.layer != layer:
        return AuditItem(
            "sanity",
            "cannot_tell",
            "Whether maps of this method change when this model forgets what it learned was not computed.",
            RULE,
            SOURCE,
            reason="not computed for this method",
        )
    last, verdict = found.stages[-1], judged(found)
    alike = f"similarity {last.ssim:.2f} with all weights randomised, {found.pair_ssim:.2f} between different images"
    sentence = {
        "shown": f"Maps change when the model forgets what it learned: {alike}.",
        "not_shown": f"Maps hardly change when the model forgets what it learned: {alike}. They follow the image.",
        "cannot_tell": f"Whether maps change when the model forgets what it learned stays open: {alike}.",
    }[verdict]
    figures = {
        "data": record.data,
        "images": found.images,
        "pass_line": found.pair_ssim,
        "pairs": found.pairs,
        "stages": [
            {"name": one.name, "ssim": one.ssim, "rank_correlation": one.rank, "empty": one.empty}
            for one in found.stages
        ],
    }
    reason = {
        "shown": "",
        "not_shown": "the map stays when the model forgets what it learned",
        "cannot_tell": "similarities too near to each other",
    }[verdict]
    return AuditItem("sanity", verdict, sentence, RULE, SOURCE, figures, reason)
