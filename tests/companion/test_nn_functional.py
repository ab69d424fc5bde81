"""What companion.nn.functional refuses, and its promises about names, positions, dtypes and gradients."""

import inspect

import numpy as np
import pytest
import torch

from companion.autograd import Tensor, increment_version
from companion.nn import functional as F
from companion.numerics import finite_difference_gradient

# ---- bad input: torch's exceptions -----------------------------------------------------------------------------------

IMAGES, MAPS = np.ones((2, 4, 6, 6)), np.ones((2, 4, 6))
FILTERS, SEQUENCE_FILTERS = np.ones((4, 4, 3, 3)), np.ones((4, 4, 3))
ROWS = np.ones((3, 4))
VECTOR = np.ones(4)
CLASSES = np.array([0, 1, 2])

BAD_CALLS = {
    "linear, features": lambda F, t: F.linear(t(ROWS), t(np.ones((2, 5)))),
    "linear, bias": lambda F, t: F.linear(t(ROWS), t(np.ones((2, 4))), t(np.ones(3))),
    "linear, bias rank": lambda F, t: F.linear(t(ROWS), t(np.ones((2, 4))), t(np.ones((2, 4)))),
    "linear, weight rank": lambda F, t: F.linear(t(ROWS), t(np.ones((2, 2, 4)))),
    "linear, scalar": lambda F, t: F.linear(t(np.array(1.0)), t(np.ones((2, 4)))),
    "embedding, float": lambda F, t: F.embedding(t(np.array([0.0])), t(ROWS)),
    "embedding, bool": lambda F, t: F.embedding(t(np.array([True])), t(ROWS)),
    "embedding, negative": lambda F, t: F.embedding(t(np.array([-1])), t(ROWS)),
    "embedding, too large": lambda F, t: F.embedding(t(np.array([3])), t(ROWS)),
    "embedding, weight rank": lambda F, t: F.embedding(t(np.array([1])), t(VECTOR)),
    "embedding, weight rank 3": lambda F, t: F.embedding(t(np.array([1])), t(MAPS)),
    "conv2d, channels": lambda F, t: F.conv2d(t(IMAGES), t(np.ones((4, 3, 3, 3)))),
    "conv2d, rank": lambda F, t: F.conv2d(t(MAPS[0]), t(FILTERS)),
    "conv2d, weight rank": lambda F, t: F.conv2d(t(IMAGES), t(SEQUENCE_FILTERS)),
    "conv2d, bias": lambda F, t: F.conv2d(t(IMAGES), t(FILTERS), t(np.ones(3))),
    "conv2d, kernel too large": lambda F, t: F.conv2d(t(IMAGES), t(np.ones((4, 4, 7, 7)))),
    "conv2d, empty kernel": lambda F, t: F.conv2d(t(IMAGES), t(np.ones((4, 4, 0, 3)))),
    "conv2d, no filters": lambda F, t: F.conv2d(t(IMAGES), t(np.ones((0, 4, 3, 3)))),
    "conv2d, empty image": lambda F, t: F.conv2d(t(np.ones((2, 4, 0, 6))), t(FILTERS), padding=2),
    "conv2d, stride 0": lambda F, t: F.conv2d(t(IMAGES), t(FILTERS), stride=0),
    "conv2d, stride -1": lambda F, t: F.conv2d(t(IMAGES), t(FILTERS), stride=-1),
    "conv2d, stride triple": lambda F, t: F.conv2d(t(IMAGES), t(FILTERS), stride=(1, 1, 1)),
    "conv2d, stride float": lambda F, t: F.conv2d(t(IMAGES), t(FILTERS), stride=1.5),
    "conv2d, stride text": lambda F, t: F.conv2d(t(IMAGES), t(FILTERS), stride="2"),
    "conv2d, stride None": lambda F, t: F.conv2d(t(IMAGES), t(FILTERS), stride=None),
    "conv2d, padding -1": lambda F, t: F.conv2d(t(IMAGES), t(FILTERS), padding=-1),
    "conv2d, padding word": lambda F, t: F.conv2d(t(IMAGES), t(FILTERS), padding="sme"),
    "conv2d, padding float": lambda F, t: F.conv2d(t(IMAGES), t(FILTERS), padding=0.5),
    "conv2d, padding triple": lambda F, t: F.conv2d(t(IMAGES), t(FILTERS), padding=(1, 1, 1)),
    "conv2d, same with stride": lambda F, t: F.conv2d(t(IMAGES), t(FILTERS), stride=2, padding="same"),
    "conv2d, dilation 0": lambda F, t: F.conv2d(t(IMAGES), t(FILTERS), dilation=0),
    "conv2d, groups 0": lambda F, t: F.conv2d(t(IMAGES), t(FILTERS), groups=0),
    "conv2d, groups -1": lambda F, t: F.conv2d(t(IMAGES), t(FILTERS), groups=-1),
    "conv2d, groups 3": lambda F, t: F.conv2d(t(IMAGES), t(FILTERS), groups=3),
    "conv2d, groups of outputs": lambda F, t: F.conv2d(t(IMAGES), t(np.ones((3, 2, 3, 3))), groups=2),
    "conv2d, groups float": lambda F, t: F.conv2d(t(IMAGES), t(FILTERS), groups=1.0),
    "conv1d, rank": lambda F, t: F.conv1d(t(IMAGES), t(SEQUENCE_FILTERS)),
    "conv1d, weight rank": lambda F, t: F.conv1d(t(MAPS), t(FILTERS)),
    "conv1d, stride 0": lambda F, t: F.conv1d(t(MAPS), t(SEQUENCE_FILTERS), stride=0),
    "conv1d, stride pair": lambda F, t: F.conv1d(t(MAPS), t(SEQUENCE_FILTERS), stride=(1, 1)),
    "conv1d, padding -1": lambda F, t: F.conv1d(t(MAPS), t(SEQUENCE_FILTERS), padding=-1),
    "conv1d, padding word": lambda F, t: F.conv1d(t(MAPS), t(SEQUENCE_FILTERS), padding="full"),
    "conv1d, groups 0": lambda F, t: F.conv1d(t(MAPS), t(SEQUENCE_FILTERS), groups=0),
    "conv1d, channels": lambda F, t: F.conv1d(t(MAPS), t(np.ones((4, 3, 3)))),
    "conv1d, kernel too large": lambda F, t: F.conv1d(t(MAPS), t(np.ones((4, 4, 7)))),
    "conv1d, empty kernel": lambda F, t: F.conv1d(t(MAPS), t(np.ones((4, 4, 0)))),
    "conv_transpose2d, channels": lambda F, t: F.conv_transpose2d(t(IMAGES), t(np.ones((3, 4, 3, 3)))),
    "conv_transpose2d, rank": lambda F, t: F.conv_transpose2d(t(MAPS), t(FILTERS)),
    "conv_transpose2d, weight rank": lambda F, t: F.conv_transpose2d(t(IMAGES), t(SEQUENCE_FILTERS)),
    "conv_transpose2d, bias": lambda F, t: F.conv_transpose2d(t(IMAGES), t(FILTERS), t(np.ones(3))),
    "conv_transpose2d, stride 0": lambda F, t: F.conv_transpose2d(t(IMAGES), t(FILTERS), stride=0),
    "conv_transpose2d, dilation 0": lambda F, t: F.conv_transpose2d(t(IMAGES), t(FILTERS), dilation=0),
    "conv_transpose2d, padding -1": lambda F, t: F.conv_transpose2d(t(IMAGES), t(FILTERS), padding=-1),
    "conv_transpose2d, padding word": lambda F, t: F.conv_transpose2d(t(IMAGES), t(FILTERS), padding="same"),
    "conv_transpose2d, padding too large": lambda F, t: F.conv_transpose2d(t(IMAGES), t(FILTERS), padding=5),
    "conv_transpose2d, output_padding -1": lambda F, t: F.conv_transpose2d(t(IMAGES), t(FILTERS), output_padding=-1),
    "conv_transpose2d, output_padding 1": lambda F, t: F.conv_transpose2d(t(IMAGES), t(FILTERS), output_padding=1),
    "conv_transpose2d, groups 0": lambda F, t: F.conv_transpose2d(t(IMAGES), t(FILTERS), groups=0),
    "conv_transpose2d, groups 3": lambda F, t: F.conv_transpose2d(t(IMAGES), t(FILTERS), groups=3),
    "conv_transpose2d, empty kernel": lambda F, t: F.conv_transpose2d(t(IMAGES), t(np.ones((4, 4, 0, 3)))),
    "max_pool2d, rank": lambda F, t: F.max_pool2d(t(ROWS), 2),
    "max_pool2d, kernel 0": lambda F, t: F.max_pool2d(t(IMAGES), 0),
    "max_pool2d, kernel -1": lambda F, t: F.max_pool2d(t(IMAGES), -1),
    "max_pool2d, kernel float": lambda F, t: F.max_pool2d(t(IMAGES), 2.0),
    "max_pool2d, kernel triple": lambda F, t: F.max_pool2d(t(IMAGES), (2, 2, 2)),
    "max_pool2d, kernel None": lambda F, t: F.max_pool2d(t(IMAGES), None),
    "max_pool2d, kernel too large": lambda F, t: F.max_pool2d(t(IMAGES), 7),
    "max_pool2d, stride 0": lambda F, t: F.max_pool2d(t(IMAGES), 2, 0),
    "max_pool2d, stride -1": lambda F, t: F.max_pool2d(t(IMAGES), 2, -1),
    "max_pool2d, padding too large": lambda F, t: F.max_pool2d(t(IMAGES), 2, padding=2),
    "max_pool2d, padding -1": lambda F, t: F.max_pool2d(t(IMAGES), 2, padding=-1),
    "max_pool2d, dilation 0": lambda F, t: F.max_pool2d(t(IMAGES), 2, dilation=0),
    "max_pool2d, empty image": lambda F, t: F.max_pool2d(t(np.ones((2, 4, 0, 6))), 2, padding=1),
    "avg_pool2d, kernel 0": lambda F, t: F.avg_pool2d(t(IMAGES), 0),
    "avg_pool2d, kernel triple": lambda F, t: F.avg_pool2d(t(IMAGES), (2, 2, 2)),
    "avg_pool2d, kernel too large": lambda F, t: F.avg_pool2d(t(IMAGES), 7),
    "avg_pool2d, stride 0": lambda F, t: F.avg_pool2d(t(IMAGES), 2, 0),
    "avg_pool2d, padding too large": lambda F, t: F.avg_pool2d(t(IMAGES), 2, padding=2),
    "avg_pool2d, padding -1": lambda F, t: F.avg_pool2d(t(IMAGES), 2, padding=-1),
    "avg_pool2d, divisor 0": lambda F, t: F.avg_pool2d(t(IMAGES), 2, divisor_override=0),
    "adaptive_avg_pool2d, rank": lambda F, t: F.adaptive_avg_pool2d(t(ROWS), 2),
    "adaptive_avg_pool2d, triple": lambda F, t: F.adaptive_avg_pool2d(t(IMAGES), (2, 2, 2)),
    "adaptive_avg_pool2d, single": lambda F, t: F.adaptive_avg_pool2d(t(IMAGES), (2,)),
    "adaptive_avg_pool2d, -1": lambda F, t: F.adaptive_avg_pool2d(t(IMAGES), -1),
    "adaptive_avg_pool2d, float": lambda F, t: F.adaptive_avg_pool2d(t(IMAGES), 2.0),
    "adaptive_avg_pool2d, empty image": lambda F, t: F.adaptive_avg_pool2d(t(np.ones((2, 4, 0, 6))), 2),
    "adaptive_max_pool2d, triple": lambda F, t: F.adaptive_max_pool2d(t(IMAGES), (2, 2, 2)),
    "adaptive_max_pool2d, single": lambda F, t: F.adaptive_max_pool2d(t(IMAGES), (2,)),
    "adaptive_max_pool2d, -1": lambda F, t: F.adaptive_max_pool2d(t(IMAGES), -1),
    "adaptive_max_pool2d, empty image": lambda F, t: F.adaptive_max_pool2d(t(np.ones((2, 4, 0, 6))), 2),
    "batch_norm, no statistics": lambda F, t: F.batch_norm(t(ROWS), None, None),
    "batch_norm, one statistic": lambda F, t: F.batch_norm(t(ROWS), t(VECTOR), None),
    "batch_norm, one statistic in training": lambda F, t: F.batch_norm(t(ROWS), t(VECTOR), None, training=True),
    "batch_norm, one value": lambda F, t: F.batch_norm(t(ROWS[:1]), t(VECTOR), t(VECTOR), training=True),
    "batch_norm, statistics of another size": lambda F, t: F.batch_norm(t(ROWS), t(np.ones(3)), t(np.ones(3))),
    "batch_norm, weight of another size": lambda F, t: F.batch_norm(t(ROWS), t(VECTOR), t(VECTOR), t(np.ones(3))),
    "batch_norm, bias of another size": lambda F, t: F.batch_norm(t(ROWS), t(VECTOR), t(VECTOR), None, t(np.ones(3))),
    "batch_norm, eps -1": lambda F, t: F.batch_norm(t(ROWS), t(VECTOR), t(VECTOR), training=True, eps=-1.0),
    "batch_norm, eps 0": lambda F, t: F.batch_norm(t(ROWS), t(VECTOR), t(VECTOR), training=True, eps=0.0),
    "batch_norm, eps eval -1": lambda F, t: F.batch_norm(t(ROWS), t(VECTOR), t(VECTOR), eps=-1.0),
    "batch_norm, eps text": lambda F, t: F.batch_norm(t(ROWS), t(VECTOR), t(VECTOR), training=True, eps="x"),
    "batch_norm, rank": lambda F, t: F.batch_norm(t(VECTOR), t(VECTOR), t(VECTOR)),
    "batch_norm, momentum text": lambda F, t: F.batch_norm(t(ROWS), t(VECTOR), t(VECTOR), training=True, momentum="x"),
    "layer_norm, shape": lambda F, t: F.layer_norm(t(ROWS), (3,)),
    "layer_norm, no shape": lambda F, t: F.layer_norm(t(ROWS), ()),
    "layer_norm, weight": lambda F, t: F.layer_norm(t(ROWS), (4,), t(np.ones(3))),
    "layer_norm, bias": lambda F, t: F.layer_norm(t(ROWS), (4,), None, t(np.ones(3))),
    "layer_norm, weight one": lambda F, t: F.layer_norm(t(ROWS), (4,), t(np.ones(1))),
    "layer_norm, eps text": lambda F, t: F.layer_norm(t(ROWS), (4,), eps="x"),
    "layer_norm, shape float": lambda F, t: F.layer_norm(t(ROWS), (4.0,)),
    "rms_norm, shape": lambda F, t: F.rms_norm(t(ROWS), (3,)),
    "rms_norm, weight": lambda F, t: F.rms_norm(t(ROWS), (4,), t(np.ones(3))),
    "group_norm, divisible": lambda F, t: F.group_norm(t(ROWS), 3),
    "group_norm, -1": lambda F, t: F.group_norm(t(ROWS), -1),
    "group_norm, float": lambda F, t: F.group_norm(t(ROWS), 2.0),
    "group_norm, rank": lambda F, t: F.group_norm(t(VECTOR), 2),
    "group_norm, weight": lambda F, t: F.group_norm(t(ROWS), 2, t(np.ones(3))),
    "group_norm, one value": lambda F, t: F.group_norm(t(np.ones((1, 2))), 2),
    "softmax, dim": lambda F, t: F.softmax(t(ROWS), 2),
    "softmax, dim text": lambda F, t: F.softmax(t(ROWS), "1"),
    "log_softmax, dim": lambda F, t: F.log_softmax(t(ROWS), -3),
    "leaky_relu, slope text": lambda F, t: F.leaky_relu(t(ROWS), "x"),
    "elu, alpha text": lambda F, t: F.elu(t(ROWS), "x"),
    "gelu, approximate": lambda F, t: F.gelu(t(ROWS), approximate="sigmoid"),
    "gelu, approximate None": lambda F, t: F.gelu(t(ROWS), approximate=None),
    "softplus, beta text": lambda F, t: F.softplus(t(ROWS), "x"),
    "dropout, 1.5": lambda F, t: F.dropout(t(ROWS), 1.5),
    "dropout, -1": lambda F, t: F.dropout(t(ROWS), -1),
    "dropout, text": lambda F, t: F.dropout(t(ROWS), "half"),
    "dropout, eval 1.5": lambda F, t: F.dropout(t(ROWS), 1.5, False),
    "dropout, training text": lambda F, t: F.dropout(t(ROWS), 0.5, "no"),
    "mse_loss, shapes": lambda F, t: F.mse_loss(t(ROWS), t(np.ones(3))),
    "mse_loss, reduction": lambda F, t: F.mse_loss(t(ROWS), t(ROWS), reduction="average"),
    "mse_loss, reduction None": lambda F, t: F.mse_loss(t(ROWS), t(ROWS), reduction=None),
    "l1_loss, shapes": lambda F, t: F.l1_loss(t(ROWS), t(np.ones(3))),
    "l1_loss, reduction": lambda F, t: F.l1_loss(t(ROWS), t(ROWS), reduction="average"),
    "huber_loss, shapes": lambda F, t: F.huber_loss(t(ROWS), t(np.ones(3))),
    "huber_loss, delta 0": lambda F, t: F.huber_loss(t(ROWS), t(ROWS), delta=0.0),
    "huber_loss, delta -1": lambda F, t: F.huber_loss(t(ROWS), t(ROWS), delta=-1.0),
    "huber_loss, delta nan": lambda F, t: F.huber_loss(t(ROWS), t(ROWS), delta=float("nan")),
    "huber_loss, delta text": lambda F, t: F.huber_loss(t(ROWS), t(ROWS), delta="x"),
    "huber_loss, reduction": lambda F, t: F.huber_loss(t(ROWS), t(ROWS), reduction="average"),
    "bce, shapes": lambda F, t: F.binary_cross_entropy_with_logits(t(ROWS), t(VECTOR)),
    "bce, weight": lambda F, t: F.binary_cross_entropy_with_logits(t(ROWS), t(ROWS), t(np.ones(3))),
    "bce, pos_weight": lambda F, t: F.binary_cross_entropy_with_logits(t(ROWS), t(ROWS), pos_weight=t(np.ones(3))),
    "bce, reduction": lambda F, t: F.binary_cross_entropy_with_logits(t(ROWS), t(ROWS), reduction="average"),
    "cross_entropy, too large": lambda F, t: F.cross_entropy(t(ROWS), t(np.array([0, 1, 4]))),
    "cross_entropy, negative": lambda F, t: F.cross_entropy(t(ROWS), t(np.array([0, 1, -1]))),
    "cross_entropy, batch": lambda F, t: F.cross_entropy(t(ROWS), t(np.array([0, 1]))),
    "cross_entropy, map batch": lambda F, t: F.cross_entropy(t(MAPS), t(np.zeros((3, 6), int))),
    "cross_entropy, map shape": lambda F, t: F.cross_entropy(t(MAPS), t(np.zeros((2, 5), int))),
    "cross_entropy, map rank": lambda F, t: F.cross_entropy(t(MAPS), t(np.zeros(2, int))),
    "cross_entropy, rank": lambda F, t: F.cross_entropy(t(ROWS), t(np.zeros((3, 1), int))),
    "cross_entropy, scalar": lambda F, t: F.cross_entropy(t(np.array(1.0)), t(np.array(0))),
    "cross_entropy, probabilities": lambda F, t: F.cross_entropy(t(ROWS), t(np.ones((3, 3)))),
    "cross_entropy, float classes": lambda F, t: F.cross_entropy(t(ROWS), t(np.zeros(3))),
    "cross_entropy, bool": lambda F, t: F.cross_entropy(t(ROWS), t(CLASSES > 0)),
    "cross_entropy, weight": lambda F, t: F.cross_entropy(t(ROWS), t(CLASSES), t(np.ones(3))),
    "cross_entropy, weight soft": lambda F, t: F.cross_entropy(t(ROWS), t(ROWS), t(np.ones(3))),
    "cross_entropy, smoothing": lambda F, t: F.cross_entropy(t(ROWS), t(CLASSES), label_smoothing=1.5),
    "cross_entropy, soft and ignored": lambda F, t: F.cross_entropy(t(ROWS), t(ROWS), ignore_index=1),
    "cross_entropy, reduction": lambda F, t: F.cross_entropy(t(ROWS), t(CLASSES), reduction="average"),
    "cross_entropy, ignore float": lambda F, t: F.cross_entropy(t(ROWS), t(CLASSES), ignore_index=1.5),
    "nll_loss, too large": lambda F, t: F.nll_loss(t(ROWS), t(np.array([0, 1, 4]))),
    "nll_loss, batch": lambda F, t: F.nll_loss(t(ROWS), t(np.array([0, 1]))),
    "nll_loss, map": lambda F, t: F.nll_loss(t(MAPS), t(np.zeros((2, 5), int))),
    "nll_loss, map batch": lambda F, t: F.nll_loss(t(MAPS), t(np.zeros((3, 6), int))),
    "nll_loss, float": lambda F, t: F.nll_loss(t(ROWS), t(np.zeros(3))),
    "nll_loss, weight": lambda F, t: F.nll_loss(t(ROWS), t(CLASSES), t(np.ones(3))),
    "nll_loss, scalar": lambda F, t: F.nll_loss(t(np.array(1.0)), t(np.array(0))),
    "nll_loss, reduction": lambda F, t: F.nll_loss(t(ROWS), t(CLASSES), reduction="average"),
    "kl_div, shapes": lambda F, t: F.kl_div(t(ROWS), t(np.ones(3))),
    "kl_div, reduction": lambda F, t: F.kl_div(t(ROWS), t(ROWS), reduction="average"),
}


