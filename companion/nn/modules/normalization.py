"""Normalization over the batch, the features of a sample, or groups of channels (torch's ``normalization``)."""

from typing import Any

import numpy as np

from companion.annotations import DTypeLike
from companion.autograd import Tensor, as_tensor
from companion.nn import functional as F
from companion.nn.checks import flag, float_dtype, whole
from companion.nn.functional.arguments import TensorLike, as_tuple
from companion.nn.modules.module import Module
from companion.nn.parameter import Parameter
from companion.validation import Integer, Number, require

__all__ = ["BatchNorm1d", "BatchNorm2d", "GroupNorm", "LayerNorm", "RMSNorm"]


def scale_and_shift(
    shape: tuple[int, ...], scale: bool, shift: bool, dtype: DTypeLike
) -> tuple[Parameter | None, Parameter | None]:
    """Ones to multiply with and zeros to add, as far as they are wanted."""
    dtype = float_dtype(dtype)
    return Parameter(np.ones(shape, dtype)) if scale else None, Parameter(np.zeros(shape, dtype)) if shift else None


class _BatchNorm(Module):
    """What both kinds of batch normalization share."""

    dims: tuple[int, ...] = ()
    num_batches_tracked: Any

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        dtype: DTypeLike = float,
    ) -> None:
        super().__init__()
        self.num_features = whole("num_features", num_features)
        self.eps = require("eps", eps, Number(0))
        self.momentum = require("momentum", momentum, Number(), None)
        self.affine = flag("affine", affine)
        self.track_running_stats = flag("track_running_stats", track_running_stats)
        shift = flag("bias", bias) and self.affine
        self.weight, self.bias = scale_and_shift((self.num_features,), self.affine, shift, dtype)
        tracked = self.track_running_stats
        self.register_buffer("running_mean", np.zeros(self.num_features, float_dtype(dtype)) if tracked else None)
        self.register_buffer("running_var", np.ones(self.num_features, float_dtype(dtype)) if tracked else None)
        self.register_buffer("num_batches_tracked", np.array(0) if tracked else None)

    def forward(self, input: TensorLike) -> Tensor:
        """Normalize each channel: in training by the batch, in evaluation by the running statistics.

        Parameters
        ----------
        input : Tensor of shape (N, num_features, ...)
            In training more than one number of each channel.

        Returns
        -------
        Tensor
            Of the same shape.

        Raises
        ------
        ValueError
            If the number of axes does not fit, or a channel has a single number; RuntimeError, if the number of
            channels does not fit (where torch keeps neither parameters nor statistics, it takes any).
        """
        x = as_tensor(input)
        if x.ndim not in self.dims:
            raise ValueError(f"expected {' or '.join(f'{n}D' for n in self.dims)} input (got {x.ndim}D input)")
        if x.shape[1] != self.num_features:
            raise RuntimeError(f"expected an input of {self.num_features} channels, got one of shape {x.shape}")
        momentum = 0.0 if self.momentum is None else self.momentum
        if self.training and self.running_mean is not None:
            self.num_batches_tracked += 1
            if self.momentum is None:
                momentum = 1 / float(self.num_batches_tracked)  # a plain average over all batches
        by_batch = self.training or self.running_mean is None
        statistics = self.running_mean, self.running_var
        return F.batch_norm(x, *statistics, self.weight, self.bias, by_batch, momentum, self.eps)

    def extra_repr(self) -> str:
        """Write the settings.

        Returns
        -------
        str
            In torch's form.
        """
        words = f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}"
        return f"{words}, bias={self.bias is not None}, track_running_stats={self.track_running_stats}"


