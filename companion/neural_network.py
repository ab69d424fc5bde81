r"""Networks by hand: curves as sums of ramps, and the forward and backward pass of a multi-layer perceptron.

Nothing here knows :mod:`companion.autograd`. A network is a list of layers ``(W, b)`` with W of shape (out, in), as
torch keeps it; samples are rows. Integers are computed in float64; floats stay what they are.
"""

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar, cast

import numpy as np

from companion import numerics
from companion.annotations import Array, ArrayLike, Seed
from companion.validation import Integer, as_float, check_random_state, require

__all__ = [
    "ACTIVATIONS",
    "checked",
    "collapse",
    "init_mlp",
    "mlp_backward",
    "mlp_forward",
    "ramp",
    "relu_interpolant",
    "sum_of_ramps",
]

Layers: TypeAlias = Sequence[tuple[Array, Array]]
Cache: TypeAlias = list[tuple[Array, Array]]
Function = TypeVar("Function", bound=Callable[..., Any])

# name: (h, h' as a function of z and a = h(z))
ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array, Array], Array]]] = {
    "identity": (lambda z: z, lambda z, a: np.ones_like(z)),
    "relu": (lambda z: np.maximum(z, 0), lambda z, a: (z > 0).astype(z.dtype)),
    "sigmoid": (numerics.sigmoid, lambda z, a: a * (1 - a)),
    "tanh": (np.tanh, lambda z, a: 1 - a * a),
}


def checked(by: Callable[..., tuple[Any, ...]]) -> Callable[[Function], Function]:
    """Have the arguments of a function checked first, so that its own lines are the algorithm alone.

    Parameters
    ----------
    by : callable
        Has the same parameters, raises for what does not fit, and returns the arguments in order, as arrays.

    Returns
    -------
    callable
        The decorator.

    Examples
    --------
    >>> def positive(x):
    ...     if x <= 0:
    ...         raise ValueError(f"x={x}, expected a positive number")
    ...     return (x,)
    >>> @checked(by=positive)
    ... def half(x):
    ...     return x / 2
    >>> half(3.0)
    1.5
    """

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def shell(*args: Any, **kwargs: Any) -> Any:
            return function(*by(*args, **kwargs))

        return cast(Function, shell)

    return decorate


# ---- curves from ramps -----------------------------------------------------------------------------------------------


def ramp(x: ArrayLike, start: ArrayLike, end: ArrayLike) -> Array:
    r"""0 before ``start``, 1 after ``end``, straight between: a hard sigmoid.

    It is the difference of two ReLUs, :math:`\big((x - s)_+ - (x - e)_+\big) / (e - s)`.

    Parameters
    ----------
    x : array_like
        Where; the result has its dtype.
    start, end : array_like
        Broadcast against x.

    Returns
    -------
    ndarray
        The heights.

    Raises
    ------
    ValueError
        If ``end`` is not beyond ``start`` everywhere; TypeError, if something is no real number.

    Examples
    --------
    >>> ramp(np.array([0.0, 1.0, 2.0, 3.0, 4.0]), 1.0, 3.0)
    array([0. , 0. , 0.5, 1. , 1. ])
    """
    x = as_float(x, "x")
    start, end = as_float(start, "start").astype(x.dtype), as_float(end, "end").astype(x.dtype)
    if not np.all(end > start):
        raise ValueError(f"end={end}, expected > start={start}")
    return np.clip(
        (x - start) / (end - start), 0, 1
    )  # the difference itself would be lost in the rounding of a large x


def increasing_knots(knots: ArrayLike, values: ArrayLike) -> tuple[Array, Array]:
    """Points of a curve, or ValueError if there are not two sequences of one length, the first increasing."""
    knots, values = as_float(knots, "knots"), as_float(values, "values")
    if knots.ndim != 1 or knots.shape != values.shape or len(knots) < 2:
        raise ValueError(f"knots of shape {knots.shape} and values of shape {values.shape}, expected two equal lengths")
    if not (np.isfinite(knots).all() and (np.diff(knots) > 0).all()):
        raise ValueError("the knots must increase, and be finite")
    return knots, values


def points_of_a_curve(x: ArrayLike, knots: ArrayLike, values: ArrayLike) -> tuple[Array, Array, Array]:
    """Arguments of :func:`sum_of_ramps`, in the dtype of x."""
    x, (knots, values) = as_float(x, "x"), increasing_knots(knots, values)
    return x, knots.astype(x.dtype), values.astype(x.dtype)