def outcome(functional, tensor, call):
    """The class of the exception that a call raises."""
    with pytest.raises(Exception) as caught:
        call(functional, tensor)
    return caught.type


@pytest.mark.parametrize("name", BAD_CALLS)
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_a_bad_call_raises_what_it_raises_in_torch(name):
    theirs = outcome(torch.nn.functional, torch.tensor, BAD_CALLS[name])
    assert outcome(F, Tensor, BAD_CALLS[name]) is theirs


STRICTER = {  # torch: an IndexError, a ZeroDivisionError and a RuntimeError by accident, then nan three times
    "avg_pool2d, rank": (lambda F, t: F.avg_pool2d(t(ROWS), 2), RuntimeError),
    "group_norm, 0": (lambda F, t: F.group_norm(t(ROWS), 0), RuntimeError),
    "dropout, nan": (lambda F, t: F.dropout(t(ROWS), float("nan")), ValueError),
    "layer_norm, eps -1": (lambda F, t: F.layer_norm(t(ROWS), (4,), eps=-1.0), ValueError),
    "rms_norm, eps -1": (lambda F, t: F.rms_norm(t(ROWS), (4,), eps=-1.0), ValueError),
    "cross_entropy, smoothing nan": (
        lambda F, t: F.cross_entropy(t(ROWS), t(CLASSES), label_smoothing=float("nan")),
        RuntimeError,
    ),
}


