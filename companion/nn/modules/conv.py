"""Convolutions (``torch.nn.modules.conv``)."""

import math
from typing import Any

from companion.annotations import DTypeLike, Seed
from companion.autograd import Tensor
from companion.nn import functional as F
from companion.nn.checks import amount, flag, whole
from companion.nn.functional.arguments import Pair, TensorLike, as_tuple
from companion.nn.modules.module import Module
from companion.nn.modules.weights import first_weights
from companion.validation import Integer, Option, require

__all__ = ["Conv1d", "Conv2d", "ConvTranspose2d"]


class _Conv(Module):
    """What the convolutions share: their settings and torch's first weights."""

    dims = 2
    padding: Any  # a word, or a tuple

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Pair | str = 0,
        dilation: Pair = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        rng: Seed = None,
        dtype: DTypeLike = float,
    ) -> None:
        super().__init__()
        self.groups = int(amount("groups", groups, Integer(1), error=ValueError))
        self.in_channels = self._channels("in_channels", in_channels)
        self.out_channels = self._channels("out_channels", out_channels)
        self.kernel_size = as_tuple("kernel_size", kernel_size, self.dims, 1)
        self.stride = as_tuple("stride", stride, self.dims, 1)
        self.dilation = as_tuple("dilation", dilation, self.dims, 1)
        self.padding = self._padding(padding)
        shape = (*self._weight_channels(), *self.kernel_size)
        n_biases = self.out_channels if flag("bias", bias) else None
        self.weight, self.bias = first_weights(shape, math.prod(shape[1:]), n_biases, rng, dtype)

    def _channels(self, name: str, value: int) -> int:
        channels = whole(name, value)
        if channels % self.groups:
            raise ValueError(f"{name}={channels}, expected a number divisible by groups={self.groups}")
        return channels

    def _padding(self, padding: Pair | str) -> str | tuple[int, ...]:
        if not isinstance(padding, str):
            return as_tuple("padding", padding, self.dims, 0)
        require("padding", padding, Option("same", "valid"), error=ValueError)
        if padding == "same" and any(step != 1 for step in self.stride):
            raise ValueError("padding='same' is not supported for strided convolutions")
        return padding

    def _weight_channels(self) -> tuple[int, int]:
        return self.out_channels, self.in_channels // self.groups

    def extra_repr(self) -> str:
        """Write the settings.

        Returns
        -------
        str
            In torch's form, without those that have their defaults.
        """
        zeros, ones = (0,) * self.dims, (1,) * self.dims
        usual = {"padding": zeros, "dilation": ones, "output_padding": zeros, "groups": 1}
        words = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        for name, default in usual.items():
            value = getattr(self, name, default)
            if value != default:
                words += f", {name}={value}"
        return words if self.bias is not None else f"{words}, bias=False"


