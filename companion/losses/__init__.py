r"""Losses, each with its gradient, numerically safe however large the scores.

Every loss is a function ``loss(y_true, y_pred, *, ..., sample_weight=None, reduction="mean")`` that returns ``(value,
gradient)``, the gradient with respect to ``y_pred`` and of its shape. ``y_true`` has the shape of ``y_pred`` unless the
loss says otherwise: (n_samples,), or (n_samples, n_outputs), of which every element counts. Reductions, with
:math:`\ell_i` the loss of sample i and :math:`w_i \ge 0` its weight (1 without ``sample_weight``, an array of shape
(n_samples,)):

- ``"mean"``: :math:`\sum_i w_i \ell_i / \sum_i w_i`, scikit-learn's weighted mean;
- ``"sum"``: :math:`\sum_i w_i \ell_i`;
- ``"none"``: the values :math:`w_i \ell_i`, and for each sample the gradient of its own value.

Value and gradient have the dtype of ``y_pred`` (float64 for integers and bools). They are computed in double precision
and rounded once, at the end; what is too large for the dtype is infinite.

A ``ValueError`` says what was expected and what came: shapes that do not fit, NaN or infinity, labels or probabilities
outside their range, negative weights or weights that sum to 0, an unknown reduction. No input is modified.

Beneath each loss stands a plain function, ``squared_error_terms`` for instance: the costs of the samples and their
derivatives, as formulas on arrays of doubles. Everything else, checks, weights and reduction, is the same for all and
stands in ``companion.losses.shell``.
"""

from companion.losses.categorical import cross_entropy, kl_divergence
from companion.losses.classification import (
    binary_cross_entropy_with_logits,
    brier,
    focal,
    hinge,
    squared_hinge,
    zero_one,
)
from companion.losses.penalties import l1_penalty, l2_penalty
from companion.losses.regression import absolute_error, gaussian_nll, huber, pinball, squared_error

__all__ = [
    "absolute_error",
    "binary_cross_entropy_with_logits",
    "brier",
    "cross_entropy",
    "focal",
    "gaussian_nll",
    "hinge",
    "huber",
    "kl_divergence",
    "l1_penalty",
    "l2_penalty",
    "pinball",
    "squared_error",
    "squared_hinge",
    "zero_one",
]
