"""Every public function and estimator over every dtype of numbers beside the same call in double precision.

Small whole numbers are exact in all dtypes, so that only what is made of them can differ. Floats stay what they are and
are computed to their precision; integers and bools are computed in double precision, or are refused as the reference
refuses them; estimators have scikit-learn's dtypes. A new function without an entry fails.
"""

import importlib
import warnings

import numpy as np
import pytest
import sklearn.linear_model
import sklearn.multiclass
import sklearn.preprocessing
import torch
import torch.nn.functional

from companion import (
    autograd,
    image,
    linear_model,
    losses,
    metrics,
    multiclass,
    neural_network,
    numerics,
    preprocessing,
)
from companion.nn import functional

INTEGERS = [bool, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64]
FLOATS = [np.float16, np.float32, np.float64, np.longdouble]


class Draw:
    """Small whole numbers that a dtype can hold, handed out in another one.

    ``Draw(np.uint8, np.float64)`` hands out the doubles that equal what ``Draw(np.uint8, np.uint8)`` hands out.
    """

    def __init__(self, dtype, given, wrap=np.asarray):
        self.dtype, self.given, self.wrap = np.dtype(dtype), given, wrap
        self.rng = np.random.default_rng(0)

    def numbers(self, *shape):
        """Of both signs if the dtype has them, bools 0 and 1."""
        low, high = {"b": (0, 2), "u": (0, 6)}.get(self.dtype.kind, (-3, 4))
        return self.wrap(self.rng.integers(low, high, shape).astype(self.given))

    def unit(self, *shape):
        """0 and 1."""
        return self.wrap(self.rng.integers(0, 2, shape).astype(self.given))

    def ones(self, *shape):
        """1 and nothing else."""
        return self.wrap(np.ones(shape, self.given))

    def one_hot(self, n, k):
        """Rows with a single 1."""
        return self.wrap(np.eye(k)[self.rng.integers(0, k, n)].astype(self.given))

    def labels(self, n, k):
        """Class indices, always integers."""
        return self.wrap(self.rng.integers(0, k, n))

    def signs(self, *shape):
        """Labels 1 and, where the dtype has it, -1."""
        values = self.rng.integers(0, 2, shape) * 2 - 1
        return self.wrap((np.abs(values) if self.dtype.kind in "bu" else values).astype(self.given))


# ---- arrays: numerics, losses, image, neural_network, metrics --------------------------------------------------------

NUMERICS = {
    "erf": lambda d: numerics.erf(d.numbers(4)),
    "log_sigmoid": lambda d: numerics.log_sigmoid(d.numbers(4)),
    "log_softmax": lambda d: numerics.log_softmax(d.numbers(3, 4)),
    "logit": lambda d: numerics.logit(d.unit(4)),
    "logsumexp": lambda d: numerics.logsumexp(d.numbers(3, 4), axis=1),
    "sigmoid": lambda d: numerics.sigmoid(d.numbers(4)),
    "softmax": lambda d: numerics.softmax(d.numbers(3, 4)),
    "softplus": lambda d: numerics.softplus(d.numbers(4)),
    "finite_difference_gradient": lambda d: numerics.finite_difference_gradient(lambda x: x @ x, d.numbers(3)),
    "finite_difference_jacobian": lambda d: numerics.finite_difference_jacobian(lambda x: x**2, d.numbers(3)),
    "softmax_cross_entropy": lambda d: numerics.softmax_cross_entropy(d.numbers(3, 4), np.array([0, 3, 1])),
    "softplus_sigmoid": lambda d: numerics.softplus_sigmoid(d.numbers(4)),
}

