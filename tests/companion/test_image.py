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


def test_small_integers_do_not_overflow():
    x, kernel = np.full((3, 3), 200, np.uint8), np.full((2, 2), 3, np.uint8)
    assert (image.correlate2d(x, kernel) == 2400).all()


def test_convolution_keeps_to_the_image_unless_told():
    assert image.convolve2d(np.ones((4, 5)), np.ones((2, 3))).shape == (3, 3)


def test_bad_images_are_refused():
    for x, kernel in ((np.ones(3), np.ones((1, 1))), (np.ones((3, 3)), np.ones(3))):
        with pytest.raises(ValueError, match="2-D"):
            image.correlate2d(x, kernel)
    with pytest.raises(ValueError, match="mode='half'"):
        image.correlate2d(np.ones((3, 3)), np.ones((1, 1)), "half")


@pytest.mark.parametrize("x", [np.ones((3, 3)) * 1j, np.array([["a"]]), np.array([["2020-01-01"]], "datetime64[D]")])
def test_what_is_no_real_number_is_refused(x):
    for function in (image.correlate2d, image.convolve2d):
        for arguments in ((x, np.ones((1, 1))), (np.ones((3, 3)), x)):
            with pytest.raises(TypeError, match="expected real numbers"):
                function(*arguments)


def test_single_precision_stays_and_half_is_summed_in_it():
    x = np.full((64, 64), 100, np.float16)  # the sum is 409,600, beyond 65,504
    assert image.correlate2d(x, np.ones_like(x)).item() == 409600
    assert image.correlate2d(x.astype(np.float32), np.ones((1, 1), np.float32)).dtype == np.float32
    for empty in (np.ones((0, 3)), np.ones((3, 0))):
        with pytest.raises(ValueError, match="not empty"):
            image.correlate2d(empty, np.ones((1, 1)), "full")


def test_a_shift_keeps_the_dtype_and_refuses_what_it_cannot_hold():
    x = np.ones((2, 2), np.uint8)
    assert image.shift(x, 1, 0, fill=7).dtype == np.uint8
    for fill in (0.5, -1, 256, np.nan):
        with pytest.raises(ValueError, match="cannot hold"):
            image.shift(x, 1, 0, fill=fill)
    for arguments in ((x, 1.0, 0), (x, True, 0), (np.ones(3), 1, 0)):
        with pytest.raises(ValueError, match="expected"):
            image.shift(*arguments)
    for most in (-1, 1.0):
        with pytest.raises(ValueError, match="most="):
            image.random_shift(x[None], 0, most)


def test_sobel_answers_edges():
    step = np.zeros((5, 6))
    step[:, 3:] = 1.0
    answer = image.correlate2d(step, image.SOBEL_X)
    assert (answer == [[0, 4, 4, 0]] * 3).all() and not image.correlate2d(step, image.SOBEL_Y).any()
    assert (image.correlate2d(step.T, image.SOBEL_Y) == answer.T).all()  # dark above bright
    assert not image.correlate2d(
        np.add.outer(np.arange(5.0), np.arange(5.0)), image.LAPLACE
    ).any()  # a slope has no bend


def test_a_gaussian_is_a_blur():
    kernel = image.gaussian_kernel(5, 1.5)
    assert kernel.sum() == pytest.approx(1, rel=1e-14) and (kernel == kernel.T).all() and kernel.argmax() == 12
    assert kernel[2, 2] / kernel[2, 1] == pytest.approx(np.exp(1 / (2 * 1.5**2)))
    assert (image.gaussian_kernel(3, 1e-200) == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]).all()
    for bad in ((4, 1.0), (-1, 1.0), (3, 0.0), (3, np.nan), (3.0, 1.0), (3, np.inf), (3, True)):
        with pytest.raises(ValueError, match="expected an odd size|size=-1, |size=3.0, |sigma="):
            image.gaussian_kernel(*bad)


def test_a_bell_whose_end_is_too_small_for_a_number_is_no_error():
    calls = (
        lambda: image.gaussian_kernel(101, 1.0),
        lambda: image.gaussian_kernel(3, 1e-200),
        lambda: image.gabor_kernel(101, 3.0, 0.4, 1.0),
        lambda: image.gabor_kernel(3, 3.0, 0.4, 1e-200),
    )
    for call in calls:
        with np.errstate(all="ignore"):
            expected = call()
        with np.errstate(all="raise"):
            np.testing.assert_array_equal(call(), expected)


@pytest.mark.parametrize(
    ("theta", "options"),
    [(0.3, {}), (2.0, {"phase": 0.7}), (0.3, {"aspect": 2.0}), (-1.0, {"phase": -0.4, "aspect": 0.5})],
)
def test_a_gabor_filter_is_its_formula_in_turned_coordinates(theta, options):
    phase, aspect = options.get("phase", 0.0), options.get("aspect", 1.0)
    expected = np.empty((7, 7))
    for row, column in np.ndindex(7, 7):
        turned = complex(column - 3, row - 3) * np.exp(-1j * theta)
        bell = np.exp(-(turned.real**2 + aspect**2 * turned.imag**2) / (2 * 1.5**2))
        expected[row, column] = bell * np.cos(2 * np.pi * turned.real / 5.0 + phase)
    expected -= expected.mean()
    expected /= np.sqrt((expected**2).sum())
    np.testing.assert_allclose(image.gabor_kernel(7, 5.0, theta, 1.5, **options), expected, atol=1e-14)


@pytest.mark.parametrize(
    "bad",
    [
        {"size": 1}, {"size": 4}, {"size": 3.0}, {"wavelength": 0.0}, {"wavelength": -2.0}, {"sigma": 0.0},
        {"sigma": np.nan}, {"aspect": 0.0}, {"theta": np.inf}, {"phase": "x"}, {"size": 1, "sigma": 0.0},
    ],
    ids=str,
)  # fmt: skip
def test_a_gabor_filter_without_sense_is_refused(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))}="):
        image.gabor_kernel(**{"size": 5, "wavelength": 3.0, "theta": 0.3, "sigma": 1.0} | bad)


def test_a_wave_that_is_constant_on_the_grid_is_refused_and_a_tiny_bell_is_a_point():
    with pytest.raises(ValueError, match="constant on a grid"):
        image.gabor_kernel(5, 1.0, 0.0, 1e9)
    with pytest.raises(ValueError, match="constant on a grid"):
        image.gabor_kernel(5, 2.0, 0.0, 1.0, phase=np.pi / 2)  # a sine at its zeros
    kernel = image.gabor_kernel(3, 4.0, 0.3, 1e-200)
    assert kernel[1, 1] == pytest.approx(np.sqrt(8) / 3) and np.linalg.norm(kernel) == pytest.approx(1)


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
    assert (image.random_shift(x, 4, most=2) != one).any() and (image.random_shift(x, 0, most=0) == x).all()
    for move in ((6, 0), (0, -6)):
        with pytest.raises(ValueError, match="leaves nothing"):
            image.shift(x, *move)
    assert not image.shift(x, 0, 5).any()  # all of it may leave, for zeros
    assert image.random_shift(x[:0], 0).shape == (0, 1, 5, 5)


def test_random_shifts_go_each_its_own_way_by_one_pixel_in_every_direction():
    x = np.zeros((300, 3, 3))
    x[:, 1, 1] = 1
    moves = [tuple(np.argwhere(moved)[0] - 1) for moved in image.random_shift(x, 0)]
    assert set(moves) == {(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)}
