"""Several axes as one (``torch.nn.modules.flatten``)."""

import math

from companion.autograd import Tensor, as_tensor, normalize_dim
from companion.nn.checks import amount
from companion.nn.functional.arguments import TensorLike
from companion.nn.modules.module import Module
from companion.validation import Integer

__all__ = ["Flatten"]


class Flatten(Module):
    """Make one axis of several: without settings, of all but the first, which counts the samples.

    Parameters
    ----------
    start_dim, end_dim : int
        The first and the last of them; negative ones count from the end.

    Raises
    ------
    TypeError
        If one is no whole number.

    Examples
    --------
    >>> import numpy as np
    >>> Flatten()(np.zeros((5, 3, 4, 4))).shape
    (5, 48)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = amount("start_dim", start_dim, Integer())
        self.end_dim = amount("end_dim", end_dim, Integer())

    def forward(self, input: TensorLike) -> Tensor:
        """Join the axes.

        Parameters
        ----------
        input : Tensor or array_like
            Of any shape.

        Returns
        -------
        Tensor
            The same elements.

        Raises
        ------
        IndexError
            If the input has no such axes; RuntimeError, if the first comes after the last.
        """
        x = as_tensor(input)
        start, end = normalize_dim(self.start_dim, x.ndim), normalize_dim(self.end_dim, x.ndim)
        if start > end:
            raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
        return x.reshape(*x.shape[:start], math.prod(x.shape[start : end + 1]), *x.shape[end + 1 :])

    def extra_repr(self) -> str:
        """Write the settings.

        Returns
        -------
        str
            The two axes.
        """
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