@checked(by=points_of_a_curve)
def sum_of_ramps(x: Array, knots: Array, values: Array) -> Array:
    r"""The piecewise-linear curve through points: a constant plus one ramp for each piece.

    .. math:: f(x) = y_0 + \sum_{i=1}^{m} (y_i - y_{i-1})\, \mathrm{ramp}(x;\, t_{i-1}, t_i)

    Parameters
    ----------
    x : array_like
        Where; the result has its shape and dtype.
    knots, values : array_like of shape (m + 1,)
        :math:`t_i`, increasing, and :math:`y_i`.

    Returns
    -------
    ndarray
        f(x), constant outside of the knots.

    Raises
    ------
    ValueError
        If the knots do not increase, or are not as many as the values.

    Examples
    --------
    >>> sum_of_ramps(np.array([0.5, 1.0, 2.0, 9.0]), [0.0, 1.0, 3.0], [2.0, 5.0, 1.0])
    array([3.5, 5. , 3. , 1. ])
    """
    pieces = ramp(x[..., None], knots[:-1], knots[1:])  # (..., m)
    return values[0] + pieces @ np.diff(values)


@checked(by=increasing_knots)
def relu_interpolant(knots: Array, values: Array) -> Cache:
    """A network with one hidden layer of ReLUs through points: a unit switches on at each knot but the last.

    Parameters
    ----------
    knots, values : array_like of shape (m + 1,)
        The points; the knots increase.

    Returns
    -------
    layers : list of (W, b)
        Of shapes (m, 1), (m,) and (1, m), (1,). Left of the first knot the network is constant, right of the last it
        goes on straight.

    Raises
    ------
    ValueError
        If the knots do not increase, or are not as many as the values.

    Examples
    --------
    >>> layers = relu_interpolant([0.0, 1.0, 3.0], [2.0, 5.0, 1.0])
    >>> mlp_forward(layers, np.array([[0.0], [0.5], [3.0]]), "relu")[0].ravel()
    array([2. , 3.5, 1. ])
    """
    slopes = np.diff(values) / np.diff(knots)
    hidden = np.ones_like(slopes)[:, None], -knots[:-1]
    return [
        hidden,
        (np.diff(slopes, prepend=slopes.dtype.type(0))[None, :], values[:1]),
    ]  # each unit adds what the slope changes by


# ---- layers ----------------------------------------------------------------------------------------------------------


def fitting_layers(layers: Layers) -> tuple[Cache]:
    """Layers as arrays, or ValueError if one does not fit the one before it."""
    arrays = [(as_float(W, "W"), as_float(b, "b")) for W, b in layers]
    if not arrays:
        raise ValueError("there are no layers, expected at least one")
    for W, b in arrays:
        if W.ndim != 2 or b.shape != W.shape[:1]:
            raise ValueError(f"a layer with weights of shape {W.shape} and biases of shape {b.shape}")
    for (W, _), (V, _) in itertools.pairwise(arrays):
        if V.shape[1] != len(W):
            raise ValueError(f"a layer with weights of shape {V.shape} comes after one of shape {W.shape}")
    return (arrays,)


@checked(by=fitting_layers)
def collapse(layers: Layers) -> tuple[Array, Array]:
    r"""The one affine map that affine layers without activations between them make: :math:`W = W_L \cdots W_1`.

    Parameters
    ----------
    layers : list of (W, b)
        From the first to the last.

    Returns
    -------
    W : ndarray of shape (n_outputs, n_inputs)
        The product of all weights.
    b : ndarray of shape (n_outputs,)
        What the network makes of 0.

    Raises
    ------
    ValueError
        If the layers do not fit each other.

    Examples
    --------
    >>> W, b = collapse([(np.array([[2.0]]), np.array([1.0])), (np.array([[3.0]]), np.array([0.0]))])
    >>> W, b
    (array([[6.]]), array([3.]))
    """
    weight, bias = layers[0]
    for W, b in layers[1:]:
        weight, bias = W @ weight, W @ bias + b
    return weight, bias


def init_mlp(sizes: Sequence[int], rng: Seed = None) -> Cache:
    """Layers with He's initial weights, N(0, 2 / fan_in), and zero biases.

    Parameters
    ----------
    sizes : sequence of int
        The number of inputs, of units of each hidden layer, and of outputs.
    rng : int, Generator, RandomState or None
        Draws the weights.

    Returns
    -------
    layers : list of (W, b)
        Of shapes (out, in) and (out,).

    Raises
    ------
    ValueError
        If a size is no positive integer, or there are fewer than two.

    Examples
    --------
    >>> [W.shape for W, b in init_mlp((4, 8, 3), rng=0)]
    [(8, 4), (3, 8)]
    """
    for size in sizes:
        require("sizes", size, Integer(1))
    if len(sizes) < 2:
        raise ValueError(f"sizes={sizes}, expected at least the numbers of inputs and of outputs")
    rng = check_random_state(rng)
    return [(rng.normal(0, np.sqrt(2 / m), (n, m)), np.zeros(n)) for m, n in itertools.pairwise(sizes)]