class BatchNorm1d(_BatchNorm):
    r"""Normalize each feature over the batch, :math:`\gamma (x - \bar x) / \sqrt{v + \epsilon} + \beta`.

    Parameters
    ----------
    num_features : int
        How many features or channels an input has.
    eps : float
        Added to the variance; positive, and in evaluation possibly 0.
    momentum : float or None
        How far the running statistics move towards those of each batch; None makes them the mean of all batches.
    affine : bool
        Whether the layer learns a scale and a shift.
    track_running_stats : bool
        Whether there are running statistics; without, the batch's are used in evaluation, too.
    bias : bool
        Whether there is a shift.
    dtype : dtype
        Of parameters and statistics.

    Attributes
    ----------
    weight, bias : Parameter of shape (num_features,), or None
        Scale and shift.
    running_mean, running_var : ndarray of shape (num_features,), or None
        Buffers: what evaluation normalizes by.
    num_batches_tracked : ndarray of shape (), or None
        A buffer: how many batches were seen in training.

    Raises
    ------
    ValueError
        If ``eps`` is negative, at once and not at the first use as in torch; RuntimeError, if ``num_features`` is;
        TypeError, if something is of another kind.

    Examples
    --------
    >>> BatchNorm1d(1)([[1.0], [3.0]])
    tensor([[-1.],
            [ 1.]], grad_fn=<batch_norm>)
    """

    dims = (2, 3)


class BatchNorm2d(_BatchNorm):
    r"""Normalize each channel over the images of a batch, :math:`\gamma (x - \bar x) / \sqrt{v + \epsilon} + \beta`.

    Parameters
    ----------
    num_features : int
        How many channels an input has.
    eps : float
        Added to the variance; positive, and in evaluation possibly 0.
    momentum : float or None
        How far the running statistics move towards those of each batch; None makes them the mean of all batches.
    affine : bool
        Whether the layer learns a scale and a shift.
    track_running_stats : bool
        Whether there are running statistics; without, the batch's are used in evaluation, too.
    bias : bool
        Whether there is a shift.
    dtype : dtype
        Of parameters and statistics.

    Attributes
    ----------
    weight, bias : Parameter of shape (num_features,), or None
        Scale and shift.
    running_mean, running_var : ndarray of shape (num_features,), or None
        Buffers: what evaluation normalizes by.
    num_batches_tracked : ndarray of shape (), or None
        A buffer: how many batches were seen in training.

    Examples
    --------
    >>> import numpy as np
    >>> images = np.random.default_rng(0).normal(5.0, 2.0, size=(8, 3, 4, 4))
    >>> normal = BatchNorm2d(3)(images).data
    >>> normal.mean(axis=(0, 2, 3)).round(6) + 0.0, normal.std(axis=(0, 2, 3)).round(3)
    (array([0., 0., 0.]), array([1., 1., 1.]))
    """

    dims = (4,)


class LayerNorm(Module):
    r"""Normalize each sample over its last axes, :math:`\gamma (x - \bar x) / \sqrt{v + \epsilon} + \beta`.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The sizes of these axes.
    eps : float
        Added to the variance; not negative.
    elementwise_affine : bool
        Whether the layer learns a scale and a shift for each element.
    bias : bool
        Whether there is a shift.
    dtype : dtype
        Of the parameters.

    Attributes
    ----------
    weight, bias : Parameter of shape ``normalized_shape``, or None
        Scale and shift.

    Raises
    ------
    ValueError
        If ``eps`` is negative (torch gives nan); RuntimeError, if a size is; TypeError, if something is of another
        kind.

    Examples
    --------
    >>> LayerNorm(2, eps=0.0)([[1.0, 3.0], [10.0, 0.0]])
    tensor([[-1.,  1.],
            [ 1., -1.]], grad_fn=<layer_norm>)
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: DTypeLike = float,
    ) -> None:
        super().__init__()
        self.normalized_shape = last_axes(normalized_shape)
        self.eps = require("eps", eps, Number(0))
        self.elementwise_affine = flag("elementwise_affine", elementwise_affine)
        shift = flag("bias", bias) and self.elementwise_affine
        self.weight, self.bias = scale_and_shift(self.normalized_shape, self.elementwise_affine, shift, dtype)

    def forward(self, input: TensorLike) -> Tensor:
        """Normalize each sample.

        Parameters
        ----------
        input : Tensor of shape (..., *normalized_shape)
            The samples.

        Returns
        -------
        Tensor
            Of the same shape.
        """
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Write the settings.

        Returns
        -------
        str
            In torch's form.
        """
        words = f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        return f"{words}, bias={self.bias is not None}"


