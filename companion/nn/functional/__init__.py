r"""Layers as functions of tensors (``torch.nn.functional``): what a layer computes, and the gradients of that.

One rule for dtypes holds in all of them: they compute in floats. Integers and bools become float64 first, where torch
refuses most of them; only :func:`relu` leaves integers alone, and indices and classes are of any integer dtype. float32
and float64 stay what they are; float16 is computed in float32 and rounded at the end. Complex numbers are refused.

Arguments have torch's names, order and exceptions; what torch has at another place is keyword-only. Images have four
axes, (N, C, H, W), and sequences three; torch takes single ones, too.
"""

from companion.nn.functional.activation import (
    elu,
    gelu,
    leaky_relu,
    log_softmax,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
)
from companion.nn.functional.class_loss import cross_entropy, nll_loss
from companion.nn.functional.convolution import conv1d, conv2d, conv_transpose2d, im2col_conv2d
from companion.nn.functional.dense import embedding, linear
from companion.nn.functional.loss import (
    binary_cross_entropy_with_logits,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
)
from companion.nn.functional.normalization import batch_norm, group_norm, layer_norm, rms_norm
from companion.nn.functional.patches import conv_output_size
from companion.nn.functional.pooling import adaptive_avg_pool2d, adaptive_max_pool2d, avg_pool2d, max_pool2d
from companion.nn.functional.regularization import dropout, inverted_dropout

__all__ = [
    "adaptive_avg_pool2d",
    "adaptive_max_pool2d",
    "avg_pool2d",
    "batch_norm",
    "binary_cross_entropy_with_logits",
    "conv1d",
    "conv2d",
    "conv_output_size",
    "conv_transpose2d",
    "cross_entropy",
    "dropout",
    "elu",
    "embedding",
    "gelu",
    "group_norm",
    "huber_loss",
    "im2col_conv2d",
    "inverted_dropout",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "max_pool2d",
    "mse_loss",
    "nll_loss",
    "relu",
    "rms_norm",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "tanh",
]
