"""Averages of the weights along the way (``torch.optim.swa_utils``)."""

import copy

import numpy as np

from companion.nn import Module


def get_ema_avg_fn(decay=0.999):
    r"""The exponential moving average :math:`\bar p \leftarrow d \bar p + (1 - d) p`."""
    if not 0 <= decay <= 1:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")

    def average(averaged, current, n_averaged):
        return decay * averaged + (1 - decay) * current

    return average


def get_swa_avg_fn():
    r"""The plain mean of all weights seen, :math:`\bar p \leftarrow \bar p + (p - \bar p) / (n + 1)`."""
    return lambda averaged, current, n_averaged: averaged + (current - averaged) / (n_averaged + 1)


class AveragedModel(Module):
    """A copy of a model whose weights are an average of those that the model had at each :meth:`update_parameters`.

    Parameters
    ----------
    model : Module
        Copied; the first update takes its weights as they are.
    avg_fn : callable, optional
        ``avg_fn(averaged, current, n_averaged)``; the plain mean without.
    use_buffers : bool
        Average floating-point buffers, such as running statistics, too. Otherwise they are the model's latest.

    Examples
    --------
    >>> from companion.nn import Linear
    >>> model = Linear(1, 1, rng=0)
    >>> average = AveragedModel(model, avg_fn=get_ema_avg_fn(0.9))
    >>> average.update_parameters(model)
    >>> int(average.n_averaged)
    1
    """

    def __init__(self, model, avg_fn=None, use_buffers=False):
        super().__init__()
        self.register_buffer("n_averaged", np.array(0))
        self.module = copy.deepcopy(model)
        self.avg_fn = get_swa_avg_fn() if avg_fn is None else avg_fn
        self.use_buffers = use_buffers

    def forward(self, *inputs, **keywords):
        return self.module(*inputs, **keywords)

    def update_parameters(self, model):
        """Take the model's present weights into the average."""
        current, averaged = model.state_dict(), self.module.state_dict()
        trained = {name for name, _ in model.named_parameters()}
        if int(self.n_averaged) > 0:
            for name, value in current.items():
                if name in trained or (self.use_buffers and value.dtype.kind == "f"):
                    current[name] = self.avg_fn(averaged[name], value, int(self.n_averaged))
        self.module.load_state_dict(current)
        self.n_averaged += 1