LOSSES = {
    "absolute_error": lambda d: losses.absolute_error(d.numbers(5), d.numbers(5)),
    "binary_cross_entropy_with_logits": lambda d: losses.binary_cross_entropy_with_logits(d.unit(5), d.numbers(5)),
    "brier": lambda d: losses.brier(d.unit(5), d.unit(5)),
    "cross_entropy": lambda d: losses.cross_entropy(d.one_hot(5, 3), d.numbers(5, 3), label_smoothing=0.25),
    "focal": lambda d: losses.focal(d.unit(5), d.numbers(5)),
    "gaussian_nll": lambda d: losses.gaussian_nll(d.numbers(5), d.numbers(5), d.ones(5)),
    "hinge": lambda d: losses.hinge(d.signs(5), d.numbers(5)),
    "huber": lambda d: losses.huber(d.numbers(5), d.numbers(5)),
    "kl_divergence": lambda d: losses.kl_divergence(d.one_hot(5, 3), d.one_hot(5, 3)),
    "l1_penalty": lambda d: losses.l1_penalty(d.numbers(5), 0.5),
    "l2_penalty": lambda d: losses.l2_penalty(d.numbers(5), 0.5),
    "pinball": lambda d: losses.pinball(d.numbers(5), d.numbers(5), alpha=0.25),
    "squared_error": lambda d: losses.squared_error(d.numbers(5), d.numbers(5), sample_weight=d.ones(5)),
    "squared_hinge": lambda d: losses.squared_hinge(d.signs(5), d.numbers(5)),
    "zero_one": lambda d: losses.zero_one(d.signs(5), d.numbers(5)),
}

IMAGE = {
    "convolve2d": lambda d: image.convolve2d(d.numbers(5, 4), d.numbers(2, 2)),
    "correlate2d": lambda d: image.correlate2d(d.numbers(5, 4), d.numbers(2, 2)),
    "shift": lambda d: image.shift(d.numbers(2, 4, 4), 1, -1),
    "shift_each": lambda d: image.shift_each(d.numbers(2, 5, 4), np.random.default_rng(0), 1),
    "slide": lambda d: image.slide(d.numbers(5, 4), d.numbers(2, 2)),
    "random_shift": lambda d: image.random_shift(d.numbers(2, 4, 4), 0),
}


def layers(d):
    """Two layers, in the dtype of the inputs where that has fractions."""
    dtype = d.given if np.dtype(d.given).kind == "f" else np.float64
    first, second = np.array([[1, -2], [0.5, 1], [0, 1]], dtype), np.ones((2, 3), dtype)
    return [(first, np.ones(3, dtype)), (second, np.zeros(2, dtype))]


def backward(d):
    _, cache = neural_network.mlp_forward(layers(d), d.numbers(4, 2))
    return neural_network.mlp_backward(layers(d), cache, d.numbers(4, 2))


NEURAL_NETWORK = {
    "collapse": lambda d: neural_network.collapse([(d.numbers(3, 2), d.numbers(3)), (d.numbers(2, 3), d.numbers(2))]),
    "mlp_backward": backward,
    "mlp_forward": lambda d: neural_network.mlp_forward(layers(d), d.numbers(4, 2))[0],
    "ramp": lambda d: neural_network.ramp(d.numbers(4), 0.5, 1.5),
    "relu_interpolant": lambda d: neural_network.relu_interpolant(d.wrap(np.array([0, 1], d.given)), d.unit(2)),
    "sum_of_ramps": lambda d: neural_network.sum_of_ramps(d.numbers(4), d.wrap(np.array([0, 1], d.given)), d.unit(2)),
}

METRICS = {
    "accuracy_score": lambda d: metrics.accuracy_score(d.numbers(9), d.numbers(9), sample_weight=d.ones(9)),
    "mcnemar_test": lambda d: metrics.mcnemar_test(d.numbers(9), d.numbers(9), d.numbers(9)),
}

# name of the module: its entries, and what takes no arrays
ARRAYS = {
    "numerics": (NUMERICS, set()),
    "losses": (LOSSES, set()),
    "image": (IMAGE, {"LAPLACE", "SOBEL_X", "SOBEL_Y", "gabor_kernel", "gaussian_kernel"}),
    "neural_network": (NEURAL_NETWORK, {"ACTIVATIONS", "checked", "init_mlp"}),
    "metrics": (METRICS, {"wilson_interval"}),
}

DOUBLE = {"finite_difference_gradient", "finite_difference_jacobian", *METRICS}  # whatever the dtype
UNCHANGED = {"shift", "shift_each", "random_shift"}  # pixels are moved, not computed
SINGLE_AT_LEAST = {"correlate2d", "convolve2d"}  # of float16 they make float32
FLOATS_ONLY = {"softmax_cross_entropy", "softplus_sigmoid", "slide"}  # beneath the checks of others


