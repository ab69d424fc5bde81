r"""The mathematics of the optimizers, as functions on arrays: ``p, state = adam_step(p, g, state, lr)``.

A step changes nothing that it was given; the state is a dict of torch's names, empty before the first step. The
optimizers of :mod:`companion.optim.optimizers` hold a state for every parameter and write the new values into it. What
is too small is 0, without an error, whatever :func:`numpy.seterr` was told.
"""

import math
from typing import Any, TypeAlias

import numpy as np

from companion.annotations import Array

__all__ = ["adagrad_step", "adam_step", "adamw_step", "rmsprop_step", "sgd_step"]

State: TypeAlias = dict[str, Any]


def _mean_square(before: Any, beta: float, g: Array) -> Array:
    r"""The running mean :math:`\beta v + (1 - \beta) g^2`, with the factor taken into g before the square.

    A single gradient whose square is infinite would stop the parameter for good.
    """
    if g.itemsize == 2:  # float16 is computed in float32, and rounded once
        wide = g.astype(np.float32)
        return (beta * before + ((1 - beta) * wide) * wide).astype(g.dtype)
    return beta * before + ((1 - beta) * g) * g


@np.errstate(under="ignore")
def sgd_step(
    p: Array,
    g: Array,
    state: State,
    lr: float,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
) -> tuple[Array, State]:
    r"""Gradient descent: :math:`p \leftarrow p - \eta d` with :math:`d = g + \lambda p`.

    With momentum :math:`v \leftarrow \mu v + (1 - \tau) d` takes the place of d, or :math:`d + \mu v` in Nesterov's
    form. The first v is d itself, undampened, as in torch.

    Parameters
    ----------
    p, g : ndarray of one shape
        The parameter and the gradient of the objective with respect to it.
    state : dict
        What the step before returned; empty at first. With momentum it holds v as ``"momentum_buffer"``.
    lr, momentum, dampening, weight_decay : float
        :math:`\eta, \mu, \tau, \lambda`.
    nesterov : bool
        Look ahead along the momentum.

    Returns
    -------
    p : ndarray
        The parameter after the step.
    state : dict
        For the next step.

    Examples
    --------
    >>> sgd_step(np.array([1.0]), np.array([4.0]), {}, lr=0.25)[0]
    array([0.])
    """
    if weight_decay:
        g = g + weight_decay * p
    if momentum:
        v = momentum * state["momentum_buffer"] + (1 - dampening) * g if state else np.array(g)
        state = {"momentum_buffer": v}
        g = g + momentum * v if nesterov else v
    return p - lr * g, state


@np.errstate(under="ignore")
def adagrad_step(
    p: Array,
    g: Array,
    state: State,
    lr: float,
    lr_decay: float = 0.0,
    weight_decay: float = 0.0,
    initial_accumulator_value: float = 0.0,
    eps: float = 1e-10,
) -> tuple[Array, State]:
    r"""A rate of its own for each element: :math:`p \leftarrow p - \eta_t\, g / (\sqrt s + \epsilon)`.

    s is the sum of all :math:`g^2` so far, and :math:`\eta_t = \eta / (1 + (t - 1)\,` ``lr_decay`` :math:`)`.

    Parameters
    ----------
    p, g : ndarray of one shape
        As for :func:`sgd_step`.
    state : dict
        What the step before returned, empty at first; it holds t as ``"step"`` and s as ``"sum"``.
    lr, lr_decay : float
        :math:`\eta`, and its decay.
    weight_decay : float
        Adds :math:`\lambda p` to the gradient.
    initial_accumulator_value : float
        What s begins with.
    eps : float
        :math:`\epsilon`.

    Returns
    -------
    p : ndarray
        The parameter after the step.
    state : dict
        For the next step.

    Examples
    --------
    >>> adagrad_step(np.array([1.0]), np.array([4.0]), {}, lr=0.25)[0].round(6)
    array([0.75])
    """
    if weight_decay:
        g = g + weight_decay * p
    t = state.get("step", 0) + 1
    total = state.get("sum", initial_accumulator_value) + g * g
    rate = lr / (1 + (t - 1) * lr_decay)
    return p - rate * g / (np.sqrt(total) + eps), {"step": t, "sum": total}


