"""What a calibrated score means where the disease is rarer, or more common, than in training."""

import math

from medimg_core.errors import IncompatibleInputError

__all__ = ["likelihood_ratio", "predictive_values", "shifted"]


def shifted(score: float, trained: float, stated: float) -> float:
    """Move a calibrated score from the training prevalence to a stated one.

    The odds are multiplied by the ratio of the prior odds (Saerens, Latinne and Decaestecker, Neural
    Computation 2002, 14(1):21-41, equation 2.4), which holds as long as only the prevalence differs and
    not what the images of each class look like.

    Args:
        score: Calibrated at ``trained``, 0 to 1.
        trained: Prevalence in the training data, above 0 and below 1.
        stated: Prevalence where the score is read, above 0 and below 1.

    Returns:
        Probability at the stated prevalence, 0 to 1.

    Raises:
        IncompatibleInputError: A figure lies outside its range.

    Examples:
        >>> round(shifted(0.91, 0.74, 0.20), 2), round(shifted(0.91, 0.74, 0.10), 2)
        (0.47, 0.28)
    """
    _share("score", score)
    _open_share("trained prevalence", trained)
    _open_share("stated prevalence", stated)
    yes = score * stated / trained
    no = (1 - score) * (1 - stated) / (1 - trained)
    return yes / (yes + no)


def predictive_values(sensitivity: float, specificity: float, prevalence: float) -> tuple[float, float]:
    """Positive and negative predictive value at a prevalence, by Bayes' rule.

    Args:
        sensitivity: 0 to 1.
        specificity: 0 to 1.
        prevalence: Above 0 and below 1.

    Returns:
        PPV and NPV, 0 to 1; NaN for the one whose outcome never happens.

    Raises:
        IncompatibleInputError: A figure lies outside its range.

    Examples:
        >>> [round(value, 3) for value in predictive_values(0.9, 0.9, 0.1)]
        [0.5, 0.988]
    """
    _share("sensitivity", sensitivity)
    _share("specificity", specificity)
    _open_share("prevalence", prevalence)
    true_positive, false_positive = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    true_negative, false_negative = specificity * (1 - prevalence), (1 - sensitivity) * prevalence
    positive, negative = true_positive + false_positive, true_negative + false_negative
    return (
        true_positive / positive if positive > 0 else math.nan,
        true_negative / negative if negative > 0 else math.nan,
    )


def likelihood_ratio(score: float, trained: float) -> float:
    """How many times likelier this score is with the finding than without: it does not depend on prevalence.

    Args:
        score: Calibrated at ``trained``, 0 to 1 (at 1 the ratio is infinite).
        trained: Prevalence in the training data, above 0 and below 1.

    Examples:
        >>> round(likelihood_ratio(0.91, 0.74), 2)
        3.55
    """
    _share("score", score)
    _open_share("trained prevalence", trained)
    return math.inf if score == 1 else score / (1 - score) * (1 - trained) / trained


def _share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise IncompatibleInputError(f"{name} must lie in [0, 1], got {value:g}")


def _open_share(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise IncompatibleInputError(f"{name} must lie between 0 and 1, ends excluded, got {value:g}")