class Conv2d(_Conv):
    """Cross-correlation of images with learned filters, padded with zeros.

    Parameters
    ----------
    in_channels, out_channels : int
        How many channels come in and go out.
    kernel_size : int or pair
        Height and width of the filters.
    stride : int or pair
        How far a filter moves from one output to the next.
    padding : int, pair, "valid" or "same"
        Zeros around the image; "same" keeps its size, which needs a stride of 1.
    dilation : int or pair
        How far apart the elements of a filter look.
    groups : int
        The channels are split into so many groups that do not see each other.
    bias : bool
        Whether each output channel has a constant added.
    rng : int, Generator, RandomState or None
        Draws the first weights, torch's: uniform within 1 / sqrt(in_channels / groups * KH * KW).
    dtype : dtype
        Of the parameters.

    Attributes
    ----------
    weight : Parameter of shape (out_channels, in_channels / groups, KH, KW)
        The filters.
    bias : Parameter of shape (out_channels,), or None
        The constants.

    Raises
    ------
    ValueError
        If ``groups`` does not divide the channels, or ``padding`` is a word that does not fit; RuntimeError, if a size
        is too small, at once and not at the first use as in torch; TypeError, if it is no whole number.

    Examples
    --------
    >>> import numpy as np
    >>> conv = Conv2d(3, 8, kernel_size=3, stride=2, padding=1, rng=0)
    >>> conv.weight.shape, conv(np.zeros((2, 3, 28, 28))).shape
    ((8, 3, 3, 3), (2, 8, 14, 14))
    """

    def forward(self, input: TensorLike) -> Tensor:
        """Correlate the images with the filters.

        Parameters
        ----------
        input : Tensor of shape (N, in_channels, H, W)
            The images.

        Returns
        -------
        Tensor of shape (N, out_channels, OH, OW)
            Their maps.
        """
        return F.conv2d(input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class Conv1d(_Conv):
    """Cross-correlation of sequences with learned filters, padded with zeros.

    Parameters
    ----------
    in_channels, out_channels : int
        How many channels come in and go out.
    kernel_size : int
        Length of the filters.
    stride : int
        How far a filter moves from one output to the next.
    padding : int, "valid" or "same"
        Zeros at either end; "same" keeps the length, which needs a stride of 1.
    dilation : int
        How far apart the elements of a filter look.
    groups : int
        The channels are split into so many groups that do not see each other.
    bias : bool
        Whether each output channel has a constant added.
    rng : int, Generator, RandomState or None
        Draws the first weights, torch's: uniform within 1 / sqrt(in_channels / groups * K).
    dtype : dtype
        Of the parameters.

    Attributes
    ----------
    weight : Parameter of shape (out_channels, in_channels / groups, K)
        The filters.
    bias : Parameter of shape (out_channels,), or None
        The constants.

    Examples
    --------
    >>> import numpy as np
    >>> Conv1d(3, 8, kernel_size=5, padding="same", rng=0)(np.zeros((2, 3, 28))).shape
    (2, 8, 28)
    """

    dims = 1

    def forward(self, input: TensorLike) -> Tensor:
        """Correlate the sequences with the filters.

        Parameters
        ----------
        input : Tensor of shape (N, in_channels, L)
            The sequences.

        Returns
        -------
        Tensor of shape (N, out_channels, OL)
            Their maps.
        """
        return F.conv1d(input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class ConvTranspose2d(_Conv):
    """The transpose of a convolution: the map whose forward pass is the gradient of :class:`Conv2d`.

    Parameters
    ----------
    in_channels, out_channels : int
        How many channels come in and go out.
    kernel_size : int or pair
        Height and width of the filters.
    stride : int or pair
        How far apart the filters are laid down: about the factor by which the image grows.
    padding : int or pair
        Rows and columns that are cut off at each side.
    output_padding : int or pair
        Rows and columns added at the end, where a stride leaves the size open; smaller than stride or dilation.
    groups : int
        The channels are split into so many groups that do not see each other.
    bias : bool
        Whether each output channel has a constant added.
    dilation : int or pair
        How far apart the elements of a filter are laid down.
    rng : int, Generator, RandomState or None
        Draws the first weights, torch's: uniform within 1 / sqrt(out_channels / groups * KH * KW).
    dtype : dtype
        Of the parameters.

    Attributes
    ----------
    weight : Parameter of shape (in_channels, out_channels / groups, KH, KW)
        The filters.
    bias : Parameter of shape (out_channels,), or None
        The constants.

    Examples
    --------
    >>> import numpy as np
    >>> ConvTranspose2d(8, 3, kernel_size=2, stride=2, rng=0)(np.zeros((1, 8, 7, 7))).shape
    (1, 3, 14, 14)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Pair = 0,
        output_padding: Pair = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Pair = 1,
        *,
        rng: Seed = None,
        dtype: DTypeLike = float,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, rng=rng, dtype=dtype
        )
        self.output_padding = as_tuple("output_padding", output_padding, 2, 0)

    def _padding(self, padding: Any) -> tuple[int, ...]:
        return as_tuple("padding", padding, self.dims, 0)

    def _weight_channels(self) -> tuple[int, int]:
        return self.in_channels, self.out_channels // self.groups

    def forward(self, input: TensorLike) -> Tensor:
        """Lay the filters down, each as strong as an element of the input.

        Parameters
        ----------
        input : Tensor of shape (N, in_channels, H, W)
            The maps.

        Returns
        -------
        Tensor of shape (N, out_channels, OH, OW)
            The images.
        """
        settings = self.stride, self.padding, self.output_padding, self.groups, self.dilation
        return F.conv_transpose2d(input, self.weight, self.bias, *settings)
