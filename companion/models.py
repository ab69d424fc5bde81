r"""Architectures: the small networks of the chapters, and tables of shapes, parameters and receptive fields."""

import itertools
from typing import NamedTuple

import numpy as np

from companion import nn
from companion.nn import functional as F
from companion.nn.functional import conv_output_size

# ---- networks --------------------------------------------------------------------------------------------------------


def mlp(sizes, activation=nn.ReLU, norm=None, dropout=0.0, *, rng=None, dtype=float):
    """Linear layers with an activation after each but the last, and before it a normalization, if wanted.

    Parameters
    ----------
    sizes : sequence of int
        The number of inputs, of units of each hidden layer, and of outputs.
    activation, norm : callable
        Make a module: ``activation()``, ``norm(width)``.
    dropout : float
        After each activation.
    """
    rng, layers = np.random.default_rng(rng), []
    for n_in, n_out in itertools.pairwise(sizes[:-1]):
        layers.append(nn.Linear(n_in, n_out, rng=rng, dtype=dtype))
        layers += [norm(n_out)] if norm is not None else []
        layers.append(activation())
        layers += [nn.Dropout(dropout, rng=rng)] if dropout else []
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1], rng=rng, dtype=dtype))


def lenet(n_classes=10, channels=(8, 16), *, rng=None, dtype=float):
    """LeNet's pattern for images of shape (1, 8, 8): convolution, ReLU and pooling twice, then a linear layer."""
    rng = np.random.default_rng(rng)
    first, second = channels
    return nn.Sequential(
        nn.Conv2d(1, first, 3, padding=1, rng=rng, dtype=dtype),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(first, second, 3, padding=1, rng=rng, dtype=dtype),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(4 * second, n_classes, rng=rng, dtype=dtype),
    )


def convnet(n_classes=10, channels=(8, 16, 32), *, rng=None, dtype=float):
    """3 x 3 convolutions with ReLUs, pooling after the first, and the largest answer of each map, wherever it stands.

    For images of shape (1, H, W) of any size from 2 x 2 on: nothing in it knows a place.
    """
    rng, layers, n_in = np.random.default_rng(rng), [], 1
    for n_out in channels:
        layers += [nn.Conv2d(n_in, n_out, 3, padding=1, rng=rng, dtype=dtype), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if n_in == 1 else []
        n_in = n_out
    head = nn.Linear(n_in, n_classes, rng=rng, dtype=dtype)
    return nn.Sequential(*layers, nn.AdaptiveMaxPool2d(1), nn.Flatten(), head)


class Residual(nn.Module):
    """x + f(x) for a module f that keeps the shape."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        return x + self.module(x)


class BasicBlock(nn.Module):
    """The residual block of ResNet-18 (``torchvision``'s names): two 3 x 3 convolutions around a skip.

    Where the stride or the number of channels changes the shape, the skip is a 1 x 1 convolution.
    """

    def __init__(self, inplanes, planes, stride=1, *, rng=None, dtype=float):
        super().__init__()
        rng = np.random.default_rng(rng)
        self.conv1 = nn.Conv2d(inplanes, planes, 3, stride, 1, bias=False, rng=rng, dtype=dtype)
        self.bn1 = nn.BatchNorm2d(planes, dtype=dtype)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False, rng=rng, dtype=dtype)
        self.bn2 = nn.BatchNorm2d(planes, dtype=dtype)
        self.downsample = None
        if stride != 1 or inplanes != planes:
            projection = nn.Conv2d(inplanes, planes, 1, stride, bias=False, rng=rng, dtype=dtype)
            self.downsample = nn.Sequential(projection, nn.BatchNorm2d(planes, dtype=dtype))

    def forward(self, x):
        skip = x if self.downsample is None else self.downsample(x)
        out = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(out)) + skip)


# ---- tables: what a network would be, without building it ------------------------------------------------------------


class Conv(NamedTuple):
    """A convolution in a table."""

    out_channels: int
    kernel_size: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    groups: int = 1


class Pool(NamedTuple):
    """A pooling window in a table."""

    kernel_size: int
    stride: int
    padding: int = 0


class Dense(NamedTuple):
    """A fully connected layer in a table."""

    out_features: int


# Krizhevsky, Sutskever and Hinton (2012): two groups where the two graphics cards did not see each other's maps.
ALEXNET = [
    Conv(96, 11, stride=4),
    Pool(3, 2),
    Conv(256, 5, padding=2, groups=2),
    Pool(3, 2),
    Conv(384, 3, padding=1),
    Conv(384, 3, padding=1, groups=2),
    Conv(256, 3, padding=1, groups=2),
    Pool(3, 2),
    Dense(4096),
    Dense(4096),
    Dense(1000),
]


class Row(NamedTuple):
    """A line of :func:`layer_table`."""

    layer: NamedTuple
    shape: tuple
    n_parameters: int
    multiplications: int


def layer_table(layers, input_shape):
    """The shape after each layer, its parameters, and the multiplications for one image.

    Parameters
    ----------
    layers : list of Conv, Pool and Dense
    input_shape : (C, H, W)

    Examples
    --------
    >>> [row.shape for row in layer_table([Conv(4, 3), Pool(2, 2), Dense(10)], (1, 8, 8))]
    [(4, 6, 6), (4, 3, 3), (10,)]
    """
    rows, shape = [], tuple(input_shape)
    for layer in layers:
        if isinstance(layer, Dense):
            inputs = int(np.prod(shape))
            shape, weights = (layer.out_features,), inputs * layer.out_features
            rows.append(Row(layer, shape, weights + layer.out_features, weights))
            continue
        channels, *sizes = shape
        dilation = getattr(layer, "dilation", 1)
        sizes = [conv_output_size(n, layer.kernel_size, layer.stride, layer.padding, dilation) for n in sizes]
        if min(sizes) < 1:
            raise ValueError(f"{layer} does not fit into an input of shape {shape}")
        if isinstance(layer, Pool):
            shape = (channels, *sizes)
            rows.append(Row(layer, shape, 0, 0))
            continue
        if channels % layer.groups or layer.out_channels % layer.groups:
            raise ValueError(
                f"{channels} channels in and {layer.out_channels} out do not divide into {layer.groups} groups"
            )
        weights = layer.out_channels * (channels // layer.groups) * layer.kernel_size**2
        shape = (layer.out_channels, *sizes)
        rows.append(Row(layer, shape, weights + layer.out_channels, weights * int(np.prod(sizes))))
    return rows


def receptive_field(layers):
    r"""How many input pixels, along one axis, an output of the last layer can see, and how far neighbors stand apart.

    :math:`r \leftarrow r + (K - 1) D j` and :math:`j \leftarrow j S`, from r = j = 1.

    Returns
    -------
    size, jump : int

    Examples
    --------
    >>> receptive_field([Conv(8, 3), Conv(8, 3)]), receptive_field([Conv(8, 5)])
    ((5, 1), (5, 1))
    """
    size, jump = 1, 1
    for layer in layers:
        size += (layer.kernel_size - 1) * getattr(layer, "dilation", 1) * jump
        jump *= layer.stride
    return size, jump
