r"""Networks by hand: curves as sums of ramps, and the forward and backward pass of a multi-layer perceptron.

Nothing here knows :mod:`companion.autograd`. A network is a list of layers ``(W, b)`` with W of shape (out, in), as
torch keeps it; samples are rows.
"""

import itertools

import numpy as np

from companion import numerics

# name: (h, h' as a function of z and a = h(z))
ACTIVATIONS = {
    "identity": (lambda z: z, lambda z, a: np.ones_like(z)),
    "relu": (lambda z: np.maximum(z, 0), lambda z, a: (z > 0).astype(z.dtype)),
    "sigmoid": (numerics.sigmoid, lambda z, a: a * (1 - a)),
    "tanh": (np.tanh, lambda z, a: 1 - a * a),
}


# ---- curves from ramps -----------------------------------------------------------------------------------------------


def ramp(x, start, end):
    r"""0 before ``start``, 1 after ``end``, straight between: a hard sigmoid.

    It is the difference of two ReLUs, :math:`\big((x - s)_+ - (x - e)_+\big) / (e - s)`.

    Examples
    --------
    >>> ramp(np.array([0.0, 1.0, 2.0, 3.0, 4.0]), 1.0, 3.0)
    array([0. , 0. , 0.5, 1. , 1. ])
    """
    if not np.all(np.asarray(end) > start):
        raise ValueError(f"end={end}, expected > start={start}")
    return (np.maximum(x - start, 0) - np.maximum(x - end, 0)) / (end - start)


def _check_knots(knots, values):
    knots, values = np.asarray(knots, float), np.asarray(values, float)
    if knots.ndim != 1 or knots.shape != values.shape or len(knots) < 2:
        raise ValueError(f"knots of shape {knots.shape} and values of shape {values.shape}, expected two equal lengths")
    if not (np.diff(knots) > 0).all():
        raise ValueError("the knots must increase")
    return knots, values


def sum_of_ramps(x, knots, values):
    r"""The piecewise-linear curve through points: a constant plus one ramp for each piece.

    .. math:: f(x) = y_0 + \sum_{i=1}^{m} (y_i - y_{i-1})\, \mathrm{ramp}(x;\, t_{i-1}, t_i)

    Parameters
    ----------
    x : ndarray
    knots, values : array_like of shape (m + 1,)
        :math:`t_i`, increasing, and :math:`y_i`.
    """
    knots, values = _check_knots(knots, values)
    pieces = ramp(np.asarray(x, float)[..., None], knots[:-1], knots[1:])  # (..., m)
    return values[0] + pieces @ np.diff(values)


def relu_interpolant(knots, values):
    """A network with one hidden layer of ReLUs through points: a unit switches on at each knot but the last.

    Returns
    -------
    layers : list of (W, b)
        Of shapes (m, 1), (m,) and (1, m), (1,). Left of the first knot the network is constant, right of the last it
        goes on straight.

    Examples
    --------
    >>> layers = relu_interpolant([0.0, 1.0, 3.0], [2.0, 5.0, 1.0])
    >>> mlp_forward(layers, np.array([[0.0], [0.5], [3.0]]), "relu")[0].ravel()
    array([2. , 3.5, 1. ])
    """
    knots, values = _check_knots(knots, values)
    slopes = np.diff(values) / np.diff(knots)
    hidden = np.ones((len(slopes), 1)), -knots[:-1]
    return [hidden, (np.diff(slopes, prepend=0.0)[None, :], values[:1])]  # each unit adds what the slope changes by


# ---- layers ----------------------------------------------------------------------------------------------------------


def collapse(layers):
    r"""The one affine map that affine layers without activations between them make: :math:`W = W_L \cdots W_1`."""
    weight, bias = layers[0]
    for W, b in layers[1:]:
        weight, bias = W @ weight, W @ bias + b
    return weight, bias


def init_mlp(sizes, rng=None):
    """Layers with He's initial weights, N(0, 2 / fan_in), and zero biases.

    Parameters
    ----------
    sizes : sequence of int
        The number of inputs, of units of each hidden layer, and of outputs.
    """
    rng = np.random.default_rng(rng)
    return [(rng.normal(0, np.sqrt(2 / m), (n, m)), np.zeros(n)) for m, n in itertools.pairwise(sizes)]


def mlp_forward(layers, X, activation="relu"):
    r"""The scores of a multi-layer perceptron: :math:`z^{(l)} = a^{(l-1)} W^{(l)\top} + b^{(l)}`,
    :math:`a^{(l)} = h(z^{(l)})`.

    Parameters
    ----------
    layers : list of (W, b)
    X : ndarray of shape (n_samples, n_inputs)
        :math:`a^{(0)}`.
    activation : {"identity", "relu", "sigmoid", "tanh"}
        h, of all layers but the last.

    Returns
    -------
    scores : ndarray of shape (n_samples, n_outputs)
        :math:`z^{(L)}`.
    cache : list of (a, z)
        What came into each layer, and what it made of it before the activation.
    """
    h, _ = _activation(activation)
    a, cache = np.asarray(X, float), []
    for W, b in layers:
        if a.ndim != 2 or a.shape[1] != W.shape[1]:
            raise ValueError(f"a layer with weights of shape {W.shape} was given an array of shape {a.shape}")
        z = a @ W.T + b
        cache.append((a, z))
        a = h(z)
    return z, cache


def mlp_backward(layers, cache, delta, activation="relu"):
    r"""Backpropagation: the gradients of all weights from that of the scores.

    .. math::
        \frac{\partial L}{\partial W^{(l)}} = \delta^{(l)\top} a^{(l-1)}, \qquad
        \frac{\partial L}{\partial b^{(l)}} = \sum_n \delta_n^{(l)}, \qquad
        \delta^{(l-1)} = \big(\delta^{(l)} W^{(l)}\big) \odot h'(z^{(l-1)})

    Parameters
    ----------
    cache : list
        From :func:`mlp_forward`.
    delta : ndarray of shape (n_samples, n_outputs)
        :math:`\delta^{(L)} = \partial L / \partial z^{(L)}`; a mean over samples has its 1/n in here.

    Returns
    -------
    gradients : list of (dW, db)
    by_input : ndarray of shape (n_samples, n_inputs)
    """
    h, derivative = _activation(activation)
    gradients = []
    for place in reversed(range(len(layers))):
        (W, _), (a, _) = layers[place], cache[place]
        gradients.append((delta.T @ a, delta.sum(axis=0)))
        delta = delta @ W
        if place:
            delta = delta * derivative(cache[place - 1][1], a)
    return gradients[::-1], delta


def _activation(name):
    if name not in ACTIVATIONS:
        raise ValueError(f"The activation {name!r} is not supported. Supported activations are {list(ACTIVATIONS)}.")
    return ACTIVATIONS[name]