@pytest.mark.parametrize("name", STRICTER)
def test_where_torch_returns_nan_or_fails_by_accident_there_is_an_error(name):
    call, error = STRICTER[name]
    assert outcome(F, Tensor, call) is error


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
        (lambda: F.huber_loss(np.ones(2), np.ones(2), delta=0.0), RuntimeError, "non-positive values for delta"),
        (lambda: F.binary_cross_entropy_with_logits(np.ones(2), np.ones(3)), ValueError, "must be the same as"),
        (lambda: F.mse_loss(np.ones(2), np.ones(2), reduction="average"), ValueError, "not a valid value"),
        (lambda: F.linear(np.ones((2, 3)), np.ones((4, 3)), np.ones((2, 4))), RuntimeError, r"bias of shape \(4,\)"),
        (lambda: F.conv2d(IMAGE, np.ones((2, 1, 3, 3)), np.ones(1)), RuntimeError, r"bias of shape \(2,\)"),
        (
            lambda: F.conv2d(IMAGE, np.ones((2, 1, 3, 3)), dilation=0),
            RuntimeError,
            r"dilation=0, expected an integer",
        ),
        (lambda: F.conv_transpose2d(IMAGE[..., :1, :1], np.ones((1, 1, 3, 3)), padding=2), RuntimeError, "nothing of"),
        (lambda: F.adaptive_max_pool2d(IMAGE[0], 1), RuntimeError, r"shape \(N, C, H, W\)"),
        (lambda: F.embedding([-1], np.ones((3, 2))), IndexError, "out of range"),
        (lambda: F.rms_norm(np.ones((2, 3)), 4), RuntimeError, "expected such last axes"),
        (lambda: F.layer_norm(np.ones((2, 3)), ()), RuntimeError, "expected such last axes"),
        (lambda: F.nll_loss(np.zeros((3, 4)), [0, -1, 2]), IndexError, "Target -1"),
        (lambda: F.nll_loss(np.zeros((3, 4)), [0, 1]), ValueError, r"batch_size \(3\) to match"),
        (lambda: F.cross_entropy(np.zeros(()), 1), RuntimeError, r"shape \(K,\), \(N, K\)"),
        (lambda: F.cross_entropy(np.zeros((2, 4)), [0, 1], weight=np.ones(3)), RuntimeError, "each of 4 classes"),
        (lambda: F.cross_entropy(np.zeros((2, 4)), [0, 1], label_smoothing=1.5), RuntimeError, "between 0.0 and 1.0"),
        (
            lambda: F.cross_entropy(np.zeros((1, 2)), np.full((1, 2), 0.5), ignore_index=1),
            RuntimeError,
            "not supported",
        ),
    ],
)
def test_bad_input_and_its_words(call, error, words):
    with pytest.raises(error, match=words):
        call()


