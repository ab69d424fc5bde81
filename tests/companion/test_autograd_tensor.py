"""The class Tensor: as a number, as text, as a sequence; what it refuses; what an editor sees of it."""

import inspect

import numpy as np
import pytest
import torch

from companion import autograd as ag
from companion.autograd import Tensor


def test_a_number_has_no_length():
    with pytest.raises(TypeError, match="0-d"):
        len(Tensor(1.0))
    assert len(Tensor(np.ones((2, 3)))) == 2


def test_a_tensor_as_a_number_as_text_and_as_a_sequence():
    loss = Tensor([[2.5]], requires_grad=True)
    assert (float(loss), int(loss), f"{loss.sum():.2f}") == (2.5, 2, "2.50")
    y = loss * 2
    y.sum().backward()
    assert repr(y) == "tensor([[5.]], grad_fn=<mul>)" and repr(loss) == "tensor([[2.5]], requires_grad=True)"
    assert [row.shape for row in Tensor(np.ones((2, 3)))] == [(3,), (3,)]
    with pytest.raises(TypeError, match="0-d"):
        list(Tensor(1.0))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Tensor(np.ones((2, 3))) + np.ones((2, 4)), r"add: the shapes \(2, 3\) and \(2, 4\)"),
        (lambda: Tensor(np.ones((2, 3))) @ np.ones((2, 4)), r"matmul: the shapes \(2, 3\) and \(2, 4\)"),
        (lambda: Tensor(np.ones(3)).reshape(2), r"shape \[2\] is invalid for input of shape \(3,\)"),
        (lambda: ag.cat([Tensor(np.ones((2, 3))), Tensor(np.ones((3, 2)))]), "do not fit along dim 0"),
        (lambda: ag.stack([Tensor(np.ones(2)), Tensor(np.ones(3))]), "equal size"),
        (lambda: ag.einsum("ij,jk->ik", Tensor(np.ones((2, 3))), Tensor(np.ones((4, 2)))), "does not fit the shapes"),
        (lambda: Tensor([1, 2], requires_grad=True), "floating point"),
        (lambda: Tensor([1.0, 2.0], requires_grad=True).backward(), "only for scalar outputs"),
        (lambda: Tensor([1.0]).backward(), "does not require grad"),
        (lambda: Tensor([1.0], requires_grad=True).numpy(), "detach"),
        (lambda: np.asarray(Tensor([1.0], requires_grad=True)), "detach"),
        (lambda: (Tensor([1.0], requires_grad=True) * 2).requires_grad_(False), "leaf variables"),
        (lambda: Tensor([1.0]).register_hook(print), "doesn't require gradient"),
        (lambda: ag.einsum("ij->ij", Tensor(np.ones((2, 3))), Tensor(np.ones((2, 3)))), "does not fit 2 operands"),
        (lambda: ag.einsum("ii->i", Tensor(np.ones((2, 2)))), "without repeated indices"),
        (lambda: Tensor([1.0, 2.0], requires_grad=True).backward([1.0]), "Mismatch in shape"),
    ],
)
def test_refused_as_torch_refuses(call, words):
    with pytest.raises(RuntimeError, match=words):
        call()


def test_refused_instead_of_guessed():
    with pytest.raises(RuntimeError, match="at least one of"):
        ag.clamp(Tensor([1.0]))
    with pytest.raises(RuntimeError, match="its output"):
        ag.einsum("ij,jk", np.ones((2, 2)), np.ones((2, 2)))


@pytest.mark.parametrize("call", [lambda x: x.item(), bool, float, int])
@pytest.mark.parametrize("values", [[1.0, 2.0], []])
def test_a_number_is_made_of_one_element(call, values):
    with pytest.raises((RuntimeError, ValueError)) as caught:
        call(torch.tensor(values))
    with pytest.raises(caught.type):
        call(Tensor(values))


# ---- what an editor sees ---------------------------------------------------------------------------------------------

PUBLIC = [name for name in dir(Tensor) if not name.startswith("_")]
LINE = "Tensor([1.0])."


@pytest.fixture(scope="module")
def completions():
    jedi = pytest.importorskip("jedi")
    source = f"from companion.autograd import Tensor\n{LINE}"
    return {c.name: c for c in jedi.Script(source).complete(2, len(LINE))}


def test_an_editor_completes_every_public_attribute(completions):
    assert set(PUBLIC) <= set(completions)


@pytest.mark.parametrize(
    "name", ["exp", "relu", "sum", "var", "max", "softmax", "gather", "clamp", "reshape", "backward"]
)
def test_an_editor_shows_the_parameters(name):
    jedi = pytest.importorskip("jedi")
    source = f"from companion.autograd import Tensor\n{LINE}{name}("
    (shown,) = jedi.Script(source).get_signatures(2, len(LINE) + len(name) + 1)
    expected = list(inspect.signature(getattr(Tensor, name)).parameters)
    assert [parameter.name for parameter in shown.params] == expected[1:]


TORCH_NAMES = {"absolute": "abs", "power": "pow", "total": "sum", "max_along": "max", "min_along": "min"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("total", "input dim keepdim"), ("mean", "input dim keepdim"), ("var", "input dim *correction *keepdim"),
        ("amax", "input dim keepdim"), ("logsumexp", "input dim keepdim"), ("softmax", "input dim"),
        ("clamp", "input min max"), ("gather", "input dim index"), ("scatter_add", "input dim index src"),
        ("transpose", "input dim0 dim1"), ("cat", "tensors dim"), ("stack", "tensors dim"),
        ("where", "condition input other"), ("matmul", "input other"), ("maximum", "input other"), ("exp", "input"),
    ],
)  # fmt: skip
def test_names_and_positions_are_torchs(name, expected):
    parameters = inspect.signature(getattr(ag, name)).parameters.values()
    assert " ".join("*" * (p.kind is p.KEYWORD_ONLY) + p.name for p in parameters) == expected


def test_a_function_and_its_method_are_one_and_documented():
    for name in set(PUBLIC) - {"data", "grad", "requires_grad"}:  # which stand in the documentation of the class
        assert inspect.getdoc(getattr(Tensor, name)), name
    assert Tensor.exp is ag.exp and Tensor.sum is ag.total and Tensor.__add__ is ag.add
