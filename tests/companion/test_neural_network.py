"""companion.neural_network: curves through their points, and the backward pass by hand beside autograd and torch."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from companion import losses, nn
from companion import neural_network as net
from companion.autograd import Tensor
from companion.numerics import finite_difference_gradient

TORCH = {"identity": lambda z: z, "relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}
increasing = st.lists(st.floats(-5, 5), min_size=2, max_size=12).map(lambda gaps: np.cumsum(np.abs(gaps) + 0.1) - 5.0)


def test_a_ramp_by_hand_and_beside_torchs_hard_sigmoid():
    np.testing.assert_array_equal(net.ramp(np.array([-9.0, 2.0, 3.0, 9.0]), 2.0, 4.0), [0, 0, 0.5, 1])
    x = np.linspace(-5, 5, 101)
    np.testing.assert_allclose(net.ramp(x, -3, 3), torch.nn.functional.hardsigmoid(torch.tensor(x)).numpy(), atol=1e-15)
    for start, end in ((1.0, 1.0), (1.0, 0.0), (np.zeros(2), np.array([1.0, 0.0])), (0.0, np.nan)):
        with pytest.raises(ValueError, match="expected > start"):
            net.ramp(0.5, start, end)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("far", [2.0**25, 1e17, 1e30, np.inf])
def test_a_ramp_is_one_however_far_to_the_right_and_zero_to_the_left(dtype, far):
    x = np.array([-far, far, np.nan], dtype)
    with np.errstate(all="raise"):
        heights, curve = net.ramp(x, 0.0, 1.0), net.sum_of_ramps(x, [0.0, 1.0, 3.0], [2.0, 5.0, 1.0])
    assert heights.dtype == curve.dtype == dtype
    np.testing.assert_array_equal(heights, [0, 1, np.nan])
    np.testing.assert_array_equal(curve, [2, 1, np.nan])


@given(increasing, st.integers(0, 2**31))
@settings(max_examples=50, deadline=None)
def test_sums_of_ramps_and_relus_are_numpys_interpolation(knots, seed):
    values = np.random.default_rng(seed).normal(size=len(knots))
    x = np.linspace(knots[0], knots[-1], 77)
    np.testing.assert_allclose(net.sum_of_ramps(x, knots, values), np.interp(x, knots, values), atol=1e-12)
    scores, _ = net.mlp_forward(net.relu_interpolant(knots, values), x[:, None], "relu")
    np.testing.assert_allclose(scores[:, 0], np.interp(x, knots, values), atol=1e-10)
    outside = net.sum_of_ramps(np.array([knots[0] - 1, knots[-1] + 1]), knots, values)
    np.testing.assert_allclose(outside, [values[0], values[-1]], atol=1e-12)


@pytest.mark.parametrize("knots", [[0.0], [0.0, 0.0, 1.0], [1.0, 0.0], [[0.0, 1.0], [2.0, 3.0]]])
def test_knots_that_do_not_increase_are_refused(knots):
    for function in (lambda k: net.sum_of_ramps(0.5, k, k), lambda k: net.relu_interpolant(k, k)):
        with pytest.raises(ValueError, match=r"increase|equal lengths"):
            function(knots)
    for function in (lambda v: net.sum_of_ramps(0.5, [0.0, 1.0], v), lambda v: net.relu_interpolant([0.0, 1.0], v)):
        with pytest.raises(ValueError, match="two equal lengths"):
            function([1.0, 2.0, 3.0])


def test_collapsing_affine_layers():
    rng = np.random.default_rng(0)
    layers = [(rng.normal(size=(n, m)), rng.normal(size=n)) for m, n in ((4, 5), (5, 2), (2, 3))]
    W, b = net.collapse(layers)
    X = rng.normal(size=(9, 4))
    np.testing.assert_allclose(X @ W.T + b, net.mlp_forward(layers, X, "identity")[0], atol=1e-13)
    assert np.linalg.matrix_rank(W) == 2 and len(layers) == 3 and layers[0][0].shape == (5, 4)


@pytest.mark.parametrize("activation", list(net.ACTIVATIONS))
@pytest.mark.parametrize("sizes", [(3, 4), (3, 5, 4), (2, 6, 1, 3), (4, 3, 3, 3, 2)])
def test_backward_is_torchs_and_autograds_and_finite_differences(activation, sizes):
    rng = np.random.default_rng(1)
    layers = [(W, rng.normal(size=b.shape)) for W, b in net.init_mlp(sizes, rng)]
    X, y = rng.normal(size=(7, sizes[0])), rng.integers(0, sizes[-1], 7)
    scores, cache = net.mlp_forward(layers, X, activation)
    value, delta = losses.cross_entropy(y, scores, label_smoothing=0.2)
    gradients, by_input = net.mlp_backward(layers, cache, delta, activation)

    ours = [[Tensor(p, requires_grad=True) for p in layer] for layer in layers]
    theirs = [[torch.tensor(p, requires_grad=True) for p in layer] for layer in layers]
    a, t = Tensor(X, requires_grad=True), torch.tensor(X, requires_grad=True)
    inputs = a, t
    for place, ((W, b), (V, c)) in enumerate(zip(ours, theirs)):
        a, t = a @ W.T + b, t @ V.T + c
        if place < len(layers) - 1 and activation != "identity":
            a, t = getattr(nn.functional, activation)(a), TORCH[activation](t)
    nn.functional.cross_entropy(a, y, label_smoothing=0.2).backward()
    reference = torch.nn.functional.cross_entropy(t, torch.tensor(y), label_smoothing=0.2)
    reference.backward()
    assert abs(value - reference.item()) < 1e-14
    np.testing.assert_allclose(by_input, inputs[0].grad.data, atol=1e-14)
    np.testing.assert_allclose(by_input, inputs[1].grad.numpy(), atol=1e-14)
    for (dW, db), (W, b), (V, c) in zip(gradients, ours, theirs):
        np.testing.assert_allclose(dW, W.grad.data, atol=1e-14)
        np.testing.assert_allclose(dW, V.grad.numpy(), atol=1e-14)
        np.testing.assert_allclose(db, b.grad.data, atol=1e-14)
        np.testing.assert_allclose(db, c.grad.numpy(), atol=1e-14)

    def objective(W):
        changed = [(W, layers[0][1]), *layers[1:]]
        return losses.cross_entropy(y, net.mlp_forward(changed, X, activation)[0], label_smoothing=0.2)[0]

    np.testing.assert_allclose(gradients[0][0], finite_difference_gradient(objective, layers[0][0]), atol=1e-7)


def test_one_hidden_unit_by_hand():
    layers = [(np.array([[2.0]]), np.array([-1.0])), (np.array([[3.0]]), np.array([0.5]))]
    scores, cache = net.mlp_forward(layers, np.array([[1.0]]), "relu")
    assert scores[0, 0] == 3.5  # 3 * relu(2 - 1) + 0.5
    gradients, by_input = net.mlp_backward(layers, cache, np.array([[10.0]]), "relu")
    assert gradients[1][0] == 10 and gradients[1][1] == 10 and gradients[0][0] == 30 and gradients[0][1] == 30
    assert by_input[0, 0] == 60


def test_a_relu_at_its_kink_passes_nothing_back_as_torchs():
    W, X = np.eye(2), np.array([[0.0, -0.0], [1.0, -1.0]])
    layers = [(W, np.zeros(2)), (W, np.zeros(2))]
    scores, cache = net.mlp_forward(layers, X)  # relu, unless told
    np.testing.assert_array_equal(scores, np.maximum(X, 0))
    t = torch.tensor(X, requires_grad=True)
    torch.relu(t).sum().backward()
    np.testing.assert_array_equal(net.mlp_backward(layers, cache, np.ones((2, 2)))[1], t.grad.numpy())


def test_he_weights_have_their_variance():
    assert (net.init_mlp((3, 2), rng=5)[0][0] == net.init_mlp((3, 2), rng=5)[0][0]).all()
    (W, b), (V, _) = net.init_mlp((400, 300, 10), rng=0)
    assert W.shape == (300, 400) and V.shape == (10, 300) and not b.any()
    assert W.var() == pytest.approx(2 / 400, rel=0.03)


def test_bad_input_names_the_shapes():
    layers = net.init_mlp((3, 2), rng=0)
    with pytest.raises(ValueError, match=r"\(2, 3\) was given an array of shape \(5, 4\)"):
        net.mlp_forward(layers, np.ones((5, 4)))
    for shape in ((3,), (2, 5, 3)):
        with pytest.raises(ValueError, match="was given an array of shape"):
            net.mlp_forward(layers, np.ones(shape))
    with pytest.raises(ValueError, match="'swish' is not supported"):
        net.mlp_forward(layers, np.ones((5, 3)), "swish")


@pytest.mark.parametrize("dtype", [int, np.int8, np.uint8, bool])
def test_integers_are_computed_in_floats(dtype):
    x, knots, values = np.array([0, 1, 1], dtype), np.array([0, 1], dtype), np.array([1, 0], dtype)
    np.testing.assert_array_equal(net.sum_of_ramps(x, knots, values), [1.0, 0.0, 0.0])
    np.testing.assert_array_equal(net.ramp(x, np.array(0, dtype), np.array(1, dtype)), x.astype(float))
    layers = net.relu_interpolant(knots, values)
    assert all(part.dtype == float for layer in layers for part in layer)
    scores, cache = net.mlp_forward(layers, x[:, None])
    gradients, by_input = net.mlp_backward(layers, cache, np.ones((3, 1), dtype))
    assert scores.dtype == by_input.dtype == float and scores[:, 0].tolist() == [1.0, 0.0, 0.0]


def test_single_precision_stays():
    layers = [(W.astype(np.float32), b.astype(np.float32)) for W, b in net.init_mlp((3, 4, 2), rng=0)]
    scores, cache = net.mlp_forward(layers, np.ones((5, 3), np.float32), "tanh")
    gradients, by_input = net.mlp_backward(layers, cache, np.ones((5, 2), np.float32), "tanh")
    assert {scores.dtype, by_input.dtype, gradients[0][0].dtype} == {np.dtype(np.float32)}
    x = np.linspace(0, 1, 5, dtype=np.float32)
    assert net.sum_of_ramps(x, [0.0, 1.0], [2.0, 3.0]).dtype == net.ramp(x, 0.0, 0.5).dtype == np.float32


LAYERS = net.init_mlp((3, 4, 2), rng=0)
CACHE = net.mlp_forward(LAYERS, np.ones((5, 3)))[1]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: net.mlp_backward(LAYERS, CACHE, np.ones(2)), ValueError, r"delta has the shape \(2,\), expected"),
        (lambda: net.mlp_backward(LAYERS, CACHE, np.ones((5, 1))), ValueError, r"that of the scores, \(5, 2\)"),
        (
            lambda: net.mlp_backward(LAYERS, CACHE[:1], np.ones((5, 2))),
            ValueError,
            "cache of 1 layers for a network of 2",
        ),
        (lambda: net.mlp_backward(LAYERS, CACHE, np.ones((5, 2)), "swish"), ValueError, "'swish' is not supported"),
        (lambda: net.mlp_forward([], np.ones((5, 3))), ValueError, "there are no layers"),
        (lambda: net.mlp_forward(LAYERS, np.full((5, 3), "a")), TypeError, "X has dtype <U1"),
        (
            lambda: net.mlp_forward(LAYERS[::-1], np.ones((5, 4))),
            ValueError,
            r"\(4, 3\) comes after one of shape",
        ),
        (lambda: net.collapse(LAYERS[::-1]), ValueError, "comes after one of shape"),
        (lambda: net.collapse([(np.eye(2), np.zeros((2, 1)))]), ValueError, r"biases of shape \(2, 1\)"),
        (lambda: net.collapse([]), ValueError, "there are no layers"),
        (lambda: net.init_mlp([3]), ValueError, "expected at least the numbers"),
        (lambda: net.init_mlp([3, 0]), ValueError, "sizes=0, expected an integer in"),
        (lambda: net.init_mlp([3, 2.0]), TypeError, "sizes=2.0"),
        (lambda: net.init_mlp([3, 2], rng="seed"), ValueError, "random_state='seed'"),
        (lambda: net.sum_of_ramps(0.5, [0.0, np.inf], [1.0, 2.0]), ValueError, "must increase, and be finite"),
        (lambda: net.sum_of_ramps(0.5, [0.0, np.nan], [1.0, 2.0]), ValueError, "must increase, and be finite"),
        (lambda: net.ramp("a", 0.0, 1.0), TypeError, "x has dtype <U1"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_the_input_is_not_modified():
    rng = np.random.default_rng(0)
    layers, X, delta = net.init_mlp((3, 4, 2), rng), rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    before = X.copy(), delta.copy(), [W.copy() for W, _ in layers]
    _, cache = net.mlp_forward(layers, X, "tanh")
    net.mlp_backward(layers, cache, delta, "tanh")
    assert (
        (X == before[0]).all()
        and (delta == before[1]).all()
        and all((W == V).all() for (W, _), V in zip(layers, before[2]))
    )