def last_axes(normalized_shape: Any) -> tuple[int, ...]:
    """The sizes of the axes that a layer normalizes over."""
    count = len(normalized_shape) if isinstance(normalized_shape, (tuple, list)) else 1
    return as_tuple("normalized_shape", normalized_shape, count, 0)


class RMSNorm(Module):
    r"""Divide by the root mean square over the last axes, :math:`\gamma x / \sqrt{\overline{x^2} + \epsilon}`.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The sizes of these axes.
    eps : float or None
        Added to the mean square; not negative. None is the distance of 1 to the next number of the input's dtype.
    elementwise_affine : bool
        Whether the layer learns a scale for each element.
    dtype : dtype
        Of the parameters.

    Attributes
    ----------
    weight : Parameter of shape ``normalized_shape``, or None
        The scale.

    Raises
    ------
    ValueError
        If ``eps`` is negative (torch gives nan); RuntimeError, if a size is; TypeError, if something is of another
        kind.

    Examples
    --------
    >>> RMSNorm(2, eps=0.0)([[3.0, 3.0]])
    tensor([[1., 1.]], grad_fn=<rms_norm>)
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        dtype: DTypeLike = float,
    ) -> None:
        super().__init__()
        self.normalized_shape = last_axes(normalized_shape)
        self.eps = require("eps", eps, Number(0), None)
        self.elementwise_affine = flag("elementwise_affine", elementwise_affine)
        self.weight, _ = scale_and_shift(self.normalized_shape, self.elementwise_affine, False, dtype)

    def forward(self, x: TensorLike) -> Tensor:
        """Normalize each sample.

        Parameters
        ----------
        x : Tensor of shape (..., *normalized_shape)
            The samples.

        Returns
        -------
        Tensor
            Of the same shape.
        """
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """Write the settings.

        Returns
        -------
        str
            In torch's form.
        """
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(Module):
    r"""Normalize each sample over groups of its channels, :math:`\gamma (x - \bar x) / \sqrt{v + \epsilon} + \beta`.

    Parameters
    ----------
    num_groups : int
        How many groups the channels are split into.
    num_channels : int
        How many channels there are.
    eps : float
        Added to the variance; not negative.
    affine : bool
        Whether the layer learns a scale and a shift for each channel.
    bias : bool
        Whether there is a shift.
    dtype : dtype
        Of the parameters.

    Attributes
    ----------
    weight, bias : Parameter of shape (num_channels,), or None
        Scale and shift.

    Raises
    ------
    ValueError
        If ``num_groups`` does not divide the channels, or is below 1, or ``eps`` is negative (torch gives nan);
        RuntimeError, if ``num_channels`` is negative; TypeError, if something is of another kind.

    Examples
    --------
    >>> GroupNorm(1, 2, eps=0.0)([[1.0, 3.0], [10.0, 0.0]]).data
    array([[-1.,  1.],
           [ 1., -1.]])
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        bias: bool = True,
        dtype: DTypeLike = float,
    ) -> None:
        super().__init__()
        self.num_groups = int(require("num_groups", num_groups, Integer(1)))
        self.num_channels = whole("num_channels", num_channels)
        if self.num_channels % self.num_groups:
            raise ValueError(f"num_channels={num_channels} must be divisible by num_groups={num_groups}")
        self.eps = require("eps", eps, Number(0))
        self.affine = flag("affine", affine)
        shift = flag("bias", bias) and self.affine
        self.weight, self.bias = scale_and_shift((self.num_channels,), self.affine, shift, dtype)

    def forward(self, input: TensorLike) -> Tensor:
        """Normalize each sample.

        Parameters
        ----------
        input : Tensor of shape (N, num_channels, ...)
            The samples.

        Returns
        -------
        Tensor
            Of the same shape.
        """
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Write the settings.

        Returns
        -------
        str
            In torch's form.
        """
        words = f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"
        return f"{words}, bias={self.bias is not None}"