def fitting_input(layers: Layers, X: ArrayLike, activation: str = "relu") -> tuple[Cache, Array, str]:
    """Arguments of :func:`mlp_forward`, or ValueError if they do not fit."""
    known_activation(activation)
    (arrays,), X = fitting_layers(layers), as_float(X, "X")
    W = arrays[0][0]
    if X.ndim != 2 or X.shape[1] != W.shape[1]:
        raise ValueError(f"a layer with weights of shape {W.shape} was given an array of shape {X.shape}")
    return arrays, X, activation


@checked(by=fitting_input)
def mlp_forward(layers: Layers, X: Array, activation: str = "relu") -> tuple[Array, Cache]:
    r"""The scores of a multi-layer perceptron: :math:`z^{(l)} = a^{(l-1)} W^{(l)\top} + b^{(l)}`,
    :math:`a^{(l)} = h(z^{(l)})`.

    Parameters
    ----------
    layers : list of (W, b)
        Of shapes (out, in) and (out,).
    X : array_like of shape (n_samples, n_inputs)
        :math:`a^{(0)}`.
    activation : {"identity", "relu", "sigmoid", "tanh"}
        h, of all layers but the last.

    Returns
    -------
    scores : ndarray of shape (n_samples, n_outputs)
        :math:`z^{(L)}`.
    cache : list of (a, z)
        What came into each layer, and what it made of it before the activation.

    Raises
    ------
    ValueError
        If the layers do not fit each other or the samples, or the activation is unknown.

    Examples
    --------
    >>> scores, cache = mlp_forward([(np.array([[2.0]]), np.array([1.0]))], [[3.0]])
    >>> scores
    array([[7.]])
    """
    h, _ = ACTIVATIONS[activation]
    a, cache = X, []
    for W, b in layers:
        z = a @ W.T + b
        cache.append((a, z))
        a = h(z)
    return z, cache


def fitting_gradient(
    layers: Layers, cache: Cache, delta: ArrayLike, activation: str = "relu"
) -> tuple[Cache, Cache, Array, str]:
    """Arguments of :func:`mlp_backward`, or ValueError if they do not fit."""
    known_activation(activation)
    (arrays,), delta = fitting_layers(layers), as_float(delta, "delta")
    if len(cache) != len(arrays):
        raise ValueError(f"a cache of {len(cache)} layers for a network of {len(arrays)}")
    expected = len(cache[-1][0]), len(arrays[-1][0])
    if delta.shape != expected:
        raise ValueError(f"delta has the shape {delta.shape}, expected that of the scores, {expected}")
    return arrays, cache, delta, activation


@checked(by=fitting_gradient)
def mlp_backward(
    layers: Layers, cache: Cache, delta: Array, activation: str = "relu"
) -> tuple[list[tuple[Array, Array]], Array]:
    r"""Backpropagation: the gradients of all weights from that of the scores.

    .. math::
        \frac{\partial L}{\partial W^{(l)}} = \delta^{(l)\top} a^{(l-1)}, \qquad
        \frac{\partial L}{\partial b^{(l)}} = \sum_n \delta_n^{(l)}, \qquad
        \delta^{(l-1)} = \big(\delta^{(l)} W^{(l)}\big) \odot h'(z^{(l-1)})

    Parameters
    ----------
    layers : list of (W, b)
        As :func:`mlp_forward` had them.
    cache : list of (a, z)
        From :func:`mlp_forward`.
    delta : array_like of shape (n_samples, n_outputs)
        :math:`\delta^{(L)} = \partial L / \partial z^{(L)}`; a mean over samples has its 1/n in here.
    activation : {"identity", "relu", "sigmoid", "tanh"}
        h, of all layers but the last.

    Returns
    -------
    gradients : list of (dW, db)
        For each layer.
    by_input : ndarray of shape (n_samples, n_inputs)
        :math:`\partial L / \partial a^{(0)}`.

    Raises
    ------
    ValueError
        If layers, cache and gradient do not fit, or the activation is unknown.

    Examples
    --------
    >>> layers = [(np.array([[2.0]]), np.array([1.0]))]
    >>> _, cache = mlp_forward(layers, [[3.0]])
    >>> mlp_backward(layers, cache, [[1.0]])
    ([(array([[3.]]), array([1.]))], array([[2.]]))
    """
    _, derivative = ACTIVATIONS[activation]
    gradients = []
    for place in reversed(range(len(layers))):
        (W, _), (a, _) = layers[place], cache[place]
        gradients.append((delta.T @ a, delta.sum(axis=0)))
        delta = delta @ W
        if place:
            delta = delta * derivative(cache[place - 1][1], a)
    return gradients[::-1], delta


def known_activation(name: str) -> None:
    """ValueError if there is no activation of this name."""
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise ValueError(f"The activation {name!r} is not supported. Supported activations are {list(ACTIVATIONS)}.")
