"""Activations: functions of each element, or along an axis (``torch.nn.modules.activation``)."""

from companion.autograd import Tensor
from companion.nn import functional as F
from companion.nn.checks import amount
from companion.nn.functional.arguments import TensorLike
from companion.nn.modules.module import Module
from companion.validation import Instance, Integer, Number, Option, require

__all__ = ["ELU", "GELU", "LeakyReLU", "LogSoftmax", "ReLU", "SiLU", "Sigmoid", "Softmax", "Softplus", "Tanh"]


class ReLU(Module):
    """x where it is positive, else 0.

    Examples
    --------
    >>> ReLU()([-2.0, 3.0])
    tensor([0., 3.])
    """

    def forward(self, input: TensorLike) -> Tensor:
        """Apply it to each element.

        Parameters
        ----------
        input : Tensor or array_like
            Of any shape.

        Returns
        -------
        Tensor
            Of the same shape.
        """
        return F.relu(input)


class LeakyReLU(Module):
    """x where it is positive, else a small multiple of it.

    Parameters
    ----------
    negative_slope : float
        The multiple.

    Raises
    ------
    TypeError
        If the slope is no finite number; the error is a ValueError as well.

    Examples
    --------
    >>> LeakyReLU(0.1)([-2.0, 3.0])
    tensor([-0.2,  3. ])
    """

    def __init__(self, negative_slope: float = 0.01) -> None:
        super().__init__()
        self.negative_slope = require("negative_slope", negative_slope, Number())

    def forward(self, input: TensorLike) -> Tensor:
        """Apply it to each element.

        Parameters
        ----------
        input : Tensor or array_like
            Of any shape.

        Returns
        -------
        Tensor
            Of the same shape.
        """
        return F.leaky_relu(input, self.negative_slope)

    def extra_repr(self) -> str:
        """Write the settings.

        Returns
        -------
        str
            The slope.
        """
        return f"negative_slope={self.negative_slope}"


class ELU(Module):
    r"""x where it is positive, else :math:`\alpha (e^x - 1)`.

    Parameters
    ----------
    alpha : float
        The function tends to its negative.

    Raises
    ------
    TypeError
        If it is no finite number; the error is a ValueError as well.

    Examples
    --------
    >>> ELU()([-2.0, 3.0])
    tensor([-0.8647,  3.    ])
    """

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        self.alpha = require("alpha", alpha, Number())

    def forward(self, input: TensorLike) -> Tensor:
        """Apply it to each element.

        Parameters
        ----------
        input : Tensor or array_like
            Of any shape.

        Returns
        -------
        Tensor
            Of the same shape.
        """
        return F.elu(input, self.alpha)

    def extra_repr(self) -> str:
        """Write the settings.

        Returns
        -------
        str
            The limit.
        """
        return f"alpha={self.alpha}"


