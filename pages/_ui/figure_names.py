"""What figures, changes of an image, tasks, steps and splits are called on the pages.

Cards and evaluations name them by keys; a key that is not known here is shown as its own words.
"""

from pages._ui.language import _

__all__ = ["change_name", "figure_name", "spaced", "split_word", "step_name", "task_name"]


def spaced(key: str) -> str:
    """A key as words.

    Examples:
        >>> spaced("sensitivity_first")
        'sensitivity first'
    """
    return _(key.replace("_", " ")) if key else ""  # gettext answers an empty text with its own header


def _figures(unit: str) -> dict[str, str]:
    return {
        "auc": _("AUC"),
        "ap": _("Average precision"),
        "accuracy": _("Accuracy"),
        "sensitivity": _("Sensitivity"),
        "specificity": _("Specificity"),
        "f1": _("F1"),
        "brier": _("Brier score"),
        "ece": _("Calibration error"),
        "dice_by_patient": _("Dice by patient"),
        "dice": _("Dice"),
        "iou": _("IoU"),
        "hd95": _("HD95, {unit}").format(unit=unit) if unit else _("HD95"),
        "volume_error": _("Volume error, share of the target"),
        "volume_bias": _("Volume bias, share of the target"),
        "false_positive": _("Share of empty targets with something found"),
        "marked_or_refused": _("Marked or refused"),
        "gap": _("Gap"),
    }


def figure_name(name: str, unit: str = "") -> str:
    """What a figure is called, with the condition that its key holds beside the metric's.

    Args:
        name: Key, e.g. ``"auc"``, ``"frame_only_auc"`` or ``"dice_lesion"``.
        unit: Of a distance, where the figures tell it.

    Examples:
        >>> figure_name("hd95", "mm"), figure_name("frame_only_auc"), figure_name("dice_lesion"), figure_name("odds")
        ('HD95, mm', 'AUC, frame only', 'Dice, lesion', 'odds')
    """
    known = _figures(unit)
    if name in known:
        return known[name]
    for key, word in known.items():
        for rest in (name.removesuffix(f"_{key}"), name.removeprefix(f"{key}_")):
            if rest != name:
                return _("{figure}, {condition}").format(figure=word, condition=spaced(rest))
    return spaced(name)


def change_name(change: str) -> str:
    """What a change of an image is called.

    Examples:
        >>> change_name("jpeg"), change_name("blur")
        ('JPEG', 'Blur')
    """
    known = {
        "noise": _("Noise"),
        "blur": _("Blur"),
        "contrast": _("Contrast"),
        "exposure": _("Exposure"),
        "rotation": _("Rotation"),
        "jpeg": _("JPEG"),
        "resolution": _("Resolution"),
        "occlusion": _("Occlusion"),
        "fgsm": _("FGSM attack"),
        "pgd": _("PGD attack"),
    }
    return known.get(change) or spaced(change)


def task_name(task: str) -> str:
    """What a model does.

    Examples:
        >>> task_name("multi_task")
        'classification and segmentation'
    """
    known = {
        "classification": _("classification"),
        "segmentation": _("segmentation"),
        "multi_task": _("classification and segmentation"),
    }
    return known.get(task) or spaced(task)


def step_name(step: str) -> str:
    """What is done to an image before the network.

    Examples:
        >>> step_name("to_grey01")
        'grey from 0 to 1'
    """
    known = {
        "to_grey01": _("grey from 0 to 1"),
        "window": _("cut to the window"),
        "letterbox": _("scaled, with margins"),
        "squash": _("stretched to that size"),
        "standardise": _("standardised"),
        "minus_one_to_one": _("from -1 to 1"),
        "to_255": _("from 0 to 255"),
        "imagenet": _("standardised as ImageNet's images"),
        "imagenet_bgr": _("less ImageNet's means, blue first"),
    }
    return known.get(step) or spaced(step)


def split_word(split: str) -> str:
    """What a split of a data set is for.

    Examples:
        >>> split_word("val")
        'validation'
    """
    known = {"train": _("training"), "val": _("validation"), "test": _("test")}
    return known.get(split) or spaced(split)