# ---- names and positions ---------------------------------------------------------------------------------------------

OWN = {"conv_output_size", "im2col_conv2d", "inverted_dropout"}  # torch has none of this name
IN_TORCH = {
    "max_pool2d": "input kernel_size stride padding dilation ceil_mode",
    "adaptive_max_pool2d": "input output_size",
}


def torchs_parameters(name):
    function = getattr(torch.nn.functional, name)
    if name in IN_TORCH:  # its signature is (*args, **kwargs)
        return IN_TORCH[name].split()
    try:
        return list(inspect.signature(function).parameters)
    except ValueError:  # made in C: the first line of the docstring is the signature
        line = function.__doc__.strip().splitlines()[0]
        return [word.split("=")[0].strip() for word in line[line.index("(") + 1 : line.index(")")].split(",")]


@pytest.mark.parametrize("name", sorted(set(F.__all__) - OWN))
def test_parameters_have_torchs_names_and_places(name):
    parameters = inspect.signature(getattr(F, name)).parameters.values()
    positional = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    theirs = torchs_parameters(name)
    assert positional == theirs[: len(positional)]
    assert {p.name for p in parameters} - set(theirs) <= ({"rng"} if name == "dropout" else set())


# ---- dtypes ----------------------------------------------------------------------------------------------------------

