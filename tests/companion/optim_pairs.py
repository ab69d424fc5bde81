"""The same parameters twice, with the same gradients, each with its optimizer: ours and torch's."""

import itertools

import numpy as np
import torch

from companion import optim
from companion.autograd import Tensor
from companion.nn import Parameter

SHAPES = [(3, 4), (5,), (), (2, 1, 3)]


def grid(**options):
    """Every combination of the listed settings."""
    return [dict(zip(options, values)) for values in itertools.product(*options.values())]


OPTIONS = {
    "SGD": [
        o
        for o in grid(
            momentum=[0, 0.9], dampening=[0, 0.3], weight_decay=[0, 0.1], nesterov=[False, True], maximize=[False, True]
        )
        if not (o["nesterov"] and (o["momentum"] == 0 or o["dampening"] != 0))
    ],
    "Adagrad": grid(
        lr_decay=[0, 0.05],
        weight_decay=[0, 0.1],
        initial_accumulator_value=[0, 0.4],
        eps=[1e-10, 0.1],
        maximize=[False, True],
    ),
    "RMSprop": grid(
        alpha=[0.99, 0.6],
        eps=[1e-8, 0.1],
        weight_decay=[0, 0.1],
        momentum=[0, 0.8],
        centered=[False, True],
        maximize=[False, True],
    ),
    "Adam": grid(
        betas=[(0.9, 0.999), (0.5, 0.7)],
        eps=[1e-8, 0.1],
        weight_decay=[0, 0.1],
        amsgrad=[False, True],
        maximize=[False, True],
    ),
    "AdamW": grid(
        betas=[(0.9, 0.999), (0.5, 0.7)],
        eps=[1e-8, 0.1],
        weight_decay=[0, 0.1],
        amsgrad=[False, True],
        maximize=[False, True],
    ),
}


def both(name, options, dtype=np.float64, lr=0.05, seed=0):
    """The same parameters twice, each with its optimizer."""
    rng = np.random.default_rng(seed)
    values = [rng.normal(size=shape).astype(dtype) for shape in SHAPES]
    ours = [Parameter(v) for v in values]
    theirs = [torch.nn.Parameter(torch.tensor(v)) for v in values]
    return (
        ours,
        theirs,
        getattr(optim, name)(ours, lr=lr, **options),
        getattr(torch.optim, name)(theirs, lr=lr, **options),
    )


def send(ours, theirs, rng, scale=1.0):
    for p, q in zip(ours, theirs):
        g = (scale * rng.normal(size=p.shape)).astype(p.dtype)
        p.grad, q.grad = Tensor(g), torch.tensor(g)


def step_both(ours, theirs, mine, reference, rng, scale=1.0):
    """The same random gradients for both, and a step of each."""
    send(ours, theirs, rng, scale)
    mine.step()
    reference.step()


def apart(ours, theirs):
    return max(float(np.abs(p.data - q.detach().numpy()).max()) for p, q in zip(ours, theirs))