@np.errstate(under="ignore")
def rmsprop_step(
    p: Array,
    g: Array,
    state: State,
    lr: float,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    centered: bool = False,
) -> tuple[Array, State]:
    r"""Divide by a running root mean square: :math:`p \leftarrow p - \eta\, g / (\sqrt v + \epsilon)`.

    :math:`v \leftarrow \alpha v + (1 - \alpha) g^2`; centered, :math:`v - \bar g^2` takes its place, with the running
    mean :math:`\bar g`. With momentum the quotient is gathered in a buffer, and p moves along that.

    Parameters
    ----------
    p, g : ndarray of one shape
        As for :func:`sgd_step`.
    state : dict
        What the step before returned, empty at first; it holds
        ``"step"``, v as ``"square_avg"``, and where they are used
        :math:`\bar g` as ``"grad_avg"`` and the ``"momentum_buffer"``.
    lr, alpha, eps : float
        :math:`\eta, \alpha, \epsilon`.
    weight_decay : float
        Adds :math:`\lambda p` to the gradient.
    momentum : float
        The share of the buffer that is kept.
    centered : bool
        Divide by a running standard deviation instead.

    Returns
    -------
    p : ndarray
        The parameter after the step.
    state : dict
        For the next step.

    Examples
    --------
    >>> rmsprop_step(np.array([1.0]), np.array([4.0]), {}, lr=0.25, alpha=0.75)[0].round(6)
    array([0.5])
    """
    if weight_decay:
        g = g + weight_decay * p
    v = _mean_square(state.get("square_avg", 0.0), alpha, g)
    after = {**state, "step": state.get("step", 0) + 1, "square_avg": v}
    if centered:
        mean = alpha * state.get("grad_avg", 0.0) + (1 - alpha) * g
        after["grad_avg"] = mean
        v = np.maximum(v - mean * mean, 0)  # which rounding may leave a little below 0
    d = g / (np.sqrt(v) + eps)
    if momentum:
        d = momentum * state.get("momentum_buffer", 0.0) + d
        after["momentum_buffer"] = d
    return p - lr * d, after


@np.errstate(under="ignore")
def adam_step(
    p: Array,
    g: Array,
    state: State,
    lr: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    amsgrad: bool = False,
) -> tuple[Array, State]:
    r"""Momentum over a running root mean square: :math:`p \leftarrow p - \eta\, \hat m / (\sqrt{\hat v} + \epsilon)`.

    :math:`m \leftarrow \beta_1 m + (1 - \beta_1) g` and :math:`v \leftarrow \beta_2 v + (1 - \beta_2) g^2` begin at 0;
    :math:`\hat m = m / (1 - \beta_1^t)` and :math:`\hat v = v / (1 - \beta_2^t)` make up for it.

    Parameters
    ----------
    p, g : ndarray of one shape
        As for :func:`sgd_step`.
    state : dict
        What the step before returned, empty at first; it holds
        t, m and v as ``"step"``, ``"exp_avg"`` and ``"exp_avg_sq"``.
    lr : float
        :math:`\eta`.
    betas : (float, float)
        :math:`\beta_1, \beta_2`.
    eps : float
        :math:`\epsilon`.
    weight_decay : float
        Adds :math:`\lambda p` to the gradient.
    amsgrad : bool
        The largest v so far, ``"max_exp_avg_sq"``, takes the place of v.

    Returns
    -------
    p : ndarray
        The parameter after the step.
    state : dict
        For the next step.

    Examples
    --------
    >>> adam_step(np.array([1.0]), np.array([500.0]), {}, lr=0.1)[0].round(6)  # the first step has the length lr
    array([0.9])
    """
    if weight_decay:
        g = g + weight_decay * p
    beta1, beta2 = betas
    m = state.get("exp_avg", 0.0)
    m = m + (1 - beta1) * (g - m)
    v = _mean_square(state.get("exp_avg_sq", 0.0), beta2, g)
    t = state.get("step", 0) + 1
    after = {**state, "step": t, "exp_avg": m, "exp_avg_sq": v}
    if amsgrad:
        v = np.maximum(state.get("max_exp_avg_sq", v), v)
        after["max_exp_avg_sq"] = v
    scale = np.sqrt(v) / math.sqrt(1 - beta2**t) + eps
    return p - (lr / (1 - beta1**t)) * m / scale, after


@np.errstate(under="ignore")
def adamw_step(
    p: Array,
    g: Array,
    state: State,
    lr: float,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.01,
    amsgrad: bool = False,
) -> tuple[Array, State]:
    r""":func:`adam_step` on weights that decayed first, :math:`p \leftarrow (1 - \eta\lambda) p`.

    The decay does not pass through the division by :math:`\sqrt{\hat v}`, so that it shrinks all weights alike.

    Parameters
    ----------
    p, g : ndarray of one shape
        As for :func:`sgd_step`.
    state : dict
        As for :func:`adam_step`.
    lr : float
        :math:`\eta`.
    betas : (float, float)
        As for :func:`adam_step`.
    eps : float
        As there.
    weight_decay : float
        :math:`\lambda`.
    amsgrad : bool
        As there.

    Returns
    -------
    p : ndarray
        The parameter after the step.
    state : dict
        For the next step.

    Examples
    --------
    >>> adamw_step(np.array([1.0]), np.array([500.0]), {}, lr=0.1, weight_decay=0.5)[0].round(6)
    array([0.85])
    """
    return adam_step(p * float(1 - lr * weight_decay), g, state, lr, betas, eps, 0.0, amsgrad)
