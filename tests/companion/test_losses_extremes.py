"""No loss warns or raises a FloatingPointError, however large or small its numbers and whatever NumPy was told."""

import numpy as np
import pytest

from companion import losses

ENDS = {"float64": (1e300, 1e-310), "float32": (1e38, 1e-42), "float16": (6e4, 6e-8)}
PAIRED = sorted(set(losses.__all__) - {"l1_penalty", "l2_penalty", "cross_entropy", "kl_divergence"})


def arguments(name, y, z):
    """The labels and predictions that the loss takes, from labels 0 or 1 and numbers of any size."""
    if name == "brier":
        return y, np.clip(np.abs(z), 0, 1)
    if name in ("hinge", "squared_hinge", "zero_one"):
        return 2 * y - 1, z
    if name == "gaussian_nll":
        return z[::-1], z, np.abs(z) + np.finfo(z.dtype).tiny
    return (y, z) if name in ("focal", "binary_cross_entropy_with_logits") else (z[::-1], z)


@pytest.mark.parametrize("dtype", ENDS)
@pytest.mark.parametrize("name", PAIRED)
def test_scores_of_any_size(name, dtype):
    big, small = ENDS[dtype]
    z = np.array([big, -big, 1000, -1000, small, -small, 0, 1], dtype)
    y = np.arange(len(z)) // 2 % 2
    loss = getattr(losses, name)
    for weight in (None, np.array([1e-310, 1e300] * 4)):
        for reduction in ("mean", "sum", "none"):
            with np.errstate(all="ignore"):
                expected = loss(*arguments(name, y, z), sample_weight=weight, reduction=reduction)
            with np.errstate(all="raise"):
                out = loss(*arguments(name, y, z), sample_weight=weight, reduction=reduction)
            if name == "zero_one":  # which has no gradient
                out, expected = (out,), (expected,)
            for ours, silent in zip(out, expected):
                np.testing.assert_array_equal(ours, silent)


@pytest.mark.parametrize("dtype", ENDS)
def test_rows_of_any_size(dtype):
    big, small = ENDS[dtype]
    z = np.array([[big, -big, 0], [small, 0, -small], [1000, -1000, 800]], dtype)
    with np.errstate(all="raise"):
        for targets in ([0, 1, 2], [[1.0, 0.0, 0.0], [1e-310, 1.0, 0.0], [0.5, 0.25, 0.25]]):
            for settings in (
                {},
                {"label_smoothing": 1e-310},
                {"class_weight": [1e-310, 1e300, 1.0], "label_smoothing": 0.1},
                {"sample_weight": [1e-310, 1e300, 1.0]},
            ):
                for reduction in ("mean", "sum", "none"):
                    losses.cross_entropy(targets, z, **settings, reduction=reduction)
        p = np.array([[1.0, 0.0], [small, 1.0]], dtype)
        assert losses.kl_divergence(p, p[::-1])[0] == np.inf
        for penalty in (losses.l1_penalty, losses.l2_penalty):
            penalty(z.ravel(), small)
            penalty(z.ravel(), big)
