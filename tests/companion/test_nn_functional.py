"""What companion.nn.functional refuses, and in which words."""

import numpy as np
import pytest

from companion.nn import functional as F

IMAGE = np.ones((1, 1, 4, 4))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: F.linear(np.ones((2, 3)), np.ones((4, 5))), RuntimeError, r"\(2, 3\).*\(4, 5\)"),
        (lambda: F.group_norm(np.ones((2, 3, 4)), 2), RuntimeError, "divisible by num_groups"),
        (lambda: F.cross_entropy(np.ones((2, 3)), np.array([0, 3])), IndexError, "Target 3 is out of bounds"),
        (lambda: F.cross_entropy(np.ones((2, 3)), np.array([-1, 1])), IndexError, "Target -1 is out of bounds"),
        (lambda: F.cross_entropy(np.ones((2, 3)), np.ones((2, 1))), RuntimeError, "expected probabilities of shape"),
        (lambda: F.cross_entropy(np.ones((2, 3, 4)), np.zeros((2, 1), int)), RuntimeError, "expected class targets"),
        (lambda: F.huber_loss(np.ones(2), np.ones(2), delta=0.0), ValueError, "non-positive values for delta"),
        (lambda: F.mse_loss(np.ones(2), np.ones(3)), ValueError, "expected equal shapes"),
        (lambda: F.mse_loss(np.ones(2), np.ones(2), reduction="average"), ValueError, "not a valid value"),
        (lambda: F.linear(np.ones((2, 3)), np.ones((4, 3)), np.ones((2, 4))), RuntimeError, r"bias of shape \(4,\)"),
        (lambda: F.conv2d(IMAGE, np.ones((2, 1, 3, 3)), np.ones(1)), RuntimeError, r"bias of shape \(2,\)"),
        (lambda: F.conv2d(IMAGE, np.ones((2, 1, 3, 3)), dilation=0), RuntimeError, "greater than zero"),
        (lambda: F.conv_transpose2d(IMAGE[..., :1, :1], np.ones((1, 1, 3, 3)), padding=2), RuntimeError, "nothing of"),
        (lambda: F.adaptive_max_pool2d(IMAGE[0], 1), RuntimeError, r"shape \(N, C, H, W\)"),
        (lambda: F.embedding([-1], np.ones((3, 2))), IndexError, "out of range"),
        (lambda: F.rms_norm(np.ones((2, 3)), 4), RuntimeError, "expected such last axes"),
        (lambda: F.layer_norm(np.ones((2, 3)), ()), RuntimeError, "expected such last axes"),
        (lambda: F.nll_loss(np.zeros((3, 4)), [0, -1, 2]), IndexError, "Target -1"),
        (lambda: F.nll_loss(np.zeros((3, 4)), [0, 1]), RuntimeError, r"class targets of shape \(3,\)"),
        (lambda: F.cross_entropy(np.zeros(4), 1), RuntimeError, r"shape \(N, K, ...\)"),
        (lambda: F.cross_entropy(np.zeros((2, 4)), [0, 1], weight=np.ones(3)), RuntimeError, "each of 4 classes"),
        (lambda: F.cross_entropy(np.zeros((2, 4)), [0, 1], label_smoothing=1.5), RuntimeError, "between 0.0 and 1.0"),
        (
            lambda: F.cross_entropy(np.zeros((1, 2)), np.full((1, 2), 0.5), ignore_index=1),
            RuntimeError,
            "not supported",
        ),
    ],
)
def test_bad_input(call, error, words):
    with pytest.raises(error, match=words):
        call()
