"""A check prints its line only where it passes, and nothing passes for want of numbers."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from companion.autograd import Tensor
from companion.checking import MARKS, agree, holds, verdict

ONE = np.array([1.0, 2.0])


def said(capsys):
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("ours", "theirs", "count"),
    [
        (1 / 3, 1 - 2 / 3, "1 number"),
        ([1, 2], (1.0, 2.0), "2 numbers"),
        (ONE, [1, 2], "2 numbers"),
        (np.float32(0.5), 0.5, "1 number"),
        (np.array(1j), 1j, "1 number"),
        ([True, False], np.array([True, False]), "2 numbers"),
        ([np.inf, 1], [np.inf, 1], "2 numbers"),
        ([0.0, 0.0], [0.0, 0.0], "2 numbers"),
        (Tensor([1.0, 2.0], requires_grad=True), torch.tensor([1.0, 2.0], requires_grad=True), "2 numbers"),
        ([Tensor(1.0, requires_grad=True), 2.0], ONE, "2 numbers"),
        ([torch.ones(2), torch.ones(2)], np.ones((2, 2)), "4 numbers"),
        ([np.ones((2, 3)), np.ones(3)], [torch.ones(2, 3), torch.ones(3)], "9 numbers"),
        ((np.ones((2, 3)), 0.5), [np.ones((2, 3)), 0.5], "7 numbers"),
        ({"w": ONE, "b": 1.0}, {"b": torch.tensor(1.0), "w": [1, 2]}, "3 numbers"),
        ({"layer": {"w": ONE}}, {"layer": {"w": [1.0, 2.0]}}, "2 numbers"),
        (np.zeros((40, 50)), torch.zeros(40, 50), "2,000 numbers"),
    ],
)
def test_what_agrees(capsys, ours, theirs, count):
    agree("both", ours, theirs)
    assert said(capsys) == f"✓ both: equal to 1e-7 ({count})\n"


@pytest.mark.parametrize(
    ("tolerance", "words"),
    [
        ({}, "equal to 1e-7"),
        ({"rtol": 1e-12}, "equal to 1e-12"),
        ({"rtol": 0.001}, "equal to 0.001"),
        ({"rtol": 1e-12, "atol": 1e-9}, "equal to 1e-12, or to 1e-9 near 0"),
        ({"rtol": 0, "atol": 2e-15}, "equal to 2e-15 in absolute terms"),
        ({"rtol": 0}, "exactly equal"),
    ],
)
def test_the_line_shows_the_tolerance_and_no_digit_that_was_computed(capsys, tolerance, words):
    agree("both", [1.0, 3.0], [1.0, 3.0], **tolerance)
    assert said(capsys) == f"✓ both: {words} (2 numbers)\n"


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        (1.0, 1.001, "Mismatched elements: 1 / 1"),
        ([1, 2, 4], [1, 2, 3], "Mismatched elements: 1 / 3"),
        (1e-30, 0.0, "Mismatched"),
        ([np.inf], [-np.inf], "both"),
        ([np.inf], [1.0], "both"),
        ([np.nan], [np.nan], "nan in ours"),
        ([1.0], [np.nan], "nan in theirs"),
        ([1.0, np.nan], [1.0, 2.0], "nan in ours"),
        (complex(0, np.nan), complex(0, np.nan), "nan in ours"),
        (np.ones(3), 1.0, r"the shapes \(3,\) and \(\) differ"),
        (np.ones((3, 1)), np.ones(3), r"the shapes \(3, 1\) and \(3,\) differ"),
        (np.ones((1, 3)), np.ones((3, 1)), "differ"),
        ([], [1.0], "the shapes"),
        ([ONE, ONE], [ONE], "2 against 1 arrays"),
        ({"w": ONE}, {"v": ONE.copy()}, r"only one side has the keys \['v', 'w'\]"),
        ({"w": ONE}, {}, "only one side has the keys"),
        ({"w": ONE, "b": 1.0}, {"w": ONE.copy(), "b": 2.0}, r"both\['b'\]"),
        ([ONE, np.ones(1)], [ONE.copy(), np.zeros(1)], r"both\[1\]"),
        (np.ma.masked_array([1.0, 2.0], [False, True]), [1.0, 3.0], "Mismatched"),
    ],
)
def test_what_does_not_agree_fails_and_prints_nothing(capsys, ours, theirs, words):
    with pytest.raises(AssertionError, match=words):
        agree("both", ours, theirs)
    assert said(capsys) == ""


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        ([], [], "nothing to compare"),
        (np.ones((0, 3)), np.ones((0, 3)), "nothing to compare"),
        ({}, {}, "nothing to compare"),
        ({"w": ONE, "v": []}, {"w": [1, 2], "v": []}, r"both\['v'\]: there is nothing"),
        (ONE, ONE, "compared with itself"),
        (torch.from_numpy(ONE), ONE, "compared with itself"),
    ],
)
def test_a_check_that_cannot_fail_is_refused(ours, theirs, words):
    with pytest.raises(ValueError, match=words):
        agree("both", ours, theirs)


def test_a_symmetric_matrix_may_be_compared_with_its_transpose(capsys):
    gram = np.array([[2.0, 1.0], [1.0, 3.0]])
    agree("the Gram matrix and its transpose", gram, gram.T, rtol=0)
    assert said(capsys).endswith("exactly equal (4 numbers)\n")


def test_a_tolerance_that_lets_zeros_pass_is_refused():
    with pytest.raises(ValueError, match=r"zeros would pass, too; the largest number is 2.0e-10"):
        agree("gradients", [1e-10, 1e-10], [2e-10, 1e-10], atol=1e-8)
    agree("a gradient that vanishes", [1e-10, 1e-10], [0.0, 0.0], atol=1e-8)
    agree("one that is not near zero", [1e-10, 1.0], [2e-10, 1.0], atol=1e-8)


@pytest.mark.parametrize(
    "tolerance", [{"rtol": np.nan}, {"rtol": 1.0}, {"rtol": -1e-9}, {"atol": np.inf}, {"atol": np.nan}, {"atol": -1}]
)
def test_a_tolerance_that_is_none_is_refused(tolerance):
    with pytest.raises(ValueError, match="expected 0 <= rtol < 1 and a finite atol"):
        agree("both", 1.0, 1.0, **tolerance)


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        ("cat", "cat", "expected numbers, got str"),
        (None, None, "expected numbers, got NoneType"),
        ({"w": 1.0}, 1.0, "expected numbers, got dict"),
        ({1.0, 2.0}, {1.0, 2.0}, "expected numbers, got set"),
        ([[1.0], [1.0, 2.0]], [1.0, 2.0], "cannot be read as an array of numbers"),
        ([ONE, np.ones(3)], ONE, "cannot be read as an array of numbers"),
        ([1.0, None], [1.0, None], "expected numbers, got list"),
    ],
)
def test_what_are_no_numbers_is_said(ours, theirs, words):
    with pytest.raises(TypeError, match=words):
        agree("both", ours, theirs)


FLOATS = arrays.arrays(
    np.float64, arrays.array_shapes(max_dims=2, max_side=4), elements=st.floats(-1e6, 1e6, allow_subnormal=False)
)


@given(FLOATS, st.floats(0, 0.1), st.floats(0, 10), st.data())
def test_agrees_where_numpy_does_and_nowhere_else(theirs, rtol, atol, data):
    shift = data.draw(arrays.arrays(np.float64, theirs.shape, elements=st.floats(-20, 20, allow_subnormal=False)))
    ours, outcomes = theirs + shift, []
    largest = np.abs(theirs).max()
    for check in (agree, lambda _, *both, **tolerance: np.testing.assert_allclose(*both, **tolerance)):
        try:
            check("both", ours, theirs, rtol=rtol, atol=atol)
            outcomes.append(True)
        except AssertionError:
            outcomes.append(False)
        except ValueError:
            assert 0 < largest <= atol + rtol * largest
            outcomes.append(True)
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("words", ["", "  ", "two\nlines", None, 3])
def test_a_check_says_one_line(words):
    for check in (
        lambda: agree(words, 1, 1),
        lambda: holds(words, np.True_),
        lambda: verdict("K001", words, holds=True),
    ):
        with pytest.raises(ValueError, match="expected words in one line"):
            check()


@pytest.mark.parametrize("condition", [True, np.True_, ONE > 0, [True, True], torch.ones(2) > 0, Tensor([1.0]) > 0])
def test_what_holds(capsys, condition):
    holds("all are positive", condition)
    assert said(capsys) == "✓ all are positive\n"


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (False, "all are positive: this is false$"),
        (np.array([[True, False], [False, True]]), r"false at 2 of 4 places, first at \[0, 1\]"),
        (torch.tensor([1.0, -1.0]) > 0, r"false at 1 of 2 places, first at \[1\]"),
    ],
)
def test_what_does_not_hold_fails_and_prints_nothing(capsys, condition, words):
    with pytest.raises(AssertionError, match=words):
        holds("all are positive", condition)
    assert said(capsys) == ""


@pytest.mark.parametrize("condition", [1, 0.3, np.nan, "yes", [1, 1], np.ones(2), torch.ones(2), {"a": True}])
def test_numbers_are_no_condition(condition):
    checks = (
        lambda: holds("so", condition),
        lambda: verdict("K001", "so", holds=condition),
        lambda: verdict("K001", "so", holds=True, with_condition=condition),
        lambda: verdict("K001", "so", holds=False, core=condition),
    )
    for check in checks:
        with pytest.raises(TypeError, match="expected truth values"):
            check()


def test_a_condition_is_given():
    for check in (lambda: holds("so", None), lambda: verdict("K001", "so", holds=None, core=True)):
        with pytest.raises(TypeError, match="expected truth values, got NoneType"):
            check()


@pytest.mark.parametrize("condition", [np.array([], bool), torch.zeros(0) > 0])
def test_a_condition_on_nothing_is_refused(condition):
    for check in (lambda: holds("so", condition), lambda: verdict("K001", "so", holds=condition)):
        with pytest.raises(ValueError, match="a condition on nothing"):
            check()


@pytest.mark.parametrize(
    ("conditions", "line"),
    [
        ({"holds": True}, "✓ true: so it is"),
        ({"holds": True, "with_condition": False, "core": False}, "✓ true: so it is"),
        ({"holds": False, "with_condition": True}, "✓ true with a condition: so it is"),
        ({"holds": False, "with_condition": True, "core": True}, "✓ true with a condition: so it is"),
        ({"holds": False, "core": True}, "≈ imprecise: so it is"),
        ({"holds": False, "with_condition": False, "core": True}, "≈ imprecise: so it is"),
        ({"holds": False}, "✗ wrong: so it is"),
        ({"holds": False, "with_condition": False, "core": False}, "✗ wrong: so it is"),
        ({"holds": np.array([True, False]), "core": np.array([True, True])}, "≈ imprecise: so it is"),
    ],
)
def test_a_verdict_follows_from_its_conditions(capsys, conditions, line):
    verdict("K001", "so it is", **conditions)
    assert said(capsys) == f"{line}\n"
    assert line.split(":")[0][2:] in MARKS


@pytest.mark.parametrize("claim", ["K1", "K0001", "k001", "K001 ", ""])
def test_a_verdict_is_on_a_claim(claim):
    with pytest.raises(ValueError, match="expected K and three digits"):
        verdict(claim, "so it is", holds=np.True_)


def test_no_check_warns(capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        agree("both", {"w": Tensor([1.0], requires_grad=True)}, {"w": torch.ones(1, requires_grad=True)})
        holds("all", torch.ones(2) > 0)
    assert len(said(capsys).splitlines()) == 2