class GELU(Module):
    r""":math:`x \Phi(x)` with the distribution function of a standard normal.

    Parameters
    ----------
    approximate : {"none", "tanh"}
        "tanh" is an older formula for nearly the same.

    Raises
    ------
    RuntimeError
        If it is another word, at once and not at the first use as in torch; TypeError, if it is none.

    Examples
    --------
    >>> GELU()([-2.0, 3.0])
    tensor([-0.0455,  2.996 ])
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        require("approximate", approximate, Instance(str), error=TypeError)
        self.approximate = require("approximate", approximate, Option("none", "tanh"), error=RuntimeError)

    def forward(self, input: TensorLike) -> Tensor:
        """Apply it to each element.

        Parameters
        ----------
        input : Tensor or array_like
            Of any shape.

        Returns
        -------
        Tensor
            Of the same shape.
        """
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        """Write the settings.

        Returns
        -------
        str
            The formula.
        """
        return f"approximate={self.approximate!r}"


class SiLU(Module):
    r""":math:`x \sigma(x)` with the logistic function.

    Examples
    --------
    >>> SiLU()([-2.0, 3.0])
    tensor([-0.2384,  2.8577])
    """

    def forward(self, input: TensorLike) -> Tensor:
        """Apply it to each element.

        Parameters
        ----------
        input : Tensor or array_like
            Of any shape.

        Returns
        -------
        Tensor
            Of the same shape.
        """
        return F.silu(input)


class Sigmoid(Module):
    r"""The logistic function, :math:`1 / (1 + e^{-x})`.

    Examples
    --------
    >>> Sigmoid()([0.0, 2.0])
    tensor([0.5   , 0.8808])
    """

    def forward(self, input: TensorLike) -> Tensor:
        """Apply it to each element.

        Parameters
        ----------
        input : Tensor or array_like
            Of any shape.

        Returns
        -------
        Tensor
            Of the same shape.
        """
        return F.sigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent.

    Examples
    --------
    >>> Tanh()([0.0, 2.0])
    tensor([0.   , 0.964])
    """

    def forward(self, input: TensorLike) -> Tensor:
        """Apply it to each element.

        Parameters
        ----------
        input : Tensor or array_like
            Of any shape.

        Returns
        -------
        Tensor
            Of the same shape.
        """
        return F.tanh(input)


class Softmax(Module):
    """Positive shares that sum to 1 along an axis: exponentials, divided by their sum.

    Parameters
    ----------
    dim : int or None
        The axis. None leaves the choice to :func:`companion.nn.functional.softmax`, which warns.

    Raises
    ------
    TypeError
        If ``dim`` is no whole number.

    Examples
    --------
    >>> Softmax(dim=0)([0.0, 1.0])
    tensor([0.2689, 0.7311])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = None if dim is None else amount("dim", dim, Integer())

    def forward(self, input: TensorLike) -> Tensor:
        """Apply it along the axis.

        Parameters
        ----------
        input : Tensor or array_like
            Of any shape.

        Returns
        -------
        Tensor
            Of the same shape.
        """
        return F.softmax(input, self.dim)

    def extra_repr(self) -> str:
        """Write the settings.

        Returns
        -------
        str
            The axis.
        """
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """The logarithm of :class:`Softmax`, also where the softmax itself would be rounded to 0.

    Parameters
    ----------
    dim : int or None
        The axis. None leaves the choice to :func:`companion.nn.functional.log_softmax`, which warns.

    Raises
    ------
    TypeError
        If ``dim`` is no whole number.

    Examples
    --------
    >>> LogSoftmax(dim=0)([0.0, 1.0])
    tensor([-1.3133, -0.3133])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = None if dim is None else amount("dim", dim, Integer())

    def forward(self, input: TensorLike) -> Tensor:
        """Apply it along the axis.

        Parameters
        ----------
        input : Tensor or array_like
            Of any shape.

        Returns
        -------
        Tensor
            Of the same shape.
        """
        return F.log_softmax(input, self.dim)

    def extra_repr(self) -> str:
        """Write the settings.

        Returns
        -------
        str
            The axis.
        """
        return f"dim={self.dim}"


class Softplus(Module):
    r""":math:`\log(1 + e^{\beta x}) / \beta`, a smooth ReLU.

    Parameters
    ----------
    beta : float
        The larger, the sharper the bend.
    threshold : float
        Where beta x exceeds it, x itself is returned.

    Raises
    ------
    TypeError
        If one is no finite number; the error is a ValueError as well.

    Examples
    --------
    >>> Softplus()([0.0, 30.0])
    tensor([ 0.6931, 30.    ])
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = require("beta", beta, Number())
        self.threshold = require("threshold", threshold, Number())

    def forward(self, input: TensorLike) -> Tensor:
        """Apply it to each element.

        Parameters
        ----------
        input : Tensor or array_like
            Of any shape.

        Returns
        -------
        Tensor
            Of the same shape.
        """
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """Write the settings.

        Returns
        -------
        str
            The two numbers.
        """
        return f"beta={self.beta}, threshold={self.threshold}"
