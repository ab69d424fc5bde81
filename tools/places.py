"""Train the two small networks of the live figure ``places`` and write their rounded weights into its script.

Both learn 1,200 digits of scikit-learn at one place. The figure shows ten others: of each kind the first that both read
there and that the dense network misreads three columns further, as it does with most; if there is one.
"""

import base64
import json
import re
from pathlib import Path

import numpy as np

from companion import models, nn, optim, training
from companion.datasets import load_digits
from companion.nn import functional as F

SCRIPT = Path(__file__).resolve().parent.parent / "book" / "explorables" / "places.js"
CHANNELS, HIDDEN, HOME, SIZE = (6, 12, 20), 24, 3, 14
STORED = re.compile(r"(?<=// Begin of the stored numbers\.\n).*?(?=// End of the stored numbers\.)", re.DOTALL)


def at(images, row, column, size):
    """Images on an empty canvas of size x size, their corner at one place."""
    canvas = np.zeros((len(images), 1, size, size), images.dtype)
    canvas[..., row : row + 8, column : column + 8] = images
    return canvas


def split():
    """The digits as images of shape (N, 1, 8, 8), their labels, and the rows for training and for the test."""
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))
    return (X / 16).reshape(-1, 1, 8, 8), y, order[:1200], order[1200:]


def convolutional(rng=0):
    """Three convolutions without biases, so that empty paper stays zero, and the largest answer of each map."""
    rng, layers = np.random.default_rng(rng), []
    for n_in, n_out in zip((1, *CHANNELS), CHANNELS):
        layers += [nn.Conv2d(n_in, n_out, 3, padding=1, bias=False, rng=rng), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(CHANNELS[-1], 10, rng=rng))


def fitted(network, images, labels, epochs):
    """The network after so many passes over the images."""
    loader = training.DataLoader(training.TensorDataset(images, labels), 40, shuffle=True, rng=0)
    training.fit(network, F.cross_entropy, optim.AdamW(network.parameters(), lr=5e-3), loader, epochs=epochs)
    return network


def rounded(array):
    """The scale and the whole numbers from -127 to 127 that stand for an array."""
    scale = float(f"{np.abs(array).max() / 127:.4g}")
    return [scale, base64.b64encode(np.clip(np.rint(array / scale), -127, 127).astype(np.int8).tobytes()).decode()]


def main():
    digits, y, train, test = split()
    dense = models.mlp([SIZE**2, HIDDEN, 10], rng=1)
    fitted(dense, at(digits, HOME, HOME, SIZE)[train].reshape(len(train), -1), y[train], 15)
    conv = fitted(convolutional(), at(digits, 2, 2, 12)[train], y[train], 12)
    names = ("hidden", "hiddenBias", "output", "outputBias", "conv0", "conv1", "conv2", "head", "headBias")
    parameters = [*dense.parameters(), *conv.parameters()]
    stored = {name: rounded(parameter.data) for name, parameter in zip(names, parameters, strict=True)}
    home, moved = (at(digits, HOME, column, SIZE)[test] for column in (HOME, HOME + 3))
    read = [
        training.predict(dense, canvas.reshape(len(test), -1)).argmax(axis=1) == y[test] for canvas in (home, moved)
    ]
    readable = np.flatnonzero(read[0] & (training.predict(conv, home).argmax(axis=1) == y[test]))
    usual = readable[np.argsort(read[1][readable], kind="stable")]  # first those that the dense network misreads there
    shown = [test[usual[y[test[usual]] == k][0]] for k in range(10)]
    stored["digits"] = base64.b64encode((digits[shown] * 16).astype(np.int8).tobytes()).decode()
    lines = [f"  {name}: {json.dumps(value)}," for name, value in stored.items()]
    text = "\n".join(["const STORED = {", *lines, "};\n"])
    SCRIPT.write_text(STORED.sub(lambda _: text, SCRIPT.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
