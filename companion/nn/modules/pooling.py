"""Pooling: one number for each window (``torch.nn.modules.pooling``)."""

from typing import Any

from companion.autograd import Tensor
from companion.nn import functional as F
from companion.nn.checks import flag
from companion.nn.functional.arguments import Pair, TensorLike, as_tuple
from companion.nn.modules.module import Module
from companion.validation import Integer, require

__all__ = ["AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "AvgPool2d", "MaxPool2d"]


class _Pool(Module):
    """What pooling over windows of a given size shares."""

    def __init__(self, kernel_size: Pair, stride: Pair | None, padding: Pair, ceil_mode: bool) -> None:
        super().__init__()
        self.kernel_size, self.padding = kernel_size, padding  # as they were given, as in torch
        self.stride = kernel_size if stride is None else stride
        as_tuple("kernel_size", kernel_size, 2, 1)
        as_tuple("stride", self.stride, 2, 1)
        as_tuple("padding", padding, 2, 0)
        self.ceil_mode = flag("ceil_mode", ceil_mode)

    def extra_repr(self) -> str:
        """Write the settings.

        Returns
        -------
        str
            Window, stride and padding.
        """
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxPool2d(_Pool):
    """The largest element of each window.

    Parameters
    ----------
    kernel_size : int or pair
        Height and width of the window.
    stride : int or pair, optional
        How far it moves from one output to the next; its own size, without.
    padding : int or pair
        Places around the image, which never win; at most half the window.
    dilation : int or pair
        The distance of neighbors within a window.
    ceil_mode : bool
        Whether a last window may reach beyond the padded image. Keyword-only: torch has ``return_indices`` before it.

    Raises
    ------
    RuntimeError
        If a size is too small, at once and not at the first use as in torch; TypeError, if it is no whole number, or
        ``ceil_mode`` no bool.

    Examples
    --------
    >>> MaxPool2d(2)([[[[1.0, 2.0], [3.0, 4.0]]]])
    tensor([[[[4.]]]])
    """

    def __init__(
        self,
        kernel_size: Pair,
        stride: Pair | None = None,
        padding: Pair = 0,
        dilation: Pair = 1,
        *,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode)
        as_tuple("dilation", dilation, 2, 1)
        self.dilation = dilation

    def extra_repr(self) -> str:
        """Write the settings.

        Returns
        -------
        str
            Window, stride and padding, and the rest where it is not as usual.
        """
        usual = self.dilation == 1 and not self.ceil_mode
        return super().extra_repr() + ("" if usual else f", dilation={self.dilation}, ceil_mode={self.ceil_mode}")

    def forward(self, input: TensorLike) -> Tensor:
        """Take the largest element of each window.

        Parameters
        ----------
        input : Tensor of shape (N, C, H, W)
            The maps.

        Returns
        -------
        Tensor of shape (N, C, OH, OW)
            Smaller maps.
        """
        return F.max_pool2d(input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)


class AvgPool2d(_Pool):
    """The mean of each window.

    Parameters
    ----------
    kernel_size : int or pair
        Height and width of the window.
    stride : int or pair, optional
        How far it moves from one output to the next; its own size, without.
    padding : int or pair
        Zeros around the image; at most half the window.
    ceil_mode : bool
        Whether a last window may reach beyond the padded image; what is outside of it does not count.
    count_include_pad : bool
        Whether the zeros of the padding count in the mean.
    divisor_override : int, optional
        What every sum is divided by instead of the count; not 0.

    Raises
    ------
    RuntimeError
        If a size is too small or the divisor 0, at once and not at the first use as in torch; TypeError, if one is no
        whole number, or ``ceil_mode`` or ``count_include_pad`` no bool.

    Examples
    --------
    >>> AvgPool2d(2)([[[[1.0, 2.0], [3.0, 4.0]]]])
    tensor([[[[2.5]]]])
    """

    def __init__(
        self,
        kernel_size: Pair,
        stride: Pair | None = None,
        padding: Pair = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode)
        self.count_include_pad = flag("count_include_pad", count_include_pad)
        require("divisor_override", divisor_override, Integer(), None, error=TypeError)
        if divisor_override == 0:
            raise RuntimeError("divisor must be not zero")
        self.divisor_override = divisor_override

    def forward(self, input: TensorLike) -> Tensor:
        """Take the mean of each window.

        Parameters
        ----------
        input : Tensor of shape (N, C, H, W)
            The maps.

        Returns
        -------
        Tensor of shape (N, C, OH, OW)
            Smaller maps.
        """
        settings = self.kernel_size, self.stride, self.padding, self.ceil_mode
        return F.avg_pool2d(input, *settings, self.count_include_pad, self.divisor_override)


class _AdaptivePool(Module):
    """What pooling to a given size of the output shares."""

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        if output_size is None:
            raise TypeError("output_size=None, expected an integer, or a pair that may hold None")
        pair = isinstance(output_size, (tuple, list))
        as_tuple("output_size", [0 if size is None else size for size in output_size] if pair else output_size, 2, 0)
        self.output_size = output_size

    def extra_repr(self) -> str:
        """Write the settings.

        Returns
        -------
        str
            The size.
        """
        return f"output_size={self.output_size}"


class AdaptiveAvgPool2d(_AdaptivePool):
    """The mean of each window, with windows such that the output has a given size.

    Parameters
    ----------
    output_size : int or pair of (int or None)
        Height and width of the output; None keeps the input's.

    Raises
    ------
    RuntimeError
        If a size is negative, or there are not two; TypeError, if it is no whole number.

    Examples
    --------
    >>> AdaptiveAvgPool2d(1)([[[[1.0, 2.0], [3.0, 4.0]]]])
    tensor([[[[2.5]]]])
    """

    def forward(self, input: TensorLike) -> Tensor:
        """Take the mean of each window.

        Parameters
        ----------
        input : Tensor of shape (N, C, H, W)
            The maps.

        Returns
        -------
        Tensor of shape (N, C, OH, OW)
            Maps of the wanted size.
        """
        return F.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveMaxPool2d(_AdaptivePool):
    """The largest element of each window, with windows such that the output has a given size.

    Parameters
    ----------
    output_size : int or pair of (int or None)
        Height and width of the output; None keeps the input's.

    Raises
    ------
    RuntimeError
        If a size is negative, or there are not two; TypeError, if it is no whole number.

    Examples
    --------
    >>> AdaptiveMaxPool2d((1, None))([[[[1.0, 2.0], [3.0, 4.0]]]])
    tensor([[[[3., 4.]]]])
    """

    def forward(self, input: TensorLike) -> Tensor:
        """Take the largest element of each window.

        Parameters
        ----------
        input : Tensor of shape (N, C, H, W)
            The maps.

        Returns
        -------
        Tensor of shape (N, C, OH, OW)
            Maps of the wanted size.
        """
        return F.adaptive_max_pool2d(input, self.output_size)
