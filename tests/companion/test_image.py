"""companion.image beside scipy.signal and what one can see in small images."""

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from companion import image, nn

sizes = st.integers(1, 9)


@given(sizes, sizes, sizes, sizes, st.sampled_from(["valid", "same", "full"]), st.integers(0, 2**31))
@settings(max_examples=100, deadline=None)
def test_correlation_and_convolution_are_scipys(h, w, k, l, mode, seed):
    rng = np.random.default_rng(seed)
    x, kernel = rng.normal(size=(h, w)), rng.normal(size=(k, l))
    if mode == "valid" and (k > h or l > w):
        with pytest.raises(ValueError, match="does not fit"):
            image.correlate2d(x, kernel)
        return
    convolved = image.convolve2d(x, kernel, mode)
    np.testing.assert_allclose(convolved, scipy.signal.convolve2d(x, kernel, mode), atol=1e-12)
    if mode != "same" or (k % 2 and l % 2):  # with even kernels scipy's two "same" disagree about the middle
        np.testing.assert_allclose(
            image.correlate2d(x, kernel, mode), scipy.signal.correlate2d(x, kernel, mode), atol=1e-12
        )
    assert convolved.shape == {"valid": (h - k + 1, w - l + 1), "same": (h, w), "full": (h + k - 1, w + l - 1)}[mode]


def test_correlation_is_the_networks_conv2d():
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(size=(7, 8)), rng.normal(size=(3, 4))
    out = nn.functional.conv2d(x[None, None], kernel[None, None]).data[0, 0]
    np.testing.assert_allclose(image.correlate2d(x, kernel), out, atol=1e-13)


def test_bad_images_are_refused():
    with pytest.raises(ValueError, match="2-D"):
        image.correlate2d(np.ones(3), np.ones((1, 1)))
    with pytest.raises(ValueError, match="mode='half'"):
        image.correlate2d(np.ones((3, 3)), np.ones((1, 1)), "half")


def test_sobel_answers_edges():
    step = np.zeros((5, 6))
    step[:, 3:] = 1.0
    answer = image.correlate2d(step, image.SOBEL_X)
    assert (answer == [[0, 4, 4, 0]] * 3).all() and not image.correlate2d(step, image.SOBEL_Y).any()
    assert not image.correlate2d(
        np.add.outer(np.arange(5.0), np.arange(5.0)), image.LAPLACE
    ).any()  # a slope has no bend


def test_a_gaussian_is_a_blur():
    kernel = image.gaussian_kernel(5, 1.5)
    assert kernel.sum() == pytest.approx(1, rel=1e-14) and (kernel == kernel.T).all() and kernel.argmax() == 12
    assert kernel[2, 2] / kernel[2, 1] == pytest.approx(np.exp(1 / (2 * 1.5**2)))
    for bad in ((4, 1.0), (3, 0.0)):
        with pytest.raises(ValueError, match="odd size"):
            image.gaussian_kernel(*bad)


def test_a_gabor_filter_prefers_its_own_direction():
    kernel = image.gabor_kernel(9, 4.0, 0.3, 2.0, phase=0.5)
    assert abs(kernel.mean()) < 1e-15 and np.linalg.norm(kernel) == pytest.approx(1)
    answers = [
        np.sum(kernel * image.gabor_kernel(9, 4.0, 0.3 + turn, 2.0, phase=0.5)) for turn in (0.0, 0.3, np.pi / 2)
    ]
    assert answers[0] > answers[1] > abs(answers[2])
    np.testing.assert_allclose(image.gabor_kernel(7, 3, 0.0, 2), image.gabor_kernel(7, 3, np.pi / 2, 2).T, atol=1e-14)


@pytest.mark.parametrize("rows", [-3, -1, 0, 2, 3])
@pytest.mark.parametrize("columns", [-2, 0, 1])
def test_a_shift_is_a_roll_whose_edge_is_filled(rows, columns):
    x = np.arange(24.0).reshape(2, 3, 4) + 1
    moved = image.shift(x, rows, columns, fill=-1.0)
    rolled = np.roll(x, (rows, columns), axis=(1, 2))
    inside = moved != -1
    assert (moved[inside] == rolled[inside]).all() and inside.sum() == 2 * (3 - abs(rows)) * (4 - abs(columns))
    assert x.min() == 1


def test_random_shifts_are_seeded_copies():
    x = np.random.default_rng(0).random((50, 1, 5, 5))
    before = x.copy()
    one, two = image.random_shift(x, 3, most=2), image.random_shift(x, 3, most=2)
    assert (one == two).all() and (one != x).any() and (x == before).all() and one.shape == x.shape
    assert (image.random_shift(x, 0, most=0) == x).all()
    with pytest.raises(ValueError, match="leaves nothing"):
        image.shift(x, 6, 0)
