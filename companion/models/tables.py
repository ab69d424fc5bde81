r"""Tables of architectures: what a network would be, without building it."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from companion.nn.checks import amount
from companion.nn.functional import conv_output_size
from companion.validation import Integer

__all__ = ["ALEXNET", "Conv", "Dense", "Pool", "Row", "layer_table", "receptive_field"]


class Conv(NamedTuple):
    """A convolution in a table, with square filters.

    Parameters
    ----------
    out_channels : int
        How many maps it makes.
    kernel_size, stride, padding, dilation, groups : int
        As of :class:`companion.nn.Conv2d`.

    Examples
    --------
    >>> Conv(96, 11, stride=4)
    Conv(out_channels=96, kernel_size=11, stride=4, padding=0, dilation=1, groups=1)
    """

    out_channels: int
    kernel_size: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    groups: int = 1


class Pool(NamedTuple):
    """A pooling window in a table.

    Parameters
    ----------
    kernel_size, stride, padding : int
        As of :class:`companion.nn.MaxPool2d`.

    Examples
    --------
    >>> Pool(3, 2)
    Pool(kernel_size=3, stride=2, padding=0)
    """

    kernel_size: int
    stride: int
    padding: int = 0


class Dense(NamedTuple):
    """A fully connected layer in a table.

    Parameters
    ----------
    out_features : int
        How many numbers it makes.

    Examples
    --------
    >>> Dense(10)
    Dense(out_features=10)
    """

    out_features: int


Layer: TypeAlias = Conv | Pool | Dense

# Krizhevsky, Sutskever and Hinton (2012): two groups where the two graphics cards did not see each other's maps.
ALEXNET: list[Layer] = [
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
    """A line of :func:`layer_table`.

    Parameters
    ----------
    layer : Conv, Pool or Dense
        The layer.
    shape : tuple of int
        What comes out of it, for one image.
    n_parameters : int
        How many numbers it learns.
    multiplications : int
        How many it takes for one image.

    Examples
    --------
    >>> Row(Dense(10), (10,), 170, 160).shape
    (10,)
    """

    layer: Layer
    shape: tuple[int, ...]
    n_parameters: int
    multiplications: int


LOWEST = {"padding": 0}  # of everything else, 1


def _checked_layer(layer: Layer) -> Layer:
    if not isinstance(layer, (Conv, Pool, Dense)):
        raise TypeError(f"{layer!r} is no Conv, Pool or Dense")
    for name, value in layer._asdict().items():
        amount(name, value, Integer(LOWEST.get(name, 1)), error=ValueError)
    return layer


def layer_table(layers: Iterable[Layer], input_shape: Sequence[int]) -> list[Row]:
    """The shape after each layer, its parameters, and the multiplications for one image.

    Parameters
    ----------
    layers : iterable of Conv, Pool and Dense
        From the first to the last.
    input_shape : sequence of int
        Channels, height and width of an image.

    Returns
    -------
    list of Row
        A line for each layer.

    Raises
    ------
    ValueError
        If a layer does not fit what comes before it, or a setting is too small; TypeError, if it is no whole number.

    Examples
    --------
    >>> [row.shape for row in layer_table([Conv(4, 3), Pool(2, 2), Dense(10)], (1, 8, 8))]
    [(4, 6, 6), (4, 3, 3), (10,)]
    """
    rows: list[Row] = []
    shape = tuple(int(amount("input_shape", n, Integer(1), error=ValueError)) for n in input_shape)
    for layer in map(_checked_layer, layers):
        row = _dense_row(layer, shape) if isinstance(layer, Dense) else _window_row(layer, shape)
        rows.append(row)
        shape = row.shape
    return rows


def _dense_row(layer: Dense, shape: tuple[int, ...]) -> Row:
    weights = math.prod(shape) * layer.out_features
    return Row(layer, (layer.out_features,), weights + layer.out_features, weights)


def _window_row(layer: Conv | Pool, shape: tuple[int, ...]) -> Row:
    if len(shape) != 3:
        raise ValueError(f"{layer} does not fit into an input of shape {shape}, expected (channels, height, width)")
    channels, *sizes = shape
    dilation = layer.dilation if isinstance(layer, Conv) else 1
    sizes = [conv_output_size(n, layer.kernel_size, layer.stride, layer.padding, dilation) for n in sizes]
    if min(sizes) < 1:
        raise ValueError(f"{layer} does not fit into an input of shape {shape}")
    if isinstance(layer, Pool):
        return Row(layer, (channels, *sizes), 0, 0)
    if channels % layer.groups or layer.out_channels % layer.groups:
        raise ValueError(
            f"{channels} channels in and {layer.out_channels} out do not divide into {layer.groups} groups"
        )
    weights = layer.out_channels * (channels // layer.groups) * layer.kernel_size**2
    shape = (layer.out_channels, *sizes)
    return Row(layer, shape, weights + layer.out_channels, weights * math.prod(sizes))


def sliding(layers: Iterable[Layer]) -> list[Conv | Pool]:
    """The layers, if all of them are windows that slide over their input.

    Parameters
    ----------
    layers : iterable of Conv and Pool
        From the first to the last.

    Returns
    -------
    list of Conv and Pool
        The same.

    Raises
    ------
    ValueError
        If one is fully connected, which sees everything, or a setting is too small.

    Examples
    --------
    >>> sliding([Pool(2, 2)])
    [Pool(kernel_size=2, stride=2, padding=0)]
    """
    windows: list[Conv | Pool] = []
    for layer in map(_checked_layer, layers):
        if isinstance(layer, Dense):
            raise ValueError(f"{layer} sees all of its input, wherever it stands: it has no receptive field")
        windows.append(layer)
    return windows


def receptive_field(layers: Iterable[Conv | Pool]) -> tuple[int, int]:
    r"""How many input pixels, along one axis, an output of the last layer can see, and how far neighbors stand apart.

    :math:`r \leftarrow r + (K - 1) D j` and :math:`j \leftarrow j S`, from r = j = 1.

    Parameters
    ----------
    layers : iterable of Conv and Pool
        From the first to the last.

    Returns
    -------
    size : int
        r.
    jump : int
        j.

    Raises
    ------
    ValueError
        If a layer is fully connected, or a setting is too small.

    Examples
    --------
    >>> receptive_field([Conv(8, 3), Conv(8, 3)]), receptive_field([Conv(8, 5)])
    ((5, 1), (5, 1))
    """
    size, jump = 1, 1
    for layer in sliding(layers):
        dilation = getattr(layer, "dilation", 1)  # pooling has none
        size += (layer.kernel_size - 1) * dilation * jump
        jump *= layer.stride
    return size, jump
