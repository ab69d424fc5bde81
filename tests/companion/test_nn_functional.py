"""What companion.nn.functional refuses, and its promises about names, positions, dtypes and gradients."""

import numpy as np
import pytest
import torch

from companion.autograd import Tensor
from companion.nn import functional as F

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
