"""Affine layers, and the layer that does nothing (``torch.nn.modules.linear``)."""

from typing import Any

from companion.annotations import DTypeLike, Seed
from companion.autograd import Tensor, as_tensor
from companion.nn import functional as F
from companion.nn.checks import flag, whole
from companion.nn.functional.arguments import TensorLike
from companion.nn.modules.module import Module
from companion.nn.modules.weights import first_weights

__all__ = ["Identity", "Linear"]


class Linear(Module):
    r"""An affine map of the last axis, :math:`x W^\top + b`.

    Parameters
    ----------
    in_features, out_features : int
        How many numbers come in and go out.
    bias : bool
        Whether b is there.
    rng : int, Generator, RandomState or None
        Draws the first weights and biases, torch's: uniform within 1 / sqrt(in_features).
    dtype : dtype
        Of the parameters.

    Attributes
    ----------
    weight : Parameter of shape (out_features, in_features)
        W.
    bias : Parameter of shape (out_features,), or None
        b.

    Raises
    ------
    RuntimeError
        If a number of features is negative; TypeError, if it is no whole number, or ``bias`` no bool.

    Examples
    --------
    >>> layer = Linear(3, 2, rng=0)
    >>> layer([[1.0, 2.0, 3.0]]).shape
    (1, 2)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        rng: Seed = None,
        dtype: DTypeLike = float,
    ) -> None:
        super().__init__()
        self.in_features = whole("in_features", in_features)
        self.out_features = whole("out_features", out_features)
        shape = self.out_features, self.in_features
        n_biases = self.out_features if flag("bias", bias) else None
        self.weight, self.bias = first_weights(shape, self.in_features, n_biases, rng, dtype)

    def forward(self, input: TensorLike) -> Tensor:
        """Map each row.

        Parameters
        ----------
        input : Tensor of shape (..., in_features)
            The rows.

        Returns
        -------
        Tensor of shape (..., out_features)
            Their images.
        """
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Write the settings.

        Returns
        -------
        str
            In torch's form.
        """
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Identity(Module):
    """The input as it is: a place for a layer that is not wanted.

    Parameters
    ----------
    *args, **kwargs : object
        Whatever another layer would take; not looked at, as in torch.

    Examples
    --------
    >>> Identity(54, anything=0.1)([1.0, 2.0])
    tensor([1., 2.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: TensorLike) -> Tensor:
        """Return the input.

        Parameters
        ----------
        input : Tensor or array_like
            Of any shape.

        Returns
        -------
        Tensor
            The same.
        """
        return as_tensor(input)
