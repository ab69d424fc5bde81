"""The tensors that a module trains (``torch.nn.parameter``)."""

import numpy as np

from companion.annotations import ArrayLike
from companion.autograd import Tensor, unwrap

__all__ = ["Parameter"]


class Parameter(Tensor):
    """A tensor that a module trains: as an attribute of a :class:`Module` it is one of its parameters.

    Parameters
    ----------
    data : Tensor or array_like
        Copied, so that a module owns its parameters (torch's ``Parameter`` shares the memory).
    requires_grad : bool
        Whether it gets gradients; floating-point data only.

    Raises
    ------
    RuntimeError
        If a gradient is asked for data that are not floating-point numbers, as in torch.

    Examples
    --------
    >>> Parameter([1.0, 2.0])
    tensor([1., 2.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Tensor | ArrayLike, requires_grad: bool = True) -> None:
        super().__init__(np.array(unwrap(data)), requires_grad=requires_grad)
