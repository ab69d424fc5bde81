"""What a layer may be made of: torch's names in torch's order, and for what is refused torch's classes of errors."""

import inspect
import warnings

import numpy as np
import pytest
import torch

from companion import nn

LAYERS = sorted(set(nn.modules.__all__) - {"Module", "Parameter"})


@pytest.mark.parametrize("name", LAYERS)
def test_signatures_are_torchs(name):
    ours, theirs = (inspect.signature(getattr(library, name)).parameters for library in (nn, torch.nn))
    assert set(ours) <= set(theirs) | {"rng", "dtype"}  # torch has one generator for everything
    positional = [key for key, p in ours.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert positional == list(theirs)[: len(positional)]
    for key in set(ours) & set(theirs) - {"dtype"}:
        assert ours[key].default == theirs[key].default, key
    if name not in ("ModuleDict", "ModuleList"):
        ours, theirs = (inspect.signature(getattr(library, name).forward).parameters for library in (nn, torch.nn))
        assert list(ours) == list(theirs)[: len(ours)]


METHODS = [
    *("add_module", "apply", "buffers", "children", "double", "eval", "extra_repr", "float", "get_buffer", "half"),
    *("get_parameter", "get_submodule", "modules", "named_buffers", "named_children", "named_modules"),
    *("named_parameters", "parameters", "register_buffer", "register_module", "register_parameter", "requires_grad_"),
    *("train", "zero_grad"),
]


@pytest.mark.parametrize("name", METHODS)
def test_methods_of_a_module_have_torchs_arguments(name):
    ours, theirs = (inspect.signature(getattr(library.Module, name)).parameters for library in (nn, torch.nn))
    assert [(p.name, p.default) for p in ours.values()] == [(p.name, p.default) for p in theirs.values()]


IMAGE = (1, 1, 5, 5)
# a layer, what it gets, and, where torch looks at it only when it is used, the shape of an input
BAD = [
    ("Linear", (-1, 2), {}, None), ("Linear", (2.5, 2), {}, None), ("Linear", ("a", 2), {}, None),
    ("Linear", (2,), {}, None), ("Linear", (2, 2), {"biased": True}, None),
    ("Embedding", (-1, 2), {}, None), ("Embedding", (2.5, 2), {}, None),
    ("Conv2d", (1, 1, -1), {}, None), ("Conv2d", (1, 1, 0), {}, IMAGE), ("Conv2d", (1, 1, 2.5), {}, None),
    ("Conv2d", (1, 1, "a"), {}, None), ("Conv2d", (1, 1, (3, 3, 3)), {}, IMAGE), ("Conv2d", (-1, 1, 3), {}, None),
    ("Conv2d", (1, 1, 3), {"stride": 0}, IMAGE), ("Conv2d", (1, 1, 3), {"stride": -1}, IMAGE),
    ("Conv2d", (1, 1, 3), {"stride": 1.5}, IMAGE), ("Conv2d", (1, 1, 3), {"stride": (1, 2, 3)}, IMAGE),
    ("Conv2d", (1, 1, 3), {"padding": -1}, IMAGE), ("Conv2d", (1, 1, 3), {"padding": 1.5}, IMAGE),
    ("Conv2d", (1, 1, 3), {"padding": "sme"}, None), ("Conv2d", (1, 1, 3), {"padding": "same", "stride": 2}, None),
    ("Conv2d", (1, 1, 3), {"dilation": 0}, IMAGE), ("Conv2d", (1, 1, 3), {"groups": 0}, None),
    ("Conv2d", (1, 1, 3), {"groups": -1}, None), ("Conv2d", (2, 2, 3), {"groups": 2.0}, None),
    ("Conv2d", (2, 2, 3), {"groups": "a"}, None), ("Conv2d", (3, 2, 3), {"groups": 2}, None),
    ("Conv2d", (2, 3, 3), {"groups": 2}, None), ("Conv1d", (1, 1, 3), {"groups": 0}, None),
    ("Conv1d", (1, 1, 3), {"stride": 0}, (1, 1, 5)), ("Conv1d", (1, 1, 3), {"padding": "sme"}, None),
    ("ConvTranspose2d", (1, 1, 3), {"output_padding": -1}, IMAGE),
    ("ConvTranspose2d", (1, 1, 3), {"padding": -1}, IMAGE),
    ("ConvTranspose2d", (1, 1, 3), {"stride": 0}, IMAGE), ("ConvTranspose2d", (1, 1, 3), {"output_padding": 1}, IMAGE),
    ("MaxPool2d", (0,), {}, IMAGE), ("MaxPool2d", (-1,), {}, IMAGE), ("MaxPool2d", (2, 0), {}, IMAGE),
    ("MaxPool2d", (2, None, 0, 0), {}, IMAGE), ("MaxPool2d", (2, None, 0, 1.5), {}, IMAGE),
    ("AvgPool2d", (2, None, 0, False, True, 0), {}, IMAGE), ("AvgPool2d", (2, None, 0, False, True, 1.5), {}, IMAGE),
    ("MaxPool2d", (2, -1), {}, IMAGE), ("MaxPool2d", (2,), {"padding": -1}, IMAGE),
    ("MaxPool2d", (2,), {"padding": 2}, IMAGE), ("MaxPool2d", (2.5,), {}, IMAGE), ("MaxPool2d", ("a",), {}, IMAGE),
    ("MaxPool2d", ((2, 2, 2),), {}, IMAGE), ("AvgPool2d", (0,), {}, IMAGE), ("AvgPool2d", (2, 0), {}, IMAGE),
    ("AvgPool2d", (2,), {"padding": -1}, IMAGE), ("AvgPool2d", (2,), {"padding": 2}, IMAGE),
    ("AvgPool2d", (2,), {"count_include_pad": "no"}, IMAGE), ("AvgPool2d", (2.5,), {}, IMAGE),
    ("AvgPool2d", ((2, 2, 2),), {}, IMAGE), ("AdaptiveAvgPool2d", ((1, 2, 3),), {}, IMAGE),
    ("AdaptiveAvgPool2d", (-1,), {}, IMAGE), ("AdaptiveAvgPool2d", (2.5,), {}, IMAGE),
    ("AdaptiveAvgPool2d", ("a",), {}, IMAGE), ("AdaptiveAvgPool2d", (None,), {}, IMAGE),
    ("AdaptiveMaxPool2d", (-1,), {}, IMAGE), ("AdaptiveMaxPool2d", (2.5,), {}, IMAGE),
    ("BatchNorm1d", (2,), {"eps": -1}, (3, 2)), ("BatchNorm1d", (2,), {"eps": "a"}, (3, 2)),
    ("BatchNorm1d", (2,), {"momentum": "a"}, (3, 2)), ("BatchNorm1d", (-1,), {}, None),
    ("BatchNorm1d", (2.5,), {}, None), ("BatchNorm2d", (2,), {"eps": -1}, (3, 2, 4, 4)),
    ("BatchNorm2d", (-1,), {}, None),
    ("BatchNorm1d", (3,), {}, (2, 4)), ("BatchNorm1d", (3,), {}, (3,)), ("BatchNorm2d", (3,), {}, (2, 3)),
    ("LayerNorm", (-1,), {}, None), ("LayerNorm", (2.5,), {}, None), ("LayerNorm", ("a",), {}, None),
    ("LayerNorm", ((2, -1),), {}, None), ("LayerNorm", (2,), {"eps": "a"}, (3, 2)),
    ("RMSNorm", (-1,), {}, None), ("RMSNorm", (2,), {"eps": "a"}, (3, 2)),
    ("GroupNorm", (2, 3), {}, None), ("GroupNorm", ("a", 4), {}, None), ("GroupNorm", (2, -4), {}, None),
    ("GroupNorm", (1, 4), {"eps": "a"}, (3, 4)),
    ("Dropout", (-0.1,), {}, None), ("Dropout", (1.5,), {}, None), ("Dropout", ("a",), {}, None),
    ("Dropout", (None,), {}, None), ("LeakyReLU", ("a",), {}, (3, 4)), ("ELU", ("a",), {}, (3, 4)),
    ("ELU", (), {"beta": 2.0}, None), ("GELU", ("a",), {}, (3, 4)), ("GELU", (3,), {}, (3, 4)),
    ("Softmax", (2.5,), {}, (3, 4)), ("Softmax", ("a",), {}, (3, 4)), ("Softmax", (5,), {}, (3, 4)),
    ("LogSoftmax", ("a",), {}, (3, 4)), ("Softplus", ("a",), {}, (3, 4)), ("Softplus", (1, "a"), {}, (3, 4)),
    ("Flatten", ("a",), {}, (3, 4)), ("Flatten", (1.5,), {}, (3, 4)), ("Flatten", (2, 1), {}, (2, 3, 4)),
    ("Flatten", (5,), {}, (2, 3, 4)), ("Flatten", (0, -4), {}, (2, 3, 4)),
]  # fmt: skip
BAD_LOSSES = [
    *[(name, {"reduction": word}) for name in ("MSELoss", "L1Loss", "NLLLoss") for word in ("a", 3, None)],
    ("MSELoss", {"reduction": "batchmean"}), ("KLDivLoss", {"reduction": "a"}), ("KLDivLoss", {"log_target": "no"}),
    ("HuberLoss", {"delta": 0.0}), ("HuberLoss", {"delta": "a"}), ("HuberLoss", {"delta": float("nan")}),
    ("CrossEntropyLoss", {"label_smoothing": 2.0}), ("CrossEntropyLoss", {"label_smoothing": "a"}),
    ("CrossEntropyLoss", {"ignore_index": "a"}), ("CrossEntropyLoss", {"ignore_index": 1.5}),
    ("CrossEntropyLoss", {"weight": "a"}), ("CrossEntropyLoss", {"reduction": "a"}), ("NLLLoss", {"ignore_index": 1.5}),
    ("NLLLoss", {"weight": "a"}), ("BCEWithLogitsLoss", {"pos_weight": "a"}), ("BCEWithLogitsLoss", {"weight": "a"}),
]  # fmt: skip


def error_of(library, name, arguments, keywords, *inputs):
    """What is raised when a layer is made, or used."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            layer = getattr(library, name)(*arguments, **keywords)
            if inputs:
                layer(*inputs)
        except Exception as error:
            return error
    return None


@pytest.mark.parametrize(("name", "arguments", "keywords", "shape"), BAD, ids=str)
def test_bad_settings_are_refused_with_torchs_class(name, arguments, keywords, shape):
    expected = error_of(torch.nn, name, arguments, keywords, *([] if shape is None else [torch.ones(shape)]))
    ours = error_of(nn, name, arguments, keywords, *([] if shape is None else [np.ones(shape)]))
    assert expected is not None and isinstance(ours, type(expected)), (ours, expected)


@pytest.mark.parametrize(("name", "keywords"), BAD_LOSSES, ids=str)
def test_bad_settings_of_losses_are_refused_at_once_with_torchs_class(name, keywords):
    x = torch.ones(3, 4)
    target = torch.tensor([0, 1, 2]) if name in ("CrossEntropyLoss", "NLLLoss") else x
    expected, ours = error_of(torch.nn, name, (), keywords, x, target), error_of(nn, name, (), keywords)
    assert expected is not None and isinstance(ours, type(expected)), (ours, expected)


@pytest.mark.parametrize("dtype", ["int32", "complex128", "U3"])
@pytest.mark.parametrize(("name", "arguments"), [("Linear", (2, 2)), ("Embedding", (2, 2)), ("BatchNorm1d", (2,))])
def test_parameters_are_floating_point_numbers(name, arguments, dtype):
    with pytest.raises(RuntimeError, match="floating-point numbers"):
        getattr(nn, name)(*arguments, dtype=dtype)


STRICTER = [  # torch goes on with these: it takes any truth for a bool, and finds nan on its way
    *[("Linear", (2, 2), {"bias": word}) for word in ("no", 1, None)], ("Linear", (True, 2), {}),
    ("Conv2d", (1, 1, 3), {"bias": "no"}), ("Conv2d", (1, 1, 3), {"groups": True}),
    ("BatchNorm1d", (2,), {"affine": "no"}),
    ("BatchNorm1d", (2,), {"track_running_stats": "no"}), ("BatchNorm1d", (2,), {"eps": float("nan")}),
    ("LayerNorm", (2,), {"elementwise_affine": "no"}), ("LayerNorm", (2,), {"bias": "no"}),
    ("LayerNorm", (2,), {"eps": -1}), ("RMSNorm", (2,), {"eps": -1}), ("RMSNorm", (2,), {"elementwise_affine": 1}),
    ("GroupNorm", (1, 4), {"eps": -1}), ("GroupNorm", (-1, 4), {}), ("GroupNorm", (2.0, 4), {}),
    ("GroupNorm", (1, 4), {"affine": "no"}), ("GroupNorm", (0, 4), {}), ("Dropout", (float("nan"),), {}),
    ("Dropout", (True,), {}), ("LeakyReLU", (float("nan"),), {}), ("ConvTranspose2d", (1, 1, 3), {"padding": "same"}),
    ("Conv2d", (1, 1, (3,)), {}), ("Conv2d", (1, 1, 3), {"rng": "seed"}), ("Dropout", (0.5,), {"rng": -1}),
    ("Embedding", (2, 3), {"rng": 1.5}), ("AdaptiveMaxPool2d", ((1, 2, 3),), {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "keywords"), STRICTER, ids=str)
def test_what_would_be_guessed_is_refused(name, arguments, keywords):
    with pytest.raises((TypeError, ValueError, RuntimeError), match="expected"):
        getattr(nn, name)(*arguments, **keywords)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: nn.Conv2d(3, 4, 3)(np.ones((1, 2, 5, 5))), RuntimeError, "expected input of shape"),
        (lambda: nn.Conv2d(3, 4, 7)(np.ones((1, 3, 5, 5))), RuntimeError, "larger than the padded input"),
        (lambda: nn.Conv2d(3, 4, 3, groups=2), ValueError, "divisible by groups=2"),
        (lambda: nn.Conv2d(1, 1, 3, stride=2, padding="same"), ValueError, "not supported"),
        (lambda: nn.MaxPool2d(2, padding=2)(np.ones((1, 1, 5, 5))), RuntimeError, "half of the kernel"),
        (lambda: nn.MaxPool2d(3, padding=(1, 2))(np.ones((1, 1, 5, 5))), RuntimeError, "half of the kernel"),
        (lambda: nn.MaxPool2d(2)(np.ones((1, 4, 4))), RuntimeError, r"expected an input of shape \(N, C, H, W\)"),
        (lambda: nn.MaxPool2d(3)(np.ones((1, 1, 5, 2))), RuntimeError, "larger than the padded input"),
        (lambda: nn.BatchNorm1d(3)(np.ones((1, 3))), ValueError, "more than 1 value per channel"),
        (lambda: nn.BatchNorm2d(3)(np.ones((2, 4, 5, 5))), RuntimeError, "3 channels"),
        (lambda: nn.LayerNorm(3)(np.ones((2, 4))), RuntimeError, "expected such last axes"),
        (lambda: nn.LayerNorm((2, 3))(np.ones((4, 5, 3))), RuntimeError, "expected such last axes"),
        (lambda: nn.GroupNorm(2, 3), ValueError, "divisible by num_groups=2"),
        (lambda: nn.Dropout(1.5), ValueError, "expected a number in"),
        (lambda: nn.ELU(beta=2.0), TypeError, "unexpected keyword argument 'beta'"),
        (lambda: nn.BatchNorm1d(3)(np.ones(3)), ValueError, r"expected 2D or 3D input \(got 1D input\)"),
        (lambda: nn.Flatten(2, 1)(np.ones((2, 3, 4))), RuntimeError, "start_dim cannot come after"),
        (lambda: nn.Flatten(5)(np.ones((2, 3, 4))), IndexError, "out of range"),
        (lambda: nn.Sequential(nn.Linear(1, 1), np.tanh), TypeError, "not a Module"),
        (lambda: nn.Conv2d(1, 1, 3, padding="sme"), ValueError, "padding='sme', expected 'same' or 'valid'"),
        (lambda: nn.Linear(2, -1), RuntimeError, "out_features=-1, expected an integer in"),
        (lambda: nn.CrossEntropyLoss(weight=[1j]), TypeError, "weight has dtype complex128, expected real numbers"),
        (lambda: nn.BatchNorm1d(2, eps=-1), ValueError, "eps=-1, expected a number in"),
    ],
)
def test_bad_input(call, error, words):
    with pytest.raises(error, match=words):
        call()
