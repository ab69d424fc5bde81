"""The small networks of the chapters."""

import itertools
from collections.abc import Callable, Sequence
from functools import partial

from companion import nn
from companion.annotations import DTypeLike, Seed
from companion.autograd import Tensor
from companion.nn import functional as F
from companion.nn.functional.arguments import TensorLike
from companion.validation import Integer, Number, check_random_state, require

__all__ = ["BasicBlock", "Residual", "convnet", "lenet", "mlp"]


def mlp(
    sizes: Sequence[int],
    activation: Callable[[], nn.Module] = nn.ReLU,
    norm: Callable[[int], nn.Module] | None = None,
    dropout: float = 0.0,
    *,
    rng: Seed = None,
    dtype: DTypeLike = float,
) -> nn.Sequential:
    """Linear layers with an activation after each but the last, and before it a normalization, if wanted.

    Parameters
    ----------
    sizes : sequence of int
        The number of inputs, of units of each hidden layer, and of outputs.
    activation : callable
        Makes a module: ``activation()``.
    norm : callable, optional
        Makes a module for a width: ``norm(width)``.
    dropout : float
        The probability to drop a unit, after each activation; with 0 there is no such layer.
    rng : int, Generator, RandomState or None
        Draws the weights, and what is dropped.
    dtype : dtype
        Of the linear layers.

    Returns
    -------
    Sequential
        The layers.

    Raises
    ------
    ValueError
        If there are fewer than two sizes, or one is no positive integer, or ``dropout`` no probability.

    Examples
    --------
    >>> [type(layer).__name__ for layer in mlp([4, 8, 3], nn.Tanh, dropout=0.1, rng=0)]
    ['Linear', 'Tanh', 'Dropout', 'Linear']
    """
    for size in sizes:
        require("sizes", size, Integer(1))
    if len(sizes) < 2:
        raise ValueError(f"sizes={sizes}, expected at least the numbers of inputs and of outputs")
    require("dropout", dropout, Number(0, 1, "both"))
    rng = check_random_state(rng)
    layers: list[nn.Module] = []
    for n_in, n_out in itertools.pairwise(sizes[:-1]):
        layers.append(nn.Linear(n_in, n_out, rng=rng, dtype=dtype))
        if norm is not None:
            layers.append(norm(n_out))
        layers.append(activation())
        if dropout:
            layers.append(nn.Dropout(dropout, rng=rng))
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1], rng=rng, dtype=dtype))


def lenet(
    n_classes: int = 10, channels: tuple[int, int] = (8, 16), *, rng: Seed = None, dtype: DTypeLike = float
) -> nn.Sequential:
    """LeNet's pattern for images of shape (1, 8, 8): convolution, ReLU and pooling twice, then a linear layer.

    Parameters
    ----------
    n_classes : int
        How many scores come out.
    channels : pair of int
        How many maps the two convolutions make.
    rng : int, Generator, RandomState or None
        Draws the weights.
    dtype : dtype
        Of the parameters.

    Returns
    -------
    Sequential
        The layers.

    Examples
    --------
    >>> import numpy as np
    >>> lenet(rng=0)(np.zeros((5, 1, 8, 8))).shape
    (5, 10)
    """
    rng = check_random_state(rng)
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


def convnet(
    n_classes: int = 10,
    channels: Sequence[int] = (8, 16, 32),
    *,
    rng: Seed = None,
    dtype: DTypeLike = float,
) -> nn.Sequential:
    """3 x 3 convolutions with ReLUs, pooling after the first, and the largest answer of each map, wherever it stands.

    For images of shape (1, H, W) of any size from 2 x 2 on: nothing in it knows a place.

    Parameters
    ----------
    n_classes : int
        How many scores come out.
    channels : sequence of int
        How many maps each convolution makes.
    rng : int, Generator, RandomState or None
        Draws the weights.
    dtype : dtype
        Of the parameters.

    Returns
    -------
    Sequential
        The layers.

    Raises
    ------
    ValueError
        If there are no channels.

    Examples
    --------
    >>> import numpy as np
    >>> convnet(rng=0)(np.zeros((5, 1, 14, 9))).shape
    (5, 10)
    """
    if len(channels) == 0:
        raise ValueError("there are no channels, expected at least one convolution")
    rng = check_random_state(rng)
    layers: list[nn.Module] = []
    for n_in, n_out in itertools.pairwise([1, *channels]):
        layers += [nn.Conv2d(n_in, n_out, 3, padding=1, rng=rng, dtype=dtype), nn.ReLU()]
    layers.insert(2, nn.MaxPool2d(2))
    head = nn.Linear(channels[-1], n_classes, rng=rng, dtype=dtype)
    return nn.Sequential(*layers, nn.AdaptiveMaxPool2d(1), nn.Flatten(), head)


class Residual(nn.Module):
    """x + f(x) for a module f that keeps the shape.

    Parameters
    ----------
    module : Module
        f.

    Examples
    --------
    >>> Residual(nn.ReLU())([-1.0, 2.0])
    tensor([-1.,  4.])
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: TensorLike) -> Tensor:
        """Add what the module makes of the input to the input.

        Parameters
        ----------
        x : Tensor or array_like
            The input.

        Returns
        -------
        Tensor
            x + f(x), of the same shape.
        """
        return x + self.module(x)


class BasicBlock(nn.Module):
    """The residual block of ResNet-18 (``torchvision``'s names): two 3 x 3 convolutions around a skip.

    Where the stride or the number of channels changes the shape, the skip is a 1 x 1 convolution.

    Parameters
    ----------
    inplanes, planes : int
        How many channels come in and go out.
    stride : int
        Of the first convolution.
    rng : int, Generator, RandomState or None
        Draws the weights.
    dtype : dtype
        Of the parameters.

    Examples
    --------
    >>> import numpy as np
    >>> BasicBlock(4, 8, stride=2, rng=0)(np.zeros((2, 4, 6, 6))).shape
    (2, 8, 3, 3)
    """

    def __init__(
        self, inplanes: int, planes: int, stride: int = 1, *, rng: Seed = None, dtype: DTypeLike = float
    ) -> None:
        super().__init__()
        rng = check_random_state(rng)
        convolution = partial(nn.Conv2d, bias=False, rng=rng, dtype=dtype)
        norm = partial(nn.BatchNorm2d, planes, dtype=dtype)
        self.conv1 = convolution(inplanes, planes, 3, stride, padding=1)
        self.bn1 = norm()
        self.conv2 = convolution(planes, planes, 3, padding=1)
        self.bn2 = norm()
        self.downsample = None
        if stride != 1 or inplanes != planes:
            projection = convolution(inplanes, planes, 1, stride)
            self.downsample = nn.Sequential(projection, norm())

    def forward(self, x: TensorLike) -> Tensor:
        """Add what two convolutions make of the input to the input.

        Parameters
        ----------
        x : Tensor of shape (N, inplanes, H, W)
            The maps.

        Returns
        -------
        Tensor of shape (N, planes, OH, OW)
            Maps of the size that the stride leaves.
        """
        skip = x if self.downsample is None else self.downsample(x)
        out = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(out)) + skip)
