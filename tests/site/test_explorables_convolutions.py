"""The live figures about convolutions compute what the companion computes."""

from functools import partial

import numpy as np
import pytest

from companion import image, models, training
from companion.autograd import Tensor, no_grad
from companion.models import Conv, receptive_field
from companion.nn import functional as F
from tests.site.explorable_checks import N_CASES, close
from tools import explorables
from tools import places as trained

pytestmark = pytest.mark.site


def test_convolve(compute):
    rng = np.random.default_rng(0)
    cases = [
        {
            "image": rng.normal(0, 5, 49).tolist(),
            "weights": rng.normal(0, 2, 9).tolist(),
            "place": n % 25,
        }
        for n in range(N_CASES)
    ]
    for case, found in zip(cases, compute("convolve", cases)):
        picture, kernel = np.reshape(case["image"], (7, 7)), np.reshape(case["weights"], (3, 3))
        output = image.correlate2d(picture, kernel)
        close(np.reshape(found["output"], (5, 5)), output)
        close(np.reshape(found["output"], (1, 1, 5, 5)), F.conv2d(picture[None, None], kernel[None, None]).data)
        row, column = divmod(case["place"], 5)
        patch = picture[row : row + 3, column : column + 3]
        np.testing.assert_array_equal(picture.ravel()[found["window"]], patch.ravel())
        close(np.reshape(found["products"], (3, 3)), patch * kernel)
        close([found["sum"]], [output[row, column]])


def test_the_kernels_of_convolve(blank):
    """The kernels by name are those of the companion, or do to any picture what they are called."""
    kernels = blank.evaluate(
        "(({ kernel }) => kernel.options.slice(0, -1).map((name) => {"
        " const p = {}; kernel.set(p, name); return [name, p.weights]; }))(window.explorables.convolve.controls)"
    )
    kernels = {name: np.reshape(weights, (3, 3)).astype(float) for name, weights in kernels}
    picture = np.random.default_rng(1).normal(size=(9, 8))
    np.testing.assert_array_equal(kernels["vertical edges"], image.SOBEL_X)
    np.testing.assert_array_equal(kernels["horizontal edges"], image.SOBEL_Y)
    close(image.correlate2d(picture, kernels["blur"]), F.avg_pool2d(picture[None, None], 3, 1).data[0, 0])
    close(image.correlate2d(picture, kernels["identity"]), picture[1:-1, 1:-1])
    close(
        image.correlate2d(picture, kernels["sharpen"]),
        (picture - image.correlate2d(picture, image.LAPLACE, "same"))[1:-1, 1:-1],
    )


def geometry_case(rng):
    return {
        "n": int(rng.integers(4, 13)),
        "kernel": int(rng.integers(1, 6)),
        "stride": int(rng.integers(1, 5)),
        "padding": int(rng.integers(0, 5)),
        "dilation": int(rng.integers(1, 4)),
        "place": int(rng.integers(0, 100)),
    }


def test_geometry(compute):
    """The size is the companion's, and an output reads the inputs whose basis vectors its convolution answers."""
    rng = np.random.default_rng(2)
    cases = [geometry_case(rng) for _ in range(2 * N_CASES)]
    fits = 0
    for case, found in zip(cases, compute("geometry", cases)):
        n, kernel, padding = case["n"], case["kernel"], case["padding"]
        settings = {name: case[name] for name in ("stride", "padding", "dilation")}
        size = F.conv_output_size(n, kernel, **settings)
        assert found["size"] == len(found["reads"]) == max(size, 0)
        if size < 1:
            continue
        fits += 1
        weights = 1.0 + np.arange(kernel)
        answers = F.conv1d(np.eye(n)[:, None], weights[None, None], **settings).data[:, 0]  # (input, output)
        expected = np.zeros_like(answers)
        for m, places in enumerate(found["reads"]):
            for weight, i in zip(weights, places):
                assert -padding <= i < n + padding
                if 0 <= i < n:
                    expected[i, m] = weight
        np.testing.assert_array_equal(answers, expected)
        np.testing.assert_array_equal(found["unread"], np.flatnonzero((answers == 0).all(axis=1)))
        assert found["cut"] == n + padding - 1 - found["reads"][-1][-1]
        assert found["span"] == found["reads"][0][-1] - found["reads"][0][0] + 1
        at = min(case["place"], size**2 - 1)
        image_of_places = np.arange(1.0, n * n + 1).reshape(1, 1, n, n)
        assert divmod(at, size) == (found["row"], found["column"])
        seen = F.conv2d(image_of_places, np.ones((1, 1, kernel, kernel)), **settings).data
        rows, columns = ([i for i in found["reads"][found[axis]] if 0 <= i < n] for axis in ("row", "column"))
        assert seen[0, 0, found["row"], found["column"]] == image_of_places[0, 0][np.ix_(rows, columns)].sum()
    assert N_CASES < fits < 2 * N_CASES


def window_case(rng):
    """A stack that fits into 28 pixels as long as the kernels do."""
    layers = [
        {
            "kind": "conv",
            "kernel": int(rng.integers(1, 6)),
            "stride": int(rng.choice([1, 1, 2, 3])),
            "same": bool(rng.integers(2)),
            "dilation": int(rng.integers(1, 4)),
        }
        for _ in range(rng.integers(2, 5))
    ]
    return {"layers": layers, "layer": int(rng.choice([1, 2, 3, 3, 4, 4])), "unit": int(rng.integers(1, 29))}