W = np.random.default_rng(0)
CALLS = {  # of an image, a batch of shape (2, 4, 4, 6), with settings that matter
    "linear": lambda F, t, x: F.linear(x, t(W_LINEAR), t(W_LINEAR[:, 0])),
    "conv2d": lambda F, t, x: F.conv2d(x, t(W_CONV), t(W_LINEAR[:, 0]), padding=1, stride=(1, 2)),
    "conv1d": lambda F, t, x: F.conv1d(x[0], t(W_CONV[:, :, 0]), dilation=2),
    "conv_transpose2d": lambda F, t, x: F.conv_transpose2d(x, t(W_CONV), None, 2, 1),
    "max_pool2d": lambda F, t, x: F.max_pool2d(x, 3, 2, 1),
    "avg_pool2d": lambda F, t, x: F.avg_pool2d(x, (2, 3), 1, (1, 0), True, False),
    "adaptive_avg_pool2d": lambda F, t, x: F.adaptive_avg_pool2d(x, (3, 4)),
    "adaptive_max_pool2d": lambda F, t, x: F.adaptive_max_pool2d(x, (3, 4)),
    "batch_norm": lambda F, t, x: F.batch_norm(x, None, None, t(W_LINEAR[0, :4]), t(W_LINEAR[1, :4]), True),
    "batch_norm, evaluation": lambda F, t, x: F.batch_norm(x, t(W_LINEAR[0, :4]), t(1 + W_LINEAR[1, :4] ** 2)),
    "layer_norm": lambda F, t, x: F.layer_norm(x, (4, 6), t(W_CONV[0, 0].repeat(2, 0)[:4].repeat(2, 1))),
    "rms_norm": lambda F, t, x: F.rms_norm(x, (6,), t(W_LINEAR[0]), 1e-3),
    "group_norm": lambda F, t, x: F.group_norm(x, 2, t(W_LINEAR[0, :4]), t(W_LINEAR[1, :4])),
    "relu": lambda F, t, x: F.relu(x),
    "sigmoid": lambda F, t, x: F.sigmoid(x),
    "tanh": lambda F, t, x: F.tanh(x),
    "softmax": lambda F, t, x: F.softmax(x, 1),
    "log_softmax": lambda F, t, x: F.log_softmax(x, -1),
    "leaky_relu": lambda F, t, x: F.leaky_relu(x, 0.3),
    "elu": lambda F, t, x: F.elu(x, 0.7),
    "gelu": lambda F, t, x: F.gelu(x),
    "gelu, tanh": lambda F, t, x: F.gelu(x, approximate="tanh"),
    "silu": lambda F, t, x: F.silu(x),
    "softplus": lambda F, t, x: F.softplus(x, 2.0, 3.0),
    "dropout": lambda F, t, x: F.dropout(x, 0.3, False),
    "mse_loss": lambda F, t, x: F.mse_loss(x, t(W_IMAGE)),
    "l1_loss": lambda F, t, x: F.l1_loss(x, t(W_IMAGE)),
    "huber_loss": lambda F, t, x: F.huber_loss(x, t(W_IMAGE), delta=0.4),
    "bce": lambda F, t, x: F.binary_cross_entropy_with_logits(x, t(W_SHARE), pos_weight=t(W_SHARE[0])),
    "cross_entropy": lambda F, t, x: F.cross_entropy(x, t(W_CLASSES), t(1 + W_SHARE[0, :, 0, 0])),
    "cross_entropy, smoothed": lambda F, t, x: F.cross_entropy(x, t(W_CLASSES), label_smoothing=0.2),
    "cross_entropy, soft": lambda F, t, x: F.cross_entropy(x, t(W_SHARE), t(1 + W_SHARE[0, :, 0, 0])),
    "nll_loss": lambda F, t, x: F.nll_loss(x, t(W_CLASSES), reduction="sum"),
    "kl_div": lambda F, t, x: F.kl_div(x, t(W_SHARE), reduction="batchmean"),
}  # fmt: skip
W_LINEAR, W_CONV, W_IMAGE = W.normal(size=(4, 6)), W.normal(size=(4, 4, 2, 3)), W.normal(size=(2, 4, 4, 6))
W_SHARE, W_CLASSES = W.uniform(0.1, 0.9, (2, 4, 4, 6)), W.integers(0, 4, (2, 4, 6))