def flat(results):
    """All arrays and numbers of nested tuples and lists."""
    if isinstance(results, (tuple, list)):
        return [array for result in results for array in flat(result)]
    return [np.asarray(results)]


def agree(ours, exact, dtype):
    """Equal to the precision of the dtype of the inputs, in shape too."""
    eps = float(np.finfo(dtype).eps) if np.dtype(dtype).kind == "f" else float(np.finfo(float).eps)
    eps = max(eps, float(np.finfo(float).eps))
    assert len(ours) == len(exact)
    for a, b in zip(ours, exact):
        assert a.shape == b.shape
        finite = np.abs(b[np.isfinite(b)].astype(float))
        scale = float(finite.max()) if finite.size else 0.0
        np.testing.assert_allclose(a.astype(float), b.astype(float), rtol=4 * eps, atol=4 * eps * scale)


def array_cases():
    for module, (entries, _) in ARRAYS.items():
        for name, call in entries.items():
            for dtype in INTEGERS + FLOATS:
                if name in FLOATS_ONLY and dtype in INTEGERS:
                    continue
                yield pytest.param(name, call, dtype, id=f"{module}.{name}-{np.dtype(dtype).name}")


@pytest.mark.parametrize(("name", "call", "dtype"), list(array_cases()))
def test_functions_of_arrays(name, call, dtype):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours, exact = flat(call(Draw(dtype, dtype))), flat(call(Draw(dtype, np.float64)))
    agree(ours, exact, dtype)
    if name in UNCHANGED:
        assert {a.dtype for a in ours} == {np.dtype(dtype)}
    elif name in SINGLE_AT_LEAST and dtype is np.float16:
        assert {a.dtype for a in ours} == {np.dtype(np.float32)}
    elif name not in DOUBLE:
        assert {a.dtype for a in ours} == {np.dtype(dtype if dtype in FLOATS else np.float64)}


@pytest.mark.parametrize("module", ARRAYS)
def test_every_function_of_arrays_has_an_entry(module):
    entries, others = ARRAYS[module]
    assert sorted(entries.keys() | others) == sorted(importlib.import_module(f"companion.{module}").__all__)


# ---- tensors: autograd and nn.functional -----------------------------------------------------------------------------

