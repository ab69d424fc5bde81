"""Dropout (``torch.nn.modules.dropout``)."""

from companion.annotations import Seed
from companion.autograd import Tensor
from companion.nn import functional as F
from companion.nn.functional.arguments import TensorLike
from companion.nn.modules.module import Module
from companion.validation import Number, check_random_state, require

__all__ = ["Dropout"]


class Dropout(Module):
    """In training, each element is zero with probability p, and divided by 1 - p otherwise; nothing in evaluation.

    Parameters
    ----------
    p : float
        From 0 to 1.
    rng : int, Generator, RandomState or None
        Draws what is zero; every layer has a generator of its own.

    Raises
    ------
    ValueError
        If ``p`` is no such number; the error is a TypeError as well.

    Examples
    --------
    >>> layer = Dropout(0.5, rng=0)
    >>> layer([1.0, 1.0, 1.0, 1.0])
    tensor([2., 0., 0., 0.])
    >>> layer.eval()([1.0, 1.0, 1.0, 1.0])
    tensor([1., 1., 1., 1.])
    """

    def __init__(self, p: float = 0.5, *, rng: Seed = None) -> None:
        super().__init__()
        self.p = require("p", p, Number(0, 1, "both"))
        self.rng = check_random_state(rng)

    def forward(self, input: TensorLike) -> Tensor:
        """Drop elements, in training.

        Parameters
        ----------
        input : Tensor or array_like
            Of any shape.

        Returns
        -------
        Tensor
            Of the same shape.
        """
        return F.dropout(input, self.p, self.training, rng=self.rng)

    def extra_repr(self) -> str:
        """Write the settings.

        Returns
        -------
        str
            The probability.
        """
        return f"p={self.p}"
