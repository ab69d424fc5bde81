"""What one does to many parameters at once (``torch.nn.utils``)."""

from collections.abc import Iterable

import numpy as np

from companion.annotations import Array, ArrayLike
from companion.autograd import Tensor, increment_version, unwrap
from companion.validation import Boolean, Instance, Number, as_float, require

__all__ = ["clip_grad_norm_", "clip_grad_value_", "parameters_to_vector", "vector_to_parameters"]

LIMIT = Number(0, np.inf, "both")


def _listed(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    """The parameters, also where it is a single one."""
    listed = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [require("parameter", p, Instance(Tensor), error=AttributeError) for p in listed]


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    return [p.grad for p in _listed(parameters) if p.grad is not None]


@np.errstate(all="ignore")  # a norm that is not finite is returned, or refused by error_if_nonfinite
def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> float:
    r"""Scale all gradients by one factor, so that their joint norm is at most ``max_norm``.

    The factor is :math:`\min(1, c / (\lVert g \rVert + 10^{-6}))`.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Their gradients are changed; those without one are passed over.
    max_norm : float
        The bound c, not negative (torch takes a negative one, and turns the gradients around).
    norm_type : float
        The order of the norm; inf is the largest absolute value.
    error_if_nonfinite : bool
        Whether a norm of nan or inf is an error. Otherwise the gradients become nan.

    Returns
    -------
    float
        The norm before.

    Raises
    ------
    RuntimeError
        If ``error_if_nonfinite`` and the norm is not finite; ValueError, if a bound is negative or nan.

    Examples
    --------
    >>> p = Tensor([0.0, 0.0], requires_grad=True)
    >>> p.grad = Tensor([3.0, 4.0])
    >>> clip_grad_norm_([p], 1.0), p.grad
    (5.0, tensor([0.6, 0.8]))
    """
    require("max_norm", max_norm, LIMIT)
    require("norm_type", norm_type, Number(-np.inf, np.inf, "both"))
    require("error_if_nonfinite", error_if_nonfinite, Boolean())
    gradients = _gradients(parameters)
    norms = [float(np.linalg.norm(_at_least_float32(grad.data).ravel(), norm_type)) for grad in gradients]
    total = float(np.linalg.norm(norms, norm_type)) if norms else 0.0
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite: {total}"
        )
    factor = float(max_norm) / (total + 1e-6)  # a plain number, which does not widen float32
    for grad in gradients:
        grad.data = grad.data * (1.0 if factor > 1 else factor)  # a nan factor is no larger than 1; inf * 0 is nan
    return total


def _at_least_float32(values: Array) -> Array:
    """Half precision widened, so that a sum of squares does not overflow."""
    return values.astype(np.float32) if values.dtype == np.float16 else values


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Move each element of the gradients into [-clip_value, clip_value].

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Their gradients are changed; those without one are passed over.
    clip_value : float
        The bound, not negative.

    Raises
    ------
    ValueError
        If the bound is negative or nan (torch goes on).

    Examples
    --------
    >>> p = Tensor([0.0, 0.0], requires_grad=True)
    >>> p.grad = Tensor([3.0, -0.5])
    >>> clip_grad_value_([p], 1.0)
    >>> p.grad
    tensor([ 1. , -0.5])
    """
    require("clip_value", clip_value, LIMIT)
    for grad in _gradients(parameters):
        grad.data = np.clip(grad.data, -float(clip_value), float(clip_value))


def parameters_to_vector(parameters: Iterable[Tensor]) -> Array:
    r"""Put all parameters, one after the other, into one vector :math:`\theta`.

    Parameters
    ----------
    parameters : iterable of Tensor
        At least one.

    Returns
    -------
    ndarray of shape (n_elements,)
        A copy.

    Raises
    ------
    ValueError
        If there are none.

    Examples
    --------
    >>> parameters_to_vector([Tensor([[1.0, 2.0]]), Tensor([3.0])])
    array([1., 2., 3.])
    """
    parts = [p.data.ravel() for p in _listed(parameters)]
    if not parts:
        raise ValueError("there are no parameters, expected at least one")
    return np.concatenate(parts)


def vector_to_parameters(vec: Tensor | ArrayLike, parameters: Iterable[Tensor]) -> None:
    """Write the vector of :func:`parameters_to_vector` back.

    Parameters
    ----------
    vec : array_like of shape (n_elements,)
        As many numbers as the parameters have (torch takes a longer one, and drops the rest).
    parameters : iterable of Tensor
        Changed in place.

    Raises
    ------
    ValueError
        If the vector has another length; TypeError, if it holds no real numbers.

    Examples
    --------
    >>> p = Tensor([[0.0, 0.0]])
    >>> vector_to_parameters([1.0, 2.0], [p])
    >>> p
    tensor([[1., 2.]])
    """
    vector, parameters = as_float(unwrap(vec), "vec"), _listed(parameters)
    sizes = [p.data.size for p in parameters]
    if vector.shape != (sum(sizes),):
        raise ValueError(f"the vector has shape {vector.shape}, expected ({sum(sizes)},)")
    for p, part in zip(parameters, np.split(vector, np.cumsum(sizes)[:-1])):
        p.data[...] = part.reshape(p.shape)
    increment_version(parameters)