# each call is made with the companion's functions and tensors, and with torch's
OPERATIONS = {
    "absolute": lambda t, d: t.abs(d.numbers(4)),
    "add": lambda t, d: d.numbers(4) + d.numbers(4),
    "amax": lambda t, d: t.amax(d.numbers(3, 4), 1),
    "amin": lambda t, d: t.amin(d.numbers(3, 4), 1),
    "cat": lambda t, d: t.cat([d.numbers(2, 3), d.numbers(1, 3)]),
    "clamp": lambda t, d: t.clamp(d.numbers(4), 0, 2),
    "cos": lambda t, d: t.cos(d.numbers(4)),
    "div": lambda t, d: d.numbers(4) / d.ones(4),
    "einsum": lambda t, d: t.einsum("ij,jk->ik", d.numbers(2, 3), d.numbers(3, 2)),
    "erf": lambda t, d: t.erf(d.numbers(4)),
    "exp": lambda t, d: t.exp(d.numbers(4)),
    "expand": lambda t, d: d.numbers(1, 3).expand(2, 3),
    "expm1": lambda t, d: t.expm1(d.numbers(4)),
    "gather": lambda t, d: t.gather(d.numbers(2, 3), 1, d.labels((2, 1), 3)),
    "getitem": lambda t, d: d.numbers(3, 4)[1:],
    "log": lambda t, d: t.log(d.ones(4)),
    "log1p": lambda t, d: t.log1p(d.unit(4)),
    "log_softmax": lambda t, d: d.numbers(3, 4).log_softmax(1),
    "logsumexp": lambda t, d: t.logsumexp(d.numbers(3, 4), 1),
    "matmul": lambda t, d: d.numbers(2, 3) @ d.numbers(3, 2),
    "maximum": lambda t, d: t.maximum(d.numbers(4), d.numbers(4)),
    "mean": lambda t, d: d.numbers(3, 4).mean(1),
    "minimum": lambda t, d: t.minimum(d.numbers(4), d.numbers(4)),
    "mul": lambda t, d: d.numbers(4) * d.numbers(4),
    "neg": lambda t, d: -d.numbers(4),
    "permute": lambda t, d: d.numbers(2, 3).permute(1, 0),
    "power": lambda t, d: d.numbers(4) ** 2,
    "relu": lambda t, d: t.relu(d.numbers(4)),
    "reshape": lambda t, d: d.numbers(2, 3).reshape(3, 2),
    "scatter_add": lambda t, d: t.scatter_add(d.numbers(2, 3), 1, d.labels((2, 1), 3), d.numbers(2, 1)),
    "sigmoid": lambda t, d: t.sigmoid(d.numbers(4)),
    "sin": lambda t, d: t.sin(d.numbers(4)),
    "softmax": lambda t, d: d.numbers(3, 4).softmax(1),
    "softplus": lambda t, d: t.softplus(d.numbers(4)),
    "sqrt": lambda t, d: t.sqrt(d.unit(4)),
    "square": lambda t, d: t.square(d.numbers(4)),
    "stack": lambda t, d: t.stack([d.numbers(3), d.numbers(3)]),
    "sub": lambda t, d: d.numbers(4) - d.numbers(4),
    "tanh": lambda t, d: t.tanh(d.numbers(4)),
    "total": lambda t, d: d.numbers(3, 4).sum(1),
    "transpose": lambda t, d: d.numbers(2, 3).transpose(0, 1),
    "var": lambda t, d: d.numbers(3, 4).var(1),
    "where": lambda t, d: t.where(d.numbers(4) > 0, d.numbers(4), d.numbers(4)),
}

NO_OPERATIONS = set(
    """Tensor as_tensor graph increment_version inner is_grad_enabled no_grad normalize_dim ones record tensor toposort
    unbroadcast unwrap zeros""".split()
)

FUNCTIONAL = {
    "adaptive_avg_pool2d": lambda F, d: F.adaptive_avg_pool2d(d.numbers(1, 2, 4, 4), 2),
    "adaptive_max_pool2d": lambda F, d: F.adaptive_max_pool2d(d.numbers(1, 2, 4, 4), 2),
    "avg_pool2d": lambda F, d: F.avg_pool2d(d.numbers(1, 2, 4, 4), 2),
    "batch_norm": lambda F, d: F.batch_norm(d.numbers(4, 2), None, None, training=True),
    "binary_cross_entropy_with_logits": lambda F, d: F.binary_cross_entropy_with_logits(d.numbers(4), d.unit(4)),
    "conv1d": lambda F, d: F.conv1d(d.numbers(1, 2, 5), d.numbers(3, 2, 2)),
    "conv2d": lambda F, d: F.conv2d(d.numbers(1, 2, 4, 4), d.numbers(3, 2, 2, 2)),
    "conv_transpose2d": lambda F, d: F.conv_transpose2d(d.numbers(1, 2, 3, 3), d.numbers(2, 3, 2, 2)),
    "cross_entropy": lambda F, d: F.cross_entropy(d.numbers(4, 3), d.labels(4, 3)),
    "dropout": lambda F, d: F.dropout(d.numbers(4), 0.0),
    "elu": lambda F, d: F.elu(d.numbers(4)),
    "embedding": lambda F, d: F.embedding(d.labels(4, 3), d.numbers(3, 2)),
    "gelu": lambda F, d: F.gelu(d.numbers(4)),
    "group_norm": lambda F, d: F.group_norm(d.numbers(2, 4, 3), 2),
    "huber_loss": lambda F, d: F.huber_loss(d.numbers(4), d.numbers(4)),
    "kl_div": lambda F, d: F.kl_div(d.numbers(4), d.unit(4), reduction="sum"),
    "l1_loss": lambda F, d: F.l1_loss(d.numbers(4), d.numbers(4)),
    "layer_norm": lambda F, d: F.layer_norm(d.numbers(3, 4), (4,)),
    "leaky_relu": lambda F, d: F.leaky_relu(d.numbers(4)),
    "linear": lambda F, d: F.linear(d.numbers(4, 3), d.numbers(2, 3)),
    "log_softmax": lambda F, d: F.log_softmax(d.numbers(3, 4), 1),
    "logsigmoid": lambda F, d: F.logsigmoid(d.numbers(4)),
    "max_pool2d": lambda F, d: F.max_pool2d(d.numbers(1, 2, 4, 4), 3, padding=1),
    "mse_loss": lambda F, d: F.mse_loss(d.numbers(4), d.numbers(4)),
    "nll_loss": lambda F, d: F.nll_loss(d.numbers(4, 3), d.labels(4, 3)),
    "one_hot": lambda F, d: F.one_hot(d.labels(4, 3), 3),
    "pad": lambda F, d: F.pad(d.numbers(2, 3), (1, 1)),
    "relu": lambda F, d: F.relu(d.numbers(4)),
    "rms_norm": lambda F, d: F.rms_norm(d.numbers(3, 4), (4,)),
    "sigmoid": lambda F, d: F.sigmoid(d.numbers(4)),
    "silu": lambda F, d: F.silu(d.numbers(4)),
    "softmax": lambda F, d: F.softmax(d.numbers(3, 4), 1),
    "softplus": lambda F, d: F.softplus(d.numbers(4)),
    "tanh": lambda F, d: F.tanh(d.numbers(4)),
}