def of_dtype(dtype):
    """What makes an array a tensor of this dtype, on our side; whole numbers stay."""
    return lambda a: Tensor(a.astype(dtype) if a.dtype.kind == "f" else a)


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint8, bool], ids=lambda d: d.__name__)
@pytest.mark.parametrize("name", CALLS)
def test_integers_are_computed_as_floats(name, dtype):
    x = W_IMAGE * 60
    x = (x > 0 if dtype is bool else np.abs(x) if dtype is np.uint8 else x).astype(dtype)
    out, expected = (CALLS[name](F, Tensor, Tensor(v)) for v in (x, x.astype(float)))
    np.testing.assert_array_equal(out.data, expected.data)
    assert out.dtype == (dtype if name == "relu" and dtype is not bool else float)


@pytest.mark.parametrize("name", CALLS)
def test_half_precision_is_torchs(name):
    x = (3 * W_IMAGE).astype(np.float16)
    ours, theirs = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    out = CALLS[name](F, of_dtype(np.float16), ours)
    expected = CALLS[name](torch.nn.functional, lambda a: torch.tensor(of_dtype(np.float16)(a).data), theirs)
    assert out.dtype == np.float16
    np.testing.assert_allclose(out.data, expected.detach(), rtol=4e-3, atol=4e-3)
    out.sum().backward()
    expected.sum().backward()
    np.testing.assert_allclose(ours.grad.data, theirs.grad, rtol=1e-2, atol=2e-2)


