"""Tables of vectors (``torch.nn.modules.sparse``)."""

from companion.annotations import DTypeLike, Seed
from companion.autograd import Tensor
from companion.nn import functional as F
from companion.nn.checks import float_dtype, whole
from companion.nn.functional.arguments import TensorLike
from companion.nn.modules.module import Module
from companion.nn.parameter import Parameter
from companion.validation import check_random_state

__all__ = ["Embedding"]


class Embedding(Module):
    """A learned vector for each of a number of things, looked up by their indices.

    Parameters
    ----------
    num_embeddings : int
        How many things there are.
    embedding_dim : int
        How long the vectors are.
    rng : int, Generator, RandomState or None
        Draws the first vectors from a standard normal distribution.
    dtype : dtype
        Of the vectors.

    Attributes
    ----------
    weight : Parameter of shape (num_embeddings, embedding_dim)
        The vectors.

    Raises
    ------
    RuntimeError
        If a number is negative; TypeError, if it is no whole number.

    Examples
    --------
    >>> Embedding(5, 3, rng=0)([[0, 2], [2, 4]]).shape
    (2, 2, 3)
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, *, rng: Seed = None, dtype: DTypeLike = float) -> None:
        super().__init__()
        self.num_embeddings = whole("num_embeddings", num_embeddings)
        self.embedding_dim = whole("embedding_dim", embedding_dim)
        weight = check_random_state(rng).standard_normal((self.num_embeddings, self.embedding_dim))
        self.weight = Parameter(weight.astype(float_dtype(dtype)))

    def forward(self, input: TensorLike) -> Tensor:
        """Look the vectors up.

        Parameters
        ----------
        input : Tensor or array_like of int
            The indices, in any shape.

        Returns
        -------
        Tensor of shape (..., embedding_dim)
            A vector for each.
        """
        return F.embedding(input, self.weight)

    def extra_repr(self) -> str:
        """Write the settings.

        Returns
        -------
        str
            The numbers of things, and of elements.
        """
        return f"{self.num_embeddings}, {self.embedding_dim}"