NO_FUNCTIONS = {"conv_output_size", "im2col_conv2d", "inverted_dropout"}  # the last two beneath conv2d and dropout
REFUSALS = (RuntimeError, TypeError, ValueError, NotImplementedError, IndexError)


class Ours:
    """The companion's operations under torch's names."""

    def __getattr__(self, name):
        return getattr(autograd, {"abs": "absolute", "pow": "power", "sum": "total"}.get(name, name))


def outcome(call, library, draw):
    """What a call returns, or the exception that it raises."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            return call(library, draw)
    except REFUSALS as problem:
        return problem


def tensor_cases():
    for module, entries in (("autograd", OPERATIONS), ("functional", FUNCTIONAL)):
        for name, call in entries.items():
            if module == "functional" and not hasattr(functional, name):
                continue
            for dtype in INTEGERS + FLOATS:
                yield pytest.param(module, call, dtype, id=f"{module}.{name}-{np.dtype(dtype).name}")


@pytest.mark.parametrize(("module", "call", "dtype"), list(tensor_cases()))
def test_operations_on_tensors(module, call, dtype):
    library, torchs = {"autograd": (Ours(), torch), "functional": (functional, torch.nn.functional)}[module]
    ours = outcome(call, library, Draw(dtype, dtype, autograd.Tensor))
    if isinstance(ours, Exception):
        assert dtype in INTEGERS, f"refuses {np.dtype(dtype)}: {ours!r}"
        theirs = outcome(call, torchs, Draw(dtype, dtype, torch.tensor))
        assert isinstance(theirs, Exception), f"torch computes what raises {ours!r} here"
        assert isinstance(ours, type(theirs)) or isinstance(theirs, type(ours)), f"{ours!r}, in torch {theirs!r}"
        return
    exact = outcome(call, library, Draw(dtype, np.float64, autograd.Tensor))
    if ours.dtype.kind in "iu" and (exact.data % 1 == 0).all():  # integers, which may wrap around as torch's do
        assert (ours.data == exact.data.astype(int).astype(ours.dtype)).all()
    else:
        agree([ours.data], [exact.data], dtype)
    if dtype in FLOATS:
        assert ours.dtype == dtype


@pytest.mark.parametrize(
    ("module", "entries", "others"),
    [(autograd, OPERATIONS, NO_OPERATIONS), (functional, FUNCTIONAL, NO_FUNCTIONS)],
    ids=["autograd", "functional"],
)
def test_every_operation_on_tensors_has_an_entry(module, entries, others):
    assert set(module.__all__) - entries.keys() - others == set()


# ---- estimators ------------------------------------------------------------------------------------------------------

Perceptron = sklearn.linear_model.Perceptron

# name: the companion's and scikit-learn's estimator, is y a class?, and how far float32 may be off
ESTIMATORS = {
    "LinearRegression": (linear_model.LinearRegression(), sklearn.linear_model.LinearRegression(), False, 1e-4),
    "LinearRegression-qr": (
        linear_model.LinearRegression(solver="qr"),
        sklearn.linear_model.LinearRegression(),
        False,
        1e-4,
    ),
    "Ridge": (linear_model.Ridge(), sklearn.linear_model.Ridge(), False, 1e-4),
    "Ridge-svd": (linear_model.Ridge(solver="svd"), sklearn.linear_model.Ridge(solver="svd"), False, 1e-4),
    "Lasso": (linear_model.Lasso(0.25), sklearn.linear_model.Lasso(0.25), False, 1e-2),
    "ElasticNet": (linear_model.ElasticNet(0.25), sklearn.linear_model.ElasticNet(0.25), False, 1e-2),
    "LogisticRegression": (
        linear_model.LogisticRegression(),
        sklearn.linear_model.LogisticRegression(),
        True,
        1e-2,
    ),
    "Perceptron": (linear_model.Perceptron(), Perceptron(), True, 1e-4),
    "OneVsRestClassifier": (
        multiclass.OneVsRestClassifier(linear_model.Ridge()),
        sklearn.multiclass.OneVsRestClassifier(sklearn.linear_model.Ridge()),
        True,
        1e-4,
    ),
    "OneVsOneClassifier": (
        multiclass.OneVsOneClassifier(linear_model.Perceptron()),
        sklearn.multiclass.OneVsOneClassifier(Perceptron()),
        True,
        1e-4,
    ),
    "StandardScaler": (preprocessing.StandardScaler(), sklearn.preprocessing.StandardScaler(), False, 1e-4),
    "PolynomialFeatures": (
        preprocessing.PolynomialFeatures(),
        sklearn.preprocessing.PolynomialFeatures(),
        False,
        1e-4,
    ),
}


def results(estimator, draw, classes):
    """What an estimator learns and answers: its fitted numbers, and what it predicts or makes of X."""
    X = np.concatenate([draw.numbers(16, 2), [[0, 1], [1, 0], [1, 1], [0, 0]]], dtype=draw.given, casting="unsafe")
    y = np.arange(20) % 3 if classes else draw.numbers(20)
    estimator.fit(X, y)
    answer = estimator.transform(X) if hasattr(estimator, "transform") else estimator.predict(X)
    learned = [
        getattr(estimator, name) for name in ("coef_", "intercept_", "mean_", "scale_") if hasattr(estimator, name)
    ]
    return [np.asarray(value) for value in (answer, *learned)]


@pytest.mark.filterwarnings("ignore:lbfgs failed:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("dtype", INTEGERS + FLOATS, ids=lambda dtype: np.dtype(dtype).name)
@pytest.mark.parametrize("name", ESTIMATORS)
def test_estimators(name, dtype):
    ours, theirs, classes, tolerance = ESTIMATORS[name]
    got, exact = (results(ours, Draw(dtype, given), classes) for given in (dtype, np.float64))
    reference = results(theirs, Draw(dtype, dtype), classes)
    if dtype in (np.float16, np.longdouble) and hasattr(ours, "predict"):  # scikit-learn answers in X's dtype
        assert {a.dtype for a in got if a.dtype.kind == "f"} <= {np.dtype(np.float64)}
    else:
        assert [a.dtype for a in got] == [a.dtype for a in reference]
    rough = {np.float16: 1e-2, np.float32: tolerance}.get(dtype, 1e-10)
    for a, b in zip(got, exact):
        np.testing.assert_allclose(a, b, rtol=rough, atol=rough)


def test_every_estimator_has_an_entry():
    modules = linear_model, multiclass, preprocessing
    classes = {name for module in modules for name in module.__all__ if hasattr(getattr(module, name), "fit")}
    assert classes - {"LabelBinarizer"} == {name.partition("-")[0] for name in ESTIMATORS}  # it takes no features