def test_half_precision_does_not_overflow_on_the_way():
    x = np.full((1, 1, 64, 64), 100.0, np.float16)  # the sum is 409,600, beyond 65,504
    assert F.avg_pool2d(x, 64).item() == 100 and F.adaptive_avg_pool2d(x, 1).item() == 100
    assert F.mse_loss(x, np.zeros_like(x)).item() == 10000
    assert F.layer_norm(x[0, 0], 64).data.max() == 0
    assert np.isinf(F.mse_loss(x, np.zeros_like(x), reduction="sum").item())  # as torch: there is no such float16


@pytest.mark.parametrize("value", [1j, "text", np.datetime64("2020-01-01")], ids=["complex", "text", "date"])
def test_what_is_no_real_number_is_refused(value):
    for function in (F.sigmoid, F.gelu, lambda x: F.linear(x, x), lambda x: F.mse_loss(x, x)):
        with pytest.raises(TypeError, match="expected real numbers"):
            function(np.array([[value]]))


# ---- gradients -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CALLS)
def test_gradients_are_finite_differences_and_torchs(name):
    call = CALLS[name]
    ours, theirs = Tensor(W_IMAGE, requires_grad=True), torch.tensor(W_IMAGE, requires_grad=True)
    out, expected = call(F, Tensor, ours), call(torch.nn.functional, torch.tensor, theirs)
    weights = np.random.default_rng(1).normal(size=out.shape)
    np.testing.assert_allclose(out.data, expected.detach(), rtol=1e-12, atol=1e-12)
    out.backward(weights)
    expected.backward(torch.tensor(weights))
    np.testing.assert_allclose(ours.grad.data, theirs.grad, rtol=1e-11, atol=1e-12)
    numeric = finite_difference_gradient(lambda x: np.sum(weights * call(F, Tensor, Tensor(x)).data), W_IMAGE)
    np.testing.assert_allclose(ours.grad.data, numeric, rtol=1e-5, atol=1e-6)


