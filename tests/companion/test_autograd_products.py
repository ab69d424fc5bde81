"""Products beside torch: matmul over leading axes, vectors and nothing, and einsum."""

import numpy as np
import pytest
import torch

from companion import autograd as ag
from companion.autograd import Tensor
from tests.companion.beside_torch import compare


@pytest.mark.parametrize(
    ("left", "right"),
    [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((5, 1, 2, 3), (4, 3, 2)),
     ((3,), (5, 3, 2)), ((5, 2, 3), (3,))],
)  # fmt: skip
def test_matmul(left, right):
    rng = np.random.default_rng(3)
    compare(ag.matmul, torch.matmul, rng.normal(size=left), rng.normal(size=right))


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [("ij,jk->ik", [(2, 3), (3, 4)]), ("bij,bjk->bik", [(5, 2, 3), (5, 3, 4)]), ("ij->j", [(2, 3)]),
     ("i,j->ij", [(2,), (3,)]), ("bhtd,bhsd->bhts", [(2, 2, 3, 4), (2, 2, 5, 4)]), ("ij,j->", [(2, 3), (3,)])],
)  # fmt: skip
def test_einsum(equation, shapes):
    rng = np.random.default_rng(4)
    arrays = [rng.normal(size=shape) for shape in shapes]
    compare(lambda *a: ag.einsum(equation, *a), lambda *a: torch.einsum(equation, *a), *arrays)


@pytest.mark.parametrize(
    ("left", "right"),
    [((2, 0), (0, 3)), ((0, 2), (2, 3)), ((5, 2, 0), (0, 3)), ((0, 2, 3), (3, 4)), ((5, 0, 3), (3, 4)), ((0,), (0,))],
)
def test_matmul_of_nothing(left, right):
    compare(ag.matmul, torch.matmul, np.ones(left), np.ones(right))


def test_matmul_takes_the_floats_of_two_dtypes():
    x = Tensor(np.float32([[1.0, 2.0]]), requires_grad=True)
    out = x @ np.array([[1], [2]])
    out.sum().backward()
    assert out.dtype == x.grad.dtype == np.float32


def test_half_precision_is_added_up_in_single():
    x = np.full((1, 4096), 0.5, np.float16)
    assert ag.matmul(x, x.T).item() == torch.matmul(torch.tensor(x), torch.tensor(x.T)).item() == 1024


@pytest.mark.parametrize(
    ("left", "right"), [((2, 3, 4), (3, 4, 5)), ((2, 3), (2, 3)), ((2, 3), ()), ((3,), (4,)), ((2, 3), (4, 2, 5))]
)
def test_shapes_that_cannot_be_multiplied(left, right):
    with pytest.raises(RuntimeError, match="matmul"):
        ag.matmul(np.ones(left), np.ones(right))


@pytest.mark.parametrize("equation", ["ij->k", "i,j->ij", "1j->j", "...j->j", "ij->ji,j"])
def test_equations_that_are_refused(equation):
    with pytest.raises(RuntimeError, match="einsum"):
        ag.einsum(equation, np.ones((2, 3)))


def test_einsum_of_a_scalar_and_of_nothing():
    compare(lambda a, b: ag.einsum(",i->i", a, b), lambda a, b: torch.einsum(",i->i", a, b), np.array(2.0), np.ones(3))
    compare(lambda a: ag.einsum("ij->i", a), lambda a: torch.einsum("ij->i", a), np.ones((2, 0)))
