"""What one does to many parameters at once (``torch.nn.utils``)."""

import numpy as np

from companion.autograd import increment_version


def _with_grad(parameters):
    parameters = [parameters] if hasattr(parameters, "grad") else list(parameters)
    return [p for p in parameters if p.grad is not None]


def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False):
    r"""Scale all gradients by one factor, :math:`\min(1, c / (\lVert g \rVert + 10^{-6}))`, so that their joint norm is
    at most ``max_norm``.

    Returns
    -------
    float
        The norm before.
    """
    parameters = _with_grad(parameters)
    norms = np.array([np.linalg.norm(p.grad.data.ravel(), norm_type) for p in parameters])
    total = float(np.linalg.norm(norms, norm_type)) if len(norms) else 0.0
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite: {total}"
        )
    factor = float(max_norm) / (total + 1e-6)  # a plain number, which does not widen float32
    for p in parameters:
        with np.errstate(invalid="ignore"):  # inf * 0 is nan, as in torch
            p.grad.data = p.grad.data * (1.0 if factor > 1 else factor)  # a nan factor is no larger than 1
    return total


def clip_grad_value_(parameters, clip_value):
    """Move each element of the gradients into [-clip_value, clip_value]."""
    for p in _with_grad(parameters):
        p.grad.data = np.clip(p.grad.data, -float(clip_value), float(clip_value))


def parameters_to_vector(parameters):
    r"""All parameters, one after the other, as the one vector :math:`\theta`."""
    return np.concatenate([p.data.ravel() for p in parameters])


def vector_to_parameters(vector, parameters):
    """Write :func:`parameters_to_vector`'s vector back."""
    vector, parameters = np.asarray(vector), list(parameters)
    sizes = [p.data.size for p in parameters]
    if vector.shape != (sum(sizes),):
        raise ValueError(f"the vector has shape {vector.shape}, expected ({sum(sizes)},)")
    for p, part in zip(parameters, np.split(vector, np.cumsum(sizes)[:-1])):
        p.data[...] = part.reshape(p.shape)
        increment_version(p)