def test_the_softmax_chooses_torchs_axis_with_torchs_warning():
    for shape in ((), (4,), (2, 3), (2, 3, 4), (2, 3, 4, 2)):
        x = np.random.default_rng(0).normal(size=shape)
        for name in ("softmax", "log_softmax"):
            with pytest.warns(UserWarning, match="Implicit dimension choice"):
                out = getattr(F, name)(x)
            with pytest.warns(UserWarning, match="Implicit dimension choice"):
                expected = getattr(torch.nn.functional, name)(torch.tensor(x))
            np.testing.assert_allclose(out.data, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("shape", [(), (7,), (3, 5), (0,)], ids=str)
def test_rows_of_a_table_and_the_sum_of_their_gradients(shape):
    rng = np.random.default_rng(0)
    index, table = rng.integers(0, 6, shape), rng.normal(size=(8, 3))  # repeated, and some never taken
    ours, theirs = Tensor(table, requires_grad=True), torch.tensor(table, requires_grad=True)
    out, expected = F.embedding(index, ours), torch.nn.functional.embedding(torch.tensor(index), theirs)
    np.testing.assert_array_equal(out.data, expected.detach())
    weights = rng.normal(size=out.shape)
    out.backward(weights)
    expected.backward(torch.tensor(weights))
    np.testing.assert_allclose(ours.grad.data, theirs.grad, rtol=1e-14, atol=1e-15)
    np.testing.assert_array_equal(F.embedding(index.astype(np.int8), table).data, out.data)


# ---- changes in place between forward and backward -------------------------------------------------------------------

ROWS_OF_ONES, IMAGE_OF_ONES = np.ones((4, 3)), np.ones((2, 3, 4, 4))
TABLE_OR_WEIGHTS = {
    "linear": (lambda F, t, w, b: F.linear(t(ROWS_OF_ONES), w, b), (2, 3), (2,)),
    "embedding": (lambda F, t, w, b: F.embedding(t(np.array([0, 1, 1])), w) + b, (2, 3), (3,)),
    "conv2d": (lambda F, t, w, b: F.conv2d(t(IMAGE_OF_ONES), w, b), (2, 3, 2, 2), (2,)),
    "conv_transpose2d": (lambda F, t, w, b: F.conv_transpose2d(t(IMAGE_OF_ONES), w, b), (3, 2, 2, 2), (2,)),
    "batch_norm": (lambda F, t, w, b: F.batch_norm(t(IMAGE_OF_ONES), None, None, w, b, True), (3,), (3,)),
    "cross_entropy": (lambda F, t, w, b: F.cross_entropy(w + b, t(np.array([0, 2]))), (2, 3), (3,)),
}


@pytest.mark.parametrize("changed", ["weight", "bias"])
@pytest.mark.parametrize("name", TABLE_OR_WEIGHTS)
def test_a_change_that_no_gradient_reads_is_no_error(name, changed):
    """Constants in, a step, then backward: torch computes unless it kept the weights, and so do we."""
    call, *shapes = TABLE_OR_WEIGHTS[name]
    values = [np.random.default_rng(i).normal(size=shape) for i, shape in enumerate(shapes)]
    ours = [Tensor(value.copy(), requires_grad=True) for value in values]
    theirs = [torch.tensor(value, requires_grad=True) for value in values]
    out, expected = call(F, Tensor, *ours), call(torch.nn.functional, torch.tensor, *theirs)
    place = ["weight", "bias"].index(changed)
    ours[place].data[...] *= 0.5
    increment_version(ours[place])
    with torch.no_grad():
        theirs[place].mul_(0.5)
    try:
        expected.sum().backward()
    except RuntimeError:  # of a constant input only the copy is needed that we have
        assert changed == "weight" and name in ("conv2d", "conv_transpose2d", "batch_norm")
        return
    out.sum().backward()
    for a, b in zip(ours, theirs):
        np.testing.assert_allclose(a.grad.data, b.grad, rtol=1e-12, atol=1e-15)


def test_a_change_that_a_gradient_reads_is_an_error():
    x, w = Tensor(ROWS_OF_ONES, requires_grad=True), Tensor(np.ones((2, 3)), requires_grad=True)
    for changed in (x, w):
        out = F.linear(x, w)
        increment_version(changed)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            out.sum().backward()
    x = Tensor(IMAGE_OF_ONES, requires_grad=True)
    out = F.max_pool2d(x, 2)
    increment_version(out)  # the places of the largest are found by their values; torch keeps them
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.sum().backward()


def test_an_infinite_residual_has_hubers_slope():
    x, y = Tensor([np.inf, -np.inf, 0.5], requires_grad=True), torch.tensor([np.inf, -np.inf, 0.5], requires_grad=True)
    F.huber_loss(x, np.zeros(3)).backward()
    torch.nn.functional.huber_loss(y, torch.zeros(3)).backward()
    np.testing.assert_allclose(x.grad.data, y.grad, rtol=1e-6)


def test_half_precision_reads_a_copy():
    x = Tensor(np.ones(3, np.float16), requires_grad=True)
    out = F.sigmoid(x)
    increment_version(x)
    out.sum().backward()
    np.testing.assert_allclose(x.grad.data, 0.19661, rtol=1e-3)


# ---- whatever numpy.seterr was told ----------------------------------------------------------------------------------

EXTREMES = [1e30, -1e30, 2e19, -800.0, -740.0, -100.0, -1e-40, 0.0, 1e-40, 100.0]
QUIET = {
    **{
        name: lambda F, t, x, name=name: getattr(F, name)(x)
        for name in ("relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "sigmoid", "tanh")
    },
    "softmax": lambda F, t, x: F.softmax(x, 0),
    "log_softmax": lambda F, t, x: F.log_softmax(x, 0),
    "cross_entropy": lambda F, t, x: F.cross_entropy(x, t(np.array(3))),
    "smoothed cross_entropy": lambda F, t, x: F.cross_entropy(x, t(np.array(3)), label_smoothing=0.1),
    "nll_loss": lambda F, t, x: F.nll_loss(x, t(np.array(3))),
    "binary_cross_entropy_with_logits": lambda F, t, x: F.binary_cross_entropy_with_logits(x, x.detach() * 0),
    "l1_loss": lambda F, t, x: F.l1_loss(x, x.detach() * 0),
    "huber_loss": lambda F, t, x: F.huber_loss(x, x.detach() * 0),
    "kl_div": lambda F, t, x: F.kl_div(x, x.detach() * 0 - 100, log_target=True, reduction="sum"),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", QUIET)
def test_what_is_too_small_or_large_is_no_error_and_torchs(name, dtype):
    call, values = QUIET[name], np.array(EXTREMES, dtype)
    ours, theirs = Tensor(values, requires_grad=True), torch.tensor(values, requires_grad=True)
    expected = call(torch.nn.functional, torch.tensor, theirs)
    expected.sum().backward()
    with np.errstate(all="raise"):
        out = call(F, Tensor, ours)
        out.sum().backward()
    rtol = 1e-5 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(out.data, expected.detach(), rtol=rtol, atol=1e-37)
    np.testing.assert_allclose(ours.grad.data, theirs.grad, rtol=rtol, atol=1e-37)