def as_conv(layer):
    padding = layer["dilation"] * (layer["kernel"] - 1) // 2 if layer["same"] else 0
    return Conv(1, layer["kernel"], layer["stride"], padding, layer["dilation"])


def test_window(compute):
    """Sizes, fields and jumps are the companion's; the paths are the gradient of a unit when all weights are 1."""
    rng = np.random.default_rng(3)
    cases = [window_case(rng) for _ in range(2 * N_CASES)]
    deep = 0
    for case, found in zip(cases, compute("window", cases)):
        layers, sizes = [as_conv(layer) for layer in case["layers"]], [28]
        for layer in layers:
            size = F.conv_output_size(sizes[-1], layer.kernel_size, layer.stride, layer.padding, layer.dilation)
            if size < 1:
                break
            sizes.append(size)
        assert [level["size"] for level in found["levels"]] == sizes
        for depth, level in enumerate(found["levels"]):
            assert (level["field"], level["jump"]) == receptive_field(layers[:depth])
        top, unit = found["top"], found["unit"]
        assert (top, unit) == (min(case["layer"], len(sizes) - 1), min(case["unit"], sizes[top]) - 1)
        values = [Tensor(np.ones((1, 1, 28)), requires_grad=True)]
        for layer in layers[:top]:
            settings = {"stride": layer.stride, "padding": layer.padding, "dilation": layer.dilation}
            values.append(F.conv1d(values[-1], np.ones((1, 1, layer.kernel_size)), **settings))
            values[-1].retain_grad()
        values[-1][0, 0, unit].backward()
        for paths, value in zip(found["paths"], values):
            np.testing.assert_array_equal(paths, value.grad.data[0, 0])
        reached = np.flatnonzero(found["paths"][0])
        assert found["to"] - found["from"] + 1 == receptive_field(layers[:top])[0]
        assert found["from"] <= reached.min()
        assert reached.max() <= found["to"]
        if found["from"] >= 0:  # away from the border the window begins with a pixel that counts
            assert found["from"] == reached.min()
        if found["to"] < 28:
            assert found["to"] == reached.max()
        deep += top > 2
    assert deep > 20


def test_pixels_are_painted_by_keys_and_by_pointer(browser):
    page = browser.new_page()
    page.set_content(explorables.page("convolve"), wait_until="load")
    first = page.get_by_role("button", name="Pixel, row 1, column 1: 0")
    first.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    assert page.get_by_role("button", name="Pixel, row 2, column 3: 0").evaluate("(e) => e === document.activeElement")
    first.click()
    assert page.get_by_role("button", name="Pixel, row 1, column 1: 9").count() == 1
    page.get_by_role("button", name="Weight, row 1, column 3: 1").click()
    assert page.get_by_role("button", name="Weight, row 1, column 3: 2").count() == 1
    page.close()


@pytest.fixture
def stored(blank):
    """The two networks of ``places`` as the companion's, with the weights that the figure holds, and its ten digits."""
    numbers, pixels = blank.evaluate(
        "(({ weights, pixels }) => [weights, Array.from(pixels)])(window.explorables.places)"
    )
    weights = list(numbers.values())
    dense, conv = models.mlp([trained.SIZE**2, trained.HIDDEN, 10], rng=0), trained.convolutional()
    for parameter, values in zip([*dense.parameters(), *conv.parameters()], weights, strict=True):
        with no_grad():
            parameter.data[...] = np.reshape(values, parameter.shape)
    digits = np.reshape(pixels, (10, 1, 8, 8)) / 16
    return (
        lambda canvas: training.predict(dense, canvas.reshape(len(canvas), -1)),
        partial(training.predict, conv),
        digits,
    )


def test_places(compute, stored):
    rng = np.random.default_rng(4)
    cases = [{"digit": int(rng.integers(10)), "x": rng.uniform(0, 14), "y": rng.uniform(0, 14)} for _ in range(N_CASES)]
    *networks, digits = stored
    for case, found in zip(cases, compute("places", cases)):
        row, column = (int(np.clip(np.floor(v - 4 + 0.5), 0, 6)) for v in (14 - case["y"], case["x"]))
        assert (row, column) == (found["row"], found["column"])
        everywhere = [trained.at(digits[[case["digit"]]], *place, 14) for place in np.ndindex(7, 7)]
        close(np.reshape(found["canvas"], (14, 14)), everywhere[7 * row + column][0, 0])
        for network, probabilities, readings in zip(networks, found["probabilities"], found["readings"], strict=True):
            close(probabilities, F.softmax(network(everywhere[7 * row + column]), 1).data[0])
            assert readings == network(np.concatenate(everywhere)).argmax(axis=1).tolist()


def test_the_networks_of_places_were_trained_at_one_place(stored):
    """On digits that they have not seen: both read them at the place of the training, one of them elsewhere, too."""
    dense, convolutional, shown = stored
    digits, y, _, test = trained.split()
    digits, y = digits[test], y[test]
    home, moved = (trained.at(digits, trained.HOME, column, 14) for column in (trained.HOME, trained.HOME + 3))
    hits = [
        [np.mean(network(canvas).argmax(axis=1) == y) for canvas in (home, moved)] for network in (dense, convolutional)
    ]
    assert min(hits[0][0], *hits[1]) > 0.94
    assert hits[0][1] < 0.25
    for digit, picture in enumerate(shown):
        assert digit in y[(digits == picture).all(axis=(1, 2, 3))]
